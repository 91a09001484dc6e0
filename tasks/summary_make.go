package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A report is a news report with its key facts and two summaries that hold all of them. Body are its sentences in order; asides are sentences
// that a summary leaves out, two of which come between.
type report struct {
	body, asides []string
	summaries    [2]string
	facts        []string // alternatives parted by |
}

// makeSummary makes reports on the topics in turn.
func makeSummary(seed uint64, n int) datasets.Set {
	return generate(seed, "summary_news", n, func(r *random, i int) datasets.Record {
		topic := reportTopics[i%len(reportTopics)]
		rep := topic.write(r)
		body := slices.Clone(rep.body)
		for _, aside := range some(r, rep.asides, 2) {
			body = slices.Insert(body, 1+r.below(len(body)), aside)
		}
		return datasets.Record{
			Answer: -1, Golds: rep.summaries[:], Fields: map[string]string{"text": strings.Join(body, ""), "facts": strings.Join(rep.facts, "\n")},
			Tags: map[string]string{"topic": topic.name},
		}
	})
}

var reportTopics = []struct {
	name  string
	write func(r *random) report
}{
	{"accident", reportFire},
	{"company", reportCompany},
	{"court", reportCourt},
	{"science", reportDig},
	{"sports", reportMatch},
	{"city", reportBridge},
	{"fraud", reportFraud},
	{"policy", reportPolicy},
}

// dateTime is a day and an hour.
func dateTime(r *random) string {
	return fmt.Sprintf("%d月%d日%s%d时许", r.between(1, 12), r.between(1, 28), one(r, []string{"上午", "下午"}), r.between(1, 11))
}

func reportFire(r *random) report {
	city, shop, cause, who := one(r, cities), one(r, []string{"家具店", "服装厂", "火锅店", "印刷厂", "木材仓库", "五金店", "旅馆", "网吧"}),
		one(r, []string{"电线老化", "烟头引燃纸箱", "充电器过热", "电焊火花", "煤气泄漏", "空调短路"}), person(r)
	hurt, trucks, minutes := r.between(2, 29), r.between(3, 19), r.between(21, 89)
	return report{
		body: []string{
			fmt.Sprintf("%s，%s一家%s发生火灾。", dateTime(r), city, shop),
			fmt.Sprintf("消防部门接到报警后派出%d辆消防车赶到现场，经过%d分钟的扑救，明火被扑灭。", trucks, minutes),
			fmt.Sprintf("事故造成%d人受伤，伤者已经送往医院，没有人员死亡。", hurt),
			fmt.Sprintf("经初步调查，起火原因是%s。", cause),
		},
		asides: []string{
			fmt.Sprintf("目击者%s说，当时浓烟很大，他站在两条街以外也能闻到焦味。", who),
			"附近的居民自发为消防员送来了矿泉水和毛巾。",
			"现场周围的道路一度实行交通管制，傍晚才恢复通行。",
			fmt.Sprintf("据了解，这栋楼建于%d年，一共有%d层。", r.between(1985, 2012), r.between(3, 18)),
		},
		summaries: [2]string{
			fmt.Sprintf("%s一家%s因%s发生火灾，造成%d人受伤。", city, shop, cause, hurt),
			fmt.Sprintf("%s引发%s一家%s火灾，%d人受伤。", cause, city, shop, hurt),
		},
		facts: []string{city, shop, cause, strconv.Itoa(hurt) + "人"},
	}
}

func reportCompany(r *random) report {
	firm, city := one(r, firmNames)+one(r, []string{"科技", "食品", "汽车", "医药", "电子", "物流"}), one(r, cities)
	revenue, rate, cause, who := tenths(r.between(21, 989)), tenths(r.between(21, 489)), one(r, []string{"海外订单增加", "新产品热销", "原料价格回落", "线上渠道扩张"}), person(r)
	quarter := digits[r.between(1, 4)]
	return report{
		body: []string{
			fmt.Sprintf("总部位于%s的%s公司%d月%d日公布了第%s季度的财务报告。", city, firm, r.between(1, 12), r.between(1, 28), quarter),
			fmt.Sprintf("报告显示，公司当季营业收入为%s亿元，同比增长%s%%。", revenue, rate),
			fmt.Sprintf("公司表示，业绩增长的主要原因是%s。", cause),
			fmt.Sprintf("董事长%s在电话会议上说，公司对下半年保持谨慎乐观。", who),
		},
		asides: []string{
			fmt.Sprintf("截至当日收盘，该公司股价报%s元，成交%d万手。", tenths(r.between(51, 989)), r.between(2, 60)),
			fmt.Sprintf("该公司成立于%d年，目前有员工%d人。", r.between(1990, 2014), r.between(800, 9000)),
			"有分析师指出，行业竞争仍然激烈，后续表现有待观察。",
			"财报发布后，公司高管接受了多家媒体的采访。",
		},
		summaries: [2]string{
			fmt.Sprintf("%s公司第%s季度营业收入%s亿元，同比增长%s%%，主要原因是%s。", firm, quarter, revenue, rate, cause),
			fmt.Sprintf("由于%s，%s公司第%s季度实现营业收入%s亿元，同比增长%s%%。", cause, firm, quarter, revenue, rate),
		},
		facts: []string{firm, revenue + "亿", rate + "%|百分之" + rate, cause},
	}
}

func reportCourt(r *random) report {
	city, who, years, amount := one(r, cities), person(r), digits[r.between(3, 9)], strconv.Itoa(r.between(21, 980))+"万元"
	job := one(r, []string{"镇财政所会计", "医院采购科长", "国企仓库主管", "街道办出纳", "学校后勤主任", "银行客户经理"})
	use := one(r, []string{"网络赌博", "炒股", "购买豪车", "游戏充值", "偿还私人债务"})
	crime := one(r, []string{"挪用公款罪", "职务侵占罪", "贪污罪"})
	return report{
		body: []string{
			fmt.Sprintf("%s的一家法院%d月%d日对一起经济案件作出一审判决。", city, r.between(1, 12), r.between(1, 28)),
			fmt.Sprintf("法院审理查明，被告人%s在担任%s期间，先后%d次把公款转到自己的账户，共计%s，用于%s。", who, job, r.between(11, 95), amount, use),
			fmt.Sprintf("法院认为，其行为构成%s，判处有期徒刑%s年。", crime, years),
			"被告人当庭表示不上诉。",
		},
		asides: []string{
			fmt.Sprintf("案件的审理持续了%d个小时，有%d名市民旁听。", r.between(3, 8), r.between(20, 90)),
			"辩护人提出，被告人系初犯，并有自首情节。",
			"该单位事后修订了财务制度，要求大额支出由两人共同签字。",
			fmt.Sprintf("此案是审计人员%s在一次例行检查中发现的。", person(r)),
		},
		summaries: [2]string{
			fmt.Sprintf("%s%s%s转走公款%s用于%s，因%s一审被判%s年有期徒刑。", city, job, who, amount, use, crime, years),
			fmt.Sprintf("因转走公款%s用于%s，%s%s%s犯%s，一审被判处有期徒刑%s年。", amount, use, city, job, who, crime, years),
		},
		facts: []string{who, amount, use, crime, years + "年|有期徒刑" + years + "年"},
	}
}

func reportDig(r *random) report {
	city, what, age, count := one(r, cities), one(r, []string{"陶窑", "古墓", "粮仓", "城墙", "铸铜作坊", "古井"}), strconv.Itoa(r.between(11, 24)*100), strconv.Itoa(r.between(31, 980))
	find, who := one(r, []string{"陶罐", "铜镜", "玉器", "漆器", "木简", "铁农具"}), person(r)
	return report{
		body: []string{
			fmt.Sprintf("%s市文物部门%d月%d日宣布，在当地发现一处距今约%s年的%s遗址。", city, r.between(1, 12), r.between(1, 28), age, what),
			fmt.Sprintf("遗址面积约%d平方米，是施工人员修建%s时偶然发现的。", r.between(300, 9800), one(r, []string{"地铁", "停车场", "水渠", "学校"})),
			fmt.Sprintf("考古队在遗址中清理出%s等文物%s件，大部分保存完好。", find, count),
			fmt.Sprintf("领队%s说，这一发现对研究当地早期历史有重要价值。", who),
		},
		asides: []string{
			fmt.Sprintf("发掘工作由%d名队员承担，前后用了%d个月。", r.between(8, 40), r.between(3, 14)),
			"连日的雨水一度使工地积水，队员们搭起棚子继续工作。",
			"不少市民来到工地外围观，有人带着孩子来上历史课。",
			"出土的文物将先送往实验室清洗和修复。",
		},
		summaries: [2]string{
			fmt.Sprintf("%s发现一处距今约%s年的%s遗址，出土%s等文物%s件。", city, age, what, find, count),
			fmt.Sprintf("考古队在%s一处约%s年前的%s遗址中清理出%s等%s件文物。", city, age, what, find, count),
		},
		facts: []string{city, what, age + "年", find, count + "件"},
	}
}

func reportMatch(r *random) report {
	two := some(r, cities, 2)
	sport := one(r, []string{"女子篮球", "男子篮球", "轮椅篮球", "青年篮球", "大学生篮球"})
	winner, loser, star := two[0]+"队", two[1]+"队", person(r)
	high := r.between(61, 98)
	score := fmt.Sprintf("%d比%d", high, high-r.between(1, 20))
	times := digits[r.between(2, 8)]
	return report{
		body: []string{
			fmt.Sprintf("%d月%d日晚，全国%s联赛总决赛在%s体育馆举行。", r.between(1, 12), r.between(1, 28), sport, one(r, cities)),
			fmt.Sprintf("上半场%s一度领先%d分，下半场%s加强防守，逐渐追上比分。", loser, r.between(5, 19), winner),
			fmt.Sprintf("最终%s以%s击败%s，第%s次夺得联赛冠军。", winner, score, loser, times),
			fmt.Sprintf("队长%s一人拿下%d分，被评为最有价值球员。", star, r.between(21, 45)),
		},
		asides: []string{
			fmt.Sprintf("比赛吸引了%d名观众到场，门票在%d小时内售完。", r.between(3000, 18000), r.between(1, 9)),
			"赛后，失利一方的主教练承认本队体能不足。",
			"球迷们举着旗帜，唱着队歌，直到深夜才散去。",
			fmt.Sprintf("联赛从去年秋天开始，共有%d支球队参加。", r.between(10, 24)),
		},
		summaries: [2]string{
			fmt.Sprintf("%s以%s击败%s，第%s次获得全国%s联赛冠军，队长%s当选最有价值球员。", winner, score, loser, times, sport, star),
			fmt.Sprintf("全国%s联赛总决赛中，%s以%s战胜%s，第%s次夺冠，%s被评为最有价值球员。", sport, winner, score, loser, times, star),
		},
		facts: []string{winner, score, loser, "第" + times + "次", sport, star},
	}
}

func reportBridge(r *random) report {
	city, length, cost := one(r, cities), strconv.Itoa(r.between(1010, 9890))+"米", tenths(r.between(21, 489))+"亿元"
	name := one(r, []string{"望江", "文昌", "新港", "龙泉", "东湖", "石门", "白鹭", "清风"}) + "大桥"
	saved, years := strconv.Itoa(r.between(11, 55))+"分钟", digits[r.between(2, 7)]
	return report{
		body: []string{
			fmt.Sprintf("%d月%d日上午，%s%s正式通车。", r.between(1, 12), r.between(1, 28), city, name),
			fmt.Sprintf("大桥全长%s，设计为双向%s车道，总投资%s，建设历时%s年。", length, one(r, []string{"四", "六", "八"}), cost, years),
			fmt.Sprintf("通车以后，两岸之间的车程将缩短%s。", saved),
			fmt.Sprintf("总工程师%s介绍，施工中最难的是深水基础，先后试验了%d种方案。", person(r), r.between(3, 12)),
		},
		asides: []string{
			fmt.Sprintf("家住江边的居民%s说，以前过江要坐渡轮，遇到大雾就停航。", person(r)),
			"通车仪式上，许多市民步行登桥，拍照留念。",
			"大桥的灯光夜间会随节日变换颜色。",
			fmt.Sprintf("据统计，参加建设的工人最多时达到%d人。", r.between(800, 5000)),
		},
		summaries: [2]string{
			fmt.Sprintf("全长%s、投资%s的%s%s建成通车，两岸车程缩短%s。", length, cost, city, name, saved),
			fmt.Sprintf("%s%s正式通车，全长%s，总投资%s，使两岸车程缩短%s。", city, name, length, cost, saved),
		},
		facts: []string{city, name, length, cost, saved},
	}
}

func reportFraud(r *random) report {
	city, victim, amount := one(r, cities), one(r, []string{"退休教师", "在校大学生", "网店店主", "家庭主妇", "公司会计"}), strconv.Itoa(r.between(11, 198))+"万元"
	trick := one(r, []string{"冒充客服退款", "冒充警察办案", "刷单返利", "虚假投资平台", "网恋交友", "冒充领导借钱"})
	caught := strconv.Itoa(r.between(3, 38)) + "名"
	return report{
		body: []string{
			fmt.Sprintf("%s警方%d月%d日通报了一起电信诈骗案。", city, r.between(1, 12), r.between(1, 28)),
			fmt.Sprintf("受害人是一名%s，今年%d岁，在一周之内被人以%s的手法骗走%s。", victim, r.between(19, 72), trick, amount),
			fmt.Sprintf("接到报案后，民警调取了%d张银行卡的流水，辗转%d个省份，抓获%s嫌疑人。", r.between(40, 600), r.between(2, 9), caught),
			fmt.Sprintf("目前已追回赃款%d元，案件仍在侦办。", r.between(1000, 98000)),
		},
		asides: []string{
			fmt.Sprintf("办案民警%s说，嫌疑人把钱分成几十笔转走，增加了追查的难度。", person(r)),
			"邻居说，受害人平时很节俭，连出租车也舍不得坐。",
			"警方提醒市民，不要向陌生人透露验证码。",
			"社区为此专门办了一次讲座，发放了宣传手册。",
		},
		summaries: [2]string{
			fmt.Sprintf("%s一名%s被人以%s的手法骗走%s，警方抓获%s嫌疑人。", city, victim, trick, amount, caught),
			fmt.Sprintf("%s警方侦破一起电信诈骗案，抓获%s嫌疑人，一名%s因%s被骗%s。", city, caught, victim, trick, amount),
		},
		facts: []string{city, victim, trick, amount, caught + "|" + strings.TrimSuffix(caught, "名") + "人|" + strings.TrimSuffix(caught, "名") + "个"},
	}
}

func reportPolicy(r *random) report {
	city, who := one(r, cities), one(r, []string{"新毕业的大学生", "六十五岁以上的老人", "生育二孩的家庭", "外来务工人员", "退役军人"})
	what := one(r, []string{"租房补贴", "乘车优惠", "体检补贴", "培训补贴", "取暖补贴"})
	sum, start := strconv.Itoa(r.between(12, 198)*10)+"元", fmt.Sprintf("%d月%d日", r.between(1, 12), r.between(1, 28))
	return report{
		body: []string{
			fmt.Sprintf("%s市政府日前出台了一项新的民生措施。", city),
			fmt.Sprintf("从%s起，%s可以申请%s，标准为每人每年%s。", start, who, what, sum),
			fmt.Sprintf("申请人可以在手机上提交材料，审核时间由%d个工作日压缩到%d个。", r.between(15, 30), r.between(2, 9)),
			fmt.Sprintf("据估算，全市约有%d万人受益。", r.between(2, 60)),
		},
		asides: []string{
			fmt.Sprintf("市民%s排了半个小时的队，向窗口的工作人员询问细节。", person(r)),
			fmt.Sprintf("这项措施在起草阶段曾公开征求意见，收到%d条建议。", r.between(200, 5000)),
			"有专家认为，邻近城市可能会跟进。",
			"不方便上网的人也可以到社区服务中心办理。",
		},
		summaries: [2]string{
			fmt.Sprintf("%s市从%s起向%s发放%s，标准为每人每年%s。", city, start, who, what, sum),
			fmt.Sprintf("%s起，%s市的%s可以申请每人每年%s的%s。", start, city, who, sum, what),
		},
		facts: []string{city, start, who, what, sum},
	}
}
