package runner

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// Numbers of generated items.
const (
	generatedItems = 100     // when no limit asks for more
	maxGenerated   = 100_000 // that a limit may ask for
)

// A plan is everything that is going to be asked, in a fixed order.
type plan struct {
	tasks    []*plannedTask // in the order asked for
	groups   []tasks.Group  // of the suites asked for
	skipped  []reports.Skipped
	warnings []reports.Warning
	unread   []*BadData // tasks with a mistake in their data; they are skipped
	renderer *renderer
}

// A plannedTask is one task with its samples.
type plannedTask struct {
	task      tasks.Task
	source    tasks.Source
	shots     []string // doc ids of the worked examples
	original  int      // items that could be asked
	samples   []plannedSample
	index     map[string]int // doc id to position in samples
	tooLong   int            // items that are left out since their text is longer than the context
	hash      string         // over ids, data and prompts of all samples, in order
	maxTokens int            // generation: tokens that an answer may have, from the first sample
	stop      []string
}

// A plannedSample is one sample without its prompt, which is rendered again when it is run: prompts of long texts would
// not fit into memory together.
type plannedSample struct {
	tasks.Sample
	promptHash string
	work       int64 // measure of the work in it
}

// errAbsent says that the data folders do not have a task's set.
var errAbsent = errors.New("no data")

// A cannot says why a task is nothing for the model. It is no error of the run.
type cannot struct{ reason, hint string }

func (e *cannot) Error() string { return e.reason }

func newPlan(ctx context.Context, o Options, m Model) (*plan, error) {
	useTemplate, err := useChat(o.Chat, m.Info())
	if err != nil {
		return nil, err
	}
	p := &plan{renderer: &renderer{
		model: m, chat: useTemplate, system: o.System, gen: o.Gen, overlength: o.Overlength,
		byLetter: slices.Contains(o.ChoiceBy, ByLetter), likelihood: slices.Contains(o.ChoiceBy, ByLikelihood), byAnswer: slices.Contains(o.ChoiceBy, ByGenerate),
	}}
	list, err := pick(o.Tasks, o.Catalog, o.Suites)
	if err != nil {
		return nil, err
	}
	for name := range o.Samples {
		if !slices.ContainsFunc(list, func(t pickedTask) bool { return t.Name == name }) {
			return nil, &OptionError{"Samples", name, "names of tasks that are run"}
		}
	}
	unfit := false // some task is nothing for the model: then a run of no task is what was asked for
	for _, t := range list {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("runner: planning: %w", err)
		}
		pt, err := p.task(o, t)
		if no, ok := errors.AsType[*cannot](err); ok {
			p.skipped = append(p.skipped, reports.Skipped{Task: t.Name, Reason: no.reason, Hint: no.hint})
			unfit = true
			continue
		}
		if errors.Is(err, errAbsent) {
			p.skipped = append(p.skipped, absent(t.Task, o.Data))
			continue
		}
		if bad, ok := errors.AsType[*BadData](err); ok {
			p.skipBad(t.Name, bad)
			continue
		}
		if err != nil {
			return nil, err
		}
		p.tasks = append(p.tasks, pt)
	}
	if len(p.tasks) == 0 && len(p.unread) > 0 {
		return nil, badData(p.unread)
	}
	if len(p.tasks) == 0 && !unfit {
		var names []string
		for _, s := range p.skipped {
			names = append(names, fmt.Sprintf("%s: %s; %s", s.Task, s.Reason, s.Hint))
		}
		return nil, fmt.Errorf("runner: nothing to run: %s", strings.Join(names, ". "))
	}
	if p.groups, err = groupsOf(o, p); err != nil {
		return nil, err
	}
	if err := checkGates(o, p); err != nil {
		for _, bad := range p.unread { // a condition on the task cannot hold
			if slices.ContainsFunc(o.FailUnder, func(s string) bool { return strings.HasPrefix(strings.TrimSpace(s), bad.Tasks[0]+":") }) {
				return nil, bad
			}
		}
		return nil, err
	}
	return p, nil
}

// skipBad leaves out a task with a mistake in its data: the others are measured all the same.
func (p *plan) skipBad(task string, bad *BadData) {
	p.unread = append(p.unread, bad)
	p.skipped = append(p.skipped, reports.Skipped{Task: task, Reason: strings.TrimPrefix(bad.Error(), "tasks: "+task+": ")})
	p.warnings = append(p.warnings, reports.Warning{Task: task, Code: "bad-data", Text: "not measured: there is a mistake in the data, see skipped"})
}

// absent says that the data of a task is not there, and what would help.
func absent(t tasks.Task, dirs []string) reports.Skipped {
	s := reports.Skipped{Task: t.Name, Reason: "no data below " + strings.Join(dirs, ", "), Hint: "without --data it runs on generated items"}
	if len(dirs) == 0 {
		s.Reason = "no data"
	}
	if t.Make == nil && len(t.Files) > 0 {
		s.Hint = "it needs its files below a --data folder, such as " + t.Files[0].Paths[0]
	}
	return s
}

func (p *plan) has(task string) bool {
	return slices.ContainsFunc(p.tasks, func(t *plannedTask) bool { return t.task.Name == task })
}

// A pickedTask is a task with the number of items that its suite runs by default; 0 = all.
type pickedTask struct {
	tasks.Task
	items int
}

// pick turns names of tasks and suites into tasks. A name that is both stands for the task.
func pick(names []string, catalog []tasks.Task, suites []tasks.Suite) ([]pickedTask, error) {
	var out []pickedTask
	seen := map[string]bool{}
	add := func(name string, items int) bool {
		i := slices.IndexFunc(catalog, func(t tasks.Task) bool { return t.Name == name })
		if i >= 0 && !seen[name] {
			seen[name] = true
			out = append(out, pickedTask{catalog[i], items})
		}
		return i >= 0
	}
	for _, name := range names {
		if add(name, 0) {
			continue
		}
		i := slices.IndexFunc(suites, func(s tasks.Suite) bool { return s.Name == name })
		if i < 0 {
			return nil, &OptionError{"Tasks", name, "a task or suite: " + known(catalog, suites)}
		}
		for _, member := range suites[i].Tasks {
			if !add(member, suites[i].Limit) {
				return nil, fmt.Errorf("runner: suite %s: no task %q", name, member)
			}
		}
	}
	return out, nil
}

func known(catalog []tasks.Task, suites []tasks.Suite) string {
	var names []string
	for _, s := range suites {
		names = append(names, s.Name)
	}
	for _, t := range catalog {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// task plans one task: data, examples, the range of items, prompts.
func (p *plan) task(o Options, picked pickedTask) (*plannedTask, error) {
	t := picked.Task
	if t.Images && !p.renderer.model.Info().Vision {
		return nil, &cannot{reason: "not applicable: text-only model"}
	}
	shots := t.Shots
	if o.NumFewshot != nil {
		shots = *o.NumFewshot
	}
	lim, err := parseLimit(o.Limit)
	if err != nil {
		return nil, err
	}
	ids, some := o.Samples[t.Name]
	if lim == (limit{}) && !some {
		lim.n = picked.items
	}
	data, err := t.Load(tasks.LoadOptions{Dirs: o.Data, Seed: o.Seed, Shots: shots, Make: min(max(lim.last(), generatedItems), maxGenerated)})
	// Folders were given for real numbers: a set that they lack must not turn into a made one.
	if made := err == nil && data.Source.Split == tasks.SplitGenerated; made && len(o.Data) > 0 && len(t.Files) > 0 {
		return nil, errAbsent
	}
	if errors.Is(err, tasks.ErrNoData) && t.Dir == "" {
		return nil, errAbsent
	}
	if err != nil {
		return nil, asBadData(t.Name, err)
	}
	pt := &plannedTask{task: picked.Task, source: data.Source, original: len(data.Samples), index: map[string]int{}}
	p.warnings = append(p.warnings, dataWarnings(t, &data)...)
	items := data.Samples
	if len(items) > 0 {
		for _, s := range items[0].Shots {
			pt.shots = append(pt.shots, s.ID)
		}
	}
	if some {
		if items, err = only(t.Name, items, ids); err != nil {
			return nil, err
		}
	}
	from, to := lim.bounds(len(items))
	items = items[from:to]
	if len(items) == 0 {
		p.warnings = append(p.warnings, reports.Warning{Task: t.Name, Code: "no-items", Text: fmt.Sprintf("no items: limit %q of %d", o.Limit, pt.original)})
	}
	if err := p.samples(pt, items); err != nil {
		return nil, err
	}
	return pt, p.unmeasured(pt, len(items))
}

func only(task string, items []tasks.Sample, ids []string) ([]tasks.Sample, error) {
	want := map[string]bool{}
	for _, id := range ids {
		want[id] = true
	}
	var out []tasks.Sample
	for _, s := range items {
		if want[s.ID] {
			out = append(out, s)
			delete(want, s.ID)
		}
	}
	for _, id := range ids {
		if want[id] {
			return nil, &OptionError{"Samples", task + ": " + id, "a doc_id of the task"}
		}
	}
	return out, nil
}

// samples renders every prompt once, to hash it.
func (p *plan) samples(pt *plannedTask, items []tasks.Sample) error {
	h := hasher{sha256.New()}
	m := measure{model: p.renderer.model, limit: p.renderer.model.Info().Engine.Context}
	// Whoever asks for prompts to be cut gets them cut; otherwise a text that does not fit is not measured.
	fit := pt.task.Kind == tasks.Long && m.limit > 0 && (p.renderer.overlength == OverlengthError || p.renderer.overlength == OverlengthSkip)
	for i, item := range items {
		if item.ID == "" {
			return fmt.Errorf("runner: task %s: item %d has no id", pt.task.Name, i+1)
		}
		if at, ok := pt.index[item.ID]; ok {
			return fmt.Errorf("runner: task %s: items %d and %d have the same id %q", pt.task.Name, at+1, i+1, item.ID)
		}
		s := plannedSample{Sample: item}
		q, err := p.question(pt, &s)
		if err != nil {
			return SampleError{pt.task.Name, item.ID, err.Error()}
		}
		if fit {
			ok, err := m.fits(item.Record.Cluster, q)
			if err != nil {
				return SampleError{pt.task.Name, item.ID, err.Error()}
			}
			if !ok {
				pt.tooLong++
				continue
			}
		}
		pt.index[item.ID] = len(pt.samples)
		s.promptHash, s.work = q.hash(), q.weight()
		if len(pt.samples) == 0 {
			pt.maxTokens, pt.stop = q.maxTokens, q.stop
		}
		h.string(item.ID)
		h.string(item.DocHash)
		h.string(s.promptHash)
		pt.samples = append(pt.samples, s)
	}
	pt.hash = h.sum()
	return nil
}

// unmeasured says of texts longer than the context that they are not measured: of the task, if there is nothing else among its n items.
func (p *plan) unmeasured(pt *plannedTask, n int) error {
	if pt.tooLong == 0 {
		return nil
	}
	info := p.renderer.model.Info()
	reason := fmt.Sprintf("not measured (context %d)", info.Engine.Context)
	if pt.tooLong == n {
		no := &cannot{reason: reason}
		if info.Model.Context > info.Engine.Context {
			no.hint = fmt.Sprintf("the model has up to %d, given by --ctx", info.Model.Context)
		}
		return no
	}
	p.warnings = append(p.warnings, reports.Warning{
		Task: pt.task.Name, Code: "not-measured", Text: fmt.Sprintf("%d of %d items are longer than the context: %s", pt.tooLong, n, reason),
	})
	return nil
}

// question renders a sample. The same sample gives the same question every time.
func (p *plan) question(pt *plannedTask, s *plannedSample) (q *question, err error) {
	defer func() {
		if r := recover(); r != nil {
			q, err = nil, fmt.Errorf("the task's prompt panics: %v", r)
		}
	}()
	return p.renderer.question(pt.task.Kind, pt.task.Prompt(s.Record, s.Shots), s.Seed)
}

// A place is where a sample is in the plan.
type place struct{ task, index int }

// order lists all samples in the order in which they are run: tasks one after the other, as their prompts may begin with the same
// instruction and examples, and in a task the items that share a text, so that the model finds what they have in common while it
// still has it. Otherwise long ones go first, tasks by their longest prompt, texts likewise: so a prompt that does not fit
// is seen early, estimates err on the safe side, and no long sample is left alone at the end.
func (p *plan) order() []place {
	most := make([]int64, len(p.tasks))
	var all []int
	for i, t := range p.tasks {
		all = append(all, i)
		for _, s := range t.samples {
			most[i] = max(most[i], s.work)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(most[b], most[a]) })
	var order []place
	for _, i := range all {
		for _, index := range p.tasks[i].order() {
			order = append(order, place{i, index})
		}
	}
	return order
}

// order lists the samples of a task: clusters by their longest prompt, from long to short, and each in the order of the data.
func (pt *plannedTask) order() []int {
	type cluster struct {
		first int // index of its first sample
		work  int64
	}
	byName := map[string]*cluster{}
	of := make([]*cluster, len(pt.samples))
	order := make([]int, len(pt.samples))
	for i, s := range pt.samples {
		order[i] = i
		c := byName[s.Record.Cluster]
		if c == nil {
			c = &cluster{first: i}
			if s.Record.Cluster != "" {
				byName[s.Record.Cluster] = c
			}
		}
		c.work = max(c.work, s.work)
		of[i] = c
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(of[b].work, of[a].work), cmp.Compare(of[a].first, of[b].first), cmp.Compare(a, b))
	})
	return order
}

// match finds the planned sample that a line of the journal is about and makes sure that the two agree.
func (pt *plannedTask) match(s *reports.Sample) (int, error) {
	at, ok := pt.index[s.DocID]
	switch {
	case s.Task != pt.task.Name:
		return 0, fmt.Errorf("sample of task %q in the journal of %q", s.Task, pt.task.Name)
	case !ok:
		return 0, fmt.Errorf("sample %q is not in the plan", s.DocID)
	case s.DocHash != pt.samples[at].DocHash:
		return 0, fmt.Errorf("sample %q: its data has changed", s.DocID)
	case s.PromptHash != pt.samples[at].promptHash:
		return 0, fmt.Errorf("sample %q: its prompt has changed", s.DocID)
	}
	return at, nil
}
