// Package compare says what a run differs in from another one on the same questions, and whether that is real.
//
//   - [Run] is a finished run as it is compared: its record and the items of its headline metrics. Package runner reads one.
//   - [Compare] tests every task of runs against a reference, in both directions, and lists the items that changed.
//   - [Gate] decides whether a run is worse than its baseline in quality, latency or memory.
//   - [Refused] says why runs cannot be compared: other questions, prompts, data or versions of a task.
//
// It opens no file and knows no model: both results are records of package reports, which are shown there.
package compare
