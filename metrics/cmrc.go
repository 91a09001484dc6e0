package metrics

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// cmrcPunctuation are the characters that the CMRC 2018 script leaves out. The script's list also holds six dots as one entry of two
// characters, which never equals a character, so that … stays; ‘ and most ASCII punctuation are not in it.
const cmrcPunctuation = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"

// CMRC returns exact match (0 or 1) and F1, each the best over golds, as version 5 of the CMRC 2018 script: lower case, a list of
// punctuation left out, tokens of [CMRCSegments], and for F1 the longest run of tokens that both texts share (not the longest
// subsequence). Without golds both are 0.
//
// Source: cmrc2018_evaluate.py in github.com/ymcui/cmrc2018, squad-style-data.
func CMRC(prediction string, golds []string) (em, f1 float64) {
	plain := cmrcPlain(prediction)
	tokens := CMRCSegments(prediction)
	for _, gold := range golds {
		if cmrcPlain(gold) == plain {
			em = 1
		}
		want := CMRCSegments(gold)
		common := longestRun(want, tokens)
		if common == 0 {
			continue
		}
		p := float64(common) / float64(len(tokens))
		r := float64(common) / float64(len(want))
		f1 = max(f1, 2*p*r/(p+r))
	}
	return em, f1
}

func cmrcPlain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(cmrcPunctuation, r) {
			return -1
		}
		return r
	}, strings.TrimFunc(lower(s), pythonSpace))
}

// CMRCSegments splits a text as the CMRC 2018 script does: ideographs U+4E00 to U+9FA5 are tokens by themselves, what lies between
// them goes through [Treebank]. Punctuation of the list vanishes without ending a token: 2013-14 becomes 201314.
func CMRCSegments(s string) []string {
	var out []string
	var between strings.Builder
	flush := func() {
		if between.Len() > 0 {
			out = append(out, Treebank(between.String())...)
			between.Reset()
		}
	}
	for _, r := range strings.TrimFunc(lower(s), pythonSpace) {
		switch {
		case strings.ContainsRune(cmrcPunctuation, r):
		case r >= 0x4e00 && r <= 0x9fa5:
			flush()
			out = append(out, string(r))
		default:
			between.WriteRune(r)
		}
	}
	flush()
	return out
}

// longestRun returns the length of the longest contiguous run of tokens that occurs in both lists.
func longestRun(a, b []string) int {
	best := 0
	prev, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for i := range a {
		for j := range b {
			row[j+1] = 0
			if a[i] == b[j] {
				row[j+1] = prev[j] + 1
				best = max(best, row[j+1])
			}
		}
		prev, row = row, prev
	}
	return best
}

// lower is Python's str.lower: it differs from strings.ToLower where one letter becomes two (İ) or depends on its place (Σ).
func lower(s string) string {
	if strings.ContainsAny(s, "İΣ") {
		return cases.Lower(language.Und).String(s)
	}
	return strings.ToLower(s)
}

// pythonSpace is Python's str.isspace: that of Unicode and the four separators U+001C to U+001F.
func pythonSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}
