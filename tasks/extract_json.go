package tasks

import (
	"encoding/json"
	"slices"
	"strings"
)

// extractJSON finds the object or array of an answer. Nothing is repaired: what is no JSON is none.
func extractJSON(text string) (raw, rule string, ok bool) {
	return extract(SortJSON, text, sought{})
}

// jsonValue is a text that is a JSON object or array, as a list of one.
func jsonValue(s string) []string {
	if len(s) < 2 || s[0] != '{' && s[0] != '[' || !json.Valid([]byte(s)) {
		return nil
	}
	return []string{s}
}

// fenced is the last block between ``` that is JSON.
func (t answerText) fenced() []string {
	parts := strings.Split(t.whole, "```")
	for i := len(parts) - 1 - len(parts)%2; i > 0; i -= 2 {
		block := strings.TrimSpace(parts[i])
		for _, language := range []string{"json", "JSON"} {
			block = strings.TrimSpace(strings.TrimPrefix(block, language))
		}
		if v := jsonValue(block); v != nil {
			return v
		}
	}
	return nil
}

// embedded is the first object that is whole and stands in no array, or else the first array: a [1] before an object is a remark.
func (t answerText) embedded() []string {
	s := t.whole
	const most = 64 // beginnings that are tried
	var array []string
	for range most {
		i := strings.IndexAny(s, "{[")
		if i < 0 {
			break
		}
		s = s[i:]
		// A decoder reads one value and stops behind it.
		dec := json.NewDecoder(strings.NewReader(s))
		var v json.RawMessage
		switch err := dec.Decode(&v); {
		case err != nil:
			s = s[1:]
		case v[0] == '{':
			return []string{string(v)}
		default:
			if array == nil {
				array = []string{string(v)}
			}
			s = s[dec.InputOffset():]
		}
	}
	return array
}

// answerKeys are the names of members that hold an answer.
var answerKeys = []string{"answer", "答案", "选项", "选择", "choice", "result", "结果", "value", "final_answer", "最终答案"}

// member is the answer in a JSON object: text, number or a list of one of them.
func (t answerText) member() []string {
	raw, _, ok := extractJSON(t.whole)
	if !ok {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var object map[string]any
	if dec.Decode(&object) != nil {
		return nil
	}
	var out []string
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if !slices.Contains(answerKeys, strings.ToLower(k)) {
			continue
		}
		values, isList := object[k].([]any)
		if !isList {
			values = []any{object[k]}
		}
		for _, v := range values {
			switch v := v.(type) {
			case string:
				out = append(out, string(newNumberText(v).r))
			case json.Number:
				out = append(out, v.String())
			}
		}
	}
	return out
}
