package inference

import (
	"strings"
	"testing"
)

func TestTextBuilder(t *testing.T) {
	tests := []struct {
		name    string
		pieces  []string
		stops   []string
		want    string
		stopped int // index of the piece that completes a stop string, -1 = none
	}{
		{"plain", []string{"a", "bc"}, nil, "abc", -1},
		{"character over three tokens", []string{"x\xe4", "\xb8", "\xad"}, nil, "x中", -1},
		{"last character unfinished", []string{"中", "\xe5\x9b"}, nil, "中", -1},
		{"one byte of an emoji", []string{"a", "\xf0"}, nil, "a", -1},
		{"broken bytes", []string{"a\xff", "b", "\x80"}, nil, "a\uFFFDb\uFFFD", -1},
		{"unfinished before other text", []string{"\xe4\xb8", "a"}, nil, "\uFFFDa", -1},
		{"stop inside a token", []string{"one", " two\nthree"}, []string{"\n"}, "one two", 1},
		{"stop over tokens", []string{"a#", "#", "#b"}, []string{"###"}, "a", 2},
		{"stop over characters' bytes", []string{"好\xe3\x80", "\x82后"}, []string{"。"}, "好", 1},
		{"earliest of two", []string{"abc"}, []string{"c", "b"}, "a", 0},
		{"longer one begins earlier", []string{"abcd"}, []string{"cd", "bcd"}, "a", 0},
		{"only a part of the stop string", []string{"ab", "ab"}, []string{"aba!"}, "abab", -1},
		{"the first complete one wins", []string{"ab", "cd"}, []string{"abcde", "b"}, "a", 0},
		{"empty stop strings are ignored", []string{"a"}, []string{""}, "a", -1},
		{"stop at the very beginning", []string{"\n\n"}, []string{"\n"}, "", 0},
		{"cut inside a character by a stop string of bytes", []string{"中"}, []string{"\xb8\xad"}, "\uFFFD", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTextBuilder(tt.stops)
			stopped := -1
			for i, p := range tt.pieces {
				if b.add([]byte(p)) {
					stopped = i
					break
				}
			}
			if got := b.text(); got != tt.want || stopped != tt.stopped {
				t.Errorf("%q, stopped at %d; want %q, %d", got, stopped, tt.want, tt.stopped)
			}
		})
	}
}

// FuzzTextBuilder compares any cut of a text into pieces with a search of the whole text.
func FuzzTextBuilder(f *testing.F) {
	f.Add("a long 文本 with stops", "stop", "文", uint64(5))
	f.Fuzz(func(t *testing.T, text, stop1, stop2 string, cuts uint64) {
		b := newTextBuilder([]string{stop1, stop2})
		seen := 0
		for i := 0; i < len(text) && !b.stopped; {
			n := min(1+int(cuts>>(i%60)&7), len(text)-i)
			b.add([]byte(text[i : i+n]))
			i += n
			seen = i
		}
		found := false
		for _, s := range []string{stop1, stop2} {
			found = found || s != "" && strings.Contains(text[:seen], s)
		}
		if found != b.stopped {
			t.Fatalf("stopped %v after %q with stop strings %q %q", b.stopped, text[:seen], stop1, stop2)
		}
		for _, s := range []string{stop1, stop2} {
			if s != "" && strings.Contains(string(b.raw), s) {
				t.Fatalf("%q still holds the stop string %q", b.raw, s)
			}
		}
	})
}
