package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// makeCMNLI makes pairs in the manner of translated reports and talks; each premise is used once.
func makeCMNLI(seed uint64, n int) datasets.Set {
	var classes []int
	return generate(seed, "cmnli", n, func(r *random, i int) datasets.Record {
		if classes == nil {
			classes = r.labelsFor(n, len(ocnliLabels.choices))
		}
		premise, hypotheses := one(r, cmnliScenes)(r)
		return datasets.Record{
			Choices: ocnliLabels.choices, Answer: classes[i],
			Fields: map[string]string{"sentence1": premise, "sentence2": hypotheses[classes[i]]},
		}
	})
}

// cmnliScenes each make a premise and hypotheses: entailed, open, contradicted.
var cmnliScenes = []func(r *random) (string, [3]string){
	func(r *random) (string, [3]string) {
		firm, item, year := one(r, firmNames), one(r, []string{"广告", "运输", "培训", "能源", "保险", "维修"}), r.between(1991, 2022)
		return fmt.Sprintf("委员会在%s的报告中承认，%s公司%d年的%s支出比上一年增加了百分之%d，这超出了所有人的预料。", occasion(r), firm, year, item, r.between(4, 60)), [3]string{
			fmt.Sprintf("%s公司%d年的%s支出高于上一年。", firm, year, item),
			fmt.Sprintf("%s公司打算在%d年以后削减%s支出。", firm, year, item),
			fmt.Sprintf("委员会的报告说，%s公司%d年的%s支出没有变化。", firm, year, item),
		}
	},
	func(r *random) (string, [3]string) {
		a, b := twoPersons(r)
		city, job, years := one(r, cities), one(r, []string{"律师", "园丁", "牙医", "裁缝", "船长"}), r.between(3, 30)
		return fmt.Sprintf("嗯，%s告诉过我，他在%s住了%d年，从来没有遇到过比%s更有耐心的%s。", a, city, years, b, job), [3]string{
			fmt.Sprintf("%s认为%s是一位有耐心的%s。", a, b, job),
			fmt.Sprintf("%s在%s还认识很多别的%s。", a, city, job),
			fmt.Sprintf("%s从来没有在%s住过。", a, city),
		}
	},
	func(r *random) (string, [3]string) {
		who, city := person(r), one(r, cities)
		building, storeys := one(r, []string{"教堂", "车站", "市政厅", "图书馆", "剧院"}), r.between(3, 12)
		year := r.between(1710, 1930)
		return fmt.Sprintf("%s的旧%s建于%d年，共%s层，由%s设计，如今是一座对游客免费开放的博物馆。", city, building, year, chineseCount(storeys), who), [3]string{
			fmt.Sprintf("游客参观%s的旧%s不用买票。", city, building),
			fmt.Sprintf("%s还设计了%s的其他几座建筑。", who, city),
			fmt.Sprintf("%s的旧%s现在仍然是一座%s，不是博物馆。", city, building, building),
		}
	},
	func(r *random) (string, [3]string) {
		who, rule := person(r), one(r, []string{"关于停车的", "关于加班的", "关于吸烟的", "关于养狗的", "关于噪声的"})
		votes := r.between(60, 98)
		return fmt.Sprintf("%s，尽管%s极力反对，%s新规定还是以%d票赞成、%d票反对获得了通过。", occasion(r), who, rule, votes, r.between(3, 40)), [3]string{
			fmt.Sprintf("赞成%s新规定的票比反对的多。", rule),
			fmt.Sprintf("%s新规定将从下个月起实行。", rule),
			fmt.Sprintf("%s支持%s新规定。", who, rule),
		}
	},
	func(r *random) (string, [3]string) {
		who, fee := person(r), r.between(11, 99)*10
		course := one(r, []string{"绘画", "烹饪", "游泳", "驾驶", "摄影"})
		return fmt.Sprintf("%s原本想报名%s课，可是一听说学费要%d元而且不能退，就在%s改变了主意，把名额让给了%s。", who, course, fee, occasion(r), one(r, cities)+"来的朋友"), [3]string{
			fmt.Sprintf("%s没有参加%s课。", who, course),
			fmt.Sprintf("%s的朋友觉得%d元的学费很便宜。", who, fee),
			fmt.Sprintf("%s课的学费可以退。", course),
		}
	},
}

// chineseCount writes a number from 0 to 12.
func chineseCount(n int) string {
	if n > 10 {
		return "十" + digits[n-10]
	}
	return digits[n]
}
