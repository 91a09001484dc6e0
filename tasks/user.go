package tasks

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// FamilyUser is the family of tasks that were read from files.
const FamilyUser = "user"

// Bounds of a task file.
const (
	maxTaskFile  = 1 << 20
	maxOptions   = 26
	maxUserShots = 100
)

// A userTask is what a task file says. docs/tasks.md explains every key.
type userTask struct {
	Name     string `yaml:"name"`
	Version  int    `yaml:"version"`
	Title    string `yaml:"title"`
	Source   string `yaml:"source"`
	License  string `yaml:"license"`
	Language string `yaml:"language"`
	Kind     Kind   `yaml:"kind"`

	Data struct {
		Files []string `yaml:"files"`
		Train []string `yaml:"train"`
	} `yaml:"data"`
	ID         string   `yaml:"id"`
	Cluster    string   `yaml:"cluster"`
	Breakdowns []string `yaml:"breakdowns"`

	System  string `yaml:"system"`
	Prompt  string `yaml:"prompt"`
	Letters *struct {
		System string `yaml:"system"`
		Prompt string `yaml:"prompt"`
	} `yaml:"letters"`
	Shots     int      `yaml:"shots"`
	MaxTokens int      `yaml:"max_tokens"`
	Stop      []string `yaml:"stop"`

	Choices struct {
		Columns []string      `yaml:"columns"`
		Column  string        `yaml:"column"`
		Labels  yaml.MapSlice `yaml:"labels"`
	} `yaml:"choices"`
	Answer     string        `yaml:"answer"`
	AnswerForm string        `yaml:"answer_form"`
	Fields     yaml.MapSlice `yaml:"fields"`
	Extract    string        `yaml:"extract"`
	Pattern    string        `yaml:"pattern"`
	Unit       string        `yaml:"unit"`
	Metrics    []string      `yaml:"metrics"`

	path      string // of the file
	tree      *ast.File
	templates map[string]*template.Template // by key: "prompt", "letters.prompt"
	pattern   *regexp.Regexp
	labels    labels // of choices.labels
	fields    []userField
}

// A userField is a member of the JSON that an extract task asks for, and the column that has its value.
type userField struct{ key, column string }

// IsUserTask says whether a name stands for a task file rather than a task.
func IsUserTask(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// LoadUser reads a task file: YAML beside the data that it names, which stays in the file's folder. Unknown keys, values that make no
// sense and templates that do not parse are errors with file and line, all of them at once. The data itself is read by [Task.Load].
func LoadUser(path string) (Task, error) {
	raw, err := readTaskFile(path)
	if err != nil {
		return Task{}, err
	}
	return parseUser(path, raw)
}

func readTaskFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxTaskFile {
		return nil, fmt.Errorf("tasks: %s: want a file of at most %d bytes", path, maxTaskFile)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return raw, nil
}

func parseUser(path string, raw []byte) (t Task, err error) {
	// The YAML library is not trusted with hostile files.
	defer func() {
		if r := recover(); r != nil {
			t, err = Task{}, fmt.Errorf("tasks: %s: not YAML that can be read: %v", path, r)
		}
	}()
	if bytes.IndexByte(raw, '*') >= 0 && bytes.Count(raw, []byte("*")) > 1000 {
		return Task{}, fmt.Errorf("tasks: %s: more aliases than a task needs", path)
	}
	u := &userTask{path: path, templates: map[string]*template.Template{}}
	if u.tree, err = parser.ParseBytes(raw, 0); err != nil {
		return Task{}, u.yamlError(err)
	}
	if err := u.checkAliases(); err != nil {
		return Task{}, err
	}
	if err := yaml.UnmarshalWithOptions(raw, u, yaml.Strict()); err != nil {
		return Task{}, u.yamlError(err)
	}
	if err := u.check(); err != nil {
		return Task{}, err
	}
	return u.task(), nil
}

// yamlError puts file and line before what the YAML library says.
func (u *userTask) yamlError(err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		return fmt.Errorf("tasks: %s:%d: %s", u.path, at.GetToken().Position.Line, at.GetMessage())
	}
	return fmt.Errorf("tasks: %s: %w", u.path, err)
}

// node finds a value of the file, such as "data.files[0]"; nil when it is not there.
func (u *userTask) node(key string) ast.Node {
	p, err := yaml.PathString("$." + key)
	if err != nil {
		return nil
	}
	n, err := p.FilterFile(u.tree)
	if err != nil {
		return nil
	}
	return n
}

// errorf is an error at a key: of the nearest key above it that the file has, if it is not there.
func (u *userTask) errorf(key, format string, args ...any) error {
	at := u.path
	for k := key; k != ""; k = k[:max(0, strings.LastIndexAny(k, ".["))] {
		if n := u.node(k); n != nil && n.GetToken() != nil {
			at = fmt.Sprintf("%s:%d", u.path, u.line(n))
			break
		}
	}
	return fmt.Errorf("tasks: %s: %s: %s", at, key, fmt.Sprintf(format, args...))
}

// inOrder joins errors in the order of their lines; those without a line come last.
func inOrder(errs []error) error {
	var all []error
	for _, err := range errs {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = append(all, joined.Unwrap()...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	line := regexp.MustCompile(`\.ya?ml:(\d+):`)
	at := func(err error) int {
		if m := line.FindStringSubmatch(err.Error()); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
		return 1 << 30
	}
	slices.SortStableFunc(all, func(a, b error) int { return at(a) - at(b) })
	return errors.Join(all...)
}

// line is where a value begins; that of a list or mapping is where its first member is.
func (u *userTask) line(n ast.Node) int {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key.GetToken().Position.Line
		}
	case *ast.SequenceNode:
		if len(n.Values) > 0 {
			return n.Values[0].GetToken().Position.Line
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken().Position.Line
	}
	return n.GetToken().Position.Line
}

var userName = regexp.MustCompile(`^[\pL][\pL\pN_-]{0,63}$`)

// check finds everything that is wrong with the file by itself.
func (u *userTask) check() error {
	var errs []error
	wrong := func(key, format string, args ...any) { errs = append(errs, u.errorf(key, format, args...)) }
	if !userName.MatchString(u.Name) {
		wrong("name", "%q: want a letter, then letters, digits, - or _", u.Name)
	} else if taken(u.Name) {
		wrong("name", "%q is the name of a built-in task or suite", u.Name)
	}
	if u.Version = cmp.Or(u.Version, 1); u.Version < 1 {
		wrong("version", "%d: want 1 or more", u.Version)
	}
	if len(u.Data.Files) == 0 {
		wrong("data.files", "want at least one file, relative to the folder of %s", filepath.Base(u.path))
	}
	errs = append(errs, u.checkFiles("data.files", u.Data.Files), u.checkFiles("data.train", u.Data.Train))
	if u.Shots < 0 || u.Shots > maxUserShots {
		wrong("shots", "%d: want 0 to %d", u.Shots, maxUserShots)
	}
	if u.MaxTokens < 0 || u.MaxTokens > 1<<20 {
		wrong("max_tokens", "%d: want 1 to %d", u.MaxTokens, 1<<20)
	}
	if strings.TrimSpace(u.Prompt) == "" {
		wrong("prompt", "missing: a template such as 题目：{{.question}}")
	}
	errs = append(errs, u.parseTemplate("prompt", u.Prompt))
	if u.Letters != nil {
		errs = append(errs, u.parseTemplate("letters.prompt", u.Letters.Prompt))
	}
	switch u.Kind {
	case Choice:
		errs = append(errs, u.checkChoice()...)
	case Generate:
		errs = append(errs, u.checkGenerate()...)
	case Extract:
		errs = append(errs, u.checkExtract()...)
	default:
		wrong("kind", "%q: want choice, generate or extract", u.Kind)
	}
	return inOrder(append(errs, u.checkKeys()...))
}

func taken(name string) bool {
	_, task := ByName(name)
	return task || slices.ContainsFunc(Suites(), func(s Suite) bool { return s.Name == name })
}

func (u *userTask) checkFiles(key string, files []string) error {
	var errs []error
	root, err := os.OpenRoot(filepath.Dir(u.path))
	if err != nil {
		return u.errorf(key, "%v", err)
	}
	defer root.Close()
	for i, name := range files {
		at := fmt.Sprintf("%s[%d]", key, i)
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			errs = append(errs, u.errorf(at, "%q: want a file below the folder of %s", name, filepath.Base(u.path)))
		} else if st, err := root.Stat(filepath.FromSlash(name)); err != nil || !st.Mode().IsRegular() {
			errs = append(errs, u.errorf(at, "there is no file %s", filepath.Join(filepath.Dir(u.path), name)))
		}
	}
	return errors.Join(errs...)
}

// kindKeys are keys that only some kinds know.
var kindKeys = map[string][]Kind{
	"choices": {Choice}, "letters": {Choice}, "answer_form": {Choice}, "answer": {Choice, Generate},
	"fields": {Extract}, "extract": {Generate}, "pattern": {Generate}, "unit": {Generate},
}

// checkKeys finds keys that mean nothing for the kind.
func (u *userTask) checkKeys() []error {
	var errs []error
	keys := make([]string, 0, len(kindKeys))
	for k := range kindKeys {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if kinds := kindKeys[k]; u.node(k) != nil && !slices.Contains(kinds, u.Kind) && slices.Contains([]Kind{Choice, Generate, Extract}, u.Kind) {
			errs = append(errs, u.errorf(k, "means nothing for kind %s", u.Kind))
		}
	}
	if (u.Extract == "regexp") != (u.Pattern != "") && u.Kind == Generate {
		errs = append(errs, u.errorf("pattern", "goes with extract: regexp"))
	}
	if u.Unit != "" && u.Extract != "number" {
		errs = append(errs, u.errorf("unit", "goes with extract: number"))
	}
	return errs
}

// templateError is what text/template says: name, line and message.
var templateError = regexp.MustCompile(`^template: ?[^:]*:(\d+)(?::\d+)?: (?s:(.*))$`)

func (u *userTask) parseTemplate(key, text string) error {
	t, err := template.New(strings.ReplaceAll(key, ".", " ")).Option("missingkey=error").Parse(text)
	if err != nil {
		return u.templateError(key, err, "")
	}
	if err := checkTemplate(t.Root); err != nil {
		return u.errorf(key, "%v", err)
	}
	if len(t.Templates()) > 1 {
		return u.errorf(key, "{{define}} and {{block}} are not for prompts")
	}
	u.templates[key] = t
	return nil
}

// templateError puts the line of the task file before an error of a template.
func (u *userTask) templateError(key string, err error, hint string) error {
	msg, at := err.Error(), ""
	if m := templateError.FindStringSubmatch(msg); m != nil {
		msg = m[2]
		if n := u.node(key); n != nil {
			line, _ := strconv.Atoi(m[1])
			if _, block := n.(*ast.LiteralNode); !block {
				line--
			}
			at = fmt.Sprintf(":%d", n.GetToken().Position.Line+line)
		}
		if i := strings.Index(msg, ">: "); strings.HasPrefix(msg, "executing") && i >= 0 {
			msg = msg[i+len(">: "):]
		}
		if i := strings.Index(msg, "map has no entry for key "); i >= 0 {
			msg = "no column " + msg[i+len("map has no entry for key "):]
		}
	}
	return fmt.Errorf("tasks: %s%s: %s: %s%s", u.path, at, key, msg, hint)
}

// task makes the value.
func (u *userTask) task() Task {
	t := Task{
		Name: u.Name, Version: u.Version, Kind: u.Kind, Family: FamilyUser, Title: cmp.Or(u.Title, u.Name), Source: cmp.Or(u.Source, u.path),
		License: cmp.Or(u.License, "not stated"), Language: u.Language, Shots: u.Shots, Dir: cmp.Or(filepath.Dir(u.path), "."), Breakdowns: u.Breakdowns,
		Files: []datasets.Candidate{{Paths: u.Data.Files, Split: "user"}}, Read: u.read, ReadAll: u.readAll, Prompt: u.prompt,
	}
	if len(u.Data.Train) > 0 {
		t.Files[0].Train = [][]string{u.Data.Train}
	}
	switch u.Kind {
	case Choice:
		t.Judge, t.Metrics = judgeChoice, pickMetrics(choiceMetrics, u.Metrics)
	case Generate:
		t.Judge, t.Metrics = u.judgeGenerate, pickMetrics(userMetrics(), u.Metrics)
	case Extract:
		t.Judge, t.Metrics = u.judgeExtract, pickMetrics(extractMetrics, u.Metrics)
	}
	return t
}

// pickMetrics takes metrics by name, in the order of the names; all when there are none.
func pickMetrics(all []Metric, names []string) []Metric {
	if len(names) == 0 {
		return all
	}
	var out []Metric
	for _, n := range names {
		if i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == n }); i >= 0 {
			out = append(out, all[i])
		}
	}
	return out
}

func metricNames(list []Metric) []string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Name
	}
	return names
}
