package inference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// maxConfig is the most bytes of a config.json; real ones have a few kilobytes, with lists for every layer some hundred.
const maxConfig = 16 << 20

// A modelConfig is a config.json: objects are map[string]any, lists []any, numbers int64, uint64 or float64.
type modelConfig map[string]any

// readConfig reads a config.json.
func readConfig(path string) (modelConfig, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("model: %w", err)
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("model: %s: not a regular file", path)
	case st.Size() > maxConfig:
		return nil, fmt.Errorf("model: %s: %d bytes, more than %d", path, st.Size(), maxConfig)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	c, err := parseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", path, err)
	}
	return c, nil
}

func parseConfig(text []byte) (modelConfig, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber() // or large integers would lose digits
	var c map[string]any
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("%w (at byte %d)", err, dec.InputOffset())
	}
	if c == nil {
		return nil, fmt.Errorf("null where an object is wanted")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("more text after the object (at byte %d)", dec.InputOffset())
	}
	for key, v := range c {
		v, err := numbers(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		c[key] = v
	}
	return c, nil
}

// numbers gives every number in v the type it is written as: an integer, or with a point or exponent a float64.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i, nil
		}
		if u, err := strconv.ParseUint(string(v), 10, 64); err == nil {
			return u, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("number %s is out of range", v)
		}
		return f, nil
	case []any:
		for i, e := range v {
			if v[i], err = numbers(e); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key, e := range v {
			if v[key], err = numbers(e); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	return v, nil
}

// ownKeys are the settings of a multimodal config.json that are about the whole, where text_config has others of the
// same name.
var ownKeys = []string{"model_type", "architectures"}

// lookup finds a setting by its path, such as "rope_scaling.factor". Multimodal checkpoints keep the settings of
// the language model in the object text_config: these are found under their own names too, and come before those of
// the whole, from which the language model isn't built. A setting that is null counts as absent. Objects are given as
// map[string]any.
func (c modelConfig) lookup(key string) (any, bool) {
	if text, ok := c["text_config"].(map[string]any); ok && !slices.Contains(ownKeys, key) {
		if v, ok := find(text, key); ok {
			return v, true
		}
	}
	return find(c, key)
}

func find(m map[string]any, path string) (any, bool) {
	if v, ok := m[path]; ok {
		return v, v != nil
	}
	name, rest, nested := strings.Cut(path, ".")
	inner, ok := m[name].(map[string]any)
	if !nested || !ok {
		return nil, false
	}
	return find(inner, rest)
}
