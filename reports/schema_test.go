package reports

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/llama4-eval/llama4-eval/golden"
)

// Metric names are chosen by tasks, so the keys of a result are known by their form only.
const (
	valueKey   = `^[^,]+,none$`
	stderrKey  = `^[^,]+_stderr,none$`
	ciKey      = `^[^,]+_ci95,none$`
	clusterKey = `^[^,]+_ci95_cluster,none$`
	countKey   = `^[^,]+_n,none$`
)

// resultSchema describes the flat object that Result writes.
func resultSchema() *jsonschema.Schema {
	number := func(what string) *jsonschema.Schema { return &jsonschema.Schema{Type: "number", Description: what} }
	integer := func(what string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "integer", Minimum: new(0.0), Description: what}
	}
	value := number("value of a metric, not scaled")
	// A JSON object key matches every pattern that fits, so the plain value must step aside for the parts.
	value.Type, value.Types = "", []string{"number", "string", "array"}
	return &jsonschema.Schema{
		Type: "object",
		Properties: map[string]*jsonschema.Schema{
			"alias":              {Type: "string"},
			"members":            integer("groups: tasks that the mean is over"),
			"members_of":         integer("groups: tasks that the mean is meant to be over"),
			"n_scored":           integer("samples with a verdict correct, wrong or unparsed"),
			"n_unparsed":         integer("samples whose answer could not be extracted; they count as wrong"),
			"n_truncated":        integer("samples whose prompt or answer was cut"),
			"n_prompt_truncated": integer("samples whose prompt was shortened to fit the context"),
			"n_answer_truncated": integer("samples whose answer ended by the token limit or the end of the context"),
			"n_errors":           integer("samples that failed; in no metric"),
			"n_skipped":          integer("samples left out because they do not fit the context; in no metric"),
			"extract_rate":       {Type: "number", Minimum: new(0.0), Maximum: new(1.0)},
		},
		PatternProperties: map[string]*jsonschema.Schema{
			valueKey:   value,
			stderrKey:  {OneOf: []*jsonschema.Schema{{Type: "number", Minimum: new(0.0)}, {Const: new(any(notKnown))}}, Description: "standard error"},
			ciKey:      {Type: "array", Items: &jsonschema.Schema{Type: "number"}, MinItems: new(2), MaxItems: new(2), Description: "95 % interval"},
			clusterKey: {Type: "array", Items: &jsonschema.Schema{Type: "number"}, MinItems: new(2), MaxItems: new(2), Description: "95 % interval of a proportion that resamples texts instead of items"},
			countKey:   integer("items behind the value"),
		},
		Required:             []string{"alias"},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
}

// breakdownSchema is that of a result with a value instead of a name.
func breakdownSchema() *jsonschema.Schema {
	s := resultSchema()
	delete(s.Properties, "alias")
	delete(s.Properties, "members")
	delete(s.Properties, "members_of")
	s.Properties["value"] = &jsonschema.Schema{Type: "string", Description: "value of the tag"}
	s.Properties["n"] = &jsonschema.Schema{Type: "integer", Minimum: new(0.0), Description: "samples that have it"}
	s.Required = []string{"value", "n"}
	return s
}

func schemaFor[T any](t *testing.T, title string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[Result]():    resultSchema(),
		reflect.TypeFor[Breakdown](): breakdownSchema(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	// What Go's types cannot say.
	if v := s.Properties["schema_version"]; v != nil {
		v.Const = new(any(SchemaVersion)) // and ScoresSchemaVersion
	}
	if v := s.Properties["verdict"]; v != nil {
		v.Enum = []any{VerdictCorrect, VerdictWrong, VerdictUnparsed, VerdictError, VerdictSkipped}
	}
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	return s
}

// TestSchemaFiles keeps the published schemas equal to the Go types; -update rewrites them.
func TestSchemaFiles(t *testing.T) {
	for _, tc := range []struct {
		file   string
		schema *jsonschema.Schema
	}{
		{"results.schema.json", schemaFor[Record](t, "llama4-eval results.json, schema_version 1")},
		{"sample.schema.json", schemaFor[Sample](t, "llama4-eval samples/<task>.jsonl, one line")},
		{"bench.schema.json", benchSchema(t)},
		{"scores.schema.json", schemaFor[Scores](t, "llama4-eval score --format json, schema_version 1")},
		{"item_scores.schema.json", schemaFor[ItemScores](t, "llama4-eval score --per-item, one line")},
		{"comparison.schema.json", comparisonSchema(t)},
		{"gate.schema.json", gateSchema(t)},
		{"history.schema.json", schemaFor[History](t, "llama4-eval report --history --format json, schema_version 1")},
	} {
		t.Run(tc.file, func(t *testing.T) {
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(tc.schema); err != nil {
				t.Fatal(err)
			}
			if golden.Updating() {
				if err := os.WriteFile(tc.file, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			have, err := os.ReadFile(tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, buf.Bytes()) {
				t.Errorf("%s is out of date: go test ./reports -run %s -update", tc.file, "TestSchemaFiles")
			}
		})
	}
}

// published compiles a schema file as a user would.
func published(t *testing.T, file string) *jsonschema.Resolved {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func decode(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOutputMeetsSchema(t *testing.T) {
	schema := published(t, "results.schema.json")
	for name, r := range map[string]*Record{"example": example(), "empty": emptyRecord()} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := JSON(&b, r); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(decode(t, b.Bytes())); err != nil {
				t.Error(err)
			}
		})
	}
}

// emptyRecord has nothing in it, and no null either.
func emptyRecord() *Record {
	return &Record{
		SchemaVersion: SchemaVersion,
		Results:       map[string]Result{}, Groups: map[string]Result{}, GroupSubtasks: map[string][]string{}, Configs: map[string]TaskConfig{},
		Breakdowns: map[string]map[string][]Breakdown{},
		Versions:   map[string]int{}, NShot: map[string]int{}, HigherIsBetter: map[string]map[string]bool{}, NSamples: map[string]SampleCount{},
		TaskHashes: map[string]string{}, Config: Config{GenKwargs: map[string]string{}, ChoiceBy: []string{}},
		Skipped: []Skipped{}, Warnings: []Warning{}, Memory: Memory{Devices: []DeviceMemory{}},
	}
}

func TestSchemaBites(t *testing.T) {
	schema := published(t, "results.schema.json")
	var b bytes.Buffer
	if err := JSON(&b, example()); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, old, new string }{
		{"interval of three", `"acc_ci95,none": [`, `"acc_ci95,none": [0,`},
		{"negative count", `"n_errors": 0`, `"n_errors": -1`},
		{"digest as a number", `"digest": "` + strings.Repeat("34", 32) + `"`, `"digest": 34`},
		{"unknown key", `"schema_version": 1,`, `"schema_version": 1, "colour": 3,`},
		{"missing key", `"digest":`, `"digester":`},
		{"stderr in words", `"acc_stderr,none": "N/A"`, `"acc_stderr,none": "small"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			broken := strings.Replace(b.String(), tc.old, tc.new, 1)
			if broken == b.String() {
				t.Fatalf("%q is not in the output", tc.old)
			}
			if err := schema.Validate(decode(t, []byte(broken))); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

func TestSampleMeetsSchema(t *testing.T) {
	schema := published(t, "sample.schema.json")
	s := Sample{
		DocID: "1", Task: "t", DocHash: "a", PromptHash: "b", Verdict: VerdictWrong, Metrics: map[string]float64{"acc": 0},
		Choices: []Choice{{-1.5, 2, 2, 6}}, Perf: SamplePerf{TTFT: 1.5},
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(decode(t, b)); err != nil {
		t.Error(err)
	}
	if err := schema.Validate(decode(t, bytes.Replace(b, []byte(`"wrong"`), []byte(`"maybe"`), 1))); err == nil {
		t.Error("the schema accepts a verdict that does not exist")
	}
}
