package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
)

// Refused says that two runs were asked different things. Every reason is a line.
type Refused struct {
	Reference, Run string // run ids
	Reasons        []string
}

func (e *Refused) Error() string {
	return fmt.Sprintf("compare: run %s cannot be compared with %s:\n  %s", e.Run, e.Reference, strings.Join(e.Reasons, "\n  "))
}

// reasons collects what differs; the same difference of several tasks becomes one line.
type reasons struct {
	texts []string
	tasks map[string][]string
}

func (r *reasons) add(task, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if r.tasks == nil {
		r.tasks = map[string][]string{}
	}
	if _, ok := r.tasks[text]; !ok {
		r.texts = append(r.texts, text)
		r.tasks[text] = nil
	}
	if task != "" {
		r.tasks[text] = append(r.tasks[text], task)
	}
}

// unlike adds a difference between two values that should be the same.
func (r *reasons) unlike(task, what, a, b string) {
	if a != b {
		r.add(task, "%s: %s in the reference, %s in the run", what, orNone(a), orNone(b))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (r *reasons) lines() []string {
	var out []string
	for _, text := range r.texts {
		if tasks := r.tasks[text]; len(tasks) > 0 {
			text = strings.Join(tasks, ", ") + ": " + text
		}
		out = append(out, text)
	}
	return out
}

// alike makes sure that both runs were asked the same questions. What was asked is in the hash of a task, over ids, data, prompts and
// settings of all samples; where it differs, or the version does, the reason is looked for in what the records say.
func alike(a, b *Run, tasks []string) error {
	var why reasons
	for _, name := range tasks {
		x, y := a.Record, b.Record
		if x.Versions[name] != y.Versions[name] {
			why.unlike(name, "version of the task", strconv.Itoa(x.Versions[name]), strconv.Itoa(y.Versions[name]))
		}
		if m, n := a.headline(name), b.headline(name); m != n {
			why.unlike(name, "headline metric", metricText(m), metricText(n))
		}
		if x.TaskHashes[name] != y.TaskHashes[name] {
			whyPrompts(&why, a, b)
			whyQuestions(&why, a, b, name)
			if !why.named(name) {
				whySamples(&why, a.task(name), b.task(name))
			}
		}
		whyCut(&why, a, b, name)
	}
	if lines := why.lines(); len(lines) > 0 {
		return &Refused{a.name(), b.name(), lines}
	}
	return nil
}

// named says whether there is a line about a task or about the whole runs.
func (r *reasons) named(task string) bool {
	for _, tasks := range r.tasks {
		if len(tasks) == 0 || slices.Contains(tasks, task) {
			return true
		}
	}
	return false
}

func metricText(m reports.MetricConfig) string {
	direction := "lower is better"
	if m.HigherIsBetter {
		direction = "higher is better"
	}
	return fmt.Sprintf("%s (%s, %s)", m.Metric, m.Aggregation, direction)
}

// whyPrompts looks at what makes the prompts of all tasks.
func whyPrompts(why *reasons, a, b *Run) {
	x, y := a.Record, b.Record
	how := func(r *reports.Record) string {
		if r.Config.Chat {
			return "through the chat template"
		}
		return "as plain text"
	}
	why.unlike("", "prompts", how(x), how(y))
	if x.Config.Chat && y.Config.Chat {
		why.unlike("", "chat template, sha256", short(x.ChatTemplateSHA), short(y.ChatTemplateSHA))
	}
	if x.SystemInstruction != y.SystemInstruction {
		why.unlike("", "system text", quote(x.SystemInstruction), quote(y.SystemInstruction))
	}
	why.unlike("", "generation settings", settings(x.Config.GenKwargs), settings(y.Config.GenKwargs))
	why.unlike("", "choices asked by", strings.Join(x.Config.ChoiceBy, ", "), strings.Join(y.Config.ChoiceBy, ", "))
	why.unlike("", "what is done with prompts longer than the context", x.Config.Overlength, y.Config.Overlength)
}

// whyQuestions looks at what makes the samples of one task.
func whyQuestions(why *reasons, a, b *Run, name string) {
	x, y := a.Record, b.Record
	c, d := x.Configs[name], y.Configs[name]
	number := strconv.Itoa
	why.unlike(name, "split", c.Split, d.Split)
	if c.Split == d.Split {
		why.unlike(name, "data files", files(c.Files), files(d.Files))
		if seeds := [2]uint64{x.Config.RandomSeed, y.Config.RandomSeed}; seeds[0] != seeds[1] && (c.Split == "generated" || sampled(x) || sampled(y)) {
			why.add(name, "seed: %d in the reference, %d in the run", seeds[0], seeds[1])
		}
	}
	if n, m := x.NSamples[name].Effective, y.NSamples[name].Effective; n != m {
		why.add(name, "items: %d in the reference (limit %s), %d in the run (limit %s)", n, orNone(x.Config.Limit), m, orNone(y.Config.Limit))
	} else {
		why.unlike(name, "limit", x.Config.Limit, y.Config.Limit)
	}
	why.unlike(name, "worked examples", number(x.NShot[name]), number(y.NShot[name]))
	if x.NShot[name] == y.NShot[name] {
		why.unlike(name, "worked examples from", c.ShotSource, d.ShotSource)
		why.unlike(name, "documents of the worked examples", strings.Join(a.task(name).Shots, " "), strings.Join(b.task(name).Shots, " "))
	}
	why.unlike(name, "tokens that an answer may have", number(c.MaxTokens), number(d.MaxTokens))
	why.unlike(name, "texts that end an answer", quote(c.Stop...), quote(d.Stop...))
}

// whySamples looks for the first sample that is not the same.
func whySamples(why *reasons, a, b *Task) {
	in := b.byID()
	var absent, data, prompts int
	var first string
	for _, s := range a.Samples {
		t := in[s.DocID]
		switch {
		case t == nil:
			absent++
		case t.DocHash != s.DocHash:
			data++
		case t.PromptHash != s.PromptHash:
			prompts++
		default:
			continue
		}
		if first == "" {
			first = s.DocID
		}
	}
	n := len(a.Samples)
	switch {
	case absent > 0:
		why.add(a.Name, "%d of %d items are not in the run, the first is %q", absent, n, first)
	case data > 0:
		why.add(a.Name, "the data of %d of %d items differ, first of %q", data, n, first)
	case prompts > 0:
		why.add(a.Name, "the prompts of %d of %d items differ, first of %q: another template, or another program", prompts, n, first)
	default:
		why.add(a.Name, "the order of the items differs")
	}
}

// whyCut finds prompts that were shortened to contexts of different length.
func whyCut(why *reasons, a, b *Run, name string) {
	x, y := a.Record.Engine.Context, b.Record.Engine.Context
	if x == y {
		return
	}
	cut := 0
	for _, t := range []*Task{a.task(name), b.task(name)} {
		for _, s := range t.Samples {
			if strings.Contains(s.Truncated, "prompt") {
				cut++
			}
		}
	}
	if cut > 0 {
		why.add(name, "context: %d tokens in the reference, %d in the run, and prompts were shortened to it", x, y)
	}
}

// sampled says whether answers were drawn at random.
func sampled(r *reports.Record) bool {
	t := r.Config.GenKwargs["temperature"]
	return t != "" && t != "0"
}

func short(sum string) string { return sum[:min(len(sum), 12)] }

func files(list []reports.DataFile) string {
	var parts []string
	for _, f := range list {
		parts = append(parts, f.Path+" "+short(f.SHA256))
	}
	return strings.Join(parts, ", ")
}

func settings(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ",")
}

func quote(texts ...string) string {
	var parts []string
	for _, t := range texts {
		if r := []rune(t); len(r) > 40 {
			t = string(r[:40]) + "…"
		}
		if t != "" {
			parts = append(parts, strconv.Quote(t))
		}
	}
	return strings.Join(parts, " ")
}

// objects lists what two runs may differ in: that is what they are compared for.
func objects(a, b *reports.Record) []reports.Difference {
	out := []reports.Difference{}
	add := func(what, x, y string) {
		if x != y {
			out = append(out, reports.Difference{What: what, Reference: orNone(x), Run: orNone(y)})
		}
	}
	add("model", a.Model.Name, b.Model.Name)
	if a.Model.Name == b.Model.Name {
		add("model file, sha256", short(a.Model.SHA256), short(b.Model.SHA256))
	}
	add("architecture", a.Model.Arch, b.Model.Arch)
	add("weights", a.Model.Quant, b.Model.Quant)
	add("device", a.Engine.Device, b.Engine.Device)
	add("kernels", a.Engine.Kernel, b.Engine.Kernel)
	add("keys and values", a.Engine.KVType, b.Engine.KVType)
	add("program", a.Engine.Version, b.Engine.Version)
	return out
}
