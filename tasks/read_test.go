package tasks

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

func readFixture(t *testing.T, k Task, path string) datasets.Set {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	set, err := k.Read(path, raw)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestReadClassification(t *testing.T) {
	set := readFixture(t, TNEWS, "tnews/dev.json")
	if len(set.Records) != 3 || set.Unlabelled != 1 || set.Dropped != 0 {
		t.Errorf("%d rows, %d unlabelled, %d dropped", len(set.Records), set.Unlabelled, set.Dropped)
	}
	want := datasets.Record{ID: "7", Choices: tnewsLabels.choices, Answer: 4, Fields: map[string]string{"sentence": "十月居民消费价格同比上涨百分之一"}, Tags: map[string]string{"label": "财经"}}
	if diff := cmp.Diff(want, set.Records[1]); diff != "" {
		t.Error(diff)
	}
	if id := set.Records[2].ID; id != "7#2" {
		t.Errorf("the second id 7 became %q", id)
	}

	set = readFixture(t, OCNLI, "ocnli/dev.json")
	if len(set.Records) != 3 || set.Unlabelled != 0 || set.Dropped != 1 {
		t.Errorf("%d rows, %d unlabelled, %d dropped", len(set.Records), set.Unlabelled, set.Dropped)
	}
	want = datasets.Record{
		ID: "1", Cluster: "lit_1", Choices: ocnliLabels.choices, Answer: 1,
		Fields: map[string]string{"sentence1": "他每天骑车上班。", "sentence2": "他的车是红色的。", "genre": "lit", "level": "hard"}, Tags: map[string]string{"label": "中立"},
	}
	if diff := cmp.Diff(want, set.Records[1]); diff != "" {
		t.Error(diff)
	}
}

// The Hub numbers the classes of OCNLI in another order than the files of CLUE; -1 is its mark of an unlabelled row.
func TestReadHubClassIDs(t *testing.T) {
	for _, tc := range []struct {
		task  Task
		label string
		want  string
	}{
		{OCNLI, "0", "中立"}, {OCNLI, "1", "蕴含"}, {OCNLI, "2", "矛盾"}, {TNEWS, "0", "故事"}, {TNEWS, "5", "房产"}, {TNEWS, "14", "电竞"},
	} {
		raw := []byte(`{"sentence":"甲","sentence1":"甲","sentence2":"乙","label":` + tc.label + `}` + "\n" + `{"sentence":"甲","sentence1":"甲","sentence2":"乙","label":-1}`)
		set, err := tc.task.Read("f.json", raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Records) != 1 || set.Unlabelled != 1 || Target(set.Records[0]) != tc.want {
			t.Errorf("%s %s: %+v", tc.task.Name, tc.label, set)
		}
	}
}

func TestReadC3(t *testing.T) {
	d, m := readFixture(t, C3, "c3/c3-d-dev.json"), readFixture(t, C3, "c3/c3-m-dev.json")
	want := []datasets.Record{
		{
			ID: "d-dev/1-1/0", Cluster: "d-dev/1-1", Choices: []string{"六点", "七点", "八点"}, Answer: 1,
			Fields: map[string]string{"document": "男：明天几点出发?\n女：七点，在车站见。", "question": "他们几点出发?"}, Tags: map[string]string{"position": "B"},
		},
		{
			ID: "d-dev/1-1/1", Cluster: "d-dev/1-1", Choices: []string{"学校", "车站"}, Answer: 1,
			Fields: map[string]string{"document": "男：明天几点出发?\n女：七点，在车站见。", "question": "他们在哪儿见面?"}, Tags: map[string]string{"position": "B"},
		},
	}
	if diff := cmp.Diff(want, d.Records); diff != "" {
		t.Error(diff)
	}
	if m.Records[0].Answer != 0 || len(m.Notes) != 1 {
		t.Errorf("a repeated choice: answer %d, notes %q", m.Records[0].Answer, m.Notes)
	}
	if chance, ok := Chance(append(d.Records, m.Records...)); !ok || chance != (1.0/3+1.0/2+1.0/4)/3 {
		t.Errorf("chance %v %v", chance, ok)
	}
}

func TestReadCMRCLayoutsAgree(t *testing.T) {
	original, squad := readFixture(t, CMRC2018, "cmrc2018/data/cmrc2018_dev.json"), readFixture(t, CMRC2018, "cmrc2018/squad-style-data/cmrc2018_dev.json")
	if diff := cmp.Diff(original, squad); diff != "" {
		t.Errorf("original and SQuAD layout (-original +squad):\n%s", diff)
	}
	want := datasets.Record{
		ID: "DEV_0_QUERY_0", Cluster: "DEV_0", Answer: -1, Golds: []string{"147.0", "147", "147米"},
		Fields: map[string]string{"context": "白塔高147米，建于1902年。", "question": "白塔高多少米？"},
	}
	if diff := cmp.Diff(want, original.Records[0]); diff != "" {
		t.Error(diff)
	}
}

func TestReadCLUENER(t *testing.T) {
	set := readFixture(t, CLUENER, "cluener/dev.json")
	if len(set.Records) != 3 || set.Unlabelled != 1 || len(set.Notes) != 0 {
		t.Fatalf("%d rows, %d unlabelled, notes %q", len(set.Records), set.Unlabelled, set.Notes)
	}
	want := []datasets.Span{
		{Type: "name", Text: "𠮷田", Start: 0, End: 2},
		{Type: "address", Text: "云州", Start: 3, End: 5},
		{Type: "organization", Text: "云州队", Start: 8, End: 11},
		{Type: "position", Text: "教练", Start: 11, End: 13},
		{Type: "name", Text: "王强", Start: 13, End: 15},
	}
	if diff := cmp.Diff(want, set.Records[0].Spans); diff != "" {
		t.Error(diff)
	}
	shifted, err := CLUENER.Read("f", []byte(`{"text":"甲乙丙","label":{"name":{"甲乙":[[1,2]]}}}`))
	if err != nil || len(shifted.Notes) != 1 {
		t.Errorf("an entity that is not at its place: notes %q, %v", shifted.Notes, err)
	}
}

// One message each, with file, line and field.
func TestReadErrors(t *testing.T) {
	for _, tc := range []struct {
		name string
		task Task
		text string
		want string
	}{
		{
			"wrong label", TNEWS, "{\"sentence\":\"甲\",\"label\":\"100\"}\n\n{\"sentence\":\"乙\",\"label\":\"105\"}",
			`datasets: dir/f.json:3: field "label": "105" is none of 100, 101, 102, 103, 104, 106, 107, 108, 109, 110, 112, 113, 114, 115, 116`,
		},
		{"label in another case", EPRSTMT, `{"sentence":"甲","label":"positive"}`, `datasets: dir/f.json:1: field "label": "positive" is none of Positive, Negative`},
		{
			"missing field", OCNLI, "{\"sentence1\":\"甲\",\"sentence2\":\"乙\",\"label\":\"neutral\"}\r\n{\"sentence1\":\"甲\",\"label\":\"neutral\"}\r\n",
			`datasets: dir/f.json:2: field "sentence2": missing`,
		},
		{"missing field of an unlabelled row", OCNLI, `{"sentence1":"甲"}`, `datasets: dir/f.json:1: field "sentence2": missing`},
		{
			"invalid UTF-8", EPRSTMT, "{\"sentence\":\"甲\",\"label\":\"Positive\"}\n{\"sentence\":\"\xd6\xd0\",\"label\":\"Positive\"}\n",
			`datasets: dir/f.json:2: not UTF-8: byte 0xd6 at character 14 of the line`,
		},
		{"wrong kind", EPRSTMT, `{"sentence":["甲"],"label":"Positive"}`, `datasets: dir/f.json:1: field "sentence": want a string, found an array`},
		{"label is a list", EPRSTMT, `{"sentence":"甲","label":[]}`, `datasets: dir/f.json:1: field "label": want a string or a number, found an array`},
		{
			"answer is no choice", C3, "[\n[[\"甲\"],\n[{\"question\":\"问\",\n\"choice\":[\"一\",\"二\"],\"answer\":\"三\"}],\"1\"]]",
			`datasets: dir/f.json:3: field "[1][0].answer": "三" is none of the choices 一, 二`,
		},
		{"one choice", C3, `[[["甲"],[{"question":"问","choice":["一"],"answer":"一"}],"1"]]`, `datasets: dir/f.json:1: field "[1][0].choice": want 2 to 26 choices, found 1`},
		{"empty choice", C3, `[[["甲"],[{"question":"问","choice":["一",""],"answer":"一"}],"1"]]`, `datasets: dir/f.json:1: field "[1][0].choice[1]": an empty choice`},
		{"document of two parts", C3, `[[["甲"],[]]]`, `datasets: dir/f.json:1: want [[paragraphs], [questions], id], found 2 parts`},
		{"rows of another set", C3, `[{"sentence":"甲"}]`, `datasets: dir/f.json:1: want an array, found an object`},
		{"no context", CMRC2018, `[{"context_id":"1","qas":[]}]`, `datasets: dir/f.json:1: field "context_text": missing`},
		{
			"answer is an object without text", CMRC2018, `[{"context_text":"甲","qas":[{"query_text":"问","answers":[{}]}]}]`,
			`datasets: dir/f.json:1: field "qas[0].answers[0]": want a string or a number, found an object`,
		},
		{"SQuAD without questions", CMRC2018, `{"data":[{"paragraphs":[{"context":"甲"}]}]}`, `datasets: dir/f.json:1: field "data[0].paragraphs[0].qas": missing`},
		{
			"unknown type", CLUENER, `{"text":"甲乙","label":{"goverment":{"甲":[[0,0]]}}}`,
			`datasets: dir/f.json:1: field "label.goverment": "goverment" is none of address, book, company, game, government, movie, name, organization, position, scene`,
		},
		{"place outside the text", CLUENER, `{"text":"甲乙","label":{"name":{"甲":[[0,2]]}}}`, `datasets: dir/f.json:1: field "label.name.甲[0]": [0, 2] lies outside the text of 2 characters`},
		{"place of three numbers", CLUENER, `{"text":"甲乙","label":{"name":{"甲":[[0,1,2]]}}}`, `datasets: dir/f.json:1: field "label.name.甲[0]": want [start, end], found 3 numbers`},
		{"place is a fraction", CLUENER, `{"text":"甲乙","label":{"name":{"甲":[[0.5,1]]}}}`, `datasets: dir/f.json:1: field "label.name.甲[0][0]": want a whole number, found "0.5"`},
		{"label outside 119", IFLYTEK, `{"sentence":"甲","label":119}`, `datasets: dir/f.json:1: field "label": "119" is none of the 119 labels 0, 1, 2, 3, 4, …, 118`},
		{"label is a name", IFLYTEK, `{"sentence":"甲","label":"打车"}`, `datasets: dir/f.json:1: field "label": "打车" is none of the 119 labels 0, 1, 2, 3, 4, …, 118`},
		{"part of a name", CSLDCP, `{"content":"甲","label":"化学"}`, `datasets: dir/f.json:1: field "label": "化学" is none of the 67 labels 材料科学与工程, 作物学, 口腔医学, 药学, 教育学, …, 植物保护`},
		{"no target", CLUEWSC, `{"text":"甲","label":"true"}`, `datasets: dir/f.json:1: field "target": missing`},
		{
			"span past the end", CLUEWSC, `{"text":"张三说他来","label":"true","target":{"span1_text":"张三","span1_index":0,"span2_text":"他们","span2_index":4}}`,
			`datasets: dir/f.json:1: field "target.span2_index": 4 to 6 lies outside the text of 5 characters`,
		},
		{
			"span at a negative place", CLUEWSC, `{"text":"张三说他来","label":"true","target":{"span1_text":"张三","span1_index":-1,"span2_text":"他","span2_index":3}}`,
			`datasets: dir/f.json:1: field "target.span1_index": -1 to 1 lies outside the text of 5 characters`,
		},
		{
			"span of UTF-16 units", CLUEWSC, `{"text":"𠮷田说他来","label":"true","target":{"span1_text":"𠮷田","span1_index":0,"span2_text":"他","span2_index":4}}`,
			`datasets: dir/f.json:1: field "target.span2_index": "来" stands at 4, not "他"`,
		},
		{"keywords in one text", CSL, `{"abst":"甲","keyword":"乙、丙","label":"1"}`, `datasets: dir/f.json:1: field "keyword": want an array, found a string`},
		{"no keywords", CSL, `{"abst":"甲","keyword":[],"label":"1"}`, `datasets: dir/f.json:1: field "keyword": no keywords`},
		{"no blank", ChID, `{"content":"甲","candidates":["一心一意","三心二意"],"answer":0}`, `datasets: dir/f.json:1: field "content": no blank #idiom#`},
		{"answer past the candidates", ChID, `{"content":"#idiom#","candidates":["一心一意","三心二意"],"answer":2}`, `datasets: dir/f.json:1: field "answer": 2 is no index of 2 candidates`},
		{"answer is a text", ChID, `{"content":"#idiom#","candidates":["一心一意","三心二意"],"answer":"一心一意"}`, `datasets: dir/f.json:1: field "answer": want a whole number, found "一心一意"`},
		{"one candidate", ChID, `{"content":"#idiom#","candidates":["一心一意"],"answer":0}`, `datasets: dir/f.json:1: field "candidates": want 2 to 26 candidates, found 1`},
		{"two blanks, one list", ChID, `{"content":"#idiom##idiom#","candidates":["一心一意","三心二意"],"answer":0}`, `datasets: dir/f.json:1: field "content": 2 blanks and one list of candidates`},
		{
			"lists for fewer blanks", ChID, `{"content":"#idiom#，#idiom#","candidates":[["一心一意","三心二意"]],"groundTruth":["一心一意","三心二意"]}`,
			`datasets: dir/f.json:1: field "candidates": 1 lists for 2 blanks`,
		},
		{
			"truth is no candidate", ChID, `{"content":"#idiom#","candidates":[["一心一意","三心二意"]],"groundTruth":["七上八下"]}`,
			`datasets: dir/f.json:1: field "groundTruth[0]": "七上八下" is none of the candidates 一心一意, 三心二意`,
		},
		{"DRCD without a question", DRCD, `{"data":[{"paragraphs":[{"context":"甲","id":"1","qas":[{"id":"1-1","answers":[]}]}]}]}`, `datasets: dir/f.json:1: field "data[0].paragraphs[0].qas[0].question": missing`},
		{"label is null", CLUENER, `{"text":"甲乙","label":null}`, `datasets: dir/f.json:1: field "label": want an object, found null`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.task.Read("dir/f.json", []byte(tc.text))
			var e *datasets.Error
			if !errors.As(err, &e) || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// The numbers are those of the published files.
func TestReadRealFiles(t *testing.T) {
	for _, tc := range []struct {
		task                      Task
		path                      string
		rows, unlabelled, dropped int
		clusters                  int
	}{
		{TNEWS, "fewclue/tnews/dev_few_all.json", 1098, 0, 0, 0},
		{TNEWS, "fewclue/tnews/train_few_all.json", 1185, 0, 0, 0},
		{TNEWS, "fewclue/tnews/dev_0.json", 240, 0, 0, 0},
		{TNEWS, "fewclue/tnews/test.json", 0, 1500, 0, 0},
		{OCNLI, "fewclue/ocnli/dev_few_all.json", 160, 0, 0, 157},
		{OCNLI, "fewclue/ocnli/train_few_all.json", 160, 0, 0, 159},
		{OCNLI, "ocnli/train.3k.json", 2994, 0, 6, 2139},
		{OCNLI, "ocnli/test.json", 0, 3000, 0, 0},
		{EPRSTMT, "fewclue/eprstmt/dev_few_all.json", 160, 0, 0, 0},
		{EPRSTMT, "fewclue/eprstmt/train_0.json", 32, 0, 0, 0},
		{C3, "c3/c3-d-dev.json", 1825, 0, 0, 1628},
		{C3, "c3/c3-m-dev.json", 1991, 0, 0, 1046},
		{CMRC2018, "cmrc2018/data/cmrc2018_trial.json", 1002, 0, 0, 256},
		{CMRC2018, "cmrc2018/squad-style-data/cmrc2018_trial.json", 1002, 0, 0, 256},
		{CLUENER, "cluener/dev.json", 1343, 0, 0, 0},
		{CLUENER, "cluener/test.json", 0, 1345, 0, 0},
		{AFQMC, "afqmc/dev.json", 4316, 0, 0, 0},
		{IFLYTEK, "fewclue/iflytek/dev_few_all.json", 1373, 0, 0, 0},
		{IFLYTEK, "fewclue/iflytek/train_0.json", 928, 0, 0, 0},
		{CLUEWSC, "fewclue/cluewsc/dev_few_all.json", 159, 0, 0, 78},
		{CLUEWSC, "fewclue/cluewsc/train_few_all.json", 160, 0, 0, 131},
		{CLUEWSC, "fewclue/cluewsc/dev_0.json", 32, 0, 0, 0},
		{CLUEWSC, "fewclue/cluewsc/test.json", 0, 290, 0, 0},
		{CSL, "fewclue/csl/dev_few_all.json", 160, 0, 0, 144},
		{CSL, "fewclue/csl/train_few_all.json", 160, 0, 0, 157},
		{BUSTM, "fewclue/bustm/dev_few_all.json", 160, 0, 0, 0},
		{BUSTM, "fewclue/bustm/train_0.json", 32, 0, 0, 0},
		{CSLDCP, "fewclue/csldcp/dev_0.json", 536, 0, 0, 0},
		{CSLDCP, "fewclue/csldcp/train_0.json", 536, 0, 0, 0},
		{ChID, "fewclue/chid/dev_few_all.json", 202, 0, 0, 0},
		{ChID, "fewclue/chid/train_few_all.json", 202, 0, 0, 0},
		{ChID, "fewclue/chid/dev_0.json", 42, 0, 0, 0},
	} {
		t.Run(tc.path, func(t *testing.T) {
			raw, err := os.ReadFile(golden.Shared(t, "data", filepath.FromSlash(tc.path)))
			if err != nil {
				t.Fatal(err)
			}
			set, err := tc.task.Read(tc.path, raw)
			if err != nil {
				t.Fatal(err)
			}
			clusters, ids := make(map[string]bool), make(map[string]bool)
			for _, r := range set.Records {
				if r.Cluster != "" {
					clusters[r.Cluster] = true
				}
				ids[r.ID] = true
			}
			if len(set.Records) != tc.rows || set.Unlabelled != tc.unlabelled || set.Dropped != tc.dropped {
				t.Errorf("%d rows, %d unlabelled, %d dropped; want %d, %d, %d", len(set.Records), set.Unlabelled, set.Dropped, tc.rows, tc.unlabelled, tc.dropped)
			}
			if tc.clusters > 0 && tc.dropped == 0 && len(clusters) != tc.clusters {
				t.Errorf("%d clusters, want %d", len(clusters), tc.clusters)
			}
			if len(ids) != len(set.Records) {
				t.Errorf("%d ids for %d rows", len(ids), len(set.Records))
			}
			// The same rows with CRLF, a byte order mark and no last newline are the same set.
			other := append([]byte("\ufeff"), bytes.ReplaceAll(bytes.TrimRight(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), "\n"), []byte("\n"), []byte("\r\n"))...)
			again, err := tc.task.Read(tc.path, other)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set, again); diff != "" {
				t.Errorf("other line ends change the set:\n%s", diff)
			}
		})
	}
}

func TestCLUENERDevCounts(t *testing.T) {
	raw, err := os.ReadFile(golden.Shared(t, "data", "cluener", "dev.json"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := CLUENER.Read("dev.json", raw)
	if err != nil {
		t.Fatal(err)
	}
	spans, surfaces := 0, 0
	for _, r := range set.Records {
		seen := make(map[[2]string]bool)
		for _, s := range r.Spans {
			spans++
			seen[[2]string{s.Type, s.Text}] = true
		}
		surfaces += len(seen)
	}
	if spans != 3072 || surfaces != 2982 || len(set.Notes) != 0 {
		t.Errorf("%d spans, %d surfaces, notes %q; want 3072, 2982 and none", spans, surfaces, set.Notes)
	}
}

// The same for sets whose files belong together.
func FuzzReadAll(f *testing.F) {
	joined := []Task{MCLWiC, SUDA, MorDis}
	for i, k := range joined {
		var raw [2][]byte
		for j, name := range k.Files[0].Paths {
			var err error
			if raw[j], err = os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name))); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(byte(i), raw[0], raw[1])
	}
	f.Fuzz(func(t *testing.T, i byte, first, second []byte) {
		k := joined[int(i)%len(joined)]
		set, err := k.ReadAll([]Content{{"a", first}, {"b", second}})
		if err != nil {
			var e *datasets.Error
			if !errors.As(err, &e) || e.File != "a" && e.File != "b" {
				t.Fatalf("not an Error that names its file: %v", err)
			}
			return
		}
		for _, r := range set.Records {
			if r.Answer < 0 || r.Answer >= len(r.Choices) {
				t.Fatalf("answer %d of %d choices", r.Answer, len(r.Choices))
			}
			k.Prompt(r, set.Records[:1])
			k.Judge(r, rightAnswer(k, r))
		}
	})
}

func FuzzRead(f *testing.F) {
	readers := slices.DeleteFunc(All(), func(k Task) bool { return k.Read == nil })
	for i, k := range readers {
		if fixture, ok := fixtureOf[k.Name]; ok {
			raw, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(fixture)))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), raw)
		}
		files, err := filepath.Glob(filepath.Join("testdata", k.Name, "*.json"))
		if k.Read != nil && len(k.Files) > 0 && len(k.Files[0].Paths) == 1 {
			files = append(files, filepath.Join("testdata", filepath.FromSlash(k.Files[0].Paths[0])))
			files = slices.DeleteFunc(files, func(name string) bool { _, err := os.Stat(name); return err != nil })
		}
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), raw)
		}
	}
	f.Fuzz(func(t *testing.T, i byte, raw []byte) {
		k := readers[int(i)%len(readers)]
		set, err := k.Read("f.json", raw)
		if err != nil {
			var e *datasets.Error
			if !errors.As(err, &e) {
				t.Fatalf("not an Error: %v", err)
			}
			return
		}
		for _, r := range set.Records {
			if k.Kind == Choice && (r.Answer < 0 || r.Answer >= len(r.Choices)) {
				t.Fatalf("answer %d of %d choices", r.Answer, len(r.Choices))
			}
			k.Prompt(r, set.Records[:1])
		}
	})
}
