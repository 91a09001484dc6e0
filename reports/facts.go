package reports

import (
	"fmt"
	"strconv"
	"strings"
)

// A fact is a line below or above a table.
type fact struct{ name, text string }

// modelFacts say what was evaluated and how.
func modelFacts(r *Record) []fact {
	prompting := "base prompts"
	if r.Config.Chat {
		prompting = "chat template"
	}
	e := r.Engine
	engine := []string{e.Device + " " + e.Kernel, "KV " + e.KVType, plural(int64(e.Threads), "thread"), fmt.Sprintf("context %d", e.Context), prompting}
	return []fact{{"model", strings.Join(modelParts(r.Model), " · ")}, {"engine", strings.Join(engine, " · ")}}
}

// modelParts are the facts of a model that are known.
func modelParts(m Model) []string {
	parts := []string{m.Name}
	for _, p := range []string{m.Arch, m.Quant} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if m.Parameters > 0 {
		parts = append(parts, count(m.Parameters)+" parameters")
	}
	if m.Bytes > 0 {
		parts = append(parts, size(m.Bytes))
	}
	return parts
}

// costFacts say what the run took.
func costFacts(r *Record) []fact {
	p := r.Perf
	var out []fact
	rates := []string{fmt.Sprintf("prefill %s tok/s", rate(p.PrefillTokS))}
	if p.DecodeTokens > 0 {
		rates = append(rates, fmt.Sprintf("decode %s tok/s", rate(p.DecodeTokS)))
	}
	rates = append(rates, plural(int64(p.SamplesRun), "sample")+" in "+seconds(p.WallSeconds))
	if p.SamplesResumed > 0 {
		rates = append(rates, fmt.Sprintf("%d resumed", p.SamplesResumed))
	}
	if p.PrefillTokS > 0 || p.DecodeTokS > 0 {
		out = append(out, fact{"speed", strings.Join(rates, " · ")})
	}
	if p.PrefillTokensSaved > 0 {
		out = append(out, fact{"", fmt.Sprintf("%s of %s prompt tokens taken from what was computed before",
			count(p.PrefillTokensSaved), count(p.PrefillTokens+p.PrefillTokensSaved))})
	}
	if p.DraftTokens > 0 {
		out = append(out, fact{"", fmt.Sprintf("%s of %s drafted tokens accepted", count(p.AcceptedTokens), count(p.DraftTokens))})
	}
	if p.TTFT != (Percentiles{}) {
		text := "first token " + p.TTFT.String()
		if p.BatchSize > 1 {
			text += fmt.Sprintf(" (%d samples in flight)", p.BatchSize)
		}
		out = append(out, fact{"latency", text})
		if p.ITL != (Percentiles{}) {
			out = append(out, fact{"", "between tokens " + p.ITL.String()})
		}
	}
	out = append(out, memoryFacts(r.Memory)...)
	if c := p.Cost; c != nil {
		out = append(out, fact{"cost", fmt.Sprintf("%.4g for 1,000 items · %.4g for a million tokens (at %.4g an hour)",
			c.Per1000Items, c.PerMillionTokens, c.PricePerHour)})
	}
	return out
}

func memoryFacts(m Memory) []fact {
	var out []fact
	for _, d := range m.Devices {
		l := d.Peak
		text := fmt.Sprintf("%s %s (predicted %s)", d.Device, size(l.Total()), size(d.Predicted.Total()))
		kinds := fmt.Sprintf("weights %s · KV %s · activations %s · scratch %s · other %s",
			size(l.Weights), size(l.KV), size(l.Activations), size(l.Scratch), size(l.Other))
		out = append(out, fact{"memory", text}, fact{"", kinds})
	}
	if m.PeakResidentBytes > 0 {
		out = append(out, fact{"", "peak of the process " + size(m.PeakResidentBytes)})
	}
	return out
}

// String gives the percentiles of times in milliseconds.
func (p Percentiles) String() string {
	return "p50 " + millis(p.P50) + ", p90 " + millis(p.P90) + ", p99 " + millis(p.P99)
}

// footnotes are the warnings with their numbers, then the tasks that were not run.
func footnotes(r *Record) []fact {
	var out []fact
	for i, f := range footnotesOf(r) {
		text := f.text
		if len(f.tasks) > 0 {
			text = strings.Join(f.tasks, ", ") + ": " + text
		}
		out = append(out, fact{strconv.Itoa(i + 1), text})
	}
	for _, s := range r.Skipped {
		text := s.Task + ": " + s.Reason
		if s.Hint != "" {
			text += " (" + s.Hint + ")"
		}
		out = append(out, fact{"skipped", text})
	}
	return out
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size prints bytes in binary units.
func size(b int64) string {
	switch {
	case b >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(b)/(1<<30))
	case b >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(b)/(1<<20))
	case b >= 1<<10:
		return fmt.Sprintf("%.0f KiB", float64(b)/(1<<10))
	}
	return fmt.Sprintf("%d B", b)
}

// count prints a large number in decimal units.
func count(n int64) string {
	switch f := float64(n); {
	case n >= 1e9:
		return fmt.Sprintf("%.2f G", f/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f M", f/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.1f k", f/1e3)
	}
	return strconv.FormatInt(n, 10)
}

func rate(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func millis(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func seconds(s float64) string {
	switch n := int64(s + 0.5); {
	case s < 60:
		return fmt.Sprintf("%.1f s", s)
	case n < 3600:
		return fmt.Sprintf("%d min %02d s", n/60, n%60)
	default:
		return fmt.Sprintf("%d h %02d min", n/3600, n/60%60)
	}
}
