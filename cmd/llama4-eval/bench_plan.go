package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
)

// A benchPlan is what to measure: every combination.
type benchPlan struct {
	prompts, generates, depths, streams, threads []int
}

// A benchTest is one row to be measured. Exactly one of prompt and generate is not 0.
type benchTest struct {
	prompt, generate int
	depth, streams   int
	threads          int
}

func (t benchTest) name() string {
	if t.prompt > 0 {
		return fmt.Sprintf("pp%d", t.prompt)
	}
	return fmt.Sprintf("tg%d", t.generate)
}

func (t benchTest) record() reports.BenchTest {
	return reports.BenchTest{Test: t.name(), Depth: t.depth, Streams: t.streams, Threads: t.threads}
}

// given is how many tokens the prompt of a stream has: those that make up the depth, then what is measured; to generate
// something, one token at least has to be given.
func (t benchTest) given() int {
	if t.prompt > 0 {
		return t.depth + t.prompt
	}
	return t.depth + 1
}

// positions is how many positions a stream takes. The last token generated is never run.
func (t benchTest) positions() int { return t.given() + t.generate }

// tests are the combinations for a number of threads, in the order of the table. Depths ascend, so that what is in the cache
// is gone on with.
func (p benchPlan) tests(threads int) []benchTest {
	var out []benchTest
	for _, d := range slices.Sorted(slices.Values(p.depths)) {
		for _, n := range p.prompts {
			out = append(out, benchTest{prompt: n, depth: d, streams: 1, threads: threads})
		}
		for _, n := range p.generates {
			for _, s := range p.streams {
				out = append(out, benchTest{generate: n, depth: d, streams: s, threads: threads})
			}
		}
	}
	return out
}

func defaultThreads() int { return runtime.GOMAXPROCS(0) }

// maxListed bounds the length of a list of numbers.
const maxListed = 1000

// numberList reads the numbers of a flag as llama-bench writes them: 512, or a range: 1-4, 256-1024+256, 1-16*2. Repeated numbers count
// once.
func numberList(flag string, values []string, least, most int) ([]int, error) {
	var out []int
	for _, v := range values {
		first, last, step, factor, ok := parseRange(strings.TrimSpace(v))
		switch {
		case !ok:
			return nil, usagef(`%s %q: want numbers such as 512 or 1,2,4, or ranges such as 1-4, 256-1024+256 or 1-16*2`, flag, v)
		case first < least || last > most || last < first:
			return nil, usagef("%s %q: want %d to %d, ascending", flag, v, least, most)
		}
		for n := first; n <= last; n = n*factor + step {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
			if len(out) > maxListed {
				return nil, usagef("%s %q: more than %d numbers", flag, v, maxListed)
			}
			if n*factor+step <= n { // 0*2
				break
			}
		}
	}
	return out, nil
}

func parseRange(s string) (first, last, step, factor int, ok bool) {
	from, rest, ranged := strings.Cut(s, "-")
	first, err := strconv.Atoi(from)
	if err != nil {
		return 0, 0, 0, 0, false
	}
	step, factor = 1, 1
	if !ranged {
		return first, first, step, factor, true
	}
	to, by := rest, ""
	if i := strings.IndexAny(rest, "+*"); i >= 0 {
		to, by = rest[:i], rest[i+1:]
		n, err := strconv.Atoi(by)
		if err != nil || n < 1 || n > maxBenchTokens {
			return 0, 0, 0, 0, false
		}
		if rest[i] == '*' {
			step, factor = 0, n
		} else {
			step = n
		}
	}
	last, err = strconv.Atoi(to)
	return first, last, step, factor, err == nil
}
