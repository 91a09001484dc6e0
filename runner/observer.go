package runner

import (
	"time"

	"github.com/llama4-eval/llama4-eval/reports"
)

// An Observer hears how a run goes on. Observe is called by one goroutine at a time, in order, beginning with one EventStart
// and ending with one EventFinish, also when the run fails. It must not block for long: the journal waits for it.
type Observer interface {
	Observe(e Event)
}

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventStart  EventKind = "start"  // samples are about to be run
	EventSample EventKind = "sample" // a sample is finished and in the journal
	EventTick   EventKind = "tick"   // time has passed
	EventTask   EventKind = "task"   // all samples of a task are finished
	EventFinish EventKind = "finish" // no more samples are run
)

// An Event is one step and the state of the run after it.
type Event struct {
	Kind EventKind
	Time time.Time
	Dir  string // run folder

	Task                string // the task that the event is about; EventTick: the one in progress
	TaskDone, TaskTotal int    // samples of Task
	Done, Total         int    // samples of the run
	Resumed             int    // of Done, those of an earlier process
	Errors, Unparsed    int

	Elapsed time.Duration // since EventStart
	Rate    float64       // samples per second of this process; 0 = not known yet
	Left    time.Duration // estimate until EventFinish; 0 = not known yet
	Sample  *reports.Sample
}

// tickEvery is the pause between two EventTick.
const tickEvery = 250 * time.Millisecond

type silent struct{}

func (silent) Observe(Event) {}

// progress keeps the state that events carry.
type progress struct {
	to      Observer
	now     func() time.Time
	started time.Time
	e       Event
	tasks   map[string]*taskProgress
	// The estimate goes by bytes of prompt instead of samples: tasks, and samples of a task, differ in length.
	work, workDone int64 // without resumed samples
	ran            int
}

type taskProgress struct{ done, total int }

func newProgress(to Observer, now func() time.Time, dir string) *progress {
	return &progress{to: to, now: now, e: Event{Dir: dir}, tasks: map[string]*taskProgress{}}
}

// plan announces samples before start.
func (p *progress) plan(task string, total, resumed int, work int64) {
	p.tasks[task] = &taskProgress{done: resumed, total: total}
	p.e.Total += total
	p.e.Done += resumed
	p.e.Resumed += resumed
	p.work += work
}

func (p *progress) start() {
	p.started = p.now()
	p.send(EventStart)
}

// sample counts a finished sample with its share of the work.
func (p *progress) sample(s *reports.Sample, work int64) {
	t := p.tasks[s.Task]
	t.done++
	p.e.Done++
	p.ran++
	p.workDone += work
	switch s.Verdict {
	case reports.VerdictError:
		p.e.Errors++
	case reports.VerdictUnparsed:
		p.e.Unparsed++
	}
	p.e.Task, p.e.Sample = s.Task, s
	p.send(EventSample)
	p.e.Sample = nil
	if t.done == t.total {
		p.send(EventTask)
	}
}

func (p *progress) send(kind EventKind) {
	e := p.e
	e.Kind, e.Time = kind, p.now()
	if t := p.tasks[e.Task]; t != nil {
		e.TaskDone, e.TaskTotal = t.done, t.total
	}
	e.Elapsed = e.Time.Sub(p.started)
	if s := e.Elapsed.Seconds(); s > 0 && p.ran > 0 {
		e.Rate = float64(p.ran) / s
		if p.workDone > 0 {
			e.Left = time.Duration(float64(e.Elapsed) * float64(p.work-p.workDone) / float64(p.workDone))
		}
	}
	p.to.Observe(e)
}
