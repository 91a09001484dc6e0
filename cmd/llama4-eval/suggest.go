package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// didYouMean is ", did you mean X?" for the known name that is nearest to a mistyped one; "" when none is near.
func didYouMean(typed string, known []string) string {
	const most = 2 // edits; more are another word
	best, name := most+1, ""
	for _, k := range known {
		if d := edits(typed, k); d < best && d < len([]rune(k)) {
			best, name = d, k
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s?", name)
}

// edits is the number of characters to insert, delete, replace, or swap with their neighbor to get from a to b (optimal string
// alignment distance).
func edits(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			change := 1
			if from[i-1] == to[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// flagError makes a wrong flag a usage error, with the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := string(normalizeFlag(nil, unknown.GetSpecifiedName()))
		if hint := didYouMean("--"+name, dashed(flagNames(cmd.Flags()))); hint != "" {
			return usagef("%w%s", err, hint)
		}
	}
	return usageError{err}
}

func dashed(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "--" + n
	}
	return out
}

// optionError tells errors of options by the flags that set them: --num-fewshot for NumFewshot.
func optionError(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, optionError(e))
		}
		return usageError{errors.Join(all...)}
	}
	var option *runner.OptionError
	if !errors.As(err, &option) {
		return err
	}
	field, setting, nested := strings.Cut(option.Field, ".")
	flag := "--" + kebab(field)
	if nested {
		flag += " " + strings.ReplaceAll(kebab(setting), "-", "_")
	}
	return usagef("%s %q: want %s", flag, option.Value, option.Want)
}

// kebab writes NumFewshot as num-fewshot.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && 'A' <= r && r <= 'Z' && !(name[i-1] >= 'A' && name[i-1] <= 'Z') {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// checkTasks finds mistyped names before a model is loaded.
func checkTasks(names []string) error {
	known := taskNames()
	for _, n := range names {
		if _, ok := tasks.ByName(n); !ok && !slices.Contains(known, n) { // some are made on request and not in the list
			return usagef("no task or suite %q%s; there are: %s", n, didYouMean(n, known), strings.Join(known, ", "))
		}
	}
	return nil
}

// arguments checks the number of arguments; what names them: "one FILE".
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, a []string) error {
		switch {
		case len(a) < least:
			return usagef("want %s", what)
		case len(a) > most:
			return usagef("unexpected argument %q: want %s", a[most], what)
		}
		return nil
	}
}
