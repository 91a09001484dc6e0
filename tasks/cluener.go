package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// CLUENER is named entities of ten types in 1,343 development sentences.
//
// Source: CLUEbenchmark/CLUENER2020. License: none stated, research use.
// Metrics: f1 is the official score, the mean over the ten types of the F1 of surface texts (a type without gold or prediction has 0, so
// that a handful of sentences that lack a type cannot reach 1); f1_span is the micro F1 of spans (type, start, end), where the k-th mention
// of a text is located at its k-th occurrence; exact_match is the share of sentences whose surfaces are all right.
var CLUENER = Task{
	Name: "cluener", Version: 1, Kind: Generate, Family: "clue", Shots: 3,
	Title:   "named entities of ten types",
	Source:  "CLUEbenchmark/CLUENER2020",
	License: "none stated, research use",
	Size:    1343,
	Files:   datasets.CLUE("cluener"),
	Read:    readCLUENER,
	Make:    makeCLUENER,
	Prompt:  cluenerPrompt,
	Judge:   judgeCLUENER,
	Entities: func(text string) []metrics.Entity {
		mentions, _ := extractEntities(text)
		return mentions
	},
	Metrics: []Metric{
		{Name: "f1", HigherIsBetter: true, Scale: 100, Corpus: cluenerMacro},
		{Name: "f1_span", HigherIsBetter: true, Scale: 100, Corpus: func(sum map[string]float64) float64 { return spanCounts(sum).F1() }},
		{Name: "precision_span", HigherIsBetter: true, Scale: 100, Corpus: func(sum map[string]float64) float64 { return spanCounts(sum).Precision() }},
		{Name: "recall_span", HigherIsBetter: true, Scale: 100, Corpus: func(sum map[string]float64) float64 { return spanCounts(sum).Recall() }},
		{Name: "exact_match", Proportion: true, HigherIsBetter: true},
	},
}

// cluenerTypes are the types in files and in prompts, with other names that models give them.
var cluenerTypes = []struct {
	name, chinese string
	other         []string
}{
	{"address", "地址", []string{"地点", "地名", "位置"}},
	{"book", "书名", []string{"书籍", "书", "作品"}},
	{"company", "公司", []string{"企业", "公司名"}},
	{"game", "游戏", []string{"游戏名"}},
	{"government", "政府", []string{"政府机构", "政府部门", "政府机关"}},
	{"movie", "电影", []string{"影片", "电影名"}},
	{"name", "姓名", []string{"人名", "名字", "人物"}},
	{"organization", "组织", []string{"组织机构", "机构", "团体", "组织名"}},
	{"position", "职位", []string{"职务", "职业", "职称"}},
	{"scene", "景点", []string{"景区", "风景区", "景点名"}},
}

// cluenerType finds a type by any of its names; "" = none.
func cluenerType(label string) string {
	label = strings.ToLower(label)
	for _, t := range cluenerTypes {
		if label == t.name || label == t.chinese || slices.Contains(t.other, label) {
			return t.name
		}
	}
	return ""
}

func cluenerNames() (names, chinese []string) {
	for _, t := range cluenerTypes {
		names, chinese = append(names, t.name), append(chinese, t.chinese)
	}
	return names, chinese
}

// cluenerPrompt asks for one line 类型：实体、实体；类型：实体. A line is what small models keep to, and it ends by itself.
func cluenerPrompt(r datasets.Record, shots []datasets.Record) Request {
	_, types := cluenerNames()
	query := func(r datasets.Record) string { return fmt.Sprintf("句子：%s\n实体：", r.Fields["text"]) }
	p := Prompt{
		System: "请找出句子中的实体，按“类型：实体、实体；类型：实体”的格式写出。类型有：" + strings.Join(types, "、") +
			"。实体照抄原文，没有的类型不写，什么实体都没有就写“无”。",
		Query: query(r),
	}
	for _, s := range shots {
		p.Shots = append(p.Shots, Shot{query(s), cluenerAnswer(s.Spans)})
	}
	return Request{Prompt: p, MaxTokens: 128, Stop: []string{"\n\n", "\n句子："}}
}

// cluenerAnswer writes gold entities as the prompt asks for them: types in the order of the list, entities in that of the text.
func cluenerAnswer(spans []datasets.Span) string {
	var parts []string
	for _, t := range cluenerTypes {
		var texts []string
		for _, s := range spans {
			if s.Type == t.name {
				texts = append(texts, s.Text)
			}
		}
		if len(texts) > 0 {
			parts = append(parts, t.chinese+"："+strings.Join(texts, "、"))
		}
	}
	if len(parts) == 0 {
		return "无"
	}
	return strings.Join(parts, "；")
}

// readCLUENER reads lines {"text", "label": {type: {surface: [[start, end], …]}}} whose ends are inclusive. Rows without a label, as in
// the test split, are unlabelled; a row with an empty label is a sentence without entities.
func readCLUENER(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	differ := 0
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
		if err := fields(row, &r, "text"); err != nil {
			return datasets.Set{}, err
		}
		if id, ok, err := row.Label("id"); err != nil {
			return datasets.Set{}, err
		} else if ok {
			r.ID = id
		}
		label, ok := row.Get("label")
		if !ok {
			set.Unlabelled++
			continue
		}
		text := []rune(r.Fields["text"])
		if r.Spans, err = cluenerSpans(label, len(text)); err != nil {
			return datasets.Set{}, err
		}
		for _, s := range r.Spans {
			if string(text[s.Start:s.End]) != s.Text {
				differ++
			}
		}
		set.Records = append(set.Records, r)
	}
	if differ > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%d entities differ from the text at their place", differ))
	}
	unique(set.Records)
	return set, nil
}

// cluenerSpans reads the entities of a sentence of n code points, sorted by place.
func cluenerSpans(label datasets.Value, n int) ([]datasets.Span, error) {
	types, bySurface, err := label.Members()
	if err != nil {
		return nil, err
	}
	names, _ := cluenerNames()
	var spans []datasets.Span
	for i, typ := range types {
		if !slices.Contains(names, typ) {
			return nil, label.Errorf(typ, "%q is none of %s", typ, strings.Join(names, ", "))
		}
		surfaces, places, err := bySurface[i].Members()
		if err != nil {
			return nil, err
		}
		for j, surface := range surfaces {
			list, err := places[j].Elements()
			if err != nil {
				return nil, err
			}
			for _, place := range list {
				start, end, err := cluenerPlace(place, n)
				if err != nil {
					return nil, err
				}
				spans = append(spans, datasets.Span{Type: typ, Text: surface, Start: start, End: end})
			}
		}
	}
	slices.SortStableFunc(spans, func(a, b datasets.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	return spans, nil
}

func cluenerPlace(place datasets.Value, n int) (start, end int, err error) {
	ends, err := place.Elements()
	if err != nil {
		return 0, 0, err
	}
	if len(ends) != 2 {
		return 0, 0, place.Errorf("", "want [start, end], found %d numbers", len(ends))
	}
	if start, err = ends[0].Int(); err != nil {
		return 0, 0, err
	}
	if end, err = ends[1].Int(); err != nil {
		return 0, 0, err
	}
	if start < 0 || end < start || end >= n {
		return 0, 0, place.Errorf("", "[%d, %d] lies outside the text of %d characters", start, end, n)
	}
	return start, end + 1, nil
}

func judgeCLUENER(r datasets.Record, a Answer) Verdict {
	mentions, parsed := extractEntities(a.Text)
	v := Verdict{Outcome: Wrong, Rule: "lines", Stats: make(map[string]float64), Metrics: map[string]float64{"exact_match": 0}}
	gold := make([]metrics.Entity, len(r.Spans))
	for i, s := range r.Spans {
		gold[i] = metrics.Entity{Type: s.Type, Text: s.Text, Start: s.Start, End: s.End}
	}
	exact := true
	for typ, c := range metrics.SurfaceCounts(gold, mentions) {
		v.Stats["tp:"+typ], v.Stats["fp:"+typ], v.Stats["fn:"+typ] = c.TP, c.FP, c.FN
		exact = exact && c.FP == 0 && c.FN == 0
	}
	var spans metrics.Counts
	for _, c := range metrics.SpanCounts(gold, locate(r.Fields["text"], mentions)) {
		spans.Add(c)
	}
	v.Stats["span_tp"], v.Stats["span_fp"], v.Stats["span_fn"] = spans.TP, spans.FP, spans.FN
	v.Extracted = mentionText(mentions)
	switch {
	case !parsed:
		v.Outcome, v.Rule = Unparsed, "none"
	case exact:
		v.Outcome = Correct
		v.Metrics["exact_match"] = 1
	}
	return v
}

func mentionText(mentions []metrics.Entity) string {
	spans := make([]datasets.Span, len(mentions))
	for i, m := range mentions {
		spans[i] = datasets.Span{Type: m.Type, Text: m.Text}
	}
	return cluenerAnswer(spans)
}

// locate gives mentions a place in the text: the k-th mention of a text as one type stands at its k-th occurrence, counted from the
// left without overlap. Mentions beyond the last occurrence repeat what is there and are left out; what does not occur at all
// keeps one place outside the text, so that it counts as a wrong span once.
func locate(text string, mentions []metrics.Entity) []metrics.Entity {
	type key struct{ typ, text string }
	next := make(map[key]int) // byte offset from which the next occurrence is looked for
	outside := 0
	var out []metrics.Entity
	for _, m := range mentions {
		k := key{m.Type, m.Text}
		from, again := next[k]
		i := -1
		if from <= len(text) && m.Text != "" {
			i = strings.Index(text[from:], m.Text)
		}
		switch {
		case i >= 0:
			i += from
			next[k] = i + len(m.Text)
			m.Start = len([]rune(text[:i]))
			m.End = m.Start + len([]rune(m.Text))
			out = append(out, m)
		case !again:
			next[k] = len(text) + 1
			outside--
			m.Start, m.End = outside, outside
			out = append(out, m)
		}
	}
	return out
}

func cluenerMacro(sum map[string]float64) float64 {
	counts := make(map[string]metrics.Counts, len(cluenerTypes))
	names, _ := cluenerNames()
	for _, t := range names {
		counts[t] = metrics.Counts{TP: sum["tp:"+t], FP: sum["fp:"+t], FN: sum["fn:"+t]}
	}
	f1, _ := metrics.MacroF1(counts, names)
	return f1
}

func spanCounts(sum map[string]float64) metrics.Counts {
	return metrics.Counts{TP: sum["span_tp"], FP: sum["span_fp"], FN: sum["span_fn"]}
}
