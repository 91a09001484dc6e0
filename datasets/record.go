package datasets

// A Record is one item of a data set, in the shape that all tasks share. Offsets and lengths count Unicode code points.
type Record struct {
	ID      string            // stable within the set
	Cluster string            // items with the same cluster share a text and are not independent; "" = its own
	Fields  map[string]string // the set's own texts by their published names ("sentence1", "question")
	Choices []string          // options, for choice tasks
	Answer  int               // index into Choices, -1 = unlabelled
	Golds   []string          // acceptable answers, for generation tasks
	Spans   []Span            // gold entities, for extraction tasks
	// Tags are facets of the item by name ("word": "苹果", "distance": "4k-8k"): results are broken down by them, and items with the same
	// value may form a group. No value is empty.
	Tags map[string]string `json:",omitempty"`
}

// A Span is a labelled run of text: Type over code points [Start, End).
type Span struct {
	Type, Text string
	Start, End int
}

// A Set is the content of one file, or what a generator made.
type Set struct {
	Records    []Record
	Unlabelled int      // rows without a label, left out of Records
	Dropped    int      // rows that the set's own rules exclude (label "-")
	Notes      []string // warnings for the report
}

// A Candidate is a place where a set may lie, below a data folder.
type Candidate struct {
	Paths []string // files read together, in order, relative to the data folder; forward slashes
	Split string   // "dev", "fewshot-dev", "test_public", "train", "trial"
	// Sorted says that published files of this name are sorted by label, so that their first rows are no fair sample.
	Sorted bool
	// Train are the files of the training split, for few-shot examples; the first set whose files all exist is used.
	Train [][]string
}
