package reports

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"

	static "github.com/go-analyze/charts"
	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A chart is lines over places on the x axis. The same chart is drawn as a static picture and, where ECharts is built in, as one that
// answers to the pointer. Text in it is the same in every language: dates, numbers, names of metrics.
type chart struct {
	labels []string // of the places
	lines  []line
	format func(float64) string // prints a value
}

// A line has a value at every place; NaN = none.
type line struct {
	name   string
	kind   lineKind
	values []float64
}

type lineKind int

const (
	lineValue lineKind = iota
	lineBound          // an end of an interval
	lineMark           // single points
)

// lineLooks are colors that readers with any kind of color vision tell apart, on white and on black (Okabe and Ito's palette). Marks
// have a shape of their own too.
var lineLooks = map[lineKind]struct {
	color string
	width float64
	shape static.SymbolShape
	size  int
}{
	lineValue: {"#0072b2", 2, static.SymbolDot, 2},
	lineBound: {"#56b4e9", 1, static.SymbolNone, 0},
	lineMark:  {"#d55e00", 2, static.SymbolDiamond, 5},
}

const axisColor = "#8a8a8a" // 3:1 on white and on black

// options are those of ECharts, as JSON that may stand in a page.
func (c chart) options() (template.JS, error) {
	l := charts.NewLine()
	l.SetGlobalOptions(
		charts.WithAnimation(false),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(true), Trigger: "axis"}),
		charts.WithGridOpts(opts.Grid{Left: "4", Right: "12", Top: "12", Bottom: "4", ContainLabel: opts.Bool(true)}),
		charts.WithXAxisOpts(opts.XAxis{
			Type: "category", AxisLabel: &opts.AxisLabel{Color: axisColor}, AxisLine: &opts.AxisLine{LineStyle: &opts.LineStyle{Color: axisColor}},
		}),
		charts.WithYAxisOpts(opts.YAxis{
			Scale: opts.Bool(true), AxisLabel: &opts.AxisLabel{Color: axisColor},
			SplitLine: &opts.SplitLine{Show: opts.Bool(true), LineStyle: &opts.LineStyle{Color: axisColor, Opacity: opts.Float(0.25)}},
		}),
	)
	l.SetXAxis(c.labels)
	for _, s := range c.lines {
		data, err := c.shown(s)
		if err != nil {
			return "", err
		}
		look := lineLooks[s.kind]
		fill := charts.WithItemStyleOpts(opts.ItemStyle{Color: look.color})
		stroke := charts.WithLineStyleOpts(opts.LineStyle{Color: look.color, Width: float32(look.width)})
		switch s.kind {
		case lineMark: // of a line ECharts leaves out points where there are many
			marks := make([]opts.ScatterData, len(data))
			for i, v := range data {
				marks[i] = opts.ScatterData{Value: v, Symbol: "diamond", SymbolSize: 12}
			}
			l.Overlap(charts.NewScatter().AddSeries(s.name, marks, fill))
		default:
			points := make([]opts.LineData, len(data))
			for i, v := range data {
				points[i] = opts.LineData{Value: v}
			}
			l.AddSeries(s.name, points, fill, stroke,
				charts.WithLineChartOpts(opts.LineChart{Symbol: "circle", SymbolSize: 4, ShowSymbol: opts.Bool(s.kind == lineValue)}))
		}
	}
	l.Validate()
	b, err := json.Marshal(l.JSON()) // escapes what could end a script
	if err != nil {
		return "", fmt.Errorf("reports: chart: %w", err)
	}
	return template.JS(b), nil
}

// shown are the values of a line as ECharts takes them, with as many digits as people get to see.
func (c chart) shown(s line) ([]any, error) {
	out := make([]any, len(s.values))
	for i, v := range s.values {
		if math.IsNaN(v) {
			out[i] = "-"
			continue
		}
		shown, err := strconv.ParseFloat(c.format(v), 64)
		if err != nil {
			return nil, fmt.Errorf("reports: chart: %w", err)
		}
		out[i] = shown
	}
	return out, nil
}

// Size of a static picture, in pixels. It is scaled to the page.
const (
	pictureWidth  = 480
	pictureHeight = 240
)

// picture draws the chart as SVG. The page gives its texts their color.
func (c chart) picture() (template.HTML, error) {
	opt := static.NewLineChartOptionWithData(nil)
	opt.SeriesList = nil
	theme := static.ThemeOption{
		AxisStrokeColor: static.ParseColor(axisColor), AxisSplitLineColor: static.ParseColor(axisColor).WithAlpha(64),
		BackgroundColor: static.ColorTransparent, TextColor: static.ParseColor(axisColor),
	}
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, s := range c.lines {
		look := lineLooks[s.kind]
		theme.SeriesColors = append(theme.SeriesColors, static.ParseColor(look.color))
		values := slices.Clone(s.values)
		for i, v := range values {
			if math.IsNaN(v) {
				values[i] = static.GetNullValue()
				continue
			}
			lowest, highest = min(lowest, v), max(highest, v)
		}
		opt.SeriesList = append(opt.SeriesList, static.LineSeries{
			Name: s.name, Values: values, Symbol: static.Symbol{Shape: look.shape, Size: float64(look.size)},
		})
	}
	opt.Theme = static.MakeTheme(theme)
	opt.Padding = static.NewBoxEqual(8)
	opt.Legend.Show = new(false)
	opt.LineStrokeWidth = 1.5
	opt.XAxis.Labels = c.labels
	opt.XAxis.LabelCount = min(len(c.labels), 3)
	opt.XAxis.BoundaryGap = new(false)
	opt.ValueFormatter = c.format
	if len(opt.YAxis) == 0 {
		opt.YAxis = make([]static.YAxisOption, 1)
	}
	from, to, steps := axis(lowest, highest)
	opt.YAxis[0].Min, opt.YAxis[0].Max, opt.YAxis[0].LabelCount = &from, &to, steps+1
	p := static.NewPainter(static.PainterOptions{OutputFormat: static.ChartOutputSVG, Width: pictureWidth, Height: pictureHeight})
	if err := p.LineChart(opt); err != nil {
		return "", fmt.Errorf("reports: chart: %w", err)
	}
	b, err := p.Bytes()
	if err != nil {
		return "", fmt.Errorf("reports: chart: %w", err)
	}
	return template.HTML(b), nil
}

// axis is a range with round numbers in which all values lie, and into how many steps it is divided.
func axis(low, high float64) (from, to float64, steps int) {
	if low > high { // no value at all
		low, high = 0, 1
	}
	if high == low {
		pad := max(math.Abs(high)*0.1, 1e-3)
		low, high = low-pad, high+pad
	}
	const most = 5 // steps
	rough := (high - low) / most
	unit := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, nice := range []float64{1, 2, 2.5, 5, 10, 20} {
		step := nice * unit
		from, to = math.Floor(low/step)*step, math.Ceil(high/step)*step
		if steps = int(math.Round((to - from) / step)); steps <= most {
			break
		}
	}
	return from, to, steps
}
