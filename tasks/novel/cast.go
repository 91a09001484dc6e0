package novel

import "strings"

// A person of the story. Pronoun is 他 or 她.
type person struct{ name, pronoun string }

// given is the name without the surname, which has one character.
func (p person) given() string { return string([]rune(p.name)[1:]) }

func (p person) surname() string { return string([]rune(p.name)[:1]) }

// A pair are two of the cast who meet in scenes: what b is to a, and how they call each other.
type pair struct {
	a, b         int
	kin          string
	callA, callB string // how b calls a, and a calls b
}

// A world is what stays the same all through the story.
type world struct {
	cast   []person
	trades []string // of each of the cast; an ending of the rule "work"
	pairs  []pair
	vars   []string // names of places, in pairs of variable and value

	names map[string]bool // full and given names that are taken
	goods map[string]bool // things that are taken
	other map[string]bool // temples that are taken
}

var (
	surnames = strings.Split("赵钱孙周吴郑冯陈蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹章苏潘葛范彭鲁韦马苗方俞任袁柳鲍史唐费薛雷贺倪汤罗毕郝安常乐于傅", "")
	maleOne  = strings.Split("守有德长根土大广福贵怀旺顺宝正树林伯仲开松柏继铁富来庆才文武良贤忠义仁信承平志兴茂荣", "")
	maleTwo  = strings.Split("田山海江成全堂庭生祥昌明年元远达康宁轩奎坤波涛洪泽川峰岩屏舟帆楼台亭桥柱梁槐椿", "")
	womenOne = strings.Split("秀桂惠兰菊梅巧彩月玉珍香翠素雅淑婉慧敏灵静若念映疏采如佩心思", "")
	womenTwo = strings.Split("英花莲凤娥芬芳桃荷琴娟娇环珠贞芝萍蓉薇莺燕霞云虹霜露筠竹苓蕙", "")
	stems    = strings.Split("甲乙丙丁戊己庚辛壬癸", "")
	branches = strings.Split("子丑寅卯辰巳午未申酉戌亥", "")
	places   = strings.Split("清石柳枫白乌长双平沙云望芦梧安丰", "")
	trades   = strings.Split("船医教裁豆渡木账织茶窑", "")
)

var tradeNames = map[string]string{
	"船": "造船", "医": "看病抓药", "教": "教书", "裁": "裁缝", "豆": "做豆腐", "渡": "摆渡", "木": "木匠", "账": "账房", "织": "织布", "茶": "开茶馆", "窑": "烧窑",
}

// newPerson invents somebody whose full name and given name nobody else has. The pronoun decides the kind of name.
func (w *writer) newPerson(wd *world, pronoun string) person {
	if pronoun == "" {
		pronoun = pick(w, []string{"他", "她"})
	}
	return person{w.newName(wd, pick(w, surnames), pronoun), pronoun}
}

func (w *writer) newName(wd *world, surname, pronoun string) string {
	one, two := maleOne, maleTwo
	if pronoun == "她" {
		one, two = womenOne, womenTwo
	}
	for try := 0; ; try++ {
		given := pick(w, one) + pick(w, two)
		full := surname + given
		// Given names are told apart too while they last.
		if wd.names[full] || wd.names[given] && try < 50 {
			if try > 50 {
				surname = pick(w, surnames)
			}
			continue
		}
		wd.names[full], wd.names[given] = true, true
		return full
	}
}

func (w *writer) newWorld() *world {
	wd := &world{names: map[string]bool{}, goods: map[string]bool{}, other: map[string]bool{}}
	at := w.perm(len(places))
	wd.vars = []string{
		"town", places[at[0]] + places[at[1]] + "镇", "river", places[at[2]] + "河", "mountain", places[at[3]] + pick(w, []string{"岭", "山", "峰"}),
		"county", places[at[4]] + pick(w, []string{"州", "城", "县"}),
	}
	sex := func() string { return pick(w, []string{"他", "她"}) }
	family := pick(w, surnames)
	hero, sibling := sex(), sex()
	wd.cast = []person{
		{w.newName(wd, family, hero), hero}, {w.newName(wd, family, "他"), "他"}, w.newPerson(wd, "她"), {w.newName(wd, family, sibling), sibling},
	}
	for range 4 { // master, friend, teacher, second master
		wd.cast = append(wd.cast, w.newPerson(wd, ""))
	}
	wd.cast = append(wd.cast, w.newPerson(wd, "她"), w.newPerson(wd, "")) // aunt, cousin
	order := w.perm(len(trades))
	for i := range wd.cast {
		wd.trades = append(wd.trades, trades[order[i]])
	}
	wd.trades[0], wd.trades[3] = wd.trades[4], wd.trades[7] // apprentices

	c := wd.cast
	by := func(p person, he, she string) string {
		if p.pronoun == "他" {
			return he
		}
		return she
	}
	given := func(i int) string { return c[i].given() }
	old := func(i int) string { return "老" + c[i].surname() }
	wd.pairs = []pair{
		{0, 1, "父亲", given(0), "爹"},
		{0, 2, "母亲", given(0), "娘"},
		{0, 3, by(c[3], "弟弟", "妹妹"), by(c[0], "哥", "姐"), given(3)},
		{0, 4, "师父", given(0), "师父"},
		{0, 5, "好友", given(0), given(5)},
		{3, 2, "母亲", given(3), "娘"},
		{3, 7, "师父", given(3), "师父"},
		{1, 4, "老友", old(1), old(4)},
		{5, 8, "姑姑", given(5), "姑姑"},
		{5, 6, "先生", given(5), "先生"},
		{1, 2, "妻子", "孩子他爹", "孩子他娘"},
		{6, 4, "老友", old(6), old(4)},
		{7, 8, "邻居", given(7), given(8)},
		{9, 0, by(c[0], "表弟", "表妹"), by(c[9], "表哥", "表姐"), given(0)},
		{9, 1, "姨父", given(9), "姨父"},
	}
	w.with(wd.vars...)
	return wd
}

// A calendar counts lunar days; every month has 29.
type calendar struct{ year, month, day int }

var days = []string{
	"初一", "初二", "初三", "初四", "初五", "初六", "初七", "初八", "初九", "初十", "十一", "十二", "十三", "十四", "十五", "十六", "十七", "十八", "十九", "二十",
	"廿一", "廿二", "廿三", "廿四", "廿五", "廿六", "廿七", "廿八", "廿九",
}

var months = []string{"正月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "冬月", "腊月"}

func (c *calendar) pass(n int) {
	c.day += n
	c.month += c.day / len(days)
	c.day %= len(days)
	c.year += c.month / len(months)
	c.month %= len(months)
}

func (c *calendar) date() string   { return months[c.month] + days[c.day] }
func (c *calendar) season() string { return []string{"春", "夏", "秋", "冬"}[c.month/3] }

// name of the year in the cycle of sixty.
func (c *calendar) name() string { return stems[c.year%10] + branches[c.year%12] }

// numeral writes a number below 10,000 in Chinese.
func numeral(n int) string {
	digits := []rune("零一二三四五六七八九")
	if n < 10 {
		return string(digits[n])
	}
	var b strings.Builder
	zero := false
	for i, unit := range []struct {
		value int
		name  string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / unit.value % 10
		switch {
		case d == 0:
			zero = zero || b.Len() > 0
			continue
		case zero:
			b.WriteRune('零')
			zero = false
		}
		if d > 1 || i != 2 || b.Len() > 0 { // 十二, but 一百一十二
			b.WriteRune(digits[d])
		}
		b.WriteString(unit.name)
	}
	return b.String()
}
