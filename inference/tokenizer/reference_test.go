package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/gguf"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

func fromGGUFFile(t *testing.T, path string) *tokenizer.Tokenizer {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tok, err := tokenizer.FromGGUF(f.Meta)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

const (
	smollm2 = "smollm2-135m-instruct-q4_1.gguf"
	gemma3  = "gemma-3-270m-q4_k_m.gguf"
	qwen    = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
)

type tokenizeCase struct {
	Model  string  `json:"model"`
	Metric string  `json:"metric"`
	Text   string  `json:"text"`
	IDs    []int32 `json:"ids"`
}

func readCases(t *testing.T, path string) (cases []tokenizeCase) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c tokenizeCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Metric == "tokenize" {
			cases = append(cases, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return cases
}

// TestRealModels compares with the ids that llama.cpp gives for 342 texts and each of three real models.
func TestRealModels(t *testing.T) {
	for _, m := range []struct{ name, file string }{{"smollm2", smollm2}, {"gemma3", gemma3}, {"qwen", qwen}} {
		t.Run(m.name, func(t *testing.T) {
			cases := readCases(t, golden.Shared(t, "fixtures", "real-models", m.name+"-tokens.jsonl"))
			if len(cases) != 342 {
				t.Fatalf("%d cases, want 342", len(cases))
			}
			tok := fromGGUFFile(t, golden.Model(t, m.file))
			failed := 0
			for i, c := range cases {
				got := tok.Encode(c.Text)
				if diff := cmp.Diff(c.IDs, got); diff != "" && len(c.IDs)+len(got) > 0 {
					if failed++; failed <= 5 {
						t.Errorf("case %d, text %q (-want +got):\n%s", i, c.Text, diff)
					}
				}
			}
			if failed > 0 {
				t.Errorf("%d of %d texts differ", failed, len(cases))
			}
		})
	}
}

// TestGoldens checks the ids that public test suites of the models give, without BOS, and what the files say.
func TestGoldens(t *testing.T) {
	for _, m := range []struct {
		name, file string
		pre        string
		bos        int32
		addBOS     bool
		eos        int32
		ends       []int32
		special    map[string]int32
		template   bool
		cases      []tokenizeCase
	}{
		{
			"smollm2", smollm2, "smollm", 1, false, 2,
			[]int32{0, 2},
			map[string]int32{"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2},
			true,
			[]tokenizeCase{
				{Text: "Hello, we can use", IDs: []int32{19556, 28, 392, 416, 722}},
				{Text: "The capital of France is", IDs: []int32{504, 3575, 282, 4649, 314}},
				{Text: "Hello world! 123", IDs: []int32{19556, 905, 17, 216, 33, 34, 35}},
				{Text: "Café déjà vu.", IDs: []int32{51, 1939, 2756, 32564, 90, 16739, 386, 101, 30}},
				{Text: "  multiple   spaces", IDs: []int32{216, 2701, 256, 5600}},
				{Text: "\n", IDs: []int32{198}},
			},
		},
		{
			"gemma3", gemma3, "", 2, true, 1,
			[]int32{1, 106},
			map[string]int32{"<bos>": 2, "<eos>": 1, "<start_of_turn>": 105, "<end_of_turn>": 106, "<start_of_image>": 255999},
			false,
			[]tokenizeCase{
				{Text: "Hello, world!", IDs: []int32{9259, 236764, 1902, 236888}},
				{Text: "The capital of France is", IDs: []int32{818, 5279, 529, 7001, 563}},
				{Text: "1+1=2", IDs: []int32{236770, 236862, 236770, 236784, 236778}},
				{Text: "def foo():\n    return 42", IDs: []int32{2063, 46293, 6141, 107, 140, 2060, 236743, 236812, 236778}},
				{Text: "I'm don't can't", IDs: []int32{236777, 236789, 236757, 1537, 236789, 236745, 740, 236789, 236745}},
				{Text: "  spaces  and\ttabs", IDs: []int32{138, 35220, 138, 624, 255968, 39218}},
				{Text: "Hello 你好", IDs: []int32{9259, 43758, 237389}},
			},
		},
		{
			"qwen", qwen, "qwen2", 151643, false, 151645,
			[]int32{151643, 151645},
			map[string]int32{"<|endoftext|>": 151643, "<|im_start|>": 151644, "<|im_end|>": 151645, "<tool_call>": 151657},
			true,
			nil,
		},
	} {
		t.Run(m.name, func(t *testing.T) {
			tok := fromGGUFFile(t, golden.Model(t, m.file))
			for _, c := range m.cases {
				if diff := cmp.Diff(c.IDs, tok.Encode(c.Text)); diff != "" {
					t.Errorf("Encode(%q) (-want +got):\n%s", c.Text, diff)
				}
				if got := tok.Decode(c.IDs); got != c.Text {
					t.Errorf("Decode of the tokens of %q = %q", c.Text, got)
				}
			}
			if bos, add := tok.BOS(); bos != m.bos || add != m.addBOS || tok.EOS() != m.eos || tok.Pre() != m.pre {
				t.Errorf("BOS %d %t, EOS %d, Pre %q; want %d %t, %d, %q", bos, add, tok.EOS(), tok.Pre(), m.bos, m.addBOS, m.eos, m.pre)
			}
			if diff := cmp.Diff(m.ends, tok.EndTokens()); diff != "" {
				t.Errorf("EndTokens (-want +got):\n%s", diff)
			}
			for name, id := range m.special {
				if got, ok := tok.Special(name); !ok || got != id {
					t.Errorf("Special(%q) = %d, %t, want %d", name, got, ok, id)
				}
			}
			if got := tok.ChatTemplate() != ""; got != m.template {
				t.Errorf("the file has a chat template: %t, want %t", got, m.template)
			}
		})
	}
}

// TestPromptBOS: BOS stands at the beginning of a prompt once.
func TestPromptBOS(t *testing.T) {
	bos := tokenizer.Segment{Text: "<bos>", Special: true}
	start := tokenizer.Segment{Text: "<start_of_turn>", Special: true}
	hello := tokenizer.Segment{Text: "Hello, world!"}
	ids := []int32{9259, 236764, 1902, 236888}
	tok := fromGGUFFile(t, golden.Model(t, gemma3))
	for _, c := range []struct {
		name string
		segs []tokenizer.Segment
		want []int32
		err  bool
	}{
		{"text", []tokenizer.Segment{hello}, append([]int32{2}, ids...), false},
		{"nothing", nil, []int32{2}, false},
		{"template that prints BOS", []tokenizer.Segment{bos, start, hello}, append([]int32{2, 105}, ids...), false},
		{"template that does not", []tokenizer.Segment{start, hello}, append([]int32{2, 105}, ids...), false},
		{"double BOS", []tokenizer.Segment{bos, bos, hello}, nil, true},
		{"spelled BOS is text", []tokenizer.Segment{{Text: "<bos>"}}, append([]int32{2}, tok.Encode("<bos>")...), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tok.EncodePrompt(c.segs)
			if (err != nil) != c.err {
				t.Fatalf("error %v, want one: %t", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
	if got := tok.Encode("<bos>"); len(got) < 2 || got[0] == 2 {
		t.Errorf("Encode of a spelled BOS = %v", got)
	}
}
