// Package contract writes Chinese contracts whose clauses are known: where each stands and what it says.
//
//   - [Make]: a contract of one of the [Types]: sale, lease, service, loan, labor, non-disclosure.
//   - [Contract]: its text and one [Clause] for every [Field] that may be asked about, absent ones included.
//   - [Value], [Kind]: amounts, dates, durations, percentages, counts and names, with one canonical text each.
//   - Randomness comes from a [draw.Draw]; the same draws give the same bytes.
//
// A contract holds what makes real ones hard to read: parties under aliases, amounts in digits and in capital numerals, dates, periods and rates in
// several notations, articles in changing order with cross references, price lists in attachments, amendments and deletions at the end, values of
// an earlier contract and of other matters that look like the answer, and clauses that are missing.
//
// It knows nothing of prompts, models or scores. All persons, firms and addresses are invented.
package contract
