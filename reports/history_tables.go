package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// dates are texts for the runs in tables and on axes: the day, with the time where a day has several.
func (g *HistoryGroup) dates() []string {
	out := make([]string, len(g.Runs))
	seen := map[string]int{}
	for i, r := range g.Runs {
		out[i] = r.Started
		if t, err := time.Parse(time.RFC3339, r.Started); err == nil {
			out[i] = t.UTC().Format(time.DateOnly)
		}
		seen[out[i]]++
	}
	for i, r := range g.Runs {
		if t, err := time.Parse(time.RFC3339, r.Started); err == nil && seen[out[i]] > 1 {
			out[i] = t.UTC().Format("2006-01-02 15:04:05")
		}
	}
	return out
}

// title says what a series is in a table or above a chart.
func (s *HistorySeries) title() phrase {
	switch {
	case s.Suite:
		metric := strings.TrimSuffix(" "+s.Metric, " mean") // that of members with different metrics
		return phrase{s.Name + metric + "（各任务平均）", s.Name + metric + " (mean of tasks)"}
	case s.Kind == SeriesQuality:
		return same(s.Name + " " + s.Metric)
	}
	name, unit := measures[s.Name], units[s.Unit]
	return phrase{name.ZH + "，" + unit.ZH + s.arrow(), name.EN + ", " + unit.EN + s.arrow()}
}

// measures and units are the texts of costs.
var (
	measures = map[string]phrase{
		"prefill":          {"提示处理", "prompts"},
		"decode":           {"生成", "generation"},
		"ttft p50":         {"首词元延迟 p50", "time to first token p50"},
		"ttft p90":         {"首词元延迟 p90", "time to first token p90"},
		"prefill relative": {"提示处理（相对于校准循环）", "prompts, by the calibration loop"},
		"decode relative":  {"生成（相对于校准循环）", "generation, by the calibration loop"},
		"engine":           {"引擎内存", "memory of the engine"},
		"process":          {"进程内存峰值", "peak memory of the process"},
	}
	units = map[string]phrase{
		"ms/token":          {"毫秒/词元", "ms a token"},
		"tok/s":             {"词元/秒", "tokens/s"},
		"ms":                {"毫秒", "ms"},
		"loops/1000 tokens": {"次/千词元", "loops/1,000 tokens"},
		"MiB":               same("MiB"),
	}
)

// arrow is row.arrow for measures that people don't expect it of.
func (s *HistorySeries) arrow() string { return " " + row{has: true, up: s.HigherIsBetter}.arrow() }

func (s *HistorySeries) interval(p HistoryPoint) string {
	if p.CI95 == nil {
		return ""
	}
	return s.number(p.CI95[0]) + " – " + s.number(p.CI95[1])
}

// summary of a group in a sentence.
func (g *HistoryGroup) summary() phrase {
	changes, different := 0, 0
	for _, s := range g.Series {
		changes += len(s.Changes)
	}
	for _, r := range g.Runs {
		for _, c := range r.Changed {
			if c == "outputs" {
				different++
			}
		}
	}
	d := g.dates()
	return phrase{
		fmt.Sprintf("%d 次运行，%s 至 %s；输出改变 %d 次；水平变化 %d 处。", len(g.Runs), d[0], last(d), different, changes),
		fmt.Sprintf("%s from %s to %s; outputs changed %s; %s of level.", plural(int64(len(g.Runs)), "run"), d[0], last(d),
			plural(int64(different), "time"), plural(int64(changes), "change")),
	}
}

func (g *HistoryGroup) latest(id string) pageTable {
	t := pageTable{
		ID: id, Caption: phrase{"最近一次：" + last(g.dates()), "Latest: " + last(g.dates())},
		Head: []column{
			{Name: phrase{"指标", "measure"}},
			{Name: phrase{"数值", "value"}, Number: true},
			{Name: phrase{"95 % 区间", "95 % interval"}, Number: true},
			{Name: phrase{"与前次相比", "against the one before"}, Number: true},
			{Name: phrase{"水平的起点", "level since"}},
		},
	}
	d := g.dates()
	for i := range g.Series {
		s := &g.Series[i]
		p := last(s.Points)
		if p.Run != len(g.Runs)-1 {
			continue // not in the latest run
		}
		against := phrase{"", ""}
		since := same(d[s.Points[0].Run])
		if n := len(s.Points); n > 1 {
			switch {
			case len(s.Breaks) > 0 && last(s.Breaks).Run == p.Run:
				against = phrase{"不可比", "not comparable"}
			default:
				against = same(s.difference(s.Points[n-2].Value, p.Value))
			}
		}
		if n := len(s.Breaks); n > 0 {
			since = same(d[s.Breaks[n-1].Run])
		}
		if n := len(s.Changes); n > 0 && (len(s.Breaks) == 0 || s.Changes[n-1].Run > last(s.Breaks).Run) {
			since = same(d[s.Changes[n-1].Run])
		}
		t.Rows = append(t.Rows, []phrase{s.title(), same(s.number(p.Value)), same(s.interval(p)), against, since})
	}
	return t
}

// difference is signed and in units of the series.
func (s *HistorySeries) difference(before, after float64) string {
	text := s.number(after - before)
	if s.Kind != SeriesQuality {
		if before == 0 {
			return ""
		}
		text = strconv.FormatFloat(100*(after-before)/before, 'f', 1, 64) + " %"
	}
	switch {
	case strings.Trim(text, "-0. %") == "":
		return "0"
	case !strings.HasPrefix(text, "-"):
		return "+" + text
	}
	return "−" + text[1:]
}

func (g *HistoryGroup) changes(id string) pageTable {
	t := pageTable{
		ID: id, Caption: phrase{"同一条线内的水平变化", "Changes of level within a line"},
		Head: []column{
			{Name: phrase{"自", "since"}},
			{Name: phrase{"指标", "measure"}},
			{Name: phrase{"之前", "before"}, Number: true},
			{Name: phrase{"之后", "after"}, Number: true},
			{Name: phrase{"差", "difference"}, Number: true},
			{Name: same("p"), Number: true},
			{Name: phrase{"方向", "direction"}},
		},
	}
	d := g.dates()
	for run := len(g.Runs) - 1; run >= 0; run-- { // the newest first
		for i := range g.Series {
			s := &g.Series[i]
			for _, c := range s.Changes {
				if c.Run != run {
					continue
				}
				which := phrase{"变差", "worse"}
				if s.Better(c) {
					which = phrase{"变好", "better"}
				}
				t.Rows = append(t.Rows, []phrase{
					same(d[run]), s.title(), same(s.number(c.Before)), same(s.number(c.After)), same(s.difference(c.Before, c.After)),
					same(strconv.FormatFloat(c.P, 'f', 4, 64)), which,
				})
			}
		}
	}
	return t
}

// factNames are the texts of historyFacts.
var factNames = map[string]phrase{
	"outputs":    {"输出", "outputs"},
	"questions":  {"题目、提示或任务版本", "questions, prompts or versions of tasks"},
	"model-file": {"模型文件", "model file"},
	"program":    {"程序", "program"},
	"machine":    {"机器", "machine"},
}

var breakNames = map[string]phrase{
	breakVersion: {"任务版本", "version of the task"},
	breakPrompts: {"题目、数据或模板", "questions, data or template"},
	breakMembers: {"成员", "members"},
	breakMachine: {"机器", "machine"},
	breakWork:    {"工作量", "work"},
}

// differences lists runs in which something was not as in the one before, and which lines it broke.
func (g *HistoryGroup) differences(id string) pageTable {
	t := pageTable{
		ID: id, Caption: phrase{"与前一次运行不同之处", "What was not as in the run before"},
		Head: []column{{Name: phrase{"自", "since"}}, {Name: phrase{"不同", "different"}}, {Name: phrase{"不再可比的线", "lines that begin anew"}}, {Name: phrase{"摘要", "digest"}}},
	}
	d := g.dates()
	for run := len(g.Runs) - 1; run > 0; run-- {
		r := g.Runs[run]
		var what phrase
		for _, key := range r.Changed {
			name := factNames[key]
			switch key {
			case "program":
				name = phrase{name.ZH + " " + r.Program, name.EN + " " + r.Program}
			case "machine":
				name = phrase{name.ZH + "（" + r.Machine + "）", name.EN + " (" + r.Machine + ")"}
			}
			what = what.with(name)
		}
		broken := g.broken(run)
		if len(r.Changed) > 0 || broken.EN != "" {
			t.Rows = append(t.Rows, []phrase{same(d[run]), what, broken, same(short(r.Digest))})
		}
	}
	return t
}

// broken lists the lines that begin anew with a run. Those of latency and memory break together.
func (g *HistoryGroup) broken(run int) phrase {
	var out phrase
	costs := false
	for i := range g.Series {
		s := &g.Series[i]
		for _, b := range s.Breaks {
			name := breakNames[b.Reason]
			switch {
			case b.Run != run, costs && s.Kind != SeriesQuality:
				continue
			case s.Kind != SeriesQuality:
				costs = true
				out = out.with(phrase{"延迟与内存（" + name.ZH + "）", "latency and memory (" + name.EN + ")"})
				continue
			default:
				name = b.text()
			}
			out = out.with(phrase{s.Name + "（" + name.ZH + "）", s.Name + " (" + name.EN + ")"})
		}
	}
	return out
}

// text says why a line begins anew.
func (b HistoryBreak) text() phrase {
	name := breakNames[b.Reason]
	switch {
	case b.Detail == "":
		return name
	case b.Reason == breakVersion:
		return phrase{name.ZH + " " + b.Detail, name.EN + " " + b.Detail}
	}
	return phrase{name.ZH + "：" + b.Detail, name.EN + ": " + b.Detail}
}

// with adds an item to a list.
func (p phrase) with(q phrase) phrase {
	if p.EN == "" {
		return q
	}
	return phrase{p.ZH + "；" + q.ZH, p.EN + "; " + q.EN}
}

func short(digest string) string {
	if len(digest) > 12 {
		return digest[:12]
	}
	return digest
}

func (h *History) skippedTable() pageTable {
	t := pageTable{ID: "skipped", Caption: phrase{"这些文件夹不在图中", "These folders are in no chart"}, Head: []column{{Name: phrase{"文件夹", "folder"}}, {Name: phrase{"原因", "reason"}}}}
	for _, s := range h.Skipped {
		t.Rows = append(t.Rows, []phrase{same(oneLine(s.Dir)), same(oneLine(s.Reason))})
	}
	return t
}

// reading explains the page.
func (h *History) reading() []phrase {
	marked := strconv.Itoa(markedPoints)
	alpha := strconv.FormatFloat(100*h.Alpha, 'f', -1, 64)
	return []phrase{
		{
			"同一条线上的各次运行，任务版本、题目、提示和模板都相同；任何一项改变，线就断开，重新开始。延迟与内存的线还要求机器、内核、线程数和工作量相同；相对于校准循环（每次运行在自己的机器上测得）的线在只换处理器时不断开。续跑的运行没有延迟和内存的点。",
			"All runs of a line have the same version of the task, questions, prompts and template; where one of them changes, the line ends and another begins. Lines of latency and memory also ask for the same machine, kernels, threads and work; those by the calibration loop, which each run times on its machine, go on when only the processor changes. Resumed runs have no point in them.",
		},
		{
			"细线是 95 % 区间的两端。菱形是水平变化的起点：一条水平不变、各次互不相关的线，有任何标记的机会不超过 " + alpha + " %；自身漂移的线（例如一台忙碌的机器上的延迟）标记会多得多。这是对一页而言：每夜重做的页，一年中某一页出现过标记的机会更大。少于 11 次运行时不会有标记，三次以下的新水平也看不出来；一段线只在最后 " + marked + " 次运行中查找。",
			"Thin lines are the ends of 95 % intervals. A diamond is where a new level begins: a line whose level never changes and whose runs do not depend on each other has any mark with a chance of at most " + alpha + " %; one that wanders by itself, such as latency on a busy machine, gets far more. That is the chance of one page: that any page of a year of nights had a mark is likelier. With fewer than 11 runs there is no mark, and a new level of fewer than three runs is not seen; only the last " + marked + " runs of a line are searched.",
		},
		{
			"这里的结果逐位可重复：输出摘要相同，就是没有任何改变；摘要不同，就确实有改变，无论数值多接近。是否变差由 gate 对每道题配对检验来判断，而不是这一页。",
			"Results are the same to the bit: where the digest is equal nothing changed, and where it differs something did, however near the values are. Whether that is worse is for the gate to say, which compares question by question, not for this page.",
		},
	}
}
