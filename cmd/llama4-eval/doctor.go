package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"text/tabwriter"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/spf13/cobra"
)

func newDoctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Show hardware, devices, self-tests, and what would be used",
		Example: "  llama4-eval doctor",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return doctor(cmd.Context(), cmd.OutOrStdout(), hardware.Take(cmd.Context()))
		},
	}
}

func doctor(ctx context.Context, w io.Writer, s hardware.Snapshot) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, a ...any) { fmt.Fprintf(tw, "%s\t%s\n", name, fmt.Sprintf(format, a...)) }
	row("program", "llama4-eval %s, %s", version(), s.Go.Version)
	row("processor", "%s, %d cores, load %.2f", s.CPU.Brand, s.CPU.LogicalCores, s.CPU.Load)
	row("instructions", "%v", s.CPU.Features)
	row("caches", "L1d %s, L2 %s, L3 %s", formatBytes(int64(s.CPU.Caches.L1D)), formatBytes(int64(s.CPU.Caches.L2)), formatBytes(int64(s.CPU.Caches.L3)))
	row("memory", "%s, %s available", formatBytes(int64(s.Memory.TotalBytes)), formatBytes(int64(s.Memory.AvailableBytes)))
	if s.Memory.LimitBytes > 0 {
		row("memory limit", "%s", formatBytes(int64(s.Memory.LimitBytes)))
	}
	row("system", "%s %s %s %s", s.OS.Name, s.OS.Platform, s.OS.Kernel, s.OS.Virtualization)

	failed := 0
	levels := cpu.Levels()
	for _, l := range levels {
		if worst, err := selfTest(l); err != nil {
			failed++
			row("self-test "+l.String(), "FAILED: %v", err)
		} else {
			row("self-test "+l.String(), "ok, worst relative deviation %.1e", worst)
		}
	}
	threads := []int{1}
	if s.Go.GOMAXPROCS > 1 {
		threads = append(threads, s.Go.GOMAXPROCS)
	}
	ceilings, err := measureCeilings(ctx, s, cpu.Auto, threads)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		row("at most", "not measured: %v", err)
	}
	for _, c := range ceilings {
		row("at most, "+plural(c.Threads, "thread"), "memory %.1f GB/s, int8 %.1f GMAC/s, float32 %.1f GMAC/s", c.Read/1e9, c.Int8/1e9, c.Float32/1e9)
	}
	row("device", "cpu, kernels %v: used unless --cpu says otherwise", levels[len(levels)-1])
	for _, dir := range inference.ModelFolders() {
		if _, err := os.Stat(dir); err != nil {
			row("model folder", "%s (absent)", dir)
			continue
		}
		row("model folder", "%s", dir)
	}
	_, found, err := modelRows()
	if err != nil {
		return err
	}
	for _, m := range found {
		row("model", "%s (%s, %s)", m[0], m[1], m[2])
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d self-tests failed: do not trust results of these kernels; use --cpu reference", failed)
	}
	return nil
}

// selfTolerance is the largest deviation of one product, relative to the root mean square of the outputs. The inputs are rows of a Q8_0
// matrix, which levels that round activations to 8 bits take exactly, so only the order of sums differs.
const selfTolerance = 1e-4

// selfTest multiplies a random matrix with random vectors at a level and compares with sums in float64. It returns the worst
// deviation relative to the root mean square of the outputs.
func selfTest(level cpu.Level) (float64, error) {
	const rows, width, n = 96, 512, 7
	b, err := cpu.New(cpu.Options{Level: level})
	if err != nil {
		return 0, err
	}
	defer b.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	weights := make([]float32, rows*width)
	for i := range weights {
		weights[i] = float32(rng.NormFloat64())
	}
	t := tensor.Tensor{Name: "self-test", Type: tensor.Q8_0, Shape: []int{rows, width}, Data: make([]byte, rows*tensor.Q8_0.RowBytes(width))}
	if err := tensor.Quantize(t.Type, t.Data, weights); err != nil {
		return 0, err
	}
	if err := tensor.Dequantize(t.Type, weights, t.Data); err != nil {
		return 0, err
	}
	m, err := b.NewMatrix("self-test", t)
	if err != nil {
		return 0, err
	}
	x, got, err := multiply(b, m, n)
	if err != nil {
		return 0, err
	}
	var worst, squares float64
	for i := range n {
		for r := range rows {
			want := 0.0
			for k := range width {
				want += float64(weights[r*width+k]) * float64(x[i*width+k])
			}
			worst = max(worst, math.Abs(float64(got[i*rows+r])-want))
			squares += want * want
		}
	}
	worst /= math.Sqrt(squares / float64(n*rows))
	if !(worst <= selfTolerance) {
		return worst, fmt.Errorf("a product deviates by %.2g of the root mean square, at most %g is allowed", worst, selfTolerance)
	}
	return worst, nil
}

// multiply embeds n rows of the matrix as inputs, so that only Ops is needed, and multiplies them.
func multiply(ops models.Ops, m models.Matrix, n int) (x, y []float32, err error) {
	in, err := ops.NewBuffer("x", n, m.Width())
	if err != nil {
		return nil, nil, err
	}
	out, err := ops.NewBuffer("y", n, m.Rows())
	if err != nil {
		return nil, nil, err
	}
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32(i * 7)
	}
	ops.Embed(in, m, tokens, 1)
	ops.MatMul(out, m, in, n)
	x, y = make([]float32, n*m.Width()), make([]float32, n*m.Rows())
	if err := ops.Read(x, in, n); err != nil {
		return nil, nil, err
	}
	return x, y, ops.Read(y, out, n)
}
