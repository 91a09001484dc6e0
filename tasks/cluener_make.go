package tasks

import (
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// entityFillers are invented entities by type. No entity of one type is part of the templates or of an entity of another type.
var entityFillers = map[string][]string{
	"address":      {"临江路", "青石巷", "南屏县", "西岭镇", "东湾区", "柳河村", "云州"},
	"book":         {"《雨巷灯火》", "《白塔往事》", "《麦浪与铁轨》", "《旧城笔记》", "《第七个渡口》"},
	"company":      {"远帆集团", "青禾乳业", "星河软件", "恒岳银行", "蓝湾地产", "锦程航空"},
	"game":         {"星尘远征", "铁壁要塞", "王朝风云", "极速车神", "幻境迷城"},
	"government":   {"市教育局", "省水利厅", "县公安局", "市卫健委", "国家档案局"},
	"movie":        {"《午夜站台》", "《风起长滩》", "《消失的邮差》", "《追光的人》", "《冬日来信》"},
	"organization": {"飞鹰篮球队", "绿野志愿者协会", "海燕足球俱乐部", "和声合唱团", "晨光基金会"},
	"position":     {"董事长", "总经理", "主教练", "编剧", "局长", "工程师", "教授"},
	"scene":        {"望月湖公园", "九曲溪", "石鼓山", "古渡口遗址", "银杏谷"},
}

// entityTemplates hold fields <type>; everything else is plain text.
var entityTemplates = []string{
	"<company><position><name>表示，公司将在<address>新建一座工厂。",
	"<name>在<address>的书店里读完了<book>，久久不愿离开。",
	"由<name>主演的<movie>今晚在<address>首映，<organization>到场助阵。",
	"<government><position><name>到<scene>检查安全工作。",
	"<organization><position><name>说，球队下周要去<address>比赛。",
	"<company>推出的新作<game>上线三天，玩家已经超过百万。",
	"周末我们一家去了<scene>，又在<address>吃了晚饭。",
	"<name>曾在<company>担任<position>，后来写出了<book>。",
	"<movie>的<position><name>透露，续集将在<scene>取景。",
	"<government>与<organization>联合举办的活动在<address>开幕。",
	"记者从<government>获悉，<scene>下月起免费开放。",
	"他整晚都在玩<game>，连<name>的电话也没接。",
}

// entityOpenings stand before a template, after a date, and hold no entity.
var entityOpenings = []string{"", "据报道，", "消息称，", "人们发现，", "让人高兴的是，", "大家都知道，", "令人意外的是，"}

func makeCLUENER(seed uint64, n int) datasets.Set {
	return generate(seed, "cluener", n, func(r *random, i int) datasets.Record {
		// Templates take turns, so that all types are frequent.
		rest := entityTemplates[i%len(entityTemplates)]
		rec := datasets.Record{Answer: -1}
		text := []rune(occasion(r) + "，" + one(r, entityOpenings))
		for {
			before, after, ok := strings.Cut(rest, "<")
			text = append(text, []rune(before)...)
			if !ok {
				break
			}
			typ, tail, _ := strings.Cut(after, ">")
			rest = tail
			surface := person(r)
			if typ != "name" {
				surface = one(r, entityFillers[typ])
			}
			start := len(text)
			text = append(text, []rune(surface)...)
			rec.Spans = append(rec.Spans, datasets.Span{Type: typ, Text: surface, Start: start, End: len(text)})
		}
		rec.Fields = map[string]string{"text": string(text)}
		return rec
	})
}
