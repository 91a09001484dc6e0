package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

var (
	reviewThings = []string{"耳机", "电饭煲", "键盘", "运动鞋", "充电宝", "台灯", "行李箱", "保温杯", "吸尘器", "手表", "书包", "加湿器"}
	// What reviews say, negative and positive in the order of class numbers reversed: [class][]text.
	reviewBodies = [2][]string{
		{"做工很精致，用了{n}天没有任何问题", "性价比很高，比想象中好用", "质量不错，家里人都说好", "颜色漂亮，手感也舒服", "效果超出预期，朋友也跟着买了{n}个", "很喜欢，操作简单又安静"},
		{"用了{n}天就坏了", "做工粗糙，边上全是毛刺", "味道刺鼻，根本没法用", "和图片差得太远，很失望", "噪音大得离谱，吵得睡不着", "买回来第{n}天就开始掉漆，质量太差"},
	}
	reviewService = [2][]string{
		{"物流也快，包装完好", "客服很有耐心", "第{n}次买了，还会再来", "卖家还送了小礼物", "强烈推荐"},
		{"客服爱理不理", "退货还要自己出运费", "再也不会买了", "包装破破烂烂", "等了{n}天才发货，大家别上当"},
	}
)

func makeEPRSTMT(seed uint64, n int) datasets.Set {
	var classes []int
	return generate(seed, "eprstmt", n, func(r *random, i int) datasets.Record {
		if classes == nil {
			classes = r.labelsFor(n, len(eprstmtLabels.choices))
		}
		class := classes[i]
		fillers := map[string][]string{"n": {"两", "三", "五", "七", "十"}}
		text := one(r, []string{"这个", "新买的", "给孩子买的", "网上买的", "活动时买的"}) + one(r, reviewThings) +
			fmt.Sprintf("，%d元买的，%d月%d日", r.between(19, 399), r.between(1, 12), r.between(1, 28)) + one(r, []string{"到货，", "收到了，", "开始用，"}) +
			fill(r, one(r, reviewBodies[class]), fillers) + "，" + fill(r, one(r, reviewService[class]), fillers) + "。"
		return datasets.Record{Fields: map[string]string{"sentence": text}, Choices: eprstmtLabels.choices, Answer: class}
	})
}
