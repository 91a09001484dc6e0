package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A fact is a question on a text with its answer and wrong answers of the same sort.
type fact struct {
	question, answer string
	wrong            []string
}

// makeC3 makes texts with two questions each, the first half dialogues, then mixed texts, with two to four choices.
func makeC3(seed uint64, n int) datasets.Set {
	var text string
	var facts []fact
	var places []int
	used := make(map[string]bool)
	return generate(seed, "c3", n, func(r *random, i int) datasets.Record {
		if places == nil {
			places = r.labelsFor(n, 12) // a multiple of 2, 3 and 4, so that places are balanced for each number of choices
		}
		if i%2 == 0 {
			scenes := c3Dialogues
			if i >= n/2 {
				scenes = c3Passages
			}
			text, facts = fresh(used, func() (string, []fact) {
				text, facts := one(r, scenes)(r)
				return fmt.Sprintf("（%s，第%d号材料）\n%s", occasion(r), r.between(1, 999), text), facts
			})
			facts = some(r, facts, 2)
		}
		f := facts[i%2]
		// Questions on dialogues have three or four choices, those on other texts two to four.
		count := min(1+len(f.wrong), r.between(3, 4))
		if i >= n/2 {
			count = min(1+len(f.wrong), r.between(2, 4))
		}
		choices := some(r, f.wrong, count-1)
		at := places[i] % count
		choices = append(choices[:at], append([]string{f.answer}, choices[at:]...)...)
		return datasets.Record{
			Cluster: fmt.Sprintf("text-%d", i/2), Choices: choices, Answer: at, Tags: map[string]string{"position": letter(at)},
			Fields: map[string]string{"document": text, "question": f.question},
		}
	})
}

// pickFrom picks one of a list as the answer; the rest are wrong.
func pickFrom(r *random, question string, list []string) fact {
	order := some(r, list, len(list))
	return fact{question, order[0], order[1:]}
}

var c3Dialogues = []func(r *random) (string, []fact){
	func(r *random) (string, []fact) {
		day := pickFrom(r, "他们什么时候见面?", []string{"周一", "周二", "周三", "周四", "周五", "周六"})
		place := pickFrom(r, "他们在哪儿见面?", []string{"图书馆门口", "地铁站", "电影院", "体育馆", "咖啡店", "学校东门"})
		thing := pickFrom(r, "女的让男的带什么?", []string{"雨伞", "相机", "词典", "球拍", "帽子", "水壶"})
		return fmt.Sprintf("男：%s一起出去走走，怎么样?\n女：好啊，那我们在%s见吧，别忘了带%s。\n男：没问题，到时候见。", day.answer, place.answer, thing.answer), []fact{day, place, thing}
	},
	func(r *random) (string, []fact) {
		job := pickFrom(r, "男的现在做什么工作?", []string{"老师", "医生", "司机", "记者", "律师", "厨师"})
		city := pickFrom(r, "男的在哪个城市工作?", cities[:6])
		years := pickFrom(r, "男的毕业几年了?", []string{"两年", "三年", "四年", "五年", "六年", "七年"})
		return fmt.Sprintf("女：好久不见，你毕业都%s了吧?\n男：是啊，我现在在%s当%s，天天忙得不得了。\n女：忙点儿好，说明单位离不开你。", years.answer, city.answer, job.answer), []fact{job, city, years}
	},
	func(r *random) (string, []fact) {
		dish := pickFrom(r, "女的想吃什么?", []string{"饺子", "面条", "烤鸭", "火锅", "米粉", "包子"})
		why := pickFrom(r, "男的为什么不想出门?", []string{"外面下雨", "工作太累", "要看球赛", "脚受伤了", "等人送货", "刚吃过药"})
		who := pickFrom(r, "最后谁去买菜?", []string{"女儿", "儿子", "爷爷", "奶奶"})
		return fmt.Sprintf("女：晚上吃%s好不好?\n男：好是好，可是%s，我不想出门。\n女：那就让%s去买菜吧，反正也快回来了。", dish.answer, why.answer, who.answer), []fact{dish, why, who}
	},
}

var c3Passages = []func(r *random) (string, []fact){
	func(r *random) (string, []fact) {
		name := person(r)
		hobby := pickFrom(r, name+"退休后喜欢做什么?", []string{"养花", "书法", "钓鱼", "唱戏", "摄影", "木工"})
		time := pickFrom(r, name+"每天几点起床?", []string{"四点", "五点", "六点", "七点"})
		gift := pickFrom(r, "邻居送给"+name+"什么?", []string{"一盒茶叶", "一篮鸡蛋", "一本旧书", "一把竹椅", "一袋核桃"})
		return fmt.Sprintf("%s退休以后迷上了%s，每天%s就起床练习。邻居们常来请教，他总是耐心地教。过年的时候，邻居送来%s表示感谢。", name, hobby.answer, time.answer, gift.answer),
			[]fact{hobby, time, gift, {"根据这段话，" + name + "愿意教邻居。", "正确", []string{"错误"}}}
	},
	func(r *random) (string, []fact) {
		where := one(r, cities)
		cause := pickFrom(r, "活动为什么推迟?", []string{"天气不好", "场地在装修", "设备没有运到", "参加的人太少"})
		who := pickFrom(r, "谁可以免费参加?", []string{"学生", "教师", "老人", "军人", "志愿者"})
		month := pickFrom(r, "活动改在几月举行?", []string{"三月", "五月", "八月", "十月", "十一月"})
		return fmt.Sprintf("%s的读书节因为%s推迟到%s举行。主办方说，%s可以免费参加，其他人需要提前买票，票价比去年便宜。", where, cause.answer, month.answer, who.answer),
			[]fact{cause, who, month, {"今年的票价比去年贵。", "错误", []string{"正确"}}}
	},
	func(r *random) (string, []fact) {
		name := person(r)
		animal := pickFrom(r, name+"在路上遇到了什么?", []string{"一只小狗", "一只小猫", "一只受伤的鸟", "一匹小马"})
		next := pickFrom(r, name+"后来去了哪里?", []string{"医院", "派出所", "动物园", "学校", "邮局"})
		late := pickFrom(r, name+"迟到了多久?", []string{"十分钟", "半个小时", "一个小时", "两个小时"})
		return fmt.Sprintf("%s早上出门，在路上遇到了%s。他停下来照顾了一会儿，然后去了%s，结果上班迟到了%s。经理听了原因，不但没有批评，反而表扬了他。", name, animal.answer, next.answer, late.answer),
			[]fact{animal, next, late, {"经理批评了" + name + "。", "错误", []string{"正确"}}}
	},
}
