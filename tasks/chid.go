package tasks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// ChID is passages with a blank where an idiom stood, and candidates for it. Three layouts are read:
//
//   - CLUE and the contest: a line holds several passages whose blanks share ten candidates; answers are in a file of their own;
//     3,218 development lines.
//   - FewCLUE: one passage with one blank and seven candidates a line, with the answer.
//   - The ACL paper: one passage a line, each of its blanks with candidates of its own.
//
// Every blank is an item. Source: thu-coai and CLUEbenchmark. License: Apache-2.0.
// Metrics: accuracy per blank (not per line), each blank by itself; acc_joint is the accuracy per blank when the blanks of a line
// that share candidates get different ones, those that together are the likeliest. Blanks of a line form a cluster for intervals.
var ChID = Task{
	Name: "chid", Version: 1, Kind: Choice, Family: "clue",
	Title:   "the idiom for a blank, 7 or 10 candidates",
	Source:  "thu-coai/ChID-Dataset, CLUEbenchmark/CLUE and CLUEbenchmark/FewCLUE",
	License: "Apache-2.0",
	Files:   chidFiles(),
	Read:    func(name string, raw []byte) (datasets.Set, error) { return readChID([]Content{{name, raw}}) },
	ReadAll: readChID,
	Make:    makeChID,
	Prompt:  chidQuestion.request,
	Judge:   judgeChID,
	Metrics: append(slices.Clone(choiceMetrics), jointMetric),

	Breakdowns: []string{"position"},
}

func chidFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, dir := range datasets.Folders("chid") {
		for _, kind := range [][2]string{{".json", ".json"}, {".txt", ".csv"}} {
			pair := func(split string) []string {
				return []string{dir + "/" + split + kind[0], dir + "/" + split + "_answer" + kind[1]}
			}
			out = append(out, datasets.Candidate{Paths: pair("dev"), Split: datasets.SplitDev, Train: [][]string{pair("train")}})
		}
		out = append(out, datasets.Candidate{
			Paths: []string{dir + "/dev_data.txt"}, Split: datasets.SplitDev, Train: [][]string{{dir + "/train_data.txt"}},
		})
	}
	return append(out, datasets.CLUE("chid")...)
}

var chidQuestion = question{
	system:       "请为文中的空格____选择合适的成语。",
	query:        func(r datasets.Record) string { return chidText(r) + "\n____处的成语：" },
	letterSystem: "请从选项中为文中的空格____选择合适的成语，只回答选项前的字母。",
	letterQuery:  chidText,
}

func chidText(r datasets.Record) string { return "语段：" + chidFill(r, "____") }

// chidFill puts a text into the blank that is asked for; other blanks of the passage become ○○○○.
func chidFill(r datasets.Record, text string) string {
	var b strings.Builder
	content, last := r.Fields["content"], 0
	for i, at := range chidBlank.FindAllStringIndex(content, -1) {
		b.WriteString(content[last:at[0]])
		if fmt.Sprint(i+1) == r.Fields["blank"] {
			b.WriteString(text)
		} else {
			b.WriteString("○○○○")
		}
		last = at[1]
	}
	b.WriteString(content[last:])
	return b.String()
}

var chidBlank = regexp.MustCompile(`#idiom\d*#`)

// readChID reads lines of passages, and answers from a second file where there is one.
func readChID(files []Content) (datasets.Set, error) {
	rows, err := datasets.JSON(files[0].Name, files[0].Raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var golds *chidAnswers
	if len(files) > 1 {
		if golds, err = readChIDAnswers(files[1]); err != nil {
			return datasets.Set{}, err
		}
	}
	var set datasets.Set
	var ids idLines
	for i, row := range rows {
		line := datasets.Record{ID: fmt.Sprint(i)}
		if err := rowID(row, &line); err != nil {
			return datasets.Set{}, err
		}
		content, ok := row.Get("content")
		if !ok {
			return datasets.Set{}, row.Errorf("content", "missing")
		}
		if content.IsArray() {
			err = golds.line(row, &set, &ids, line.ID)
		} else {
			err = chidPassage(row, &set, &ids, line.ID)
		}
		if err != nil {
			return datasets.Set{}, err
		}
	}
	set.Notes = append(set.Notes, ids.notes()...)
	if golds != nil {
		set.Notes = append(set.Notes, golds.notes()...)
	}
	for i := range set.Records {
		byPosition(&set.Records[i])
	}
	unique(set.Records)
	return set, nil
}

// chidPassage reads a row of one passage with its answers.
func chidPassage(row datasets.Value, set *datasets.Set, ids *idLines, id string) error {
	content, err := row.String("content")
	if err != nil {
		return err
	}
	list, err := row.Array("candidates")
	if err != nil {
		return err
	}
	blanks := len(chidBlank.FindAllString(content, -1))
	if blanks == 0 {
		return row.Errorf("content", "no blank #idiom#")
	}
	if len(list) == 0 || !list[0].IsArray() {
		if blanks > 1 {
			return row.Errorf("content", "%d blanks and one list of candidates", blanks)
		}
		choices, err := chidCandidates(row, list)
		if err != nil {
			return err
		}
		if _, ok, err := row.Label("answer"); err != nil || !ok {
			set.Unlabelled++
			return err
		}
		answer, _ := row.Get("answer")
		at, err := chidIndex(answer, len(choices))
		if err != nil {
			return err
		}
		ids.add(row, id)
		set.Records = append(set.Records, datasets.Record{
			ID: id, Choices: choices, Answer: at, Fields: map[string]string{"content": content, "blank": "1"},
		})
		return nil
	}
	return chidTruths(row, set, id, content, blanks)
}

// chidTruths reads a row in the layout of the ACL paper.
func chidTruths(row datasets.Value, set *datasets.Set, id, content string, blanks int) error {
	lists, err := row.Array("candidates")
	if err != nil {
		return err
	}
	if len(lists) != blanks {
		return row.Errorf("candidates", "%d lists for %d blanks", len(lists), blanks)
	}
	if _, ok := row.Get("groundTruth"); !ok {
		set.Unlabelled += blanks
		return nil
	}
	truths, err := row.Array("groundTruth")
	if err != nil {
		return err
	}
	if len(truths) != blanks {
		return row.Errorf("groundTruth", "%d answers for %d blanks", len(truths), blanks)
	}
	for i := range lists {
		elements, err := lists[i].Elements()
		if err != nil {
			return err
		}
		choices, err := chidCandidates(lists[i], elements)
		if err != nil {
			return err
		}
		truth, err := truths[i].Text()
		if err != nil {
			return err
		}
		at := slices.Index(choices, truth)
		if at < 0 {
			return truths[i].Errorf("", "%q is none of the candidates %s", truth, strings.Join(choices, ", "))
		}
		set.Records = append(set.Records, datasets.Record{
			ID: fmt.Sprintf("%s/%d", id, i+1), Cluster: id, Choices: choices, Answer: at,
			Fields: map[string]string{"content": content, "blank": fmt.Sprint(i + 1)},
		})
	}
	return nil
}

// chidCandidates checks a list of candidates; v is where errors point to.
func chidCandidates(v datasets.Value, list []datasets.Value) ([]string, error) {
	out := make([]string, len(list))
	for i, c := range list {
		s, err := c.Text()
		if err != nil {
			return nil, err
		}
		if s == "" {
			return nil, c.Errorf("", "an empty candidate")
		}
		out[i] = s
	}
	if len(out) < 2 || len(out) > 26 {
		return nil, v.Errorf("candidates", "want 2 to 26 candidates, found %d", len(out))
	}
	return out, nil
}

func chidIndex(v datasets.Value, n int) (int, error) {
	at, err := v.Int()
	if err != nil {
		return 0, err
	}
	if at < 0 || at >= n {
		return 0, v.Errorf("", "%d is no index of %d candidates", at, n)
	}
	return at, nil
}
