package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

func newDataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data COMMAND",
		Short: "Fetch, check, list and make data sets",
		Long: `data looks after the data sets that tasks read. Fetching is the only thing in this program that uses the network, and only when asked to:
everything else, run included, works without one.`,
		Example: `  llama4-eval data list
  llama4-eval data pull ocnli c3
  llama4-eval data verify --data ~/clue
  llama4-eval data generate tnews --seed 7 --limit 500 --out sets`,
		Args: func(_ *cobra.Command, a []string) error {
			if len(a) == 0 {
				return nil
			}
			names := []string{"pull", "verify", "list", "generate"}
			return usagef("no command data %q%s; there are: %s", a[0], didYouMean(a[0], names), strings.Join(names, ", "))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataPull(), newDataVerify(), newDataList(), newDataGenerate())
	return cmd
}

// setNames are the names of pinned sets, once each.
func setNames() []string {
	var names []string
	for _, s := range datasets.Pinned() {
		if !slices.Contains(names, s.Set) {
			names = append(names, s.Set)
		}
	}
	return names
}

// setsNamed lists the sets with the given names; all when there are none.
func setsNamed(names []string) ([]datasets.PinnedSet, error) {
	known := setNames()
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, usagef("no data set %q%s; there are: %s", n, didYouMean(n, known), strings.Join(known, ", "))
		}
	}
	var out []datasets.PinnedSet
	for _, s := range datasets.Pinned() {
		if len(names) == 0 || slices.Contains(names, s.Set) {
			out = append(out, s)
		}
	}
	return out, nil
}

// dataFolders are the given folders, or the one that sets are fetched to.
func dataFolders(given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	dir, err := datasets.DefaultFolder()
	return []string{dir}, err
}

func newDataPull() *cobra.Command {
	var folders []string
	var puller datasets.Puller
	cmd := &cobra.Command{
		Use:   "pull SET... | ARCHIVE.zip...",
		Short: "Fetch data sets over HTTPS, or unpack archives that are there",
		Long: `pull fetches the files of data sets at the commit that this program knows, and checks their sums. What was fetched in part goes on where it
ended; files that are there are kept. The proxy of the environment is used ($HTTPS_PROXY). Only sets whose license allows use can be fetched: read it
(data list shows it). The name of a zip file unpacks it into a folder of its name, which is how the archives of CLUE are laid out.

Without --data the folder is $LLAMA4_EVAL_DATA or llama4-eval/data in the user's cache.`,
		Example: `  llama4-eval data pull ocnli c3 cmrc2018
  llama4-eval data pull lawbench --data ~/sets --mirror https://mirror.example/raw
  llama4-eval data pull afqmc_public.zip --data ~/clue`,
		Args: arguments(1, 1000, "names of data sets (llama4-eval data list shows them) or zip files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := dataFolders(folders)
			if err != nil {
				return err
			}
			if len(dirs) > 1 {
				return usagef("--data is given %d times: want one folder to fetch to", len(dirs))
			}
			if err := puller.Validate(); err != nil {
				return usageError{err}
			}
			var names, archives []string
			for _, a := range args {
				if strings.HasSuffix(strings.ToLower(a), ".zip") {
					archives = append(archives, a)
				} else {
					names = append(names, a)
				}
			}
			return pull(cmd.Context(), puller, dirs[0], names, archives, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return setNames(), cobra.ShellCompDirectiveDefault
		},
	}
	cmd.Flags().StringArrayVar(&folders, "data", nil, "folder to fetch to")
	cmd.Flags().StringArrayVar(&puller.Bases, "mirror", nil, "address to fetch from in place of https://raw.githubusercontent.com; OWNER/NAME/COMMIT/PATH is put behind it (repeatable: tried in order)")
	return cmd
}

func pull(ctx context.Context, p datasets.Puller, dir string, names, archives []string, stdout, stderr io.Writer) error {
	var sets []datasets.PinnedSet
	if len(names) > 0 {
		var err error
		if sets, err = setsNamed(names); err != nil {
			return err
		}
	}
	for _, s := range sets {
		if !s.Pull {
			return fmt.Errorf("%s: no license is stated, so it is not fetched; it can be found at github.com/%s, commit %s", s.Set, s.Repo, s.Commit)
		}
	}
	p.Progress = func(f datasets.PinnedFile, state string) {
		if state != "done" {
			fmt.Fprintf(stderr, "%s: %s\n", f.Path, map[string]string{"have": "there already", "fetch": formatBytes(f.Bytes)}[state])
		}
	}
	for _, s := range sets {
		if err := p.Pull(ctx, s, dir); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: %d files of github.com/%s, license: %s\n", s.Set, len(s.Files), s.Repo, s.License)
	}
	for _, a := range archives {
		paths, err := datasets.Unzip(a, dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: %d files\n", a, len(paths))
	}
	fmt.Fprintf(stdout, "in %s: run with --data %s\n", dir, dir)
	return nil
}

func newDataVerify() *cobra.Command {
	var folders []string
	cmd := &cobra.Command{
		Use:   "verify [SET... | FILE.jsonl...]",
		Short: "Compare data files with what they should be",
		Long: `verify compares the files of data folders with the sums that this program knows, and files of generated items with the sum in their first line.
A file that differs makes the exit code 1; files that are not there do not.`,
		Example: `  llama4-eval data verify
  llama4-eval data verify c3 --data ~/sets
  llama4-eval data verify sets/tnews.jsonl`,
		Args: arguments(0, 1000, "names of data sets or files"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := dataFolders(folders)
			if err != nil {
				return err
			}
			var names, files []string
			for _, a := range args {
				if strings.HasSuffix(a, ".jsonl") {
					files = append(files, a)
				} else {
					names = append(names, a)
				}
			}
			var errs []error
			for _, f := range files {
				errs = append(errs, verifyGenerated(cmd.OutOrStdout(), f))
			}
			if len(names) > 0 || len(files) == 0 {
				errs = append(errs, verifySets(cmd.OutOrStdout(), names, dirs))
			}
			return errors.Join(errs...)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return setNames(), cobra.ShellCompDirectiveDefault
		},
	}
	cmd.Flags().StringArrayVar(&folders, "data", nil, "data folder (repeatable)")
	return cmd
}

func verifyGenerated(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h, good, again, err := tasks.VerifyExport(path, f)
	switch {
	case err != nil:
		return err
	case !good:
		return fmt.Errorf("%s: the items do not have the sum of the first line", path)
	}
	text := "this program makes the same"
	if !again {
		text = "this program makes others"
	}
	fmt.Fprintf(w, "%s: good, %d items of %s version %d, seed %d; %s\n", path, h.Items, h.Task, h.Version, h.Seed, text)
	return nil
}

func verifySets(w io.Writer, names, dirs []string) error {
	sets, err := setsNamed(names)
	if err != nil {
		return err
	}
	good, changed, absent := 0, 0, 0
	var errs []error
	for _, s := range sets {
		for _, f := range s.Files {
			dir, state, err := checkFile(f, dirs)
			switch {
			case err != nil:
				errs = append(errs, err)
			case state == datasets.StateGood:
				good++
			case state == datasets.StateChanged:
				changed++
				fmt.Fprintf(w, "%s: changed\n", filepath.Join(dir, filepath.FromSlash(f.Path)))
			default:
				absent++
				if len(names) > 0 {
					fmt.Fprintf(w, "%s: absent\n", f.Path)
				}
			}
		}
	}
	fmt.Fprintf(w, "%d good, %d changed, %d absent\n", good, changed, absent)
	if changed > 0 {
		errs = append(errs, fmt.Errorf("files that differ from what is known: %d", changed))
	}
	return errors.Join(errs...)
}

// checkFile looks for a file in the folders; the first that has it counts.
func checkFile(f datasets.PinnedFile, dirs []string) (string, datasets.State, error) {
	for _, dir := range dirs {
		if state, err := f.Check(dir); err != nil || state != datasets.StateAbsent {
			return dir, state, err
		}
	}
	return "", datasets.StateAbsent, nil
}

func newDataList() *cobra.Command {
	var folders []string
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List data sets with license, size and what is there",
		Example: `  llama4-eval data list
  llama4-eval data list --data ~/sets --format json`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dirs, err := dataFolders(folders)
			if err != nil {
				return err
			}
			var rows [][]any
			for _, s := range datasets.Pinned() {
				var bytes size
				have := 0
				for _, f := range s.Files {
					bytes += size(f.Bytes)
					if _, state, err := checkFile(f, dirs); err == nil && state == datasets.StateGood {
						have++
					}
				}
				can := "yes"
				if !s.Pull {
					can = "no license"
				}
				rows = append(rows, []any{s.Set, fmt.Sprintf("%d of %d", have, len(s.Files)), bytes, can, s.License, s.Repo, s.Commit[:12]})
			}
			return printRows(cmd.OutOrStdout(), format, []string{"set", "files there", "bytes", "pull", "license", "repository", "commit"}, rows)
		},
	}
	cmd.Flags().StringArrayVar(&folders, "data", nil, "data folder to look in (repeatable)")
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	return cmd
}
