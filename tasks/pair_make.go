package tasks

import (
	"strconv"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// A want is something that people ask for: ways to say it, and what it is easily mistaken for. Fillers that both sentences of a pair share
// stand in braces.
type want struct {
	ways  []string
	other []string // ways to say something close to it that is not the same
}

// makePairs makes pairs of two ways to say one thing, or of one way and a close other thing. fillers are drawn once a pair.
func makePairs(seed uint64, name string, n int, wants []want, fillers func(r *random) map[string]string) datasets.Set {
	var classes []int
	return generate(seed, name, n, func(r *random, i int) datasets.Record {
		if classes == nil {
			classes = r.labelsFor(n, len(sameLabels.choices))
		}
		w := one(r, wants)
		ways := some(r, w.ways, 2)
		if classes[i] == 0 {
			ways[1] = one(r, w.other)
		}
		// Either sentence may come first.
		if r.below(2) == 1 {
			ways[0], ways[1] = ways[1], ways[0]
		}
		single := make(map[string][]string)
		for key, text := range fillers(r) {
			single[key] = []string{text}
		}
		return datasets.Record{
			Choices: sameLabels.choices, Answer: classes[i],
			Fields: map[string]string{"sentence1": fill(r, ways[0], single), "sentence2": fill(r, ways[1], single)},
		}
	})
}

var afqmcWants = []want{
	{
		[]string{"{loan}可以提前还清吗", "{loan}没到期，能先还掉吗", "我想把{loan}提前结清，行不行"},
		[]string{"{loan}可以晚几天还吗", "{loan}提前还清以后还能再借吗", "{loan}提前还过一次了，怎么还显示欠款"},
	},
	{
		[]string{"{loan}逾期了会有什么后果", "{loan}过了还款日没还会怎么样", "要是{loan}没按时还，有什么影响"},
		[]string{"{loan}的还款日是哪天", "{loan}没逾期，为什么收到催款短信", "{loan}逾期的记录多久会消失"},
	},
	{
		[]string{"{loan}能分成{k}期还吗", "可不可以把{loan}分{k}期来还", "想问一下{loan}分{k}期还款怎么办理"},
		[]string{"{loan}分了{k}期，能一次还完吗", "{loan}分{k}期的话利息怎么算", "{loan}已经还了{k}期，还剩多少"},
	},
	{
		[]string{"{loan}为什么审核没有通过", "我申请的{loan}被拒了，是什么原因", "怎么{loan}没批下来"},
		[]string{"{loan}要审核多久", "{loan}审核通过了，为什么还没放款", "申请{loan}要准备什么材料"},
	},
	{
		[]string{"{loan}扣款失败了怎么办", "{loan}自动扣款没成功，该怎么处理", "还{loan}的时候没扣到钱，怎么办"},
		[]string{"{loan}重复扣款了怎么办", "{loan}怎么取消自动扣款", "{loan}扣款成功了，为什么没有短信"},
	},
	{
		[]string{"还{loan}的银行卡怎么换", "我要更换{loan}的还款卡", "{loan}绑的卡不用了，想换一张还款"},
		[]string{"{loan}的钱能转到别人的卡上吗", "还{loan}的银行卡丢了要去哪里补办", "{loan}可以用两张卡一起还吗"},
	},
}

func makeAFQMC(seed uint64, n int) datasets.Set {
	return makePairs(seed, "afqmc", n, afqmcWants, func(r *random) map[string]string {
		amount := strconv.Itoa(r.between(10, 300) * 100)
		day := strconv.Itoa(r.between(1, 12)) + "月" + strconv.Itoa(r.between(1, 28)) + "日"
		return map[string]string{
			"loan": day + "在" + one(r, firmNames) + one(r, []string{"银行", "消费金融"}) + "借的" + amount + "元",
			"k":    strconv.Itoa(one(r, []int{3, 6, 12, 24})),
		}
	})
}

var bustmWants = []want{
	{
		[]string{"提醒我{day}{time}给{who}打电话", "{day}{time}叫我给{who}打个电话", "到{day}{time}的时候，记得让我打电话给{who}"},
		[]string{"{day}{time}给{who}打电话了吗", "提醒我{day}{time}给{who}发邮件", "别再提醒我{day}{time}给{who}打电话了"},
	},
	{
		[]string{"告诉{who}我{day}{time}到{city}", "给{who}发条消息，说我{day}{time}到{city}", "发短信通知{who}，{day}{time}我就到{city}了"},
		[]string{"问问{who}{day}{time}到不到{city}", "告诉{who}我{day}{time}离开{city}", "给{who}发条消息，说我{day}{time}到不了{city}"},
	},
	{
		[]string{"{day}我和{who}去{city}，那天下不下雨", "查一下{city}{day}会不会下雨，我要和{who}去", "我跟{who}{day}要去{city}，帮我看看有没有雨"},
		[]string{"{day}我和{who}去{city}，那天热不热", "查一下{city}{day}有没有雾，我要和{who}去", "帮我看看从{city}怎么去{who}家"},
	},
	{
		[]string{"订一张{day}{time}左右去{city}的火车票，{who}坐", "帮{who}买一张去{city}的火车票，{day}{time}左右出发", "{who}{day}{time}左右要坐火车去{city}，订张票"},
		[]string{"退掉{who}{day}{time}去{city}的火车票", "帮{who}买一张{day}{time}左右去{city}的飞机票", "{who}{day}{time}从{city}坐火车回来，订张票"},
	},
	{
		[]string{"把{day}{time}和{who}开会加到日程里", "日程里记一下，{day}{time}跟{who}开会", "添加一个日程，{day}{time}要和{who}开会"},
		[]string{"把{day}{time}和{who}的会从日程里删掉", "我{day}{time}和{who}开会的地点在哪儿", "把{day}{time}和{who}的会改到别的时间"},
	},
}

func makeBUSTM(seed uint64, n int) datasets.Set {
	return makePairs(seed, "bustm", n, bustmWants, func(r *random) map[string]string {
		return map[string]string{
			"day": strconv.Itoa(r.between(1, 12)) + "月" + strconv.Itoa(r.between(1, 28)) + "号", "time": clock(r), "who": person(r), "city": one(r, cities),
		}
	})
}
