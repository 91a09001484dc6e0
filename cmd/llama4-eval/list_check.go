package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/llama4-eval/llama4-eval/tasks"
)

// checkTaskFiles reads task files with their data and shows what a model would be asked first. All files are looked at; what is wrong with
// any of them is the error.
func checkTaskFiles(w io.Writer, paths []string) error {
	var errs []error
	for _, path := range paths {
		if err := checkTaskFile(w, path); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func checkTaskFile(w io.Writer, path string) error {
	t, err := tasks.LoadUser(path)
	if err != nil {
		return err
	}
	data, err := t.Load(tasks.LoadOptions{Shots: t.Shots})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: task %s, %s, version %d, metric %s\n", path, t.Name, t.Kind, t.Version, t.Metrics[0].Name)
	fmt.Fprintf(w, "  %d labelled rows, %d without an answer", data.Rows, data.Unlabelled)
	if data.Source.ShotSplit != "" {
		fmt.Fprintf(w, ", %d worked examples from %s", len(data.Samples[0].Shots), data.Source.ShotSplit)
	}
	if data.Chance > 0 {
		fmt.Fprintf(w, ", guessing gives %.4f", data.Chance)
	}
	fmt.Fprintln(w)
	for _, n := range data.Notes {
		fmt.Fprintf(w, "  note: %s\n", n)
	}
	s := data.Samples[0]
	req := t.Prompt(s.Record, s.Shots)
	fmt.Fprintf(w, "--- prompt of %s\n%s\n", s.ID, req.Prompt.Text())
	for _, c := range req.Choices {
		fmt.Fprintf(w, "--- choice\n%s\n", c)
	}
	if req.Letters != nil {
		fmt.Fprintf(w, "--- prompt with letters\n%s\n", req.Letters.Prompt.Text())
	}
	fmt.Fprintf(w, "--- target\n%s\n", s.Target)
	return nil
}
