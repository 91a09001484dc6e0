package reports

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzRead: whatever the bytes, Read gives a record that can be written again, or an error of one readable line.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := JSON(&b, example()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Add(bytes.Replace(b.Bytes(), []byte(`"stderr,none": 0`), []byte(`"stderr,none": NaN`), 1))
	f.Add([]byte(`{"schema_version":1,"results":{"a":{"acc,none":[1,2],"acc_n,none":{}}}}`))
	f.Add([]byte(`[[[-Infinity]]]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Read(bytes.NewReader(raw))
		if err != nil {
			if strings.Contains(err.Error(), "%!") {
				t.Errorf("malformed message %q", err)
			}
			return
		}
		if err := JSON(&bytes.Buffer{}, r); err != nil {
			t.Errorf("read and not writable: %v", err)
		}
	})
}

func TestReadNamesThePlace(t *testing.T) {
	for _, tc := range []struct{ raw, want string }{
		{"{\n\"schema_version\": 1,\n\"results\": {\"tnews\": {\"acc,none\": NaN}}}", `line 3: "results" "tnews" "acc,none": NaN is not a number`},
		{"{\"schema_version\": 1,\n\"perf\": {\"ttft_ms\": {\"p50\": -Infinity}}}", `line 2: "perf" "ttft_ms" "p50": Infinity is not a number`},
		{"{\"schema_version\": 1,\n\"config\": {\"choice_by\": [\"a\", \"b\", 7]}}", `line 2: "config" "choice_by" 2: json: cannot unmarshal number`},
		{"{\"schema_version\": 1,\n\"perf\": {\"batch_size\": 1.5}}", `line 2: "perf" "batch_size": json: cannot unmarshal number 1.5`},
		{"{\"schema_version\": 1, \"digest\": \"x\"", `unexpected end`},
	} {
		_, err := Read(strings.NewReader(tc.raw))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s\n%v\nwant %s", tc.raw, err, tc.want)
		}
	}
}
