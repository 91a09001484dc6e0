// Package runner evaluates a model on tasks and leaves a run folder behind.
//
// It is the only package that knows both tasks and engine. A run goes: plan (tasks to ordered samples, prompts
// rendered and hashed), workers (samples in flight, bounded), journal (one fsynced line a sample), aggregate (metrics with
// intervals and warnings), results.json. A run that was killed at any moment is resumed by the same call and ends in the same
// bytes, except under the keys perf, memory and host.
//
//   - [Options] is what is asked; its zero value works once a task is named.
//   - [Model] is what the runner needs of a model; [Open] loads one with our own engine.
//   - [Run] does it and returns a [reports.Record].
//   - [Rescore] judges the answers of a finished run again, without the model; [Score] scores predictions of other programs.
//   - [Words] cut Chinese text for the metrics that compare words, without and with a lexicon of a domain.
//   - [ExportLMEval] writes a finished run in the layout of lm-evaluation-harness.
//   - [OpenRun] reads what a finished run has left: a [FinishedRun] with its record and samples, checked, and what package compare
//     makes of it.
//   - [Observer] hears of progress: [NewBar], [NewPlain], [NewJSONLines].
//   - [TooManyErrors], [Missed], [Interrupted], [ModelLost], [Unfinished], [SamplesMissing], [DataChanged], [NoDictionary] are the errors that callers tell apart.
//
// It parses no flags, prints nothing by itself but what Options.Print asks for, and knows no report format but the
// record.
//
//	m, err := runner.Open(ctx, "model.gguf", inference.Options{})
//	...
//	defer m.Close()
//	rec, dir, err := runner.Run(ctx, runner.Options{Tasks: []string{"clue"}, Data: []string{"data"}, Limit: "50"}, m)
package runner
