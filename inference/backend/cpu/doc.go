// Package cpu runs models on the CPU: it implements models.Ops in plain Go and, where the machine has them, with
// AVX2 or AVX-512 kernels written in Go assembly.
//
// [New] makes a [Backend] at a [Level] with a number of threads. At level Reference it computes with float32 activations and
// weights dequantized a row at a time, sums that matter in float64: slow, and what everything else is compared
// with. At the levels AVX2, AVX512 and Generic (the same computation in Go) weights are repacked when they are loaded,
// and activations are rounded to int8 with one scale for every 32 before they meet quantized weights.
//
// The parts: [Backend] owns all memory ([Backend.Memory] is the ledger) and the pool of workers (pool.go) that steps
// split their work over. Buffers, matrices and KV storage are plain structs behind the interfaces of package models.
// kernels is the table of inner loops of a level; pack.go has the layouts that they read.
//
// Results do not depend on batch size, on the place of a row in a batch, on how a sequence is split into batches, or on
// threads, not in a single bit. Work is split over rows of weights, over batch rows, over heads and over tiles of
// the vocabulary at fixed places, never over the terms of a sum.
//
// The package knows nothing of models, files, sequences or sampling, and it does not schedule: one goroutine at a
// time calls the steps.
//
//	b, err := cpu.New(cpu.Options{Threads: 2})
//	if err != nil { ... }
//	defer b.Close()
//	model, err := arch.Build(checkpoint, b, models.BuildOptions{MaxRows: 512, Pages: 64, KVType: tensor.F16})
package cpu
