package inference_test

import (
	"context"
	"fmt"
	"log"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// Which of two readings does a model find more likely?
func Example() {
	ctx := context.Background()
	path, err := inference.FindModel("qwen2.5-coder-0.5b-instruct-q4_k_m")
	if err != nil {
		log.Fatal(err)
	}
	engine, err := inference.Load(ctx, path, inference.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	res, err := engine.Score(ctx, inference.ScoreRequest{
		Context:       tokenizer.Text("苹果发布了新手机。这里的“苹果”是"),
		Continuations: []string{"水果", "公司"},
	})
	if err != nil {
		log.Print(err)
		return
	}
	for _, c := range res.Continuations {
		fmt.Println(c.LogProb, c.Tokens)
	}
}

// The perplexity of a text, counted as llama-perplexity does.
func ExamplePerplexityWindows() {
	windows, err := inference.PerplexityWindows(make([]int32, 1600), inference.NoToken, inference.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(windows), "windows,", len(windows[0].Tokens)-windows[0].From, "tokens scored in each")
	// Output: 3 windows, 255 tokens scored in each
}
