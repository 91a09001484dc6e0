package tasks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A polysemyWord is a word with its senses, the plainest or oldest one first.
type polysemyWord struct {
	word   string
	senses []polysemySense
}

// A polysemySense is a sense of a word. Gloss is the option that stands for it: it holds neither the word nor two characters in a row of
// any sentence of the sense, so that it cannot be found by comparing texts. Each template makes sentences in which the word occurs once and
// has this sense for every reader; [a|b] stands for one of a and b, {p} and {q} for persons, {c} for a city. Templates have no time of their
// own that a reporting clause before them would contradict.
type polysemySense struct {
	name      string // for breakdowns
	gloss     string
	templates []string
}

// polysemyKinds are the words by kind.
var polysemyKinds = []struct {
	name  string
	words []polysemyWord
}{
	{"brand", polysemyBrands},
	{"bank", polysemyBanks},
	{"name", polysemyNames},
	{"verb", polysemyVerbs},
	{"figure", slices.Concat(polysemyFigures, polysemyFigures2)},
	{"net", polysemyNet},
	{"homograph", polysemyHomographs},
	{"unit", polysemyUnits},
}

// A polysemyEntry is a word with its kind.
type polysemyEntry struct {
	polysemyWord
	kind string
}

func polysemyEntries() []polysemyEntry {
	var out []polysemyEntry
	for _, k := range polysemyKinds {
		for _, w := range k.words {
			out = append(out, polysemyEntry{w, k.name})
		}
	}
	return out
}

// Names that fit a man or a woman and hold none of the words.
var (
	polysemySurnames = strings.Fields("赵 钱 孙 李 周 吴 郑 王 冯 陈 褚 卫 蒋 沈 韩 杨 朱 秦 尤 许 何 吕 施 孔 曹 严 魏 陶 姜 戚 谢 邹 喻 柏 窦 章 苏 潘 葛 范 彭 郎 鲁 韦 马 苗 方 俞 任 袁 柳 史 唐 薛 雷 贺 倪 汤")
	polysemyGiven    = strings.Fields("明远 思源 晓宁 嘉禾 亦凡 知行 安之 若愚 一鸣 书言 景行 子衿 文彬 以宁 清扬 修远 云深 慕白 怀瑾 望舒 " +
		"立言 承志 允诺 乐天 希文 卓然 佳宁 世宁 少华 其琛 启明 元嘉 可心 向晚 宇辰 晨曦 映川 念慈 悦然 敏行 至诚 致远 逸之 天佑 瑞林 振宇 学勤 秋白 冬青 若水 " +
		"南乔 静远 思齐 有容 采薇 初阳 亚宁 敬之 仲谋 季同")
	polysemyListeners = strings.Fields("同事 邻居 同学 老友 家人 表哥 堂妹 室友 徒弟 客人 司机 房东 战友 亲戚")
	polysemyReports   = []string{
		"听{f}说，", "据{f}讲，", "{f}回忆说，", "{f}后来听说，", "{f}一直记得，", "{f}最近才知道，", "{f}无意中透露，", "{f}闲聊时说起，", "{f}在日记中写道，",
		"{f}对{h}说，", "{f}告诉{h}，", "{f}给{h}写信说，", "{f}打听到，", "{f}向{h}讲起，", "{f}跟{h}提到，", "{h}告诉{f}，", "{h}对{f}说，", "{f}从{h}那儿听说，",
	}
)

func polysemyPerson(r *random) string { return one(r, polysemySurnames) + one(r, polysemyGiven) }

// sentence makes a sentence from a template: who reports it, and what. The reporting clause says nothing about the sense; it is there since
// a language has more sentences than a list of templates. The word occurs once.
func (w polysemyWord) sentence(r *random, template string) string {
	for {
		people := make(map[string]string)
		for _, slot := range []string{"f", "p", "q"} {
			for people[slot] == "" || people[slot] == people["f"] && slot != "f" || people[slot] == people["p"] && slot == "q" {
				people[slot] = polysemyPerson(r)
			}
		}
		fill := strings.NewReplacer("{f}", people["f"], "{p}", people["p"], "{q}", people["q"], "{h}", one(r, polysemyListeners), "{c}", one(r, cities))
		report := one(r, polysemyReports)
		s := fill.Replace(report + pickAlternatives(r, template) + "。")
		if strings.Count(s, w.word) == 1 {
			return s
		}
	}
}

// pickAlternatives replaces each [a|b|c] by one of its parts.
func pickAlternatives(r *random, template string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(template, "[")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		list, after, ok := strings.Cut(rest, "]")
		if !ok {
			panic(fmt.Sprintf("tasks: template %q: [ without ]", template))
		}
		b.WriteString(one(r, strings.Split(list, "|")))
		template = after
	}
}

// polysemyOrder says which word and which of its senses question i is about: words take turns in an order that changes each time, and the
// senses of a word take turns from a random one on, so that any two senses of a word differ by at most one question.
type polysemyOrder struct {
	entries []polysemyEntry
	starts  []int // first sense of each word
	turn    []int
}

func newPolysemyOrder(r *random) *polysemyOrder {
	o := &polysemyOrder{entries: polysemyEntries()}
	o.starts = make([]int, len(o.entries))
	for i, e := range o.entries {
		o.starts[i] = r.below(len(e.senses))
	}
	return o
}

// at is called with 0, 1, 2, ...
func (o *polysemyOrder) at(r *random, i int) (e polysemyEntry, sense int) {
	if i%len(o.entries) == 0 {
		o.turn = r.perm(len(o.entries))
	}
	n := o.turn[i%len(o.entries)]
	e = o.entries[n]
	return e, (o.starts[n] + i/len(o.entries)) % len(e.senses)
}

// makePolysemySense makes sentences, each asked in two orders that stand side by side.
func makePolysemySense(seed uint64, n int) datasets.Set {
	var order *polysemyOrder
	var places []int
	var rec datasets.Record
	return generate(seed, "polysemy_sense", n, func(r *random, i int) datasets.Record {
		if order == nil {
			order = newPolysemyOrder(r)
			places = r.labelsFor((n+1)/2, 60)
		}
		if i%2 == 1 {
			return polysemyReversed(rec)
		}
		e, s := order.at(r, i/2)
		sense := e.senses[s]
		options := make([]string, 0, len(e.senses))
		for _, other := range r.perm(len(e.senses)) {
			if other != s {
				options = append(options, e.senses[other].gloss)
			}
		}
		at := places[i/2] % len(e.senses)
		rec = datasets.Record{
			Cluster: fmt.Sprintf("polysemy-%d", i/2), Choices: slices.Insert(options, at, sense.gloss), Answer: at,
			Fields: map[string]string{"word": e.word, "sentence": e.sentence(r, one(r, sense.templates)), "order": "given"},
			Tags: map[string]string{
				"word": e.word, "sense": e.word + "：" + sense.name, "kind": e.kind, "item": strconv.Itoa(i / 2), "position": letter(at),
				"rank": strconv.Itoa(s + 1), "senses": strconv.Itoa(len(e.senses)),
			},
		}
		return rec
	})
}

// polysemyReversed is a question with its options in reverse order.
func polysemyReversed(r datasets.Record) datasets.Record {
	fields, tags := make(map[string]string), make(map[string]string)
	maps.Copy(fields, r.Fields)
	maps.Copy(tags, r.Tags)
	r.Choices = slices.Clone(r.Choices)
	slices.Reverse(r.Choices)
	r.Answer = len(r.Choices) - 1 - r.Answer
	fields["order"], tags["position"] = "reversed", letter(r.Answer)
	r.Fields, r.Tags = fields, tags
	return r
}

// makePolysemyPair makes pairs of sentences, each asked in two orders that stand side by side.
func makePolysemyPair(seed uint64, n int) datasets.Set {
	var order *polysemyOrder
	var kinds []int
	var rec datasets.Record
	return generate(seed, "polysemy_pair", n, func(r *random, i int) datasets.Record {
		if order == nil {
			order = newPolysemyOrder(r)
			kinds = r.labelsFor((n+1)/2, 4)
		}
		if i%2 == 1 {
			return polysemyReversed(rec)
		}
		e, s := order.at(r, i/2)
		sense := e.senses[s]
		same := kinds[i/2]%2 == 0
		two := some(r, sense.templates, 2)
		if !same {
			other := (s + 1 + r.below(len(e.senses)-1)) % len(e.senses)
			two[1] = one(r, e.senses[other].templates)
			if r.below(2) == 0 {
				two[0], two[1] = two[1], two[0]
			}
		}
		rec = datasets.Record{
			Cluster: fmt.Sprintf("polysemy-%d", i/2), Choices: []string{"相同", "不同"},
			Fields: map[string]string{"word": e.word, "sentence1": e.sentence(r, two[0]), "sentence2": e.sentence(r, two[1]), "order": "given"},
			Tags: map[string]string{
				"word": e.word, "kind": e.kind, "item": strconv.Itoa(i / 2), "same": map[bool]string{true: "yes", false: "no"}[same],
			},
		}
		if !same {
			rec.Answer = 1
		}
		if kinds[i/2] >= 2 {
			slices.Reverse(rec.Choices)
			rec.Answer = 1 - rec.Answer
		}
		rec.Tags["position"] = letter(rec.Answer)
		return rec
	})
}
