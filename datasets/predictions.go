package datasets

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Prediction is what a file says about one item: the answer of a model, references, or both.
type Prediction struct {
	ID      string // "" = the file has none
	Line    int    // where it begins, 1-based
	Text    string
	HasText bool
	Golds   []string // nil = the file has none
	Classes []string // names that an answer may be, where the file has them
	Cluster string   // items with the same one are not independent; "" = stands alone
}

// PredictionOptions say how a file of predictions is read. The zero value finds it out.
type PredictionOptions struct {
	Format    string // one of [PredictionFormats]; "" = by content
	TextField string // of the answer, in JSON rows; "" = by its usual names
	GoldField string // of the references
	IDField   string // of the id
	Cluster   string // field of the cluster; "" = none
	Filter    string // of lm-evaluation-harness, where a file has several
	// References says that the file is one of references: what has no field of its own, such as a line of text, is one.
	References bool
}

// Predictions is the content of a file of predictions.
type Predictions struct {
	Format string
	Items  []Prediction
}

// A predictionFormat reads the rows of a file.
type predictionFormat struct {
	name, title string
	// fits says whether the first row is of this format.
	fits func(row Value) bool
	read func(rows []Value, o PredictionOptions) ([]Prediction, error)
}

// predictionFormats are the formats of JSON files, the more particular ones first.
func predictionFormats() []predictionFormat {
	return []predictionFormat{
		{
			"llama4-eval", "samples/TASK.jsonl of a run of this program", hasAll("doc_hash", "prompt_hash", "response", "verdict"),
			byRow(fieldNames{text: []string{"response"}, gold: []string{"target"}, id: []string{"doc_id"}, cluster: "cluster"}),
		},
		{"lm-eval", "samples_*.jsonl of lm-evaluation-harness", hasAll("resps", "filtered_resps"), readLMEval},
		{"opencompass", `{"0": {"origin_prompt", "prediction", "gold"}} of OpenCompass, with "refr" of LawBench`, isOpenCompass, readOpenCompass},
		{
			"longbench", `{"pred", "answers", "all_classes"} lines of LongBench`, hasAll("pred", "answers"),
			byRow(fieldNames{text: []string{"pred"}, gold: []string{"answers"}, id: []string{"_id", "id"}, classes: "all_classes"}),
		},
		{
			"infinitebench", `{"id", "prediction", "ground_truth"} lines of InfiniteBench`, hasAll("prediction", "ground_truth"),
			byRow(fieldNames{text: []string{"prediction"}, gold: []string{"ground_truth"}, id: []string{"id"}}),
		},
		{"clongeval", `{"id", "query", "answer", "response_MODEL"} lines of CLongEval`, isCLongEval, readCLongEval},
		{"cluener", `{"text", "label": {type: {surface: [[start, end]]}}} lines of CLUENER`, isCLUENER, readCLUENERLabels},
		{"map", `one object {"id": "answer"}, as CMRC 2018 is submitted`, isMap, readMap},
		{"jsonl", "JSON Lines or an array of objects, with fields by their usual names or as given", func(row Value) bool { return row.kind == kindObject }, byRow(usualNames)},
	}
}

// usualNames are the fields of rows in no particular format.
var usualNames = fieldNames{
	text: []string{"prediction", "pred", "response", "output", "hypothesis", "text"},
	gold: []string{"gold", "golds", "reference", "references", "answers", "answer", "target", "ground_truth", "label"},
	id:   []string{"id", "doc_id", "_id", "query_id", "idx"}, classes: "all_classes", loose: true,
}

const formatText = "text"

// PredictionFormats lists the names of formats, with a line that says what each is.
func PredictionFormats() (names, titles []string) {
	for _, f := range predictionFormats() {
		names, titles = append(names, f.name), append(titles, f.title)
	}
	return append(names, formatText), append(titles, "plain text, a line an item")
}

// ReadPredictions reads a file of predictions, whose format it tells by content unless the options name one. What it finds must be whole:
// a row without an answer (or, of references, without one) is an [*Error] with its line, and so is an id that occurs twice.
func ReadPredictions(name string, raw []byte, o PredictionOptions) (Predictions, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if o.Format == formatText || o.Format == "" && !looksLikeJSON(raw) {
		return readText(name, raw, o)
	}
	rows, err := JSON(name, raw)
	if err != nil {
		return Predictions{}, err
	}
	for _, f := range predictionFormats() {
		if o.Format == "" && !f.fits(rows[0]) || o.Format != "" && o.Format != f.name {
			continue
		}
		items, err := f.read(rows, o)
		if err == nil {
			err = checkPredictions(name, items, o)
		}
		return Predictions{f.name, items}, err
	}
	names, _ := PredictionFormats()
	if o.Format != "" {
		return Predictions{}, fmt.Errorf("datasets: format %q: want %s", o.Format, strings.Join(names, ", "))
	}
	return Predictions{}, rows[0].Errorf("", "want an object, found %s", kindNames[rows[0].kind])
}

// looksLikeJSON tells JSON from text that begins with a bracket, such as [正确答案]B.
func looksLikeJSON(raw []byte) bool {
	first, rest := firstLine(raw)
	switch {
	case len(first) == 0:
		return false
	case first[0] == '{':
		return true
	case first[0] != '[':
		return false
	}
	inner := bytes.TrimSpace(append(bytes.Clone(first[1:]), rest[:min(len(rest), 64)]...))
	return len(inner) > 0 && bytes.IndexByte([]byte(`{]`), inner[0]) >= 0
}

func readText(name string, raw []byte, o PredictionOptions) (Predictions, error) {
	if err := checkUTF8(name, raw); err != nil {
		return Predictions{}, err
	}
	p := Predictions{Format: formatText}
	if len(raw) == 0 {
		return p, &Error{File: name, Msg: "no rows"}
	}
	for line := range strings.Lines(string(raw)) {
		if len(p.Items) == maxRows {
			return p, &Error{File: name, Line: len(p.Items), Msg: fmt.Sprintf("more than %d rows", maxRows)}
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		item := Prediction{Line: len(p.Items) + 1, Text: line, HasText: true}
		if o.References {
			item.Text, item.HasText, item.Golds = "", false, []string{line}
		}
		p.Items = append(p.Items, item)
	}
	return p, nil
}

func checkPredictions(name string, items []Prediction, o PredictionOptions) error {
	seen := make(map[string]int, len(items))
	for _, item := range items {
		if o.References && len(item.Golds) == 0 {
			return &Error{File: name, Line: item.Line, Field: o.GoldField, Msg: "no reference"}
		}
		if !o.References && !item.HasText {
			return &Error{File: name, Line: item.Line, Field: o.TextField, Msg: "no answer"}
		}
		if item.ID == "" {
			continue
		}
		if first, ok := seen[item.ID]; ok {
			return &Error{File: name, Line: item.Line, Msg: fmt.Sprintf("id %s is there twice, first in line %d", quoteShort(item.ID), first)}
		}
		seen[item.ID] = item.Line
	}
	return nil
}

func hasAll(names ...string) func(Value) bool {
	return func(row Value) bool {
		for _, n := range names {
			if _, ok := row.Get(n); !ok {
				return false
			}
		}
		return true
	}
}

// fieldNames are the names that fields may have, each list in the order of preference.
type fieldNames struct {
	text, gold, id   []string
	classes, cluster string
	// loose says that a file of references may call them what others call the answer, if it has no field of references at all.
	loose bool
}

// byRow reads a row an item.
func byRow(names fieldNames) func([]Value, PredictionOptions) ([]Prediction, error) {
	return func(rows []Value, o PredictionOptions) ([]Prediction, error) {
		out := make([]Prediction, len(rows))
		names := names.with(o)
		for _, row := range rows {
			names.loose = names.loose && !row.hasAny(names.gold)
		}
		for i, row := range rows {
			var err error
			if out[i], err = names.row(row, o); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

// with puts the names that the options give in the place of the usual ones.
func (n fieldNames) with(o PredictionOptions) fieldNames {
	for _, f := range []struct {
		given string
		names *[]string
	}{{o.TextField, &n.text}, {o.GoldField, &n.gold}, {o.IDField, &n.id}} {
		if f.given != "" {
			*f.names = []string{f.given}
		}
	}
	if o.Cluster != "" {
		n.cluster = o.Cluster
	}
	n.loose = n.loose && o.GoldField == ""
	return n
}

// hasAny reports whether an object has one of the fields, be it null.
func (v Value) hasAny(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, ok := v.Get(name); return ok })
}

func (n fieldNames) row(row Value, o PredictionOptions) (Prediction, error) {
	p := Prediction{Line: row.Line}
	if row.kind != kindObject {
		return p, row.Errorf("", "want an object, found %s", kindNames[row.kind])
	}
	for _, name := range n.id {
		if id, ok, err := row.Label(name); err != nil {
			return p, err
		} else if ok {
			p.ID = id
			break
		}
	}
	if p.ID == "" && o.IDField != "" {
		return p, row.Errorf(o.IDField, "no id; the row has %s", strings.Join(row.keys, ", "))
	}
	for _, name := range n.text {
		v, ok := row.Get(name)
		if !ok || o.References && o.TextField == "" {
			continue
		}
		text, err := v.answer()
		if err != nil {
			return p, err
		}
		p.Text, p.HasText = text, true
		break
	}
	if !p.HasText && !o.References {
		return p, row.Errorf("", "no answer: none of the fields %s; the row has %s", strings.Join(n.text, ", "), strings.Join(row.keys, ", "))
	}
	for _, name := range n.gold {
		v, ok := row.Get(name)
		if !ok || v.kind == kindNull {
			continue
		}
		var err error
		if p.Golds, err = v.texts(); err != nil {
			return p, err
		}
		break
	}
	if len(p.Golds) == 0 && o.References && n.loose {
		for _, name := range n.text {
			if v, ok := row.Get(name); ok {
				var err error
				if p.Golds, err = v.texts(); err != nil {
					return p, err
				}
				break
			}
		}
	}
	if v, ok := row.Get(n.classes); ok && v.kind == kindArray {
		var err error
		if p.Classes, err = v.texts(); err != nil {
			return p, err
		}
	}
	if n.cluster != "" {
		cluster, ok, err := row.Label(n.cluster)
		if err != nil {
			return p, err
		}
		if !ok && o.Cluster != "" {
			return p, row.Errorf(n.cluster, "missing")
		}
		p.Cluster = cluster
	}
	return p, nil
}

// answer is the text of a model: a string or number as it is, null as nothing, a list of texts (ranked results) between blanks, an object
// (entities) as JSON.
func (v Value) answer() (string, error) {
	switch v.kind {
	case kindNull:
		return "", nil
	case kindObject:
		return v.JSON(), nil
	case kindArray:
		list, err := v.texts()
		return strings.Join(list, " "), err
	}
	return v.Text()
}

// texts is a list of references: the elements of an array, or the value itself.
func (v Value) texts() ([]string, error) {
	switch v.kind {
	case kindObject:
		return []string{v.JSON()}, nil
	case kindArray:
	default:
		s, err := v.Text()
		return []string{s}, err
	}
	out := make([]string, 0, len(v.items))
	for _, item := range v.items {
		if text, ok := item.Get("text"); ok { // SQuAD's answers
			item = text
		}
		s, err := item.Text()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// JSON writes the value as JSON without blanks, members in the order of the file.
func (v Value) JSON() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

func (v Value) write(b *strings.Builder) {
	switch v.kind {
	case kindNull:
		b.WriteString("null")
	case kindString:
		b.WriteString(quoteJSON(v.text))
	case kindArray, kindObject:
		ends := "[]"
		if v.kind == kindObject {
			ends = "{}"
		}
		b.WriteByte(ends[0])
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if v.kind == kindObject {
				b.WriteString(quoteJSON(v.keys[i]) + ":")
			}
			item.write(b)
		}
		b.WriteByte(ends[1])
	default:
		b.WriteString(v.text)
	}
}

// quoteJSON is a JSON string.
func quoteJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			b.WriteString(`\u00` + strconv.FormatInt(0x100+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isMap tells an object of answers by id from a row of strings, which has a field of a usual name.
func isMap(row Value) bool {
	usual := func(name string) bool {
		return slices.Contains(usualNames.text, name) || slices.Contains(usualNames.gold, name)
	}
	return row.kind == kindObject && len(row.items) > 0 && !slices.ContainsFunc(row.keys, usual) &&
		!slices.ContainsFunc(row.items, func(v Value) bool { return v.kind != kindString })
}

func readMap(rows []Value, o PredictionOptions) ([]Prediction, error) {
	if len(rows) != 1 {
		if o.Format == "" { // lines of strings are rows like any others
			return byRow(usualNames)(rows, o)
		}
		return nil, rows[1].Errorf("", "more than one object")
	}
	keys, values, err := rows[0].Members()
	if err != nil {
		return nil, err
	}
	if o.TextField != "" || o.GoldField != "" {
		return byRow(fieldNames{loose: true})(rows, o)
	}
	out := make([]Prediction, len(keys))
	for i, v := range values {
		text, err := v.Text()
		if err != nil {
			return nil, err
		}
		out[i] = Prediction{ID: keys[i], Line: v.Line, Text: text, HasText: true}
		if o.References {
			out[i] = Prediction{ID: keys[i], Line: v.Line, Golds: []string{text}}
		}
	}
	return out, nil
}
