package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// cslFields are fields of research: what is studied, by which means, under which conditions, and what is measured.
var cslFields = []struct{ object, method, condition, measure []string }{
	{
		[]string{"冬小麦", "玉米", "大豆", "马铃薯", "油菜", "花生"},
		[]string{"滴灌", "覆膜栽培", "秸秆还田", "轮作", "深松耕作", "间作"},
		[]string{"干旱胁迫", "盐碱地", "低温寡照", "高温", "连作"},
		[]string{"光合速率", "千粒重", "土壤含水量", "根系活力", "氮素利用率"},
	},
	{
		[]string{"无线传感器网络", "车载自组网", "数据中心", "边缘计算平台", "物联网网关", "卫星网络"},
		[]string{"蚁群算法", "强化学习", "图神经网络", "压缩感知", "博弈论", "遗传算法"},
		[]string{"链路中断", "节点失效", "带宽受限", "负载突变", "恶意攻击"},
		[]string{"端到端时延", "吞吐量", "能耗", "丢包率", "负载均衡度"},
	},
	{
		[]string{"高血压", "慢性胃炎", "类风湿关节炎", "哮喘", "骨质疏松", "偏头痛"},
		[]string{"针灸", "物理疗法", "联合用药", "中药熏蒸", "运动康复", "心理干预"},
		[]string{"老年患者", "合并糖尿病", "妊娠期", "术后恢复期", "门诊随访"},
		[]string{"炎症因子", "疼痛评分", "复发率", "不良反应", "生活质量"},
	},
	{
		[]string{"钢筋混凝土梁", "砌体墙", "钢管混凝土柱", "边坡", "隧道衬砌", "桥墩"},
		[]string{"有限元分析", "拟静力试验", "振动台试验", "离心模型试验", "现场监测", "可靠度分析"},
		[]string{"冻融循环", "地震作用", "高温后", "腐蚀环境", "偏心荷载"},
		[]string{"极限承载力", "延性系数", "裂缝宽度", "残余变形", "耗能能力"},
	},
	{
		[]string{"农村信用社", "中小企业", "上市公司", "家庭农场", "社区商业", "乡村旅游"},
		[]string{"问卷调查", "面板数据模型", "案例研究", "双重差分法", "结构方程模型", "因子分析"},
		[]string{"利率市场化", "人口老龄化", "环境规制", "数字化转型", "产业转移"},
		[]string{"融资成本", "经营绩效", "创新投入", "居民收入", "就业结构"},
	},
}

// cslLines are abstracts with object {o}, method {m}, condition {c}, measure {q} and numbers.
var cslLines = []string{
	"为探讨{c}条件下{o}的{q}变化规律，采用{m}对{n}组样本进行了研究。结果表明，与对照组相比，{q}的差异达到{p}%，{m}的效果在第{k}次观测后趋于稳定。",
	"{c}是影响{o}的重要因素。本文以{year}年的{n}份数据为基础，运用{m}分析了{q}，发现{q}平均变化{p}%，并就{o}提出了{k}条建议。",
	"针对{o}在{c}时存在的问题，提出一种基于{m}的方案。{year}年的{n}次试验显示，该方案使{q}改善了{p}%，连续运行{k}天没有异常。",
}

// makeCSL makes abstracts with four keywords; for half of them one is another word of the same field, which the abstract does not hold.
func makeCSL(seed uint64, n int) datasets.Set {
	var classes []int
	return generate(seed, "csl", n, func(r *random, i int) datasets.Record {
		if classes == nil {
			classes = r.labelsFor(n, len(cslLabels.choices))
		}
		f := one(r, cslFields)
		lists := [][]string{f.object, f.method, f.condition, f.measure}
		words := make([]string, len(lists))
		for j, list := range lists {
			words[j] = one(r, list)
		}
		text := fill(r, one(r, cslLines), map[string][]string{
			"o": {words[0]}, "m": {words[1]}, "c": {words[2]}, "q": {words[3], words[3]},
			"n": {fmt.Sprint(r.between(60, 990))}, "p": {fmt.Sprintf("%d.%d", r.between(3, 48), r.between(1, 9))},
			"k": {fmt.Sprint(r.between(2, 9))}, "year": {fmt.Sprint(r.between(1999, 2022))},
		})
		keywords := slices.Clone(words)
		if classes[i] == 0 {
			j := r.below(len(lists))
			for keywords[j] == words[j] {
				keywords[j] = one(r, lists[j])
			}
		}
		keywords = some(r, keywords, len(keywords))
		return datasets.Record{
			Cluster: textID(text), Choices: cslLabels.choices, Answer: classes[i],
			Fields: map[string]string{"abst": text, "keyword": strings.Join(keywords, "、")},
		}
	})
}
