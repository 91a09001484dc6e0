package inference

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

func TestValidateOptions(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		err  string
	}{
		{"zero", Options{}, ""},
		{"all set", Options{Device: "cpu", CPU: "reference", Threads: 3, BatchSize: 1024, Context: 77, KVType: "f32"}, ""},
		{"auto", Options{Device: "auto", CPU: "auto"}, ""},
		{"device", Options{Device: "cuda:0"}, `device "cuda:0" does not exist here; devices are "auto" and "cpu"`},
		{"level", Options{CPU: "sse9"}, "sse9"},
		{"threads", Options{Threads: -1}, "-1 threads"},
		{"batch size", Options{BatchSize: 1025}, "batch size 1025: want 1 to 1024"},
		{"negative batch size", Options{BatchSize: -1}, "batch size -1"},
		{"context", Options{Context: -5}, "context of -5 tokens"},
		{"KV type", Options{KVType: "q2"}, `KV type "q2" is not supported`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkError(t, tt.o.Validate(), tt.err)
			if tt.err == "" {
				return
			}
			// Load refuses them before it looks at the file.
			_, err := Load(t.Context(), "no such file", tt.o)
			checkError(t, err, tt.err)
		})
	}
}

func TestPlanKV(t *testing.T) {
	// A page takes 2*32*2*2*16*2 bytes = 8 KiB in f16.
	c := models.Config{Layers: 2, KVHeads: 2, HeadDim: 16, Context: 1000}
	const page = 8 << 10
	tests := []struct {
		name         string
		kv           tensor.Type
		asked, batch int
		limit        int64
		want         memoryPlan
		err          string
	}{
		{"room for everything", tensor.F16, 0, 4, 1 << 40, memoryPlan{1000, 4 * 33}, ""},
		{"room for some", tensor.F16, 0, 4, 100 * page, memoryPlan{1000, 100}, ""},
		{"just one sequence", tensor.F16, 0, 4, 33 * page, memoryPlan{1000, 33}, ""},
		{"context reduced", tensor.F16, 0, 4, 11 * page, memoryPlan{320, 11}, ""},
		{"f32 takes twice as much", tensor.F32, 0, 4, 22 * page, memoryPlan{320, 11}, ""},
		{"q8_0 takes 34 bytes for 32 values", tensor.Q8_0, 0, 4, 11 * 2 * 32 * 2 * 2 * 34, memoryPlan{320, 11}, ""},
		{"no memory", tensor.F16, 0, 4, 0, memoryPlan{32, 2}, ""},
		{"asked", tensor.F16, 100, 2, 1 << 40, memoryPlan{100, 10}, ""},
		{"asked for more than the limit", tensor.F16, 1000, 2, 3 * page, memoryPlan{1000, 33}, ""},
		{"asked for more than the model has", tensor.F16, 1001, 2, 1 << 40, memoryPlan{}, "context of 1001 tokens asked for, the model was made for 1000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := planKV(c, tt.kv, tt.asked, tt.batch, tt.limit)
			checkError(t, err, tt.err)
			if err != nil {
				return
			}
			if d := cmp.Diff(tt.want, got, cmp.AllowUnexported(memoryPlan{})); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
	c.Context = 40960
	if p, err := planKV(c, tensor.F16, 0, 16, 1<<40); err != nil || p != (memoryPlan{40960, 16 * 129}) {
		t.Errorf("long context: %+v, %v; want room for 16 sequences of 4096", p, err)
	}
	if p, err := planKV(c, tensor.F16, 0, 2, 1<<40); err != nil || p != (memoryPlan{40960, 1281}) {
		t.Errorf("long context, small batch: %+v, %v; want room for one whole sequence", p, err)
	}
	c.Context = 1 << 45
	if _, err := planKV(c, tensor.F16, 1<<45, 1, 1<<62); err == nil {
		t.Error("a context of 2^45 tokens gave no error")
	}
}

// TestTwoBranchesOfAFullContext is the tightest case that planKV promises: two continuations that fill the context, in a
// cache for one sequence.
func TestTwoBranchesOfAFullContext(t *testing.T) {
	const context = 96
	p, err := planKV(models.Config{Layers: 1, KVHeads: 1, HeadDim: 1, Context: context}, tensor.F16, 0, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.context > context {
		t.Fatalf("context %d", p.context)
	}
	for used := 1; used < p.context; used++ {
		a, b := count(p.context+1), count(p.context+1)
		b[used] = 0
		w := newChoices([][]int32{a, b}, used)
		if need := w.pages(p.pages, 16); need > p.pages {
			t.Errorf("branches at %d need %d pages, the plan has %d", used, need, p.pages)
		}
	}
}

func TestTotalMemory(t *testing.T) {
	if n := totalMemory(); n < 64<<20 || n > 1<<50 {
		t.Errorf("the machine has %d bytes of memory?", n)
	}
}
