package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// BenchText writes the record as a table for a terminal, with the facts above and below it.
func BenchText(w io.Writer, b *Bench) error {
	var buf bytes.Buffer
	writeFacts(&buf, benchFacts(b))
	if len(b.Rows) > 0 {
		head, rows := benchTable(b)
		align := tw.Alignment{tw.AlignLeft}
		for range head[1:] {
			align = append(align, tw.AlignRight)
		}
		lines, err := tableLines(head, rows, align)
		if err != nil {
			return fmt.Errorf("reports: table: %w", err)
		}
		buf.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	}
	if facts := benchCosts(b); len(facts) > 0 {
		buf.WriteByte('\n')
		writeFacts(&buf, facts)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// BenchMarkdown writes the record as a section in GitHub's Markdown.
func BenchMarkdown(w io.Writer, b *Bench) error {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "## %s\n\n", mdText(b.Model.Name))
	mdFacts(&buf, benchFacts(b))
	if len(b.Rows) > 0 {
		head, rows := benchTable(b)
		rule := []string{"---"}
		for range head[1:] {
			rule = append(rule, "---:")
		}
		mdRow(&buf, head)
		mdRow(&buf, rule)
		for _, cells := range rows {
			for i := range cells {
				cells[i] = mdText(cells[i])
			}
			mdRow(&buf, cells)
		}
		buf.WriteByte('\n')
	}
	mdFacts(&buf, benchCosts(b))
	_, err := w.Write(bytes.TrimRight(buf.Bytes(), "\n"))
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

// BenchCSVHeader is the first line of a table that BenchCSV writes the other lines of.
const BenchCSVHeader = "model,quant,kernel,kv_type,test,depth,streams,threads,tok_s,tok_s_min,tok_s_max,spread_percent,ttft_ms," +
	"itl_p50_ms,itl_p90_ms,itl_p99_ms,weights_bytes,kv_bytes,activations_bytes,scratch_bytes,other_bytes,process_bytes," +
	"ceiling_percent,ceiling_of,peer_tok_s,peer_ratio\n"

// BenchCSV writes one line for each row, without a header: records of several models make one table.
func BenchCSV(w io.Writer, b *Bench) error {
	c := csv.NewWriter(w)
	var lines [][]string
	for _, r := range b.Rows {
		low, high := extremes(r.TokS)
		line := []string{
			b.Model.Name, b.Model.Quant, b.Engine.Kernel, b.Engine.KVType,
			r.Test, strconv.Itoa(r.Depth), strconv.Itoa(r.Streams), strconv.Itoa(r.Threads),
			full(r.Median), full(low), full(high), full(r.Spread), full(r.TTFT),
		}
		if r.ITL != nil {
			line = append(line, full(r.ITL.P50), full(r.ITL.P90), full(r.ITL.P99))
		} else {
			line = append(line, "", "", "")
		}
		for _, n := range []int64{r.Peak.Weights, r.Peak.KV, r.Peak.Activations, r.Peak.Scratch, r.Peak.Other, r.Peak.Process} {
			line = append(line, strconv.FormatInt(n, 10))
		}
		if r.Top != nil {
			line = append(line, full(r.Top.Percent), r.Top.Of)
		} else {
			line = append(line, "", "")
		}
		if r.Peer != nil {
			line = append(line, full(r.Peer.Median), full(r.Peer.Ratio))
		} else {
			line = append(line, "", "")
		}
		lines = append(lines, line)
	}
	if err := c.WriteAll(lines); err != nil {
		return fmt.Errorf("reports: CSV: %w", err)
	}
	return nil
}

func extremes(values []float64) (low, high float64) {
	for i, v := range values {
		if i == 0 {
			low, high = v, v
		}
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// benchFacts say what was measured, how and on what.
func benchFacts(b *Bench) []fact {
	e := b.Engine
	out := []fact{
		{"model", strings.Join(modelParts(b.Model), " · ")},
		{"engine", strings.Join([]string{
			e.Device + " " + e.Kernel, "KV " + e.KVType, plural(int64(e.Repetitions), "repetition"),
		}, " · ")},
		{"machine", b.Hardware.String()},
	}
	for _, c := range b.Ceilings {
		memory := ""
		if c.DRAMBytes > 0 {
			memory = fmt.Sprintf("memory %.1f GB/s, ", c.DRAMBytes/1e9)
		}
		out = append(out, fact{"at most", fmt.Sprintf("%s: %sint8 %.1f GMAC/s, float32 %.1f GMAC/s",
			plural(int64(c.Threads), "thread"), memory, c.Int8MACs/1e9, c.Float32MAC/1e9)})
	}
	if p := b.Peer; p != nil {
		out = append(out, fact{"peer", strings.TrimSpace(p.Name + " " + p.Build)})
	}
	return out
}

// benchCosts say what memory it took, and what was left out.
func benchCosts(b *Bench) []fact {
	var most BenchMemory
	for _, r := range b.Rows {
		if r.Peak.Total() >= most.Total() {
			most.Ledger = r.Peak.Ledger
		}
		most.Process = max(most.Process, r.Peak.Process)
	}
	var out []fact
	if l := most.Ledger; l.Total() > 0 {
		out = append(out, fact{"memory", fmt.Sprintf("weights %s · KV %s · activations %s · scratch %s · other %s",
			size(l.Weights), size(l.KV), size(l.Activations), size(l.Scratch), size(l.Other))})
	}
	if most.Process > 0 {
		out = append(out, fact{"memory", "peak of the process " + size(most.Process)})
	}
	for _, s := range b.Skipped {
		out = append(out, fact{"skipped", s.BenchTest.String() + ": " + s.Reason})
	}
	for _, w := range b.Warnings {
		out = append(out, fact{"warning", w})
	}
	return out
}

// String names the test for people: "tg64 at depth 4096, 8 streams, 2 threads".
func (t BenchTest) String() string {
	s := t.Test
	if t.Depth > 0 {
		s += fmt.Sprintf(" at depth %d", t.Depth)
	}
	if t.Streams > 1 {
		s += fmt.Sprintf(", %d streams", t.Streams)
	}
	return s + ", " + plural(int64(t.Threads), "thread")
}

// benchTable is the table of all formats that people read.
func benchTable(b *Bench) (head []string, rows [][]string) {
	head = []string{"test", "depth", "streams", "threads", "tok/s", "±", "first token", "next p50", "p90", "p99", "ceiling"}
	if b.Peer != nil {
		head = append(head, b.Peer.Name, "ratio")
	}
	for _, r := range b.Rows {
		cells := []string{
			r.Test, strconv.Itoa(r.Depth), strconv.Itoa(r.Streams), strconv.Itoa(r.Threads), tokens(r.Median),
			"-", millis(r.TTFT), "-", "-", "-", "-",
		}
		if len(r.TokS) > 1 {
			cells[5] = strconv.FormatFloat(r.Spread, 'f', 0, 64) + " %"
		}
		if r.ITL != nil {
			cells[7], cells[8], cells[9] = millis(r.ITL.P50), millis(r.ITL.P90), millis(r.ITL.P99)
		}
		if r.Top != nil {
			cells[10] = strconv.FormatFloat(r.Top.Percent, 'f', 0, 64) + " % " + r.Top.Of
		}
		if b.Peer != nil {
			peer, ratio := "-", "-"
			if r.Peer != nil {
				peer, ratio = tokens(r.Peer.Median), strconv.FormatFloat(r.Peer.Ratio, 'f', 2, 64)+"×"
			}
			cells = append(cells, peer, ratio)
		}
		rows = append(rows, cells)
	}
	return head, rows
}

// tokens prints a rate with about three digits.
func tokens(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
