// Package backendtest is the conformance suite for back ends: whatever implements models.Ops must pass it.
//
// [Run] compares every step with level Reference of package cpu on small random inputs: odd sizes, every readable weight
// type, several sequences in a batch. It then checks the promise that all of the engine rests on: values do not
// depend, in a single bit, on batch size, place in the batch, splits of a sequence or threads, and that a row of a token tree
// is what it would be if its branch alone had been run. Negative controls make sure that the comparisons can fail.
//
// The suite speaks only the interface: it writes activations by embedding rows of a float32 matrix, and reads them with
// Read. It does not measure speed and does not test what a back end does with wrong arguments.
//
//	func TestConformance(t *testing.T) {
//		backendtest.Run(t, backendtest.Suite{Tolerance: 0.01, Open: func(t *testing.T, threads int) models.Ops { ... }})
//	}
package backendtest
