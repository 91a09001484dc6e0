package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// BenchVersion is the version of a [Bench] as JSON. It grows when a key changes its meaning or goes away; new keys alone do not
// change it.
const BenchVersion = 1

// A Bench is what the bench command measured on one model. Its JSON Schema is in bench.schema.json.
type Bench struct {
	SchemaVersion int `json:"schema_version"`

	Model    Model             `json:"model"`
	Engine   BenchEngine       `json:"engine"`
	Hardware hardware.Snapshot `json:"hardware"`
	Ceilings []BenchCeiling    `json:"ceilings"` // of the machine, measured before the model was loaded
	Peer     *BenchPeer        `json:"peer,omitempty"`
	Rows     []BenchRow        `json:"rows"`
	Skipped  []BenchSkipped    `json:"skipped"`  // tests that were asked for and cannot be run
	Warnings []string          `json:"warnings"` // what a reader of the numbers should know
	Started  string            `json:"started"`  // UTC, RFC 3339
}

// BenchEngine says how the model was run. Threads and streams differ from row to row.
type BenchEngine struct {
	Version     string `json:"version"` // of this program
	Device      string `json:"device"`
	Kernel      string `json:"kernel"` // level: "reference", "avx2", "avx512"
	KVType      string `json:"kv_type"`
	Context     int    `json:"context"`     // tokens that a sequence may have
	Speculation string `json:"speculation"` // "off", or "auto": tokens are guessed
	Repetitions int    `json:"repetitions"` // of each test, after one that does not count
	Seed        uint64 `json:"seed"`        // of the prompts
}

// BenchCeiling is what the machine does at most with a number of threads; rates are per second, 0 = not measured.
type BenchCeiling struct {
	Threads    int     `json:"threads"`
	DRAMBytes  float64 `json:"dram_bytes_s"`
	Int8MACs   float64 `json:"int8_mac_s"`
	Float32MAC float64 `json:"f32_mac_s"`
}

// BenchPeer is the other program that the same tests were run with.
type BenchPeer struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Build string `json:"build,omitempty"` // as it says itself
}

// BenchTest is one thing to measure.
type BenchTest struct {
	Test    string `json:"test"`  // "pp512": prompt of 512 tokens; "tg64": 64 tokens generated
	Depth   int    `json:"depth"` // tokens before those that are measured
	Streams int    `json:"streams"`
	Threads int    `json:"threads"`
}

// BenchRow is one test with its results. Rates are tokens per second of all streams together.
type BenchRow struct {
	BenchTest
	TokS   []float64     `json:"tok_s"` // one value a repetition
	Median float64       `json:"median"`
	Spread float64       `json:"spread_percent"`   // the repetition farthest from the median, in percent of it
	TTFT   float64       `json:"ttft_ms"`          // median time from admission to first token
	ITL    *Percentiles  `json:"itl_ms,omitempty"` // from one token to the next; tests of prompts have none
	Peak   BenchMemory   `json:"peak_bytes"`
	Top    *BenchShare   `json:"ceiling,omitempty"` // absent when it could not be told
	Peer   *BenchPeerRow `json:"peer,omitempty"`    // absent when the peer was not asked, or cannot run this test
}

// BenchMemory is what the engine held after the test, by kind; Process is the most that the whole process held during it.
type BenchMemory struct {
	Ledger
	Process int64 `json:"process"` // 0 = unknown
}

// BenchShare says how much of a ceiling of the machine was reached.
type BenchShare struct {
	Percent float64 `json:"percent"`
	Of      string  `json:"of"` // "dram" or "compute"
}

// The values of BenchShare.Of.
const (
	OfDRAM    = "dram"
	OfCompute = "compute"
)

// BenchPeerRow is what the peer reached in the same test, a repetition of its after each of ours.
type BenchPeerRow struct {
	TokS   []float64 `json:"tok_s"`
	Median float64   `json:"median"`
	Ratio  float64   `json:"ratio"` // median over repetitions of ours by the peer's
}

// BenchSkipped is a test that was not run.
type BenchSkipped struct {
	BenchTest
	Reason string `json:"reason"`
}

// Summarize fills Median and Spread, and those of the peer, from the repetitions.
func (r *BenchRow) Summarize() {
	r.Median, r.Spread = median(r.TokS), spread(r.TokS)
	if p := r.Peer; p != nil {
		p.Median = median(p.TokS)
		ratios := make([]float64, min(len(r.TokS), len(p.TokS)))
		for i := range ratios {
			ratios[i] = r.TokS[i] / p.TokS[i]
		}
		p.Ratio = median(ratios)
	}
}

// median is 0 of nothing, as JSON has no NaN.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return metrics.Median(values)
}

// spread is the largest distance from the median in percent of it.
func spread(values []float64) float64 {
	m, far := median(values), 0.0
	if m == 0 {
		return 0
	}
	for _, v := range values {
		far = max(far, math.Abs(v-m))
	}
	return 100 * far / m
}

// BenchJSON writes the record as JSON: indented, keys in a fixed order, ending in a newline.
func BenchJSON(w io.Writer, b *Bench) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(b); err != nil {
		return fmt.Errorf("reports: bench as JSON: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}
