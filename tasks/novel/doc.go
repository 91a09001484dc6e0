// Package novel writes Chinese novels of any length from a seed, plants facts in them and asks about these.
//
//   - [Write]: a novel of a given length with its questions. The same draws give the same bytes on every platform.
//   - [Novel], [Question]: text, choices, short answers, and where in the text the evidence stands, in code points.
//   - [Novel.Cut]: the part of a novel that was read up to some length, so that the same question can be asked after more and more text.
//   - [Insert], [Renamer]: facts and other names for a text that somebody else wrote.
//
// The world comes first: a cast with kinship and trades, a town, a calendar, minor characters with traits, things that change hands,
// promises, visits. Prose is written scene by scene from a grammar (prose/*.txt) around the passages that state the facts.
// Facts use words that the grammar of the other prose does not have, so that nothing else in the text supports or contradicts an answer.
//
// It knows no task, model or report, and it imports nothing: the caller passes the random numbers.
package novel
