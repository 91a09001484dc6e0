package datasets

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// parquetMagic stands at both ends of a Parquet file.
const parquetMagic = "PAR1"

// Bounds on what a Parquet file may unpack to: a few bytes can stand for a column of any length.
const (
	maxUnpacked = 2 << 30 // bytes of all pages
	maxValues   = 1 << 24 // values of all pages, and of the rows with the objects that they lie in
	maxText     = 1 << 30 // bytes of all texts in the rows: a dictionary stands for each of its texts any number of times
)

// A parquetBudget is what the rows of a file may still take up.
type parquetBudget struct{ values, text int64 }

// take notes down values and bytes of text, before they are kept.
func (b *parquetBudget) take(values, text int) error {
	b.values -= int64(values)
	b.text -= int64(text)
	if b.values < 0 || b.text < 0 {
		return fmt.Errorf("rows of more than %d values or %d bytes of text", maxValues, maxText)
	}
	return nil
}

// Parquet reads a Parquet file as objects, one a row; the line of a value is the number of its row. Columns are texts, numbers, booleans,
// lists of these, and groups of any of them; a list of groups becomes a group of lists, as the Hub stores it. Where the file says with the
// Hub's metadata that a column holds classes by number, their names take its place: names are what other files of the set have. name is
// only used in errors, which are of type [*Error].
func Parquet(name string, raw []byte) (rows []Value, err error) {
	return parquetRows(name, raw, &parquetBudget{values: maxValues, text: maxText})
}

func parquetRows(name string, raw []byte, budget *parquetBudget) (rows []Value, err error) {
	fail := func(err error) ([]Value, error) {
		return nil, &Error{File: name, Msg: "not a Parquet file that can be read: " + strings.TrimPrefix(err.Error(), "parquet: ")}
	}
	// The library panics on some files that lie; nothing of it outlives this call.
	defer func() {
		if r := recover(); r != nil {
			rows, err = fail(fmt.Errorf("%v", r))
		}
	}()
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return fail(err)
	}
	switch n := file.NumRows(); {
	case n == 0:
		return nil, &Error{File: name, Msg: "no rows"}
	case n < 0 || n > maxRows:
		return nil, &Error{File: name, Msg: fmt.Sprintf("%d rows, at most %d are read", n, maxRows)}
	}
	if err := checkPages(file.Metadata(), raw); err != nil {
		return fail(err)
	}
	leaves, err := parquetLeaves(file.Root())
	if err != nil {
		return fail(err)
	}
	p := parquetReader{file: name, leaves: leaves, classes: hubClasses(file), budget: budget}
	buf := make([]parquet.Row, 64)
	for _, group := range file.RowGroups() {
		r := group.Rows()
		for {
			n, err := r.ReadRows(buf)
			for _, row := range buf[:n] {
				v, verr := p.row(len(rows)+1, row)
				if verr != nil {
					return nil, errors.Join(verr, r.Close())
				}
				rows = append(rows, v)
			}
			if errors.Is(err, io.EOF) || err == nil && n == 0 {
				break
			}
			if err == nil && len(rows) > maxRows {
				err = fmt.Errorf("more than %d rows", maxRows)
			}
			if err != nil {
				return fail(errors.Join(fmt.Errorf("after row %d: %w", len(rows), err), r.Close()))
			}
		}
		if err := r.Close(); err != nil {
			return fail(err)
		}
	}
	if len(rows) == 0 {
		return nil, &Error{File: name, Msg: "no rows"}
	}
	return rows, nil
}

// checkPages reads the headers of all pages before any is unpacked.
func checkPages(meta *format.FileMetaData, raw []byte) error {
	var unpacked, values int64
	for _, group := range meta.RowGroups {
		for _, column := range group.Columns {
			m := column.MetaData
			from := m.DataPageOffset
			if d := m.DictionaryPageOffset; d > 0 && d < from {
				from = d
			}
			if from < 0 || m.TotalCompressedSize < 0 || from > int64(len(raw)) || m.TotalCompressedSize > int64(len(raw))-from {
				return fmt.Errorf("column %s lies outside the file", strings.Join(m.PathInSchema, "."))
			}
			chunk := bytes.NewReader(raw[from : from+m.TotalCompressedSize])
			protocol := new(thrift.CompactProtocol)
			for seen := int64(0); seen < m.NumValues && chunk.Len() > 0; {
				var h format.PageHeader
				if err := thrift.NewDecoder(protocol.NewReader(chunk)).Decode(&h); err != nil {
					return fmt.Errorf("page of column %s: %w", strings.Join(m.PathInSchema, "."), err)
				}
				n := int64(0)
				switch h.Type {
				case format.DataPage:
					n = int64(h.DataPageHeader.V.NumValues)
					seen += n
				case format.DataPageV2:
					n = int64(h.DataPageHeaderV2.V.NumValues)
					seen += n
				case format.DictionaryPage:
					n = int64(h.DictionaryPageHeader.V.NumValues)
				}
				unpacked += int64(h.UncompressedPageSize)
				values += n
				if n < 0 || h.UncompressedPageSize < 0 || h.CompressedPageSize < 0 || int(h.CompressedPageSize) > chunk.Len() {
					return fmt.Errorf("page of column %s: sizes that cannot be", strings.Join(m.PathInSchema, "."))
				}
				if unpacked > maxUnpacked || values > maxValues {
					return fmt.Errorf("unpacks to more than %d bytes or %d values", maxUnpacked, maxValues)
				}
				page := raw[from+m.TotalCompressedSize-int64(chunk.Len()):][:h.CompressedPageSize]
				if err := checkPacked(m.Codec, h, page); err != nil {
					return fmt.Errorf("page of column %s: %w", strings.Join(m.PathInSchema, "."), err)
				}
				if _, err := chunk.Seek(int64(h.CompressedPageSize), io.SeekCurrent); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkPacked makes sure that a page cannot unpack to more than its header says by much, for the libraries believe the packed bytes.
func checkPacked(codec format.CompressionCodec, h format.PageHeader, page []byte) error {
	if h.Type == format.DataPageV2 { // levels come first, unpacked
		v := h.DataPageHeaderV2.V
		n := int64(v.RepetitionLevelsByteLength) + int64(v.DefinitionLevelsByteLength)
		if v.RepetitionLevelsByteLength < 0 || v.DefinitionLevelsByteLength < 0 || n > int64(len(page)) {
			return errors.New("sizes that cannot be")
		}
		page = page[n:]
	}
	tooMuch := errors.New("unpacks to more than it says")
	switch codec {
	case format.Uncompressed:
	case format.Snappy:
		if size, n := binary.Uvarint(page); n > 0 && size > uint64(h.UncompressedPageSize) {
			return tooMuch
		}
	case format.Zstd:
		if zstdBound(page) > int64(h.UncompressedPageSize)+maxUnpacked/4 {
			return tooMuch
		}
	case format.Gzip:
		if len(page) > 1<<20 { // deflate packs to a thousandth at best
			return errors.New("a page packed by gzip has more than a megabyte")
		}
	default:
		return fmt.Errorf("compression %s is not read", codec)
	}
	return nil
}

// zstdBound is the most that a Zstandard frame unpacks to: 128 KiB a block (RFC 8878, section 3.1.1.2).
func zstdBound(frame []byte) int64 {
	const header = 3
	if len(frame) < 6 || binary.LittleEndian.Uint32(frame) != 0xFD2FB528 {
		return 0 // no frame: the library will say so
	}
	descriptor := frame[4]
	i := 5
	single := descriptor&0x20 != 0
	if !single {
		i++
	}
	i += [4]int{0, 1, 2, 4}[descriptor&3]
	switch descriptor >> 6 {
	case 0:
		if single {
			i++
		}
	case 1:
		i += 2
	case 2:
		i += 4
	case 3:
		i += 8
	}
	var bound int64
	for i+header <= len(frame) {
		b := int(frame[i]) | int(frame[i+1])<<8 | int(frame[i+2])<<16
		bound += 128 << 10
		if i += header; b>>1&3 == 1 { // one byte, repeated
			i++
		} else {
			i += b >> 3
		}
		if b&1 == 1 {
			break
		}
	}
	// Further frames may follow, each of which takes at least a header for 128 KiB.
	if i < len(frame) {
		bound += int64(len(frame)-i) / header * (128 << 10)
	}
	return bound
}

// A leaf is a column with values.
type parquetLeaf struct {
	path []string // names of the object's members, without those that only make a list
	def  int      // definition level of a value that is there
	list int      // definition level from which on a list has an element; 0 = no list
}

// listNames are what writers call the levels of a list.
var listNames = []string{"list", "element", "item", "array", "bag", "array_element"}

// parquetLeaves lists the leaves in the order of their columns.
func parquetLeaves(root *parquet.Column) ([]parquetLeaf, error) {
	var out []parquetLeaf
	var walk func(c *parquet.Column, l parquetLeaf) error
	walk = func(c *parquet.Column, l parquetLeaf) error {
		if len(out) > 1000 || l.def > maxDepth {
			return errors.New("more columns or levels than a data set has")
		}
		if c != root {
			if c.Optional() || c.Repeated() {
				l.def++
			}
			if c.Repeated() {
				if l.list > 0 {
					return fmt.Errorf("column %s: lists of lists are not read", strings.Join(append(l.path, c.Name()), "."))
				}
				l.list = l.def
			}
			// Below a list only its plumbing has these names.
			if plumbing := slices.Contains(listNames, c.Name()) && len(l.path) > 0; !plumbing {
				l.path = append(slices.Clip(l.path), c.Name())
			}
		}
		if c.Leaf() {
			if i := c.Index(); i != len(out) {
				return fmt.Errorf("column %s is number %d, want %d", c.Name(), i, len(out))
			}
			out = append(out, l)
			return nil
		}
		for _, child := range c.Columns() {
			if err := walk(child, l); err != nil {
				return err
			}
		}
		return nil
	}
	return out, walk(root, parquetLeaf{})
}

// A parquetReader makes rows of what the library reads.
type parquetReader struct {
	file    string
	leaves  []parquetLeaf
	classes map[string][]string // names of classes by column
	budget  *parquetBudget
}

// row puts the values of a row together.
func (p *parquetReader) row(line int, row parquet.Row) (Value, error) {
	file := p.file
	out := Value{File: file, Line: line, kind: kindObject}
	failed := p.take(out, 1, 0)
	row.Range(func(column int, values []parquet.Value) bool {
		if failed != nil {
			return false
		}
		if column >= len(p.leaves) {
			return true
		}
		l := p.leaves[column]
		to := Value{File: file, Line: line, path: strings.Join(l.path, ".")}
		var names []string
		if len(l.path) == 1 {
			names = p.classes[l.path[0]]
		}
		if l.list > 0 {
			to.kind = kindArray
		}
		if failed = p.take(to, len(values)+len(l.path), 0); failed != nil {
			return false
		}
		for i, v := range values {
			item := Value{File: file, Line: line, path: to.path}
			if l.list > 0 {
				item.path = fmt.Sprintf("%s[%d]", to.path, i)
				if v.DefinitionLevel() < l.list {
					continue // an empty list, or none
				}
			}
			if v.DefinitionLevel() >= l.def {
				text := 0
				if k := v.Kind(); k == parquet.ByteArray || k == parquet.FixedLenByteArray {
					text = len(v.ByteArray())
				}
				if failed = p.take(item, 0, text); failed == nil {
					failed = item.setParquet(v, names)
				}
				if failed != nil {
					return false
				}
			}
			if l.list > 0 {
				to.items = append(to.items, item)
			} else {
				to = item
			}
		}
		out.put(l.path, to)
		return true
	})
	return out, failed
}

// take charges the budget for what is at v.
func (p *parquetReader) take(v Value, values, text int) error {
	if err := p.budget.take(values, text); err != nil {
		return v.Errorf("", "%v", err)
	}
	return nil
}

// put adds a member below the objects that lead to it.
func (v *Value) put(path []string, member Value) {
	if len(path) > 1 {
		i := slices.Index(v.keys, path[0])
		if i < 0 {
			v.keys = append(v.keys, path[0])
			v.items = append(v.items, Value{File: v.File, Line: v.Line, kind: kindObject, path: join(v.path, path[0])})
			i = len(v.items) - 1
		}
		v.items[i].put(path[1:], member)
		return
	}
	v.keys, v.items = append(v.keys, path[0]), append(v.items, member)
}

// setParquet takes a value; names are those of classes.
func (v *Value) setParquet(p parquet.Value, names []string) error {
	switch p.Kind() {
	case parquet.Boolean:
		v.kind, v.text = kindBool, strconv.FormatBool(p.Boolean())
	case parquet.Int32, parquet.Int64:
		n := p.Int64()
		if p.Kind() == parquet.Int32 {
			n = int64(p.Int32())
		}
		v.kind, v.text = kindNumber, strconv.FormatInt(n, 10)
		if n >= 0 && n < int64(len(names)) {
			v.kind, v.text = kindString, names[n]
		}
	case parquet.Float, parquet.Double:
		f, bits := p.Double(), 64
		if p.Kind() == parquet.Float {
			f, bits = float64(p.Float()), 32
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil // as absent
		}
		v.kind, v.text = kindNumber, strconv.FormatFloat(f, 'g', -1, bits)
		if !strings.ContainsAny(v.text, ".e") {
			v.text += ".0"
		}
	case parquet.ByteArray, parquet.FixedLenByteArray:
		v.kind, v.text = kindString, string(p.ByteArray())
		if !utf8.ValidString(v.text) {
			return v.Errorf("", "not UTF-8")
		}
	default:
		return v.Errorf("", "values of type %s are not read", p.Kind())
	}
	return nil
}

// hubClasses are the names of classes of columns that the Hub's metadata gives.
func hubClasses(file *parquet.File) map[string][]string {
	text, ok := file.Lookup("huggingface")
	if !ok {
		return nil
	}
	var meta struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal([]byte(text), &meta) != nil {
		return nil
	}
	out := make(map[string][]string)
	for column, raw := range meta.Info.Features {
		var f struct {
			Type  string   `json:"_type"`
			Names []string `json:"names"`
		}
		if json.Unmarshal(raw, &f) == nil && f.Type == "ClassLabel" {
			out[column] = f.Names
		}
	}
	return out
}
