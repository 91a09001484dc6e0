package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/spf13/cobra"
)

// maxTextBytes bounds what tokenize reads from its input.
const maxTextBytes = 64 << 20

type tokenizeOptions struct {
	model, system, format string
	chat, idsOnly, bos    bool
}

func newTokenizeCommand() *cobra.Command {
	var o tokenizeOptions
	cmd := &cobra.Command{
		Use:   "tokenize --model M [TEXT]",
		Short: "Show ids and pieces of a text, or of a rendered chat template",
		Long: `tokenize shows how a model sees a text: one line a token with its id and piece. Text comes from the arguments or
from standard input. Text never becomes a special token; only the template of --chat writes them, and they are shown in brackets.`,
		Example: `  llama4-eval tokenize --model model.gguf 南京市长江大桥
  llama4-eval tokenize --model model.gguf --chat 你好
  llama4-eval tokenize --model model.gguf --ids < novel.txt`,
		RunE: func(cmd *cobra.Command, a []string) error {
			if o.model == "" {
				return errNoModel
			}
			if o.format != "text" && o.format != "json" {
				return usagef("--format %q: want text or json", o.format)
			}
			text := strings.Join(a, " ")
			if len(a) == 0 {
				raw, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxTextBytes+1))
				if err != nil {
					return err
				}
				if len(raw) > maxTextBytes {
					return fmt.Errorf("standard input: more than %d bytes", maxTextBytes)
				}
				text = string(raw)
			}
			return tokenize(cmd.OutOrStdout(), o, text)
		},
	}
	f := cmd.Flags()
	f.SetNormalizeFunc(normalizeFlag)
	f.StringVarP(&o.model, "model", "m", "", "GGUF file, Hugging Face folder, or name of a file in the model folder")
	f.BoolVar(&o.chat, "chat", false, "render TEXT as a user's turn with the model's chat template")
	f.StringVar(&o.system, "system", "", "system text for --chat")
	f.BoolVar(&o.bos, "bos", true, "begin with the BOS token if the model wants it")
	f.BoolVar(&o.idsOnly, "ids", false, "print the ids only, on one line")
	f.StringVar(&o.format, "format", "text", "text or json")
	return cmd
}

func tokenize(w io.Writer, o tokenizeOptions, text string) error {
	tok, template, err := openTokenizer(o.model)
	if err != nil {
		return err
	}
	segs := tokenizer.Text(text)
	if o.chat {
		if template == nil {
			return fmt.Errorf("%s has no chat template that this program knows, and its vocabulary has the special tokens of none", o.model)
		}
		var msgs []chat.Message
		if o.system != "" {
			msgs = append(msgs, chat.Message{Role: "system", Content: o.system})
		}
		if segs, err = template.Render(append(msgs, chat.Message{Role: "user", Content: text}), true); err != nil {
			return err
		}
	}
	var ids []int32
	if o.bos {
		ids, err = tok.EncodePrompt(segs)
	} else {
		ids, err = tok.EncodeSegments(segs)
	}
	if err != nil {
		return err
	}
	return printTokens(w, o, tok, ids, text)
}

func printTokens(w io.Writer, o tokenizeOptions, tok *tokenizer.Tokenizer, ids []int32, text string) error {
	switch {
	case o.format == "json":
		type token struct {
			ID      int32  `json:"id"`
			Piece   string `json:"piece"`
			Special bool   `json:"special,omitempty"`
		}
		tokens := make([]token, len(ids))
		for i, id := range ids {
			tokens[i] = token{id, tok.TokenText(id), tok.IsSpecial(id)}
		}
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(map[string]any{"tokens": tokens})
	case o.idsOnly:
		for i, id := range ids {
			if i > 0 {
				fmt.Fprint(w, " ")
			}
			fmt.Fprint(w, id)
		}
		_, err := fmt.Fprintln(w)
		return err
	}
	for _, id := range ids {
		if tok.IsSpecial(id) {
			fmt.Fprintf(w, "%8d  [%s]\n", id, tok.TokenText(id))
		} else {
			fmt.Fprintf(w, "%8d  %q\n", id, tok.Piece(id))
		}
	}
	chars := len([]rune(text))
	_, err := fmt.Fprintf(w, "%s, %s, %s, %.2f characters a token\n", plural(len(ids), "token"), plural(chars, "character"), plural(len(text), "byte"), float64(chars)/float64(max(1, len(ids))))
	return err
}

// openTokenizer opens a model's tokenizer and chat template (nil if it has none) without its weights.
func openTokenizer(model string) (*tokenizer.Tokenizer, *chat.Template, error) {
	path, err := inference.FindModel(model)
	if err != nil {
		return nil, nil, err
	}
	c, err := inference.OpenCheckpoint(path)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	tok, err := c.Tokenizer()
	if err != nil {
		return nil, nil, err
	}
	t, ok := chat.Detect(tok.ChatTemplate(), c.Arch, tok.HasSpecial)
	if !ok {
		// As run does for --chat always: the template that the vocabulary has tokens for.
		t, _ = chat.ForVocabulary(tok.HasSpecial)
	}
	return tok, t, nil
}
