package datasets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files, all with the same content, and returns their folder.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindOrder(t *testing.T) {
	for _, tc := range []struct {
		name, sub string // sub is the folder given, below the tree
		files     []string
		want      string // file of the best candidate
		train     string // best training file
	}{
		{"official dev over the rest", "", []string{"tnews/dev.json", "tnews/train.json", "tnews/test.json", "fewclue/tnews/dev_few_all.json"}, "tnews/dev.json", "tnews/train.json"},
		{"archive folder", "", []string{"tnews_public/dev.json", "tnews_public/test.json"}, "tnews_public/dev.json", ""},
		{"few-shot dev over test_public", "", []string{"fewclue/tnews/test_public.json", "fewclue/tnews/dev_0.json", "fewclue/tnews/train_0.json"}, "fewclue/tnews/dev_0.json", "fewclue/tnews/train_0.json"},
		{"all five over one", "", []string{"fewclue/tnews/dev_0.json", "fewclue/tnews/dev_few_all.json", "fewclue/tnews/train_0.json"}, "fewclue/tnews/dev_few_all.json", "fewclue/tnews/train_0.json"},
		{"own folder over FewCLUE", "", []string{"fewclue/tnews/dev_few_all.json", "tnews/dev_3.json", "tnews/train_0.json", "tnews/train_3.json"}, "tnews/dev_3.json", "tnews/train_3.json"},
		{"few-shot dev over a training file", "", []string{"tnews/train.json", "fewclue/tnews/dev_0.json"}, "fewclue/tnews/dev_0.json", ""},
		{"labelled over unlabelled", "", []string{"tnews/test.json", "fewclue/tnews/test_public.json"}, "fewclue/tnews/test_public.json", ""},
		{"test as the last resort", "", []string{"tnews/test.json"}, "tnews/test.json", ""},
		{"the folder itself", "data/tnews", []string{"data/tnews/dev.json", "data/tnews/train.json"}, "dev.json", "train.json"},
		{"the FewCLUE folder", "data/fewclue", []string{"data/fewclue/tnews/dev_0.json"}, "tnews/dev_0.json", ""},
		{"a task folder of FewCLUE", "fewclue/tnews", []string{"fewclue/tnews/dev_0.json"}, "dev_0.json", ""},
		{"OpenCompass", "", []string{"CLUE/TNEWS/dev.json", "FewCLUE/tnews/dev_few_all.json"}, "CLUE/TNEWS/dev.json", ""},
		{"FewCLUE of OpenCompass", "", []string{"FewCLUE/tnews/dev_few_all.json", "FewCLUE/tnews/train_few_all.json"}, "FewCLUE/tnews/dev_few_all.json", "FewCLUE/tnews/train_few_all.json"},
		{"another task's folder", "ocnli", []string{"ocnli/dev.json"}, "", ""},
		{"nothing", "", []string{"readme.txt"}, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(tree(t, tc.files...), filepath.FromSlash(tc.sub))
			found, err := Find([]string{dir}, CLUE("tnews"))
			if err != nil {
				t.Fatal(err)
			}
			var got, train string
			if len(found) > 0 {
				got = strings.Join(found[0].Paths, " ")
				if len(found[0].Train) > 0 {
					train = strings.Join(found[0].Train[0], " ")
				}
			}
			if got != tc.want || train != tc.train {
				t.Errorf("got %q and %q, want %q and %q", got, train, tc.want, tc.train)
			}
		})
	}
}

func TestFindSeveralFolders(t *testing.T) {
	few, own, twin := tree(t, "fewclue/tnews/dev_0.json"), tree(t, "tnews/dev.json"), tree(t, "tnews/dev.json")
	found, err := Find([]string{few, own, twin}, CLUE("tnews"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.Dir)
	}
	if diff := cmp.Diff([]string{own, twin, few}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Find([]string{few, filepath.Join(few, "absent")}, CLUE("tnews")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

func TestFindTogether(t *testing.T) {
	pair := []Candidate{{Paths: []string{"c3/d-dev.json", "c3/m-dev.json"}, Split: SplitDev}}
	if found, err := Find([]string{tree(t, "c3/d-dev.json")}, pair); err != nil || len(found) > 0 {
		t.Errorf("half of a pair was found: %v %v", found, err)
	}
	if found, err := Find([]string{tree(t, "c3/d-dev.json", "c3/m-dev.json")}, pair); err != nil || len(found) != 1 {
		t.Errorf("a pair was not found: %v %v", found, err)
	}
	if found, err := Find([]string{tree(t, "c3/d-dev.json/x", "c3/m-dev.json")}, pair); err != nil || len(found) > 0 {
		t.Errorf("a folder was found as a file: %v %v", found, err)
	}
}

func TestPathsStayInside(t *testing.T) {
	dir := tree(t, "inside/a.json", "outside/b.json")
	inside := filepath.Join(dir, "inside")
	for _, path := range []string{"../outside/b.json", "/etc/hostname", "x/../../outside/b.json"} {
		if found, err := Find([]string{inside}, []Candidate{{Paths: []string{path}, Split: SplitDev}}); err != nil || len(found) > 0 {
			t.Errorf("%s: found %v, %v", path, found, err)
		}
		if _, _, err := ReadFile(inside, path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "outside", "b.json"), filepath.Join(inside, "link.json")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	if found, err := Find([]string{inside}, []Candidate{{Paths: []string{"link.json"}, Split: SplitDev}}); err != nil || len(found) > 0 {
		t.Errorf("a link out of the folder was followed: %v, %v", found, err)
	}
	if _, _, err := ReadFile(inside, "link.json"); err == nil {
		t.Error("a link out of the folder was read")
	}
}

func TestReadFile(t *testing.T) {
	dir := tree(t, "a.json", "sub/b.json")
	raw, file, err := ReadFile(dir, "sub/b.json")
	if err != nil {
		t.Fatal(err)
	}
	want := File{Path: "sub/b.json", SHA256: "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356", Bytes: 3}
	if diff := cmp.Diff(want, file); diff != "" || string(raw) != "{}\n" {
		t.Errorf("%q %s", raw, diff)
	}
	for _, tc := range []struct {
		path string
		most int64
		want string
	}{
		{"sub/b.json", 2, "3 bytes, at most 2 are read"}, {"sub", 10, "not a file"}, {"absent.json", 10, "no such file"},
	} {
		if _, _, err := readFile(dir, tc.path, tc.most); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), filepath.Join(dir, tc.path)) {
			t.Errorf("%s: got %v, want %q and the path", tc.path, err, tc.want)
		}
	}
}
