package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// A builder holds what is decided about a contract before and while it is written.
type builder struct {
	d draw.Draw
	t Type

	payerName, payeeName string
	payer, payee         string // aliases
	a, b                 string // aliases in the order of the contract
	goods                string
	signed, start        time.Time
	court                bool // disputes go to a court

	status map[string]Status
	values map[string]Value // that count
	old    map[string]Value // before an amendment or deletion
	order  []article
	at     map[string]int // article number by field, as far as an article has it
	list   bool           // there is a price list
	rows   []listRow
	title  string

	text    []rune
	spans   map[string][]Span
	surface map[string]Span
	former  map[string][]Value
	all     []Value
}

// Make writes a contract of a type.
func Make(t Type, d draw.Draw) Contract {
	b := &builder{
		d: d, t: t,
		status: map[string]Status{}, values: map[string]Value{}, old: map[string]Value{}, at: map[string]int{},
		spans: map[string][]Span{}, surface: map[string]Span{}, former: map[string][]Value{},
	}
	b.people()
	b.settle()
	b.arrange()
	b.write()
	return b.finish()
}

// people names the parties and decides what the contract calls them.
func (b *builder) people() {
	d := b.d
	b.payerName, b.payeeName = company(d), company(d)
	for b.payeeName == b.payerName {
		b.payeeName = company(d)
	}
	if b.t.person == "payee" {
		b.payeeName = personName(d)
	}
	role := d(len(b.t.Payer)) // 买方 goes with 卖方, 需方 with 供方
	b.payer, b.payee = b.t.Payer[role], b.t.Payee[role]
	payerFirst := d.Chance(b.t.payerFirst)
	if len(b.t.subjects) > 0 {
		b.goods = draw.One(d, b.t.subjects)
	}
	b.title = strings.ReplaceAll(draw.One(d, b.t.Titles), "{g}", b.goods)
	b.signed = anyDate(d, 2019, 2025)
	b.start = b.signed.AddDate(0, 0, d.Between(1, 60))
	b.court = d.Chance(50)
	if payerFirst {
		b.a, b.b = b.payer, b.payee
	} else {
		b.a, b.b = b.payee, b.payer
	}
}

// settle decides for each field whether and where it is settled, and draws the values.
func (b *builder) settle() {
	d := b.d
	var own []string
	for _, a := range b.t.articles {
		for _, g := range a.groups {
			own = append(own, fieldsOf(g)...)
		}
	}
	b.status["payer"], b.status["payee"] = Stated, Stated
	for _, f := range append([]string{"sign_date"}, own...) {
		b.status[f] = Stated
		if d.Chance(22) {
			b.status[f] = Missing
		}
	}
	for f, other := range needs {
		if _, ok := b.status[f]; ok && b.status[other] == Missing {
			b.status[f] = Missing
		}
	}
	for _, fields := range groups { // together or not at all
		for _, f := range fields[1:] {
			if _, ok := b.status[f]; ok {
				b.status[f] = b.status[fields[0]]
			}
		}
	}
	if b.status["price"] == Stated && d.Chance(75) {
		b.list = true
		if d.Chance(60) {
			b.status["price"] = Attached
		}
	}
	for _, f := range Fields {
		if _, ok := b.status[f.ID]; ok {
			b.values[f.ID] = b.value(f.ID)
		}
	}
	if b.list {
		b.values["price"] = Value{Kind: Amount, N: b.priceList()}
		if _, ok := b.values["deposit"]; ok {
			b.values["deposit"] = b.value("deposit")
		}
	}
	b.change(own)
	for _, f := range b.t.foreign {
		b.status[f] = Foreign
	}
}

// change amends or deletes some clauses, in half of the contracts.
func (b *builder) change(own []string) {
	if !b.d.Chance(60) {
		return
	}
	n := b.d.Between(1, 3)
	for _, f := range draw.Shuffled(b.d, own) {
		grouped := slices.Contains(groups["term"], f)
		if n == 0 {
			return
		}
		if b.status[f] != Stated || f == "copies" || f == "start_date" || f == "price" && b.list {
			continue
		}
		depended := false
		for g, other := range needs {
			depended = depended || other == f && b.status[g] == Stated
		}
		b.old[f] = b.values[f]
		if b.d.Chance(35) && !grouped && !depended && f != "ip" {
			b.status[f] = Deleted
		} else {
			b.status[f] = Amended
			for b.values[f] == b.old[f] {
				b.values[f] = b.value(f)
			}
		}
		n--
	}
}

// rendered reports whether an article has a paragraph on the field.
func (b *builder) rendered(field string) bool {
	s, ok := b.status[field]
	return ok && s != Missing && s != Foreign
}

// arrange orders the articles and numbers them.
func (b *builder) arrange() {
	var first, middle, last []article
	for _, a := range b.t.articles {
		has := slices.ContainsFunc(a.groups, func(g string) bool { return b.rendered(fieldsOf(g)[0]) })
		if !has && !a.first && !a.last && b.d.Chance(40) {
			continue
		}
		switch {
		case a.first:
			first = append(first, a)
		case a.last:
			last = append(last, a)
		default:
			middle = append(middle, a)
		}
	}
	b.order = slices.Concat(first, draw.Shuffled(b.d, middle), last)
	for i, a := range b.order {
		for _, g := range a.groups {
			for _, f := range fieldsOf(g) {
				if b.rendered(f) {
					b.at[f] = i + 1
				}
			}
		}
	}
}

// finish collects the truth.
func (b *builder) finish() Contract {
	c := Contract{Type: b.t.ID, Text: string(b.text), Values: b.all}
	for _, f := range Fields {
		status, ok := b.status[f.ID]
		if !ok {
			continue
		}
		clause := Clause{Field: f.ID, Title: b.t.Title(f.ID), Status: status, Former: b.former[f.ID]}
		switch status {
		case Stated, Attached, Amended:
			clause.Spans, clause.Value, clause.Surface = b.spans[f.ID], b.values[f.ID], b.surface[f.ID]
			if len(clause.Spans) == 0 {
				panic(fmt.Sprintf("contract: %s.%s was not written", b.t.ID, f.ID))
			}
		}
		c.Clauses = append(c.Clauses, clause)
	}
	return c
}
