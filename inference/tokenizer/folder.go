package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Sizes up to which the files of a folder are read; the largest tokenizer.json known has 33 MB.
const (
	maxTokenizerFile = 256 << 20
	maxConfigFile    = 16 << 20
)

// FromFolder makes the tokenizer of a Hugging Face folder: from tokenizer.json and the configuration files beside it or,
// where that is missing, from the tokenizer.model of Llama 3 or 4, a rank file.
func FromFolder(dir string) (*Tokenizer, error) {
	var f Files
	var err error
	for _, file := range []struct {
		name string
		data *[]byte
		max  int64
	}{
		{"tokenizer.json", &f.TokenizerJSON, maxTokenizerFile},
		{"tokenizer_config.json", &f.TokenizerConfig, maxConfigFile},
		{"generation_config.json", &f.GenerationConfig, maxConfigFile},
		{"config.json", &f.Config, maxConfigFile},
		{"chat_template.jinja", &f.ChatTemplate, maxConfigFile},
	} {
		if *file.data, err = readFile(filepath.Join(dir, file.name), file.max); err != nil {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
	}
	if f.TokenizerJSON != nil {
		t, err := FromJSON(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		return t, nil
	}
	ranks, err := readFile(filepath.Join(dir, "tokenizer.model"), maxTokenizerFile)
	switch {
	case err != nil:
		return nil, fmt.Errorf("tokenizer: %w", err)
	case ranks == nil:
		return nil, fmt.Errorf("tokenizer: %s has neither tokenizer.json nor tokenizer.model", dir)
	}
	t, err := fromMetaRanks(ranks, f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", filepath.Join(dir, "tokenizer.model"), err)
	}
	return t, nil
}

// readFile reads a file of at most limit bytes; a file that is not there gives nil.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, limit>>20)
	case data == nil:
		data = []byte{}
	}
	return data, nil
}

// fromMetaRanks reads the tokenizer.model that Llama 3 and 4 came with; the number of ranks tells which.
func fromMetaRanks(data []byte, f Files) (*Tokenizer, error) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if word, _, ok := bytes.Cut(line, []byte(" ")); !ok || !isBase64(word) {
		return nil, fmt.Errorf("this is not a rank file; a SentencePiece model has to be converted to tokenizer.json or GGUF")
	}
	tokens, err := parseRanks(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	v := vocabulary{model: BPE, rawBytes: true, ignoreMerges: true, eos: -1, addBOS: true, tokens: tokens}
	var special map[string]int32
	switch len(tokens) {
	case llama3Ranks:
		v.pre, _ = preTokenizerByName("llama-bpe")
		special = llama3Special()
	case llama4Ranks:
		v.pre, _ = preTokenizerByName("llama4")
		special = llama4Special()
	default:
		return nil, fmt.Errorf("%d ranks are neither Llama 3 (%d) nor Llama 4 (%d)", len(tokens), llama3Ranks, llama4Ranks)
	}
	if v.tokens, err = withSpecial(tokens, special); err != nil {
		return nil, err
	}
	v.bos = special["<|begin_of_text|>"]
	if err := f.configure(&v, special); err != nil {
		return nil, err
	}
	return build(v)
}

func isBase64(word []byte) bool {
	_, err := base64.StdEncoding.DecodeString(string(word))
	return err == nil && len(word) > 0
}

// configure reads the configuration files: which tokens begin and end a text, and the chat template.
func (f *Files) configure(v *vocabulary, ids map[string]int32) error {
	var tc struct {
		BOS          tokenName       `json:"bos_token"`
		EOS          tokenName       `json:"eos_token"`
		AddBOS       *bool           `json:"add_bos_token"`
		AddEOS       bool            `json:"add_eos_token"`
		ChatTemplate json.RawMessage `json:"chat_template"`
	}
	if err := unmarshal(f.TokenizerConfig, &tc, "tokenizer_config.json"); err != nil {
		return err
	}
	if tc.AddEOS {
		return fmt.Errorf("tokenizer_config.json: add_eos_token is not supported")
	}
	for _, named := range []struct {
		key  string
		name tokenName
		id   *int32
	}{{"bos_token", tc.BOS, &v.bos}, {"eos_token", tc.EOS, &v.eos}} {
		if named.name == "" || *named.id >= 0 {
			continue
		}
		id, ok := ids[string(named.name)]
		if !ok {
			return fmt.Errorf("tokenizer_config.json: %s %s is not a token", named.key, printable(string(named.name)))
		}
		*named.id = id
	}
	if err := f.configureIDs(v); err != nil {
		return err
	}
	if tc.AddBOS != nil {
		v.addBOS = *tc.AddBOS && v.bos >= 0
	}
	v.chatTemplate = string(f.ChatTemplate)
	if v.chatTemplate == "" {
		v.chatTemplate = defaultTemplate(tc.ChatTemplate)
	}
	return nil
}

// configureIDs reads the token ids of generation_config.json and config.json.
func (f *Files) configureIDs(v *vocabulary) error {
	type ids struct {
		BOS  tokenIDs `json:"bos_token_id"`
		EOS  tokenIDs `json:"eos_token_id"`
		Text *struct {
			BOS tokenIDs `json:"bos_token_id"`
			EOS tokenIDs `json:"eos_token_id"`
		} `json:"text_config"`
	}
	for _, file := range []struct {
		name string
		data []byte
	}{{"generation_config.json", f.GenerationConfig}, {"config.json", f.Config}} {
		var c ids
		if err := unmarshal(file.data, &c, file.name); err != nil {
			return err
		}
		if c.Text != nil {
			c.BOS = append(c.BOS, c.Text.BOS...)
			c.EOS = append(c.EOS, c.Text.EOS...)
		}
		for _, id := range append(append(tokenIDs(nil), c.BOS...), c.EOS...) {
			if int(id) >= len(v.tokens) || id < 0 {
				return fmt.Errorf("%s: token %d is not in the vocabulary of %d", file.name, id, len(v.tokens))
			}
		}
		v.ends = append(v.ends, c.EOS...)
		if v.bos < 0 && len(c.BOS) > 0 {
			v.bos = c.BOS[0]
		}
		if v.eos < 0 && len(c.EOS) > 0 {
			v.eos = c.EOS[0]
		}
	}
	return nil
}

func unmarshal(data []byte, into any, name string) error {
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// tokenName is a token given as its text or as an object with the text as content.
type tokenName string

func (n *tokenName) UnmarshalJSON(raw []byte) error {
	var object struct {
		Content string `json:"content"`
	}
	if len(raw) > 0 && raw[0] == '{' {
		err := json.Unmarshal(raw, &object)
		*n = tokenName(object.Content)
		return err
	}
	return json.Unmarshal(raw, (*string)(n))
}

// tokenIDs is null, one id or a list of ids.
type tokenIDs []int32

func (t *tokenIDs) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]int32)(t))
	}
	var id *int32
	if err := json.Unmarshal(raw, &id); err != nil {
		return err
	}
	*t = nil
	if id != nil {
		*t = tokenIDs{*id}
	}
	return nil
}

// defaultTemplate reads chat_template: a text, or a list of named ones of which "default" is taken.
func defaultTemplate(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var named []struct {
		Name     string `json:"name"`
		Template string `json:"template"`
	}
	if json.Unmarshal(raw, &named) == nil {
		for _, t := range named {
			if t.Name == "default" {
				return t.Template
			}
		}
	}
	return ""
}
