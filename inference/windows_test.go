package inference

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// count returns 0, 1, ..., n-1.
func count(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}

func TestPerplexityWindows(t *testing.T) {
	got, err := PerplexityWindows(count(1600), 9999, WindowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d windows of 1600 tokens, want 3 full ones", len(got))
	}
	for i, w := range got {
		// 255 tokens are scored: positions 257 to 511.
		if len(w.Tokens) != 512 || w.From != 257 || w.Tokens[0] != 9999 || w.Tokens[1] != int32(512*i+1) {
			t.Errorf("window %d: %d tokens from %d, begins with %v", i, len(w.Tokens), w.From, w.Tokens[:2])
		}
	}
	tests := []struct {
		name string
		n    int
		bos  int32
		o    WindowOptions
		want []Window
		err  string
	}{
		{"no BOS", 4, NoToken, WindowOptions{Size: 2}, nil, "1 <= from < size"},
		{"size 4", 9, NoToken, WindowOptions{Size: 4}, []Window{{[]int32{0, 1, 2, 3}, 3}, {[]int32{4, 5, 6, 7}, 3}}, ""},
		{
			"stride", 7, 50,
			WindowOptions{Size: 4, Stride: 2, From: 2},
			[]Window{{[]int32{50, 1, 2, 3}, 2}, {[]int32{50, 3, 4, 5}, 2}},
			"",
		},
		{"exactly one", 3, NoToken, WindowOptions{Size: 3, From: 1}, []Window{{[]int32{0, 1, 2}, 1}}, ""},
		{"too short", 3, NoToken, WindowOptions{Size: 4}, nil, "text of 3 tokens is shorter than a window of 4"},
		{"negative", 9, NoToken, WindowOptions{Size: -4}, nil, "want size >= 2"},
		{"no stride", 9, NoToken, WindowOptions{Size: 4, Stride: -1}, nil, "stride >= 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := PerplexityWindows(count(tt.n), tt.bos, tt.o)
			checkError(t, err, tt.err)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("windows (-want +got):\n%s", d)
			}
		})
	}
}

// checkError wants an error that contains text, or none if text is empty.
func checkError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case text == "" && err != nil:
		t.Errorf("error %v", err)
	case text != "" && (err == nil || !strings.Contains(err.Error(), text)):
		t.Errorf("error %v, want one with %q", err, text)
	}
}

// TestRollingWindows has windows of 10 as lm_eval.utils cuts them. The first case is the one in that project's own test
// (tests/test_utils.py); there, the windows overlap before make_disjoint_window.
func TestRollingWindows(t *testing.T) {
	const prefix = 100
	seq := func(from, to int) []int32 { return count(to)[from:] }
	tests := []struct {
		name           string
		n              int
		limit, context int
		want           []Window
		err            string
	}{
		{"context 1", 34, 10, 1, []Window{
			{append([]int32{prefix}, seq(0, 10)...), 1}, {seq(9, 20), 1}, {seq(19, 30), 1}, {seq(23, 34), 7},
		}, ""},
		{"context 5", 24, 10, 5, []Window{
			{append([]int32{prefix}, seq(0, 10)...), 1}, {seq(5, 16), 5}, {seq(11, 22), 5}, {seq(13, 24), 9},
		}, ""},
		{"context 10", 13, 10, 10, []Window{
			{append([]int32{prefix}, seq(0, 10)...), 1}, {seq(0, 11), 10}, {seq(1, 12), 10}, {seq(2, 13), 10},
		}, ""},
		{"fits", 3, 10, 1, []Window{{[]int32{prefix, 0, 1, 2}, 1}}, ""},
		{"empty", 0, 10, 1, nil, "empty text"},
		{"no window", 3, 0, 1, nil, "want 1 <= context <= window"},
		{"context beyond the window", 3, 4, 5, nil, "want 1 <= context <= window"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := RollingWindows(count(tt.n), prefix, tt.limit, tt.context)
			checkError(t, err, tt.err)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("windows (-want +got):\n%s", d)
			}
		})
	}
}

// TestRollingWindowsCoverOnce checks that every token is scored exactly once, with at least the context asked for.
func TestRollingWindowsCoverOnce(t *testing.T) {
	for n := 1; n < 60; n++ {
		for limit := 1; limit < 12; limit++ {
			for context := 1; context <= limit; context++ {
				windows, err := RollingWindows(count(n), 1000, limit, context)
				if err != nil {
					t.Fatal(err)
				}
				next := int32(0)
				for i, w := range windows {
					if len(w.Tokens)-1 > limit || i > 0 && w.From < context {
						t.Fatalf("n %d, limit %d, context %d: window %v", n, limit, context, w)
					}
					for _, id := range w.Tokens[w.From:] {
						if id != next {
							t.Fatalf("n %d, limit %d, context %d: token %d scored, want %d", n, limit, context, id, next)
						}
						next++
					}
				}
				if int(next) != n {
					t.Fatalf("n %d, limit %d, context %d: %d tokens scored", n, limit, context, next)
				}
			}
		}
	}
}
