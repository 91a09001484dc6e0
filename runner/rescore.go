package runner

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// RescoreOptions say how a finished run is judged again. The zero value works.
type RescoreOptions struct {
	Data    []string // folders with the data sets; nil = those of the run
	Out     string   // folder that the new run folder is made in; "" = the one that the run lies in
	Words   *Words   // with a lexicon: as in [Options]
	Now     func() time.Time
	Version string        // of this program; "" = from the build information
	Catalog []tasks.Task  // nil = tasks.All()
	Suites  []tasks.Suite // nil = tasks.Suites()
}

// A DataChanged says that an item that was asked is not in the data any more, or is another one.
type DataChanged struct {
	Task, DocID, Reason string
}

func (e *DataChanged) Error() string {
	return fmt.Sprintf("runner: task %s: sample %q: %s: the answers cannot be judged by it", e.Task, e.DocID, e.Reason)
}

// Rescore judges the answers of a finished run again, with the tasks of this build and without the model. The data is read or made again; every
// item must be the one that was asked, or the error is a *DataChanged. The record goes into a new run folder, which says what it was made
// of and what moved. The old run stays as it is.
func Rescore(ctx context.Context, old *FinishedRun, o RescoreOptions) (rec *reports.Record, dir string, err error) {
	r, slots, before, err := reconstruct(ctx, old, o)
	if err != nil {
		return nil, "", err
	}
	rec = aggregate(r, slots)
	if rec.Words, err = wordScores(o.Words, r.plan.tasks, slots, r.o.Seed); err != nil {
		return nil, "", err
	}
	if rec.Digest != old.Record.Digest {
		return nil, "", fmt.Errorf("runner: run %s: judging its answers again changed its digest", old.Dir)
	}
	keepAsked(rec, old.Record)
	rec.Rescored = r.rescored(old, rec, before, slots)
	for _, t := range r.plan.tasks {
		if c := rec.Rescored.Tasks[t.task.Name]; c.VersionFrom != c.VersionTo {
			rec.Warnings = append(rec.Warnings, reports.Warning{
				Task: t.task.Name, Code: "rescored",
				Text: fmt.Sprintf("answers to version %d of the task, judged by version %d", c.VersionFrom, c.VersionTo),
			})
		}
	}
	slices.SortStableFunc(rec.Warnings, func(a, b reports.Warning) int { return strings.Compare(a.Task, b.Task) })
	out := orElse(o.Out, filepath.Dir(filepath.Clean(old.Dir)))
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, "", fmt.Errorf("runner: output folder: %w", err)
	}
	if r.folder, err = newFolder(out, r.manifest); err != nil {
		return nil, "", err
	}
	defer func() {
		r.folder.close()
		if err != nil {
			os.RemoveAll(r.folder.dir)
		}
	}()
	rec.Host.RunID, rec.Host.Dir, rec.Host.RescoredFrom = r.folder.id, r.folder.dir, old.Record.Host.RunID
	for i, t := range r.plan.tasks {
		if err := writeSamples(r.folder.samplesPath(t.task.Name), slots[i]); err != nil {
			return nil, "", err
		}
	}
	var buf bytes.Buffer
	if err := reports.JSON(&buf, rec); err != nil {
		return nil, "", err
	}
	return rec, r.folder.dir, writeAtomic(filepath.Join(r.folder.dir, resultsName), buf.Bytes())
}

// reconstruct makes the plan of a finished run again, with its samples judged anew. before are the samples as they were.
func reconstruct(ctx context.Context, old *FinishedRun, o RescoreOptions) (r *run, slots [][]*reports.Sample, before map[string][]reports.Sample, err error) {
	m := old.manifest
	opt := Options{
		Tasks: m.Options.Tasks, Data: m.Options.Data, Limit: m.Options.Limit, Samples: m.Options.Samples, Seed: m.Seeds.Run, System: m.Options.System,
		Overlength: m.Options.Overlength, ChoiceBy: m.Options.ChoiceBy, Words: o.Words, Now: o.Now, Version: o.Version, Catalog: o.Catalog, Suites: o.Suites,
	}
	if o.Data != nil {
		opt.Data = o.Data
	}
	opt = opt.withDefaults()
	picked, err := pick(opt.Tasks, opt.Catalog, opt.Suites)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("runner: run %s asked for something that is no task or suite of this program any more: %w", old.Dir, err)
	}
	p := &plan{renderer: &renderer{chat: m.Chat}, skipped: m.Skipped}
	before = make(map[string][]reports.Sample)
	for _, mt := range m.Tasks {
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, err
		}
		if before[mt.Task], err = old.Samples(mt.Task); err != nil {
			return nil, nil, nil, err
		}
	}
	if err := old.CheckDigest(before); err != nil {
		return nil, nil, nil, err
	}
	for _, mt := range m.Tasks {
		if err := ctx.Err(); err != nil {
			return nil, nil, nil, err
		}
		i := slices.IndexFunc(picked, func(t pickedTask) bool { return t.Name == mt.Task })
		if i < 0 {
			return nil, nil, nil, fmt.Errorf("runner: run %s has task %q, which is not part of this program any more", old.Dir, mt.Task)
		}
		pt, warnings, err := againTask(opt, picked[i], mt, old.Record)
		if err != nil {
			return nil, nil, nil, err
		}
		samples, err := pt.judgeAgain(before[mt.Task])
		if err != nil {
			return nil, nil, nil, err
		}
		p.tasks, p.warnings = append(p.tasks, pt), append(p.warnings, warnings...)
		slots = append(slots, samples)
	}
	if p.groups, err = groupsOf(opt, p); err != nil {
		return nil, nil, nil, err
	}
	info := ModelInfo{Model: m.Model, Engine: m.Engine, Path: m.ModelPath, TemplateSHA256: m.TemplateSHA}
	again := *m
	again.Rescored, again.Started = m.Identity, opt.Now().UTC().Format(time.RFC3339)
	again.Versions.Program = opt.Version
	again.Options.Data, again.Options.Lexicon = list(opt.Data), o.Words.checksum()
	again.Tasks = slices.Clone(m.Tasks)
	for i, t := range p.tasks {
		again.Tasks[i].Version = t.task.Version
	}
	again.Groups = []string{}
	for _, g := range p.groups {
		again.Groups = append(again.Groups, g.Name)
	}
	if again.Identity, err = again.identity(); err != nil {
		return nil, nil, nil, err
	}
	return &run{o: opt, plan: p, info: info, manifest: &again}, slots, before, nil
}

// againTask loads the data of a task as a run did. What was asked of it follows from the run, not from what this build would ask.
func againTask(o Options, picked pickedTask, mt manifestTask, rec *reports.Record) (*plannedTask, []reports.Warning, error) {
	t := picked.Task
	lim, err := parseLimit(o.Limit)
	if err != nil {
		return nil, nil, err
	}
	if _, some := o.Samples[t.Name]; lim == (limit{}) && !some {
		lim.n = picked.items
	}
	if t.Make == nil {
		t.Make = func(uint64, int) datasets.Set { return datasets.Set{} }
	}
	load := tasks.LoadOptions{Dirs: o.Data, Seed: o.Seed, Shots: len(mt.Shots), Make: min(max(lim.last(), generatedItems), maxGenerated)}
	data, err := t.Load(load)
	if err != nil {
		return nil, nil, err
	}
	if made := data.Source.Split == tasks.SplitGenerated; made != (mt.Split == tasks.SplitGenerated) {
		if made {
			return nil, nil, fmt.Errorf("runner: task %s: the run read split %s of %s, and there is no such file below %s: give the folder that it lies in (--data)",
				t.Name, mt.Split, fileList(mt.Files), orElse(strings.Join(o.Data, ", "), "any data folder"))
		}
		return nil, nil, fmt.Errorf("runner: task %s: the run made its items, but %s has the set: give no data folder", t.Name, strings.Join(o.Data, ", "))
	}
	conf := rec.Configs[t.Name]
	pt := &plannedTask{
		task: picked.Task, source: data.Source, shots: mt.Shots, original: mt.Original, hash: mt.Hash, maxTokens: conf.MaxTokens, stop: conf.Stop,
		index: map[string]int{},
	}
	for i, s := range data.Samples {
		pt.index[s.ID] = i
		pt.samples = append(pt.samples, plannedSample{Sample: s})
	}
	return pt, dataWarnings(t, &data), nil
}

func fileList(files []reports.DataFile) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Path
	}
	return strings.Join(names, ", ")
}

// judgeAgain judges saved answers and leaves the task with exactly their items, in their order.
func (pt *plannedTask) judgeAgain(saved []reports.Sample) ([]*reports.Sample, error) {
	items := make([]plannedSample, len(saved))
	index := make(map[string]int, len(saved))
	out := make([]*reports.Sample, len(saved))
	for i := range saved {
		old := &saved[i]
		at, ok := pt.index[old.DocID]
		switch {
		case !ok:
			return nil, &DataChanged{pt.task.Name, old.DocID, "not in the data any more"}
		case pt.samples[at].DocHash != old.DocHash:
			return nil, &DataChanged{pt.task.Name, old.DocID, "its data has changed (doc_hash)"}
		}
		items[i] = pt.samples[at]
		items[i].promptHash = old.PromptHash
		index[old.DocID] = i
		var err error
		if out[i], err = pt.judge(&items[i], old); err != nil {
			return nil, err
		}
	}
	pt.samples, pt.index = items, index
	return out, nil
}

// judge makes the sample of a saved answer. What failed or was skipped has none and stays as it is.
func (pt *plannedTask) judge(ps *plannedSample, old *reports.Sample) (s *reports.Sample, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, SampleError{pt.task.Name, old.DocID, fmt.Sprintf("judging panics: %v", p)}
		}
	}()
	again := *old
	again.Target, again.Cluster = strings.ToValidUTF8(ps.Target, "\uFFFD"), ps.Record.Cluster
	if !old.Scored() {
		return &again, nil
	}
	scores := func(list []reports.Choice) []tasks.Score {
		out := make([]tasks.Score, 0, len(list))
		for _, c := range list {
			out = append(out, tasks.Score(c))
		}
		return out
	}
	again.Metrics, again.Stats = map[string]float64{}, nil
	v := pt.task.Judge(ps.Record, tasks.Answer{Choices: scores(old.Choices), Letters: scores(old.Letters), Text: old.Response, Finish: old.Finish})
	if err := fillVerdict(&again, v); err != nil {
		return nil, SampleError{pt.task.Name, old.DocID, err.Error()}
	}
	return &again, nil
}

// keepAsked copies what was asked, of what, and what it cost.
func keepAsked(rec, old *reports.Record) {
	identity := rec.Config.Identity
	rec.Config = old.Config
	rec.Config.Identity = identity
	rec.ModelSource, rec.ModelName, rec.SystemInstruction = old.ModelSource, old.ModelName, old.SystemInstruction
	rec.ChatTemplateSHA, rec.FewshotMultiturn = old.ChatTemplateSHA, old.FewshotMultiturn
	rec.Model, rec.Engine, rec.TaskHashes, rec.NSamples = old.Model, old.Engine, old.TaskHashes, old.NSamples
	rec.Perf, rec.Memory, rec.Host = old.Perf, old.Memory, old.Host
	for name, c := range rec.Configs {
		c.ShotSource = old.Configs[name].ShotSource
		rec.Configs[name] = c
	}
	for _, w := range old.Warnings {
		if w.Task == "" || w.Code == "not-measured" || w.Code == "no-items" { // the data does not say what the context or a limit left out
			rec.Warnings = append(rec.Warnings, w)
		}
	}
}

// rescored says what judging again changed.
func (r *run) rescored(old *FinishedRun, rec *reports.Record, before map[string][]reports.Sample, slots [][]*reports.Sample) *reports.Rescored {
	program := orElse(old.manifest.Versions.Program, old.Record.Engine.Version)
	out := &reports.Rescored{
		Identity: old.manifest.Identity, Program: reports.ProgramChange{From: program, To: r.o.Version}, Tasks: map[string]reports.RescoredTask{},
	}
	for i, t := range r.plan.tasks {
		name := t.task.Name
		c := reports.RescoredTask{
			VersionFrom: old.Record.Versions[name], VersionTo: t.task.Version, Samples: len(slots[i]), RightToWrong: []string{}, WrongToRight: []string{},
			Metrics: map[string]reports.ValueChange{},
		}
		for j, now := range slots[i] {
			was := &before[name][j]
			if was.Verdict != now.Verdict || was.Extracted != now.Extracted || !maps.Equal(was.Metrics, now.Metrics) || !maps.Equal(was.Stats, now.Stats) {
				c.Changed++
			}
			switch right := now.Verdict == reports.VerdictCorrect; {
			case right && was.Verdict != reports.VerdictCorrect:
				c.WrongToRight = append(c.WrongToRight, now.DocID)
			case !right && was.Verdict == reports.VerdictCorrect:
				c.RightToWrong = append(c.RightToWrong, now.DocID)
			}
		}
		number := func(res reports.Result, metric string) *float64 {
			if v, ok := res.Values[metric]; ok {
				return &v.Value
			}
			return nil
		}
		for _, values := range []map[string]reports.Value{old.Record.Results[name].Values, rec.Results[name].Values} {
			for metric := range values {
				c.Metrics[metric] = reports.ValueChange{From: number(old.Record.Results[name], metric), To: number(rec.Results[name], metric)}
			}
		}
		out.Tasks[name] = c
	}
	return out
}
