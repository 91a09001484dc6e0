package tasks

import "strconv"

var bitextNews = []func(r *random) bitext{
	func(r *random) bitext {
		return bi([2]string{
			"%[1]s，%[2]s遭遇强降雨，%[3]s条道路积水，%[4]s名居民被转移到安全地带。",
			"%[1]s，暴雨袭击%[2]s，造成%[3]s条道路被淹，%[4]s名居民转移到安全地区。",
		}, [2]string{
			"On %[1]s, heavy rain hit %[2]s, flooding %[3]s roads and forcing %[4]s residents to move to safety.",
			"Heavy rain struck %[2]s on %[1]s; %[3]s roads were flooded and %[4]s residents were moved to safe areas.",
		}, bitextDate(r), one(r, bitextCities), counted(r.between(11, 60)), counted(r.between(200, 9800)))
	},
	func(r *random) bitext {
		line := strconv.Itoa(r.between(2, 19))
		return bi([2]string{
			"%[1]s地铁%[2]s号线于%[3]s通车，全长%[4]s公里，设有%[5]s座车站。",
			"%[3]s，%[1]s地铁%[2]s号线开通运营，线路全长%[4]s公里，共设%[5]s座车站。",
		}, [2]string{
			"Metro Line %[2]s in %[1]s opened on %[3]s. It is %[4]s kilometers long and has %[5]s stations.",
			"On %[3]s, Line %[2]s of the %[1]s metro went into service, with a length of %[4]s kilometers and %[5]s stations.",
		}, one(r, bitextCities), term{zh: line, en: line}, bitextDate(r), sameTenths(r, 105, 689), counted(r.between(11, 45)))
	},
	func(r *random) bitext {
		return bi([2]string{
			"%[1]s在%[2]s马拉松比赛中以2小时%[3]s分%[4]s秒的成绩夺得冠军，比上届冠军快了%[5]s秒。",
			"%[1]s赢得了%[2]s马拉松比赛的冠军，成绩是2小时%[3]s分%[4]s秒，比上届冠军快%[5]s秒。",
		}, [2]string{
			"%[1]s won the %[2]s Marathon in 2 hours, %[3]s minutes and %[4]s seconds, %[5]s seconds faster than the previous champion.",
			"%[1]s took first place in the %[2]s Marathon with a time of 2 hours, %[3]s minutes and %[4]s seconds, beating last year's winner by %[5]s seconds.",
		}, bitextPerson(r), one(r, bitextCities), counted(r.between(11, 38)), counted(r.between(11, 58)), counted(r.between(11, 95)))
	},
	func(r *random) bitext {
		shown := r.between(101, 999)
		return bi([2]string{
			"从%[1]s起，%[2]s博物馆将展出%[3]s件文物，其中%[4]s件是首次公开展示。",
			"%[2]s博物馆自%[1]s起展出%[3]s件文物，其中有%[4]s件是第一次与观众见面。",
		}, [2]string{
			"Starting on %[1]s, the %[2]s Museum will display %[3]s cultural relics, %[4]s of which have never been shown to the public before.",
			"From %[1]s, %[3]s cultural relics will be on display at the %[2]s Museum, including %[4]s that are being shown for the first time.",
		}, bitextDate(r), one(r, bitextCities), counted(shown), counted(r.between(11, 98)))
	},
	func(r *random) bitext {
		return bi([2]string{
			"科学家在%[1]s附近发现了一种鱼的化石，距今约%[2]s万年，领导这项研究的%[3]s说，化石长%[4]s厘米。",
			"%[3]s领导的研究小组在%[1]s附近发现了一块约%[2]s万年前的鱼化石，长%[4]s厘米。",
		}, [2]string{
			"Scientists have found the fossil of a fish near %[1]s that is about %[2]s years old; %[3]s, who led the study, said it is %[4]s centimeters long.",
			"A research team led by %[3]s has discovered a fish fossil about %[2]s years old near %[1]s. It is %[4]s centimeters long.",
		}, one(r, bitextCities), tenThousands(r.between(11, 95)), bitextPerson(r), sameTenths(r, 111, 989))
	},
}

var bitextBusiness = []func(r *random) bitext{
	func(r *random) bitext {
		year, quarter := r.between(2015, 2026), r.between(1, 4)
		return bi([2]string{
			"%[1]s公布，%[2]s营业收入为%[3]s，同比增长%[4]s。",
			"%[1]s宣布，公司%[2]s实现营业收入%[3]s，比上年同期增长%[4]s。",
		}, [2]string{
			"%[1]s reported revenue of %[3]s for %[2]s, up %[4]s from a year earlier.",
			"%[1]s announced that its revenue in %[2]s was %[3]s, an increase of %[4]s over the same period of the previous year.",
		}, one(r, bitextFirms), bitextQuarter(year, quarter), bitextYi(r), bitextPercent(r, 11, 489))
	},
	func(r *random) bitext {
		two := some(r, bitextFirms, 2)
		return bi([2]string{
			"%[1]s同意以%[2]s的价格收购%[3]s%[4]s的股份，交易预计在%[5]s之前完成。",
			"%[1]s将出资%[2]s收购%[3]s%[4]s的股份，预计交易在%[5]s前完成。",
		}, [2]string{
			"%[1]s has agreed to buy a %[4]s stake in %[3]s for %[2]s, and the deal is expected to close before %[5]s.",
			"%[1]s will acquire %[4]s of the shares of %[3]s for %[2]s. The transaction is expected to be completed before %[5]s.",
		}, two[0], bitextYi(r), two[1], bitextPercent(r, 51, 949), bitextDate(r))
	},
	func(r *random) bitext {
		return bi([2]string{
			"由于电池可能过热，%[1]s将从%[2]s起召回%[3]s辆电动汽车，并免费更换零件。",
			"%[1]s宣布，因电池有过热的风险，自%[2]s起召回%[3]s辆电动汽车，免费为车主更换零件。",
		}, [2]string{
			"%[1]s will recall %[3]s electric cars from %[2]s because their batteries may overheat, and will replace the parts free of charge.",
			"Because of a risk of overheating batteries, %[1]s is recalling %[3]s electric cars starting on %[2]s and will replace the parts for free.",
		}, one(r, bitextFirms), bitextDate(r), counted(r.between(1010, 98900)))
	},
	func(r *random) bitext {
		return bi([2]string{
			"%[1]s计划投资%[2]s在%[3]s建设一座新工厂，预计将创造%[4]s个就业岗位。",
			"%[1]s准备在%[3]s新建一座工厂，投资额为%[2]s，预计增加%[4]s个就业岗位。",
		}, [2]string{
			"%[1]s plans to invest %[2]s in a new factory in %[3]s, which is expected to create %[4]s jobs.",
			"%[1]s intends to build a new factory in %[3]s with an investment of %[2]s. The project is expected to create %[4]s jobs.",
		}, one(r, bitextFirms), bitextYi(r), one(r, bitextCities), counted(r.between(120, 9800)))
	},
}

var bitextLegal = []func(r *random) bitext{
	func(r *random) bitext {
		return bi([2]string{
			"买方应当在收到货物后%[1]s日内向卖方支付货款人民币%[2]s元；逾期付款的，每日按未付金额的%[3]s支付违约金。",
			"买方应于收货后%[1]s日内向卖方支付人民币%[2]s元的货款。逾期付款的，应当每日支付未付金额%[3]s的违约金。",
		}, [2]string{
			"The buyer shall pay the seller RMB %[2]s within %[1]s days after receiving the goods; for late payment, a penalty of %[3]s of the unpaid amount shall be paid for each day.",
			"The buyer shall pay RMB %[2]s to the seller within %[1]s days of receipt of the goods. In case of late payment, a daily penalty of %[3]s of the unpaid amount shall be paid.",
		}, counted(r.between(11, 90)), counted(r.between(1010, 989000)), bitextPercent(r, 1, 9))
	},
	func(r *random) bitext {
		return bi([2]string{
			"租赁期限自%[1]s起共%[2]s个月，月租金为人民币%[3]s元，承租人应当提前%[4]s日支付。",
			"本合同的租赁期限为%[2]s个月，自%[1]s起计算。月租金为人民币%[3]s元，由承租人提前%[4]s日支付。",
		}, [2]string{
			"The lease term is %[2]s months starting from %[1]s, the monthly rent is RMB %[3]s, and the lessee shall pay it %[4]s days in advance.",
			"The term of this lease shall be %[2]s months, beginning on %[1]s. The monthly rent of RMB %[3]s shall be paid by the lessee %[4]s days in advance.",
		}, bitextDate(r), counted(r.between(12, 96)), counted(r.between(1010, 98900)), counted(r.between(10, 30)))
	},
	func(r *random) bitext {
		return bi([2]string{
			"%[1]s，%[2]s市中级人民法院判决被告%[3]s赔偿原告%[4]s经济损失%[5]s元。",
			"%[2]s市中级人民法院于%[1]s作出判决，被告%[3]s应当向原告%[4]s赔偿经济损失%[5]s元。",
		}, [2]string{
			"On %[1]s, the Intermediate People's Court of %[2]s ordered the defendant, %[3]s, to compensate the plaintiff, %[4]s, for economic losses of %[5]s yuan.",
			"The %[2]s Intermediate People's Court ruled on %[1]s that the defendant %[3]s shall pay the plaintiff %[4]s %[5]s yuan for economic losses.",
		}, bitextDate(r), one(r, bitextCities), one(r, bitextFirms), bitextPerson(r), counted(r.between(1010, 989000)))
	},
	func(r *random) bitext {
		return bi([2]string{
			"本合同终止后%[1]s个月内，接收方不得向任何第三方披露商业秘密；违反本条规定的，应当向%[2]s支付违约金人民币%[3]s元。",
			"接收方在本合同终止后%[1]s个月内不得将商业秘密透露给任何第三方，否则应当向%[2]s支付人民币%[3]s元的违约金。",
		}, [2]string{
			"Within %[1]s months after the termination of this contract, the receiving party shall not disclose the trade secrets to any third party; a party that violates this provision shall pay %[2]s a penalty of RMB %[3]s.",
			"For %[1]s months after this contract ends, the receiving party shall not reveal the trade secrets to any third party; otherwise it shall pay a penalty of RMB %[3]s to %[2]s.",
		}, counted(r.between(12, 60)), one(r, bitextFirms), counted(r.between(10100, 989000)))
	},
}

var bitextEveryday = []func(r *random) bitext{
	func(r *random) bitext {
		date, hour, minute := bitextDate(r), r.between(6, 11), r.between(10, 58)
		return bi([2]string{
			"%[1]s，你好！我坐%[2]s上午%[3]s的火车去%[4]s，大约%[5]s分钟后到站，请来接我。",
			"你好，%[1]s！我%[2]s坐上午%[3]s的火车到%[4]s去，路上大约%[5]s分钟，请到车站接我。",
		}, [2]string{
			"Hello %[1]s, I am taking the %[3]s train to %[4]s on %[2]s. It takes about %[5]s minutes, so please pick me up at the station.",
			"Hi %[1]s! On %[2]s I will take the %[3]s train to %[4]s, which arrives about %[5]s minutes later. Please meet me at the station.",
		}, bitextPerson(r), date, bitextTime(hour, minute), one(r, bitextCities), counted(r.between(40, 480)))
	},
	func(r *random) bitext {
		a, b := twoBitextPersons(r)
		food := some(r, terms("土豆=potatoes 西红柿=tomatoes 苹果=apples 橘子=oranges 胡萝卜=carrots 葡萄=grapes"), 2)
		return bi([2]string{
			"%[1]s在市场上花%[2]s元买了%[3]s公斤%[4]s和一些%[5]s，准备周末请%[6]s来家里吃饭。",
			"%[1]s花了%[2]s元，在市场上买了%[3]s公斤%[4]s和一些%[5]s，打算周末请%[6]s到家里吃饭。",
		}, [2]string{
			"%[1]s spent %[2]s yuan at the market on %[3]s kilograms of %[4]s and some %[5]s, and plans to invite %[6]s home for a meal on the weekend.",
			"At the market %[1]s bought %[3]s kilograms of %[4]s and some %[5]s for %[2]s yuan, because %[6]s is coming over for dinner this weekend.",
		}, a, counted(r.between(31, 180)), sameTenths(r, 11, 79), food[0], food[1], b)
	},
	func(r *random) bitext {
		return bi([2]string{
			"%[1]s，%[2]s医院的医生告诉%[3]s，这种药每天吃三次，每次%[4]s毫升，要连续吃%[5]s天，这段时间不能喝酒。",
			"%[1]s，%[2]s医院的医生对%[3]s说，这种药一天服用三次，每次%[4]s毫升，连续服用%[5]s天，其间不要喝酒。",
		}, [2]string{
			"On %[1]s, a doctor at the %[2]s Hospital told %[3]s to take %[4]s milliliters of the medicine three times a day for %[5]s days and not to drink alcohol during that time.",
			"On %[1]s, the doctor at the %[2]s Hospital told %[3]s that the medicine should be taken three times a day, %[4]s milliliters each time, for %[5]s days, without drinking any alcohol.",
		}, bitextDate(r), one(r, bitextCities), bitextPerson(r), counted(r.between(11, 30)), counted(r.between(10, 28)))
	},
	func(r *random) bitext {
		a, b := twoBitextPersons(r)
		subject := one(r, terms("数学=math 英语=English 历史=history 化学=chemistry 驾照=driver's_license 会计=accounting"))
		return bi([2]string{
			"%[1]s和%[2]s约好%[3]s在%[4]s图书馆门口见面，一起准备%[5]s考试。",
			"%[1]s跟%[2]s约好%[3]s在%[4]s图书馆的门口碰头，一起为%[5]s考试做准备。",
		}, [2]string{
			"%[1]s and %[2]s have agreed to meet at the entrance of the %[4]s Library on %[3]s to prepare for the %[5]s exam together.",
			"%[1]s arranged with %[2]s to meet on %[3]s in front of the %[4]s Library, so that they can prepare for the %[5]s exam together.",
		}, a, b, one(r, bitextDays), one(r, bitextCities), subject)
	},
}

// sameTenths is a number with one decimal, written alike in both languages.
func sameTenths(r *random, low, high int) term {
	s := tenths(r.between(low, high))
	return term{zh: s, en: s}
}

// tenThousands is a number of 万: 95 is 95 and 950,000.
func tenThousands(n int) term {
	return term{zh: strconv.Itoa(n), en: grouped(n * 10000), zhForms: strconv.Itoa(n * 10000), enForms: strconv.Itoa(n * 10000)}
}

func bitextQuarter(year, quarter int) term {
	y, q, word := strconv.Itoa(year), strconv.Itoa(quarter), bitextCount[quarter-1]
	return term{
		zh: y + "年第" + digits[quarter] + "季度", zhForms: y + "年" + digits[quarter] + "季度|" + y + "年第" + q + "季度|" + y + "年Q" + q,
		en: "the " + word + " quarter of " + y, enForms: word + " quarter of " + y + "|" + word + " quarter " + y + "|" + y + "'s " + word + " quarter|Q" + q + " " + y,
	}
}

func bitextTime(hour, minute int) term {
	clock := strconv.Itoa(hour) + ":" + strconv.Itoa(minute)
	return term{
		zh: strconv.Itoa(hour) + "点" + strconv.Itoa(minute) + "分", zhForms: clock + "|" + strconv.Itoa(hour) + "点" + strconv.Itoa(minute),
		en: clock + " a.m.", enForms: clock,
	}
}
