package tasks

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

func TestReadAFQMC(t *testing.T) {
	set := readFixture(t, AFQMC, "afqmc/dev.json")
	want := []datasets.Record{
		{ID: "0", Choices: sameLabels.choices, Answer: 1, Fields: map[string]string{"sentence1": "水费可以用手机交吗", "sentence2": "能不能在手机上交水费"}, Tags: map[string]string{"label": "相同"}},
		{ID: "1", Choices: sameLabels.choices, Answer: 0, Fields: map[string]string{"sentence1": "水费可以用手机交吗", "sentence2": "水费多久交一次"}, Tags: map[string]string{"label": "不同"}},
		// A label that is a number, and an id that stands twice.
		{ID: "1#2", Choices: sameLabels.choices, Answer: 1, Fields: map[string]string{"sentence1": "押金怎么退", "sentence2": "怎么把押金退回来"}, Tags: map[string]string{"label": "相同"}},
	}
	if diff := cmp.Diff(want, set.Records); diff != "" || set.Unlabelled != 1 {
		t.Errorf("%d unlabelled\n%s", set.Unlabelled, diff)
	}
	if diff := cmp.Diff([]string{`afqmc/dev.json:3: id "1" stands in line 2 already; both rows count`}, set.Notes); diff != "" {
		t.Error(diff)
	}
}

// The Hub numbers true as 0; the archive writes it out.
func TestReadCLUEWSC(t *testing.T) {
	set := readFixture(t, CLUEWSC, "cluewsc2020_public/dev.json")
	r := set.Records[1]
	// 𠮷 is two units of UTF-16 and one character.
	wantSpans := []datasets.Span{{Type: "span1", Text: "老周", Start: 7, End: 9}, {Type: "span2", Text: "他", Start: 19, End: 20}}
	if diff := cmp.Diff(wantSpans, r.Spans); diff != "" {
		t.Error(diff)
	}
	if set.Records[0].Cluster != r.Cluster || r.Cluster == set.Records[3].Cluster {
		t.Error("clusters are not those of the texts")
	}
	// Of three 他 the one at the place is marked, and a pronoun of two characters keeps both.
	if got := queryOf(CLUEWSC, r); !strings.Contains(got, "𠮷田把伞递给了【老周】，他说他还有一把，让【他】放心用。") {
		t.Error(got)
	}
	if got := queryOf(CLUEWSC, set.Records[3]); !strings.Contains(got, "【孩子们】围着看灯的人，【他们】的笑声传得很远。") {
		t.Error(got)
	}
	for label, want := range map[string]string{`0`: "是", `1`: "否", `"true"`: "是", `"false"`: "否", `true`: "是"} {
		raw := `{"text":"张三说他来","label":` + label + `,"target":{"span1_text":"张三","span1_index":"0","span2_text":"他","span2_index":"3"}}`
		set, err := CLUEWSC.Read("f", []byte(raw))
		if err != nil || Target(set.Records[0]) != want {
			t.Errorf("label %s: %+v, %v, want %s", label, set, err, want)
		}
	}
}

func queryOf(t Task, r datasets.Record) string { return t.Prompt(r, nil).Prompt.Query }

func TestMarkSpans(t *testing.T) {
	span := func(start, end int) datasets.Span { return datasets.Span{Start: start, End: end} }
	for _, tc := range []struct {
		a, b datasets.Span
		want string
	}{
		{span(0, 1), span(2, 4), "【甲】乙【丙丁】"},
		{span(2, 4), span(0, 1), "【甲】乙【丙丁】"},
		{span(0, 2), span(2, 3), "【甲乙】【丙】丁"},
		{span(0, 3), span(1, 2), "【甲【乙】丙】丁"},
	} {
		if got := markSpans("甲乙丙丁", []datasets.Span{tc.a, tc.b}); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

func TestReadCSL(t *testing.T) {
	set := readFixture(t, CSL, "csl/dev.json")
	if a, b, c := set.Records[0], set.Records[1], set.Records[2]; a.Cluster != b.Cluster || a.Cluster == c.Cluster || Target(a) != "是" || Target(b) != "否" ||
		b.Fields["keyword"] != "甜高粱、盐碱地、播种机" {
		t.Errorf("%+v", set.Records)
	}
}

// Names with / and 、 are one name each, and labels may be numbers or texts.
func TestReadManyLabels(t *testing.T) {
	var got []string
	for _, r := range slices.Concat(readFixture(t, CSLDCP, "csldcp/dev_0.json").Records, readFixture(t, IFLYTEK, "iflytek/dev.json").Records) {
		got = append(got, Target(r))
	}
	want := []string{"教育学", "化学/化学工程与技术", "图书馆、情报与档案管理", "短视频", "视频教育", "打车"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A continuation that begins with another one is never likelier than that: such a class could not be chosen.
func TestNoLabelBeginsWithAnother(t *testing.T) {
	for _, k := range []Task{AFQMC, BUSTM, TNEWS, IFLYTEK, CSLDCP, CLUEWSC, CSL, OCNLI, CMNLI, EPRSTMT} {
		choices := k.Prompt(k.Make(1, 1).Records[0], nil).Choices
		for i, a := range choices {
			for j, b := range choices {
				if i != j && strings.HasPrefix(b, a) {
					t.Errorf("%s: %q begins with %q", k.Name, b, a)
				}
			}
		}
	}
}

// Of names that contain each other the longest counts, two names are no answer, and classes beyond the alphabet have no letters.
func TestExtractOfManyLabels(t *testing.T) {
	for _, tc := range []struct {
		k          Task
		text, want string
		ok         bool
	}{
		{IFLYTEK, "视频教育", "视频教育", true},
		{IFLYTEK, "类别是短视频。", "短视频", true},
		{IFLYTEK, "答案是：视频教育。", "视频教育", true},
		{IFLYTEK, "MOBA", "MOBA", true},
		{IFLYTEK, "这是一款K歌应用", "K歌", true},
		{IFLYTEK, "可能是视频，也可能是小说", "", false},
		{IFLYTEK, "B", "", false},
		{IFLYTEK, "其他", "其他", true},
		{CSLDCP, "化学/化学工程与技术", "化学/化学工程与技术", true},
		{CSLDCP, "学科：图书馆、情报与档案管理。", "图书馆、情报与档案管理", true},
		{CSLDCP, "植物保护", "植物保护", true},
		{CSLDCP, "化学", "", false},
	} {
		i, rule, ok := extractChoice(tc.text, tc.k.Make(1, 1).Records[0].Choices)
		got := ""
		if ok {
			got = tc.k.Make(1, 1).Records[0].Choices[i]
		}
		if got != tc.want || ok != tc.ok {
			t.Errorf("%s: %q (%v) by %s, want %q", tc.text, got, ok, rule, tc.want)
		}
	}
}

func TestReadChIDOfCLUE(t *testing.T) {
	l, err := ChID.Load(LoadOptions{Dirs: []string{"testdata"}})
	if err != nil {
		t.Fatal(err)
	}
	cands := []string{"画龙点睛", "画蛇添足", "雪中送炭", "锦上添花", "水落石出", "石沉大海", "三心二意", "一心一意", "七上八下", "乱七八糟"}
	two := "他寄出的信都#idiom000001#，没有回音；三年以后事情才#idiom000002#。"
	want := []datasets.Record{
		{ID: "idiom000000", Cluster: "line-0", Choices: cands, Answer: 1, Fields: map[string]string{"content": "文章已经很完整，再加一段就是#idiom000000#了。", "blank": "1"}, Tags: map[string]string{"position": "B"}},
		{ID: "idiom000001", Cluster: "line-0", Choices: cands, Answer: 5, Fields: map[string]string{"content": two, "blank": "1"}, Tags: map[string]string{"position": "F"}},
		{ID: "idiom000002", Cluster: "line-0", Choices: cands, Answer: 4, Fields: map[string]string{"content": two, "blank": "2"}, Tags: map[string]string{"position": "E"}},
		{ID: "idiom000003", Cluster: "line-1", Choices: cands, Answer: 8, Fields: map[string]string{"content": "考试前他心里#idiom000003#，睡不着觉。", "blank": "1"}, Tags: map[string]string{"position": "I"}},
	}
	var got []datasets.Record
	for _, s := range l.Samples {
		got = append(got, s.Record)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The blank that is asked for is told from the other one.
	if q := queryOf(ChID, got[2]); q != "语段：他寄出的信都○○○○，没有回音；三年以后事情才____。\n____处的成语：" {
		t.Error(q)
	}
}

func TestReadChIDLayouts(t *testing.T) {
	line := Content{"dir/dev.json", []byte(`{"content":["甲#idiom000001#","乙#idiom000002#"],"candidates":["一心一意","三心二意","七上八下"]}`)}
	read := func(answers string) (datasets.Set, error) {
		return readChID([]Content{line, {"dir/dev_answer.csv", []byte(answers)}})
	}
	object, err := read(`{"#idiom000001#":2,"#idiom000002#":0}`)
	if err != nil {
		t.Fatal(err)
	}
	table, err := read("\ufeff#idiom000001#,2\r\n#idiom000002#, 0\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(object, table); diff != "" || len(object.Records) != 2 {
		t.Errorf("object and table of answers differ:\n%s", diff)
	}
	part, err := read(`{"#idiom000001#":2,"#idiom000009#":0}`)
	if err != nil || len(part.Records) != 1 || part.Unlabelled != 1 || len(part.Notes) != 1 || part.Notes[0] != "dir/dev_answer.csv: 1 answers belong to no blank" {
		t.Errorf("%+v, %v", part, err)
	}
	for _, tc := range []struct{ answers, want string }{
		{"#idiom000001#,2\n#idiom000002#,3", `datasets: dir/dev_answer.csv:2: field "#idiom000002#": "3" is no index of 3 candidates`},
		{"#idiom000001#;2", `datasets: dir/dev_answer.csv:1: want a line such as #idiom000378#,3, found "#idiom000001#;2"`},
		{"#idiom000001#,0\n#idiom000001#,2", `datasets: dir/dev_answer.csv:2: field "#idiom000001#": #idiom000001# has an answer in line 1 already`},
		{`{"#idiom000001#":-1}`, `datasets: dir/dev_answer.csv:1: field "#idiom000001#": -1 is no index of 3 candidates`},
		{`{"idiom1":0}`, `datasets: dir/dev_answer.csv:1: field "idiom1": "idiom1" is no blank such as #idiom000378#`},
		{"", `datasets: dir/dev_answer.csv: no rows`},
	} {
		want := strings.Replace(tc.want, `"3" is no`, `3 is no`, 1)
		if _, err := read(tc.answers); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	// Without the answers the rows are unlabelled.
	if set, err := ChID.Read(line.Name, line.Raw); err != nil || len(set.Records) != 0 || set.Unlabelled != 2 {
		t.Errorf("%+v, %v", set, err)
	}
	paper, err := ChID.Read("f", []byte(`{"groundTruth":["七上八下","一心一意"],"candidates":[["三心二意","七上八下"],["一心一意","三心二意"]],"content":"甲#idiom#乙#idiom#丙","realCount":2}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []datasets.Record{
		{ID: "0/1", Cluster: "0", Choices: []string{"三心二意", "七上八下"}, Answer: 1, Fields: map[string]string{"content": "甲#idiom#乙#idiom#丙", "blank": "1"}, Tags: map[string]string{"position": "B"}},
		{ID: "0/2", Cluster: "0", Choices: []string{"一心一意", "三心二意"}, Answer: 0, Fields: map[string]string{"content": "甲#idiom#乙#idiom#丙", "blank": "2"}, Tags: map[string]string{"position": "A"}},
	}
	if diff := cmp.Diff(want, paper.Records); diff != "" {
		t.Error(diff)
	}
	twice := Content{"dir/dev.json", []byte(string(line.Raw) + "\n" + string(line.Raw))}
	_, err = readChID([]Content{twice, {"a", []byte(`{"#idiom000001#":2,"#idiom000002#":0}`)}})
	if err == nil || err.Error() != `datasets: dir/dev.json:2: field "content[0]": #idiom000001# stands in the file twice` {
		t.Errorf("%v", err)
	}
}

// Blank by blank both blanks take 一心一意; together the second one keeps it.
func TestChIDJoint(t *testing.T) {
	choices := []string{"一心一意", "三心二意", "七上八下"}
	judge := func(answer int, cands []string, lp ...float64) map[string]float64 {
		var a Answer
		for _, x := range lp {
			a.Choices = append(a.Choices, Score{LogProb: x, Tokens: 1, Chars: 4, Bytes: 12})
		}
		v := judgeChID(datasets.Record{Choices: cands, Answer: answer}, a)
		if v.Outcome == Failed {
			t.Fatal(v.Rule)
		}
		return v.Stats
	}
	first, second := judge(2, choices, -1, -9, -1.5), judge(0, choices, -1, -5, -4)
	if got := assignJointly([]map[string]float64{first, second}); !slices.Equal(got, []float64{1, 1}) {
		t.Errorf("got %v", got)
	}
	if got := assignJointly([]map[string]float64{first}); !slices.Equal(got, []float64{0}) {
		t.Errorf("alone: got %v", got)
	}
	// Candidates of its own: no competition.
	other := judge(0, []string{"一心一意", "水落石出", "七上八下"}, -1, -5, -4)
	if got := assignJointly([]map[string]float64{first, other}); !slices.Equal(got, []float64{0, 1}) {
		t.Errorf("lists of their own: got %v", got)
	}
	letters := judgeChID(datasets.Record{Choices: choices, Answer: 1}, Answer{Letters: []Score{{LogProb: -1}, {LogProb: -2}, {LogProb: -3}}})
	if got := assignJointly([]map[string]float64{letters.Stats}); len(got) != 1 || got[0] == got[0] {
		t.Errorf("by letter alone: got %v, want no value", got)
	}
}

func TestWholeTexts(t *testing.T) {
	r := readFixture(t, ChID, "fewclue/chid/dev_few_all.json").Records[0]
	if got := ChIDText.Prompt(r, nil).Choices[2]; got != "大雪封山，战士们送来棉衣，真是雪中送炭。" {
		t.Error(got)
	}
	two := datasets.Record{Fields: map[string]string{"content": "甲#idiom000001#乙#idiom000002#", "blank": "2"}, Choices: []string{"一心一意", "三心二意"}}
	if got := ChIDText.Prompt(two, nil).Choices; !slices.Equal(got, []string{"甲○○○○乙一心一意", "甲○○○○乙三心二意"}) {
		t.Errorf("%q", got)
	}
	c := readFixture(t, CSL, "csl/dev.json").Records[2]
	if got := CSLText.Prompt(c, nil).Choices; !slices.Equal(got, []string{"另一篇摘要.", "另一篇摘要.\n关键词：摘要"}) {
		t.Errorf("%q", got)
	}
	// The longer text has the smaller sum and the better mean.
	v := CSLText.Judge(c, Answer{Choices: []Score{{-30, 10, 20, 60}, {-40, 20, 40, 120}}})
	if v.Metrics["acc_token"] != 1 || v.Metrics["acc"] != 0 {
		t.Errorf("%v", v.Metrics)
	}
}

func TestDRCDKeepsTraditionalCharacters(t *testing.T) {
	set := readFixture(t, DRCD, "drcd/dev.json")
	want := datasets.Record{
		ID: "1001-1-1", Cluster: "1001-1", Answer: -1, Golds: []string{"1902年", "1902"},
		Fields: map[string]string{"context": "白沙燈塔建於1902年，高三十二公尺，由石塊砌成。", "question": "白沙燈塔建於哪一年？"},
	}
	if diff := cmp.Diff(want, set.Records[0]); diff != "" {
		t.Error(diff)
	}
	simplified := DRCD.Judge(set.Records[1], Answer{Text: "石块"})
	traditional := DRCD.Judge(set.Records[1], Answer{Text: "答案為：石塊。"})
	if simplified.Metrics["em"] != 0 || traditional.Metrics["em"] != 1 || traditional.Rule != "mark+trim" {
		t.Errorf("simplified %v, traditional %v by %s", simplified.Metrics, traditional.Metrics, traditional.Rule)
	}
}

// The names of the classes are those of the files.
func TestIFLYTEKNamesOnRealData(t *testing.T) {
	seen := make(map[int]bool)
	for _, name := range []string{"train_0.json", "dev_few_all.json"} {
		raw, err := os.ReadFile(golden.Shared(t, "data", "fewclue", "iflytek", name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			var row struct {
				Label int    `json:"label"`
				Name  string `json:"label_des"`
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			seen[row.Label] = true
			if iflytekNames[row.Label] != row.Name {
				t.Errorf("%d is %s, not %s", row.Label, row.Name, iflytekNames[row.Label])
			}
		}
	}
	if len(seen) != 119 || len(iflytekNames) != 119 {
		t.Errorf("%d classes seen of %d", len(seen), len(iflytekNames))
	}
}

func TestCSLDCPNamesOnRealData(t *testing.T) {
	raw, err := os.ReadFile(golden.Shared(t, "data", "fewclue", "csldcp", "labels_all.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Fields(string(raw)), csldcpNames); diff != "" {
		t.Error(diff)
	}
}

// Labels of the published files, counted by another program.
func TestCLUELabelCountsOnRealData(t *testing.T) {
	for _, tc := range []struct {
		task  Task
		path  string
		label string
		want  int
	}{
		{AFQMC, "afqmc/dev.json", "相同", 1338},
		{BUSTM, "fewclue/bustm/dev_few_all.json", "相同", 78},
		{CLUEWSC, "fewclue/cluewsc/dev_few_all.json", "是", 80},
		{CSL, "fewclue/csl/dev_few_all.json", "是", 79},
		{IFLYTEK, "fewclue/iflytek/dev_few_all.json", "工具", 38},
	} {
		raw, err := os.ReadFile(golden.Shared(t, "data", filepath.FromSlash(tc.path)))
		if err != nil {
			t.Fatal(err)
		}
		set, err := tc.task.Read(tc.path, raw)
		if err != nil {
			t.Fatal(err)
		}
		n, two := 0, 0
		for _, r := range set.Records {
			if Target(r) == tc.label {
				n++
			}
			if len([]rune(r.Fields["span2_text"])) == 2 {
				two++
			}
		}
		if n != tc.want || tc.task.Name == "cluewsc" && two != 54 {
			t.Errorf("%s: %d times %s, want %d; %d pronouns of two characters", tc.path, n, tc.label, tc.want, two)
		}
	}
}

func FuzzChIDAnswers(f *testing.F) {
	f.Add([]byte(`{"content":["甲#idiom000001#"],"candidates":["一心一意","三心二意"]}`), []byte(`{"#idiom000001#":1}`))
	f.Add([]byte(`{"content":["甲#idiom1#"],"candidates":["一心一意","三心二意"]}`), []byte("#idiom1#,0\n"))
	f.Add([]byte(`{"content":"#idiom#","candidates":[["一心一意","三心二意"]],"groundTruth":["一心一意"]}`), []byte("#"))
	f.Fuzz(func(t *testing.T, lines, answers []byte) {
		set, err := readChID([]Content{{"lines", lines}, {"answers", answers}})
		if err != nil {
			var e *datasets.Error
			if !errors.As(err, &e) {
				t.Fatalf("not an Error: %v", err)
			}
			return
		}
		for _, r := range set.Records {
			if r.Answer < 0 || r.Answer >= len(r.Choices) || !strings.Contains(chidFill(r, "____"), "____") {
				t.Fatalf("%+v", r)
			}
		}
	})
}
