package inference

import (
	"slices"
	"testing"
)

func TestLookupDrafts(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []int32
		most   int
		want   []int32
	}{
		{"nothing repeats", []int32{1, 2, 3, 4, 5}, 4, nil},
		{"one token is too little", []int32{1, 2, 3, 9, 2}, 4, nil},
		{"two tokens", []int32{1, 2, 3, 4, 5, 2, 3}, 2, []int32{4, 5}},
		{"as many as there are", []int32{7, 2, 3, 2, 3}, 5, []int32{2, 3}},
		{"the longest match, not the latest", []int32{1, 2, 3, 50, 9, 2, 3, 60, 1, 2, 3}, 1, []int32{50}},
		{"the latest of equals", []int32{2, 3, 50, 2, 3, 60, 2, 3}, 1, []int32{60}},
		{"a run of one token", []int32{5, 5, 5, 5, 5, 5}, 3, []int32{5}},
		{"too short", []int32{1}, 3, nil},
		{"empty", nil, 3, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (&lookup{}).draft(c.tokens, c.most); !slices.Equal(got, c.want) {
				t.Errorf("draft %v, want %v", got, c.want)
			}
		})
	}
}

func TestLookupPausesAfterMisses(t *testing.T) {
	l := &lookup{}
	tokens := []int32{1, 2, 3, 1, 2}
	drafts := 0
	for range 200 {
		g := l.draft(tokens, 1)
		drafts += len(g)
		l.learn(len(g), 0)
	}
	if drafts < 6 || drafts > 14 {
		t.Errorf("%d drafts in 200 steps without success, want about ten", drafts)
	}
	l.pause = 0
	l.learn(1, 1)
	for range 10 {
		if len(l.draft(tokens, 1)) == 0 {
			t.Fatal("no draft after a success")
		}
	}
}
