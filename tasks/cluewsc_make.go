package tasks

import (
	"fmt"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A schema is a sentence with two words that a pronoun may mean, {A} and {B}, and the pronoun {P}. The endings decide: one list for
// each word.
type schema struct {
	start   string
	endings [2][]string
	pronoun string
	words   func(r *random) [2]string
}

func persons(r *random) [2]string {
	a, b := twoPersons(r)
	return [2]string{a, b}
}

// wordsFrom picks each word from a list of its own.
func wordsFrom(a, b []string) func(r *random) [2]string {
	return func(r *random) [2]string { return [2]string{one(r, a), one(r, b)} }
}

func teams(r *random) [2]string {
	two := some(r, cities, 2)
	return [2]string{two[0] + "队", two[1] + "队"}
}

var wscSchemas = []schema{
	{"{A}放不进{B}，", [2][]string{{"因为{P}太大了", "因为{P}又长又宽"}, {"因为{P}太小了", "因为{P}已经装满了"}}, "它", wordsFrom([]string{"琴盒", "画框", "帐篷", "轮椅", "鱼缸"}, []string{"后备箱", "柜子", "行李架", "储藏间", "纸箱"})},
	{"{A}把雨伞借给了{B}，", [2][]string{{"因为{P}带了两把", "因为{P}反正要留在办公室"}, {"因为{P}忘了带伞", "因为{P}的伞被风吹坏了"}}, "他", persons},
	{"{A}向{B}道歉，", [2][]string{{"因为{P}说话太冲", "因为{P}弄丢了借来的相机"}, {"但是{P}不肯原谅人", "可是{P}还在生气，转身就走"}}, "他", persons},
	{"{A}教{B}弹琴，", [2][]string{{"{P}讲得很耐心", "{P}当老师已经有好多年了"}, {"{P}学得很认真", "{P}还是个初学的人"}}, "她", persons},
	{"{A}和{B}比赛跑步，{A}输了，", [2][]string{{"{P}说下次一定要赢回来", "{P}落后了一大截"}, {"{P}高兴地举起了奖杯", "{P}早早地就冲过了终点"}}, "他", persons},
	{"{A}以大比分输给了{B}，", [2][]string{{"{P}的球迷失望地离开", "{P}的教练在赛后辞职"}, {"{P}的球迷彻夜庆祝", "{P}的教练受到表扬"}}, "他们", teams},
	{"{A}邀请{B}去打友谊赛，", [2][]string{{"{P}已经把主场收拾好", "{P}作为东道主准备了宴会"}, {"{P}坐了一夜的火车才赶到", "{P}收下邀请后马上动身"}}, "他们", teams},
	{"{A}砸中了{B}，", [2][]string{{"{P}是从楼上掉下来的", "{P}飞过来的时候没有人看见"}, {"{P}当场就碎了", "{P}上面留下一道裂纹"}}, "它", wordsFrom([]string{"石块", "铁球", "花盆", "冰雹"}, []string{"玻璃窗", "挡风玻璃", "展柜", "路灯"})},
	{"{A}替{B}付了房租，", [2][]string{{"因为{P}刚领到一笔奖金", "因为{P}手头比较宽裕"}, {"因为{P}丢了工作", "因为{P}一时拿不出钱"}}, "她", persons},
	{"{A}把钥匙交给{B}，", [2][]string{{"然后{P}就出远门了", "因为{P}要去外地住一阵子"}, {"请{P}帮忙浇花", "让{P}第二天来开门"}}, "他", persons},
}

// makeCLUEWSC makes texts with two questions each, one for each word that the pronoun may mean.
func makeCLUEWSC(seed uint64, n int) datasets.Set {
	type scene struct {
		text   string
		words  [2]datasets.Span
		pron   datasets.Span
		answer int // which word is meant
	}
	var s scene
	var first int // which word is asked about first
	used := make(map[string]bool)
	return generate(seed, "cluewsc", n, func(r *random, i int) datasets.Record {
		if i%2 == 0 {
			_, s = fresh(used, func() (string, scene) {
				k := one(r, wscSchemas)
				var s scene
				s.answer = r.below(2)
				words := k.words(r)
				template := occasion(r) + "，在" + one(r, cities) + "，" + k.start + one(r, k.endings[s.answer]) + "。"
				var b strings.Builder
				length := 0
				write := func(t string) (start, end int) {
					b.WriteString(t)
					start, length = length, length+len([]rune(t))
					return start, length
				}
				for {
					before, rest, ok := strings.Cut(template, "{")
					write(before)
					if !ok {
						break
					}
					switch name := rest[:1]; name {
					case "P":
						start, end := write(k.pronoun)
						s.pron = datasets.Span{Type: "span2", Text: k.pronoun, Start: start, End: end}
					default:
						j := strings.Index("AB", name)
						start, end := write(words[j])
						if s.words[j].Text == "" {
							s.words[j] = datasets.Span{Type: "span1", Text: words[j], Start: start, End: end}
						}
					}
					template = rest[2:]
				}
				s.text = b.String()
				return s.text, s
			})
			first = r.below(2)
		}
		asked := (first + i) % 2
		answer := 1
		if asked == s.answer {
			answer = 0
		}
		word := s.words[asked]
		return datasets.Record{
			Cluster: fmt.Sprintf("text-%d", i/2), Choices: wscLabels.choices, Answer: answer, Spans: []datasets.Span{word, s.pron},
			Fields: map[string]string{"text": s.text, "span1_text": word.Text, "span2_text": s.pron.Text},
		}
	})
}
