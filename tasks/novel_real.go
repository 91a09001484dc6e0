package tasks

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks/novel"
)

// NovelReal is details that were put into 16,000 characters of a classical novel whose people and places have other names: every model has read these
// novels, but not these.
//
// Source: 红楼梦 and 西游记 as plain text below novels/ in a data folder. License: public domain.
// Metrics: as [Novel1K].
var NovelReal = Task{
	Name: "novel_real", Version: 1, Kind: Long, Family: "novel", Title: "details put into 16,000 characters of a renamed classical novel", Source: "红楼梦, 西游记",
	License: "public domain", Files: novelFiles(), Derive: deriveNovelReal,
	Prompt: novelPrompt, Judge: judgeNovel, Metrics: novelMetrics, Breakdowns: []string{"distance", "depth", "position"},
}

// NovelMemory is the control of [NovelReal]: which of four sentences comes next in the novel, with the original names and with the new ones. What a model
// does better on the original it knows by heart.
//
// Source: as there. License: as there. Metrics: accuracy, by form; acc_original and acc_renamed; names_matter, the share of passages where the two forms differ.
var NovelMemory = Task{
	Name: "novel_memory", Version: 1, Kind: Choice, Family: "novel", Title: "which sentence comes next in a classical novel, original and renamed (control)", Source: "红楼梦, 西游记",
	License: "public domain", Files: novelFiles(), Derive: deriveNovelMemory,
	Prompt: novelMemoryQuestion.request, Judge: judgeNovelMemory, Breakdowns: []string{"form", "position"},
	Metrics: []Metric{
		{Name: "acc_original", Proportion: true, HigherIsBetter: true},
		{Name: "acc_renamed", Proportion: true, HigherIsBetter: true},
		{Name: "acc", Proportion: true, HigherIsBetter: true},
		{Name: "acc_norm", Proportion: true, HigherIsBetter: true},
		{Name: "acc_letter", Proportion: true, HigherIsBetter: true},
		{Name: "names_matter", Proportion: true, From: "acc", By: "passage", Fold: FoldDiffer},
	},
}

func novelFiles() []datasets.Candidate {
	dream, west := "hongloumeng_红楼梦.txt", "xiyouji_Journey_to_the_West.txt"
	var out []datasets.Candidate
	for _, dir := range []string{"novels/", ""} {
		for _, paths := range [][]string{{dir + dream, dir + west}, {dir + dream}, {dir + west}, {dir + "红楼梦.txt"}, {dir + "西游记.txt"}} {
			out = append(out, datasets.Candidate{Paths: paths, Split: "text"})
		}
	}
	return out
}

// realNames are names of people and places of the two novels, as their texts use them.
var realNames = strings.Fields(`
宝玉 黛玉 宝钗 熙凤 凤姐 凤丫头 袭人 晴雯 紫鹃 鸳鸯 平儿 麝月 秋纹 碧痕 莺儿 雪雁 香菱 英莲 金钏 玉钏 司棋 侍书 入画 小红 芳官 龄官 藕官
元春 迎春 探春 惜春 湘云 妙玉 李纨 可卿 巧姐 刘姥姥 板儿 尤二姐 尤三姐 贾母 贾政 贾赦 贾珍 贾琏 贾蓉 贾环 贾兰 贾芸 贾蔷 贾瑞 贾敬 贾雨村 雨村 士隐
薛蟠 薛姨妈 薛蝌 宝琴 岫烟 邢夫人 王夫人 赵姨娘 周瑞 赖大 焦大 茗烟 秦钟 蒋玉菡 柳湘莲 北静王 冷子兴 林之孝 周姨娘 李嬷嬷
荣国府 宁国府 大观园 潇湘馆 怡红院 蘅芜苑 稻香村 秋爽斋 栊翠庵 荣府 宁府 贾府
悟空 行者 八戒 悟能 沙僧 悟净 沙和尚 唐僧 三藏 玄奘 大圣 美猴王 猴王 呆子 观音 如来 玉帝 玉皇 老君 哪吒 二郎 牛魔王 罗刹女 红孩儿 白龙马 刘伯钦
花果山 水帘洞 齐天大圣 傲来国 高老庄 火焰山 灵山 雷音寺 流沙河 五行山 两界山 东胜神洲 筋斗云 金箍棒 如意金箍棒
`)

const realLength = 16_000 // code points of a text

// realParagraphs takes blank lines, separators and white space away, and gives the paragraphs of a novel.
func realParagraphs(name string, raw []byte) ([]string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%s: want text in UTF-8", name)
	}
	var out []string
	size := 0
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if strings.Trim(line, "-—=*") == "" {
			continue
		}
		out = append(out, line)
		size += utf8.RuneCountInString(line) + 1
	}
	if size < 2*realLength {
		return nil, fmt.Errorf("%s: want a novel of at least %d characters, found %d", name, 2*realLength, size)
	}
	return out, nil
}

// realWindows are parts of about realLength code points, without what is left at the end.
func realWindows(paragraphs []string) []string {
	var out []string
	var b strings.Builder
	size := 0
	for _, p := range paragraphs {
		n := utf8.RuneCountInString(p) + 1
		if size+n > realLength && size > realLength/2 {
			out = append(out, b.String())
			b.Reset()
			size = 0
		}
		b.WriteString(p + "\n")
		size += n
	}
	return out
}

func realID(name string) string {
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func deriveNovelReal(name string, raw []byte, seed uint64, n int) (datasets.Set, error) {
	paragraphs, err := realParagraphs(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	whole, windows := strings.Join(paragraphs, "\n"), realWindows(paragraphs)
	if len(windows) == 0 {
		return datasets.Set{}, fmt.Errorf("%s: want paragraphs, found a line of the length of a text", name)
	}
	var set datasets.Set
	id := realID(name)
	order := newRandom(seed, "novel_real "+id).perm(len(windows))
	for i := 0; len(set.Records) < n; i++ {
		r := newRandom(seed, fmt.Sprintf("novel_real %s %d", id, i))
		window := windows[order[i%len(order)]]
		text := novel.Insert(r.below, novel.Renamer(r.below, whole, realNames).Replace(window), 20)
		if len(text.Questions) == 0 {
			return datasets.Set{}, fmt.Errorf("%s: want paragraphs, found lines of up to %d characters", name, text.Runes)
		}
		for j, q := range text.Questions[:min(len(text.Questions), n-len(set.Records))] {
			rec := novelRecord(text.Text, text.Runes, q)
			rec.ID, rec.Cluster = fmt.Sprintf("%s-%d-%d", id, i, j), fmt.Sprintf("%s-%d", id, i)
			set.Records = append(set.Records, rec)
		}
	}
	return set, nil
}

var novelMemoryQuestion = question{
	system:       "请接着写下面这段小说。",
	query:        func(r datasets.Record) string { return r.Fields["before"] },
	letterSystem: "下面是一部小说里的一段话，请选出紧接着的一句，只回答选项前的字母。",
	letterQuery:  func(r datasets.Record) string { return "小说：" + r.Fields["before"] },
}

func judgeNovelMemory(r datasets.Record, a Answer) Verdict {
	v := judgeChoice(r, a)
	if acc, ok := v.Metrics["acc"]; ok {
		v.Metrics["acc_"+r.Tags["form"]] = acc
	}
	return v
}

// deriveNovelMemory takes passages of 200 code points or so and the sentence after each; the wrong choices are sentences from elsewhere in the novel
// of about the same length. Each passage is asked about twice.
func deriveNovelMemory(name string, raw []byte, seed uint64, n int) (datasets.Set, error) {
	paragraphs, err := realParagraphs(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	whole := strings.Join(paragraphs, "\n")
	sentences := strings.FieldsFunc(strings.Join(paragraphs, ""), func(r rune) bool { return r == '。' })
	id := realID(name)
	r := newRandom(seed, "novel_memory "+id)
	names := novel.Renamer(r.below, whole, realNames)
	fits := func(i int) bool { m := utf8.RuneCountInString(sentences[i]); return m >= 12 && m <= 40 }
	var usable []int
	different := map[string]bool{}
	for i := range sentences {
		if i > 8 && fits(i) {
			usable = append(usable, i)
			different[sentences[i]] = true
		}
	}
	if len(different) < 100 {
		return datasets.Set{}, fmt.Errorf("%s: want sentences that end with 。, found %d different ones of 12 to 40 characters", name, len(different))
	}
	var set datasets.Set
	answers := r.labelsFor((n+1)/2, 4)
	for i, at := range r.perm(len(usable)) {
		if len(set.Records) >= n {
			break
		}
		at = usable[at]
		before := ""
		for k := at - 1; k >= 0 && utf8.RuneCountInString(before) < 200; k-- {
			before = sentences[k] + "。" + before
		}
		choices := memoryChoices(r, sentences, usable, at, answers[i])
		for _, form := range []string{"original", "renamed"} {
			rec := datasets.Record{
				ID: fmt.Sprintf("%s-%d-%s", id, i, form), Cluster: fmt.Sprintf("%s-%d", id, i), Answer: answers[i],
				Fields: map[string]string{"before": before}, Choices: choices,
				Tags: map[string]string{"form": form, "passage": fmt.Sprintf("%s-%d", id, i), "position": letter(answers[i])},
			}
			if form == "renamed" {
				rec.Fields["before"], rec.Choices = names.Replace(before), make([]string, len(choices))
				for k, c := range choices {
					rec.Choices[k] = names.Replace(c)
				}
			}
			set.Records = append(set.Records, rec)
		}
	}
	set.Records = set.Records[:min(n, len(set.Records))]
	return set, nil
}

// memoryChoices puts sentence number at into its place among three others that are at most three characters shorter or longer.
func memoryChoices(r *random, sentences []string, usable []int, at, answer int) []string {
	want := utf8.RuneCountInString(sentences[at])
	out := []string{}
	for try := 0; len(out) < 3; try++ {
		k := one(r, usable)
		m := utf8.RuneCountInString(sentences[k])
		if d := max(m-want, want-m); k == at || d > 3 && try < 500 {
			continue
		}
		if c := sentences[k] + "。"; c != sentences[at]+"。" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	out = append(out[:answer], append([]string{sentences[at] + "。"}, out[answer:]...)...)
	return out
}
