package tasks

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/metrics"
)

// maxMentions bounds what one answer may list; a model that repeats itself for ever reaches it, none that answers does.
const maxMentions = 1000

// nothing are answers that say that there is no entity.
var nothing = []string{"无", "没有", "暂无", "未提及", "无实体", "没有实体", "空", "none", "n/a", "null"}

// extractEntities reads entities from an answer of the form 类型：实体、实体；类型：实体, by these steps:
//
//  1. The answer is cut at line ends and at ； and ; that do not stand inside 《》.
//  2. Signs of lists and Markdown at the beginning (- * • # > 1. 1、) and ** anywhere go away.
//  3. What stands before the first colon, full-width or ASCII, is a type when it is a known name of one, in Chinese or
//     English; a part with an unknown name is skipped.
//  4. The rest is cut at 、 ， and , that do not stand inside 《》; white space, quotation marks around an entity and a full stop after
//     it go away; 无 and the like are no entities.
//  5. A type with nothing after the colon holds for the list items below it.
//
// ok is false when nothing of this kind was found and the answer does not say 无 either. Mentions keep their order and
// repetitions; at most 1,000 are read.
func extractEntities(text string) (mentions []metrics.Entity, ok bool) {
	open := "" // type of the list that is being read
	for line := range strings.SplitSeq(text, "\n") {
		for _, part := range cutOutside(line, "；;") {
			part, item := trimList(part)
			if part == "" {
				continue
			}
			values := part
			if i := strings.IndexAny(part, "：:"); i >= 0 {
				_, size := utf8.DecodeRuneInString(part[i:])
				if typ := cluenerType(trimEntity(part[:i])); typ != "" {
					ok, item = true, true
					open, values = typ, part[i+size:]
				} else if !item || open == "" {
					open = ""
					continue
				}
			}
			if sayNothing(trimEntity(values)) {
				ok = true
				continue
			}
			if !item || open == "" {
				continue
			}
			for _, v := range cutOutside(values, "、，,") {
				v = trimEntity(v)
				if v == "" || sayNothing(v) {
					continue
				}
				if len(mentions) == maxMentions {
					return mentions, true
				}
				mentions = append(mentions, metrics.Entity{Type: open, Text: v})
			}
		}
	}
	return mentions, ok
}

func sayNothing(s string) bool {
	for _, n := range nothing {
		if strings.EqualFold(s, n) {
			return true
		}
	}
	return false
}

// cutOutside cuts at any of the separators that do not stand between 《 and 》. A 《 that is never closed does not count.
func cutOutside(s, separators string) []string {
	var out []string
	start, closed := 0, -1
	for i, r := range s {
		switch {
		case r == '《' && i > closed:
			if n := strings.Index(s[i:], "》"); n >= 0 {
				closed = i + n
			}
		case i > closed && strings.ContainsRune(separators, r):
			out = append(out, s[start:i])
			start = i + utf8.RuneLen(r)
		}
	}
	return append(out, s[start:])
}

// trimList takes away Markdown and the sign of a list item. item reports whether there was one.
func trimList(s string) (rest string, item bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "**", ""))
	rest = strings.TrimLeft(s, "-*•·#> \t")
	if digits := strings.TrimLeftFunc(rest, unicode.IsDigit); digits != rest {
		for _, sign := range []string{"、", ". ", "）", ") "} {
			if after, ok := strings.CutPrefix(digits, sign); ok {
				return strings.TrimSpace(after), true
			}
		}
	}
	return rest, rest != s
}

// trimEntity takes away what stands around an entity: white space, quotation marks, a full stop.
func trimEntity(s string) string {
	s = strings.TrimSpace(s)
	s = strings.TrimSpace(strings.TrimSuffix(s, "。"))
	for _, q := range quotePairs {
		inner, ok := strings.CutPrefix(s, q[0])
		if !ok {
			continue
		}
		if inner, ok = strings.CutSuffix(inner, q[1]); ok && inner != "" {
			return strings.TrimSpace(inner)
		}
	}
	return s
}
