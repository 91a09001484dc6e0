package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestComposed(t *testing.T) {
	acute, below := "\u0301", "\u0323"
	for _, c := range []struct{ name, in, want string }{
		{"plain", "abc 你好", "abc 你好"},
		{"accent", "e" + acute, "é"},
		{"order of marks", "q\u0307\u0323", "q\u0323\u0307"},
		{"Hangul", "\u1100\u1161\u11a8", "각"},
		{"singleton", "\u212b", "Å"},
		{"ill-formed", "e\xff" + acute + "\xe4\xbd", "e\xff" + acute + "\xe4\xbd"},
		{"long run", "e" + strings.Repeat(acute, 100), "é" + strings.Repeat(acute, 99)},
		{"long run in disorder", "e" + strings.Repeat(acute+below, 40) + "x", "\u1eb9" + strings.Repeat(below, 39) + strings.Repeat(acute, 40) + "x"},
		{"long run of its own", strings.Repeat("\u0344", 40), strings.Repeat("\u0308\u0301", 40)},
		{"joiner", "e\u034f" + acute + strings.Repeat(acute, 40), "e\u034f" + strings.Repeat(acute, 41)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := composed(c.in); got != c.want {
				t.Errorf("composed(%+q) = %+q, want %+q", c.in, got, c.want)
			}
		})
	}
}

// TestComposedSlowly compares with x/text on text without long runs of marks.
func TestComposedSlowly(t *testing.T) {
	chars := []string{
		"a", "e", "o", "\u0301", "\u0323", "\u0307", "\u0308", "é", "\u1eb9", "\u1e69", "s", "\u212b", "\u0344", "\u1100", "\u1161", "\u11a8",
		"가", "각", "\u0915", "\u093c", "\u0958", "\u09c7", "\u09be", "ﬁ", "中", "\U0002f800", "\xff", "\u3099", "か", " ",
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 20000 {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteString(chars[r.IntN(len(chars))])
		}
		text := b.String()
		if want, got := norm.NFC.String(text), composedSlowly(text); got != want {
			t.Fatalf("composedSlowly(%+q) = %+q, want %+q", text, got, want)
		}
	}
}
