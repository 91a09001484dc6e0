package tasks

import (
	"slices"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// idiomForms are the two ways to ask: a sentence with a blank, and a meaning.
var idiomForms = []string{"语境", "释义"}

// makeIdioms makes questions with four options: the idiom, two that are near to it, and one of another item. The answer stands in
// every place equally often. One in four asks for a meaning.
func makeIdioms(seed uint64, n int) datasets.Set {
	const options = 4
	var places []int
	return generate(seed, "idiom", n, func(r *random, i int) datasets.Record {
		if places == nil {
			places = r.labelsFor(n, options)
		}
		use := one(r, idiomUses)
		choices := some(r, use.near, 2)
		for len(choices) < options-1 {
			if other := one(r, idiomUses).idiom; other != use.idiom && !slices.Contains(choices, other) {
				choices = append(choices, other)
			}
		}
		choices = some(r, choices, len(choices))
		choices = slices.Insert(choices, places[i], use.idiom)
		form, text := idiomForms[0], ""
		if i%4 == 3 {
			form, text = idiomForms[1], idiomMeaning(r, use)
		} else {
			text = idiomSentence(r, use, "____")
		}
		return datasets.Record{
			Choices: choices, Answer: places[i], Fields: map[string]string{"text": text, "form": form},
			Tags: map[string]string{"idiom": use.idiom, "form": form, "position": letter(places[i])},
		}
	})
}

// idiomMeaning asks for the idiom that a person needs for a meaning.
func idiomMeaning(r *random, use idiomUse) string {
	return occasion(r) + "，" + person(r) + "想找一个成语，意思是“" + use.meaning + "”，找到的成语是____。"
}
