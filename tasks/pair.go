package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// sameLabels are those of sets that ask whether two sentences mean the same.
var sameLabels = labels{names: []string{"0", "1"}, choices: []string{"不同", "相同"}}

// pairQuestion asks about two sentences; what says what kind of sentences they are.
func pairQuestion(what string) question {
	text := func(r datasets.Record) string {
		return fmt.Sprintf("句子一：%s\n句子二：%s", r.Fields["sentence1"], r.Fields["sentence2"])
	}
	return question{
		system:       "请判断两句" + what + "的意思是“相同”还是“不同”。",
		query:        func(r datasets.Record) string { return text(r) + "\n两句的意思：" },
		letterSystem: "请判断两句" + what + "的意思是否相同，只回答选项前的字母。",
		letterQuery:  text,
	}
}

func readPair(row datasets.Value, r *datasets.Record) error {
	return fields(row, r, "sentence1", "sentence2")
}
