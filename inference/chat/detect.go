package chat

import "strings"

// All lists the templates.
func All() []*Template {
	return []*Template{Llama4(), Llama31(), Llama3(), Gemma3(), Gemma2(), SmolLM2(), Qwen25(), Qwen2(), ChatML()}
}

// Named returns the template of that name.
func Named(name string) (*Template, bool) {
	for _, t := range All() {
		if t.Name == name {
			return t, true
		}
	}
	return nil, false
}

// Detect returns the template that a file's own Jinja text stands for. The text is recognized by what it writes: the
// special tokens of its family, and for families that share them the system text. arch is the model's architecture
// ("gemma2", "llama", ...), which tells Gemma 2 from 3. hasSpecial says whether the vocabulary has a special token; a
// template whose tokens it lacks is not used. It returns false for an empty or unknown text.
func Detect(jinja, arch string, hasSpecial func(name string) bool) (*Template, bool) {
	has := func(marker string) bool { return strings.Contains(jinja, marker) }
	var t *Template
	switch {
	case has(headerStart):
		t = Llama4()
	case has(startHeader) && has("Cutting Knowledge Date"):
		t = Llama31()
	case has(startHeader):
		t = Llama3()
	case has(gemmaStart) && (arch == "gemma" || arch == "gemma2" || has("System role not supported")):
		t = Gemma2()
	case has(gemmaStart):
		t = Gemma3()
	case !has(imStart) || !has(imEnd) || has("<|im_sep|>"): // Phi-4 divides role and text by <|im_sep|>
		return nil, false
	case has(SmolLM2().System):
		t = SmolLM2()
	case has(Qwen25().System):
		t = Qwen25()
	case has(Qwen2().System):
		t = Qwen2()
	default:
		t = ChatML()
	}
	if !t.usable(hasSpecial) {
		return nil, false
	}
	return t, true
}

// ForVocabulary returns the template that goes with the special tokens of a vocabulary, for models whose file brings no
// template: ChatML without a system text, and Llama 3 without dates.
func ForVocabulary(hasSpecial func(name string) bool) (*Template, bool) {
	for _, t := range []*Template{Llama4(), Llama3(), Gemma3(), ChatML()} {
		if t.usable(hasSpecial) {
			return t, true
		}
	}
	return nil, false
}

func (t *Template) usable(hasSpecial func(name string) bool) bool {
	for _, name := range t.Tokens {
		if !hasSpecial(name) {
			return false
		}
	}
	return true
}

// ModelInfo is what a model file says about itself, as far as it tells instruct models from base models.
type ModelInfo struct {
	EOS      string // text of the end token the file names (tokenizer.EOS, tokenizer.TokenText)
	Finetune string // general.finetune of a GGUF file
	Name     string // general.name of a GGUF file, or the name of a folder
}

// Instruct reports whether a model whose file has template t (as Detect found it) was trained on it. Base models often carry the template of their
// instruct sister; what tells them apart is the end token: an instruct model ends with its turn, a base model with the
// text. Gemma names the end of text in both, but only the instruct models have a template. Where the end token does not
// say so, a name such as "Instruct", "Chat" or "it" does.
func Instruct(t *Template, m ModelInfo) bool {
	if t == nil {
		return false
	}
	if m.EOS == t.EndOfTurn || t.EndOfTurn == gemmaEnd {
		return true
	}
	for _, name := range []string{m.Finetune, m.Name} {
		for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !isWord(r) }) {
			if word == "instruct" || word == "chat" || word == "it" {
				return true
			}
		}
	}
	return false
}

func isWord(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' }
