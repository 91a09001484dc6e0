package tasks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// makeSegmentation makes sentences, each asked twice with the readings in either order, side by side.
func makeSegmentation(seed uint64, n int) datasets.Set {
	sentences := (n + 1) / 2
	var kinds []int // string and reading of each sentence
	var text, cut string
	var at ambiguity
	var first int
	used := make(map[string]bool)
	return generate(seed, "segmentation", n, func(r *random, i int) datasets.Record {
		if kinds == nil {
			kinds = r.labelsFor(sentences, 2*len(ambiguities))
		}
		at = ambiguities[kinds[i/2]/2]
		reading := kinds[i/2] % 2
		if i%2 == 0 {
			text, cut = fresh(used, func() (string, string) {
				line := strings.ReplaceAll(one(r, at.contexts[reading][:]), "{s}", at.text)
				return occasion(r) + "，" + fill(r, line, map[string][]string{
					"p": {person(r)}, "c": {one(r, cities)}, "n": {strconv.Itoa(r.between(2, 9))},
				}), at.cuts[reading]
			})
			first = r.below(2)
		}
		// The right reading stands first in one of the two questions.
		place := (first + i) % 2
		choices := []string{cut, at.cuts[1-reading]}
		if place == 1 {
			choices[0], choices[1] = choices[1], choices[0]
		}
		pair := fmt.Sprintf("sentence-%d", i/2)
		return datasets.Record{
			Cluster: pair, Choices: choices, Answer: place,
			Fields: map[string]string{"text": text, "string": at.text, "order": strconv.Itoa(i%2 + 1)},
			Tags:   map[string]string{"string": at.text, "kind": at.kind, "pair": pair, "position": letter(place)},
		}
	})
}

// An ambiguity is a string with two readings and two sentences for each. {s} is the string, {p} a person, {c} a city, {n} a number;
// readings end with … where the last word goes on beyond the string, and begin with it where the first one began before.
type ambiguity struct {
	text, kind string // kind: 交集 (words overlap) or 组合 (one word or two)
	cuts       [2]string
	contexts   [2][2]string
}

const (
	overlapping = "交集"
	combining   = "组合"
)

var ambiguities = []ambiguity{
	{"南京市长江大桥", overlapping, [2]string{"南京市／长江大桥", "南京／市长／江大桥"}, [2][2]string{
		{"{p}开车驶过{s}，看见江面上有{n}艘货船。", "{s}的桥面翻修了{n}天，今天恢复通车。"},
		{"{s}出席了签字仪式，并和{p}握手致意。", "据{p}说，{s}在会上批评了{n}名局长，还摔了杯子。"},
	}},
	{"乒乓球拍卖完了", overlapping, [2]string{"乒乓球／拍卖／完了", "乒乓球拍／卖／完了"}, [2][2]string{
		{"一槌落下，冠军签名的{s}，{p}以{n}万元成交。", "拍卖会上，那{n}枚带签名的{s}，主持人{p}接着介绍下一件拍品。"},
		{"店里的{s}，{p}只好买了一副羽毛球拍。", "{p}问有没有两面贴胶皮的球拍，老板说{s}，要等{n}天才补货。"},
	}},
	{"研究生命", overlapping, [2]string{"研究／生命", "研究生／命"}, [2][2]string{
		{"{p}一直在实验室里{s}的起源。", "这个课题组用{n}年时间{s}现象，{p}是负责人。"},
		{"{p}感叹现在的{s}真苦，天天要熬到凌晨{n}点。", "导师{p}笑着说，你们这些{s}都不错，赶上了好时候。"},
	}},
	{"发展中国家", overlapping, [2]string{"发展中／国家", "发展／中国／家…"}, [2][2]string{
		{"{p}在会上说，{s}需要更多的粮食援助。", "这{n}个{s}联合起来，要求富国减免债务。"},
		{"{p}的公司决心{s}具出口，先后开了{n}家分厂。", "这笔资金专门用来{s}电产业，{p}负责审批。"},
	}},
	{"美国会通过", overlapping, [2]string{"美／国会／通过", "美国／会／通过"}, [2][2]string{
		{"{s}了对{n}种商品加税的法案，{p}在议事厅外作了报道。", "记者{p}报道：{s}新预算，{n}名参议员投了反对票。"},
		{"{p}预测，{s}谈判来解决争端，不会动武。", "{p}认为{s}外交途径要求对方让步，时间就在{n}天以后。"},
	}},
	{"从小学", combining, [2]string{"从／小学", "从小／学"}, [2][2]string{
		{"{p}{s}门口接出一年级的儿子。", "{p}{s}到中学都在{c}念书。"},
		{"{p}{s}钢琴，今年考过了{n}级。", "{p}跟着父亲{s}木匠手艺，已经做了{n}年。"},
	}},
	{"学生会", combining, [2]string{"学生会", "学生／会"}, [2][2]string{
		{"{p}当选为{s}主席，下面有{n}个部门。", "{p}向{s}递交了加入宣传部的申请。"},
		{"老师问有几个{s}做这道题，{p}第一个举手。", "这个班只有{n}名{s}游泳，{p}就是其中之一。"},
	}},
	{"将来", combining, [2]string{"将来", "将／来"}, [2][2]string{
		{"{p}说自己{s}要当一名医生。", "谁也不知道{s}会怎样，{p}只想过好眼前的{n}天。"},
		{"专家组明天{s}{c}考察，{p}负责接待。", "听说有{n}位客人{s}家里吃饭，{p}赶紧去买菜。"},
	}},
	{"才能", combining, [2]string{"才能", "才／能"}, [2][2]string{
		{"{p}很有音乐{s}，{n}岁就能作曲。", "领导看中{p}的组织{s}，派他去{c}主持工作。"},
		{"医生说{p}要再住{n}天{s}出院。", "只有拿到钥匙{s}进门，{p}便去{c}找房东。"},
	}},
	{"马上", combining, [2]string{"马上", "马／上"}, [2][2]string{
		{"{p}接到电话，{s}赶到会议室。", "经理叫{p}{s}把那{n}份文件送来。"},
		{"将军从{s}跳下来，把缰绳交给{p}。", "{p}骑在{s}跑了{n}里路，一直没有松开缰绳。"},
	}},
	{"把手", combining, [2]string{"把手", "把／手"}, [2][2]string{
		{"门上的{s}坏了，{p}用螺丝刀修了{n}次。", "{p}握住抽屉的{s}，用力一拉。"},
		{"{p}{s}伸进冷水里泡了{n}分钟。", "会上同意的人请{s}举起来，{p}数了数，有{n}个。"},
	}},
	{"个人", combining, [2]string{"个人", "个／人"}, [2][2]string{
		{"这是{p}的{s}意见，不代表公司。", "{p}在运动会上得了{s}项目第{n}名。"},
		{"屋里坐着{n}{s}，{p}也在里面。", "{p}一连问了{n}{s}，都不知道路。"},
	}},
	{"一起", combining, [2]string{"一起", "一／起"}, [2][2]string{
		{"{p}和{n}位同事{s}去吃火锅。", "{p}邀朋友{s}到{c}旅行。"},
		{"这个路口发生了{s}交通事故，{p}受了轻伤。", "{p}破获了{s}盗窃案，追回{n}万元。"},
	}},
	{"和服", combining, [2]string{"和服", "和／服…"}, [2][2]string{
		{"{p}在京都租了一件{s}拍照。", "{p}穿着{s}踩着木屐，走了{n}条街。"},
		{"这家店的商品{s}务都让{p}满意。", "{p}掌管剧团的道具{s}装，有{n}个箱子。"},
	}},
	{"白天鹅", overlapping, [2]string{"白／天鹅", "白天／鹅"}, [2][2]string{
		{"湖面上游来{n}只{s}，{p}连忙举起相机。", "{p}在公园里画了一只{s}，脖子弯成弧形。"},
		{"{p}把家禽夜里关进棚子，{s}在池塘里游，鸭在岸上走。", "邻居抱怨，{s}叫个不停，晚上{p}家的狗又叫。"},
	}},
	{"的确实", overlapping, [2]string{"的确／实…", "…的／确实"}, [2][2]string{
		{"{p}这{n}天{s}在太累，倒头就睡。", "他{s}在没有别的办法，才来求{p}。"},
		{"{p}后来查明，那人说{s}是真话。", "展览上摆{s}是真品，{p}鉴定了{n}遍。"},
	}},
	{"使用户", overlapping, [2]string{"使／用户", "使用／户…"}, [2][2]string{
		{"新版软件的界面{s}感到方便，{p}收到{n}封感谢信。", "为了{s}放心，{p}的公司延长保修{n}年。"},
		{"{p}提醒大家，{s}外帐篷要避开河边。", "领队{p}教{n}名队员{s}外炉具烧水。"},
	}},
	{"当地方", overlapping, [2]string{"当地／方…", "当／地方…"}, [2][2]string{
		{"{p}在{c}住久了，学会了{s}言。", "{p}听不懂{s}志馆馆长说的话。"},
		{"{p}考中进士以后，被派去{s}官。", "{p}不愿留在京城，情愿去{s}长官。"},
	}},
	{"上海关", overlapping, [2]string{"上海／关…", "上／海关"}, [2][2]string{
		{"{p}的公司在{s}闭了{n}家分店。", "记者{p}从{s}注到这次降价的风波。"},
		{"{p}一早就{s}去办理报关手续。", "货物被扣，{p}跑了{n}趟，今天又{s}交材料。"},
	}},
	{"大学生活", overlapping, [2]string{"大学／生活", "大学生／活…"}, [2][2]string{
		{"{p}很怀念{s}，那时{n}个人住一间宿舍。", "{p}在日记里记下四年的{s}。"},
		{"放假留校的{s}得很自在，{p}就是其中一个。", "{p}觉得如今的{s}动太多，一周有{n}场讲座。"},
	}},
	{"地面积", overlapping, [2]string{"…地／面积", "地面／积…"}, [2][2]string{
		{"{p}家的耕{s}有{n}亩。", "{p}量了一下，这块菜{s}不大。"},
		{"大雨过后，{s}了一层水，{p}的鞋全湿了。", "{p}三天没有扫院子，{s}满了落叶。"},
	}},
	{"以前门", overlapping, [2]string{"以／前门", "以前／门…"}, [2][2]string{
		{"{p}设计的游览路线{s}为起点，到钟楼结束。", "消防队{s}作为突破口，救出了{n}个人。"},
		{"{p}家{s}口有棵老槐树，去年被砍了。", "{p}说{s}票只要{n}元，现在涨了价。"},
	}},
	{"家具体", overlapping, [2]string{"家具／体…", "…家／具体"}, [2][2]string{
		{"搬运工说这套{s}积太大，{p}只好拆开。", "{p}新买的{s}现了北欧风格。"},
		{"{p}一时想不起老{s}在哪条街。", "{p}问那{n}户人{s}有什么困难。"},
	}},
	{"水果然", overlapping, [2]string{"水／果然", "水果／然…"}, [2][2]string{
		{"井打到{n}米深，{s}冒了出来，{p}高兴得跳起来。", "{p}打开闸门，{s}流了过来，浇了{n}亩地。"},
		{"{p}先削好{s}后端上桌。", "{p}去超市买了{n}斤{s}后回家。"},
	}},
	{"天真", overlapping, [2]string{"天真", "…天／真"}, [2][2]string{
		{"{p}这孩子太{s}，别人说什么都信。", "{p}露出{s}的笑容，问了{n}个有趣的问题。"},
		{"{p}说{c}的夏{s}热，一连{n}天没有下雨。", "今{s}冷，{p}穿了{n}件毛衣。"},
	}},
	{"好在", combining, [2]string{"好在", "好／在"}, [2][2]string{
		{"{s}{p}带了伞，大家才没有淋湿。", "车坏在半路，{s}{c}离得不远。"},
		{"{p}讲不出这首诗{s}哪里。", "{p}的菜{s}火候，尝过的{n}个人都这么说。"},
	}},
}
