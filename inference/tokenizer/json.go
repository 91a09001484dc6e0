package tokenizer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// Files are the files of a Hugging Face folder that describe its tokenizer; all but TokenizerJSON may be missing (nil).
type Files struct {
	TokenizerJSON    []byte // tokenizer.json
	TokenizerConfig  []byte // tokenizer_config.json: bos_token, eos_token, add_bos_token, chat_template
	GenerationConfig []byte // generation_config.json: eos_token_id
	Config           []byte // config.json: eos_token_id, bos_token_id
	ChatTemplate     []byte // chat_template.jinja
}

// FromJSON makes the tokenizer of a Hugging Face folder from the contents of its files. It knows byte-level BPE with the
// pre-tokenizers of the supported families, with or without NFC, and the BPE with byte fallback of Gemma and Llama 2;
// anything else is an error that names what is not known.
func FromJSON(f Files) (*Tokenizer, error) {
	v, err := jsonVocabulary(f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := build(v)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	return t, nil
}

type tokenizerJSON struct {
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Model         modelJSON       `json:"model"`
}

type addedToken struct {
	ID         int64  `json:"id"`
	Content    string `json:"content"`
	Special    bool   `json:"special"`
	Normalized bool   `json:"normalized"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
}

type modelJSON struct {
	Type         string          `json:"type"`
	Vocab        json.RawMessage `json:"vocab"`
	Merges       json.RawMessage `json:"merges"`
	UnkToken     *string         `json:"unk_token"`
	Dropout      float64         `json:"dropout"`
	WordPrefix   string          `json:"continuing_subword_prefix"`
	WordSuffix   string          `json:"end_of_word_suffix"`
	ByteFallback bool            `json:"byte_fallback"`
	IgnoreMerges bool            `json:"ignore_merges"`
}

// step is one element of a normalizer, pre-tokenizer or post-processor.
type step struct {
	Type string `json:"type"`

	Normalizers   []step `json:"normalizers"`
	PreTokenizers []step `json:"pretokenizers"`
	Processors    []step `json:"processors"`

	Pattern struct {
		Regex  *string `json:"Regex"`
		String *string `json:"String"`
	} `json:"pattern"`
	Content          string         `json:"content"`
	Prepend          string         `json:"prepend"`
	Behavior         string         `json:"behavior"`
	Invert           bool           `json:"invert"`
	AddPrefixSpace   bool           `json:"add_prefix_space"`
	UseRegex         *bool          `json:"use_regex"`
	IndividualDigits bool           `json:"individual_digits"`
	Single           []templatePart `json:"single"`
}

type templatePart struct {
	SpecialToken *struct {
		ID string `json:"id"`
	} `json:"SpecialToken"`
}

// steps reads a step, which may be null or a sequence, as a flat list.
func steps(raw json.RawMessage, what string) ([]step, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var s step
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %s: %w", what, err)
	}
	return flatten(nil, s), nil
}

func flatten(list []step, s step) []step {
	if s.Type != "Sequence" {
		return append(list, s)
	}
	for _, group := range [][]step{s.Normalizers, s.PreTokenizers, s.Processors} {
		for _, e := range group {
			list = flatten(list, e)
		}
	}
	return list
}

func jsonVocabulary(f Files) (v vocabulary, err error) {
	var file tokenizerJSON
	if err := json.Unmarshal(f.TokenizerJSON, &file); err != nil {
		return v, fmt.Errorf("tokenizer.json: %w", err)
	}
	m := file.Model
	switch {
	case m.Type != "BPE" && m.Type != "":
		return v, fmt.Errorf("tokenizer.json: model type %s is not supported (known: BPE)", printable(m.Type))
	case m.Dropout != 0:
		return v, fmt.Errorf("tokenizer.json: BPE with dropout %v is not supported", m.Dropout)
	case m.WordPrefix != "" || m.WordSuffix != "":
		return v, fmt.Errorf("tokenizer.json: BPE with continuing_subword_prefix or end_of_word_suffix is not supported")
	}
	v.bos, v.eos = -1, -1
	v.ignoreMerges = m.IgnoreMerges
	v.leftmost = true
	if err := file.pipeline(&v); err != nil {
		return v, err
	}
	if v.tokens, err = file.tokens(v.model); err != nil {
		return v, err
	}
	if v.merges, err = parseMerges(m.Merges); err != nil {
		return v, err
	}
	for _, a := range file.AddedTokens {
		switch {
		case a.LStrip || a.RStrip || a.SingleWord:
			return v, fmt.Errorf("tokenizer.json: added token %s: lstrip, rstrip and single_word are not supported", printable(a.Content))
		case a.Normalized && !a.Special && v.spacePrefix:
			return v, fmt.Errorf("tokenizer.json: added token %s: normalized together with a Prepend normalizer is not supported",
				printable(a.Content))
		case a.Normalized && !a.Special:
			v.normalizedText = append(v.normalizedText, a.Content)
		}
	}
	ids := make(map[string]int32, len(v.tokens))
	for i, tok := range v.tokens {
		ids[tok.text] = int32(i)
	}
	if err := file.postProcess(&v, ids); err != nil {
		return v, err
	}
	return v, f.configure(&v, ids)
}

// pipeline reads normalizer and pre-tokenizer.
func (f *tokenizerJSON) pipeline(v *vocabulary) error {
	normalizers, err := steps(f.Normalizer, "normalizer")
	if err != nil {
		return err
	}
	marksSpaces := false
	for _, s := range normalizers {
		switch {
		case s.Type == "NFC":
			v.nfc = true
		case s.Type == "Prepend" && s.Prepend == spaceMark && !marksSpaces:
			v.spacePrefix = true
		case s.Type == "Replace" && s.Content == spaceMark && s.Pattern.String != nil && *s.Pattern.String == " ":
			marksSpaces = true
		default:
			return fmt.Errorf("tokenizer.json: normalizer %s is not supported in this place (known: NFC; Prepend ▁ and Replace of a space by ▁)",
				printable(s.Type))
		}
	}
	cuts, err := steps(f.PreTokenizer, "pre_tokenizer")
	if err != nil {
		return err
	}
	if marksSpaces {
		return f.spacePipeline(v, cuts)
	}
	if v.spacePrefix || f.Model.ByteFallback {
		return fmt.Errorf("tokenizer.json: BPE with byte_fallback but no normalizer that replaces a space by ▁ is not supported")
	}
	v.model = BPE
	v.pre, err = byteLevelCuts(cuts)
	return err
}

// spacePipeline reads the layout of Gemma and Llama 2: spaces are marked, and the text is not cut.
func (f *tokenizerJSON) spacePipeline(v *vocabulary, cuts []step) error {
	v.model = SPM
	if v.nfc || !f.Model.ByteFallback {
		return fmt.Errorf("tokenizer.json: BPE over characters is supported with byte_fallback and without NFC only")
	}
	for _, s := range cuts {
		// A cut at spaces after all spaces were replaced does nothing.
		if s.Type == "Split" && s.Pattern.String != nil && *s.Pattern.String == " " && !s.Invert {
			continue
		}
		return fmt.Errorf("tokenizer.json: pre_tokenizer %s is not supported together with ▁ for spaces", printable(s.Type))
	}
	return nil
}

// byteLevelCuts finds the pre-tokenizer that a list of steps amounts to.
func byteLevelCuts(cuts []step) (preTokenizer, error) {
	var none preTokenizer
	if len(cuts) == 0 || cuts[len(cuts)-1].Type != "ByteLevel" {
		return none, fmt.Errorf("tokenizer.json: pre_tokenizer %s does not end with ByteLevel; only byte-level BPE and the layout of Gemma are supported",
			printable(stepNames(cuts)))
	}
	last := cuts[len(cuts)-1]
	regex := last.UseRegex == nil || *last.UseRegex
	name := ""
	switch before := cuts[:len(cuts)-1]; {
	case last.AddPrefixSpace:
		return none, fmt.Errorf("tokenizer.json: ByteLevel with add_prefix_space is not supported")
	case len(before) == 0 && regex:
		name = "gpt-2"
	case len(before) == 1 && before[0].Type == "Digits" && before[0].IndividualDigits && regex:
		name = "smollm"
	case len(before) == 1 && before[0].Type == "Split" && !regex:
		return splitByPattern(before[0])
	default:
		return none, fmt.Errorf("tokenizer.json: pre_tokenizer with %s before ByteLevel (use_regex %t) is not supported",
			printable(stepNames(before)), regex)
	}
	pre, _ := preTokenizerByName(name)
	return pre, nil
}

func stepNames(list []step) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Type
	}
	return strings.Join(names, ", ")
}

func splitByPattern(s step) (preTokenizer, error) {
	if s.Pattern.Regex == nil || s.Behavior != "Isolated" || s.Invert {
		return preTokenizer{}, fmt.Errorf("tokenizer.json: pre_tokenizer Split is supported with a known Regex, behavior Isolated, not inverted")
	}
	for _, p := range preTokenizers() {
		if p.pattern == *s.Pattern.Regex {
			return p, nil
		}
	}
	return preTokenizer{}, fmt.Errorf("tokenizer.json: pre_tokenizer pattern %s is not known (known are those of %s)",
		printable(*s.Pattern.Regex), preTokenizerNames())
}

// tokens lays the vocabulary and the added tokens out by id. Gaps are left as unused tokens.
func (f *tokenizerJSON) tokens(model Model) ([]token, error) {
	var vocab map[string]int64
	if len(f.Model.Vocab) == 0 || bytes.Equal(f.Model.Vocab, []byte("null")) {
		return nil, fmt.Errorf("tokenizer.json: model.vocab is missing")
	}
	if err := json.Unmarshal(f.Model.Vocab, &vocab); err != nil {
		return nil, fmt.Errorf("tokenizer.json: model.vocab: %w", err)
	}
	// Ids are dense in real files; a few holes are harmless, a huge id is not.
	limit := int64(4*(len(vocab)+len(f.AddedTokens)) + 1<<16)
	limit = min(limit, math.MaxInt32)
	size := int64(0)
	for text, id := range vocab {
		if id < 0 || id >= limit {
			return nil, fmt.Errorf("tokenizer.json: model.vocab: %s has id %d, in a vocabulary of %d", printable(text), id, len(vocab))
		}
		size = max(size, id+1)
	}
	for _, a := range f.AddedTokens {
		if a.ID < 0 || a.ID >= limit {
			return nil, fmt.Errorf("tokenizer.json: added token %s has id %d, in a vocabulary of %d", printable(a.Content), a.ID, len(vocab))
		}
		size = max(size, a.ID+1)
	}
	tokens := make([]token, size)
	for text, id := range vocab {
		if other := tokens[id].text; other != "" {
			a, b := min(other, text), max(other, text)
			return nil, fmt.Errorf("tokenizer.json: model.vocab: %s and %s both have id %d", printable(a), printable(b), id)
		}
		k := normal
		if model == SPM {
			if _, ok := parseByteToken(text); ok {
				k = byteToken
			}
		}
		if f.Model.UnkToken != nil && text == *f.Model.UnkToken {
			k = unknown
		}
		tokens[id] = token{text: text, kind: k}
	}
	for _, a := range f.AddedTokens {
		if other := tokens[a.ID].text; other != "" && other != a.Content {
			return nil, fmt.Errorf("tokenizer.json: added token %s has id %d, which is %s", printable(a.Content), a.ID, printable(other))
		}
		tokens[a.ID] = token{text: a.Content, kind: userDefined}
		if a.Special {
			tokens[a.ID].kind = control
		}
	}
	return tokens, nil
}

// parseMerges reads merges as "left right" strings or as pairs.
func parseMerges(raw json.RawMessage) (mergeList, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, fmt.Errorf("tokenizer.json: model.merges is missing")
	}
	var list []mergeJSON
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("tokenizer.json: model.merges: %w", err)
	}
	return mergePairs(list), nil
}

// mergePairs are merges as a tokenizer.json has them.
type mergePairs []mergeJSON

func (l mergePairs) size() int { return len(l) }

func (l mergePairs) at(i int) (left, right string, err error) { return l[i][0], l[i][1], nil }

type mergeJSON [2]string

func (m *mergeJSON) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var line string
		if err := json.Unmarshal(raw, &line); err != nil {
			return err
		}
		pair, err := parseMerge(line)
		*m = pair
		return err
	}
	var parts []string
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 2 {
		return fmt.Errorf("%s is not a pair of tokens", printable(string(raw)))
	}
	*m = mergeJSON(parts)
	return nil
}

// postProcess finds the token that is put before a text.
func (f *tokenizerJSON) postProcess(v *vocabulary, ids map[string]int32) error {
	processors, err := steps(f.PostProcessor, "post_processor")
	if err != nil {
		return err
	}
	for _, s := range processors {
		if s.Type != "TemplateProcessing" {
			continue // ByteLevel only moves offsets
		}
		text := false
		for _, p := range s.Single {
			if p.SpecialToken == nil {
				text = true
				continue
			}
			id, ok := ids[p.SpecialToken.ID]
			switch {
			case !ok:
				return fmt.Errorf("tokenizer.json: post_processor: %s is not a token", printable(p.SpecialToken.ID))
			case text || v.addBOS:
				return fmt.Errorf("tokenizer.json: post_processor: more than one token before a text, or one after it, is not supported (%s)",
					printable(p.SpecialToken.ID))
			}
			v.bos, v.addBOS = id, true
		}
	}
	return nil
}
