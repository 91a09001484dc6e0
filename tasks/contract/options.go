package contract

import (
	"slices"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// Near returns n values that a careless reader takes for that of the clause, no two of which look alike in a list: values that it had before or in an
// earlier contract, values of other matters in the same text, then values made by the usual slips (a zero more or less, the wrong unit, a
// neighboring date). None equals the clause's own value. Where the contract does not settle the field, they are of the kind that it would have.
func (c Contract) Near(cl Clause, n int, d draw.Draw) []Value {
	f, _ := FieldByID(cl.Field)
	var out []Value
	seen := map[string]bool{}
	if cl.Present() {
		seen[cl.Value.Display()] = true
	}
	add := func(v Value) {
		if s := v.Display(); v.Kind == f.Kind && len(out) < n && !seen[s] {
			seen[s] = true
			out = append(out, v)
		}
	}
	for _, v := range cl.Former {
		add(v)
	}
	if f.Kind == Text {
		for _, v := range c.nearTexts(cl, d) {
			add(v)
		}
		return out
	}
	// At least one of the wrong values comes from the text, and one from a slip, where there are any.
	same := slices.DeleteFunc(slices.Clone(c.Values), func(v Value) bool { return v.Kind != f.Kind })
	same = draw.Shuffled(d, same)
	base := cl.Value
	if !cl.Present() {
		b := builder{d: d, values: map[string]Value{}, signed: anyDate(d, 2019, 2025)}
		b.start = b.signed.AddDate(0, 0, d.Between(1, 60))
		b.t, _ = typeByID(c.Type)
		for _, f := range []string{"price", "rent", "wage"} {
			b.values[f] = b.value(f)
		}
		base = b.value(cl.Field)
		add(base)
	}
	slips := draw.Shuffled(d, slipsOf(base))
	for len(same)+len(slips) > 0 {
		if len(same) > 0 {
			add(same[0])
			same = same[1:]
		}
		if len(slips) > 0 {
			add(slips[0])
			slips = slips[1:]
		}
	}
	return out
}

func typeByID(id string) (Type, bool) {
	i := slices.IndexFunc(Types, func(t Type) bool { return t.ID == id })
	if i < 0 {
		return Type{}, false
	}
	return Types[i], true
}

// slipsOf lists values that differ from v by a slip of reading.
func slipsOf(v Value) []Value {
	var out []Value
	with := func(n int64) {
		if n > 0 {
			w := v
			w.N = n
			out = append(out, w)
		}
	}
	switch v.Kind {
	case Amount:
		with(v.N * 10)
		with(v.N + v.N/10/100*100)
		with(v.N / 10 / 100 * 100)
		with(v.N * 2)
		with(v.N - v.N/5/100*100)
		with(v.N * 3)
		with(v.N * 5)
	case Percent:
		with(v.N * 10)
		with(v.N * 2)
		with(v.N / 10)
		with(v.N * 3)
		with(v.N / 2)
	case Count:
		with(v.N + 1)
		with(v.N / 2)
		with(v.N * 2)
		with(v.N + 3)
	case Duration:
		with(v.N * 2)
		with(v.N + 5)
		with(v.N + 1)
		other := v
		other.Unit = map[Unit]Unit{Days: Workdays, Workdays: Days, Months: Days, Hours: Days}[v.Unit]
		out = append(out, other)
		if v.N%2 == 0 {
			with(v.N / 2)
		}
	case Date:
		t := time.Date(int(v.N/10_000), time.Month(v.N/100%100), int(v.N%100), 0, 0, 0, 0, time.UTC)
		out = append(out, day(t.AddDate(1, 0, 0)), day(t.AddDate(-1, 0, 0)), day(t.AddDate(0, 1, 0)), day(t.AddDate(0, 0, 10)), day(t.AddDate(0, 0, -1)))
	}
	return out
}

// nearTexts lists names and places of the sort that the field has.
func (c Contract) nearTexts(cl Clause, d draw.Draw) []Value {
	var out []string
	value := func(field string) string {
		x, _ := c.Clause(field)
		return x.Value.Text
	}
	switch cl.Field {
	case "payer", "payee":
		for _, f := range []string{"payee", "payer"} {
			if f != cl.Field {
				out = append(out, value(f))
			}
		}
		if strings.HasSuffix(cl.Value.Text, "公司") {
			// The same firm under a name that differs in one part.
			for _, brand := range draw.Shuffled(d, brandNames) {
				for _, old := range brandNames {
					if strings.Contains(cl.Value.Text, old) {
						out = append(out, strings.Replace(cl.Value.Text, old, brand, 1))
					}
				}
			}
			return texts(out)
		}
		for range 8 {
			out = append(out, string([]rune(cl.Value.Text)[:1])+draw.One(d, givenNames))
		}
	case "place":
		for range 8 {
			out = append(out, address(d)+draw.One(d, buildings))
		}
		if s := cl.Value.Text; s != "" {
			for _, b := range draw.Shuffled(d, buildings)[:2] {
				for _, old := range buildings {
					s = strings.TrimSuffix(s, old)
				}
				out = append([]string{s + b}, out...)
			}
		}
	case "purpose":
		out = draw.Shuffled(d, purposes)
	case "dispute":
		t, _ := typeByID(c.Type)
		for i := range 8 {
			out = append(out, tribunal(d, t, i%2 == 0))
		}
	case "ip":
		names := []string{"甲方", "乙方"}
		if !strings.Contains(c.Text, "甲方") {
			t, _ := typeByID(c.Type)
			names = nil
			for _, role := range slices.Concat(t.Payer, t.Payee) {
				if strings.Contains(c.Text, role+"（签章）") {
					names = append(names, role)
				}
			}
		}
		out = append(names, "双方共同", "第三方")
	}
	return texts(out)
}

func texts(list []string) []Value {
	out := make([]Value, len(list))
	for i, s := range list {
		out[i] = Value{Kind: Text, Text: s}
	}
	return out
}
