package reports

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// HistoryHTML writes a history as a page that is complete in itself, in Chinese and English.
func HistoryHTML(w io.Writer, h *History, o PageOptions) error {
	view := historyView{Skipped: h.skippedTable(), Reading: h.reading()}
	for i := range h.Groups {
		g, err := newGroupView(&h.Groups[i], fmt.Sprintf("g%d", i+1), o)
		if err != nil {
			return err
		}
		view.Groups = append(view.Groups, g)
	}
	return writePage(w, phrase{"质量、延迟与内存的趋势", "Quality, latency and memory over time"}, "history.gohtml", view, o)
}

type historyView struct {
	Groups  []groupView
	Skipped pageTable
	Reading []phrase
}

type groupView struct {
	ID, Name, Settings           string
	Summary                      phrase
	Latest, Changes, Differences pageTable
	Kinds                        []kindView
}

type kindView struct {
	Name    phrase
	Figures []figure
}

var kindNames = map[string]phrase{
	SeriesQuality: {"质量", "Quality"}, SeriesLatency: {"延迟", "Latency"}, SeriesMemory: {"内存", "Memory"},
}

func (g *HistoryGroup) name() string {
	if g.Quant == "" {
		return g.Model
	}
	return g.Model + " · " + g.Quant
}

func newGroupView(g *HistoryGroup, id string, o PageOptions) (groupView, error) {
	v := groupView{
		ID: id, Name: oneLine(g.name()), Settings: oneLine(strings.Join(g.Settings, " · ")), Summary: g.summary(),
		Latest: g.latest(id + "-latest"), Changes: g.changes(id + "-changes"), Differences: g.differences(id + "-differences"),
	}
	for i := range g.Series {
		s := &g.Series[i]
		fig, err := newFigure(s.figure(g, fmt.Sprintf("%s-s%d", id, i+1)), s.chart(g), o)
		if err != nil {
			return v, err
		}
		if n := len(v.Kinds); n == 0 || v.Kinds[n-1].Name != kindNames[s.Kind] {
			v.Kinds = append(v.Kinds, kindView{Name: kindNames[s.Kind]})
		}
		k := &v.Kinds[len(v.Kinds)-1]
		k.Figures = append(k.Figures, fig)
	}
	return v, nil
}

// figure is the chart's text and table.
func (s *HistorySeries) figure(g *HistoryGroup, id string) figure {
	f := figure{ID: id, Caption: s.title()}
	d := g.dates()
	for _, c := range s.Changes {
		f.Note = f.Note.with(phrase{
			fmt.Sprintf("◆ 自 %s：%s → %s", d[c.Run], s.number(c.Before), s.number(c.After)),
			fmt.Sprintf("◆ since %s: %s → %s", d[c.Run], s.number(c.Before), s.number(c.After)),
		})
	}
	f.Table = pageTable{ID: id + "-numbers", Caption: s.title(), Head: []column{{Name: phrase{"运行", "run"}}, {Name: phrase{"数值", "value"}, Number: true}}}
	intervals := s.Kind == SeriesQuality
	if intervals {
		f.Table.Head = append(f.Table.Head, column{Name: phrase{"95 % 区间", "95 % interval"}, Number: true})
	}
	f.Table.Head = append(f.Table.Head, column{Name: phrase{"说明", "remarks"}})
	for i := len(s.Points) - 1; i >= 0; i-- {
		p := s.Points[i]
		cells := []phrase{same(d[p.Run]), same(s.number(p.Value))}
		if intervals {
			cells = append(cells, same(s.interval(p)))
		}
		f.Table.Rows = append(f.Table.Rows, append(cells, s.remarks(p.Run)))
	}
	return f
}

// remarks about a run.
func (s *HistorySeries) remarks(run int) phrase {
	var out phrase
	for _, b := range s.Breaks {
		if b.Run == run {
			why := b.text()
			out = out.with(phrase{"新的线（" + why.ZH + "）", "new line (" + why.EN + ")"})
		}
	}
	for _, c := range s.Changes {
		if c.Run == run {
			out = out.with(phrase{"◆ 新的水平", "◆ new level"})
		}
	}
	return out
}

// chart has a line for each stretch, so that nothing connects what cannot be compared.
func (s *HistorySeries) chart(g *HistoryGroup) chart {
	c := chart{labels: g.dates(), format: func(v float64) string { return s.number(v) }}
	none := func() []float64 {
		out := make([]float64, len(g.Runs))
		for i := range out {
			out[i] = math.NaN()
		}
		return out
	}
	name := oneLine(s.Metric + s.Unit)
	begins := map[int]bool{}
	for _, b := range s.Breaks {
		begins[b.Run] = true
	}
	var value, low, high []float64
	bounded := false
	flush := func() {
		if value == nil {
			return
		}
		if bounded {
			c.lines = append(c.lines, line{"95 %", lineBound, low}, line{"95 %", lineBound, high})
		}
		c.lines = append(c.lines, line{name, lineValue, value})
		value, bounded = nil, false
	}
	for _, p := range s.Points {
		if begins[p.Run] {
			flush()
		}
		if value == nil {
			value, low, high = none(), none(), none()
		}
		value[p.Run] = p.Value
		if p.CI95 != nil {
			low[p.Run], high[p.Run], bounded = p.CI95[0], p.CI95[1], true
		}
	}
	flush()
	if len(s.Changes) > 0 {
		marks := none()
		for _, ch := range s.Changes {
			for _, p := range s.Points {
				if p.Run == ch.Run {
					marks[p.Run] = p.Value
				}
			}
		}
		c.lines = append(c.lines, line{"◆", lineMark, marks})
	}
	return c
}
