package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// MorDis is the choice among the senses of a morpheme, that is of a Chinese character, in a text: 2,296 validation rows.
//
// Source: COOLPKU/MSD_task, MorTxt with the inventory MorInv (the README there swaps the tables of MorTxt and MorWrd). License: none stated,
// research use.
// Metrics: accuracy, by letter first, among the different glosses of the character, whatever their part of speech; a character with one gloss asks nothing and is
// left out. acc_majority is a control: the first gloss of the inventory.
var MorDis = Task{
	Name: "mordis", Version: 1, Kind: Choice, Family: "polysemy",
	Title:   "which sense does the character have in the text",
	Source:  "COOLPKU/MSD_task",
	License: "none stated, research use",
	Files:   mordisFiles(),
	ReadAll: readMorDis,
	Prompt:  mordisQuestion.request,
	Judge:   judgePolysemy,
	Metrics: slices.Concat(letterFirst, []Metric{
		{Name: "acc_letter_word", HigherIsBetter: true, By: "word", From: "acc_letter"},
		majorityMetric,
	}),
	Breakdowns: []string{"senses", "pos"},
}

func mordisFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, f := range []struct{ name, split string }{{"valid", datasets.SplitDev}, {"test", datasets.SplitTest}} {
		for _, dir := range []string{"mordis/", "MSD_task/data/", "mordis/data/"} {
			out = append(out, datasets.Candidate{Paths: []string{dir + "MorTxt/" + f.name + ".csv", dir + "MorInv.txt"}, Split: f.split})
		}
	}
	return out
}

var mordisQuestion = optionQuestion("请根据句子判断【】里的字的意思，从选项中选出一个。", func(r datasets.Record) string {
	return fmt.Sprintf("句子：%s\n问题：这句话里的“%s”是下面哪个意思？", r.Fields["sentence"], r.Fields["morpheme"])
})

// A morpheme is a line of the inventory.
type morpheme struct{ character, gloss string }

// readMorDis reads rows of a text with ～ for the character, the sense's id, the character, part of speech and gloss, and the inventory with the
// columns id, character, part of speech and gloss, parted by blanks.
func readMorDis(files []Content) (datasets.Set, error) {
	var set datasets.Set
	single := 0
	if len(files) != 2 {
		return set, fmt.Errorf("%d files, want the texts and the inventory", len(files))
	}
	byID, glosses, err := mordisInventory(files[1])
	if err != nil {
		return set, err
	}
	rows, err := datasets.CSV(files[0].Name, files[0].Raw, "text", "id", "morpheme", "pos", "gloss")
	if err != nil {
		return set, err
	}
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Fields: make(map[string]string), Tags: make(map[string]string)}
		if err := fields(row, &r, "text", "id", "morpheme", "pos", "gloss"); err != nil {
			return set, err
		}
		text, id, char, pos, gloss := r.Fields["text"], r.Fields["id"], r.Fields["morpheme"], r.Fields["pos"], r.Fields["gloss"]
		if !strings.Contains(text, "～") {
			return set, row.Errorf("text", "no ～ in %q: MorTxt has it in place of the character, MorWrd has not", text)
		}
		if m, ok := byID[id]; !ok || m != (morpheme{char, gloss}) {
			return set, row.Errorf("id", "the inventory has no sense %q of %s with the gloss %q", id, char, gloss)
		}
		r.Fields = map[string]string{"sentence": strings.ReplaceAll(text, "～", "【"+char+"】"), "morpheme": char}
		r.Choices, r.Cluster = glosses[char], char
		r.Answer = slices.Index(r.Choices, gloss)
		r.Tags = map[string]string{"word": char, "senses": strconv.Itoa(len(r.Choices)), "rank": strconv.Itoa(r.Answer + 1)}
		if pos != "" {
			r.Tags["pos"] = pos
		}
		if len(r.Choices) < 2 {
			single++
			continue
		}
		set.Records = append(set.Records, r)
	}
	set.Notes = singleNote(single, "character")
	return set, nil
}

// mordisInventory returns the senses by id, and the different glosses of each character in the order of the file.
func mordisInventory(file Content) (map[string]morpheme, map[string][]string, error) {
	lines, err := datasets.Lines(file.Name, file.Raw)
	if err != nil {
		return nil, nil, err
	}
	byID, glosses := make(map[string]morpheme, len(lines)), make(map[string][]string)
	for _, line := range lines {
		parts := strings.SplitN(line.Text, " ", 4)
		if len(parts) != 4 || parts[1] == "" || parts[3] == "" {
			return nil, nil, line.Errorf("", "want id, character, part of speech and gloss, parted by blanks")
		}
		id, m := parts[0], morpheme{parts[1], parts[3]}
		if _, twice := byID[id]; twice {
			return nil, nil, line.Errorf("id", "%q is there twice", id)
		}
		byID[id] = m
		if !slices.Contains(glosses[m.character], m.gloss) {
			if len(glosses[m.character]) == 26 {
				return nil, nil, line.Errorf("", "%s has more than 26 glosses", m.character)
			}
			glosses[m.character] = append(glosses[m.character], m.gloss)
		}
	}
	return byID, glosses, nil
}
