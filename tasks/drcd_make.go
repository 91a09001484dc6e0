package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Invented names in traditional characters.
var (
	drcdPersons = []string{"林", "陳", "黃", "張", "吳", "劉", "許", "鄭", "謝", "羅", "賴", "葉"}
	drcdGiven   = []string{"國棟", "淑芬", "雅婷", "志豪", "麗華", "俊傑", "佩君", "建宏", "婉瑜", "慶隆", "思賢", "玉蘭"}
	drcdCities  = []string{"臺南", "新竹", "嘉義", "花蓮", "宜蘭", "屏東", "彰化", "基隆", "臺東", "苗栗"}
)

// makeDRCD makes texts about invented things with two questions each; every answer stands once in its text.
func makeDRCD(seed uint64, n int) datasets.Set {
	var text string
	var facts []fact
	used := make(map[string]bool)
	return generate(seed, "drcd", n, func(r *random, i int) datasets.Record {
		if i%2 == 0 {
			text, facts = fresh(used, func() (string, []fact) { return one(r, drcdTexts)(r) })
			facts = some(r, facts, 2)
		}
		f := facts[i%2]
		return datasets.Record{
			Cluster: fmt.Sprintf("text-%d", i/2), Answer: -1, Golds: []string{f.answer, f.answer},
			Fields: map[string]string{"context": text, "question": f.question},
		}
	})
}

var drcdTexts = []func(r *random) (string, []fact){
	func(r *random) (string, []fact) {
		line := one(r, []string{"清溪", "金崙", "白砂", "石門", "松嶺", "望海"}) + "線"
		from, to := some(r, drcdCities, 2), r.between(1908, 1938)
		engineer := one(r, drcdPersons) + one(r, drcdGiven)
		length, stations := r.between(12, 98), r.between(5, 30)
		goods := one(r, []string{"甘蔗", "木材", "煤礦", "食鹽", "稻米"})
		text := fmt.Sprintf("%s是一條連接%s與%s的鐵路支線，全長%d公里，設有%d座車站。該線由工程師%s主持興建，於%d年通車，早期主要運送%s，後來因公路發達而改以觀光列車為主。",
			line, from[0], from[1], length, stations, engineer, to, goods)
		return text, []fact{
			{question: line + "全長多少？", answer: fmt.Sprintf("%d公里", length)},
			{question: line + "設有幾座車站？", answer: fmt.Sprintf("%d座", stations)},
			{question: line + "由誰主持興建？", answer: engineer},
			{question: line + "於哪一年通車？", answer: fmt.Sprintf("%d年", to)},
			{question: line + "早期主要運送什麼？", answer: goods},
		}
	},
	func(r *random) (string, []fact) {
		temple := one(r, []string{"福安", "慈惠", "永寧", "靈泉", "聖興", "明德"}) + "宮"
		city, built, rebuilt := one(r, drcdCities), r.between(1701, 1799), r.between(1950, 1999)
		master := one(r, drcdPersons) + one(r, drcdGiven)
		damage := one(r, []string{"地震", "颱風", "火災", "水災"})
		craft := one(r, []string{"石雕", "剪黏", "彩繪", "木雕", "交趾陶"})
		text := fmt.Sprintf("%s位於%s，創建於%d年，是當地居民的信仰中心。廟宇曾因%s毀損，%d年由匠師%s重新修建，其中的%s最受讚賞，現為市定古蹟。",
			temple, city, built, damage, rebuilt, master, craft)
		return text, []fact{
			{question: temple + "創建於哪一年？", answer: fmt.Sprintf("%d年", built)},
			{question: temple + "曾因什麼而毀損？", answer: damage},
			{question: temple + "由誰重新修建？", answer: master},
			{question: temple + "的什麼最受讚賞？", answer: craft},
			{question: temple + "位於哪裡？", answer: city},
		}
	},
	func(r *random) (string, []fact) {
		name := one(r, drcdPersons) + one(r, drcdGiven)
		city, born := one(r, drcdCities), r.between(1921, 1969)
		sport := one(r, []string{"射箭", "桌球", "跆拳道", "自由車", "舉重"})
		medals, coach := r.between(3, 25), one(r, drcdPersons)+"教練"
		later := one(r, []string{"開設書店", "經營茶園", "擔任民意代表", "從事廣播工作"})
		text := fmt.Sprintf("%s（%d年－），生於%s，是一名退役的%s選手。啟蒙老師是%s，運動生涯共獲得%d面獎牌。退役之後%s，並且每年舉辦青少年訓練營。",
			name, born, city, sport, coach, medals, later)
		return text, []fact{
			{question: name + "生於何處？", answer: city},
			{question: name + "是什麼項目的選手？", answer: sport},
			{question: name + "共獲得幾面獎牌？", answer: fmt.Sprintf("%d面", medals)},
			{question: name + "退役之後做什麼？", answer: later},
			{question: name + "的啟蒙老師是誰？", answer: coach},
		}
	},
}
