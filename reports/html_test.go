package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostile is a text that does something when it is taken for markup, script or a formula.
const hostile = `</script><script>document.title="taken"</script><img src=x onerror='document.title="taken"'>"'{{.}}` + "\u202e\u2028=1+1|`<b>"

// hostileHistory has that text wherever data have their say.
func hostileHistory() *History {
	return NewHistory(nights(15, func(i int, r *Record) {
		r.Model.Name, r.Model.Quant = hostile, hostile
		r.SystemInstruction = hostile
		r.Engine.Version = hostile + strconv.Itoa(i/8)
		r.Host.Hardware.CPU.Brand = hostile + strconv.Itoa(i/10)
		r.Digest = hostile + strconv.Itoa(i)
		r.Results[hostile], r.Configs[hostile] = r.Results["tnews"], TaskConfig{MetricList: []MetricConfig{{Metric: "acc"}}}
		r.Versions[hostile], r.TaskHashes[hostile] = 1+i/9, hostile
	}), []SkippedRun{{hostile, hostile}})
}

func page(t *testing.T, h *History, o PageOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := HistoryHTML(&b, h, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageOfHostileData(t *testing.T) {
	for _, static := range []bool{true, false} {
		text := strings.ReplaceAll(page(t, hostileHistory(), PageOptions{Static: static}), scriptOfCharts(), "")
		for _, bad := range []string{`<script>document`, `<img`, `<b>`, "\u202e"} {
			if strings.Contains(text, bad) {
				t.Errorf("static %t: %q of the data is markup of the page", static, bad)
			}
		}
	}
	var md bytes.Buffer
	if err := HistoryMarkdown(&md, hostileHistory()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(md.String()) {
		if strings.Contains(line, "<img") || strings.Contains(line, "\u202e") {
			t.Errorf("Markdown: %s", line)
		}
	}
}

// TestPagePolicy: the policy allows the scripts that are in the page, by their hashes, and no request.
func TestPagePolicy(t *testing.T) {
	text := page(t, eventful(), PageOptions{Static: true})
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(text, -1)
	if len(script) != 1 {
		t.Fatalf("%d scripts in a static page, want 1", len(script))
	}
	policy := "default-src 'none'; script-src " + scriptHash([]byte(script[0][1])) + "; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
	policy = strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(policy)
	if !strings.Contains(text, `content="`+policy+`"`) {
		t.Errorf("no policy %s", policy)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*["']?([^"')> ]+)`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %s", m[1])
		}
	}
}

// TestPageHasNumbers: every chart is there as a picture and as a table with a row for each point.
func TestPageHasNumbers(t *testing.T) {
	h := eventful()
	text := page(t, h, PageOptions{Static: true})
	points := 0
	for _, s := range h.Groups[0].Series {
		points += len(s.Points)
	}
	figures := regexp.MustCompile(`(?s)<figure .*?</figure>`).FindAllString(text, -1)
	if len(figures) != len(h.Groups[0].Series) {
		t.Errorf("%d figures, want %d", len(figures), len(h.Groups[0].Series))
	}
	rows := 0
	for _, f := range figures {
		if strings.Count(f, "<svg") != 1 || strings.Contains(f, "NaN") {
			t.Errorf("no picture in %.200s", f)
		}
		rows += strings.Count(f, `<th scope="row">`)
	}
	if rows != points {
		t.Errorf("%d rows of numbers, want %d", rows, points)
	}
	if len(text) > 1<<20 {
		t.Errorf("the page has %d bytes", len(text))
	}
	if again := page(t, eventful(), PageOptions{Static: true}); again != text {
		t.Error("the same history gives different pages")
	}
}

func TestChartOptions(t *testing.T) {
	c := chart{
		labels: []string{"a</script>", "b", "c"}, format: func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
		lines: []line{{"v", lineValue, []float64{1.23456, math.NaN(), 0}}, {"◆", lineMark, []float64{math.NaN(), 2, math.NaN()}}},
	}
	js, err := c.options()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(js), "<>") {
		t.Errorf("markup in %s", js)
	}
	var back struct {
		Series []struct {
			Type string
			Data []struct{ Value any }
		}
		XAxis []struct{ Data []string }
	}
	if err := json.Unmarshal([]byte(js), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Series) != 2 || back.Series[0].Data[0].Value != 1.23 || back.Series[0].Data[1].Value != "-" || back.Series[0].Data[2].Value != 0.0 {
		t.Errorf("series %+v", back.Series)
	}
	if len(back.XAxis) != 1 || back.XAxis[0].Data[0] != "a</script>" {
		t.Errorf("axis %+v", back.XAxis)
	}
}

func TestAxis(t *testing.T) {
	for _, tc := range []struct {
		low, high, from, to float64
		steps               int
	}{
		{0, 1, 0, 1, 5},
		{0.45, 0.5, 0.45, 0.5, 5},
		{0.216, 0.384, 0.2, 0.4, 4},
		{1.281, 2.234, 1.25, 2.25, 4},
		{-3, 7, -5, 7.5, 5},
		{5, 5, 4.5, 5.5, 4},
		{0, 0, -0.001, 0.001, 4},
		{1, -1, 0, 1, 5},
	} {
		from, to, steps := axis(tc.low, tc.high)
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if !near(from, tc.from) || !near(to, tc.to) || steps != tc.steps {
			t.Errorf("axis(%v, %v) = %v, %v, %d, want %v, %v, %d", tc.low, tc.high, from, to, steps, tc.from, tc.to, tc.steps)
		}
	}
}

// TestPageInBrowser opens pages of ordinary and of hostile data from a disk: both languages, no message on the console, and every
// chart drawn. It needs Chromium.
func TestPageInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("no Chromium here")
	}
	for _, tc := range []struct {
		name, lang string
		history    *History
		o          PageOptions
	}{
		{"static", "zh", eventful(), PageOptions{Static: true}},
		{"interactive", "en", eventful(), PageOptions{}},
		{"hostile-static", "en", hostileHistory(), PageOptions{Static: true}},
		{"hostile-interactive", "zh", hostileHistory(), PageOptions{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !tc.o.Static && scriptOfCharts() == "" {
				t.Skip("ECharts is not built in: go generate ./reports")
			}
			text := page(t, tc.history, tc.o)
			path := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
				"--virtual-time-budget=5000", "--enable-logging=stderr", "--dump-dom", "file://"+path+"?lang="+tc.lang)
			var out, messages bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &messages
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, messages.String())
			}
			for line := range strings.Lines(messages.String()) {
				if strings.Contains(line, "CONSOLE") {
					t.Errorf("console: %s", line)
				}
			}
			dom := out.String()
			if !strings.Contains(dom, `<html lang="`+tc.lang+`"`) || strings.Contains(dom, "<title>taken") {
				t.Errorf("language or title: %.400s", dom)
			}
			plots := regexp.MustCompile(`(?s)<div class="plot".*?<details>`).FindAllString(dom, -1)
			if want := strings.Count(text, `class="plot"`); len(plots) != want {
				t.Errorf("%d plots, want %d", len(plots), want)
			}
			for _, p := range plots {
				if strings.Count(p, "<path") < 3 || tc.o.Static == strings.Contains(p, "_echarts_instance_") {
					t.Errorf("not drawn: %.300s", p)
				}
			}
		})
	}
}
