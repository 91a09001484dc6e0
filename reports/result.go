package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// filterNone is the name of the answer filter in the keys of lm-evaluation-harness. Our extraction rules belong to a
// task's version, so there is only one.
const filterNone = "none"

// notKnown stands for a standard error that cannot be computed, as lm-evaluation-harness writes it.
const notKnown = "N/A"

// The parts that a key consists of: metric + part + "," + filter.
const (
	partStderr    = "_stderr"
	partCI        = "_ci95"
	partClusterCI = "_ci95_cluster"
	partN         = "_n"
)

// counts of a Result in JSON.
type flatCounts struct {
	Scored          int     `json:"n_scored"`
	Unparsed        int     `json:"n_unparsed"`
	Truncated       int     `json:"n_truncated"`
	PromptTruncated int     `json:"n_prompt_truncated"`
	AnswerTruncated int     `json:"n_answer_truncated"`
	Errors          int     `json:"n_errors"`
	Skipped         int     `json:"n_skipped"`
	ExtractRate     float64 `json:"extract_rate"`
}

// MarshalJSON writes the flat object described at [Result], keys sorted.
func (r Result) MarshalJSON() ([]byte, error) {
	flat, err := r.flat()
	if err != nil {
		return nil, err
	}
	flat["alias"] = r.Alias
	return json.Marshal(flat)
}

// MarshalJSON writes the flat object described at [Breakdown], keys sorted.
func (b Breakdown) MarshalJSON() ([]byte, error) {
	flat, err := b.Result.flat()
	if err != nil {
		return nil, err
	}
	flat["value"], flat["n"] = b.Value, b.N
	return json.Marshal(flat)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Breakdown) UnmarshalJSON(raw []byte) error {
	var flat map[string]json.RawMessage
	if err := json.Unmarshal(raw, &flat); err != nil {
		return err
	}
	*b = Breakdown{}
	for key, to := range map[string]any{"value": &b.Value, "n": &b.N} {
		if err := json.Unmarshal(flat[key], to); err != nil {
			return fmt.Errorf("reports: breakdown key %q: %w", key, err)
		}
		delete(flat, key)
	}
	rest, err := json.Marshal(flat)
	if err != nil {
		return err
	}
	return b.Result.UnmarshalJSON(rest)
}

// flat is the object without a name.
func (r Result) flat() (map[string]any, error) {
	flat := map[string]any{}
	for name, v := range r.Values {
		flat[name+","+filterNone] = v.Value
		flat[name+partStderr+","+filterNone] = notKnown
		if v.Stderr != nil {
			flat[name+partStderr+","+filterNone] = *v.Stderr
		}
		if v.CI95 != nil {
			flat[name+partCI+","+filterNone] = *v.CI95
		}
		if v.ClusterCI95 != nil {
			flat[name+partClusterCI+","+filterNone] = *v.ClusterCI95
		}
		flat[name+partN+","+filterNone] = v.N
	}
	if r.Members > 0 {
		flat["members"], flat["members_of"] = r.Members, r.Of
	}
	if r.Counts != nil {
		b, err := json.Marshal(flatCounts(*r.Counts))
		if err != nil {
			return nil, err
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, err
		}
		for k, v := range m {
			flat[k] = v
		}
	}
	return flat, nil
}

// UnmarshalJSON reads what MarshalJSON writes. Keys that it does not know are an error, so that a damaged or
// foreign file is not taken for an empty result.
func (r *Result) UnmarshalJSON(b []byte) error {
	var flat map[string]json.RawMessage
	if err := json.Unmarshal(b, &flat); err != nil {
		return err
	}
	*r = Result{Values: map[string]Value{}}
	var known flatCounts
	keys := make([]string, 0, len(flat))
	for k := range flat {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var err error
		switch metric, filter, isMetric := strings.Cut(k, ","); {
		case k == "alias":
			err = json.Unmarshal(flat[k], &r.Alias)
		case k == "members":
			err = json.Unmarshal(flat[k], &r.Members)
		case k == "members_of":
			err = json.Unmarshal(flat[k], &r.Of)
		case k == "n_scored":
			err = strict(b, &known, flat)
			c := Counts(known)
			r.Counts = &c
		case strings.HasPrefix(k, "n_"), k == "extract_rate":
			if _, ok := flat["n_scored"]; !ok {
				err = fmt.Errorf("without n_scored")
			}
		case isMetric && filter == filterNone:
			err = r.setPart(metric, flat[k], flat)
		default:
			err = fmt.Errorf("unknown key")
		}
		if err != nil {
			return fmt.Errorf("reports: result key %q: %w", k, err)
		}
	}
	return nil
}

// strict decodes the count keys of a flat result.
func strict(b []byte, dst *flatCounts, flat map[string]json.RawMessage) error {
	for _, k := range []string{"n_scored", "n_unparsed", "n_truncated", "n_errors", "extract_rate"} {
		if _, ok := flat[k]; !ok {
			return fmt.Errorf("%q is missing", k)
		}
	}
	return json.Unmarshal(b, dst)
}

// setPart stores one key of a metric: its value or one of the parts.
func (r *Result) setPart(key string, raw json.RawMessage, flat map[string]json.RawMessage) error {
	name, part := key, ""
	for _, p := range []string{partStderr, partCI, partClusterCI, partN} {
		if base, ok := strings.CutSuffix(key, p); ok {
			// "acc_n" is a metric of its own unless there is an "acc".
			if _, has := flat[base+","+filterNone]; has {
				name, part = base, p
			}
		}
	}
	v := r.Values[name]
	var err error
	switch part {
	case "":
		err = json.Unmarshal(raw, &v.Value)
	case partStderr:
		if !bytes.Equal(raw, []byte(`"`+notKnown+`"`)) {
			v.Stderr = new(float64)
			err = json.Unmarshal(raw, v.Stderr)
		}
	case partCI:
		v.CI95, err = interval(raw)
	case partClusterCI:
		v.ClusterCI95, err = interval(raw)
	case partN:
		err = json.Unmarshal(raw, &v.N)
	}
	r.Values[name] = v
	return err
}

func interval(raw json.RawMessage) (*[2]float64, error) {
	var two []float64
	if err := json.Unmarshal(raw, &two); err != nil {
		return nil, err
	}
	if len(two) != 2 {
		return nil, fmt.Errorf("%d numbers, want 2", len(two))
	}
	return &[2]float64{two[0], two[1]}, nil
}
