package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/gguf"
	"github.com/llama4-eval/llama4-eval/inference/safetensors"
	"github.com/spf13/cobra"
)

// An inspection is what inspect shows of a weight file.
type inspection struct {
	Path     string            `json:"path"`
	Format   string            `json:"format"` // "gguf" or "safetensors"
	Version  int               `json:"version,omitempty"`
	Files    []inspectedFile   `json:"files"`
	Metadata []inspectedValue  `json:"metadata"`
	Tensors  []inspectedTensor `json:"tensors"`
}

type inspectedFile struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

type inspectedValue struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// inspectedTensor has its shape outermost dimension first, and its offset from the start of the file it lies in.
type inspectedTensor struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Shape  []int  `json:"shape"`
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	File   int    `json:"file,omitempty"` // index into files
}

func newInspectCommand() *cobra.Command {
	var format string
	var full bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show metadata and tensors of a GGUF or safetensors file",
		Long: `inspect shows what a weight file holds without loading it. FILE is a GGUF file (any part of a split one), a
safetensors file, or a Hugging Face folder. Shapes are outermost dimension first, offsets from the start of the file.`,
		Example: `  llama4-eval inspect model.gguf
  llama4-eval inspect model.gguf --format json | jq '.tensors[] | select(.type == "Q6_K") | .name'`,
		Args: arguments(1, 1, "one FILE"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if format != "text" && format != "json" {
				return usagef("--format %q: want text or json", format)
			}
			in, err := inspect(a[0])
			if err != nil {
				return err
			}
			if format == "json" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", " ")
				return enc.Encode(in)
			}
			return in.print(cmd.OutOrStdout(), full)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().BoolVar(&full, "full", false, "print long metadata values whole")
	return cmd
}

func inspect(name string) (*inspection, error) {
	path := name
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		found, ferr := inference.FindModel(name)
		if ferr != nil {
			return nil, ferr
		}
		path = found
	}
	if isGGUF(path) {
		return inspectGGUF(path)
	}
	return inspectSafetensors(path)
}

func isGGUF(path string) bool {
	if strings.HasSuffix(path, ".gguf") {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	return err == nil && bytes.Equal(magic, []byte("GGUF"))
}

func inspectGGUF(path string) (*inspection, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := &inspection{Path: path, Format: "gguf", Version: f.Version()}
	for _, p := range f.Parts() {
		in.Files = append(in.Files, inspectedFile{p.Path, p.Bytes})
	}
	for _, k := range f.Keys() {
		v, _ := f.Meta(k)
		in.Metadata = append(in.Metadata, inspectedValue{k, v})
	}
	for _, t := range f.Tensors() {
		in.Tensors = append(in.Tensors, inspectedTensor{t.Name, t.Type.String(), t.Shape, t.Offset, t.Bytes, t.Part})
	}
	return in, nil
}

func inspectSafetensors(path string) (*inspection, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := &inspection{Path: path, Format: "safetensors"}
	seen := map[string]bool{}
	for _, p := range f.Parts() {
		in.Files = append(in.Files, inspectedFile{p.Path, p.Bytes})
		for k, v := range p.Metadata {
			if !seen[k] {
				seen[k] = true
				in.Metadata = append(in.Metadata, inspectedValue{k, v})
			}
		}
	}
	slices.SortFunc(in.Metadata, func(a, b inspectedValue) int { return strings.Compare(a.Key, b.Key) })
	for _, t := range f.Tensors() {
		in.Tensors = append(in.Tensors, inspectedTensor{t.Name, t.Type.String(), t.Shape, t.Offset, t.Bytes, t.Part})
	}
	return in, nil
}

func (in *inspection) print(w io.Writer, full bool) error {
	version := ""
	if in.Version > 0 {
		version = fmt.Sprintf(" v%d", in.Version)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%s%s, %s, %s\n", in.Format, version, plural(len(in.Tensors), "tensor"), plural(len(in.Metadata), "metadata key"))
	for _, f := range in.Files {
		fmt.Fprintf(tw, "%s\t%s\n", f.Path, formatBytes(f.Bytes))
	}
	fmt.Fprintln(tw)
	for _, m := range in.Metadata {
		fmt.Fprintf(tw, "%s\t%s\n", m.Key, show(m.Value, full))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	split := len(in.Files) > 1
	fmt.Fprint(tw, "\nname\ttype\tshape\toffset\tbytes")
	if split {
		fmt.Fprint(tw, "\tfile")
	}
	fmt.Fprintln(tw)
	types := map[string]int64{}
	var total, elements int64
	for _, t := range in.Tensors {
		fmt.Fprintf(tw, "%s\t%s\t%v\t%d\t%d", t.Name, t.Type, t.Shape, t.Offset, t.Bytes)
		if split {
			fmt.Fprintf(tw, "\t%s", filepath.Base(in.Files[t.File].Path))
		}
		fmt.Fprintln(tw)
		types[t.Type] += t.Bytes
		total += t.Bytes
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		elements += n
	}
	fmt.Fprintf(tw, "\n%d elements in %s\n", elements, formatBytes(total))
	names := make([]string, 0, len(types))
	for n := range types {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return int(types[b] - types[a]) })
	for _, n := range names {
		fmt.Fprintf(tw, "%s\t%s\t%.1f %%\n", n, formatBytes(types[n]), 100*float64(types[n])/float64(max(1, total)))
	}
	return tw.Flush()
}

// show writes a value on one line; arrays and long texts are cut unless full.
func show(v any, full bool) string {
	const most, mostRunes = 8, 100
	if s, ok := v.(string); ok {
		if r := []rune(s); !full && len(r) > mostRunes {
			return fmt.Sprintf("%q… (%d characters)", string(r[:mostRunes]), len(r))
		}
		return fmt.Sprintf("%q", s)
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	n := rv.Len()
	cut := n
	if !full {
		cut = min(n, most)
	}
	parts := make([]string, cut)
	for i := range parts {
		parts[i] = show(rv.Index(i).Interface(), full)
	}
	s := strings.Join(parts, ", ")
	if cut < n {
		s += fmt.Sprintf(", … (%d)", n)
	}
	return "[" + s + "]"
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// formatBytes writes a size in powers of 1024 with three digits.
func formatBytes(n int64) string {
	const units = "KMGT"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, u := float64(n)/1024, 0
	for v >= 999.5 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	return fmt.Sprintf("%.3g %ciB", v, units[u])
}
