package runner

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// Thresholds of warnings.
const (
	wideItems     = 100  // below so many items an interval is called wide
	unparsedShare = 0.02 // from this share of unparsed answers on
	cutShare      = 0.02 // from this share of answers cut by the token limit on
	widerBy       = 1.1  // from this ratio of interval widths on, shared texts matter
)

// aggregate turns finished samples into a record, without what may differ between equal runs.
func aggregate(r *run, slots [][]*reports.Sample) *reports.Record {
	p := r.plan
	rec := &reports.Record{
		SchemaVersion:  reports.SchemaVersion,
		Results:        map[string]reports.Result{},
		Groups:         map[string]reports.Result{},
		GroupSubtasks:  map[string][]string{},
		Breakdowns:     map[string]map[string][]reports.Breakdown{},
		Configs:        map[string]reports.TaskConfig{},
		Versions:       map[string]int{},
		NShot:          map[string]int{},
		HigherIsBetter: map[string]map[string]bool{},
		NSamples:       map[string]reports.SampleCount{},
		TaskHashes:     map[string]string{},
		Config:         r.config(),
		ModelSource:    "llama4-eval", ModelName: r.info.Model.Name, SystemInstruction: r.o.System,
		FewshotMultiturn: p.renderer.chat,
		Model:            r.info.Model, Engine: r.info.Engine,
		Digest:   digest(slots),
		Skipped:  list(p.skipped),
		Warnings: slices.Clone(p.warnings),
	}
	rec.Engine.Version = r.o.Version
	if p.renderer.chat {
		rec.ChatTemplateSHA = r.info.TemplateSHA256
	}
	for i, t := range p.tasks {
		name := t.task.Name
		rec.Configs[name] = t.config()
		rec.Versions[name] = t.task.Version
		rec.NShot[name] = len(t.shots)
		rec.NSamples[name] = reports.SampleCount{Original: t.original, Effective: len(t.samples)}
		rec.TaskHashes[name] = t.hash
		rec.HigherIsBetter[name] = map[string]bool{}
		for _, m := range t.task.Metrics {
			rec.HigherIsBetter[name][m.Name] = m.HigherIsBetter
		}
		res := reports.Result{Alias: name, Values: map[string]reports.Value{}, Counts: count(slots[i])}
		for _, m := range t.task.Metrics {
			if v, ok := value(m, slots[i], metricSeed(r.o.Seed, name, m.Name)); ok {
				res.Values[m.Name] = v
			}
		}
		rec.Results[name] = res
		rec.Warnings = append(rec.Warnings, resultWarnings(t, res)...)
		if parts := breakdowns(t.task, slots[i], r.o.Seed); len(parts) > 0 {
			rec.Breakdowns[name] = parts
		}
	}
	addGroups(rec, p)
	// Warnings about a task stand together, in the order of the table; those about the whole run come first.
	slices.SortStableFunc(rec.Warnings, func(a, b reports.Warning) int { return strings.Compare(a.Task, b.Task) })
	rec.Warnings = list(rec.Warnings)
	return rec
}

func (r *run) config() reports.Config {
	c := reports.Config{
		Model: r.info.Model.Name, Limit: r.o.Limit, GenKwargs: r.o.Gen.kwargs(), RandomSeed: r.o.Seed, BootstrapIters: bootstrapDraws,
		Chat: r.plan.renderer.chat, Overlength: r.o.Overlength, ChoiceBy: r.o.ChoiceBy, Identity: r.manifest.Identity,
	}
	for task, ids := range r.o.Samples {
		if c.Samples == nil {
			c.Samples = map[string]int{}
		}
		c.Samples[task] = len(ids)
	}
	return c
}

func (pt *plannedTask) config() reports.TaskConfig {
	t := pt.task
	c := reports.TaskConfig{
		Task: t.Name, Title: t.Title, Kind: string(t.Kind), Family: t.Family, Shots: len(pt.shots), ShotSource: pt.source.ShotSplit,
		Split: pt.source.Split, Files: pt.files(), MaxTokens: pt.maxTokens, Stop: pt.stop, Source: t.Source, License: t.License,
		MetricList: []reports.MetricConfig{},
	}
	for _, m := range t.Metrics {
		mc := reports.MetricConfig{Metric: m.Name, Aggregation: m.Aggregation(), HigherIsBetter: m.HigherIsBetter, Scale: m.Scale}
		if mc.Scale == 0 {
			mc.Scale = 1
		}
		c.MetricList = append(c.MetricList, mc)
	}
	return c
}

func count(samples []*reports.Sample) *reports.Counts {
	var c reports.Counts
	for _, s := range samples {
		switch s.Verdict {
		case reports.VerdictError:
			c.Errors++
		case reports.VerdictSkipped:
			c.Skipped++
		case reports.VerdictUnparsed:
			c.Unparsed++
		}
		if s.Scored() {
			c.Scored++
		}
		if strings.Contains(s.Truncated, "prompt") {
			c.PromptTruncated++
		}
		if strings.Contains(s.Truncated, "answer") {
			c.AnswerTruncated++
		}
		if s.Truncated != "" {
			c.Truncated++
		}
	}
	c.ExtractRate = 1
	if c.Scored > 0 {
		c.ExtractRate = float64(c.Scored-c.Unparsed) / float64(c.Scored)
	}
	return &c
}

// digest hashes what the model gave: every response and log-probability, by task and sample in the order of the plan. Equal
// digests mean equal outputs, bit by bit.
func digest(slots [][]*reports.Sample) string {
	h := hasher{sha256.New()}
	for _, samples := range slots {
		h.int(len(samples))
		for _, s := range samples {
			h.string(s.Task)
			h.string(s.DocID)
			h.string(s.Response)
			h.string(s.Finish)
			h.string(s.Error)
			for _, list := range [][]reports.Choice{s.Choices, s.Letters} {
				h.int(len(list))
				for _, c := range list {
					h.float(c.LogProb)
					h.int(c.Tokens)
				}
			}
			h.int(s.PromptTokens)
			h.int(s.OutputTokens)
		}
	}
	return h.sum()
}

// metricSeed gives every interval its own seed, whatever else is run.
func metricSeed(run uint64, task, metric string) uint64 {
	return tasks.SampleSeed(run, "interval "+task, metric)
}

// dataWarnings say what a reader should know about the rows.
func dataWarnings(t tasks.Task, data *tasks.Loaded) []reports.Warning {
	var out []reports.Warning
	add := func(code, format string, args ...any) {
		out = append(out, reports.Warning{Task: t.Name, Code: code, Text: fmt.Sprintf(format, args...)})
	}
	src := data.Source
	if src.Split == tasks.SplitGenerated && len(t.Files) > 0 {
		add("generated-data", "generated data: the numbers say nothing about the real set")
	}
	if n := data.Unlabelled; n > 0 {
		add("unlabelled", "%d rows without a label are left out", n)
	}
	if n := data.Dropped; n > 0 {
		add("dropped", "%d rows that the set itself excludes are left out", n)
	}
	if src.ShotSplit != "" && src.ShotSplit == src.Split && src.Split != tasks.SplitGenerated {
		add("shots-from-scored-split", "no training split: the first %d rows are examples and not scored", data.Rows-len(data.Samples))
	}
	for _, n := range data.Notes {
		add("data", "%s", n)
	}
	return out
}

// resultWarnings say what a reader should know about the values.
func resultWarnings(t *plannedTask, res reports.Result) []reports.Warning {
	var out []reports.Warning
	c := res.Counts
	add := func(code, format string, args ...any) {
		out = append(out, reports.Warning{Task: t.task.Name, Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if c.Scored > 0 && c.Scored < wideItems {
		add("wide-interval", "n=%d: interval is wide", c.Scored)
	}
	if len(t.task.Metrics) > 0 {
		v := res.Values[t.task.Metrics[0].Name]
		if ci, own := v.ClusterCI95, v.CI95; ci != nil && own != nil && ci[1]-ci[0] > widerBy*(own[1]-own[0]) {
			add("shared-texts", "items share texts: the interval of %s that resamples texts is %.4f – %.4f", t.task.Metrics[0].Name, ci[0], ci[1])
		}
	}
	share := func(n int) float64 { return float64(n) / float64(max(c.Scored, 1)) }
	if share(c.Unparsed) >= unparsedShare {
		add("unparsed", "%.0f%% unparsed (%d of %d answers); they count as wrong", 100*share(c.Unparsed), c.Unparsed, c.Scored)
	}
	if share(c.AnswerTruncated) >= cutShare {
		add("answers-cut", "%s cut at the limit of %d tokens", plural(c.AnswerTruncated, "answer"), t.maxTokens)
	}
	if c.PromptTruncated > 0 {
		add("prompts-cut", "%s shortened to fit the context", plural(c.PromptTruncated, "prompt"))
	}
	if c.Errors > 0 {
		add("errors", "%s failed, counted in no metric", plural(c.Errors, "sample"))
	}
	if c.Skipped > 0 {
		add("skipped", "%s longer than the context, counted in no metric", plural(c.Skipped, "sample"))
	}
	return out
}

// perf sums up what the run cost.
func (r *run) perf(slots [][]*reports.Sample, ran, resumed int, wall time.Duration, before inference.Stats) reports.Perf {
	s := r.model.Stats().Since(before)
	p := reports.Perf{
		WallSeconds: wall.Seconds(), LoadSeconds: r.info.LoadTime.Seconds(), BatchSize: r.batch, SamplesRun: ran, SamplesResumed: resumed,
		PrefillTokens: s.PrefillTokens, DecodeTokens: s.DecodeTokens, PrefillTokS: s.PrefillRate(), DecodeTokS: s.DecodeRate(),
		PrefillTokensSaved: s.SavedTokens, DraftTokens: s.DraftTokens, AcceptedTokens: s.AcceptedTokens,
	}
	if wall > 0 {
		p.SamplesPerSecond = float64(ran) / wall.Seconds()
	}
	var first, between []float64
	for _, samples := range slots {
		for _, s := range samples {
			if s.Perf.TTFT > 0 {
				first = append(first, s.Perf.TTFT)
			}
			if s.Perf.TPOT > 0 {
				between = append(between, s.Perf.TPOT)
			}
		}
	}
	p.TTFT, p.ITL = percentiles(first), percentiles(between)
	if q := s.InterToken(); q.N > 0 { // the engine sees single tokens, a sample only their mean
		p.ITL = reports.Percentiles{P50: millis(q.P50), P90: millis(q.P90), P99: millis(q.P99)}
	}
	if hours := wall.Hours(); r.o.PricePerHour > 0 && ran > 0 {
		c := &reports.Cost{PricePerHour: r.o.PricePerHour, Per1000Items: r.o.PricePerHour * hours / float64(ran) * 1000}
		if n := p.PrefillTokens + p.PrefillTokensSaved + p.DecodeTokens; n > 0 {
			c.PerMillionTokens = r.o.PricePerHour * hours / float64(n) * 1e6
		}
		p.Cost = c
	}
	return p
}

// percentiles takes the nearest rank: the smallest value with at least that share of the values at or below it.
func percentiles(v []float64) reports.Percentiles {
	if len(v) == 0 {
		return reports.Percentiles{}
	}
	slices.SortFunc(v, cmp.Compare[float64])
	at := func(p float64) float64 { return v[max(0, int(math.Ceil(p*float64(len(v))))-1)] }
	return reports.Percentiles{P50: at(0.5), P90: at(0.9), P99: at(0.99)}
}
