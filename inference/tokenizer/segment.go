package tokenizer

// A Segment is a piece of a prompt. Only a Special segment, written by a chat template, can become a special token;
// text from data never does, whatever it contains.
type Segment struct {
	Text    string
	Special bool // Text is exactly the name of one special token, such as "<|im_start|>"
}

// Text is a prompt of ordinary text.
func Text(s string) []Segment { return []Segment{{Text: s}} }
