package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// SUDA is the choice among the dictionary glosses of a word in a sentence: 2,881 validation rows, 4.7 glosses each, of which several may fit.
//
// Source: SUDA-LA/Modern-Chinese-Word-Sense-Annotated-dataset. License: none stated; the glosses were taken from dictionaries on the Web.
// Metrics: acc_letter and acc count a row as right when the gloss that is picked is one of its gold glosses, with the letters asked or the texts. precision, recall and f1 compare the set of
// picked glosses, which has one member (that of the likeliest letter), with the set of gold glosses over all rows, so that recall cannot reach 1 where rows have several;
// papers give F1 (ESCHER 75.85, GlossBERT 69.93 on this split). acc_majority is a control: the first gloss of the inventory.
var SUDA = Task{
	Name: "suda_wsd", Version: 1, Kind: Choice, Family: "polysemy",
	Title:   "which dictionary gloss fits the word in the sentence",
	Source:  "SUDA-LA/Modern-Chinese-Word-Sense-Annotated-dataset",
	License: "none stated, research use",
	Files:   sudaFiles(),
	ReadAll: readSUDA,
	Prompt:  polysemySenseQuestion.request,
	Judge:   judgeSUDA,
	Metrics: slices.Concat(letterFirst, []Metric{
		{Name: "precision", HigherIsBetter: true, Corpus: func(sum map[string]float64) float64 { return glossCounts(sum)[0] }},
		{Name: "recall", HigherIsBetter: true, Corpus: func(sum map[string]float64) float64 { return glossCounts(sum)[1] }},
		{Name: "f1", HigherIsBetter: true, Corpus: func(sum map[string]float64) float64 { return glossCounts(sum)[2] }},
		{Name: "acc_letter_word", HigherIsBetter: true, By: "word", From: "acc_letter"},
		majorityMetric,
	}),
	Breakdowns: []string{"senses", "golds"},
}

func sudaFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, f := range []struct{ name, split string }{{"val", datasets.SplitDev}, {"test", datasets.SplitTest}} {
		for _, dir := range []string{"suda-wsd/", "suda_wsd/", "Modern-Chinese-Word-Sense-Annotated-dataset/"} {
			for _, sub := range []string{"", "Dataset_ALL/"} {
				out = append(out, datasets.Candidate{
					Paths: []string{dir + sub + f.name + ".data.txt", dir + "wsd_multi_sense_only_final.json"}, Split: f.split,
				})
			}
		}
	}
	return out
}

// readSUDA reads lines of a sentence, a word and its gold glosses joined by $$, parted by blanks, and the inventory, an object of words with
// their glosses. Words with a single gloss ask nothing and are left out.
func readSUDA(files []Content) (datasets.Set, error) {
	var set datasets.Set
	single := 0
	if len(files) != 2 {
		return set, fmt.Errorf("%d files, want the sentences and the inventory", len(files))
	}
	inventory, err := sudaInventory(files[1])
	if err != nil {
		return set, err
	}
	lines, err := datasets.Lines(files[0].Name, files[0].Raw)
	if err != nil {
		return set, err
	}
	for i, line := range lines {
		sentence, rest, ok := strings.Cut(line.Text, " ")
		word, golds, ok2 := strings.Cut(rest, " ")
		if !ok || !ok2 || sentence == "" || word == "" || golds == "" {
			return set, line.Errorf("", "want a sentence, a word and glosses, parted by blanks")
		}
		glosses, ok := inventory[word]
		if !ok {
			return set, line.Errorf("word", "%q is not in the inventory", word)
		}
		r := datasets.Record{
			ID: strconv.Itoa(i), Choices: glosses, Answer: -1, Cluster: word,
			Fields: map[string]string{"sentence": sentence, "word": word},
			Tags:   map[string]string{"word": word, "senses": strconv.Itoa(len(glosses))},
		}
		first := len(glosses)
		for gold := range strings.SplitSeq(golds, "$$") {
			at := slices.Index(glosses, gold)
			if at < 0 {
				return set, line.Errorf("gloss", "%q is none of the glosses of %s", gold, word)
			}
			if !slices.Contains(r.Golds, gold) {
				r.Golds = append(r.Golds, gold)
			}
			if r.Answer < 0 {
				r.Answer = at
			}
			first = min(first, at)
		}
		r.Tags["rank"], r.Tags["golds"] = strconv.Itoa(first+1), strconv.Itoa(len(r.Golds))
		if len(glosses) < 2 {
			single++
			continue
		}
		set.Records = append(set.Records, r)
	}
	set.Notes = singleNote(single, "word")
	return set, nil
}

// singleNote says how many rows ask nothing, since there is one gloss to choose from.
func singleNote(rows int, what string) []string {
	if rows == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d rows are left out whose %s has a single gloss", rows, what)}
}

func sudaInventory(file Content) (map[string][]string, error) {
	rows, err := datasets.JSON(file.Name, file.Raw)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, rows[1].Errorf("", "want one object of words with their glosses")
	}
	words, lists, err := rows[0].Members()
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string, len(words))
	for i, word := range words {
		list, err := lists[i].Elements()
		if err != nil {
			return nil, err
		}
		if len(list) == 0 || len(list) > 26 {
			return nil, lists[i].Errorf("", "%d glosses, want 1 to 26", len(list))
		}
		for _, v := range list {
			gloss, err := v.Text()
			if err != nil {
				return nil, err
			}
			if gloss == "" || slices.Contains(out[word], gloss) {
				return nil, v.Errorf("", "the gloss %q of %s is empty or there twice", gloss, word)
			}
			out[word] = append(out[word], gloss)
		}
	}
	return out, nil
}

// judgeSUDA counts any of the gold glosses as right.
func judgeSUDA(r datasets.Record, a Answer) Verdict {
	v := judgePolysemy(r, a)
	if v.Outcome == Failed {
		return v
	}
	for i, c := range r.Choices {
		if i == r.Answer || !slices.Contains(r.Golds, c) {
			continue
		}
		other := r
		other.Answer = i
		w := judgePolysemy(other, a)
		for name, x := range w.Metrics {
			v.Metrics[name] = max(v.Metrics[name], x)
		}
		if w.Outcome == Correct {
			v.Outcome = Correct
		}
	}
	v.Stats = map[string]float64{"predicted": 1, "gold": float64(len(r.Golds)), "hit": 0}
	if v.Outcome == Correct {
		v.Stats["hit"] = 1
	}
	return v
}

// glossCounts are precision, recall and F1 of gloss sets.
func glossCounts(sum map[string]float64) [3]float64 {
	if sum["hit"] == 0 {
		return [3]float64{}
	}
	p, r := sum["hit"]/sum["predicted"], sum["hit"]/sum["gold"]
	return [3]float64{p, r, 2 * p * r / (p + r)}
}
