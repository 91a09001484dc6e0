// Package datasets reads the files of published data sets into records, and decides which file of a set is used.
//
//   - [Record], [Set]: an item and the content of a file, in the shape that all tasks share.
//   - [Rows]: a file in any of the formats that are read: [JSON], [CSV], [TSV], [Parquet].
//   - [JSON]: a JSON array, one JSON object or JSON Lines, told apart by content, as a list of [Value].
//   - [Value]: a JSON value that knows its file and line; numbers keep their text.
//   - [Error]: what is wrong with a file, with file, line and field.
//   - [Candidate], [Find], [Found]: where a set may lie below a data folder, and which candidates are there, best first.
//   - [CLUE], [Folders]: the candidates of a CLUE set in all layouts that are in circulation.
//   - [ReadPredictions], [Prediction]: answers of models and references in the formats of other programs, told apart by content.
//   - [ReadFile]: a file below a data folder, never outside it, with its checksum.
//   - [Pinned], [PinnedSet]: published sets whose files are known by their checksums. [Puller] fetches them, [PinnedFile.Check] compares.
//   - [Unzip]: an archive that is there, unpacked without trust.
//
// It does not know tasks, prompts or metrics, fetches nothing unasked, and never changes a text: offsets of annotations stay valid.
//
//	found, err := datasets.Find([]string{"data"}, datasets.CLUE("tnews"))
//	if err != nil || len(found) == 0 {
//		return err
//	}
//	raw, file, err := datasets.ReadFile(found[0].Dir, found[0].Paths[0])
//	rows, err := datasets.JSON(file.Path, raw)
//	for _, row := range rows {
//		sentence, err := row.String("sentence")
//		...
//	}
package datasets
