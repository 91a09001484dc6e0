package datasets

import (
	"fmt"
	"slices"
)

// CLUE lists where the set of a task lies in the layouts that are in circulation, in the order in which they are preferred among
// files of the same split: a folder of the set's own name (also as the CLUE archives unpack, "tnews_public", and with a "clue" folder
// around it), then the FewCLUE folder.
func CLUE(task string) []Candidate {
	own := []string{task, task + "_public", "clue/" + task, "clue/" + task + "_public", "CLUE/" + task, "CLUE/" + task + "_public"}
	var out []Candidate
	for _, dir := range own {
		train := [][]string{{dir + "/train.json"}}
		for _, name := range []string{"dev.json", "validation.json"} {
			out = append(out, Candidate{Paths: []string{dir + "/" + name}, Split: SplitDev, Train: train})
		}
		out = append(out, fewCLUE(dir)...)
		out = append(out, Candidate{Paths: []string{dir + "/train.json"}, Split: SplitTrain})
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
	out := []Candidate{{Paths: []string{dir + "/dev_few_all.json"}, Split: SplitFewshotDev, Train: anyTrain}}
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
