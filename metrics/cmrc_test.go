package metrics

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected tokens are what NLTK 3.8.1 gives.
func TestTreebank(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"abc", []string{"abc"}},
		{"nt$25,000", []string{"nt", "$", "25,000"}},
		{"78.1%", []string{"78.1", "%"}},
		{`"iskra"`, []string{"``", "iskra", "''"}},
		{"u.s.", []string{"u.s", "."}},
		{"end.)", []string{"end", ".", ")"}},
		{"a,b", []string{"a", ",", "b"}},
		{"3,5", []string{"3,5"}},
		{"don't", []string{"do", "n't"}},
		{"it's", []string{"it", "'s"}},
		{"'a'", []string{"'", "a", "'"}},
		{"cannot", []string{"can", "not"}},
		{"Cannot!", []string{"Can", "not", "!"}},
		{"more'n", []string{"more", "'n"}},
		{"gonna wanna", []string{"gon", "na", "wan", "na"}},
		{"'tis", []string{"'t", "is"}},
		{"a--b...", []string{"a", "--", "b", "..."}},
		{"a\u3000b\x1cc", []string{"a", "b", "c"}},
		{"«x»", []string{"«", "x", "»"}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Treebank(tc.text)); diff != "" && len(tc.want)+len(Treebank(tc.text)) > 0 {
				t.Error(diff)
			}
		})
	}
}

func TestCMRCLower(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"ABC", "abc"}, {"İ", "i̇"}, {"ΟΔΟΣ", "οδος"}, {"ΣΑΣ", "σας"},
	} {
		if got := lower(tc.in); got != tc.want {
			t.Errorf("lower(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

func TestCMRCEdges(t *testing.T) {
	for _, tc := range []struct {
		name, pred string
		golds      []string
		em, f1     float64
	}{
		{"no golds", "答", nil, 0, 0},
		{"the best gold counts", "北京", []string{"上海", "北京市", "北京"}, 1, 1},
		{"a run, not a subsequence", "甲丙乙", []string{"甲乙"}, 0, 0.4},
		{"nothing", "", []string{"甲"}, 0, 0},
		{"only punctuation is nothing", "。", []string{"甲"}, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			em, f1 := CMRC(tc.pred, tc.golds)
			near(t, "em", em, tc.em)
			near(t, "f1", f1, tc.f1)
		})
	}
}

func FuzzCMRC(f *testing.F) {
	f.Add("祖籍福建", "祖籍")
	f.Add("\"Iskra\"", "don't 2013-14……")
	f.Add("\xff'", "İΣ")
	f.Fuzz(func(t *testing.T, pred, gold string) {
		if len(pred)+len(gold) > 1<<12 {
			return
		}
		em, f1 := CMRC(pred, []string{gold})
		if em != 0 && em != 1 || !(f1 >= 0 && f1 <= 1+1e-12) {
			t.Fatalf("em %v, f1 %v", em, f1)
		}
		_, back := CMRC(gold, []string{pred})
		if math.Abs(f1-back) > 1e-12 {
			t.Fatalf("f1 %v one way, %v the other", f1, back)
		}
		for _, tok := range CMRCSegments(pred) {
			if tok == "" || strings.ContainsFunc(tok, pythonSpace) {
				t.Fatalf("token %q", tok)
			}
		}
	})
}
