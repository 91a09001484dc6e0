package tasks

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// MCLWiC is whether a word means the same in two Chinese sentences: 1,000 development pairs, half of which do.
//
// Source: SapienzaNLP/mcl-wic (SemEval-2021 task 2), zh-zh. License: CC BY-NC 4.0.
// Metrics: accuracy, by letter first; pairs with one lemma share sentences and form a cluster for intervals. The best system of the competition reached 91.0
// on the test split.
var MCLWiC = Task{
	Name: "mcl_wic", Version: 1, Kind: Choice, Family: "polysemy",
	Title:      "does a word mean the same in two sentences",
	Source:     "SapienzaNLP/mcl-wic",
	License:    "CC BY-NC 4.0",
	Files:      wicFiles(),
	ReadAll:    readWiC,
	Prompt:     wicQuestion.request,
	Judge:      judgePolysemy,
	Metrics:    letterFirst,
	Breakdowns: []string{"pos", "same"},
}

// wicFiles lists the two files of each split: unpacked side by side, as the archive has them, and the archive beside the folder's name.
func wicFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, split := range []string{datasets.SplitDev, datasets.SplitTrial, datasets.SplitTest} {
		dirs := []string{"mcl-wic", "mcl_wic", "MCL-WiC/" + split + "/multilingual", "mcl-wic/MCL-WiC/" + split + "/multilingual"}
		if split == datasets.SplitTrial {
			dirs = append(dirs, "trial/multilingual", "mcl-wic/trial/multilingual")
		}
		for _, dir := range dirs {
			base := dir + "/" + split + ".zh-zh."
			out = append(out, datasets.Candidate{Paths: []string{base + "data", base + "gold"}, Split: split})
		}
	}
	return out
}

var wicQuestion = question{
	system: "请判断【】里的词在两句话里的意思是否相同。",
	query: func(r datasets.Record) string {
		return wicText(r) + "\n答案："
	},
	letterSystem: "请判断【】里的词在两句话里的意思是否相同，只回答选项前的字母。",
	letterQuery:  wicText,
}

func wicText(r datasets.Record) string {
	return fmt.Sprintf("句子一：%s\n句子二：%s\n问题：“%s”在这两句话里的意思相同还是不同？", r.Fields["sentence1"], r.Fields["sentence2"], r.Fields["lemma"])
}

// readWiC reads an array of pairs and an array of their tags T and F, which are matched by id. A pair without a tag is unlabelled.
func readWiC(files []Content) (datasets.Set, error) {
	var set datasets.Set
	if len(files) != 2 {
		return set, fmt.Errorf("%d files, want the pairs and their tags", len(files))
	}
	tags, err := wicTags(files[1])
	if err != nil {
		return set, err
	}
	rows, err := datasets.JSON(files[0].Name, files[0].Raw)
	if err != nil {
		return set, err
	}
	seen := make(map[string]bool)
	for _, row := range rows {
		r := datasets.Record{Fields: make(map[string]string), Tags: make(map[string]string), Choices: []string{"相同", "不同"}}
		if r.ID, err = row.String("id"); err != nil {
			return set, err
		}
		if seen[r.ID] {
			return set, row.Errorf("id", "%q is there twice", r.ID)
		}
		seen[r.ID] = true
		if err := fields(row, &r, "lemma"); err != nil {
			return set, err
		}
		for _, n := range []string{"1", "2"} {
			if r.Fields["sentence"+n], err = wicMark(row, n); err != nil {
				return set, err
			}
		}
		if pos, ok, err := row.Label("pos"); err != nil {
			return set, err
		} else if ok {
			r.Tags["pos"] = pos
		}
		same, ok := tags[r.ID]
		if !ok {
			set.Unlabelled++
			continue
		}
		delete(tags, r.ID)
		r.Cluster, r.Tags["same"] = r.Fields["lemma"], "yes"
		if !same {
			r.Answer, r.Tags["same"] = 1, "no"
		}
		set.Records = append(set.Records, r)
	}
	if n := len(tags); n > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%s: %d tags belong to no pair", path.Base(filepath.ToSlash(files[1].Name)), n))
	}
	return set, nil
}

func wicTags(file Content) (map[string]bool, error) {
	rows, err := datasets.JSON(file.Name, file.Raw)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(rows))
	for _, row := range rows {
		id, err := row.String("id")
		if err != nil {
			return nil, err
		}
		tag, err := row.String("tag")
		if err != nil {
			return nil, err
		}
		if _, twice := out[id]; twice {
			return nil, row.Errorf("id", "%q is there twice", id)
		}
		if tag != "T" && tag != "F" {
			return nil, row.Errorf("tag", "%q is none of T, F", tag)
		}
		out[id] = tag == "T"
	}
	return out, nil
}

// wicMark returns sentence n with 【】 around the word. Places are start1 and end1, as strings in some files and as numbers in others, or
// ranges1, "20-22,29-31" for a word in parts; ends are exclusive.
func wicMark(row datasets.Value, n string) (string, error) {
	text, err := row.String("sentence" + n)
	if err != nil {
		return "", err
	}
	places, err := wicPlaces(row, n)
	if err != nil {
		return "", err
	}
	runes := []rune(text)
	var b strings.Builder
	at := 0
	for _, p := range places {
		if p[0] < at || p[1] <= p[0] || p[1] > len(runes) {
			return "", row.Errorf("sentence"+n, "[%d, %d) is no place in a text of %d characters", p[0], p[1], len(runes))
		}
		b.WriteString(string(runes[at:p[0]]) + "【" + string(runes[p[0]:p[1]]) + "】")
		at = p[1]
	}
	return b.String() + string(runes[at:]), nil
}

func wicPlaces(row datasets.Value, n string) ([][2]int, error) {
	if ranges, ok, err := row.Label("ranges" + n); err != nil {
		return nil, err
	} else if ok {
		var out [][2]int
		for part := range strings.SplitSeq(ranges, ",") {
			from, to, ok := strings.Cut(part, "-")
			start, err1 := strconv.Atoi(strings.TrimSpace(from))
			end, err2 := strconv.Atoi(strings.TrimSpace(to))
			if !ok || err1 != nil || err2 != nil {
				return nil, row.Errorf("ranges"+n, "%q is no list of ranges such as 20-22,29-31", ranges)
			}
			out = append(out, [2]int{start, end})
		}
		slices.SortFunc(out, func(a, b [2]int) int { return a[0] - b[0] })
		return out, nil
	}
	var place [2]int
	for i, name := range []string{"start" + n, "end" + n} {
		v, ok := row.Get(name)
		if !ok {
			return nil, row.Errorf(name, "missing, and so is ranges%s", n)
		}
		var err error
		if place[i], err = v.Int(); err != nil {
			return nil, err
		}
	}
	return [][2]int{place}, nil
}
