package sample

import (
	"fmt"
	"math"
)

// Options choose how the next token is drawn. The zero value is greedy decoding.
type Options struct {
	Temperature float64 // 0 = greedy
	TopK        int     // 0 = all
	TopP        float64 // 0 or 1 = all
	Seed        uint64
}

// Greedy says whether every draw is the most probable token, so that Seed, TopK and TopP have no effect.
func (o Options) Greedy() bool { return o.Temperature == 0 }

// Validate names the first field that is out of range.
func (o Options) Validate() error {
	switch {
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0):
		return fmt.Errorf("sample: temperature %v is not a finite number >= 0", o.Temperature)
	case o.TopK < 0:
		return fmt.Errorf("sample: top-k %d is negative", o.TopK)
	case !(o.TopP >= 0 && o.TopP <= 1):
		return fmt.Errorf("sample: top-p %v is not in [0,1]", o.TopP)
	}
	return nil
}
