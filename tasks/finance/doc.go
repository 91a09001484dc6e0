// Package finance writes financial statements and questions on them whose answers are exact.
//
//   - [Make]: a [Question] of one of the [Operations]: looking up, sums, growth, margins, percentage points, compound growth, ratios, weighted means, tax,
//     interest, exchange rates, and more, with the numbers that the usual mistakes give.
//   - [Statement]: the balance sheet, income statement and cash flow statement of an invented company, in agreement with each other.
//   - [Terms]: financial terms with definitions, groups of terms that are taken for each other, and the points that an explanation must make.
//
// Amounts are whole numbers of hundredths of the unit of a table, answers are rationals; no binary fraction comes near them. Randomness comes from a
// [draw.Draw]; the same draws give the same bytes. It knows nothing of prompts, models or scores.
package finance
