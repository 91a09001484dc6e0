package contract

// Paragraphs that many types share. They hold no value that is asked for.
var (
	disputeFiller = []string{
		"本合同的订立、效力、解释、履行及争议解决均适用中华人民共和国法律。",
		"争议解决期间，除争议事项外，双方应继续履行本合同的其他条款。",
	}
	forceFiller = []string{
		"本合同所称不可抗力，是指不能预见、不能避免且不能克服的客观情况，包括自然灾害、战争、政府行为等。",
		"不可抗力影响消除后，双方应协商决定是否继续履行合同；因不可抗力造成的损失，由双方各自承担。",
	}
	otherFiller = []string{
		"本合同未尽事宜，由双方另行协商并签订书面补充协议。",
		"本合同自双方签字盖章之日起生效。",
		"本合同附件是本合同不可分割的组成部分，与本合同正文具有同等法律效力。",
		"未经对方书面同意，任何一方不得将本合同项下的权利义务转让给第三方。",
		"双方在本合同首部载明的地址为有效送达地址，一方变更地址的，应及时通知对方。",
		"本合同各条标题仅为阅读方便而设，不影响对条款内容的解释。",
	}
	secretFiller = []string{
		"双方对在磋商和履行合同过程中知悉的对方技术资料、客户名单和经营信息负有保密义务。",
		"因法律规定或有权机关要求而披露的，不视为违反保密义务。",
	}
	forceArticle   = article{titles: []string{"不可抗力"}, groups: []string{"force_majeure"}, filler: forceFiller}
	secretArticle  = article{titles: []string{"保密", "保密义务"}, groups: []string{"confidentiality"}, filler: secretFiller}
	disputeArticle = article{titles: []string{"争议解决", "法律适用与争议解决"}, groups: []string{"dispute"}, filler: disputeFiller}
	otherArticle   = article{titles: []string{"其他约定", "附则", "其他"}, groups: []string{"copies"}, filler: otherFiller, last: true}
)

// Types lists the sorts of contracts.
var Types = []Type{
	{
		ID: "sale", Titles: []string{"买卖合同", "{g}采购合同", "{g}购销合同", "产品销售合同"},
		Payer: []string{"买方", "需方", "买受人"}, Payee: []string{"卖方", "供方", "出卖人"}, payerFirst: 60,
		subjects: []string{"数控机床", "办公电脑", "不锈钢板材", "空调设备", "包装纸箱", "实验仪器", "电力电缆", "叉车", "服务器", "净水设备", "铝合金型材", "配电柜"},
		titles:   map[string]string{"payer": "买方（付款方）的名称", "payee": "卖方（收款方）的名称"},
		foreign:  []string{"ip", "response", "rent_free"},
		articles: []article{
			{
				titles: []string{"标的物", "货物名称及规格"}, first: true,
				filler: []string{
					"{P}向{R}购买{g}一批，具体名称、规格、数量{list}。",
					"{R}保证对所售{g}享有完整的所有权，不存在抵押、质押或其他权利瑕疵。",
					"货物的包装应适合长途运输，包装费用由{R}承担，包装物不回收。",
				},
			},
			{
				titles: []string{"价款与支付", "合同价款及支付方式"}, groups: []string{"price", "tax_rate", "deposit", "payment_term"}, first: true,
				filler: []string{
					"{P}以银行转账方式付款，{R}的收款账户以本合同签字页载明的为准。",
					"货款分两期支付，第一期为总价的{pct}，其余部分在验收合格后支付。",
				},
			},
			{
				titles: []string{"交货", "交货时间与地点"}, groups: []string{"delivery_date", "place"},
				filler: []string{
					"货物毁损、灭失的风险自{P}签收之时起转移。",
					"{R}应在发货前{days}将装箱清单和运单号以电子邮件告知{P}。",
				},
			},
			{
				titles: []string{"验收", "检验与验收"}, groups: []string{"inspection"},
				filler: []string{
					"经检验不符合约定的，{R}应负责更换，由此产生的费用由{R}承担。",
					"验收以双方签署的验收单为准，验收单不免除{R}对隐蔽瑕疵的责任。",
				},
			},
			{
				titles: []string{"质量保证", "质量标准与售后服务"}, groups: []string{"warranty"},
				filler: []string{
					"{R}提供的货物应为全新、未使用过的产品，并符合国家标准和行业标准。",
					"{R}接到报修通知后，应及时派人处理，更换下来的零部件归{R}所有。",
				},
			},
			{
				titles: []string{"违约责任"}, groups: []string{"late_payment", "late_delivery", "cap"},
				filler: []string{
					"一方违约给对方造成损失的，除支付违约金外，还应赔偿对方因此支出的律师费、诉讼费等合理费用。",
					"{R}交付的货物不合格率超过{low}的，{P}有权拒收整批货物。",
				},
			},
			{
				titles: []string{"合同的变更与解除", "合同解除"}, groups: []string{"notice"},
				filler: []string{
					"经双方协商一致，可以书面变更或解除本合同。",
					"一方严重违约致使合同目的不能实现的，另一方有权单方解除合同。",
				},
			},
			secretArticle, forceArticle, disputeArticle, otherArticle,
		},
	},
	{
		ID: "lease", Titles: []string{"房屋租赁合同", "写字楼租赁合同", "厂房租赁合同", "商铺租赁合同"},
		Payer: []string{"承租方", "承租人"}, Payee: []string{"出租方", "出租人"}, payerFirst: 15,
		titles: map[string]string{
			"payer": "承租方的名称", "payee": "出租方的名称", "deposit": "租赁押金（保证金）", "late_payment": "逾期交租违约金比例（每日）",
			"penalty": "提前退租的违约金数额", "start_date": "租赁起始日期", "end_date": "租赁截止日期",
		},
		foreign: []string{"warranty", "tax_rate", "inspection"},
		articles: []article{
			{
				titles: []string{"租赁房屋", "房屋基本情况"}, first: true,
				filler: []string{
					"{R}将位于{addr}的房屋出租给{P}使用，建筑面积{area}平方米。",
					"{R}保证对该房屋享有合法的出租权，房屋未被查封。",
					"该房屋仅作办公及配套用途，{P}不得擅自改变用途。",
				},
			},
			{
				titles: []string{"租赁期限", "租期"}, groups: []string{"term", "rent_free", "renewal_notice"}, first: true,
				filler: []string{"租赁期满，{P}应将房屋恢复原状后交还{R}，正常使用的损耗除外。"},
			},
			{
				titles: []string{"租金及支付", "租金、押金与费用"}, groups: []string{"rent", "deposit"},
				filler: []string{
					"租金按季度支付，先付后用，{P}应在每季度首月的五日之前交纳。",
					"物业管理费为每月{small}，由{P}直接向物业服务企业交纳。",
					"租赁期间发生的水、电、燃气和网络费用由{P}自行承担。",
				},
			},
			{
				titles: []string{"房屋的使用与维修"},
				filler: []string{
					"{R}负责房屋主体结构的维修，接到报修后应在{days}内安排处理。",
					"{P}需要装修的，应事先征得{R}书面同意，并遵守消防规定。",
					"未经{R}书面同意，{P}不得将房屋转租、分租给第三人。",
				},
			},
			{
				titles: []string{"违约责任"}, groups: []string{"late_payment", "penalty"},
				filler: []string{
					"{P}擅自拆改房屋承重结构的，应负责恢复原状并赔偿损失。",
					"{R}未按约定交付房屋的，{P}有权相应顺延租期。",
				},
			},
			{
				titles: []string{"合同的解除", "合同解除与终止"}, groups: []string{"notice"},
				filler: []string{
					"房屋被依法征收的，本合同自动终止，双方互不承担违约责任。",
					"{P}累计拖欠租金超过{days}的，{R}有权解除合同并收回房屋。",
				},
			},
			forceArticle, disputeArticle, otherArticle,
		},
	},
	{
		ID: "service", Titles: []string{"技术服务合同", "{g}服务合同", "委托服务合同", "{g}项目合同"},
		Payer: []string{"委托方", "采购方", "委托人"}, Payee: []string{"受托方", "服务方", "受托人"}, payerFirst: 80,
		subjects: []string{"信息系统运维", "管理咨询", "网站建设", "数据标注", "设备检测", "员工培训", "软件开发", "环境监测", "品牌策划", "审计咨询"},
		titles: map[string]string{
			"payer": "委托方（付款方）的名称", "payee": "受托方（服务方）的名称", "price": "服务费总额", "warranty": "免费维护期",
			"start_date": "服务起始日期", "end_date": "服务截止日期", "late_delivery": "逾期提交成果违约金比例（每日）",
		},
		foreign: []string{"deposit", "place", "prepay_notice"},
		articles: []article{
			{
				titles: []string{"服务内容", "项目概况"}, groups: []string{"term"}, first: true,
				filler: []string{
					"{P}委托{R}提供{g}服务，具体内容和要求{list}。",
					"{R}应指派具备相应资质和经验的人员组成项目组，项目负责人未经{P}同意不得更换。",
					"{P}应在合同生效后{days}内向{R}提供开展工作所需的资料。",
				},
			},
			{
				titles: []string{"服务费及支付", "费用与付款"}, groups: []string{"price", "tax_rate", "payment_term"}, first: true,
				filler: []string{
					"合同生效后，{P}支付服务费总额的{pct}作为预付款，该款项在结算时一并冲抵。",
					"{R}变更收款账户的，应以加盖公章的书面文件通知{P}。",
				},
			},
			{
				titles: []string{"成果验收", "验收与维护"}, groups: []string{"inspection", "warranty"},
				filler: []string{
					"验收不合格的，{R}应在{P}指定的合理期限内免费修改，直至符合要求。",
					"{R}提交的成果包括书面报告一份和全部电子文件。",
				},
			},
			{
				titles: []string{"服务保障", "技术支持"}, groups: []string{"response"},
				filler: []string{
					"{R}每季度向{P}提交一次服务报告，说明服务质量和改进措施。",
					"{R}应保证关键岗位人员的在岗率不低于{high}。",
				},
			},
			{
				titles: []string{"知识产权"}, groups: []string{"ip"},
				filler: []string{
					"{R}保证所提供的服务和成果不侵犯任何第三方的合法权利。",
					"双方各自在签约前已拥有的知识产权，归原权利方。",
				},
			},
			{
				titles: []string{"违约责任"}, groups: []string{"late_payment", "late_delivery", "cap"},
				filler: []string{
					"{R}擅自将服务转包的，{P}有权解除合同并要求退还已付款项。",
					"一方违约的，守约方有权要求继续履行、采取补救措施或赔偿损失。",
				},
			},
			{
				titles: []string{"合同解除", "合同的变更与解除"}, groups: []string{"notice"},
				filler: []string{
					"本合同的任何变更须经双方书面确认。",
					"合同解除后，{R}应移交已完成的工作成果，{P}按实际完成的工作量结算费用。",
				},
			},
			secretArticle, forceArticle, disputeArticle, otherArticle,
		},
	},
	{
		ID: "loan", Titles: []string{"借款合同", "流动资金借款合同", "企业借款合同"},
		Payer: []string{"借款人", "借款方"}, Payee: []string{"出借人", "贷款人"}, payerFirst: 25,
		titles: map[string]string{
			"payer": "借款人（还款方）的名称", "payee": "出借人（贷款方）的名称", "late_payment": "逾期利息比例（每日）",
			"start_date": "借款起始日期", "end_date": "借款到期日期",
		},
		foreign: []string{"deposit", "warranty", "cap"},
		articles: []article{
			{
				titles: []string{"借款金额与用途", "借款金额及用途"}, groups: []string{"principal", "purpose"}, first: true,
				filler: []string{
					"{P}应按约定用途使用借款，{R}有权检查、监督借款的使用情况。",
					"{R}在{P}提供的证明文件齐备后{days}内将款项划入{P}指定账户。",
				},
			},
			{
				titles: []string{"借款期限与利率", "期限和利息"}, groups: []string{"term", "rate"}, first: true,
				filler: []string{"利息自款项实际到账之日起算，一年按三百六十日折算日利率。", "{P}应于每季度末月的二十日支付当期利息。"},
			},
			{
				titles: []string{"还款", "还款方式"}, groups: []string{"prepay_notice", "prepay_fee"},
				filler: []string{
					"{P}采用按季付息、到期一次性归还本金的方式还款。",
					"{P}归还的款项不足以清偿全部债务的，依次冲抵费用、利息和本金。",
				},
			},
			{
				titles: []string{"担保"},
				filler: []string{
					"{P}以其名下机器设备为本合同项下债务提供抵押担保，抵押物评估价值为{amt}。",
					"担保范围包括本金、利息、违约金及实现债权的费用。",
				},
			},
			{
				titles: []string{"违约责任"}, groups: []string{"late_payment"},
				filler: []string{
					"{P}提供虚假资料的，{R}有权宣布借款提前到期。",
					"{P}未按约定用途使用借款的，{R}有权停止发放尚未发放的借款。",
				},
			},
			{
				titles: []string{"陈述与保证"},
				filler: []string{
					"{P}确认其最近一年经审计的资产负债率为{high}，未发生重大不利变化。",
					"{P}发生合并、分立或重大诉讼的，应在{days}内书面通知{R}。",
				},
			},
			disputeArticle, otherArticle,
		},
	},
	{
		ID: "labor", Titles: []string{"劳动合同", "劳动合同书", "聘用合同"},
		Payer: []string{"用人单位"}, Payee: []string{"劳动者"}, payerFirst: 100, person: "payee",
		titles: map[string]string{
			"payer": "用人单位的名称", "payee": "劳动者的姓名", "penalty": "违反竞业限制的违约金数额", "start_date": "合同起始日期", "end_date": "合同截止日期",
			"place": "工作地点", "notice": "劳动者辞职的提前通知期", "dispute": "争议仲裁机构",
		},
		foreign: []string{"tax_rate", "deposit", "payment_term"},
		articles: []article{
			{
				titles: []string{"合同期限"}, groups: []string{"term", "probation"}, first: true,
				filler: []string{"合同期满，双方均有意续订的，应在期满前{days}协商办理续订手续。"},
			},
			{
				titles: []string{"工作内容和工作地点", "工作岗位与地点"}, groups: []string{"place"},
				filler: []string{
					"{P}安排{R}在{job}岗位工作，{R}应按照岗位职责完成工作任务。",
					"{P}因经营需要调整{R}岗位的，应与{R}协商一致。",
				},
			},
			{
				titles: []string{"工作时间和休息休假"},
				filler: []string{
					"{P}实行标准工时制，每日工作不超过八小时，每周工作不超过四十小时。",
					"{R}依法享有法定节假日、年休假、婚假、产假等假期。",
				},
			},
			{
				titles: []string{"劳动报酬", "工资待遇"}, groups: []string{"wage"},
				filler: []string{
					"{P}每月十日发放上月工资，遇节假日提前发放。",
					"病假工资按约定工资的{high}支付，加班工资依法计算。",
					"交通补贴每月{small}，随工资一并发放。",
				},
			},
			{
				titles: []string{"社会保险和福利"},
				filler: []string{
					"{P}依法为{R}缴纳社会保险和住房公积金，个人应缴部分由{P}代扣代缴。",
					"住房公积金缴存比例为{low}，单位与个人各承担相同比例。",
				},
			},
			{
				titles: []string{"保密与竞业限制"}, groups: []string{"confidentiality", "noncompete", "compensation", "penalty"},
				filler: []string{
					"{R}在职期间形成的职务成果归{P}所有。",
					"{R}不得以任何方式复制、传播{P}的技术资料和客户信息。",
				},
			},
			{
				titles: []string{"合同的解除与终止", "劳动合同的解除"}, groups: []string{"notice"},
				filler: []string{
					"{R}严重违反{P}规章制度的，{P}可以解除本合同。",
					"合同解除或终止后，{P}应在{days}内为{R}办理档案和社会保险关系转移手续。",
				},
			},
			disputeArticle, otherArticle,
		},
	},
	{
		ID: "nda", Titles: []string{"保密协议", "保密合同", "商业秘密保护协议"},
		Payer: []string{"接收方"}, Payee: []string{"披露方"}, payerFirst: 30,
		titles: map[string]string{
			"payer": "接收方（负有保密义务的一方）的名称", "payee": "披露方的名称", "sign_date": "协议签订日期", "penalty": "泄密违约金数额", "copies": "协议份数",
		},
		foreign: []string{"price", "late_payment", "noncompete"},
		articles: []article{
			{
				titles: []string{"保密信息", "保密信息的范围"}, first: true,
				filler: []string{
					"本协议所称保密信息，是指{R}以书面、口头或电子形式向{P}披露的技术、财务和经营信息。",
					"{P}能够证明在披露前已为公众所知悉的信息，不属于保密信息。",
					"双方拟就新产品合作进行磋商，预计项目投资额为{amt}。",
				},
			},
			{
				titles: []string{"保密义务"},
				filler: []string{
					"{P}仅可为评估合作之目的使用保密信息，并应采取不低于保护自身商业秘密的措施。",
					"{P}只能向确有必要知悉的员工披露保密信息，并对员工的行为负责。",
					"未经{R}书面许可，{P}不得复制保密信息，备份文件应在每{days}清理一次。",
				},
			},
			{
				titles: []string{"保密期限"}, groups: []string{"confidentiality"},
				filler: []string{"本协议的终止不影响此前已经产生的权利和义务。", "保密义务不因双方合作未能达成而免除。"},
			},
			{
				titles: []string{"资料返还与依法披露", "资料的返还和披露"}, groups: []string{"return", "disclosure_notice"},
				filler: []string{"保密信息及其载体的所有权归{R}，本协议不构成任何许可或转让。"},
			},
			{
				titles: []string{"员工招揽限制", "人员"}, groups: []string{"nonsolicit"},
				filler: []string{"双方应指定专人负责保密信息的交接，并做好登记。"},
			},
			{
				titles: []string{"违约责任"}, groups: []string{"penalty"},
				filler: []string{
					"{P}发现保密信息泄露的，应立即采取补救措施并通知{R}。",
					"{R}因调查违约行为支出的公证费、律师费等合理费用由{P}承担。",
				},
			},
			disputeArticle, otherArticle,
		},
	},
}
