package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

func newDataGenerate() *cobra.Command {
	var out string
	var seed uint64
	var items int
	cmd := &cobra.Command{
		Use:   "generate TASK...",
		Short: "Write the items that tasks make themselves, as JSON Lines",
		Long: `generate writes the items that run uses where there is no data: one file a task, in which the first line has task, version, seed and the SHA-256 of the
lines that follow, and every further line an item with its prompt and the right answer. The same seed gives the same bytes on every platform; another
seed gives items that no model has seen. The items may be used for anything (CC0-1.0).`,
		Example: `  llama4-eval data generate tnews c3 --seed 7 --limit 500 --out sets
  llama4-eval data generate cluener --limit 3 --out -`,
		Args: arguments(1, 1000, "names of tasks or suites; llama4-eval list tasks"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if items < 1 || items > maxGenerate {
				return usagef("--limit %d: want 1 to %d", items, maxGenerate)
			}
			if err := checkTasks(args); err != nil {
				return err
			}
			list := tasksNamed(args)
			if out == "-" && len(list) > 1 {
				return usagef("--out -: want one task, found %d", len(list))
			}
			return generateAll(cmd.OutOrStdout(), list, seed, items, out)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return taskNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", ".", "folder to write to; - writes to stdout")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the items; run --seed takes the same")
	cmd.Flags().IntVarP(&items, "limit", "L", 100, "items of each task")
	return cmd
}

// maxGenerate bounds the items of a task.
const maxGenerate = 100_000

// tasksNamed lists tasks, and those of suites that make items themselves, once each.
func tasksNamed(names []string) []tasks.Task {
	var out []tasks.Task
	seen := map[string]bool{}
	add := func(name string, asked bool) {
		if t, ok := tasks.ByName(name); ok && !seen[name] && (asked || t.Make != nil) {
			seen[name] = true
			out = append(out, t)
		}
	}
	for _, name := range names {
		if _, ok := tasks.ByName(name); ok {
			add(name, true)
			continue
		}
		for _, s := range tasks.Suites() {
			if s.Name == name {
				for _, member := range s.Tasks {
					add(member, false)
				}
			}
		}
	}
	return out
}

func generateAll(stdout io.Writer, list []tasks.Task, seed uint64, items int, out string) error {
	if out == "-" {
		return list[0].Export(stdout, seed, items, func(string, []byte) (string, error) {
			return "", errors.New("pictures need a folder: pass --out")
		})
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, t := range list {
		path := filepath.Join(out, t.Name+".jsonl")
		if err := generateFile(t, seed, items, out, path); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: %d items, seed %d\n", path, items, seed)
	}
	return nil
}

// generateFile replaces a file in one step.
func generateFile(t tasks.Task, seed uint64, items int, dir, path string) error {
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = t.Export(w, seed, items, func(name string, data []byte) (string, error) {
		rel := tasks.ImagePath(t.Name, name)
		full := filepath.Join(dir, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return "", err
		}
		return rel, os.WriteFile(full, data, 0o644)
	})
	if err = errors.Join(err, w.Flush(), f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
