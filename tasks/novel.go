package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks/novel"
)

// Novel1K is questions at the end of novels of 1,000 characters.
//
// Source: generated, see package novel; there is no real set. License: none needed, the text is the program's own.
// Metric: accuracy by log-likelihood of four choices (acc), and of a short answer (acc_generate); by depth and distance of the evidence.
var Novel1K = Task{
	Name: "novel_1k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 1,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(1_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// Novel4K is questions at the end of novels of 4,000 characters.
//
// Source: as [Novel1K]. License: as there. Metrics: as there.
var Novel4K = Task{
	Name: "novel_4k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 4,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(4_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// Novel16K is questions at the end of novels of 16,000 characters.
//
// Source: as [Novel1K]. License: as there. Metrics: as there.
var Novel16K = Task{
	Name: "novel_16k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 16,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(16_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// Novel32K is questions at the end of novels of 32,000 characters.
//
// Source: as [Novel1K]. License: as there. Metrics: as there.
var Novel32K = Task{
	Name: "novel_32k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 32,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(32_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// Novel64K is questions at the end of novels of 64,000 characters.
//
// Source: as [Novel1K]. License: as there. Metrics: as there.
var Novel64K = Task{
	Name: "novel_64k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 64,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(64_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// Novel100K is questions at the end of novels of 100,000 characters.
//
// Source: as [Novel1K]. License: as there. Metrics: as there.
var Novel100K = Task{
	Name: "novel_100k", Version: 1, Kind: Long, Family: "novel", Title: "questions at the end of a novel of 100,000 characters", Source: novelSource, License: novelLicense,
	Make: novelMaker(100_000), Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: novelBreakdowns,
}

// NovelClosed is the questions of the novels without the novels: what can be had by guessing.
//
// Source: as [Novel1K]. License: as there. Metrics: those of choices; anything above one in four is a fault of the questions.
var NovelClosed = Task{
	Name: "novel_closed", Version: 1, Kind: Choice, Family: "novel", Title: "the same questions without the text (control)", Source: novelSource, License: novelLicense,
	Make: makeNovelClosed, Prompt: novelClosedPrompt, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"length", "question", "position"},
}

const (
	novelSource  = "generated"
	novelLicense = "none needed"
)

// novelLengths are the steps of the ladder, in code points.
var novelLengths = []int{1_000, 4_000, 16_000, 32_000, 64_000, 100_000}

var novelBreakdowns = []string{"question", "distance", "depth", "position"}

// novelText writes text number i of a task.
func novelText(seed uint64, task string, i int, o novel.Options) *novel.Novel {
	return novel.Write(newRandom(seed, fmt.Sprintf("%s %d", task, i)).below, o)
}

// novelMaker makes questions on as many novels of a length as are needed.
func novelMaker(length int) func(seed uint64, n int) datasets.Set {
	task := "novel_" + thousands(length)
	return func(seed uint64, n int) datasets.Set {
		var set datasets.Set
		for i := 0; len(set.Records) < n; i++ {
			text := novelText(seed, task, i, novel.Options{Length: length})
			for j, q := range text.Questions[:min(len(text.Questions), n-len(set.Records))] {
				r := novelRecord(text.Text, text.Runes, q)
				r.ID, r.Cluster = fmt.Sprintf("%s-%d-%d", task, i, j), fmt.Sprintf("%s-%d", task, i)
				set.Records = append(set.Records, r)
			}
		}
		return set
	}
}

// novelOnRequest makes the task of a length that is not on the ladder.
func novelOnRequest(name string) (Task, bool) {
	digits, thousand := strings.CutSuffix(strings.TrimPrefix(name, "novel_"), "k")
	n, err := strconv.Atoi(digits)
	if err != nil || !thousand || n < 1 || n > novel.MaxLength/1_000 || name != "novel_"+thousands(n*1_000) {
		return Task{}, false
	}
	t := Novel1K
	t.Name, t.Title, t.Make = name, fmt.Sprintf("questions at the end of a novel of %d,000 characters", n), novelMaker(n*1_000)
	return t, true
}

// makeNovelClosed takes the questions of the ladder, of all its lengths in turn, and leaves the texts out.
func makeNovelClosed(seed uint64, n int) datasets.Set {
	var set datasets.Set
	of := make([][]datasets.Record, len(novelLengths))
	for i, length := range novelLengths {
		of[i] = novelMaker(length)(seed, (n+len(novelLengths)-1)/len(novelLengths)).Records
	}
	for i := range n {
		k := i % len(novelLengths)
		r := of[k][i/len(novelLengths)]
		delete(r.Fields, "text")
		// Nothing is shared but the text.
		r.Cluster, r.Spans = "", nil
		r.Tags = map[string]string{"length": thousands(novelLengths[k]), "question": r.Tags["question"], "position": r.Tags["position"]}
		set.Records = append(set.Records, r)
	}
	return set
}

// novelRecord is a question asked after a text of runes code points. Its spans are the evidence, and for every choice that the text has the
// place of it that is nearest to the evidence ("choice").
func novelRecord(text string, runes int, q novel.Question) datasets.Record {
	r := datasets.Record{
		Fields:  map[string]string{"text": text, "question": q.Text},
		Choices: q.Choices, Answer: q.Answer, Golds: q.Golds,
		Tags: map[string]string{"question": q.Kind, "position": letter(q.Answer)},
	}
	for _, e := range q.Evidence {
		r.Spans = append(r.Spans, datasets.Span{Type: "evidence", Text: e.Text, Start: e.Start, End: e.End})
	}
	for i, at := range q.Mentions {
		// What comes later than the question is not read.
		if end := at + len([]rune(q.Choices[i])); at >= 0 && end <= runes {
			r.Spans = append(r.Spans, datasets.Span{Type: "choice", Text: q.Choices[i], Start: at, End: end})
		}
	}
	// Where the evidence is one sentence it has one distance and one depth.
	if q.Kind == novel.Detail || q.Kind == novel.Fact {
		e := q.Evidence[0]
		r.Tags["distance"] = novelDistance(runes - e.End)
		r.Tags["depth"] = novelDepth(e.Start, runes)
	}
	return r
}

// novelEdges are the edges of the bins of distances, in code points between the end of the evidence and that of the text.
var novelEdges = []int{0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 100_000}

func novelDistance(n int) string {
	for i, edge := range novelEdges[1:] {
		if n < edge {
			return thousands(novelEdges[i]) + "-" + thousands(edge)
		}
	}
	return thousands(novelEdges[len(novelEdges)-1]) + "+"
}

// novelDepth names the tenth of the text.
func novelDepth(at, length int) string {
	tenth := min(at*10/max(length, 1), 9)
	return fmt.Sprintf("%d-%d%%", tenth*10, tenth*10+10)
}

func thousands(n int) string {
	if n >= 1_000 && n%1_000 == 0 {
		return fmt.Sprintf("%dk", n/1_000)
	}
	return fmt.Sprint(n)
}

const novelSystem = "下面是一部小说。请读完以后根据书中的内容回答问题；如果书中没有写到，就回答“书中没有提到”。"

// novelPrompt puts everything that questions on one text share before everything that they do not: they are computed once. Instructions on
// the form of the answer stand behind the text for that reason, and before the question, so that base models answer on the same line.
func novelPrompt(r datasets.Record, shots []datasets.Record) Request {
	return novelRequest(r, shots, novelSystem, func(r datasets.Record) string { return "小说：\n" + r.Fields["text"] + "\n" })
}

func novelClosedPrompt(r datasets.Record, shots []datasets.Record) Request {
	req := novelRequest(r, shots, "请回答一个关于某部小说的问题。", func(datasets.Record) string { return "" })
	req.MaxTokens, req.Stop = 0, nil
	return req
}

// novelRequest asks a question after the text that before gives.
func novelRequest(r datasets.Record, shots []datasets.Record, system string, before func(r datasets.Record) string) Request {
	short := func(r datasets.Record) string {
		return before(r) + "请简短回答，只写答案。\n问题：" + r.Fields["question"] + "\n答案："
	}
	lettered := question{letterQuery: func(r datasets.Record) string {
		return before(r) + "请选出正确答案，只写选项前的字母。\n问题：" + r.Fields["question"]
	}}.lettered
	req := Request{
		Prompt: Prompt{System: system, Query: short(r)}, Choices: r.Choices, MaxTokens: 24, Stop: []string{"\n"},
		Letters: &Letters{Prompt: Prompt{System: system, Query: lettered(r)}},
	}
	for i := range r.Choices {
		req.Letters.Names = append(req.Letters.Names, letter(i))
	}
	for _, s := range shots {
		if s.Answer >= 0 && s.Answer < len(s.Choices) {
			req.Prompt.Shots = append(req.Prompt.Shots, Shot{short(s), s.Choices[s.Answer]})
			req.Letters.Prompt.Shots = append(req.Letters.Prompt.Shots, Shot{lettered(s), letter(s.Answer)})
		}
	}
	return req
}
