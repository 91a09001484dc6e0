package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// makeChID makes lines of three blanks that share ten candidates, in the layout of CLUE: three passages of a sentence each.
func makeChID(seed uint64, n int) datasets.Set {
	const blanks, candidates = 3, 10
	var passages []string
	var uses []int // idioms of the blanks
	var choices []string
	used := make(map[string]bool)
	return generate(seed, "chid", n, func(r *random, i int) datasets.Record {
		if i%blanks == 0 {
			_, passages = fresh(used, func() (string, []string) {
				uses = r.perm(len(idiomUses))[:candidates]
				choices = choices[:0:0]
				for _, u := range uses {
					choices = append(choices, idiomUses[u].idiom)
				}
				var lines []string
				for k, u := range uses[:blanks] {
					tag := fmt.Sprintf("#idiom%06d#", i+k)
					lines = append(lines, idiomSentence(r, idiomUses[u], tag))
				}
				return strings.Join(lines, "\n"), lines
			})
			choices = some(r, choices, len(choices))
		}
		answer := idiomUses[uses[i%blanks]].idiom
		at := 0
		for choices[at] != answer {
			at++
		}
		return datasets.Record{
			Cluster: fmt.Sprintf("line-%d", i/blanks), Choices: choices, Answer: at, Tags: map[string]string{"position": letter(at)},
			Fields: map[string]string{"content": passages[i%blanks], "blank": "1"},
		}
	})
}

// idiomSentence is a sentence in which blank stands for the idiom.
func idiomSentence(r *random, use idiomUse, blank string) string {
	text := fill(r, strings.ReplaceAll(one(r, use.sentences[:]), "{_}", blank), map[string][]string{
		"p": {person(r)}, "c": {one(r, cities)}, "n": {strconv.Itoa(r.between(2, 9))},
	})
	return occasion(r) + one(r, []string{"，", "发生了这样一件事：", "的节目里讲到，", "的日记里写着："}) + text
}
