package runner

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/llama4-eval/llama4-eval/reports"
)

// FuzzJournal: whatever a file holds, reading it either names a place or gives samples that are written again as lines that
// read as the same samples; and what is cut off is a line without its end.
func FuzzJournal(f *testing.F) {
	line := `{"doc_id":"1","task":"t","doc_hash":"a","prompt_hash":"b","target":"","response":"不","extracted":"","rule":"","verdict":"wrong","metrics":{"acc":0},"prompt_tokens":3,"output_tokens":1,"perf":{"reused_tokens":0,"ttft_ms":0,"tpot_ms":0,"total_ms":0}}` + "\n"
	f.Add([]byte(line))
	f.Add([]byte(line + line[:40]))
	f.Add([]byte(line[:40] + "\n" + line))
	f.Add([]byte("\n"))
	f.Add([]byte("null\n"))
	f.Add([]byte(strings.Replace(line, "不", "\xff", 1)))
	f.Fuzz(func(t *testing.T, content []byte) {
		samples, whole, err := readJournal("t.jsonl", content)
		if err != nil {
			if !strings.Contains(err.Error(), "t.jsonl: line ") {
				t.Errorf("%v does not name the place", err)
			}
			return
		}
		if whole > len(content) || bytes.IndexByte(content[whole:], '\n') >= 0 || whole > 0 && content[whole-1] != '\n' {
			t.Fatalf("%d of %d bytes are whole", whole, len(content))
		}
		var again []byte
		for i := range samples {
			l, err := encodeSample(&samples[i])
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, l...)
		}
		back, _, err := readJournal("t.jsonl", again)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(samples, back); d != "" {
			t.Error(d)
		}
	})
}

func TestWriteAtomic(t *testing.T) {
	dir := memoryDir(t)
	path := filepath.Join(dir, "file")
	for _, content := range []string{"one", "two and more", ""} {
		if err := writeAtomic(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != content {
			t.Errorf("got %q (%v), want %q", b, err, content)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	if err := writeAtomic(filepath.Join(dir, "nowhere", "file"), nil); err == nil {
		t.Error("writing into a folder that is not there succeeds")
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(memoryDir(t), lockName)
	unlock, err := lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(path); err == nil {
		t.Fatal("a lock is taken twice")
	}
	unlock()
	unlock, err = lock(path)
	if err != nil {
		t.Fatalf("a lock that was given back cannot be taken: %v", err)
	}
	unlock()
}

func TestRunID(t *testing.T) {
	id := strings.Repeat("0a", 32)
	for _, tc := range []struct{ model, quant, want string }{
		{"some.gguf", "Q4_0", "20260102T030405Z-some-Q4_0-0a0a0a0a0a0a"},
		{"some-0.5b-q4_k_m.gguf", "Q4_K_M", "20260102T030405Z-some-0.5b-Q4_K_M-0a0a0a0a0a0a"},
		{"名字", "BF16", "20260102T030405Z-名字-BF16-0a0a0a0a0a0a"},
		{"../../etc/passwd", "", "20260102T030405Z-.._.._etc_passwd-unknown-0a0a0a0a0a0a"},
		{"q4_0", "Q4_0", "20260102T030405Z-q4_0-Q4_0-0a0a0a0a0a0a"},
		{"a b\nc", "Q4:0", "20260102T030405Z-a_b_c-Q4_0-0a0a0a0a0a0a"},
	} {
		m := &manifest{Model: reports.Model{Name: tc.model, Quant: tc.quant}, Started: "2026-01-02T03:04:05Z", Identity: id}
		if got := runID(m); got != tc.want {
			t.Errorf("%q %q: got %s, want %s", tc.model, tc.quant, got, tc.want)
		}
	}
	long := &manifest{Model: reports.Model{Name: strings.Repeat("长", 500), Quant: "F16"}, Started: "2026-01-02T03:04:05Z", Identity: id}
	if got := runID(long); len(got) > 200 {
		t.Errorf("a name of %d bytes", len(got))
	}
}

// TestOutputMeetsSchemas holds what a run writes against the published schemas.
func TestOutputMeetsSchemas(t *testing.T) {
	o := fakeOptions(t)
	o.MaxErrors, o.PricePerHour, o.Overlength = -1, 2, OverlengthSkip
	m := newFake()
	m.fail = map[string]string{"第5题": "no"}
	_, dir := mustRun(t, o, m)
	check := func(schema, file string, whole bool) {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join("..", "reports", schema))
		if err != nil {
			t.Fatal(err)
		}
		var s jsonschema.Schema
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		resolved, err := s.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		parts := [][]byte{content}
		if !whole {
			parts = bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
		}
		for i, p := range parts {
			var v any
			if err := json.Unmarshal(p, &v); err != nil {
				t.Fatal(err)
			}
			if err := resolved.Validate(v); err != nil {
				t.Errorf("%s, line %d: %v", file, i+1, err)
			}
		}
	}
	check("results.schema.json", resultsName, true)
	check("sample.schema.json", filepath.Join(samplesName, "choice.jsonl"), false)
	check("sample.schema.json", filepath.Join(samplesName, "generate.jsonl"), false)
}
