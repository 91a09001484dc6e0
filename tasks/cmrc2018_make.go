package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// makeCMRC makes encyclopedic texts about invented things with two questions each; every answer stands once in its text.
func makeCMRC(seed uint64, n int) datasets.Set {
	var text string
	var facts []fact
	used := make(map[string]bool)
	return generate(seed, "cmrc2018", n, func(r *random, i int) datasets.Record {
		if i%2 == 0 {
			text, facts = fresh(used, func() (string, []fact) { return one(r, cmrcTexts)(r) })
			facts = some(r, facts, 2)
		}
		f := facts[i%2]
		return datasets.Record{
			Cluster: fmt.Sprintf("text-%d", i/2), Answer: -1, Golds: []string{f.answer},
			Fields: map[string]string{"context": text, "question": f.question},
		}
	})
}

var cmrcTexts = []func(r *random) (string, []fact){
	func(r *random) (string, []fact) {
		name, city := person(r), one(r, cities)
		born, debut := r.between(1940, 1975), r.between(1996, 2012)
		school := one(r, []string{"东江大学", "北山师范学院", "临海理工大学", "云泽医学院", "松岭农业大学"})
		prize := one(r, []string{"金梧桐奖", "长河文学奖", "飞鹿奖", "银帆奖"})
		book := one(r, []string{"《雨巷灯火》", "《第七个渡口》", "《麦浪与铁轨》", "《山那边的钟声》", "《白塔往事》"})
		text := fmt.Sprintf("%s（%d年－），%s人，作家。早年就读于%s，毕业后在一所中学任教。%d年发表长篇小说%s，讲述三代人的命运，凭此书获得%s。晚年致力于方言调查，出版多部笔记。",
			name, born, city, school, debut, book, prize)
		return text, []fact{
			{question: name + "出生于哪一年？", answer: fmt.Sprintf("%d年", born)},
			{question: name + "早年就读于哪所学校？", answer: school},
			{question: name + "哪一年发表长篇小说？", answer: fmt.Sprintf("%d年", debut)},
			{question: name + "获得了什么奖？", answer: prize},
			{question: name + "晚年致力于什么？", answer: "方言调查"},
		}
	},
	func(r *random) (string, []fact) {
		city := one(r, cities)
		bridge := one(r, []string{"望江", "落霞", "双溪", "石鼓", "飞云", "九曲"}) + "大桥"
		length, built, cost := r.between(300, 2800), r.between(1998, 2018), r.between(2, 30)
		designer := person(r)
		kind := one(r, []string{"斜拉桥", "悬索桥", "拱桥", "连续梁桥"})
		text := fmt.Sprintf("%s位于%s市区，是一座%s，全长%d米，双向六车道。大桥由工程师%s主持设计，总投资%d亿元，于%d年建成通车。通车后两岸的车程由四十分钟缩短到五分钟。",
			bridge, city, kind, length, designer, cost, built)
		return text, []fact{
			{question: bridge + "全长多少？", answer: fmt.Sprintf("%d米", length)},
			{question: bridge + "由谁主持设计？", answer: designer},
			{question: bridge + "哪一年建成通车？", answer: fmt.Sprintf("%d年", built)},
			{question: bridge + "是什么类型的桥？", answer: kind},
			{question: bridge + "总投资是多少？", answer: fmt.Sprintf("%d亿元", cost)},
		}
	},
	func(r *random) (string, []fact) {
		plant := one(r, []string{"霜叶兰", "铁线紫荆", "月牙草", "赤茎蓼", "金边雪柳", "垂丝木"})
		place := one(r, []string{"云贵高原", "秦岭南坡", "武夷山区", "长白山", "海南岛"})
		tall, from := r.between(20, 180), r.between(3, 6)
		color := one(r, []string{"淡紫色", "白色", "金黄色", "粉红色"})
		use := one(r, []string{"止咳化痰", "清热解毒", "活血止痛", "安神助眠"})
		text := fmt.Sprintf("%s是一种多年生草本植物，主要分布在%s海拔一千米以上的林下。植株高约%d厘米，叶片呈卵形，边缘有细齿。花期为%s月至%s月，花%s，有清香。根茎可以入药，有%s的功效。",
			plant, place, tall, digits[from], digits[from+3], color, use)
		return text, []fact{
			{question: plant + "主要分布在哪里？", answer: place},
			{question: plant + "植株高约多少？", answer: fmt.Sprintf("%d厘米", tall)},
			{question: plant + "的花是什么颜色？", answer: color},
			{question: plant + "的根茎有什么功效？", answer: use},
			{question: plant + "的叶片呈什么形状？", answer: "卵形"},
		}
	},
	func(r *random) (string, []fact) {
		firm, city, boss := one(r, firmNames)+"科技", one(r, cities), person(r)
		founded, staff := r.between(1995, 2020), r.between(12, 98)*10
		product := one(r, []string{"水质传感器", "农用无人机", "智能门锁", "医用冷柜", "车载雷达"})
		market := one(r, []string{"东南亚", "中东", "北欧", "南美", "非洲东部"})
		text := fmt.Sprintf("%s是一家总部设在%s的企业，由%s于%d年创办，起初只有五名员工，目前员工人数为%d人。公司的主要产品是%s，约有一半出口到%s。近年来公司每年把收入的百分之十二投入研发。",
			firm, city, boss, founded, staff, product, market)
		return text, []fact{
			{question: firm + "由谁创办？", answer: boss},
			{question: firm + "的总部设在哪里？", answer: city},
			{question: firm + "的主要产品是什么？", answer: product},
			{question: firm + "目前有多少员工？", answer: fmt.Sprintf("%d人", staff)},
			{question: firm + "的产品出口到哪里？", answer: market},
			{question: firm + "创办于哪一年？", answer: fmt.Sprintf("%d年", founded)},
		}
	},
}
