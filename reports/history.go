package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// HistoryVersion is the version of the JSON that [HistoryJSON] writes.
const HistoryVersion = 1

// historyAlpha is the chance that a series whose level never changes gets any mark.
const historyAlpha = 0.01

// A History is how quality, latency and memory went over many runs.
type History struct {
	SchemaVersion int            `json:"schema_version"`
	Groups        []HistoryGroup `json:"groups"`  // by model, quantization and settings
	Skipped       []SkippedRun   `json:"skipped"` // folders that are in no group
	Alpha         float64        `json:"alpha"`   // chance of any change point in a stretch of a series whose level never changes
}

// A SkippedRun is a folder that holds no run that can be read.
type SkippedRun struct {
	Dir    string `json:"dir"` // relative to the folder of the history
	Reason string `json:"reason"`
}

// A HistoryGroup are the runs of one model that were asked in the same way, oldest first.
type HistoryGroup struct {
	Model    string          `json:"model"`
	Quant    string          `json:"quant"`
	Settings []string        `json:"settings"` // what else the runs have in common, such as "limit=50"
	Runs     []HistoryRun    `json:"runs"`
	Series   []HistorySeries `json:"series"`
}

// A HistoryRun is one run of a group.
type HistoryRun struct {
	RunID   string   `json:"run_id"`
	Started string   `json:"started"` // UTC, RFC 3339
	Program string   `json:"program"` // version
	Machine string   `json:"machine"`
	Digest  string   `json:"digest"`
	Changed []string `json:"changed"` // what is not as in the run before: the keys of historyFacts
}

// Kinds of a series.
const (
	SeriesQuality = "quality"
	SeriesLatency = "latency"
	SeriesMemory  = "memory"
)

// A HistorySeries is one value over the runs of its group. Points of different stretches must not be compared.
type HistorySeries struct {
	Kind           string          `json:"kind"`
	Name           string          `json:"name"` // task, suite or measure
	Suite          bool            `json:"suite"`
	Metric         string          `json:"metric,omitempty"` // quality only
	Unit           string          `json:"unit,omitempty"`
	HigherIsBetter bool            `json:"higher_is_better"`
	Scale          float64         `json:"scale"` // factor to print values with; values here are not scaled
	Points         []HistoryPoint  `json:"points"`
	Breaks         []HistoryBreak  `json:"breaks"`
	Changes        []HistoryChange `json:"changes"`
}

// A HistoryPoint is the value of one run.
type HistoryPoint struct {
	Run   int         `json:"run"` // index into the runs of the group
	Value float64     `json:"value"`
	CI95  *[2]float64 `json:"ci95,omitempty"`

	stretch string // what has to be equal for points to be comparable
	reason  string // short form of what a break in front of this point is about
}

// A HistoryBreak says that the points from a run on cannot be compared with those before.
type HistoryBreak struct {
	Run    int    `json:"run"`
	Reason string `json:"reason"` // a key of breakReasons
	Detail string `json:"detail,omitempty"`
}

// A HistoryChange is a change of level within a stretch.
type HistoryChange struct {
	Run    int     `json:"run"` // the first of the new level
	Before float64 `json:"before"`
	After  float64 `json:"after"` // medians of the levels
	P      float64 `json:"p"`
}

// Why a line is broken.
const (
	breakVersion = "version" // of the task
	breakPrompts = "prompts" // questions, data, template
	breakMembers = "members" // of a suite
	breakMachine = "machine" // processor, kernels, threads
	breakWork    = "work"    // what the runs had to do
)

// NewHistory puts runs in groups and series and marks where levels changed. It keeps no run but what it reads off it.
func NewHistory(runs []*Record, skipped []SkippedRun) *History {
	h := &History{SchemaVersion: HistoryVersion, Groups: []HistoryGroup{}, Skipped: skipped, Alpha: historyAlpha}
	if h.Skipped == nil {
		h.Skipped = []SkippedRun{}
	}
	byKey := map[string][]*Record{}
	for _, r := range runs {
		key := strings.Join(append([]string{r.Model.Name, r.Model.Quant}, settings(r)...), "\x00")
		byKey[key] = append(byKey[key], r)
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		h.Groups = append(h.Groups, newGroup(byKey[key]))
	}
	// What ran last is what one wants to see first.
	slices.SortStableFunc(h.Groups, func(a, b HistoryGroup) int { return strings.Compare(last(b.Runs).Started, last(a.Runs).Started) })
	return h
}

func last[T any](s []T) T { return s[len(s)-1] }

// settings are what a user chose that runs of a group have in common. What follows from it, such as prompts, breaks lines instead.
func settings(r *Record) []string {
	c := r.Config
	out := []string{"chat=" + strconv.FormatBool(c.Chat), "kv=" + r.Engine.KVType, "seed=" + strconv.FormatUint(c.RandomSeed, 10)}
	add := func(name, value, usual string) {
		if value != "" && value != usual {
			out = append(out, name+"="+value)
		}
	}
	add("limit", c.Limit, "")
	add("overlength", c.Overlength, "error")
	add("system", r.SystemInstruction, "")
	add("choice-by", strings.Join(c.ChoiceBy, "+"), "letter+likelihood")
	for _, k := range slices.Sorted(maps.Keys(c.GenKwargs)) {
		add(k, c.GenKwargs[k], "")
	}
	for _, t := range slices.Sorted(maps.Keys(c.Samples)) {
		add("samples of "+t, strconv.Itoa(c.Samples[t]), "")
	}
	return out
}

func newGroup(runs []*Record) HistoryGroup {
	slices.SortStableFunc(runs, func(a, b *Record) int {
		return cmp.Or(strings.Compare(a.Host.Started, b.Host.Started), strings.Compare(a.Host.RunID, b.Host.RunID))
	})
	g := HistoryGroup{Model: runs[0].Model.Name, Quant: runs[0].Model.Quant, Settings: settings(runs[0])}
	for i, r := range runs {
		run := HistoryRun{
			RunID: r.Host.RunID, Started: r.Host.Started, Program: r.Engine.Version, Machine: machine(r), Digest: r.Digest, Changed: []string{},
		}
		if i > 0 {
			for _, f := range historyFacts {
				if f.of(r) != f.of(runs[i-1]) {
					run.Changed = append(run.Changed, f.key)
				}
			}
		}
		g.Runs = append(g.Runs, run)
	}
	g.Series = slices.Concat(qualitySeries(runs, true), qualitySeries(runs, false), costSeries(runs))
	for i := range g.Series {
		g.Series[i].mark(uint64(i))
	}
	return g
}

// historyFacts are what is compared from run to run.
var historyFacts = []struct {
	key string
	of  func(r *Record) string
}{
	{"outputs", func(r *Record) string { return r.Digest }},
	{"questions", questions},
	{"model-file", func(r *Record) string { return r.Model.SHA256 }},
	{"program", func(r *Record) string { return r.Engine.Version }},
	{"machine", machine},
}

// machine is what decides how long something takes, other than what is asked.
func machine(r *Record) string {
	c := r.Host.Hardware.CPU
	parts := []string{engine(r)}
	if c.LogicalCores > 0 {
		parts = append([]string{plural(int64(c.LogicalCores), "processor")}, parts...)
	}
	if c.Brand != "" {
		parts = append([]string{oneLine(c.Brand)}, parts...)
	}
	return strings.Join(parts, " · ")
}

func engine(r *Record) string {
	return r.Engine.Device + " " + r.Engine.Kernel + " · " + plural(int64(r.Engine.Threads), "thread")
}

// questions is equal for runs that asked the same.
func questions(r *Record) string {
	var parts []string
	for _, t := range slices.Sorted(maps.Keys(r.TaskHashes)) {
		parts = append(parts, fmt.Sprintf("%s %d %s", t, r.Versions[t], r.TaskHashes[t]))
	}
	return strings.Join(append(parts, r.ChatTemplateSHA), "\n")
}
