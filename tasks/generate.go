package tasks

import (
	"fmt"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Fillers that several generators share. All persons and firms are invented.
var (
	surnames   = []string{"赵", "钱", "孙", "周", "吴", "郑", "冯", "陈", "蒋", "沈", "韩", "杨", "许", "何", "吕", "施"}
	givenNames = []string{"明远", "雅琴", "志强", "文博", "晓岚", "建平", "思源", "玉兰", "海涛", "静怡", "立新", "春燕", "子涵", "国栋", "若彤", "永康"}
	cities     = []string{"杭州", "成都", "武汉", "青岛", "西安", "长沙", "厦门", "昆明", "沈阳", "合肥", "南宁", "兰州", "苏州", "大连", "贵阳", "福州"}
	firmNames  = []string{"远帆", "青禾", "云岭", "星河", "恒岳", "蓝湾", "锦程", "北辰", "清源", "瑞峰", "海川", "明德"}
	digits     = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}
)

func person(r *random) string { return one(r, surnames) + one(r, givenNames) }

// twoPersons gives two different names.
func twoPersons(r *random) (string, string) {
	a, b := some(r, surnames, 2), some(r, givenNames, 2)
	return a[0] + b[0], a[1] + b[1]
}

// generate makes n records. A record whose texts were made before is made again; only when that fails many times, since the
// templates are used up, does it stay.
func generate(seed uint64, name string, n int, build func(r *random, i int) datasets.Record) datasets.Set {
	r := newRandom(seed, name)
	seen := make(map[string]bool, n)
	set := datasets.Set{Records: make([]datasets.Record, 0, n)}
	for i := range n {
		var rec datasets.Record
		for range 200 {
			rec = build(r, i)
			if key := fieldsKey(rec); !seen[key] {
				seen[key] = true
				break
			}
		}
		rec.ID = fmt.Sprintf("%s-%d", name, i)
		set.Records = append(set.Records, rec)
	}
	return set
}

// labelled gives generated records of a classification the tag that [classification] gives to those of files.
func labelled(made func(seed uint64, n int) datasets.Set) func(seed uint64, n int) datasets.Set {
	return func(seed uint64, n int) datasets.Set {
		set := made(seed, n)
		for i, r := range set.Records {
			set.Records[i].Tags = map[string]string{"label": r.Choices[r.Answer]}
		}
		return set
	}
}

// fill replaces every {name} of a template by one of the fillers of that name. A name that occurs twice gets two different ones while
// they last.
func fill(r *random, template string, fillers map[string][]string) string {
	var b strings.Builder
	used := make(map[string][]string)
	for {
		before, rest, ok := strings.Cut(template, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			panic(fmt.Sprintf("tasks: template %q: { without }", template))
		}
		list := used[name]
		if len(list) == 0 {
			all, ok := fillers[name]
			if !ok {
				panic(fmt.Sprintf("tasks: template %q: no fillers for {%s}", template, name))
			}
			list = some(r, all, len(all))
		}
		b.WriteString(list[0])
		used[name] = list[1:]
		template = after
	}
}

// fresh makes a text that several items share until it is one that was not used before, for as long as the templates last.
func fresh[T any](used map[string]bool, build func() (string, T)) (string, T) {
	for try := 0; ; try++ {
		text, rest := build()
		if !used[text] || try == 200 {
			used[text] = true
			return text, rest
		}
	}
}
