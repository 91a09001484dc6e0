package inference

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

func TestOpenCheckpointReference(t *testing.T) {
	dir := golden.Shared(t, "fixtures")
	tests := []struct {
		path   string
		format models.Format
		arch   string
		quant  string
		meta   map[string]any
		weight string // a tensor
		shape  []int
		files  []string
	}{
		{
			"llama-tiny", models.HF, "llama", "F32",
			map[string]any{
				"hidden_size": int64(32), "rms_norm_eps": 1e-5, "rope_scaling.factor": 32.0, "rope_scaling.rope_type": "llama3",
				"tie_word_embeddings": false, "eos_token_id": []any{int64(281), int64(284), int64(285)}, "rope_theta": 10000.0,
				"no_such": nil, "rope_scaling.no": nil, "hidden_size.no": nil,
			},
			"model.embed_tokens.weight",
			[]int{288, 32},
			[]string{"model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"},
		},
		{
			"llama4-vision", models.HF, "llama4", "F32",
			map[string]any{
				"hidden_size": int64(32), "text_config.model_type": "llama4_text", "model_type": "llama4", "rope_scaling.factor": 16.0,
				"image_token_index": int64(287), "no_rope_layers": []any{int64(1), int64(1), int64(1), int64(0)},
			},
			"language_model.model.norm.weight",
			[]int{32},
			[]string{"model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"},
		},
		{"gguf/llama-tiny-q4_0.gguf", models.GGUF, "llama", "Q4_0", map[string]any{
			"llama.embedding_length": uint64(32), "general.architecture": "llama", "llama.rope.freq_base": 10000.0, "no_such": nil,
		}, "token_embd.weight", []int{288, 32}, []string{"llama-tiny-q4_0.gguf"}},
		{"gguf/llama-wide-q4_k_m.gguf", models.GGUF, "llama", "Q4_K_M", nil, "token_embd.weight", []int{512, 256}, []string{"llama-wide-q4_k_m.gguf"}},
		{"gguf/llama-tiny-tied-bf16.gguf", models.GGUF, "llama", "BF16", nil, "token_embd.weight", []int{288, 48}, []string{"llama-tiny-tied-bf16.gguf"}},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			c, err := OpenCheckpoint(filepath.Join(dir, test.path))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Format != test.format || c.Arch != test.arch || c.Quant != test.quant {
				t.Errorf("format %v, architecture %q, quant %q; want %v, %q, %q", c.Format, c.Arch, c.Quant, test.format, test.arch, test.quant)
			}
			if (c.GGUF != nil) != (test.format == models.GGUF) {
				t.Errorf("GGUF is %v", c.GGUF)
			}
			for key, want := range test.meta {
				got, ok := c.Meta(key)
				if diff := cmp.Diff(want, got); diff != "" || ok != (want != nil) {
					t.Errorf("%s, found %t (-want +got):\n%s", key, ok, diff)
				}
			}
			w, ok := c.Tensor(test.weight)
			if diff := cmp.Diff(test.shape, w.Shape); !ok || diff != "" {
				t.Errorf("%s, found %t (-want +got):\n%s", test.weight, ok, diff)
			}
			if _, ok := c.Tensor("no such"); ok {
				t.Error("found a tensor that isn't there")
			}
			var files []string
			var total, params int64
			for _, f := range c.Files {
				files = append(files, filepath.Base(f.Path))
				if st, err := os.Stat(f.Path); err != nil || st.Size() != f.Bytes {
					t.Errorf("%s: %d bytes (%v)", f.Path, f.Bytes, err)
				}
			}
			if diff := cmp.Diff(test.files, files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			for _, in := range c.Tensors {
				x, _ := c.Tensor(in.Name)
				total += int64(len(x.Data))
				params += int64(x.Elements())
				raw, err := os.ReadFile(c.Files[in.File].Path)
				if err != nil {
					t.Fatal(err)
				}
				if string(raw[in.Offset:in.Offset+in.Bytes]) != string(x.Data) {
					t.Errorf("%s: offset or size are not those of the data", in.Name)
				}
			}
			if c.TensorBytes != total || c.Parameters != params || total == 0 {
				t.Errorf("%d bytes and %d parameters, want %d and %d", c.TensorBytes, c.Parameters, total, params)
			}
		})
	}
}

// TestOpenCheckpointAll opens every reference model, in both layouts, and converts every tensor.
func TestOpenCheckpointAll(t *testing.T) {
	dir := golden.Shared(t, "fixtures")
	folders, err := filepath.Glob(filepath.Join(dir, "*", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "gguf", "*.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		paths = append(paths, filepath.Dir(f))
	}
	if len(folders) < 8 || len(paths)-len(folders) < 15 {
		t.Errorf("only %d folders among %d models", len(folders), len(paths))
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, err := OpenCheckpoint(path)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Arch == "" || c.Quant == "" || len(c.Tensors) == 0 {
				t.Errorf("architecture %q, quant %q, %d tensors", c.Arch, c.Quant, len(c.Tensors))
			}
			for _, in := range c.Tensors {
				x, ok := c.Tensor(in.Name)
				if !ok {
					t.Fatalf("%s is listed but not found", in.Name)
				}
				if _, err := x.Floats(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// writeFiles writes files, by path inside a new folder, and returns the folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// oneTensor is a safetensors file with a tensor "w" of two F32 elements.
const oneTensor = "\x36\x00\x00\x00\x00\x00\x00\x00" + `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}` + "\x00\x00\x80\x3f\x00\x00\x00\x40"

func TestOpenCheckpointErrors(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		open  string
		want  string
	}{
		{"absent", nil, "no", "no such file"},
		{"folder without config", map[string]string{"model.safetensors": oneTensor}, "", "without config.json"},
		{"folder without weights", map[string]string{"config.json": `{"model_type":"llama"}`}, "", "neither model.safetensors nor"},
		{"no model_type", map[string]string{"config.json": `{}`, "model.safetensors": oneTensor}, "", "model_type is missing"},
		{"model_type not text", map[string]string{"config.json": `{"model_type":[1]}`, "model.safetensors": oneTensor}, "", "model_type is missing or not text"},
		{"config not JSON", map[string]string{"config.json": `{"a":1,]`, "model.safetensors": oneTensor}, "", "config.json: invalid character"},
		{"config truncated", map[string]string{"config.json": `{"a":`, "model.safetensors": oneTensor}, "", "config.json: unexpected EOF"},
		{"config a list", map[string]string{"config.json": `[1]`, "model.safetensors": oneTensor}, "", "cannot unmarshal array"},
		{"config null", map[string]string{"config.json": `null`, "model.safetensors": oneTensor}, "", "null where an object is wanted"},
		{"config with a rest", map[string]string{"config.json": `{} {}`, "model.safetensors": oneTensor}, "", "more text after the object"},
		{"config number", map[string]string{"config.json": `{"a":[{"b":1e999}]}`, "model.safetensors": oneTensor}, "", "a: b: number 1e999 is out of range"},
		{"config too long", map[string]string{"config.json": strings.Repeat(" ", maxConfig+1), "model.safetensors": oneTensor}, "", "16777217 bytes, more than 16777216"},
		{"damaged weights", map[string]string{"config.json": `{"model_type":"llama"}`, "model.safetensors": oneTensor[:60]}, "", "model.safetensors: header claims"},
		{"no GGUF", map[string]string{"m.gguf": "hello"}, "m.gguf", "m.gguf: not a GGUF file"},
		{"GGUF without architecture", map[string]string{"m.gguf": string((&gguftest.Builder{}).Bytes())}, "m.gguf", `m.gguf: metadata "general.architecture" is missing`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(writeFiles(t, test.files), test.open)
			c, err := OpenCheckpoint(path)
			if err == nil {
				c.Close()
				t.Fatalf("no error, want %q", test.want)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %q, want %q and the path", err, test.want)
			}
		})
	}
}

func TestCheckpointGGUF(t *testing.T) {
	b := gguftest.New("llama")
	b.Set("general.file_type", uint32(guessedFileType+15))
	b.Set("u8", []uint8{1, 255})
	b.Set("i32", []int32{-1})
	b.Set("f32", []float32{0.5})
	b.Set("bools", []bool{true, false})
	b.Set("strings", []string{"a", ""})
	b.Set("i8", int8(-3))
	b.F32("a", []int{2, 3}, 1, 2, 3, 4, 5, 6)
	b.Quantized("b", tensor.Q8_0, []int{32}, make([]float32, 32)...)
	c, err := OpenCheckpoint(b.WriteFile(t, "m.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"u8": []any{uint64(1), uint64(255)}, "i32": []any{int64(-1)}, "f32": []any{0.5}, "bools": []any{true, false},
		"strings": []any{"a", ""}, "i8": int64(-3), "general.architecture": "llama",
	}
	for key, w := range want {
		if got, ok := c.Meta(key); !ok || !cmp.Equal(w, got) {
			t.Errorf("%s: %#v, found %t; want %#v", key, got, ok, w)
		}
	}
	if c.Quant != "Q4_K_M" || c.Parameters != 38 || c.TensorBytes != 24+34 {
		t.Errorf("quant %q, %d parameters, %d bytes", c.Quant, c.Parameters, c.TensorBytes)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDominantType(t *testing.T) {
	b := gguftest.New("llama") // no general.file_type
	b.F32("a", []int{8}, make([]float32, 8)...)
	b.Quantized("b", tensor.Q8_0, []int{2, 32}, make([]float32, 64)...)
	b.Quantized("c", tensor.Q4_0, []int{2, 32}, make([]float32, 64)...)
	c, err := OpenCheckpoint(b.WriteFile(t, "m.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Quant != "Q4_0" {
		t.Errorf("quant %q, want the lower id of two equals, Q4_0", c.Quant)
	}
}

func TestConfigLookup(t *testing.T) {
	c, err := parseConfig([]byte(`{"model_type": "outer", "both": 1, "top": 2, "null": null, "a.b": 3, "big": 18446744073709551615,
		"deep": {"x": {"y": [1, 2.5, {"z": 1e3}]}}, "fallback": 7,
		"text_config": {"model_type": "inner", "both": 10, "only": {"f": 0.5}, "fallback": null}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]any{
		"model_type": "outer", "text_config.model_type": "inner", "both": int64(10), "top": int64(2), "null": nil, "a.b": int64(3),
		"big": uint64(1<<64 - 1), "deep.x.y": []any{int64(1), 2.5, map[string]any{"z": 1000.0}}, "fallback": int64(7),
		"only.f": 0.5, "text_config.only.f": 0.5, "only": map[string]any{"f": 0.5}, "only.f.g": nil, "": nil, ".": nil, "deep.": nil,
	}
	for key, want := range tests {
		got, ok := c.lookup(key)
		if !cmp.Equal(want, got) || ok != (want != nil) {
			t.Errorf("%q: %#v, found %t; want %#v", key, got, ok, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add(`{"model_type":"llama","rope_scaling":{"factor":32.0},"text_config":{"a":[1,2e3]}}`, "rope_scaling.factor")
	f.Add(`{"a":{"b":{"c":null}}}`, "a.b.c")
	f.Add(`[`, "..")
	f.Fuzz(func(t *testing.T, text, key string) {
		c, err := parseConfig([]byte(text))
		if err != nil {
			return
		}
		if v, ok := c.lookup(key); ok == (v == nil) {
			t.Errorf("%q: %v, found %t", key, v, ok)
		}
	})
}

func TestFindModel(t *testing.T) {
	first := writeFiles(t, map[string]string{"a.gguf": "", "hf/config.json": "{}", "both.gguf": "", "empty/readme": ""})
	second := writeFiles(t, map[string]string{"b.gguf": "", "both.gguf": ""})
	folders := []string{first, second}
	found := map[string]string{
		"a.gguf":                        filepath.Join(first, "a.gguf"),
		"a":                             filepath.Join(first, "a.gguf"),
		"hf":                            filepath.Join(first, "hf"),
		"b":                             filepath.Join(second, "b.gguf"),
		"both":                          filepath.Join(first, "both.gguf"),
		filepath.Join(second, "b.gguf"): filepath.Join(second, "b.gguf"),
		filepath.Join(first, "hf"):      filepath.Join(first, "hf"),
	}
	for name, want := range found {
		if got, err := findModel(name, folders); err != nil || got != want {
			t.Errorf("%q: %q (%v), want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"":                            "no name",
		"c":                           filepath.Join(second, "c") + "[.gguf]",
		"..":                          "not found",
		".":                           "not found",
		"empty":                       "not found",
		filepath.Join("hf", "x"):      `"` + filepath.Join("hf", "x") + `" not found`,
		filepath.Join(first, "empty"): "neither a file nor a folder with config.json",
	} {
		got, err := findModel(name, folders)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q (%v), want %q", name, got, err, want)
		}
	}
}

func TestFindModelEnvironment(t *testing.T) {
	dir := writeFiles(t, map[string]string{"environment.gguf": ""})
	t.Setenv(ModelsEnv, t.TempDir()+string(os.PathListSeparator)+dir)
	got, err := FindModel("environment")
	if want := filepath.Join(dir, "environment.gguf"); err != nil || got != want {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}
