package metrics

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// cutEvery cuts after every second character, so that tests of words need no dictionary.
func cutEvery(text string) []string {
	var out []string
	r := []rune(text)
	for ; len(r) > 2; r = r[2:] {
		out = append(out, string(r[:2]))
	}
	if len(r) > 0 {
		out = append(out, string(r))
	}
	return out
}

func measure(t *testing.T, name string) Measure {
	t.Helper()
	s, ok := LookupScorer(name)
	if !ok {
		t.Fatalf("no metric %s", name)
	}
	m, err := s.With(ScorerOptions{Cut: cutEvery})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestScorersAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scorers() {
		if seen[s.Name] || s.Name == "" || strings.ContainsAny(s.Name, " ,") {
			t.Errorf("name %q", s.Name)
		}
		seen[s.Name] = true
		if s.Title == "" || s.Unit == "" || s.Convention == "" {
			t.Errorf("%s lacks title, unit or convention", s.Name)
		}
		_, err := s.With(ScorerOptions{})
		if errors.Is(err, ErrNeedsWords) != s.Words {
			t.Errorf("%s without words: %v", s.Name, err)
		}
		m, err := s.With(ScorerOptions{Cut: cutEvery})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Item(Item{Text: "x"}); err == nil {
			t.Errorf("%s: no error without a reference", s.Name)
		}
		one, err := m.Item(Item{Text: "今天天气很好", Golds: []string{"今天天气很好"}})
		if err == nil && s.Corpus == (len(one.Sums) == 2) {
			t.Errorf("%s: corpus %t with %d sums", s.Name, s.Corpus, len(one.Sums))
		}
	}
}

// TestScorersPerfectAndWrong has a right and a wrong answer for each metric: they must get the two ends of the scale.
func TestScorersPerfectAndWrong(t *testing.T) {
	const text, other = "今天天气很好，我们去公园散步。", "股票"
	const entities = `{"name":{"张三":[[0,1]]},"company":{"远帆":[[3,4]]}}`
	cases := map[string][3]string{ // right, wrong, reference
		"choice_letter": {"答案是 B。", "A", "B"}, "cluener_f1": {entities, "{}", entities}, "entity_f1": {entities, "{}", entities},
		"entity_span_f1": {entities, "{}", entities}, "entity_words_f1": {entities, "{}", entities}, "seqeval_f1": {"B-A I-A O", "O O O", "B-A I-A O"},
		"longbench_retrieval": {"段落3", "段落4", "段落3"}, "longbench_class": {"体育", "财经", "体育"}, "mrr": {"a b", "b c", "a"}, "recall@1": {"a b", "b a", "a"},
		"recall@5": {"b c d e a", "b", "a"}, "recall@10": {"a", "b", "a"}, "brier": {"1", "0", "1"}, "ece": {"1", "0", "1"},
		"lawbench_1-1": {text, other, "答案:" + text}, "lawbench_1-2": {"[正确答案]B<eoa>", "[正确答案]AB<eoa>", "正确答案：B。"},
		"lawbench_2-2": {"[争议焦点]违约<eoa>", "利息和违约", "争议焦点类别：违约。"}, "lawbench_2-3": {"准予离婚、法定离婚", "适当帮助", "类别:法定离婚、准予离婚。"},
		"lawbench_2-4": {"侵权", "侵权或公司法", "侵权"}, "lawbench_2-5": {text, other, "回答:" + text},
		"lawbench_2-6": {"受害人：张三\n地点: 公园 里", "受害人：无", "受害人:张三;地点:公园"}, "lawbench_2-8": {"E", "无法回答", "[正确答案]E<eoa>"},
		"lawbench_2-9": {"卖出，买入", "伪造", "买入;卖出"}, "lawbench_2-10": {"打;骂", "x;y", "打;骂"}, "lawbench_3-6": {"C", "D", "正确答案:C。"},
		"lawbench_3-7": {"共８５００．元，其中20元", "8501元", "上文涉及到的犯罪金额:8500.0元。"},
	}
	for _, s := range Scorers() {
		t.Run(s.Name, func(t *testing.T) {
			c, ok := cases[s.Name]
			if !ok {
				c = [3]string{text, other, text}
			}
			if strings.HasSuffix(s.Name, "_google") {
				c = [3]string{"a b c", "d", "a b c"}
			}
			if s.Name == "bleu_13a" || s.Name == "bleu_none" { // a Chinese clause is one token of theirs
				c = [3]string{"a b c d", "x", "a b c d"}
			}
			m := measure(t, s.Name)
			best, worst := 1.0, 0.0
			if s.Scale == 0 && !s.Lower {
				best = 100
			}
			if s.Lower {
				best, worst = 0, 1
			}
			for k, want := range []float64{best, worst} {
				got, err := m.Item(Item{Text: c[k], Golds: []string{c[2]}, Classes: []string{"体育", "财经"}})
				if err != nil {
					t.Fatal(err)
				}
				total := m.Total(got.Sums)
				if s.Name == "cluener_f1" { // the mean over ten types of which two occur
					total *= 5
				}
				if math.Abs(got.Value-want) > 1e-6 || math.Abs(total-want) > 1e-6 {
					t.Errorf("%q against %q: item %v, total %v, want %v", c[k], c[2], got.Value, total, want)
				}
			}
		})
	}
}

// The corpus and its values are those in the documentation of sacreBLEU's zh tokenizer cases: computed with sacreBLEU 2.6.0.
func TestScorersCorpus(t *testing.T) {
	texts := []string{"今天天气很好，我们去公园散步。", "营收同比增长12.5%至3.2亿元", "“你好”——他说。"}
	golds := []string{"今天天气不错，我们去公园走走。", "营业收入同比增长12.5%，达到3.2亿元", "“您好”，他说道。"}
	for name, want := range map[string]float64{"bleu": 39.53157449909601, "chrf": 41.0017883313853, "chrf++": 35.14438999833027} {
		m := measure(t, name)
		var sums []float64
		for i := range texts {
			s, err := m.Item(Item{Text: texts[i], Golds: golds[i : i+1]})
			if err != nil {
				t.Fatal(err)
			}
			if sums == nil {
				sums = make([]float64, len(s.Sums))
			}
			for k, v := range s.Sums {
				sums[k] += v
			}
		}
		if got := m.Total(sums); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s %v, want %v", name, got, want)
		}
		if !strings.HasPrefix(m.Signature(1), "nrefs:1|case:mixed|") {
			t.Errorf("%s: signature %q", name, m.Signature(1))
		}
	}
}

func TestChoiceLetter(t *testing.T) {
	m := measure(t, "choice_letter")
	for _, tc := range []struct {
		text, gold string
		value      float64
		abstained  bool
	}{
		{"B", "B", 1, false},
		{"选B，因为PCB和A4纸无关", "B", 1, false},
		{"A或B", "B", 0, false},
		{"答案：ACD", "ACD", 1, false},
		{"A、C、D", "ACD", 1, false},
		{"DCA", "ACD", 0, true}, // no letter stands alone, and the run is no answer in order
		{"不知道", "B", 0, true},
		{"b", "B", 0, true},
	} {
		got, err := m.Item(Item{Text: tc.text, Golds: []string{tc.gold}})
		if err != nil || got.Value != tc.value || got.Abstained != tc.abstained {
			t.Errorf("%q against %q: %v abstained %t, %v", tc.text, tc.gold, got.Value, got.Abstained, err)
		}
	}
	if _, err := m.Item(Item{Text: "B", Golds: []string{"对"}}); err == nil {
		t.Error("no error for a reference without letters")
	}
}

func TestLawBenchRules(t *testing.T) {
	if s, err := measure(t, "lawbench_2-2").Item(Item{Text: "违约", Golds: []string{"争议焦点类别：赔偿。"}}); err != nil || !s.Excluded {
		t.Errorf("the label that LawBench passes over: %+v, %v", s, err)
	}
	for name, gold := range map[string]string{
		"lawbench_1-2": "B", "lawbench_2-2": "争议焦点类别：别的。", "lawbench_2-3": "类别:准予离婚", "lawbench_2-6": "受害人", "lawbench_3-7": "8500元",
	} {
		if _, err := measure(t, name).Item(Item{Text: "x", Golds: []string{gold}}); err == nil || !strings.Contains(err.Error(), gold) {
			t.Errorf("%s with the reference %q: error %v", name, gold, err)
		}
	}
	for _, tc := range []struct {
		text, gold string
		f1         float64
		abstained  bool
	}{
		{"受害人:张三\n受害人:李四五", "受害人:李四五", 1, false},          // the last mention counts
		{"受害人:李四五\n受害人:无", "受害人:李四五", 1, false},           // none is no mention
		{"地点:公", "地点:公", 0, true},                         // a colon so close to the end is not looked at
		{"地点:公园", "地点:公园;时间:今天", 2.0 / 3, false},          // half of the gold types
		{"时间：2017年6月", "时间:2017年6月的一天", 0.8235294, false}, // 7 of 7 and 7 of 10 characters
		{"", "", 1, false},
		{"地点:公园里", "", 0, false},
	} {
		f1, abstained, err := LawBenchEntities(tc.text, tc.gold)
		if err != nil || math.Abs(f1-tc.f1) > 1e-6 || abstained != tc.abstained {
			t.Errorf("%q against %q: %v abstained %t, %v; want %v", tc.text, tc.gold, f1, abstained, err, tc.f1)
		}
	}
	if f, ok := LawBenchRouge(" ", "无内容", func(s string) []string { return []string{s} }); !ok || f < 0.99 {
		t.Errorf("an empty text is scored as 无内容: %v %t", f, ok)
	}
}

func TestEntityWords(t *testing.T) {
	gold := []Entity{{Type: "company", Text: "远帆科技"}}
	found := []Entity{{Type: "company", Text: "远帆"}, {Type: "company", Text: "远帆"}}
	parts := func(s string) []string { return strings.Split(strings.ReplaceAll(s, "科技", " 科技"), " ") }
	whole := func(s string) []string { return []string{s} }
	if c := EntityWordCounts(gold, found, parts)["company"]; c != (Counts{TP: 1, FN: 1}) {
		t.Errorf("cut into parts: %+v", c)
	}
	if c := EntityWordCounts(gold, found, whole)["company"]; c != (Counts{FP: 1, FN: 1}) {
		t.Errorf("as one word: %+v", c)
	}
	for _, bad := range []string{"", "[]", `{"a":1}`, `{"a":{"b":[[1]]}}`, `{"a":{"b":[1,2]}}`} {
		if e, err := ParseEntities(bad); err == nil {
			t.Errorf("%s: no error, %v", bad, e)
		}
	}
	m := measure(t, "entity_span_f1")
	if _, err := m.Item(Item{Text: "{}", Golds: []string{`{"a":["b"]}`}}); err == nil {
		t.Error("no error for a reference without places")
	}
	if s, err := m.Item(Item{Text: "没有", Golds: []string{`{}`}}); err != nil || !s.Abstained {
		t.Errorf("text that is no JSON: %+v, %v", s, err)
	}
	if _, err := measure(t, "cluener_f1").Item(Item{Text: `{}`, Golds: []string{`{"planet":["b"]}`}}); err == nil {
		t.Error("no error for a type that CLUENER does not have")
	}
}

// TestMalformedAnswers has answers in a form that a metric cannot read. They are wrong; they do not end the scoring of the others.
func TestMalformedAnswers(t *testing.T) {
	const entities = `{"name":{"张三":[[0,1]]}}`
	for _, tc := range []struct {
		metric, text string
		golds        []string
		value        float64
		abstained    bool
	}{
		{"cluener_f1", `{"planet":["火星"]}`, []string{entities}, 0, false},
		{"cluener_f1", `{"name":["张三"],"planet":["火星"]}`, []string{entities}, 2.0 / 3, false},
		{"entity_span_f1", `{"name":["张三"]}`, []string{entities}, 0, true},
		{"seqeval_f1", "B-A", []string{"B-A I-A"}, 0, true},
		{"seqeval_f1", "", []string{"B-A I-A"}, 0, true},
		{"brier", "", []string{"1"}, 1, true},
		{"brier", "NaN", []string{"0"}, 1, true},
		{"ece", "大概", []string{"1"}, 1, true},
		{"mrr", "b b a", []string{"a"}, 1.0 / 3, false},
		{"recall@5", "a a b", []string{"a", "b", "b"}, 1, false},
		{"recall@1", "a", []string{"a", "a"}, 1, false},
	} {
		m := measure(t, tc.metric)
		s, err := m.Item(Item{Text: tc.text, Golds: tc.golds})
		if err != nil || math.Abs(s.Value-tc.value) > 1e-12 || s.Abstained != tc.abstained {
			t.Errorf("%s of %q: %+v, %v; want %v abstained %t", tc.metric, tc.text, s, err, tc.value, tc.abstained)
		}
		if total := m.Total(s.Sums); tc.value == 1 && math.Abs(total-1) > 1e-12 {
			t.Errorf("%s of %q: total %v", tc.metric, tc.text, total)
		}
	}
}

// TestOneReference has metrics that are defined for one reference: a second one must not be passed over in silence.
func TestOneReference(t *testing.T) {
	for name, gold := range map[string]string{
		"lawbench_1-2": "正确答案：B。", "cluener_f1": "{}", "entity_f1": "{}", "entity_span_f1": "{}", "entity_words_f1": "{}", "seqeval_f1": "O", "brier": "1", "ece": "1",
	} {
		if s, err := measure(t, name).Item(Item{Text: gold, Golds: []string{gold, gold}}); err == nil || !strings.Contains(err.Error(), "2 references") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// FuzzScorers looks for panics and for values off the scale.
func FuzzScorers(f *testing.F) {
	f.Add("[正确答案]B<eoa>", "正确答案：B。")
	f.Add(`{"name":{"张三":[[0,1]]}}`, `{"name":["张"]}`)
	f.Add("受害人:张三;时间：", "受害人:张三;地点:公园")
	f.Add("B-A I-A O", "O B-A E-")
	f.Add("\xff\x00。", "……”")
	f.Fuzz(func(t *testing.T, text, gold string) {
		for _, s := range Scorers() {
			m, err := s.With(ScorerOptions{Cut: cutEvery})
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Item(Item{Text: text, Golds: []string{gold, text}, Classes: []string{gold, text}})
			if err != nil { // some take one reference only
				got, err = m.Item(Item{Text: text, Golds: []string{gold}, Classes: []string{gold, text}})
			}
			if err != nil {
				continue
			}
			limit := 1 + 1e-9
			if s.Scale == 0 && !s.Lower {
				limit = 100 + 1e-6
			}
			if total := m.Total(got.Sums); !(got.Value >= 0 && got.Value <= limit && total >= 0 && total <= limit) {
				t.Fatalf("%s of %q against %q: item %v, total %v", s.Name, text, gold, got.Value, total)
			}
		}
	})
}
