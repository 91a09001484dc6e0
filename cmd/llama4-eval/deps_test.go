package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/llama4-eval/llama4-eval/"

type layer struct {
	pkg, reason string
	ours        []string // packages of this module
	third       []string // modules
}

// layers is the import table of ARCHITECTURE.md: what each package may import. A name stands for itself and
// everything below it. Reason is printed beside a broken line.
var layers = []layer{
	{"metrics", "metrics are pure functions of numbers and texts", nil, []string{"golang.org/x/text"}},
	{
		"hardware", "hardware facts know nothing of models or tasks", nil,
		[]string{"golang.org/x/sys", "github.com/shirou/gopsutil/v4", "github.com/klauspost/cpuid/v2"},
	},
	{"datasets", "data formats know nothing of what is done with them", nil, []string{"github.com/parquet-go/parquet-go"}},
	{
		"inference", "the engine knows nothing of tasks, metrics or reports",
		[]string{"inference"},
		[]string{"golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text", "github.com/pkoukk/tiktoken-go"},
	},
	{"tasks/novel", "novels are made of random numbers alone", nil, nil},
	{"tasks/draw", "randomness comes from the caller", nil, nil},
	{"tasks/contract", "a writer of texts knows nothing of prompts, models or scores", []string{"tasks/draw"}, nil},
	{"tasks/finance", "a writer of texts knows nothing of prompts, models or scores", []string{"tasks/draw"}, nil},
	{"tasks", "a task must not know which engine answers it", []string{"datasets", "metrics", "tasks"}, []string{"github.com/goccy/go-yaml"}},
	{"reports", "a report is made of the finished record alone", []string{"metrics", "hardware"}, []string{"github.com/olekukonko/tablewriter", "github.com/go-echarts/go-echarts/v2", "github.com/go-analyze/charts"}},
	{"compare", "a comparison is made of finished records and samples alone", []string{"metrics", "reports"}, nil},
	{
		"runner", "the runner is the only place that knows tasks and engine both",
		[]string{"metrics", "hardware", "datasets", "inference", "tasks", "reports", "compare"},
		[]string{"golang.org/x/sync"},
	},
	{
		"parity", "parity compares engine and metrics with references and knows no tasks",
		[]string{"inference", "metrics", "datasets"},
		[]string{"golang.org/x/sync"},
	},
	{"golden", "golden is imported by tests only and must not pull anything in", nil, nil},
	{
		"cmd", "commands only put the parts together",
		[]string{"metrics", "hardware", "datasets", "inference", "tasks", "reports", "compare", "runner", "parity"},
		[]string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/goccy/go-yaml", "golang.org/x/term"},
	},
}

// testThird may be imported by the tests of every package.
var testThird = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "github.com/google/jsonschema-go"}

type listedPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportTable(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		i := slices.IndexFunc(layers, func(l layer) bool { return within(name, l.pkg) })
		if i < 0 {
			t.Errorf("%s is not in the import table", name)
			continue
		}
		l := layers[i]
		for _, imp := range p.Imports {
			if !allowed(imp, l.ours, l.third) {
				t.Errorf("%s imports %s: %s", name, imp, l.reason)
			}
		}
		for _, imp := range append(p.TestImports, p.XTestImports...) {
			ours := append([]string{l.pkg, "golden", "inference"}, l.ours...)
			if l.pkg == "inference" {
				ours = []string{"inference", "golden"}
			}
			if !allowed(imp, ours, append(testThird, l.third...)) {
				t.Errorf("tests of %s import %s: %s", name, imp, l.reason)
			}
		}
	}
}

// TestImportTableBites shows that a forbidden import is seen.
func TestImportTableBites(t *testing.T) {
	for _, tc := range []struct {
		imp  string
		ours []string
		want bool
	}{
		{"fmt", nil, true},
		{module + "tasks", []string{"inference"}, false},
		{module + "inference/gguf", []string{"inference"}, true},
		{module + "inferencex", []string{"inference"}, false},
		{"github.com/other/thing", nil, false},
	} {
		if got := allowed(tc.imp, tc.ours, nil); got != tc.want {
			t.Errorf("allowed(%q, %q) = %v, want %v", tc.imp, tc.ours, got, tc.want)
		}
	}
}

func allowed(imp string, ours, third []string) bool {
	if rest, ok := strings.CutPrefix(imp, module); ok {
		return slices.ContainsFunc(ours, func(o string) bool { return within(rest, o) })
	}
	first, _, _ := strings.Cut(imp, "/")
	return !strings.Contains(first, ".") || slices.ContainsFunc(third, func(m string) bool { return within(imp, m) })
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listedPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
