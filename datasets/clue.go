package datasets

import (
	"fmt"
	"slices"
	"strings"
)

// Folders lists the folders that may hold a set by its own name, as people lay them out, as the CLUE archives unpack and as
// OpenCompass keeps them.
func Folders(task string) []string {
	return []string{
		task, task + "_public", "clue/" + task, "clue/" + task + "_public", "CLUE/" + task, "CLUE/" + task + "_public", "CLUE/" + strings.ToUpper(task),
	}
}

// hubNames are what the Hub's copy of CLUE calls sets that have other names here.
var hubNames = map[string]string{"cluewsc": "cluewsc2020"}

// hub lists where the Hub's copy of CLUE (clue/clue, a folder a set, Parquet) may lie: downloaded as it is, or in the cache of the Hub's
// own tools.
func hub(task string) []Candidate {
	name := task
	if n, ok := hubNames[task]; ok {
		name = n
	}
	var out []Candidate
	for _, dir := range []string{name, "clue/" + name, "datasets--clue--clue/snapshots/*/" + name, "hub/datasets--clue--clue/snapshots/*/" + name} {
		out = append(out, Candidate{
			Paths: []string{dir + "/validation-*.parquet"}, Split: SplitDev, Train: [][]string{{dir + "/train-*.parquet"}},
		})
	}
	return out
}

// fewCLUEFolders are where the FewCLUE folder of a set lies: by itself, as OpenCompass has it, and in a checkout of its repository.
func fewCLUEFolders(task string) []string {
	return []string{"fewclue/" + task, "FewCLUE/" + task, "FewCLUE/datasets/" + task, "datasets/" + task}
}

// CLUE lists where the set of a task lies in the layouts that are in circulation, in the order in which they are preferred among
// files of the same split: the set's own [Folders], then the FewCLUE folder. train names the files of the training split, best first;
// none = train.json.
func CLUE(task string, train ...string) []Candidate {
	if len(train) == 0 {
		train = []string{"train.json"}
	}
	own := Folders(task)
	var out []Candidate
	for _, dir := range own {
		var trains [][]string
		for _, name := range train {
			trains = append(trains, []string{dir + "/" + name})
		}
		for _, name := range []string{"dev.json", "validation.json"} {
			out = append(out, Candidate{Paths: []string{dir + "/" + name}, Split: SplitDev, Train: trains})
		}
		out = append(out, fewCLUE(dir)...)
		for _, paths := range trains {
			out = append(out, Candidate{Paths: paths, Split: SplitTrain})
		}
	}
	out = append(out, hub(task)...)
	for _, dir := range fewCLUEFolders(task) {
		out = append(out, fewCLUE(dir)...)
	}
	for _, dir := range own {
		out = append(out, Candidate{Paths: []string{dir + "/test.json"}, Split: SplitTest})
	}
	for _, dir := range fewCLUEFolders(task) {
		out = append(out, Candidate{Paths: []string{dir + "/test.json"}, Split: SplitTest})
	}
	return out
}

// fewCLUE lists the labelled files of a FewCLUE folder. The five numbered development files are parts of dev_few_all.json.
func fewCLUE(dir string) []Candidate {
	all := []string{dir + "/train_few_all.json"}
	numbered := func(i int) []string { return []string{fmt.Sprintf("%s/train_%d.json", dir, i)} }
	anyTrain := [][]string{all}
	for i := range 5 {
		anyTrain = append(anyTrain, numbered(i))
	}
	out := []Candidate{{Paths: []string{dir + "/dev_few_all.json"}, Split: SplitFewshotDev, Sorted: true, Train: anyTrain}}
	for i := range 5 {
		out = append(out, Candidate{
			Paths: []string{fmt.Sprintf("%s/dev_%d.json", dir, i)},
			Split: SplitFewshotDev,
			// The training file of the same number is the one that the set pairs with it.
			Train: slices.Concat([][]string{numbered(i)}, anyTrain),
		})
	}
	return append(out, Candidate{Paths: []string{dir + "/test_public.json"}, Split: SplitTestPublic, Train: anyTrain})
}
