// Package hardware says what the machine is, as plain data that goes into every report.
//
//   - [Snapshot] holds the facts: processor, caches, instruction sets, memory, operating system. [Take] collects it.
//   - [Sampler] watches the memory of this process while something runs and keeps the peak.
//   - [Loop] is a fixed piece of work whose time says how fast the machine is just then.
//
// No fact is worth failing a run for: what cannot be found out is left empty (zero, "", nil) and omitted from JSON.
// The package changes nothing on the machine, and it does not choose kernels: see the CPU back end for that.
//
//	s := hardware.Take(ctx)
//	fmt.Println(s.CPU.Brand, s.Memory.TotalBytes>>30, "GiB")
package hardware
