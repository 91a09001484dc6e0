package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// makeOCNLI makes premises with three hypotheses each: one that follows, one that is left open, one that cannot be.
func makeOCNLI(seed uint64, n int) datasets.Set {
	var premise string
	var hypotheses [3]string // in the order of labels
	var order []int
	used := make(map[string]bool)
	return generate(seed, "ocnli", n, func(r *random, i int) datasets.Record {
		if i%3 == 0 {
			premise, hypotheses = fresh(used, func() (string, [3]string) {
				text, rest := one(r, ocnliScenes)(r)
				return fmt.Sprintf("%s的第%d号访谈记录：%s", occasion(r), r.between(1, 999), text), rest
			})
			order = r.perm(3)
		}
		label := order[i%3]
		return datasets.Record{
			Cluster: fmt.Sprintf("premise-%d", i/3), Choices: ocnliLabels.choices, Answer: label,
			Fields: map[string]string{"sentence1": premise, "sentence2": hypotheses[label]},
		}
	})
}

// ocnliScenes each make a premise and hypotheses: entailed, open, contradicted.
var ocnliScenes = []func(r *random) (string, [3]string){
	func(r *random) (string, [3]string) {
		who, thing := person(r), one(r, []string{"苹果", "毛巾", "笔记本", "酸奶", "灯泡", "雨伞"})
		count := r.between(3, 8)
		return fmt.Sprintf("%s下班路上在超市买了%s个%s。", who, digits[count], thing), [3]string{
			fmt.Sprintf("%s买了不止两个%s。", who, thing),
			fmt.Sprintf("%s买的%s是送给同事的。", who, thing),
			fmt.Sprintf("%s下班路上什么也没买。", who),
		}
	},
	func(r *random) (string, [3]string) {
		who, where := person(r), one(r, cities)
		year := r.between(2003, 2019)
		return fmt.Sprintf("%s是%d年从外地搬到%s的，一直住到现在。", who, year, where), [3]string{
			fmt.Sprintf("%s现在住在%s。", who, where),
			fmt.Sprintf("%s打算在%s买房。", who, where),
			fmt.Sprintf("%s从来没有在%s住过。", who, where),
		}
	},
	func(r *random) (string, [3]string) {
		a, b := twoPersons(r)
		what := one(r, []string{"跑步", "下棋", "打字", "背单词", "解题"})
		return fmt.Sprintf("%s%s比%s快，而且两人是同班同学。", a, what, b), [3]string{
			fmt.Sprintf("%s%s比%s慢。", b, what, a),
			fmt.Sprintf("%s是班上%s最快的人。", a, what),
			fmt.Sprintf("%s和%s不在同一个班。", a, b),
		}
	},
	func(r *random) (string, [3]string) {
		shop, day := one(r, []string{"书店", "诊所", "面馆", "理发店", "修车铺"}), one(r, []string{"周一", "周二", "周三", "周四"})
		open, shut := r.between(7, 10), r.between(5, 9)
		return fmt.Sprintf("路口那家%s除了%s休息，每天早上%s点开门，晚上%s点关门。", shop, day, digits[open], digits[shut]), [3]string{
			fmt.Sprintf("那家%s%s不营业。", shop, day),
			fmt.Sprintf("那家%s的生意很好。", shop),
			fmt.Sprintf("那家%s全年无休。", shop),
		}
	},
	func(r *random) (string, [3]string) {
		firm, product := one(r, firmNames), one(r, []string{"空调", "童装", "茶叶", "轮胎", "家具"})
		total := r.between(4, 9)
		return fmt.Sprintf("%s公司有%s个车间，全部生产%s。", firm, digits[total], product), [3]string{
			fmt.Sprintf("%s公司至少有一个车间生产%s。", firm, product),
			fmt.Sprintf("%s公司的%s主要卖到国外。", firm, product),
			fmt.Sprintf("%s公司没有车间生产%s。", firm, product),
		}
	},
	func(r *random) (string, [3]string) {
		who, drink := person(r), one(r, []string{"咖啡", "绿茶", "豆浆", "牛奶"})
		hour := r.between(6, 9)
		return fmt.Sprintf("%s每天早上%s点起床后都要先喝一杯%s再出门上班。", who, digits[hour], drink), [3]string{
			fmt.Sprintf("%s早上喝%s。", who, drink),
			fmt.Sprintf("%s的同事也喜欢喝%s。", who, drink),
			fmt.Sprintf("%s早上从不喝东西。", who),
		}
	},
}
