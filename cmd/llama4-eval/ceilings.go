package main

import (
	"context"
	"slices"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
)

// measureCeilings measures for a second what the machine does at most with each number of threads.
func measureCeilings(ctx context.Context, s hardware.Snapshot, level cpu.Level, threads []int) ([]cpu.Ceiling, error) {
	return cpu.MeasureCeilings(ctx, cpu.CeilingOptions{Level: level, Threads: threads, Buffer: ceilingBuffer(s, slices.Max(threads))})
}

// ceilingBuffer is how many bytes to read from so that caches hold little of them, within a quarter of the memory that is free.
func ceilingBuffer(s hardware.Snapshot, threads int) int {
	want := max(256<<20, 4*s.CPU.Caches.L3, threads*(64<<20))
	free := s.Memory.AvailableBytes
	if l := s.Memory.LimitBytes; l > 0 {
		free = min(free, l)
	}
	if free == 0 { // not known
		return want
	}
	return int(min(uint64(want), free/4))
}
