package tasks

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// C3 is the C3 validation split: 3,816 questions on dialogues and then on mixed texts, two to four choices each.
//
// Source: nlpdata/c3; CLUE's archive renames the files. License: non-commercial research only.
// Metric: accuracy; questions on one text form a cluster for intervals. Guessing is right more often than one time in four, see
// [Chance].
var C3 = Task{
	Name: "c3", Version: 1, Kind: Choice, Family: "clue",
	Title:   "reading: questions on dialogues and texts, 2 to 4 choices",
	Source:  "nlpdata/c3",
	License: "non-commercial research only",
	Size:    3816,
	Files:   c3Files(),
	Read:    readC3,
	Make:    makeC3,
	Prompt:  c3Question.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"position"},
}

func c3Files() []datasets.Candidate {
	var out []datasets.Candidate
	add := func(dir, prefix string) {
		pair := func(split string) []string {
			return []string{dir + prefix + "d-" + split + ".json", dir + prefix + "m-" + split + ".json"}
		}
		out = append(out, datasets.Candidate{Paths: pair("dev"), Split: datasets.SplitDev, Train: [][]string{pair("train")}})
	}
	for _, dir := range datasets.Folders("c3") {
		add(dir+"/", "c3-")
		add(dir+"/", "")
		add(dir+"/data/", "c3-")
	}
	add("", "c3-")
	return out
}

var c3Question = question{
	system:       "请阅读材料，回答问题。",
	query:        func(r datasets.Record) string { return c3Text(r) + "\n答案：" },
	letterSystem: "请阅读材料，从选项中选出正确答案，只回答选项前的字母。",
	letterQuery:  c3Text,
}

func c3Text(r datasets.Record) string {
	return fmt.Sprintf("材料：%s\n问题：%s", r.Fields["document"], r.Fields["question"])
}

// readC3 reads an array of documents [[paragraphs], [questions], id]. Ids are those of the document, the file and the question's place
// in the document, since both files of the split number their documents.
func readC3(name string, raw []byte) (datasets.Set, error) {
	docs, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	part := strings.TrimPrefix(strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".json"), "c3-")
	var set datasets.Set
	repeated := 0
	for _, doc := range docs {
		text, questions, id, err := c3Document(doc)
		if err != nil {
			return datasets.Set{}, err
		}
		for i, q := range questions {
			r := datasets.Record{
				ID: fmt.Sprintf("%s/%s/%d", part, id, i), Cluster: part + "/" + id,
				Fields: map[string]string{"document": text},
			}
			labelled, err := c3Read(q, &r)
			if err != nil {
				return datasets.Set{}, err
			}
			if !labelled {
				set.Unlabelled++
				continue
			}
			if len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) < len(r.Choices) {
				repeated++
			}
			byPosition(&r)
			set.Records = append(set.Records, r)
		}
	}
	if repeated > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%s: %d questions repeat a choice; the first place of the answer counts", part, repeated))
	}
	unique(set.Records)
	return set, nil
}

func c3Document(doc datasets.Value) (text string, questions []datasets.Value, id string, err error) {
	parts, err := doc.Elements()
	if err != nil {
		return "", nil, "", err
	}
	if len(parts) != 3 {
		return "", nil, "", doc.Errorf("", "want [[paragraphs], [questions], id], found %d parts", len(parts))
	}
	paragraphs, err := parts[0].Elements()
	if err != nil {
		return "", nil, "", err
	}
	lines := make([]string, len(paragraphs))
	for i, p := range paragraphs {
		if lines[i], err = p.Text(); err != nil {
			return "", nil, "", err
		}
	}
	if questions, err = parts[1].Elements(); err != nil {
		return "", nil, "", err
	}
	id, err = parts[2].Text()
	return strings.Join(lines, "\n"), questions, id, err
}

// c3Read reads a question into r and reports whether it has an answer.
func c3Read(q datasets.Value, r *datasets.Record) (labelled bool, err error) {
	if err := fields(q, r, "question"); err != nil {
		return false, err
	}
	choices, err := q.Array("choice")
	if err != nil {
		return false, err
	}
	for _, c := range choices {
		s, err := c.Text()
		if err != nil {
			return false, err
		}
		if s == "" {
			return false, c.Errorf("", "an empty choice")
		}
		r.Choices = append(r.Choices, s)
	}
	if len(r.Choices) < 2 || len(r.Choices) > 26 {
		return false, q.Errorf("choice", "want 2 to 26 choices, found %d", len(r.Choices))
	}
	answer, ok, err := q.Label("answer")
	if err != nil || !ok {
		return false, err
	}
	if r.Answer = slices.Index(r.Choices, answer); r.Answer < 0 {
		return false, q.Errorf("answer", "%q is none of the choices %s", answer, strings.Join(r.Choices, ", "))
	}
	return true, nil
}
