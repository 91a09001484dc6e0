package contract

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// A piece is a template with its slots filled.
type piece struct {
	text   string
	values map[string]Span // where the values of fields stand in text, in code points
}

// expand fills the slots of a template. values are what {v} and {v:field} stand for; own is the field of {v}.
func (b *builder) expand(template string, values map[string]Value, own ...string) piece {
	d := b.d
	out := piece{values: map[string]Span{}}
	var text []rune
	if b.t.ID == "nda" {
		template = strings.ReplaceAll(template, "本合同", "本协议")
	}
	form := d(dateForms)
	put := func(s string) { text = append(text, []rune(s)...) }
	other := func(v Value) {
		b.all = append(b.all, v)
		put(v.surface(d, form))
	}
	for {
		before, rest, ok := strings.Cut(template, "{")
		put(before)
		if !ok {
			out.text = string(text)
			return out
		}
		slot, after, _ := strings.Cut(rest, "}")
		template = after
		name, field, _ := strings.Cut(slot, ":")
		switch name {
		case "v":
			if field == "" {
				field = own[0]
			}
			v := values[field]
			b.all = append(b.all, v)
			start := len(text)
			put(v.surface(d, form))
			out.values[field] = Span{start, len(text)}
		case "P":
			put(b.payer)
		case "R":
			put(b.payee)
		case "A":
			put(b.a)
		case "B":
			put(b.b)
		case "PN":
			if b.t.person == "payee" || d.Chance(50) {
				put(b.payer)
			} else {
				put(b.payee)
			}
		case "ref":
			put(plain(int64(b.at[field])))
		case "g":
			put(b.goods)
		case "list":
			if b.list {
				put("详见附件一")
			} else {
				put("以双方确认的" + draw.One(d, []string{"订单", "任务书", "清单"}) + "为准")
			}
		case "job":
			put(draw.One(d, jobs))
		case "addr":
			put(address(d) + draw.One(d, buildings))
		case "area":
			put(strconv.Itoa(d.Between(60, 2400)))
		case "half":
			put(Value{Kind: Count, N: values["copies"].N / 2}.surface(d, 0))
		case "days":
			other(Value{Kind: Duration, N: draw.One(d, []int64{2, 3, 5, 7, 10, 15, 20, 30, 45, 60}), Unit: Days})
		case "pct":
			other(Value{Kind: Percent, N: int64(d.Between(2, 10)) * 50_000})
		case "high":
			other(Value{Kind: Percent, N: int64(d.Between(12, 19)) * 50_000})
		case "low":
			other(Value{Kind: Percent, N: int64(d.Between(2, 12)) * 10_000})
		case "amt":
			other(Value{Kind: Amount, N: money(d, 200_000, 60_000_000)})
		case "small":
			other(Value{Kind: Amount, N: int64(d.Between(2, 15)) * 10_000})
		case "founded":
			other(day(b.signed.AddDate(-d.Between(2, 18), 0, -d.Between(1, 300))))
		case "date":
			other(day(b.signed.AddDate(0, 0, -d.Between(10, 900))))
		default:
			panic(fmt.Sprintf("contract: no slot {%s}", slot))
		}
	}
}

// line writes a line without a value that is asked for.
func (b *builder) line(s string) { b.text = append(b.text, []rune(s+"\n")...) }

// paragraph writes a line, remembers where its values stand, and in which sentences: those of group, or the one field of {v}.
func (b *builder) paragraph(template, prefix string, values map[string]Value, group string) {
	var own []string
	if group != "" {
		own = fieldsOf(group)
	}
	p := b.expand(template, values, own...)
	b.text = append(b.text, []rune(prefix)...)
	from := len(b.text)
	b.line(p.text)
	line := []rune(p.text)
	for field, at := range p.values {
		s := sentence(line, at)
		b.spans[field] = append(b.spans[field], Span{from + s.Start, from + s.End})
		b.surface[field] = Span{from + at.Start, from + at.End}
	}
	if group == "price" && len(p.values) == 0 { // the reference to the price list
		s := sentence(line, Span{0, 1})
		b.spans["price"] = append(b.spans["price"], Span{from + s.Start, from + s.End})
	}
}

// sentence is the run of a line between marks 。 and ； that holds at.
func sentence(line []rune, at Span) Span {
	start, end := at.Start, at.End
	for start > 0 && line[start-1] != '。' && line[start-1] != '；' {
		start--
	}
	for end < len(line) && line[end] != '。' && line[end] != '；' {
		end++
	}
	return Span{start, end}
}
