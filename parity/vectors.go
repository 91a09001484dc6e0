package parity

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
)

// vectorTolerance is for values computed in float64 by both sides, relative above 1.
const vectorTolerance = 1e-9

// A vector is one case of a file of metric or statistics vectors; each line of such a file is one.
type vector struct {
	ID       string          `json:"id"`
	Metric   string          `json:"metric"`
	Config   json.RawMessage `json:"config"`
	Input    json.RawMessage `json:"input"`
	Expected json.RawMessage `json:"expected"`
}

// A vectorCheck computes a case and returns its largest difference; texts that differ count as +Inf. An
// error says that the case cannot be read, or is unsupported.
type vectorCheck func(v vector) (worst float64, err error)

// unsupported is the error of a case that this build or its settings cannot check, and says why.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// vectorChecks are all metrics that vectors can name.
func vectorChecks(words func() (Segmenter, error)) map[string]vectorCheck {
	all := make(map[string]vectorCheck)
	for _, checks := range []map[string]vectorCheck{statisticChecks(), metricChecks(words)} {
		maps.Copy(all, checks)
	}
	return all
}

// checkCase wraps the function of one metric: config, input and expected are decoded into its arguments.
func checkCase[C, I, W any](f func(config C, in I, want W) float64) vectorCheck {
	return tryCase(func(config C, in I, want W) (float64, error) { return f(config, in, want), nil })
}

// tryCase is checkCase for a function that may find a case unsupported.
func tryCase[C, I, W any](f func(config C, in I, want W) (float64, error)) vectorCheck {
	return func(v vector) (float64, error) {
		var config C
		var in I
		var want W
		for _, part := range []struct {
			name string
			raw  json.RawMessage
			into any
		}{{"config", v.Config, &config}, {"input", v.Input, &in}, {"expected", v.Expected, &want}} {
			if len(part.raw) == 0 {
				return 0, fmt.Errorf("%s is missing", part.name)
			}
			if err := json.Unmarshal(part.raw, part.into); err != nil {
				return 0, fmt.Errorf("%s: %w", part.name, err)
			}
		}
		return f(config, in, want)
	}
}

// difference is |got-want| / max(1, |want|); +Inf for NaN.
func difference(got, want float64) float64 {
	if got == want {
		return 0
	}
	d := math.Abs(got-want) / max(1, math.Abs(want))
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

// farthest is the largest difference of two lists; +Inf when their lengths differ.
func farthest(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var worst float64
	for i := range got {
		worst = max(worst, difference(got[i], want[i]))
	}
	return worst
}

// checkVectors compares the cases of a file, with one check a metric.
func checkVectors(ctx context.Context, r *run, path string) error {
	cases, err := readVectors(path)
	if err != nil {
		r.fail(label(path), err)
		return nil
	}
	checks := vectorChecks(r.words)
	for _, metric := range slices.Sorted(maps.Keys(cases)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := label(path) + ": " + metric
		check, ok := checks[metric]
		if !ok {
			r.skip(name, "%d cases: metric is not supported by this build", len(cases[metric]))
			continue
		}
		checkMetric(r, name, check, cases[metric])
	}
	return nil
}

func checkMetric(r *run, name string, check vectorCheck, cases []vector) {
	var worst float64
	var wrong, skipped int
	var first string
	var reason unsupported
	for _, v := range cases {
		d, err := check(v)
		var why unsupported
		if errors.As(err, &why) {
			reason = cmp.Or(reason, why)
			skipped++
			continue
		}
		if err != nil {
			r.fail(name, fmt.Errorf("parity: case %s: %w", v.ID, err))
			return
		}
		if !(d <= vectorTolerance) {
			first = cmp.Or(first, v.ID)
			wrong++
		}
		worst = max(worst, d)
	}
	if skipped > 0 {
		r.skip(name, "%d cases: %s", skipped, reason)
	}
	n := len(cases) - skipped
	if n == 0 {
		return
	}
	detail := fmt.Sprintf("%d cases", n)
	if wrong > 0 {
		detail = fmt.Sprintf("%d of %d cases differ; first: %s", wrong, n, first)
	}
	r.within(name, worst, vectorTolerance, detail)
}

// readVectors reads the cases of a file by metric.
func readVectors(path string) (map[string][]vector, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("parity: %w", err)
	}
	defer f.Close()
	return parseVectors(f, path)
}

// parseVectors reads the cases of a file; path is for errors.
func parseVectors(r io.Reader, path string) (map[string][]vector, error) {
	cases := make(map[string][]vector)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var v vector
		err := json.Unmarshal(lines.Bytes(), &v)
		if err == nil && v.Metric == "" {
			err = errors.New(`no "metric"`)
		}
		if err != nil {
			return nil, fmt.Errorf("parity: %s:%d: %w", path, n, err)
		}
		cases[v.Metric] = append(cases[v.Metric], v)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("parity: %s: %w", path, err)
	}
	return cases, nil
}
