package runner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/reports"
)

// manifestVersion is the version of manifest.json.
const manifestVersion = 1

// maxManifest bounds the size of a manifest that is read, in bytes.
const maxManifest = 64 << 20

// A manifest says what was asked and what it ran on. It is written before the first sample and never changed.
type manifest struct {
	SchemaVersion int               `json:"schema_version"`
	RunID         string            `json:"run_id"`
	Identity      string            `json:"identity"`                // sha256 of everything that decides the numbers
	Rescored      string            `json:"rescored_from,omitempty"` // identity of the run whose answers were judged again; "" = the run's own
	Started       string            `json:"started"`                 // UTC, RFC 3339
	Versions      manifestVersions  `json:"versions"`
	Seeds         manifestSeeds     `json:"seeds"`
	Options       manifestOptions   `json:"options"`
	Model         reports.Model     `json:"model"`
	ModelPath     string            `json:"model_path"`
	TemplateSHA   string            `json:"chat_template_sha256,omitempty"`
	Chat          bool              `json:"chat"`
	Engine        reports.Engine    `json:"engine"`
	Tasks         []manifestTask    `json:"tasks"`
	Groups        []string          `json:"groups"` // means over tasks that results.json gets
	Skipped       []reports.Skipped `json:"skipped"`
	Hardware      hardware.Snapshot `json:"hardware"`
}

type manifestVersions struct {
	Program string `json:"llama4-eval"`
	Go      string `json:"go"`
}

type manifestSeeds struct {
	Run uint64 `json:"run"` // of generated data, and what the seeds of samples and intervals are derived from
}

// manifestOptions are the effective options, as a user would write them.
type manifestOptions struct {
	Tasks        []string            `json:"tasks"`
	Data         []string            `json:"data"`
	Limit        string              `json:"limit"`
	NumFewshot   *int                `json:"num_fewshot"`
	Samples      map[string][]string `json:"samples,omitempty"`
	Chat         string              `json:"chat"`
	System       string              `json:"system"`
	Gen          map[string]string   `json:"gen"`
	Overlength   string              `json:"overlength"`
	ChoiceBy     []string            `json:"choice_by"`
	Out          string              `json:"out"`
	Resume       string              `json:"resume"`
	BatchSize    int                 `json:"batch_size"`
	MaxErrors    int                 `json:"max_errors"`
	FailUnder    []string            `json:"fail_under"`
	PricePerHour float64             `json:"price_per_hour"`
	Lexicon      string              `json:"lexicon_sha256,omitempty"` // words of a domain for metrics that compare words
}

type manifestTask struct {
	Task      string             `json:"task"`
	Version   int                `json:"version"`
	Split     string             `json:"split"`
	Files     []reports.DataFile `json:"files"`
	Shots     []string           `json:"shots"` // doc ids of the worked examples
	Original  int                `json:"original"`
	Effective int                `json:"effective"`
	Hash      string             `json:"hash"` // over ids, data and prompts of all samples, in order
}

func newManifest(o Options, p *plan, info ModelInfo, batch int, hw hardware.Snapshot) (*manifest, error) {
	m := &manifest{
		SchemaVersion: manifestVersion,
		Started:       o.Now().UTC().Format(time.RFC3339),
		Versions:      manifestVersions{o.Version, runtime.Version()},
		Seeds:         manifestSeeds{o.Seed},
		Options: manifestOptions{
			Tasks: o.Tasks, Data: list(o.Data), Limit: o.Limit, NumFewshot: o.NumFewshot, Samples: o.Samples, Chat: o.Chat, System: o.System,
			Gen: o.Gen.kwargs(), Overlength: o.Overlength, ChoiceBy: o.ChoiceBy, Out: o.Out, Resume: o.Resume, BatchSize: batch,
			MaxErrors: o.MaxErrors, FailUnder: list(o.FailUnder), PricePerHour: o.PricePerHour, Lexicon: o.Words.checksum(),
		},
		Model: info.Model, ModelPath: info.Path, TemplateSHA: info.TemplateSHA256, Chat: p.renderer.chat, Engine: info.Engine,
		Groups: []string{}, Skipped: list(p.skipped), Hardware: hw,
	}
	for _, t := range p.tasks {
		mt := manifestTask{
			Task: t.task.Name, Version: t.task.Version, Split: t.source.Split, Files: t.files(), Shots: list(t.shots),
			Original: t.original, Effective: len(t.samples), Hash: t.hash,
		}
		m.Tasks = append(m.Tasks, mt)
	}
	for _, g := range p.groups {
		m.Groups = append(m.Groups, g.Name)
	}
	id, err := m.identity()
	m.Identity = id
	return m, err
}

// list makes an absent list an empty one, which is not null in JSON.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// identity hashes everything that decides the numbers. Prompts, templates and settings of generation are in the hashes of the
// tasks. Threads and batch size are left out because they decide nothing; so are places and limits of errors.
func (m *manifest) identity() (string, error) {
	engine := m.Engine
	engine.Threads = 0
	b, err := json.Marshal(struct {
		Version string
		Seed    uint64
		Model   string
		Name    string
		Engine  reports.Engine
		Tasks   []manifestTask
		Groups  []string
		Skipped []reports.Skipped
		// Absent in runs that have none, whose identity stays what it was.
		Rescored string `json:",omitempty"`
		Lexicon  string `json:",omitempty"`
	}{m.Versions.Program, m.Seeds.Run, m.Model.SHA256, m.Model.Name, engine, m.Tasks, m.Groups, m.Skipped, m.Rescored, m.Options.Lexicon})
	if err != nil {
		return "", fmt.Errorf("runner: identity: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// agrees makes sure that an unfinished run asks the same as the present one.
func (m *manifest) agrees(now *manifest) error {
	if len(m.Tasks) != len(now.Tasks) {
		return fmt.Errorf("its manifest has %d tasks, this run %d", len(m.Tasks), len(now.Tasks))
	}
	for i, t := range m.Tasks {
		if n := now.Tasks[i]; t.Task != n.Task || t.Version != n.Version || t.Effective != n.Effective || t.Hash != n.Hash {
			return fmt.Errorf("its manifest has other samples for task %s than this run for %s", t.Task, n.Task)
		}
	}
	id, err := m.identity()
	if err != nil {
		return err
	}
	if id != m.Identity {
		return errors.New("its manifest does not hash to its own identity")
	}
	return nil
}

// files lists what was read for a task: scored files, then those that examples come from.
func (pt *plannedTask) files() []reports.DataFile {
	out := []reports.DataFile{}
	for _, f := range slices.Concat(pt.source.Files, pt.source.Train) {
		out = append(out, reports.DataFile{Path: f.Path, SHA256: f.SHA256})
	}
	return out
}

func readManifest(path string) (*manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runner: manifest: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return nil, fmt.Errorf("runner: manifest: %w", err)
	}
	var m manifest
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("runner: manifest %s: %w", path, err)
	}
	if m.SchemaVersion != manifestVersion || m.Identity == "" {
		return nil, fmt.Errorf("runner: manifest %s: schema_version %d, want %d with an identity", path, m.SchemaVersion, manifestVersion)
	}
	return &m, nil
}

// kwargs lists the overrides by the names that lm-evaluation-harness has for them.
func (g Gen) kwargs() map[string]string {
	m := map[string]string{}
	put := func(key string, v any, set bool) {
		if set {
			m[key] = fmt.Sprint(v)
		}
	}
	if g.Temperature != nil {
		put("temperature", *g.Temperature, true)
	}
	if g.TopP != nil {
		put("top_p", *g.TopP, true)
	}
	if g.TopK != nil {
		put("top_k", *g.TopK, true)
	}
	if g.MaxTokens != nil {
		put("max_gen_toks", *g.MaxTokens, true)
	}
	return m
}

// buildVersion is the version that the binary was built from: a tag, a pseudo-version or "(devel)" with the revision.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version, revision, dirty := info.Main.Version, "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if version == "" {
		version = "(devel)"
	}
	if version == "(devel)" && revision != "" {
		return version + "-" + revision + dirty
	}
	return version
}
