package golden

import (
	"strings"
	"testing"
)

func TestFirstDifference(t *testing.T) {
	for _, tc := range []struct{ name, got, want, says string }{
		{"changed line", "a\nb\n", "a\nc\n", "line 2"},
		{"missing line", "a", "a\nb", "(end)"},
		{"extra line", "a\nb", "a", "(end)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := firstDifference([]byte(tc.got), []byte(tc.want)); !strings.Contains(d, tc.says) {
				t.Errorf("got %q, want it to say %q", d, tc.says)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	Check(t, "hello.txt", []byte("你好\n"))
	if *update {
		return
	}
	rec := &recorder{TB: t}
	Check(rec, "hello.txt", []byte("您好\n"))
	if rec.errors != 1 {
		t.Errorf("a different output gave %d errors, want 1", rec.errors)
	}
}

// recorder counts errors instead of failing the test.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Errorf(string, ...any) { r.errors++ }
