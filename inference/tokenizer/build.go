package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// vocabulary is what a source says; build checks it and makes the Tokenizer.
type vocabulary struct {
	model        Model
	pre          preTokenizer // byte-level only
	nfc          bool
	ignoreMerges bool
	spacePrefix  bool

	tokens   []token // piece is filled by build, except where rawBytes is set
	rawBytes bool    // normal tokens come with their piece

	// How pairs merge: by the list, else by descending score, else by ascending id.
	merges mergeList
	scores []float32

	normalizedText []string // user-defined tokens to be found in normalized text
	unmatched      string   // a user-defined token that is not to be found in text
	leftmost       bool     // of overlapping user-defined tokens the leftmost wins, not the longest

	bos, eos     int32 // -1 if there is none
	addBOS       bool
	ends         []int32
	chatTemplate string
}

// A mergeList is a list of merges; at returns the two parts of one.
type mergeList interface {
	size() int
	at(i int) (left, right string, err error)
}

// controlNames are tokens of the supported families that are control tokens whatever a file says: published files that
// call them normal or user-defined would let text produce them. Those that end a turn, a message or a text are ends.
var controlNames = map[string]struct{ end bool }{
	"<|begin_of_text|>": {}, "<|end_of_text|>": {true}, "<|finetune_right_pad|>": {}, "<|finetune_right_pad_id|>": {},
	"<|header_start|>": {}, "<|header_end|>": {}, "<|eom|>": {true}, "<|eot|>": {true}, "<|step|>": {},
	"<|python_start|>": {}, "<|python_end|>": {}, "<|python_tag|>": {},
	"<|image_start|>": {}, "<|image_end|>": {}, "<|image|>": {}, "<|patch|>": {},
	"<|tile_x_separator|>": {}, "<|tile_y_separator|>": {},
	"<|start_header_id|>": {}, "<|end_header_id|>": {}, "<|eom_id|>": {true}, "<|eot_id|>": {true},
	"<|endoftext|>": {true}, "<|im_start|>": {}, "<|im_end|>": {true},
	"<bos>": {}, "<eos>": {true}, "<start_of_turn>": {}, "<end_of_turn>": {true},
}

// build checks v and makes a Tokenizer of it. Errors have no package prefix.
func build(v vocabulary) (*Tokenizer, error) {
	t := &Tokenizer{
		model: v.model, pre: v.pre.name, split: v.pre.split, tokens: v.tokens,
		nfc: v.nfc, ignoreMerges: v.ignoreMerges, spacePrefix: v.spacePrefix,
		bos: v.bos, eos: v.eos, addBOS: v.addBOS, chatTemplate: v.chatTemplate,
	}
	if len(v.tokens) == 0 {
		return nil, fmt.Errorf("the vocabulary is empty")
	}
	all, err := t.index(v.rawBytes)
	if err != nil {
		return nil, err
	}
	switch {
	case v.merges != nil:
		if err := t.setMerges(v.merges, all); err != nil {
			return nil, err
		}
	case v.scores != nil:
		if err := t.setScores(v.scores); err != nil {
			return nil, err
		}
	}
	if t.model == SPM {
		for b, id := range t.bytes {
			if id < 0 {
				return nil, fmt.Errorf("there is no byte token <0x%02X>, so that some text could not be written", b)
			}
		}
	}
	if err := t.setEnds(v.ends); err != nil {
		return nil, err
	}
	if t.addBOS && t.bos < 0 {
		return nil, fmt.Errorf("prompts should begin with a BOS token but none is named")
	}
	if t.bos >= 0 && !t.valid(t.bos) {
		return nil, fmt.Errorf("BOS token %d is not in the vocabulary of %d", t.bos, len(t.tokens))
	}
	t.setMatchers(v)
	return t, nil
}

// index fills pieces and look-up tables. It returns the ids of all tokens by the file's spelling.
func (t *Tokenizer) index(rawBytes bool) (*stringTable, error) {
	all := newStringTable(len(t.tokens), func(id int32) string { return t.tokens[id].text })
	t.vocab = newStringTable(len(t.tokens), all.text)
	if t.model == BPE {
		t.vocab.text = func(id int32) string { return t.tokens[id].piece }
	}
	t.texts = make(map[string]int32)
	for i := range t.bytes {
		t.bytes[i] = -1
	}
	made := newSpeller(t.tokens, t.model)
	for i := range t.tokens {
		id, tok := int32(i), &t.tokens[i]
		if tok.text == "" && tok.piece == "" {
			tok.kind = unused
			continue
		}
		if strings.HasPrefix(tok.text, "<") && tok.kind != unknown { // as all control names begin
			if _, ok := controlNames[tok.text]; ok {
				tok.kind = control
			}
		}
		if !rawBytes || tok.kind != normal {
			if first, dup := all.put(tok.text, id); dup {
				return nil, fmt.Errorf("tokens %d and %d are both %q", first, id, tok.text)
			}
		}
		if err := t.indexToken(id, tok, rawBytes, made); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t *Tokenizer) indexToken(id int32, tok *token, rawBytes bool, p *speller) error {
	switch tok.kind {
	case control, unknown:
		tok.piece = ""
		t.texts[tok.text] = id
		return nil
	case userDefined:
		tok.piece = tok.text
		if t.model == SPM {
			tok.piece = strings.ReplaceAll(tok.text, spaceMark, " ")
		}
		t.texts[tok.text] = id
		if t.model == BPE {
			return nil
		}
	case byteToken:
		b, ok := parseByteToken(tok.text)
		if !ok {
			return fmt.Errorf("token %d %q is of type byte but does not look like <0x41>", id, tok.text)
		}
		if first := t.bytes[b]; first >= 0 {
			return fmt.Errorf("tokens %d and %d both stand for byte 0x%02X", first, id, b)
		}
		t.bytes[b] = id
		tok.piece = string([]byte{b})
		return nil
	case unused:
		tok.piece = ""
		if t.model == BPE {
			return nil
		}
	case normal:
		if rawBytes {
			break
		}
		if t.model == SPM {
			tok.piece = p.spaced(tok.text)
			break
		}
		piece, ok := p.decoded(tok.text)
		if !ok { // an added token that the file calls normal: it can be decoded but text does not produce it
			tok.piece = tok.text
			return nil
		}
		tok.piece = piece
	default:
		return fmt.Errorf("token %d %q has type %d; known are 1 to 6", id, tok.text, tok.kind)
	}
	key := tok.piece
	if t.model == SPM {
		key = tok.text
	}
	if first, dup := t.vocab.put(key, id); dup {
		return fmt.Errorf("tokens %d and %d both stand for %q", first, id, key)
	}
	t.longest = max(t.longest, len(key))
	if t.model == BPE && len(key) == 1 {
		t.bytes[key[0]] = id
	}
	return nil
}

// parseByteToken reads "<0x41>".
func parseByteToken(s string) (byte, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	b, err := strconv.ParseUint(s[3:5], 16, 8)
	return byte(b), err == nil
}

// setMerges reads the merge list; a pair's rank is its place in it. Every part and every result has to be a token. Merges
// that would make or need a control token are left out, so that text can't produce one.
func (t *Tokenizer) setMerges(list mergeList, all *stringTable) error {
	n := list.size()
	if n > math.MaxInt32 {
		return fmt.Errorf("%d merges are more than can be ranked", n)
	}
	t.merges = newMergeTable(n)
	var whole []byte
	next := int32(-1) // most vocabularies have the results of merges in the order of the merges
	for rank := range n {
		left, right, err := list.at(rank)
		if err != nil {
			return err
		}
		whole = append(append(whole[:0], left...), right...)
		var ids [3]int32
		fromText := true
		for i, text := range [][]byte{whole[:len(left)], whole[len(left):], whole} {
			id, ok := next, i == 2 && t.valid(next) && t.tokens[next].text == string(text)
			if !ok {
				id, ok = all.findBytes(text)
			}
			if !ok || len(text) == 0 {
				return fmt.Errorf("merge %d (%q with %q): %q is not a token", rank, left, right, text)
			}
			k := t.tokens[id].kind
			fromText = fromText && k != control && k != unknown && (k == normal || t.model == SPM && k != byteToken)
			ids[i] = id
		}
		next = ids[2] + 1
		if fromText {
			t.merges.put(ids[0], ids[1], int32(rank), ids[2])
		}
	}
	return nil
}

// setScores ranks the tokens by descending score; equal scores have equal ranks.
func (t *Tokenizer) setScores(scores []float32) error {
	if len(scores) != len(t.tokens) {
		return fmt.Errorf("%d scores for %d tokens", len(scores), len(t.tokens))
	}
	order := make([]int32, len(scores))
	for i, s := range scores {
		if s != s {
			return fmt.Errorf("the score of token %s is not a number", t.describe(int32(i)))
		}
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return int(a - b)
	})
	t.ranks = make([]int32, len(scores))
	rank := int32(0)
	for i, id := range order {
		if i > 0 && scores[id] != scores[order[i-1]] {
			rank++
		}
		t.ranks[id] = rank
	}
	return nil
}

// setEnds joins the ends that the file names with those known by name.
func (t *Tokenizer) setEnds(ends []int32) error {
	if t.eos >= 0 {
		ends = append(slices.Clone(ends), t.eos)
	}
	for _, id := range ends {
		if !t.valid(id) {
			return fmt.Errorf("end token %d is not in the vocabulary of %d", id, len(t.tokens))
		}
	}
	ends = slices.Clone(ends)
	for name, c := range controlNames {
		if id, ok := t.texts[name]; ok && c.end {
			ends = append(ends, id)
		}
	}
	slices.Sort(ends)
	t.ends = slices.Compact(ends)
	return nil
}

func (t *Tokenizer) setMatchers(v vocabulary) {
	t.raw.leftmost, t.normalized.leftmost = v.leftmost, v.leftmost
	later := make(map[string]bool, len(v.normalizedText))
	for _, text := range v.normalizedText {
		later[text] = true
	}
	for id, tok := range t.tokens {
		if tok.kind != userDefined || tok.text == v.unmatched {
			continue
		}
		if later[tok.text] {
			t.normalized.add(t.normalize(tok.text), int32(id))
		} else {
			t.raw.add(tok.text, int32(id))
		}
	}
	t.raw.sort()
	t.normalized.sort()
}

// printable shortens text from a file for a message.
func printable(s string) string {
	const limit = 200
	if len(s) > limit {
		cut := limit
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}
