package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/reports"
)

// A peer is llama.cpp's llama-bench, and llama-batched-bench if it lies in the same folder: a program that others built, whose output is
// not to be trusted.
type peer struct {
	path    string
	batched string // "" = there is none
	build   string // as it says itself
}

const (
	peerName = "llama-bench"
	// maxPeerOutput bounds what is kept of its output, in bytes.
	maxPeerOutput = 1 << 20
	// peerDelay is how long a peer that was told to end may hold its output open.
	peerDelay = 5 * time.Second
)

// newPeer reads the value of --peer. The peer reads GGUF files only.
func newPeer(flag string, models []string) (*peer, error) {
	name, path, ok := strings.Cut(flag, "=")
	if !ok || name != peerName || path == "" {
		return nil, usagef("--peer %q: want %s=PATH", flag, peerName)
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, usagef("--peer: %w", err)
	}
	for _, m := range models {
		if !isGGUF(m) {
			return nil, usagef("--peer: %s reads GGUF files only, %s is none", peerName, m)
		}
	}
	p := &peer{path: found}
	dir, file := filepath.Split(found)
	sibling := filepath.Join(dir, strings.Replace(file, "llama-bench", "llama-batched-bench", 1))
	if st, err := os.Stat(sibling); err == nil && st.Mode().IsRegular() && sibling != found {
		p.batched = sibling
	}
	return p, nil
}

// askPeer has the peer run a test once and adds its rate to the row.
func (b *bench) askPeer(ctx context.Context, t benchTest, kvType string, row *reports.BenchRow) error {
	if t.streams > 1 && b.peer.batched == "" {
		return nil
	}
	rate, err := b.peer.run(ctx, b.path, t, kvType)
	if err != nil {
		return fmt.Errorf("peer, %v: %w", row.BenchTest, err)
	}
	if row.Peer == nil {
		row.Peer = &reports.BenchPeerRow{}
	}
	row.Peer.TokS = append(row.Peer.TokS, rate)
	b.record.Peer = &reports.BenchPeer{Name: peerName, Path: b.peer.path, Build: b.peer.build}
	return nil
}

// run runs a test once and returns tokens per second. The peer does its own warm-up, and makes up its own prompt.
func (p *peer) run(ctx context.Context, model string, t benchTest, kvType string) (float64, error) {
	threads := strconv.Itoa(t.threads)
	types := []string{"-ctk", kvType, "-ctv", kvType}
	if t.streams == 1 {
		out, err := call(ctx, p.path, append(types, "-m", model, "-p", strconv.Itoa(t.prompt), "-n", strconv.Itoa(t.generate),
			"-d", strconv.Itoa(t.depth), "-t", threads, "-r", "1", "-o", "json")...)
		if err != nil {
			return 0, err
		}
		return p.parse(out, t)
	}
	// Each sequence gets an equal part of the context, in steps of 256.
	context := t.streams * roundUp(t.positions(), 256)
	out, err := call(ctx, p.batched, append(types, "-m", model, "-c", strconv.Itoa(context), "-npp", strconv.Itoa(t.given()),
		"-ntg", strconv.Itoa(t.generate), "-npl", strconv.Itoa(t.streams), "-t", threads, "--output-format", "jsonl")...)
	if err != nil {
		return 0, err
	}
	return parseBatched(out, t)
}

// parse reads the JSON of llama-bench: an array of one test.
func (p *peer) parse(out []byte, t benchTest) (float64, error) {
	var tests []struct {
		Commit  string    `json:"build_commit"`
		Number  *int      `json:"build_number"`
		Prompt  *int      `json:"n_prompt"`
		Gen     *int      `json:"n_gen"`
		Depth   *int      `json:"n_depth"`
		Threads *int      `json:"n_threads"`
		Rates   []float64 `json:"samples_ts"`
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	if err := dec.Decode(&tests); err != nil {
		return 0, fmt.Errorf("%s: output is not the JSON of llama-bench: %w", p.path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("%s: more than one JSON value in the output", p.path)
	}
	if len(tests) != 1 || len(tests[0].Rates) != 1 {
		return 0, fmt.Errorf("%s: want one test with one value in samples_ts", p.path)
	}
	got := tests[0]
	if !is(got.Prompt, t.prompt) || !is(got.Gen, t.generate) || !is(got.Depth, t.depth) || !is(got.Threads, t.threads) {
		return 0, fmt.Errorf("%s: answers for another test than was asked: n_prompt %s, n_gen %s, n_depth %s, n_threads %s",
			p.path, number(got.Prompt), number(got.Gen), number(got.Depth), number(got.Threads))
	}
	if got.Number != nil && len(got.Commit) <= 40 {
		p.build = strings.TrimSpace(fmt.Sprintf("%s (build %d)", got.Commit, *got.Number))
	}
	return peerRate(p.path, got.Rates[0])
}

// parseBatched reads the lines of llama-batched-bench: one with an object, and empty ones.
func parseBatched(out []byte, t benchTest) (float64, error) {
	const name = "llama-batched-bench"
	var found []byte
	for line := range bytes.Lines(out) {
		line = bytes.TrimSpace(line)
		if !bytes.HasPrefix(line, []byte("{")) { // messages may stand between
			continue
		}
		if found != nil {
			return 0, fmt.Errorf("%s: more than one result in the output", name)
		}
		found = line
	}
	if found == nil {
		return 0, fmt.Errorf("%s: no result in the output", name)
	}
	var got struct {
		Prompt  *int    `json:"pp"`
		Gen     *int    `json:"tg"`
		Streams *int    `json:"pl"`
		Threads *int    `json:"n_threads"`
		Rate    float64 `json:"speed_tg"`
	}
	if err := json.Unmarshal(found, &got); err != nil {
		return 0, fmt.Errorf("%s: result is not JSON: %w", name, err)
	}
	if !is(got.Prompt, t.given()) || !is(got.Gen, t.generate) || !is(got.Streams, t.streams) || !is(got.Threads, t.threads) {
		return 0, fmt.Errorf("%s: answers for another test than was asked: pp %s, tg %s, pl %s, n_threads %s",
			name, number(got.Prompt), number(got.Gen), number(got.Streams), number(got.Threads))
	}
	return peerRate(name, got.Rate)
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func is(got *int, want int) bool { return got != nil && *got == want }

func number(n *int) string {
	if n == nil {
		return "absent"
	}
	return strconv.Itoa(*n)
}

func peerRate(name string, rate float64) (float64, error) {
	if !(rate > 0) || math.IsInf(rate, 0) {
		return 0, fmt.Errorf("%s: a rate of %v tokens per second", name, rate)
	}
	return rate, nil
}

// call runs a program and returns its standard output. A canceled ctx kills it, and so does more output than maxPeerOutput.
func call(ctx context.Context, program string, args ...string) ([]byte, error) {
	runs, kill := context.WithCancelCause(ctx)
	defer kill(nil)
	cmd := exec.CommandContext(runs, program, args...)
	out := &bounded{full: func() { kill(fmt.Errorf("more than %d bytes of output", maxPeerOutput)) }}
	messages := &bounded{full: func() {}}
	cmd.Stdout, cmd.Stderr = out, messages
	cmd.WaitDelay = peerDelay
	err := cmd.Run()
	switch cause := context.Cause(runs); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case cause != nil:
		return nil, fmt.Errorf("%s: %w", program, cause)
	case err != nil:
		return nil, fmt.Errorf("%s: %w%s", program, err, lastLine(messages.kept))
	}
	return out.kept, nil
}

// bounded keeps the first maxPeerOutput bytes that are written to it, and says when there are more.
type bounded struct {
	kept []byte
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if room := maxPeerOutput - len(b.kept); n > room {
		p = p[:room]
		b.full()
	}
	b.kept = append(b.kept, p...)
	return n, nil
}

// lastLine is the last line of what a program said, for an error message; "" if it said nothing.
func lastLine(b []byte) string {
	const most = 300
	b = bytes.TrimSpace(b)
	line := b[bytes.LastIndexByte(b, '\n')+1:]
	if len(line) == 0 {
		return ""
	}
	return fmt.Sprintf(": %.*q", most, string(line))
}
