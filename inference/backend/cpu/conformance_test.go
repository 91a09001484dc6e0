package cpu_test

import (
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/backend/backendtest"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/models"
)

var (
	_ models.Ops      = (*cpu.Backend)(nil)
	_ models.Preparer = (*cpu.Backend)(nil)
)

func TestConformance(t *testing.T) {
	for _, level := range cpu.Levels() {
		t.Run(level.String(), func(t *testing.T) {
			suite := backendtest.Suite{Open: func(t *testing.T, threads int) models.Ops {
				b, err := cpu.New(cpu.Options{Level: level, Threads: threads})
				if err != nil {
					t.Fatal(err)
				}
				return b
			}}
			if level != cpu.Reference {
				suite.Tolerance = 0.01
			}
			backendtest.Run(t, suite)
		})
	}
}
