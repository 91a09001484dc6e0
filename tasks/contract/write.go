package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// write lays out the whole text.
func (b *builder) write() {
	d := b.d
	b.line(b.title)
	b.line("合同编号：" + draw.One(d, []string{"HT", "CG", "XM", "FW"}) + "-" + strconv.Itoa(b.signed.Year()) + "-" + fmt.Sprintf("%04d", d.Between(1, 9999)))
	signFirst := d.Chance(40)
	if signFirst {
		b.signDate()
	}
	b.parties()
	b.line("")
	b.preamble()
	style := d(4)
	heading := d(2)
	for i, a := range b.order {
		n := plain(int64(i + 1))
		if heading == 0 {
			b.line("第" + n + "条 " + draw.One(d, a.titles))
		} else {
			b.line(n + "、" + draw.One(d, a.titles))
		}
		b.article(a, i+1, style)
	}
	changed := b.changed()
	inside := d.Chance(50)
	if len(changed) > 0 && inside {
		n := plain(int64(len(b.order) + 1))
		b.line([]string{"第" + n + "条 补充约定", n + "、补充约定"}[heading])
		b.amendments(changed, style, len(b.order)+1)
	}
	b.line("")
	b.line("（以下无正文）")
	b.line(b.a + "（签章）：　　　　　　　　" + b.b + "（签章）：")
	if !signFirst {
		b.signDate()
	}
	if b.list {
		b.line("")
		b.attachment()
	}
	if len(changed) > 0 && !inside {
		b.line("")
		b.line("补充协议")
		b.line("经协商一致，双方就《" + b.title + "》达成如下补充协议，补充协议与原合同不一致的，以补充协议为准。")
		b.amendments(changed, 1, 0)
	}
}

// parties writes the head: who they are and what they are called. From here on the aliases stand for them.
func (b *builder) parties() {
	d := b.d
	neutral := d.Chance(65)
	for i, role := range []string{b.a, b.b} {
		field, name := "payer", b.payerName
		if role == b.payee {
			field, name = "payee", b.payeeName
		}
		alias := role
		head := role
		if neutral {
			alias = []string{"甲方", "乙方"}[i]
			head = alias + "（" + role + "）"
		}
		b.paragraph(head+"：{v}", "", map[string]Value{field: {Kind: Text, Text: name}}, field)
		b.line("住所：" + address(d))
		if b.t.person != field {
			b.line("法定代表人：" + personName(d))
		}
		if field == "payer" {
			b.payer = alias
		} else {
			b.payee = alias
		}
	}
	if neutral {
		b.a, b.b = "甲方", "乙方"
		// Who owns the rights was drawn as a role.
		for _, values := range []map[string]Value{b.values, b.old} {
			if v, ok := values["ip"]; ok {
				values["ip"] = Value{Kind: Text, Text: map[bool]string{true: b.payer, false: b.payee}[slices.Contains(b.t.Payer, v.Text)]}
			}
		}
	}
}

// signDate writes the date of signing, or a blank.
func (b *builder) signDate() {
	label := draw.One(b.d, []string{"签订日期", "签订时间", "签署日期"})
	if b.status["sign_date"] == Stated {
		b.paragraph(label+"：{v}", "", b.values, "sign_date")
		return
	}
	b.line(label + "：　　　　年　　月　　日")
}

func (b *builder) preamble() {
	d := b.d
	law := "民法典"
	if b.t.ID == "labor" {
		law = "劳动合同法"
	}
	b.line(b.expand(draw.One(d, []string{
		"根据《中华人民共和国" + law + "》及有关法律法规，{A}、{B}双方在平等自愿、协商一致的基础上订立本合同，共同遵守。",
		"{A}与{B}本着诚实信用、互利共赢的原则，经友好协商，达成如下条款。",
		"为明确双方的权利和义务，{A}、{B}经协商一致，签订本合同。",
	}), nil).text)
	var pool []string
	pool = append(pool, recitals[""]...)
	pool = append(pool, recitals[b.t.ID]...)
	for _, p := range draw.Shuffled(d, pool)[:d.Between(1, 2)] {
		b.line("鉴于" + b.expand(p, nil).text)
	}
	b.formerContract()
}

// formerContract mentions an earlier contract that settled one of the fields in its own way.
func (b *builder) formerContract() {
	if !b.d.Chance(65) {
		return
	}
	var missing, stated []string
	for _, f := range Fields {
		status, ok := b.status[f.ID]
		switch {
		case !ok || f.Kind == Text || f.Kind == Count || f.ID == "sign_date" || f.ID == "start_date" || f.ID == "end_date":
		case status == Missing || status == Foreign || status == Deleted:
			missing = append(missing, f.ID)
		default:
			stated = append(stated, f.ID)
		}
	}
	pick := stated
	if len(stated) == 0 || len(missing) > 0 && b.d.Chance(60) {
		pick = missing
	}
	if len(pick) == 0 {
		return
	}
	field := draw.One(b.d, pick)
	v := b.value(field)
	for v == b.values[field] || v == b.old[field] {
		v = b.value(field)
	}
	b.former[field] = append(b.former[field], v)
	b.all = append(b.all, v)
	name := draw.One(b.d, oldNames)
	if b.t.ID == "labor" {
		name = draw.One(b.d, oldJobNames)
	}
	b.line(b.expand(strings.NewReplacer("{t}", b.t.Title(field), "{w}", name, "{o}", v.surface(b.d, 5)).Replace(draw.One(b.d, formerPhrases)), nil).text)
}

// article writes the paragraphs of an article, those with a value and some without, in random order.
func (b *builder) article(a article, number, style int) {
	d := b.d
	type item struct {
		group, template string
	}
	var items []item
	for _, g := range a.groups {
		if b.rendered(fieldsOf(g)[0]) {
			items = append(items, item{g, b.phrase(g)})
		}
	}
	if core := coreField(a); core != "" && !b.rendered(core) {
		items = append(items, item{"", b.t.Title(core) + draw.One(d, []string{"由双方另行书面确定。", "以双方另行签订的书面文件为准。"})})
	}
	least := 0
	if len(items) == 0 {
		least = 1
	}
	filler := draw.Shuffled(d, a.filler)
	for _, f := range filler[:d.Between(least, len(filler))] {
		items = append(items, item{"", f})
	}
	for i, it := range draw.Shuffled(d, items) {
		values := b.values
		if it.group != "" {
			values = map[string]Value{}
			for _, f := range fieldsOf(it.group) {
				values[f] = b.values[f]
				if old, ok := b.old[f]; ok {
					values[f] = old
				}
			}
		}
		b.paragraph(it.template, prefix(style, number, i+1), values, it.group)
	}
}

// coreField is the field that an article must at least mention.
func coreField(a article) string {
	for _, g := range a.groups {
		switch g {
		case "price", "rent", "wage", "principal":
			return g
		}
	}
	return ""
}

// prefix numbers a paragraph in one of four ways.
func prefix(style, article, n int) string {
	switch style {
	case 0:
		return fmt.Sprintf("%d.%d ", article, n)
	case 1:
		return fmt.Sprintf("%d. ", n)
	case 2:
		return "（" + plain(int64(n)) + "）"
	}
	return "　　"
}

// phrase picks a wording of a paragraph whose references can be resolved.
func (b *builder) phrase(group string) string {
	if group == "price" && b.status["price"] == Attached {
		return draw.One(b.d, []string{
			"合同总价以附件一《" + b.listName() + "》载明的合计金额为准。",
			"本合同价款总额见附件一《" + b.listName() + "》中的合计数，附件一未列明的费用由{R}承担。",
		})
	}
	key := group
	if group == "dispute" && b.t.ID != "labor" {
		key = "dispute.arbitration"
		if b.court {
			key = "dispute.court"
		}
	} else if _, ok := phrases[b.t.ID+"."+group]; ok {
		key = b.t.ID + "." + group
	}
	var fit []string
	for _, p := range phrases[key] {
		_, after, ok := strings.Cut(p, "{ref:")
		field, _, _ := strings.Cut(after, "}")
		if !ok || b.at[field] > 0 {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		panic(fmt.Sprintf("contract: no wording of %s.%s", b.t.ID, group))
	}
	return draw.One(b.d, fit)
}

// changed lists the fields that the end of the contract changes, in the order of [Fields].
func (b *builder) changed() []string {
	var out []string
	for _, f := range Fields {
		if s := b.status[f.ID]; s == Amended || s == Deleted {
			out = append(out, f.ID)
		}
	}
	return draw.Shuffled(b.d, out)
}

func (b *builder) amendments(fields []string, style, number int) {
	for i, f := range fields {
		template := draw.One(b.d, deletePhrases)
		if b.status[f] == Amended {
			template = draw.One(b.d, amendPhrases)
		}
		b.former[f] = append(b.former[f], b.old[f])
		// The sentences of the article do not count any more.
		delete(b.spans, f)
		form := b.d(dateForms)
		template = strings.NewReplacer("{ref}", plain(int64(b.at[f])), "{t}", b.t.Title(f), "{old}", b.old[f].surface(b.d, form)).Replace(template)
		b.paragraph(template, prefix(style, number, i+1), b.values, f)
	}
}

func (b *builder) listName() string {
	if b.t.ID == "sale" {
		return "货物清单"
	}
	return "服务报价明细"
}

type listRow struct {
	name, unit    string
	count         int64
	each, subtota int64 // fen
}

// priceList draws the rows of the price list and returns their sum.
func (b *builder) priceList() int64 {
	d := b.d
	var sum int64
	names := draw.Shuffled(d, services)
	for i := range d.Between(2, 4) {
		row := listRow{name: names[i], unit: "项", count: 1, each: money(d, 8_000, 400_000)}
		if b.t.ID == "sale" {
			row = listRow{name: b.goods + "（型号" + string(rune('A'+d(26))) + strconv.Itoa(d.Between(100, 999)) + "）", unit: "台", count: int64(d.Between(2, 40)), each: money(d, 800, 60_000)}
			if unit, ok := goodsUnits[b.goods]; ok {
				row.unit = unit
			}
		}
		row.subtota = row.count * row.each
		sum += row.subtota
		b.rows = append(b.rows, row)
	}
	return sum
}

func (b *builder) attachment() {
	money := func(fen int64) string { return Value{Kind: Amount, N: fen}.Display() }
	b.line("附件一：" + b.listName())
	for i, r := range b.rows {
		b.all = append(b.all, Value{Kind: Amount, N: r.subtota})
		if b.t.ID == "sale" {
			b.line(fmt.Sprintf("%d. %s，数量%d%s，单价%s，小计%s", i+1, r.name, r.count, r.unit, money(r.each), money(r.subtota)))
			continue
		}
		b.line(fmt.Sprintf("%d. %s，费用%s", i+1, r.name, money(r.subtota)))
	}
	body := b.spans["price"]
	surface, had := b.surface["price"]
	delete(b.spans, "price")
	b.paragraph(draw.One(b.d, []string{"合计金额：{v}", "以上合计：{v}", "合计（含税）：{v}"}), "", b.values, "price")
	if had { // the article states it as well, and comes first
		b.spans["price"] = append(body, b.spans["price"]...)
		b.surface["price"] = surface
		return
	}
	b.spans["price"] = append(b.spans["price"], body...)
}
