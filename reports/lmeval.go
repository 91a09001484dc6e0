package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LMEval lays a record out in the files that lm-evaluation-harness 0.4.13 writes: MODEL/results_TIME.json and MODEL/samples_TASK_TIME.jsonl, by
// their path, slashes between names. samples gives those of a task, such as [runner.FinishedRun.Samples].
//
// What that program has no place for (intervals, counts, the engine, the digest) lies below the one key "llama4_eval", so that its own tools
// show nothing but metrics. Prompts are not stored with samples, so arguments are empty and prompt_hash is ours; so is doc_hash. A sample
// that failed or was skipped is not among the samples, as it is in no metric, and a task without any has no file of samples.
func LMEval(r *Record, samples func(task string) ([]Sample, error)) (map[string][]byte, error) {
	finished, err := time.Parse(time.RFC3339, r.Host.Finished)
	if err != nil {
		return nil, fmt.Errorf("reports: lm-eval: the record has no time of its end: %w", err)
	}
	stamp := finished.UTC().Format("2006-01-02T15-04-05")
	folder := lmEvalName(r.ModelName)
	files := make(map[string][]byte)
	hashes := make(map[string]string)
	written := make(map[string]int)
	chosen := make(map[string]bool) // tasks whose answers are log-likelihoods of choices
	names := make(map[string]bool)
	for _, task := range slices.Sorted(maps.Keys(r.Results)) {
		list, err := samples(task)
		if err != nil {
			return nil, err
		}
		var buf bytes.Buffer
		hash := sha256.New()
		for i := range list {
			if !list[i].Scored() {
				continue
			}
			line := lmEvalSample(i, &list[i])
			if err := lmEvalJSON(&buf, line, ""); err != nil {
				return nil, fmt.Errorf("reports: lm-eval: task %s: sample %s: %w", task, list[i].DocID, err)
			}
			fmt.Fprint(hash, line.DocHash, line.PromptHash, line.TargetHash)
			written[task]++
			chosen[task] = chosen[task] || len(line.Arguments) > 1
		}
		name := folder + "/samples_" + lmEvalName(task) + "_" + stamp + ".jsonl"
		if names[name] {
			return nil, fmt.Errorf("reports: lm-eval: two tasks would be written to %s", name)
		}
		names[name] = true
		hashes[task] = hex.EncodeToString(hash.Sum(nil))
		if written[task] > 0 {
			files[name] = buf.Bytes()
		}
	}
	var buf bytes.Buffer
	if err := lmEvalJSON(&buf, lmEvalResults(r, hashes, written, chosen), "  "); err != nil {
		return nil, fmt.Errorf("reports: lm-eval: %w", err)
	}
	files[folder+"/results_"+stamp+".json"] = buf.Bytes()
	return files, nil
}

func lmEvalJSON(buf *bytes.Buffer, v any, indent string) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}

var lmEvalUnsafe = regexp.MustCompile(`["<>:/|\\?*\[\]]+`)

// lmEvalName makes a name of a folder as lm_eval.utils.sanitize_model_name does.
func lmEvalName(name string) string {
	name = lmEvalUnsafe.ReplaceAllString(name, "__")
	if strings.Trim(name, ".") == "" {
		return strings.Repeat("_", max(1, len(name)))
	}
	return name
}

// A lmEvalFloat is a number that Python reads as float: with a point or an exponent also where it is whole.
type lmEvalFloat float64

func (f lmEvalFloat) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(float64(f))
	if err == nil && !bytes.ContainsAny(b, ".eE") {
		b = append(b, ".0"...)
	}
	return b, err
}

// lmEvalLine is a line of samples. Metrics of the sample stand beside the fixed keys.
type lmEvalLine struct {
	DocID      int
	Doc        map[string]string
	Target     string
	Arguments  map[string]map[string]string
	Resps      any
	Filtered   any
	Metrics    map[string]float64
	DocHash    string
	PromptHash string
	TargetHash string
}

// MarshalJSON puts the keys in the order of lm-evaluation-harness, metrics last, by name.
func (l lmEvalLine) MarshalJSON() ([]byte, error) {
	names := slices.Sorted(maps.Keys(l.Metrics))
	if names == nil {
		names = []string{}
	}
	var buf bytes.Buffer
	buf.WriteByte('{')
	put := func(key string, v any) error {
		if buf.Len() > 1 {
			buf.WriteByte(',')
		}
		buf.WriteString(strconv.Quote(key) + ":")
		if err := lmEvalJSON(&buf, v, ""); err != nil {
			return err
		}
		buf.Truncate(buf.Len() - 1) // the encoder's newline
		return nil
	}
	err := errors.Join(
		put("doc_id", l.DocID), put("doc", l.Doc), put("target", l.Target), put("arguments", l.Arguments), put("resps", l.Resps),
		put("filtered_resps", l.Filtered), put("filter", filterNone), put("metrics", names), put("doc_hash", l.DocHash),
		put("prompt_hash", l.PromptHash), put("target_hash", l.TargetHash),
	)
	for _, name := range names {
		key, err2 := json.Marshal(name)
		if err2 != nil {
			return nil, err2
		}
		buf.WriteString("," + string(key) + ":")
		v, err2 := lmEvalFloat(l.Metrics[name]).MarshalJSON()
		if err2 != nil {
			return nil, fmt.Errorf("metric %s: %w", name, err2)
		}
		buf.Write(v)
	}
	buf.WriteByte('}')
	return buf.Bytes(), err
}

// lmEvalSample turns a sample into a line: a choice has a log-likelihood for each option, and of a text the filtered answer is the extracted
// one. Whether an option was the greedy answer is not known.
func lmEvalSample(index int, s *Sample) lmEvalLine {
	target := sha256.Sum256([]byte(s.Target))
	l := lmEvalLine{
		DocID: index, Doc: map[string]string{"doc_id": s.DocID, "cluster": s.Cluster}, Target: s.Target, Arguments: map[string]map[string]string{},
		Metrics: s.Metrics, DocHash: s.DocHash, PromptHash: s.PromptHash, TargetHash: hex.EncodeToString(target[:]),
	}
	choices := s.Choices
	if len(choices) == 0 {
		choices = s.Letters
	}
	for i := range max(1, len(choices)) {
		l.Arguments["gen_args_"+strconv.Itoa(i)] = map[string]string{"arg_0": "", "arg_1": ""}
	}
	if len(choices) == 0 {
		l.Resps, l.Filtered = [][]string{{s.Response}}, []string{s.Extracted}
		return l
	}
	var resps [][][]string
	var filtered [][]string
	for _, c := range choices {
		pair := []string{strconv.FormatFloat(c.LogProb, 'g', -1, 64), "None"}
		resps, filtered = append(resps, [][]string{pair}), append(filtered, pair)
	}
	l.Resps, l.Filtered = resps, filtered
	return l
}

// lmEvalResults is the content of results_TIME.json.
func lmEvalResults(r *Record, hashes map[string]string, written map[string]int, chosen map[string]bool) map[string]any {
	results, groups := map[string]any{}, map[string]any{}
	configs, counts := map[string]any{}, map[string]any{}
	for task, res := range r.Results {
		results[task] = lmEvalMetrics(task, res, written[task])
		configs[task] = lmEvalConfig(r.Configs[task], r.Versions[task], chosen[task])
		counts[task] = SampleCount{Original: r.NSamples[task].Original, Effective: written[task]}
	}
	shots := maps.Clone(r.NShot)
	for group, res := range r.Groups {
		n := 0
		for _, task := range r.GroupSubtasks[group] {
			n += written[task]
		}
		name := group
		for results[name] != nil { // a group and a task of one name cannot both be in results
			name += "_group"
		}
		results[name], groups[name] = lmEvalMetrics(name, res, n), lmEvalMetrics(name, res, n)
	}
	started, _ := time.Parse(time.RFC3339, r.Host.Started)
	out := map[string]any{
		"results": results, "group_subtasks": r.GroupSubtasks, "configs": configs, "versions": r.Versions, "n-shot": shots,
		"higher_is_better": r.HigherIsBetter, "n-samples": counts, "task_hashes": hashes,
		"config": map[string]any{
			"model": r.ModelSource, "model_args": "pretrained=" + r.ModelName, "model_num_parameters": r.Model.Parameters, "model_dtype": r.Model.Quant,
			"model_sha": r.Model.SHA256, "batch_size": strconv.Itoa(r.Perf.BatchSize), "batch_sizes": []int{}, "device": r.Engine.Device, "use_cache": nil,
			"limit": lmEvalLimit(r.Config.Limit), "bootstrap_iters": r.Config.BootstrapIters, "gen_kwargs": r.Config.GenKwargs,
			"random_seed": r.Config.RandomSeed, "numpy_seed": r.Config.RandomSeed, "torch_seed": r.Config.RandomSeed, "fewshot_seed": r.Config.RandomSeed,
		},
		"git_hash": nil, "date": lmEvalFloat(started.Unix()), "model_source": r.ModelSource, "model_name": r.ModelName,
		"model_name_sanitized": lmEvalName(r.ModelName), "system_instruction": nil, "system_instruction_sha": nil,
		"fewshot_as_multiturn": r.FewshotMultiturn, "chat_template": nil, "chat_template_sha": nil,
		"total_evaluation_time_seconds": strconv.FormatFloat(r.Perf.WallSeconds, 'f', -1, 64), "max_length": r.Engine.Context,
		"llama4_eval": map[string]any{
			"schema_version": r.SchemaVersion, "results": r.Results, "groups": r.Groups, "limit": r.Config.Limit, "identity": r.Config.Identity,
			"digest": r.Digest, "engine": r.Engine, "model": r.Model, "run_id": r.Host.RunID, "skipped": r.Skipped, "warnings": r.Warnings,
		},
	}
	if len(groups) > 0 {
		out["groups"] = groups
	}
	if s := r.SystemInstruction; s != "" {
		sum := sha256.Sum256([]byte(s))
		out["system_instruction"], out["system_instruction_sha"] = s, hex.EncodeToString(sum[:])
	}
	if r.ChatTemplateSHA != "" {
		out["chat_template_sha"] = r.ChatTemplateSHA
	}
	return out
}

func lmEvalMetrics(name string, res Result, n int) map[string]any {
	out := map[string]any{"name": name, "alias": res.Alias, "sample_len": n}
	for metric, v := range res.Values {
		out[metric+","+filterNone] = lmEvalFloat(v.Value)
		out[metric+partStderr+","+filterNone] = notKnown
		if v.Stderr != nil {
			out[metric+partStderr+","+filterNone] = lmEvalFloat(*v.Stderr)
		}
	}
	return out
}

func lmEvalConfig(c TaskConfig, version int, chosen bool) map[string]any {
	kind := "generate_until"
	if c.Kind == "choice" || chosen { // the other kinds ask either way
		kind = "multiple_choice"
	}
	metrics := []map[string]any{}
	for _, m := range c.MetricList {
		metrics = append(metrics, map[string]any{"metric": m.Metric, "aggregation": m.Aggregation, "higher_is_better": m.HigherIsBetter})
	}
	out := map[string]any{
		"task": c.Task, "description": c.Title, "dataset_path": c.Source, "output_type": kind, "test_split": c.Split, "num_fewshot": c.Shots,
		"metric_list": metrics, "repeats": 1, "should_decontaminate": false, "metadata": map[string]any{"version": version},
	}
	if c.Family != "" {
		out["tag"] = []string{c.Family}
	}
	if c.ShotSource != "" {
		out["fewshot_split"] = c.ShotSource
	}
	if kind == "generate_until" {
		until := c.Stop
		if until == nil {
			until = []string{}
		}
		out["generation_kwargs"] = map[string]any{"until": until, "max_gen_toks": c.MaxTokens}
	}
	return out
}

// lmEvalLimit is the limit as a number, where it is one.
func lmEvalLimit(limit string) any {
	if v, err := strconv.ParseFloat(limit, 64); err == nil {
		return lmEvalFloat(v)
	}
	return nil
}
