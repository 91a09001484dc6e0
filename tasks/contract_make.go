package tasks

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks/contract"
)

// contractAsked is how many clauses of a contract are asked about.
const contractAsked = 6

// makeContract asks six questions about each contract, one or two of them about clauses that it lacks.
func makeContract(seed uint64, n int) datasets.Set {
	return contractItems(seed, "contract_extract", n, func(_ *random, _ int, c contract.Contract, cl contract.Clause, rec *datasets.Record) {
		rec.Golds = []string{contractNone}
		text := []rune(c.Text)
		if cl.Present() { // what it says, and how the contract says it
			rec.Golds = []string{cl.Value.Canonical(), string(text[cl.Surface.Start:cl.Surface.End])}
		}
		for _, s := range cl.Spans {
			rec.Spans = append(rec.Spans, datasets.Span{Type: cl.Field, Text: string(text[s.Start:s.End]), Start: s.Start, End: s.End})
		}
	})
}

func makeContractChoice(seed uint64, n int) datasets.Set {
	var places []int
	return contractItems(seed, "contract_choice", n, func(r *random, i int, c contract.Contract, cl contract.Clause, rec *datasets.Record) {
		if places == nil {
			places = r.labelsFor(n, 4)
		}
		right, wrong := contractNone, 3
		var options []string
		if cl.Present() {
			right, wrong = cl.Value.Display(), 2
			options = append(options, contractNone)
		}
		for _, v := range c.Near(cl, wrong, r.below) {
			options = append(options, v.Display())
		}
		options = some(r, options, len(options))
		rec.Answer = min(places[i], len(options))
		rec.Choices = slices.Insert(options, rec.Answer, right)
		rec.Tags["position"] = letter(rec.Answer)
	})
}

// contractItems makes n questions. The clause types that were asked about least come first, so that all are frequent.
func contractItems(seed uint64, name string, n int, finish func(*random, int, contract.Contract, contract.Clause, *datasets.Record)) datasets.Set {
	var c contract.Contract
	var asked []contract.Clause
	count := make(map[string]int)
	return generate(seed, name, n, func(r *random, i int) datasets.Record {
		if i%contractAsked == 0 {
			k := i / contractAsked
			for asked = nil; asked == nil; {
				c = contract.Make(contract.Types[k%len(contract.Types)], r.below)
				asked = contractClauses(r, c, 1+k/len(contract.Types)%2, count)
			}
		}
		cl := asked[i%contractAsked]
		f, _ := contract.FieldByID(cl.Field)
		rec := datasets.Record{
			Cluster: fmt.Sprintf("contract-%d", i/contractAsked), Answer: -1,
			Fields: map[string]string{"contract": c.Text, "clause": cl.Title, "kind": string(f.Kind)},
			Tags: map[string]string{
				"clause": f.Title, "contract": c.Type, "status": string(cl.Status), "value": string(f.Kind), "length": contractLength(c.Text),
			},
		}
		finish(r, i, c, cl, &rec)
		return rec
	})
}

// contractClauses picks the clauses to ask about, some of them absent, in random order; nil when there are too few of either.
func contractClauses(r *random, c contract.Contract, absent int, count map[string]int) []contract.Clause {
	var there, gone []contract.Clause
	for _, i := range r.perm(len(c.Clauses)) {
		if cl := c.Clauses[i]; cl.Present() {
			there = append(there, cl)
		} else {
			gone = append(gone, cl)
		}
	}
	least := func(a, b contract.Clause) int { return cmp.Compare(count[a.Field], count[b.Field]) }
	slices.SortStableFunc(there, least)
	slices.SortStableFunc(gone, least)
	// Clauses that are changed or stand in an attachment are rare and always asked about.
	slices.SortStableFunc(there, func(a, b contract.Clause) int { return cmp.Compare(plainClause(a), plainClause(b)) })
	if len(gone) < absent || len(there) < contractAsked-absent {
		return nil
	}
	out := slices.Concat(gone[:absent], there)[:contractAsked]
	for _, cl := range out {
		count[cl.Field]++
	}
	return some(r, out, len(out))
}

func plainClause(cl contract.Clause) int {
	if cl.Status == contract.Amended || cl.Status == contract.Attached {
		return 0
	}
	return 1
}

// contractLength is the number of characters in bins of 500.
func contractLength(text string) string {
	low := len([]rune(text)) / 500 * 500
	return strconv.Itoa(low) + "-" + strconv.Itoa(low+500)
}
