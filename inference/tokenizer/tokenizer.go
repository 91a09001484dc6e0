package tokenizer

import (
	"fmt"
	"slices"
)

// Model is the kind of a tokenizer.
type Model string

const (
	BPE Model = "bpe" // byte-level: a pre-tokenizer cuts the text, merges start from single bytes
	SPM Model = "spm" // SentencePiece style: spaces become U+2581, merges start from characters, bytes are the fallback
)

// A Tokenizer turns text into token ids and back. It does not change after it was made and is safe for concurrent use.
type Tokenizer struct {
	model  Model
	pre    string
	tokens []token
	texts  map[string]int32 // special tokens by name: control, unknown and user-defined ones

	split        splitter     // nil: the text is not cut
	nfc          bool         // normalize text to NFC first
	ignoreMerges bool         // a piece that is a token is that token, whatever the merges say
	spacePrefix  bool         // SPM: a space before the first text and before text after a special token
	vocab        *stringTable // ids by piece, SPM: by text
	longest      int          // bytes of the longest key of vocab
	merges       *mergeTable
	ranks        []int32    // by id; with merges nil and ranks nil the id is the rank
	bytes        [256]int32 // token of each byte, -1 if there is none

	raw        matcher // user-defined tokens found in the text as it is
	normalized matcher // user-defined tokens found in normalized text

	bos, eos     int32 // -1 if there is none
	addBOS       bool
	ends         []int32 // ascending
	chatTemplate string
}

type token struct {
	text  string // as the file spells it
	piece string // bytes it stands for, empty for control tokens
	kind  kind
}

// kind is the type of a token; the numbers are those of tokenizer.ggml.token_type.
type kind uint8

const (
	normal      kind = 1
	unknown     kind = 2
	control     kind = 3 // never from text
	userDefined kind = 4 // found in text before anything else
	unused      kind = 5
	byteToken   kind = 6
)

// Model returns the kind of the tokenizer.
func (t *Tokenizer) Model() Model { return t.model }

// Pre returns the name of the pre-tokenizer, such as "qwen2", or "" for SPM.
func (t *Tokenizer) Pre() string { return t.pre }

// VocabSize returns the number of ids, unused ones included. The rows of a model's embedding may be more.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// BOS returns the token that stands at the beginning of a text, -1 if there is none, and whether prompts get it.
func (t *Tokenizer) BOS() (id int32, add bool) { return t.bos, t.addBOS }

// EOS returns the end token that the file itself names, -1 if it names none. Generation stops at any of EndTokens.
func (t *Tokenizer) EOS() int32 { return t.eos }

// EndTokens returns the tokens at which generation stops, ascending: those that the file names as end of text, turn or
// message, and the control tokens that are known to be such in the families supported. The caller must not change it.
func (t *Tokenizer) EndTokens() []int32 { return t.ends }

// IsEnd reports whether generation stops at id.
func (t *Tokenizer) IsEnd(id int32) bool {
	_, found := slices.BinarySearch(t.ends, id)
	return found
}

// Special returns the id of the special token called name: a control token such as "<|im_start|>", an unknown token, or a
// user-defined token such as "<start_of_image>".
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.texts[name]
	return id, ok
}

// HasSpecial reports whether there is a special token called name.
func (t *Tokenizer) HasSpecial(name string) bool {
	_, ok := t.texts[name]
	return ok
}

// IsSpecial reports whether id is a control or unknown token, which stands for no text.
func (t *Tokenizer) IsSpecial(id int32) bool {
	return t.valid(id) && (t.tokens[id].kind == control || t.tokens[id].kind == unknown)
}

// TokenText returns the token as the file spells it (byte-level tokens in the GPT-2 alphabet, SPM tokens with U+2581
// for a space), for people to look at. It is empty for an id out of range.
func (t *Tokenizer) TokenText(id int32) string {
	if !t.valid(id) {
		return ""
	}
	return t.tokens[id].text
}

// ChatTemplate returns the Jinja text that came with the tokenizer, or "".
func (t *Tokenizer) ChatTemplate() string { return t.chatTemplate }

func (t *Tokenizer) valid(id int32) bool { return id >= 0 && int(id) < len(t.tokens) }

// describe names a token in messages.
func (t *Tokenizer) describe(id int32) string {
	return fmt.Sprintf("%d (%q)", id, t.TokenText(id))
}
