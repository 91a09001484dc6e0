package tasks

import (
	"bytes"
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
