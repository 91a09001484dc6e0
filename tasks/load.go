package tasks

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// ErrNoData says that no folder has a labelled file of a task that makes no items itself.
var ErrNoData = errors.New("no labelled rows")

// SplitGenerated is the split of items that a generator made.
const SplitGenerated = "generated"

// LoadOptions say where data is and how much of it is wanted. The zero value generates 100 items without examples.
type LoadOptions struct {
	Dirs  []string // data folders, in the order in which they are searched
	Seed  uint64   // of the run
	Shots int      // worked examples in each prompt; [Task.Shots] is the task's own number
	Make  int      // items to generate when no folder has the set; 0 = 100
}

// Loaded is the data of a task.
type Loaded struct {
	Samples    []Sample
	Source     Source
	Rows       int     // labelled rows, before examples are taken away
	Unlabelled int     // rows without a label
	Dropped    int     // rows that the set's own rules exclude
	Chance     float64 // accuracy of guessing at the samples, see [Chance]; 0 where answers are not choices
	Notes      []string
}

// Source says where data came from.
type Source struct {
	Split string          // a split of package datasets, or [SplitGenerated]
	Dir   string          // data folder; "" when generated
	Files []datasets.File // scored files
	Train []datasets.File // files that examples were taken from
	// ShotSplit is the split that examples come from; "" without examples. When it is the scored split itself, the first rows
	// are examples and are not scored.
	ShotSplit string
}

// A Sample is one item, ready to be asked.
type Sample struct {
	ID      string // stable: the same file gives the same ids
	Index   int    // place among the scored rows
	Record  datasets.Record
	Shots   []datasets.Record // the same for all samples of a task
	DocHash string            // SHA-256 of the record
	Target  string            // the right answer as one text
	Seed    uint64            // for sampling; derived from run, task and id, so that it does not depend on order
}

// Load reads the best file of the set that the data folders have, in the order of [datasets.Find]; files without any label are
// passed over. When there is none, items are generated, and Source and Notes say so; for a task without a generator that is [ErrNoData]. An error names file, line and field.
func (t Task) Load(o LoadOptions) (Loaded, error) {
	if o.Shots < 0 || o.Make < 0 {
		return Loaded{}, fmt.Errorf("tasks: %s: %d examples of %d generated items: want no negative number", t.Name, o.Shots, o.Make)
	}
	if t.Dir != "" {
		o.Dirs = []string{t.Dir}
	}
	found, err := datasets.Find(o.Dirs, t.Files)
	if err != nil {
		return Loaded{}, fmt.Errorf("tasks: %s: %w", t.Name, err)
	}
	for _, f := range found {
		var l Loaded
		set, files, err := t.readFiles(f.Dir, f.Paths, o)
		if err != nil {
			return Loaded{}, err
		}
		if len(set.Records) == 0 {
			continue
		}
		if f.Candidate.Sorted {
			mix(set.Records)
			l.Notes = append(l.Notes, f.Paths[len(f.Paths)-1]+" is sorted by label: the order of its items comes from their ids")
		}
		l.Source = Source{Split: f.Candidate.Split, Dir: f.Dir, Files: files}
		var train []datasets.Record
		if o.Shots > 0 && len(f.Train) > 0 {
			examples, files, err := t.readFiles(f.Dir, f.Train[0], o)
			if err != nil {
				return Loaded{}, err
			}
			train, l.Source.Train = examples.Records, files
		}
		err = t.finish(&l, set, train, o)
		return l, err
	}
	if t.Make == nil {
		return Loaded{}, fmt.Errorf("tasks: %s: %w", t.Name, ErrNoData)
	}
	l := Loaded{Source: Source{Split: SplitGenerated}}
	if len(o.Dirs) > 0 && len(t.Files) > 0 {
		l.Notes = append(l.Notes, "no labelled file of the set below "+strings.Join(o.Dirs, ", ")+": the items are generated")
	}
	err = t.finish(&l, t.make(cmp.Or(o.Make, 100), o), nil, o)
	return l, err
}

// make generates n items and as many more as the examples take away, with all that share a text with them.
func (t Task) make(n int, o LoadOptions) datasets.Set {
	for more := o.Shots; ; {
		set := t.Make(o.Seed, n+more)
		if len(set.Records) < n+more { // the generator has no more
			return set
		}
		lost := o.Shots
		if o.Shots > 0 {
			lost = len(set.Records) - len(apart(set.Records[o.Shots:], set.Records[:o.Shots]))
		}
		if spare := len(set.Records) - lost - n; spare >= 0 {
			set.Records = set.Records[:len(set.Records)-spare]
			return set
		}
		more = lost
	}
}

// mix puts records into an order that their ids alone decide, so that the first ones are a fair sample, whatever the seed.
func mix(records []datasets.Record) {
	key := func(r datasets.Record) uint64 { return SampleSeed(0, "mix", r.ID) }
	slices.SortStableFunc(records, func(a, b datasets.Record) int { return cmp.Compare(key(a), key(b)) })
}

// readFiles reads files that belong together, in order.
func (t Task) readFiles(dir string, paths []string, o LoadOptions) (datasets.Set, []datasets.File, error) {
	var all datasets.Set
	var files []datasets.File
	var contents []Content
	for _, p := range paths {
		raw, file, err := datasets.ReadFile(dir, p)
		if err != nil {
			return all, nil, fmt.Errorf("tasks: %s: %w", t.Name, err)
		}
		files = append(files, file)
		contents = append(contents, Content{filepath.Join(dir, filepath.FromSlash(p)), raw})
	}
	if t.ReadAll != nil {
		all, err := t.ReadAll(contents)
		if err != nil {
			return all, nil, fmt.Errorf("tasks: %s: %w", t.Name, err)
		}
		return all, files, nil
	}
	for _, c := range contents {
		read := t.Read
		if t.Derive != nil {
			read = func(name string, raw []byte) (datasets.Set, error) {
				return t.Derive(name, raw, o.Seed, (cmp.Or(o.Make, 100)+len(paths)-1)/len(paths))
			}
		}
		set, err := read(c.Name, c.Raw)
		if err != nil {
			return all, nil, fmt.Errorf("tasks: %s: %w", t.Name, err)
		}
		all.Records = append(all.Records, set.Records...)
		all.Unlabelled += set.Unlabelled
		all.Dropped += set.Dropped
		all.Notes = append(all.Notes, set.Notes...)
	}
	unique(all.Records)
	return all, files, nil
}

// finish takes the examples and turns records into samples.
func (t Task) finish(l *Loaded, set datasets.Set, train []datasets.Record, o LoadOptions) error {
	l.Rows, l.Unlabelled, l.Dropped = len(set.Records), set.Unlabelled, set.Dropped
	l.Notes = append(l.Notes, set.Notes...)
	scored := set.Records
	var shots []datasets.Record
	if o.Shots > 0 {
		if shots = Shots(train, scored, o.Shots, o.Seed); len(shots) == o.Shots {
			l.Source.ShotSplit = datasets.SplitTrain
		} else {
			if len(scored) <= o.Shots {
				return fmt.Errorf("tasks: %s: %d worked examples asked for, and there are only %d rows", t.Name, o.Shots, len(scored))
			}
			shots, scored = scored[:o.Shots], scored[o.Shots:]
			if l.Source.Split == SplitGenerated { // of files no row is left out but the examples
				scored = apart(scored, shots)
			}
			l.Source.ShotSplit, l.Source.Train = l.Source.Split, nil
		}
	}
	l.Chance, _ = Chance(scored)
	l.Samples = make([]Sample, len(scored))
	for i, r := range scored {
		l.Samples[i] = Sample{
			ID: r.ID, Index: i, Record: r, Shots: shots, DocHash: DocHash(r), Target: Target(r), Seed: SampleSeed(o.Seed, t.Name, r.ID),
		}
	}
	return nil
}

// apart returns the rows that share no text with an example: the answer to the one may be that to the other.
func apart(rows, shots []datasets.Record) []datasets.Record {
	clusters := make(map[string]bool)
	for _, s := range shots {
		clusters[s.Cluster] = s.Cluster != ""
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r datasets.Record) bool { return clusters[r.Cluster] })
}

// Shots picks n worked examples from a training split: in an order that the seed decides, the classes taking turns where records
// have one of a few labels, so that an example file sorted by label does not give examples of one class. Rows that are also
// scored, or share their text with a scored row, are never examples. The result is shorter than n when there are not enough.
func Shots(train, scored []datasets.Record, n int, seed uint64) []datasets.Record {
	clusters, texts := make(map[string]bool), make(map[string]bool)
	for _, r := range scored {
		clusters[r.Cluster] = r.Cluster != ""
		texts[fieldsKey(r)] = true
	}
	byLabel := make(map[string][]datasets.Record)
	random := newRandom(seed, "shots")
	for _, i := range random.perm(len(train)) {
		r := train[i]
		if clusters[r.Cluster] || texts[fieldsKey(r)] {
			continue
		}
		label := ""
		if r.Answer >= 0 && r.Answer < len(r.Choices) {
			label = r.Choices[r.Answer]
		}
		byLabel[label] = append(byLabel[label], r)
	}
	names := make([]string, 0, len(byLabel))
	for name := range byLabel {
		names = append(names, name)
	}
	slices.Sort(names)
	order := random.perm(len(names))
	var out []datasets.Record
	for round := 0; ; round++ {
		took := false
		for _, i := range order {
			list := byLabel[names[i]]
			if round >= len(list) {
				continue
			}
			if len(out) == n {
				return out
			}
			took = true
			out = append(out, list[round])
		}
		if !took {
			return out
		}
	}
}

func fieldsKey(r datasets.Record) string {
	b, err := json.Marshal(r.Fields)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

// DocHash identifies the content of a record: the SHA-256 of its JSON, in which the order of fields does not matter.
func DocHash(r datasets.Record) string {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// SampleSeed derives the seed of a sample from the run's.
func SampleSeed(run uint64, task, id string) uint64 {
	h := sha256.New()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], run)
	h.Write(b[:])
	fmt.Fprintf(h, "%d %s %d %s", len(task), task, len(id), id)
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// Target is the right answer as one text: the right choice, the distinct acceptable answers, or the entities as they are asked for.
func Target(r datasets.Record) string {
	switch {
	case r.Answer >= 0 && r.Answer < len(r.Choices):
		return r.Choices[r.Answer]
	case len(r.Golds) > 0:
		var distinct []string
		for _, g := range r.Golds {
			if !slices.Contains(distinct, g) {
				distinct = append(distinct, g)
			}
		}
		return strings.Join(distinct, " | ")
	}
	return cluenerAnswer(r.Spans)
}
