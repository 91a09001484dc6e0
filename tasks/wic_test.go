package tasks

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

func loadFixture(t *testing.T, k Task) Loaded {
	t.Helper()
	l, err := k.Load(LoadOptions{Dirs: []string{"testdata"}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadWiC(t *testing.T) {
	l := loadFixture(t, MCLWiC)
	var got []string
	for _, s := range l.Samples {
		got = append(got, s.Record.Fields["sentence1"]+s.Record.Fields["sentence2"]+s.Target)
	}
	// Offsets as strings, as numbers, and as ranges; 𠮷 is one character.
	want := []string{
		"他背着【包袱】𠮷日离家。放下思想【包袱】才能考好。不同", "她把旧衣服打成【包袱】。他背着【包袱】出门。相同",
		"商场的【出口】在地下一层。今年粮食【出口】减少了。不同", "他昨天【洗】了个冷水【澡】。孩子正在【洗澡】。相同",
	}
	if diff := cmp.Diff(want, got); diff != "" || l.Unlabelled != 1 {
		t.Errorf("%d unlabelled\n%s", l.Unlabelled, diff)
	}
}

func TestReadSUDA(t *testing.T) {
	l := loadFixture(t, SUDA)
	if len(l.Samples) != 2 || len(l.Notes) != 1 {
		t.Fatalf("%d samples, notes %q", len(l.Samples), l.Notes)
	}
	r := l.Samples[0].Record
	if diff := cmp.Diff([]string{"精神上的负担", "精神压力"}, r.Golds); diff != "" || r.Answer != 1 || r.Tags["rank"] != "2" {
		t.Errorf("%+v\n%s", r, diff)
	}
	if math.Abs(l.Chance-7.0/12) > 1e-12 {
		t.Errorf("chance %v", l.Chance)
	}
	// Any of two gold glosses is right; recall counts both.
	for picked, want := range []map[string]float64{{"acc": 0, "hit": 0}, {"acc": 1, "hit": 1}, {"acc": 1, "hit": 1}} {
		a := Answer{Choices: []Score{{LogProb: -9, Tokens: 1, Chars: 1, Bytes: 1}, {LogProb: -9, Tokens: 1, Chars: 1, Bytes: 1}, {LogProb: -9, Tokens: 1, Chars: 1, Bytes: 1}}}
		a.Choices[picked].LogProb = -1
		v := judgeSUDA(r, a)
		if v.Metrics["acc"] != want["acc"] || v.Stats["hit"] != want["hit"] || v.Stats["gold"] != 2 || (v.Outcome == Correct) != (want["acc"] == 1) || v.Extracted != r.Choices[picked] {
			t.Errorf("gloss %d: %+v", picked, v)
		}
	}
	if got := glossCounts(map[string]float64{"hit": 3, "predicted": 4, "gold": 6}); got != [3]float64{0.75, 0.5, 0.6} {
		t.Errorf("precision, recall, F1 %v", got)
	}
}

func TestReadMorDis(t *testing.T) {
	l := loadFixture(t, MorDis)
	if len(l.Samples) != 2 || len(l.Notes) != 1 {
		t.Fatalf("%d samples, notes %q", len(l.Samples), l.Notes)
	}
	one, two := l.Samples[0], l.Samples[1]
	if one.Record.Fields["sentence"] != "院子里的【花】开了，【花】香很浓。" || one.Target != "草木开出的东西。" {
		t.Errorf("%+v", one)
	}
	// A gloss that two senses share is one option; a gloss may hold blanks.
	if diff := cmp.Diff([]string{"草木开出的东西。", "用掉。", "看不清 楚。"}, two.Record.Choices); diff != "" || two.Record.Fields["sentence"] != "年纪大了,眼睛【花】了。" || two.Record.Answer != 2 {
		t.Errorf("%+v\n%s", two, diff)
	}
}

func TestBadSenseFiles(t *testing.T) {
	wic := func(row string) [2]string { return [2]string{row, `[{"id":"1","tag":"T"}]`} }
	inv := "{\"甲\":[\"一\",\"二\"]}"
	mor := "甲_1_02_01 甲 名 一\n甲_1_02_02 甲 名 二\n"
	for _, tc := range []struct {
		name  string
		task  Task
		files [2]string
		want  string
	}{
		{"place past the end", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙","sentence2":"甲","start1":1,"end1":3,"start2":0,"end2":1}]`), `a:1: field "sentence1": [1, 3) is no place in a text of 2 characters`},
		{"empty place", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙","sentence2":"甲","start1":1,"end1":1,"start2":0,"end2":1}]`), "[1, 1) is no place"},
		{"no place", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙","sentence2":"甲","start2":0,"end2":1}]`), `field "start1": missing, and so is ranges1`},
		{"place in words", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙","sentence2":"甲","start1":"a","end1":1}]`), `field "start1": want a whole number`},
		{"bad ranges", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙","sentence2":"甲","ranges1":"0-1;1-2"}]`), `field "ranges1"`},
		{"ranges that overlap", MCLWiC, wic(`[{"id":"1","lemma":"甲","sentence1":"甲乙丙","sentence2":"甲","ranges1":"0-2,1-3"}]`), "no place"},
		{"id twice", MCLWiC, wic("{\"id\":\"1\",\"lemma\":\"甲\",\"sentence1\":\"甲\",\"sentence2\":\"甲\",\"ranges1\":\"0-1\",\"ranges2\":\"0-1\"}\n" +
			"{\"id\":\"1\",\"lemma\":\"甲\",\"sentence1\":\"甲\",\"sentence2\":\"甲\",\"ranges1\":\"0-1\",\"ranges2\":\"0-1\"}"), `a:2: field "id": "1" is there twice`},
		{"another tag", MCLWiC, [2]string{"[{}]", `[{"id":"1","tag":"X"}]`}, `b:1: field "tag": "X" is none of T, F`},
		{"too few parts", SUDA, [2]string{"甲乙 甲", inv}, "a:1: want a sentence, a word and glosses"},
		{"word without glosses", SUDA, [2]string{"\n乙丙 乙 一", inv}, `a:2: field "word": "乙" is not in the inventory`},
		{"gloss of no sense", SUDA, [2]string{"甲乙 甲 一$$三", inv}, `a:1: field "gloss": "三" is none of the glosses of 甲`},
		{"inventory that is a list", SUDA, [2]string{"甲乙 甲 一", "[1]"}, "b:1:"},
		{"gloss twice", SUDA, [2]string{"甲乙 甲 一", "{\"甲\":[\"一\",\"一\"]}"}, "there twice"},
		{"columns of another table", MorDis, [2]string{"甲,乙\n", mor}, "a:1: 2 fields, want 5"},
		{"no mark", MorDis, [2]string{"甲乙,甲_1_02_01,甲,名,一\n", mor}, "no ～"},
		{"sense that is not there", MorDis, [2]string{"～乙,甲_1_02_03,甲,名,一\n", mor}, `no sense "甲_1_02_03"`},
		{"gloss of another sense", MorDis, [2]string{"～乙,甲_1_02_02,甲,名,一\n", mor}, `no sense "甲_1_02_02"`},
		{"quote that is not closed", MorDis, [2]string{"\"～乙,甲_1_02_02,甲,名,一\n", mor}, "a:1: not CSV"},
		{"inventory without columns", MorDis, [2]string{"～乙,甲_1_02_02,甲,名,一\n", "甲_1_02_01\n"}, "b:1: want id, character"},
		{"not UTF-8", MorDis, [2]string{"～\xff", mor}, "a:1: not UTF-8"},
		{"nothing", SUDA, [2]string{"\n", inv}, "a: no rows"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.task.ReadAll([]Content{{"a", []byte(tc.files[0])}, {"b", []byte(tc.files[1])}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// The numbers are those of the published files, and every tag that results are broken down by is there.
func TestRealSets(t *testing.T) {
	for _, tc := range []struct {
		task Task
		rows int
		note string
	}{
		{MCLWiC, 1000, ""},
		{SUDA, 2879, "2 rows are left out whose word has a single gloss"},
		{MorDis, 2165, "131 rows are left out whose character has a single gloss"},
		{LexEvalEnZh, 158, ""},
		{LexEvalZhEn, 92, ""},
		{LawBench27, 500, ""},
	} {
		t.Run(tc.task.Name, func(t *testing.T) {
			dir := golden.Shared(t, "data")
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(tc.task.Files[0].Paths[0]))); err != nil {
				t.Skip("no reference material: the set is absent")
			}
			l, err := tc.task.Load(LoadOptions{Dirs: []string{dir}})
			if err != nil {
				t.Fatal(err)
			}
			if l.Rows != tc.rows || l.Unlabelled != 0 || l.Dropped != 0 || l.Source.Split != datasets.SplitDev || strings.Join(l.Notes, "") != tc.note {
				t.Errorf("%d rows, %d unlabelled, %d dropped of %s, notes %q", l.Rows, l.Unlabelled, l.Dropped, l.Source.Split, l.Notes)
			}
			records := make([]datasets.Record, len(l.Samples))
			same := 0
			for i, s := range l.Samples {
				records[i] = s.Record
				if s.Record.Tags["same"] == "yes" {
					same++
				}
				for _, tag := range tc.task.Breakdowns {
					if s.Record.Tags[tag] == "" {
						t.Fatalf("%s has no tag %s", s.ID, tag)
					}
				}
			}
			if tc.task.Name == "mcl_wic" && same != 500 {
				t.Errorf("%d of 1,000 pairs have the same sense", same)
			}
			got := score(t, tc.task, records, func(r datasets.Record) Answer { return rightAnswer(tc.task, r) })
			if head := tc.task.Metrics[0]; got[head.Name] < map[string]float64{"bleu": 99.9}[head.Name] || head.Name != "bleu" && got[head.Name] != 1 {
				t.Errorf("right answers score %v", got)
			}
			t.Logf("right answers score %v, guessing %.4f", got, l.Chance)
		})
	}
}
