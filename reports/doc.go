// Package reports holds the record of a finished run and turns it into files and tables.
//
//   - [Record] is results.json, a versioned superset of what lm-evaluation-harness writes; [JSON] and [Read] are its two
//     directions. Its JSON Schema is in results.schema.json.
//   - [Sample] is one line of samples/<task>.jsonl; its schema is in sample.schema.json.
//   - [Text] is the table for a terminal, [Markdown] the same for a page, [CSV] one line for each value.
//   - [Scores] is what the score command computed, with the same formats; its schemas are in scores.schema.json and item_scores.schema.json.
//   - [LMEval] lays a record and its samples out as lm-evaluation-harness does.
//   - [Breakdowns] is a table for each facet of items that results are broken down by; [Markdown] has them too.
//   - [Comparison] is comparison.json, what runs differ in from a reference, and [GateResult] the decision of a gate, which [GateJUnit] writes for
//     CI as well; their schemas are in comparison.schema.json and gate.schema.json.
//   - [Bench] is what the bench command measured, with the same formats; its schema is in bench.schema.json.
//   - [History] is how many runs went over time: [NewHistory], [HistoryHTML], [HistoryMarkdown], [HistoryJSON]; its schema
//     is in history.schema.json.
//
// Pages are made of the parts in html.go: writePage for what all pages share, phrase for texts in two languages, figure for a chart
// with its table. Charts are drawn twice: as a static picture, and by ECharts where that is built in.
//
// The same record gives the same bytes in every format. Warnings are part of the record and become footnotes. The package
// computes no metric, but for the change points of a history, and writes no file: callers pass an io.Writer.
//
//	rec, err := reports.Read(file)
//	...
//	err = reports.Text(os.Stdout, rec)
package reports
