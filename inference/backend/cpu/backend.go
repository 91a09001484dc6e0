package cpu

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Options says how a Backend computes. The zero value is the fastest way with all processors.
type Options struct {
	Level   Level // default Auto
	Threads int   // that compute at the same time; default runtime.GOMAXPROCS(0)

	// Packed is told of data of tensors once it has been copied to the layout of the kernels, a piece at a time: products read it no more.
	// It is called by several goroutines at once. Default: nobody is told.
	Packed func(data []byte)
}

// Backend does the arithmetic of models on the CPU. It implements models.Ops: see there for what each step computes, and
// for the promise that results do not depend on batching or threads.
//
// A Backend is used by one goroutine at a time, except for Memory and the descriptions, which may be called at
// any time. Nothing that it made may be used after Close.
type Backend struct {
	level Level
	k     *kernels // nil at level Reference
	pool  *pool

	workers  []worker          // scratch, by worker number
	onPacked func(data []byte) // see Options.Packed
	ropes    map[*models.Rope]*ropeTable
	err      error // the first one of a step; steps do nothing once it is set
	closed   bool

	// The jobs of the steps are kept here so that a step does not allocate.
	jobs struct {
		rows   rowJob
		ref    refJob
		gemm   gemmJob
		quant  quantJob
		attend attendJob
		merge  mergeJob
		store  storeJob
		refAtt refAttendJob
		score  scoreJob
	}
	gathered  *buffer // see gather
	positions []int   // of the rows of the batch, by buffer row; see checkAttention

	mu      sync.Mutex
	regions []region
	slab    []byte // what is left of the newest one, see carve
	ledger  map[Kind]int64
}

// worker is the scratch memory of one worker. Slices grow to the largest size asked for and stay.
type worker struct {
	a, b, c, d, e []float32
	f             []float64
	branch        branch
	queries       *acts
	_             [64]byte
}

// New makes a back end. It fails if this CPU or this build lacks the level.
func New(o Options) (*Backend, error) {
	if o.Threads < 0 || o.Threads > 4096 {
		return nil, fmt.Errorf("cpu: %d threads: want 1 to 4096, or 0 for one a processor", o.Threads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Level == Auto {
		o.Level = best()
	}
	b := &Backend{
		level: o.Level, onPacked: o.Packed,
		workers: make([]worker, o.Threads),
		ropes:   make(map[*models.Rope]*ropeTable),
		ledger:  make(map[Kind]int64),
	}
	if o.Level != Reference {
		k, err := kernelsAt(o.Level)
		if err != nil {
			return nil, err
		}
		b.k = k
	}
	b.pool = newPool(o.Threads)
	return b, nil
}

// best is what Auto means: the last of Levels, but not Generic, whose emulated instructions are slower than the
// float32 arithmetic of Reference.
func best() Level {
	levels := Levels()
	if l := levels[len(levels)-1]; l != Generic {
		return l
	}
	return Reference
}

// Level is the level in use, never Auto.
func (b *Backend) Level() Level { return b.level }

// Threads is the number of threads that compute.
func (b *Backend) Threads() int { return b.pool.threads }

// Describe says in a few words how this back end computes, for reports: "avx512, 2 threads".
func (b *Backend) Describe() string {
	if b.pool.threads == 1 {
		return b.level.String() + ", 1 thread"
	}
	return fmt.Sprintf("%v, %d threads", b.level, b.pool.threads)
}

// Close stops the workers and releases all memory. A second call does nothing.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	b.pool.close()
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, r := range b.regions {
		errs = append(errs, unmapBytes(r.whole))
	}
	b.regions, b.slab = nil, nil
	clear(b.ledger)
	b.err = errors.New("cpu: back end is closed")
	return errors.Join(errs...)
}

// fail keeps the first error for the next call that can return it.
func (b *Backend) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("cpu: "+format, args...)
	}
}

// floats returns *s with room for n values, whose contents are undefined.
func (b *Backend) floats(s *[]float32, n int) []float32 {
	if cap(*s) < n {
		b.count(Scratch, int64(4*(n-cap(*s))))
		*s = make([]float32, n)
	}
	return (*s)[:n]
}

// doubles is floats for float64 values.
func (b *Backend) doubles(s *[]float64, n int) []float64 {
	if cap(*s) < n {
		b.count(Scratch, int64(8*(n-cap(*s))))
		*s = make([]float64, n)
	}
	return (*s)[:n]
}

// checkTensor makes sure that the data of a tensor is what its shape and type say.
func checkTensor(name string, t tensor.Tensor) error {
	if !t.Type.Known() {
		return fmt.Errorf("cpu: %s: tensor %q: %w %v", name, t.Name, tensor.ErrUnsupported, t.Type)
	}
	rows, width := t.Rows(), t.Width()
	if rows <= 0 || width <= 0 || width > 1<<40 || width%t.Type.BlockElems() != 0 {
		return fmt.Errorf("cpu: %s: tensor %q: shape %v does not suit type %v", name, t.Name, t.Shape, t.Type)
	}
	if perRow := t.Type.RowBytes(width); len(t.Data)%perRow != 0 || len(t.Data)/perRow != rows {
		return fmt.Errorf("cpu: %s: tensor %q: %d bytes of data, shape %v of %v needs %d rows of %d",
			name, t.Name, len(t.Data), t.Shape, t.Type, rows, perRow)
	}
	return nil
}
