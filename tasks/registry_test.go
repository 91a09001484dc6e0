package tasks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
)

func TestAllTasksAreComplete(t *testing.T) {
	names := make(map[string]bool)
	for _, k := range All() {
		t.Run(k.Name, func(t *testing.T) {
			if names[k.Name] || k.Name == "" {
				t.Errorf("name %q is used twice or empty", k.Name)
			}
			names[k.Name] = true
			if k.Version < 1 || k.Shots < 0 || k.Family == "" || k.Title == "" || k.Source == "" || k.License == "" {
				t.Errorf("a fact is missing: %+v", k)
			}
			if k.Prompt == nil || k.Judge == nil || len(k.Files) == 0 && k.Make == nil {
				t.Error("a function is missing, or there is neither a place of files nor a generator")
			}
			if read := k.Read != nil || k.ReadAll != nil || k.Derive != nil; read != (len(k.Files) > 0) {
				t.Error("files without a reader, or a reader without files")
			}
			if !slices.Contains(Kinds(), k.Kind) {
				t.Errorf("kind %q", k.Kind)
			}
			for _, tag := range k.Breakdowns {
				if k.Make == nil {
					break // TestRealSets looks at the records of real sets
				}
				if !slices.ContainsFunc(k.Make(1, 30).Records, func(r datasets.Record) bool { return r.Tags[tag] != "" }) {
					t.Errorf("breakdown by %q: no generated record has that tag", tag)
				}
			}
			seen := make(map[string]bool)
			for _, m := range k.Metrics {
				if m.Name == "" || seen[m.Name] {
					t.Errorf("metric %q is used twice or has no name", m.Name)
				}
				seen[m.Name] = true
				if m.Proportion && m.Corpus != nil {
					t.Errorf("metric %s: a corpus metric is no mean of zeros and ones", m.Name)
				}
				if m.Corpus != nil && (m.By != "" || m.From != "") {
					t.Errorf("metric %s: computed from sums and from groups", m.Name)
				}
				if m.Joint != nil && (m.Corpus != nil || m.By != "" || m.From != "") {
					t.Errorf("metric %s: found together and computed in another way", m.Name)
				}
			}
			if len(seen) == 0 {
				t.Error("no metrics")
			}
			if got, ok := ByName(k.Name); !ok || got.Title != k.Title {
				t.Error("ByName does not find it")
			}
		})
	}
	if _, ok := ByName("no such task"); ok {
		t.Error("ByName finds what is not there")
	}
}

// Every variable of type Task is in the list and says in its doc comment where the set comes from and how it is scored.
func TestTasksAreDocumentedAndListed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	src, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if !isTask(v) {
					continue
				}
				found++
				id := v.Names[0].Name
				listed[id] = true
				for _, word := range []string{id + " is ", "Source:", "License:", "Metric"} {
					if !strings.Contains(gen.Doc.Text(), word) {
						t.Errorf("%s: the doc comment lacks %q", id, word)
					}
				}
				if !strings.Contains(string(src), id) {
					t.Errorf("%s is not in the list of all.go", id)
				}
			}
		}
	}
	if found != len(All()) {
		t.Errorf("%d variables of type Task, %d in the list", found, len(All()))
	}
}

func isTask(v *ast.ValueSpec) bool {
	if len(v.Values) != 1 {
		return false
	}
	lit, ok := v.Values[0].(*ast.CompositeLit)
	if !ok {
		return false
	}
	id, ok := lit.Type.(*ast.Ident)
	return ok && id.Name == "Task"
}

func TestSuites(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range Suites() {
		if _, task := ByName(s.Name); s.Name == "" || s.Title == "" || seen[s.Name] || task {
			t.Errorf("suite %q: no title, or the name is taken", s.Name)
		}
		seen[s.Name] = true
		if len(s.Tasks) == 0 {
			t.Errorf("suite %s is empty", s.Name)
		}
		for _, name := range s.Tasks {
			if _, ok := ByName(name); !ok {
				t.Errorf("suite %s: no task %q", s.Name, name)
			}
		}
		for _, g := range s.Groups {
			if g.Of != 0 && g.Of < len(g.Members) {
				t.Errorf("group %s: %d members of %d", g.Name, len(g.Members), g.Of)
			}
			for _, name := range g.Members {
				k, ok := ByName(name)
				if !ok || !slices.Contains(s.Tasks, name) {
					t.Errorf("group %s: member %q is not in suite %s", g.Name, name, s.Name)
				}
				if g.Metric != "" && !slices.ContainsFunc(k.Metrics, func(m Metric) bool { return m.Name == g.Metric }) {
					t.Errorf("group %s: task %s has no metric %s", g.Name, name, g.Metric)
				}
			}
		}
	}
	for _, name := range []string{"clue", "polysemy", "translation", "summary", "chinese", "smoke"} {
		if !seen[name] {
			t.Errorf("no suite %s", name)
		}
	}
}
