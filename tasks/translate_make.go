package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A bitext is the same facts in two languages, each worded twice. Facts are what a translation must not lose, as alternatives parted by |.
type bitext struct {
	zh, en           [2]string
	zhFacts, enFacts []string
	names            []term
}

// glossary lists the names with their translation: which characters a romanized name has, and what an invented firm calls itself in English,
// nobody could know.
func (b bitext) glossary(toChinese bool) string {
	parts := make([]string, len(b.names))
	for i, t := range b.names {
		if parts[i] = t.zh + " = " + t.en; toChinese {
			parts[i] = t.en + " = " + t.zh
		}
	}
	return strings.Join(parts, "；")
}

// makeTranslation makes texts of four domains in turn, with the source in one language and references in the other.
func makeTranslation(name string, toChinese bool) func(seed uint64, n int) datasets.Set {
	return func(seed uint64, n int) datasets.Set {
		return generate(seed, name, n, func(r *random, i int) datasets.Record {
			domain := bitextDomains[i%len(bitextDomains)]
			b := one(r, domain.scenes)(r)
			source, target, facts := b.zh, b.en, b.enFacts
			if toChinese {
				source, target, facts = b.en, b.zh, b.zhFacts
			}
			return datasets.Record{
				Answer: -1, Golds: target[:], Tags: map[string]string{"domain": domain.name},
				Fields: map[string]string{"source": one(r, source[:]), "names": b.glossary(toChinese), "facts": strings.Join(facts, "\n")},
			}
		})
	}
}

var bitextDomains = []struct {
	name   string
	scenes []func(r *random) bitext
}{
	{"news", bitextNews},
	{"business", bitextBusiness},
	{"legal", bitextLegal},
	{"everyday", bitextEveryday},
}

// A term is a name, a date, a number or the like in both languages.
type term struct {
	zh, en           string
	zhForms, enForms string // other ways to write it, parted by |
	name             bool   // it stands in the glossary
}

func named(list []term) []term {
	for i := range list {
		list[i].name = true
	}
	return list
}

func terms(list string) []term {
	var out []term
	for pair := range strings.FieldsSeq(list) {
		zh, en, _ := strings.Cut(pair, "=")
		out = append(out, term{zh: zh, en: strings.ReplaceAll(en, "_", " ")})
	}
	return out
}

var (
	bitextSurnames = terms("赵=Zhao 钱=Qian 孙=Sun 周=Zhou 吴=Wu 郑=Zheng 冯=Feng 陈=Chen 蒋=Jiang 沈=Shen 韩=Han 杨=Yang 许=Xu 何=He 施=Shi 林=Lin")
	bitextGiven    = terms("明远=Mingyuan 雅琴=Yaqin 志强=Zhiqiang 文博=Wenbo 晓岚=Xiaolan 建平=Jianping 思源=Siyuan 玉兰=Yulan 海涛=Haitao 静怡=Jingyi " +
		"立新=Lixin 春燕=Chunyan 子涵=Zihan 国栋=Guodong 若彤=Ruotong 永康=Yongkang 嘉禾=Jiahe 一鸣=Yiming 书言=Shuyan 敏行=Minxing")
	bitextCities = terms("杭州=Hangzhou 成都=Chengdu 武汉=Wuhan 青岛=Qingdao 西安=Xi'an 长沙=Changsha 厦门=Xiamen 昆明=Kunming 沈阳=Shenyang 合肥=Hefei " +
		"南宁=Nanning 兰州=Lanzhou 苏州=Suzhou 大连=Dalian 贵阳=Guiyang 福州=Fuzhou")
	bitextFirms = named(terms("远帆集团=Yuanfan_Group 青禾食品=Qinghe_Foods 云岭科技=Yunling_Technology 星河汽车=Xinghe_Motors 恒岳建设=Hengyue_Construction " +
		"蓝湾航运=Lanwan_Shipping 锦程物流=Jincheng_Logistics 北辰医药=Beichen_Pharmaceuticals 清源环保=Qingyuan_Environment 瑞峰电子=Ruifeng_Electronics " +
		"海川化工=Haichuan_Chemicals 明德教育=Mingde_Education"))
	bitextMonths = strings.Fields("January February March April May June July August September October November December")
	bitextDays   = weekdays()
	bitextCount  = strings.Fields("first second third fourth")
)

func weekdays() []term {
	days := terms("星期一=Monday 星期二=Tuesday 星期三=Wednesday 星期四=Thursday 星期五=Friday 星期六=Saturday 星期日=Sunday")
	for i, d := range days {
		days[i].zhForms = strings.Replace(d.zh, "星期", "周", 1) + "|" + strings.Replace(d.zh, "星期", "礼拜", 1)
	}
	return days
}

func bitextPerson(r *random) term {
	a, b := one(r, bitextSurnames), one(r, bitextGiven)
	return term{zh: a.zh + b.zh, en: a.en + " " + b.en, name: true}
}

func twoBitextPersons(r *random) (term, term) {
	a := bitextPerson(r)
	for {
		if b := bitextPerson(r); b != a {
			return a, b
		}
	}
}

func bitextDate(r *random) term {
	y, m, d := r.between(2015, 2026), r.between(1, 12), r.between(1, 28)
	month := bitextMonths[m-1]
	return term{
		zh: fmt.Sprintf("%d年%d月%d日", y, m, d), en: fmt.Sprintf("%s %d, %d", month, d, y), zhForms: fmt.Sprintf("%d-%02d-%02d", y, m, d),
		enForms: fmt.Sprintf("%s %d %d|%d %s %d|%d %s, %d|%s %d", month, d, y, d, month, y, d, month, y, month[:3]+".", d),
	}
}

// tenths writes a number of tenths without a trailing zero.
func tenths(n int) string {
	if n%10 == 0 {
		return strconv.Itoa(n / 10)
	}
	return fmt.Sprintf("%d.%d", n/10, n%10)
}

// bitextPercent is a share of low to high tenths of a percent.
func bitextPercent(r *random, low, high int) term {
	s := tenths(r.between(low, high))
	return term{zh: s + "%", en: s + "%", zhForms: "百分之" + s, enForms: s + " percent|" + s + " per cent"}
}

// bitextYi is an amount in 亿, 0.2 to 98.9 hundred millions: 3.2亿元 is 320 million yuan, 32.5亿元 is 3.25 billion yuan.
func bitextYi(r *random) term {
	n := r.between(2, 989)
	t := term{zh: tenths(n) + "亿元", zhForms: tenths(n) + "亿|" + strconv.Itoa(n*1000) + "万"}
	amount := fmt.Sprintf("%d million", n*10)
	if n >= 100 {
		amount = strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%02d", n/100, n%100), "0"), ".") + " billion"
	}
	t.en, t.enForms = amount+" yuan", amount+"|"+fmt.Sprintf("%d million", n*10)
	return t
}

// grouped writes a whole number with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a number in both languages, with commas in English.
func counted(n int) term {
	t := term{zh: strconv.Itoa(n), en: grouped(n)}
	t.zhForms, t.enForms = t.en, t.zh
	return t
}

// bi fills two wordings in each language: %[1]s is the first term, and so on. All terms are facts.
func bi(zh, en [2]string, list ...term) bitext {
	var b bitext
	args := func(english bool) []any {
		out := make([]any, len(list))
		for i, t := range list {
			if out[i] = t.zh; english {
				out[i] = t.en
			}
		}
		return out
	}
	for i := range 2 {
		b.zh[i], b.en[i] = fmt.Sprintf(zh[i], args(false)...), fmt.Sprintf(en[i], args(true)...)
	}
	for _, t := range list {
		b.zhFacts, b.enFacts = append(b.zhFacts, forms(t.zh, t.zhForms)), append(b.enFacts, forms(t.en, t.enForms))
		if t.name {
			b.names = append(b.names, t)
		}
	}
	return b
}

func forms(text, others string) string {
	if others == "" || others == text {
		return text
	}
	return text + "|" + others
}
