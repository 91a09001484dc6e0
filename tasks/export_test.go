package tasks

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	for _, k := range append(short(), Novel1K, NovelForgetShort, NovelClosed) {
		if k.Make == nil {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			image := func(name string, _ []byte) (string, error) { return ImagePath(k.Name, name), nil }
			var a, b bytes.Buffer
			if err := k.Export(&a, 5, 20, image); err != nil {
				t.Fatal(err)
			}
			if err := k.Export(&b, 5, 20, image); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Error("the same seed gives other bytes")
			}
			if n := strings.Count(a.String(), "\n"); n != 21 {
				t.Errorf("%d lines, want a header and 20 items", n)
			}
			h, good, again, err := VerifyExport("x", bytes.NewReader(a.Bytes()))
			if err != nil || !good || !again || h.Task != k.Name || h.Seed != 5 || h.Items != 20 {
				t.Errorf("%+v, good %v, again %v: %v", h, good, again, err)
			}
			changed := bytes.Replace(a.Bytes(), []byte(`"target":"`), []byte(`"target":"x`), 1)
			if _, good, again, err := VerifyExport("x", bytes.NewReader(changed)); err != nil || good || again {
				t.Errorf("a changed file: good %v, again %v: %v", good, again, err)
			}
		})
	}
	for _, text := range []string{"", "{}\n", "[1]\n", `{"task":"tnews","sha256":"x","x":1}` + "\n", `{"task":"tnews","sha256":"x"}`} {
		if _, _, _, err := VerifyExport("x", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "x:1: not the header") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

// A header that asks for more than the file has makes nothing, or little.
func TestVerifyHostileExport(t *testing.T) {
	file := func(task Task, items int, lines string, sum [32]byte) string {
		return fmt.Sprintf(`{"task":%q,"version":%d,"seed":1,"items":%d,"license":"CC0-1.0","sha256":"%x"}`+"\n%s", task.Name, task.Version, items, sum, lines)
	}
	// Without the bounds each of these takes more memory than a machine has.
	lines := strings.Repeat("{}\n", 100_000)
	for _, tc := range []struct {
		name, text string
		good       bool
	}{
		{"wrong sum", file(Novel100K, 100_000, lines, sha256.Sum256(nil)), false},
		{"more items than lines", file(Novel100K, 100_000, "{}\n", sha256.Sum256([]byte("{}\n"))), true},
		{"short lines", file(Novel16K, 100_000, lines, sha256.Sum256([]byte(lines))), true},
		{"a negative number", file(Novel16K, -1, "", sha256.Sum256(nil)), true},
	} {
		h, good, again, err := VerifyExport("x", strings.NewReader(tc.text))
		if err != nil || good != tc.good || again {
			t.Errorf("%s: %+v, good %v, again %v: %v", tc.name, h, good, again, err)
		}
	}
}
