package datasets

import (
	"fmt"
	"slices"
)

// Folders lists the folders that may hold a set by its own name, as people lay them out and as the CLUE archives unpack.
func Folders(task string) []string {
	return []string{task, task + "_public", "clue/" + task, "clue/" + task + "_public", "CLUE/" + task, "CLUE/" + task + "_public"}
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
	out = append(out, fewCLUE("fewclue/"+task)...)
	for _, dir := range own {
		out = append(out, Candidate{Paths: []string{dir + "/test.json"}, Split: SplitTest})
	}
	return append(out, Candidate{Paths: []string{"fewclue/" + task + "/test.json"}, Split: SplitTest})
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
