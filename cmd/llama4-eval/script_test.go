package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are commands of our own in scripts:
//
//	exits CODE COMMAND...   runs a command that has to end with this code; stdout and stderr check its output
//	same-runs DIR DIR...    compares the only run of each folder: results and samples, without perf, memory and host
//	only-run NAME DIR       sets $NAME to the only run folder in DIR
//	hostile KIND FILE       writes a damaged weight file
//	zip ARCHIVE FILE...     packs files
//	damage-run DIR NEW ...  copies a run folder and changes the copy: "results OLD NEW" replaces the first OLD in results.json, "samples" cuts
//	                        the samples of tnews by half, "version OLD NEW" replaces the first OLD below "versions"
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: exits CODE COMMAND...")
		}
		err := ts.Exec(args[1], args[2:]...)
		code := 0
		if err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				ts.Fatalf("%v", err)
			}
			code = exit.ExitCode()
		}
		if strconv.Itoa(code) != args[0] {
			ts.Fatalf("exit code %d, want %s\n%s", code, args[0], ts.ReadFile("stderr"))
		}
	},
	"same-runs": func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) < 2 {
			ts.Fatalf("usage: same-runs DIR DIR...")
		}
		want := readRun(ts, ts.MkAbs(args[0]))
		for _, dir := range args[1:] {
			diff := cmp.Diff(want, readRun(ts, ts.MkAbs(dir)))
			if (diff == "") == neg {
				ts.Fatalf("%s and %s: same is %t; - first + second:\n%s", args[0], dir, diff == "", diff)
			}
		}
	},
	"only-run": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: only-run NAME DIR")
		}
		dir, err := onlyRun(ts.MkAbs(args[1]))
		ts.Check(err)
		ts.Setenv(args[0], dir)
	},
	"zip": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < 2 {
			ts.Fatalf("usage: zip ARCHIVE FILE...")
		}
		var buf bytes.Buffer
		w := zip.NewWriter(&buf)
		for _, name := range args[1:] {
			m, err := w.Create(name)
			ts.Check(err)
			_, err = m.Write([]byte(ts.ReadFile(name)))
			ts.Check(err)
		}
		ts.Check(w.Close())
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), buf.Bytes(), 0o644))
	},
	"damage-run": damageRun,
	"hostile": func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 || hostileFiles[args[0]] == nil {
			ts.Fatalf("usage: hostile KIND FILE")
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), hostileFiles[args[0]](), 0o644))
	},
}

func damageRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: damage-run DIR NEW results|version|samples ...")
	}
	from, to := ts.MkAbs(args[0]), filepath.Join(ts.MkAbs(args[1]), filepath.Base(args[0]))
	ts.Check(os.CopyFS(to, os.DirFS(from)))
	results, samples := filepath.Join(to, "results.json"), filepath.Join(to, "samples", "tnews.jsonl")
	switch kind := args[2]; kind {
	case "samples":
		b, err := os.ReadFile(samples)
		ts.Check(err)
		lines := bytes.SplitAfter(b, []byte("\n"))
		ts.Check(os.WriteFile(samples, bytes.Join(lines[:len(lines)/2], nil), 0o644))
	case "results", "version":
		b, err := os.ReadFile(results)
		ts.Check(err)
		at := 0
		if kind == "version" {
			at = bytes.Index(b, []byte(`"versions"`))
		}
		changed := append(b[:at:at], bytes.Replace(b[at:], []byte(args[3]), []byte(args[4]), 1)...)
		if bytes.Equal(changed, b) {
			ts.Fatalf("%s has no %q", results, args[3])
		}
		ts.Check(os.WriteFile(results, changed, 0o644))
	}
}

// onlyRun is the run folder in a folder that has one.
func onlyRun(out string) (string, error) {
	entries, err := os.ReadDir(out)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("%s has %d entries, want one run", out, len(entries))
	}
	return filepath.Join(out, entries[0].Name()), nil
}

// A storedRun is what must be equal for equal runs: the files by name, without the keys that may differ.
type storedRun map[string]string

func readRun(ts *testscript.TestScript, out string) storedRun {
	run, err := loadRun(out)
	ts.Check(err)
	return run
}

var threadsOption = regexp.MustCompile(`"threads": *\d+`)

func loadRun(out string) (storedRun, error) {
	dir, err := onlyRun(out)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "samples", "*.jsonl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no samples", dir)
	}
	run := storedRun{}
	for _, path := range append(files, filepath.Join(dir, "results.json")) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var text strings.Builder
		for dec := json.NewDecoder(bytes.NewReader(raw)); dec.More(); {
			var line map[string]json.RawMessage
			if err := dec.Decode(&line); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			for _, key := range []string{"perf", "memory", "host"} {
				delete(line, key)
			}
			if engine := line["engine"]; engine != nil { // the threads asked for may differ, nothing else
				line["engine"] = threadsOption.ReplaceAll(engine, []byte(`"threads": 0`))
			}
			// Keys come out sorted; their values are kept to the byte.
			b, err := json.Marshal(line)
			if err != nil {
				return nil, err
			}
			text.Write(append(b, '\n'))
		}
		run[filepath.Base(path)] = text.String()
	}
	return run, nil
}

// hostileFiles are weight files that lie, by the name of the lie.
var hostileFiles = map[string]func() []byte{
	"truncated-gguf": func() []byte { b := tinyModel(""); return b[:len(b)-1000] },
	// Its last weights have the other sign: it loads and answers something else.
	"damaged-chat-gguf": func() []byte {
		b := tinyModel(chatMLTemplate)
		for i := len(b) - 20_000 + 3; i < len(b); i += 4 {
			b[i] ^= 0x80
		}
		return b
	},
	"cut-header-gguf": func() []byte { return tinyModel("")[:300] },
	// Magic, version 3, 2^60 tensors, no metadata.
	"many-tensors-gguf": func() []byte {
		return append([]byte("GGUF\x03\x00\x00\x00"), 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0)
	},
	// The length of the header: 2^32 bytes.
	"huge-header-safetensors": func() []byte {
		return append([]byte{0, 0, 0, 0, 1, 0, 0, 0}, `{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`...)
	},
}
