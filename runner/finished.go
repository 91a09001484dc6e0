package runner

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
)

// maxSamples bounds the size of a file of samples that is read, in bytes.
const maxSamples = 1 << 30

// A FinishedRun is a run folder with results, opened for reading. Its methods are safe for concurrent use.
type FinishedRun struct {
	Dir    string          // run folder
	Record *reports.Record // results.json
	Newest bool            // the folder that was named holds runs, of which this is the newest finished one

	manifest *manifest
}

// OpenRun opens a finished run. dir is a run folder, or a folder of run folders, of which the newest finished one is taken.
//
// Errors that callers tell apart: *Unfinished. Others name the file, and line and key where there are any.
func OpenRun(dir string) (*FinishedRun, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("runner: run folder: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("runner: %s is a file, want a run folder or a folder of them", dir)
	}
	r := &FinishedRun{Dir: dir}
	if !exists(filepath.Join(dir, resultsName)) && !exists(filepath.Join(dir, manifestName)) {
		if r.Dir, err = newest(dir); err != nil {
			return nil, err
		}
		r.Newest = true
	}
	path := filepath.Join(r.Dir, manifestName)
	if r.manifest, err = readManifest(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("runner: run folder %s has no %s: not a run of this program", r.Dir, manifestName)
	} else if err != nil {
		return nil, err
	}
	if !exists(filepath.Join(r.Dir, resultsName)) {
		return nil, r.unfinished()
	}
	if r.Record, err = readResults(filepath.Join(r.Dir, resultsName)); err != nil {
		return nil, err
	}
	return r, r.whole()
}

// runName is how names of run folders end: the identity, and a number where one second saw several runs of it.
var runName = regexp.MustCompile(`-[0-9a-f]{12}(?:-([0-9]{1,4}))?$`)

// newest is the newest finished run in a folder of runs; without one, the newest unfinished.
func newest(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("runner: folder of runs: %w", err)
	}
	type candidate struct {
		finished bool
		name     string
		number   int
	}
	var all []candidate
	for _, e := range entries {
		c := candidate{name: e.Name(), finished: exists(filepath.Join(dir, e.Name(), resultsName))}
		if !c.finished && !exists(filepath.Join(dir, e.Name(), manifestName)) {
			continue
		}
		if m := runName.FindStringSubmatch(c.name); m != nil && m[1] != "" {
			c.number, _ = strconv.Atoi(m[1])
			c.name = strings.TrimSuffix(c.name, "-"+m[1])
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return "", fmt.Errorf("runner: no run in %s: neither a run folder nor a folder of them", dir)
	}
	// Names begin with the time.
	last := slices.MaxFunc(all, func(a, b candidate) int {
		if a.finished != b.finished {
			return cmp.Compare(btoi(a.finished), btoi(b.finished))
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.number, b.number))
	})
	if last.number > 0 {
		last.name += "-" + strconv.Itoa(last.number)
	}
	return filepath.Join(dir, last.name), nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func readResults(path string) (*reports.Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runner: results: %w", err)
	}
	defer f.Close()
	rec, err := reports.Read(f)
	if err != nil {
		return nil, fmt.Errorf("runner: %s: %w", path, err)
	}
	return rec, nil
}

// whole makes sure that results and manifest are about the same tasks and that every task says what it needs.
func (r *FinishedRun) whole() error {
	path := filepath.Join(r.Dir, resultsName)
	if r.Record.Config.Identity != r.manifest.Identity {
		return fmt.Errorf("runner: %s is of another run than the %s beside it: their identities differ", path, manifestName)
	}
	if len(r.Record.Results) != len(r.manifest.Tasks) {
		return fmt.Errorf("runner: %s has %d tasks, the %s beside it %d", path, len(r.Record.Results), manifestName, len(r.manifest.Tasks))
	}
	for _, t := range r.manifest.Tasks {
		res, ok := r.Record.Results[t.Task]
		_, counted := r.Record.NSamples[t.Task]
		_, versioned := r.Record.Versions[t.Task]
		conf, configured := r.Record.Configs[t.Task]
		switch {
		case !ok:
			return fmt.Errorf("runner: %s has no results of task %q, which the %s beside it lists", path, t.Task, manifestName)
		case !counted || !versioned || !configured || res.Counts == nil || len(conf.MetricList) == 0:
			return fmt.Errorf("runner: %s: task %q is incomplete: n-samples, versions, configs with metric_list and counts are needed", path, t.Task)
		}
	}
	return nil
}

// Tasks lists the tasks of the run in the order in which they were asked for.
func (r *FinishedRun) Tasks() []string {
	out := make([]string, len(r.manifest.Tasks))
	for i, t := range r.manifest.Tasks {
		out[i] = t.Task
	}
	return out
}

// Shots lists the doc ids of a task's worked examples.
func (r *FinishedRun) Shots(task string) []string {
	for _, t := range r.manifest.Tasks {
		if t.Task == task {
			return slices.Clone(t.Shots)
		}
	}
	return nil
}

// Samples reads the samples of a task, in the order of the data. Every line is checked, and that there are as many as results.json says:
// fewer are a *SamplesMissing.
func (r *FinishedRun) Samples(task string) ([]reports.Sample, error) {
	count, ok := r.Record.NSamples[task]
	if !ok {
		return nil, fmt.Errorf("runner: run %s has no task %q", r.Dir, task)
	}
	path := samplesPath(r.Dir, task)
	content, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		if count.Effective == 0 {
			return nil, nil
		}
		return nil, &SamplesMissing{path, task, 0, count.Effective}
	}
	if err != nil {
		return nil, err
	}
	samples, whole, err := readJournal(path, content)
	if err != nil {
		return nil, err
	}
	if len(samples) < count.Effective {
		return nil, &SamplesMissing{path, task, len(samples), count.Effective}
	}
	if whole < len(content) {
		return nil, &journalError{path, len(samples) + 1, errors.New("a torn line after the last sample")}
	}
	if len(samples) > count.Effective {
		return nil, fmt.Errorf("runner: %s: %d samples, results.json counts %d", path, len(samples), count.Effective)
	}
	return samples, r.checkSamples(path, task, samples)
}

// checkSamples finds lines that the results cannot have been made of.
func (r *FinishedRun) checkSamples(path, task string, samples []reports.Sample) error {
	seen := make(map[string]bool, len(samples))
	scored := 0
	for i := range samples {
		s := &samples[i]
		var err error
		switch {
		case s.Task != task:
			err = fmt.Errorf("sample of task %q among those of %q", s.Task, task)
		case seen[s.DocID]:
			err = fmt.Errorf("sample %q is there a second time", s.DocID)
		case !s.Scored() && s.Verdict != reports.VerdictError && s.Verdict != reports.VerdictSkipped:
			err = fmt.Errorf("sample %q has the verdict %q", s.DocID, s.Verdict)
		}
		if err != nil {
			return &journalError{path, i + 1, err}
		}
		seen[s.DocID] = true
		if s.Scored() {
			scored++
		}
	}
	if c := r.Record.Results[task].Counts; scored != c.Scored {
		return fmt.Errorf("runner: %s: %d samples are scored, results.json counts %d", path, scored, c.Scored)
	}
	return nil
}

// CheckDigest makes sure that the samples of all tasks are those that the digest in results.json was made of. samples are those of
// [FinishedRun.Samples] by task; tasks that it lacks are read.
func (r *FinishedRun) CheckDigest(samples map[string][]reports.Sample) error {
	var slots [][]*reports.Sample
	for _, task := range r.Tasks() {
		list, ok := samples[task]
		if !ok {
			var err error
			if list, err = r.Samples(task); err != nil {
				return err
			}
		}
		slots = append(slots, pointers(list))
	}
	if got := digest(slots); got != r.Record.Digest {
		return fmt.Errorf("runner: run %s: its samples do not hash to the digest in %s: one of them was changed", r.Dir, resultsName)
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runner: samples: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSamples+1))
	if err != nil {
		return nil, fmt.Errorf("runner: samples: %w", err)
	}
	if len(b) > maxSamples {
		return nil, fmt.Errorf("runner: samples %s: longer than %d bytes", path, maxSamples)
	}
	return b, nil
}

// A SamplesMissing says that a run has lost samples.
type SamplesMissing struct {
	File, Task string
	Have, Want int
}

func (e *SamplesMissing) Error() string {
	return fmt.Sprintf("runner: %s: %d of %d samples of task %s: the file is incomplete", e.File, e.Have, e.Want, e.Task)
}

// Unfinished says that a run folder has no results yet.
type Unfinished struct {
	Dir         string
	Done, Total int    // samples
	Asked       string // what is to be asked again to go on
}

func (e *Unfinished) Error() string {
	return fmt.Sprintf("runner: run %s is not finished: %d of %d samples; the same command goes on from there (%s)", e.Dir, e.Done, e.Total, e.Asked)
}

func (r *FinishedRun) unfinished() error {
	m := r.manifest
	e := &Unfinished{Dir: r.Dir}
	for _, t := range m.Tasks {
		e.Total += t.Effective
		if content, err := readBounded(samplesPath(r.Dir, t.Task)); err == nil {
			for line := range strings.Lines(string(content)) {
				if strings.HasSuffix(line, "\n") {
					e.Done++
				}
			}
		}
	}
	asked := []string{"run --model " + m.ModelPath, "--tasks " + strings.Join(m.Options.Tasks, ",")}
	if m.Options.Limit != "" {
		asked = append(asked, "--limit "+m.Options.Limit)
	}
	e.Asked = strings.Join(append(asked, "--out "+m.Options.Out), " ") + " ..."
	return e
}
