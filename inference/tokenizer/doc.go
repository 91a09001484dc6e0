// Package tokenizer turns text into token ids and back.
//
//   - Tokenizer: made once from a model's files, then safe for concurrent use. Encode takes ordinary text, EncodeSegments
//     and EncodePrompt take what a chat template rendered, Decode and Piece go back.
//   - Segment: a piece of a prompt, either text or the name of one special token. Text from data is never anything but text:
//     no spelling of it gives a control token.
//   - FromGGUF, FromFolder, FromJSON, FromRanks: the sources (GGUF metadata, a Hugging Face folder, its tokenizer.json,
//     a tiktoken rank file).
//   - Counter: counts tokens of models that are not run here, from a rank file, with tiktoken-go.
//
// Two kinds of tokenizer are known. Byte-level ones (GPT-2, SmolLM2, Qwen2, Llama 3, Llama 4) cut the text with a
// pre-tokenizer, a hand-written matcher of the model's regular expression, and merge the bytes of each piece.
// SentencePiece-style ones (Gemma, Llama 2) write U+2581 for a space and merge the characters of the whole text; characters
// without a token become bytes. Merging takes O(n log n) for a text of n characters without any place to cut.
//
// Classes of characters are those of the Unicode version of package unicode; characters that are newer count as punctuation.
//
// Files are not trusted: ids, ranks and types are checked before anything of their size is made, and messages say which
// entry is wrong. The package has no WordPiece and no unigram models, and reads no SentencePiece protobuf files.
//
//	tok, err := tokenizer.FromGGUF(file.Meta)
//	ids, err := tok.EncodePrompt(tokenizer.Text("今天天气很好。"))
//	text := tok.Decode(ids)
package tokenizer
