package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxConfigBytes bounds a --config file.
const maxConfigBytes = 1 << 20

// spellings are flag names that users of lm-evaluation-harness know. Underscores are accepted for every flag.
var spellings = map[string]string{
	"output-path":        "out",
	"system-instruction": "system",
	"gen-kwargs":         "gen",
	"fewshot":            "num-fewshot",
}

func normalizeFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	name = strings.ReplaceAll(name, "_", "-")
	if n, ok := spellings[name]; ok {
		name = n
	}
	return pflag.NormalizedName(name)
}

// applySettings fills flags that were not given from the environment (LLAMA4_EVAL_NAME), then from the YAML file.
func applySettings(cmd *cobra.Command, configFile string) error {
	flags := cmd.Flags()
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		if err != nil || f.Changed {
			return
		}
		name := "LLAMA4_EVAL_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if v := os.Getenv(name); v != "" {
			if e := flags.Set(f.Name, v); e != nil {
				err = usagef("%s=%q: %w", name, v, e)
			}
		}
	})
	if err != nil || configFile == "" {
		return err
	}
	return applyConfig(flags, configFile)
}

// applyConfig reads a YAML mapping of flag names to values. Keys are the long flag names, dashes or underscores alike.
func applyConfig(flags *pflag.FlagSet, path string) error {
	if info, err := os.Stat(path); err != nil {
		return usagef("--config: %w", err)
	} else if info.Size() > maxConfigBytes {
		return usagef("%s: %d bytes, more than %d", path, info.Size(), maxConfigBytes)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return usagef("--config: %w", err)
	}
	file, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return syntaxError(path, err)
	}
	for _, doc := range file.Docs {
		entries, err := mapping(doc.Body)
		if err != nil {
			return usagef("%s: %w", path, err)
		}
		if err := applyEntries(flags, path, entries); err != nil {
			return err
		}
	}
	return nil
}

// syntaxError puts file and line before what is wrong, on one line.
func syntaxError(path string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return usagef("%s:%d: %s", path, at.GetToken().Position.Line, at.GetMessage())
	}
	return usagef("%s: %w", path, err)
}

func applyEntries(flags *pflag.FlagSet, path string, entries []*ast.MappingValueNode) error {
	seen := map[string]bool{}
	for _, e := range entries {
		at := fmt.Sprintf("%s:%d", path, e.Key.GetToken().Position.Line)
		name := string(normalizeFlag(nil, e.Key.String()))
		f := flags.Lookup(name)
		if f == nil || name == "config" || name == "help" {
			return usagef("%s: unknown key %q%s; known keys: %s", at, e.Key.String(), didYouMean(name, flagNames(flags)), strings.Join(flagNames(flags), ", "))
		}
		if seen[name] {
			return usagef("%s: key %q is given twice", at, e.Key.String())
		}
		seen[name] = true
		if f.Changed {
			continue
		}
		values, err := scalars(e.Value)
		if err != nil {
			return usagef("%s: key %q: %w", at, name, err)
		}
		for _, v := range values {
			if err := flags.Set(name, v); err != nil {
				return usagef("%s: key %q: %w", at, name, err)
			}
		}
	}
	return nil
}

func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "help" && !f.Hidden {
			names = append(names, f.Name)
		}
	})
	slices.Sort(names)
	return names
}

func mapping(n ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, nil
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, fmt.Errorf("line %d: want keys and values, such as \"limit: 50\"", n.GetToken().Position.Line)
}

// scalars is the text of a scalar, or of every member of a list.
func scalars(n ast.Node) ([]string, error) {
	switch n := n.(type) {
	case *ast.SequenceNode:
		var all []string
		for _, v := range n.Values {
			s, err := scalars(v)
			if err != nil {
				return nil, err
			}
			all = append(all, s...)
		}
		return all, nil
	case *ast.StringNode:
		return []string{n.Value}, nil
	case *ast.LiteralNode:
		return []string{n.Value.Value}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return []string{n.GetToken().Value}, nil
	case *ast.NullNode:
		return nil, nil
	}
	return nil, fmt.Errorf("want a value or a list of values")
}
