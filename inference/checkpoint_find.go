package inference

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ModelsEnv is the environment variable that names the folder with models; several may be given as in PATH.
const ModelsEnv = "LLAMA4_EVAL_MODELS"

// FindModel finds the model that a user means: a path of a GGUF file or of a Hugging Face folder, or the bare name of one in a folder
// that $LLAMA4_EVAL_MODELS names or in ~/.cache/llama4-eval/models, where ".gguf" can be left out. A path that exists wins over a bare name.
// The error says where it was looked for.
func FindModel(name string) (string, error) {
	return findModel(name, ModelFolders())
}

// ModelFolders are the folders in which [FindModel] looks for bare names, whether they exist or not.
func ModelFolders() []string {
	var folders []string
	for _, dir := range filepath.SplitList(os.Getenv(ModelsEnv)) {
		if dir != "" {
			folders = append(folders, dir)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".cache", "llama4-eval", "models"))
	}
	return folders
}

func findModel(name string, folders []string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("model: no name given")
	}
	if isModel(name) {
		return name, nil
	}
	looked := []string{name}
	if _, err := os.Stat(name); err == nil {
		looked[0] += " (which is neither a file nor a folder with config.json)"
	}
	// Only a bare name is searched for: with a separator it is a path, and ".." must not lead out of the folders.
	if filepath.Base(name) == name && name != ".." {
		for _, dir := range folders {
			for _, candidate := range []string{name, name + ".gguf"} {
				path := filepath.Join(dir, candidate)
				if isModel(path) {
					return path, nil
				}
			}
			looked = append(looked, filepath.Join(dir, name)+"[.gguf]")
		}
	}
	return "", fmt.Errorf("model: %q not found; looked for %s ($%s names a folder with models)", name, strings.Join(looked, ", "), ModelsEnv)
}

// isModel says whether path can be a model: a regular file, whatever its content, or a folder with config.json.
func isModel(path string) bool {
	st, err := os.Stat(path)
	if err != nil {
		return false
	}
	if st.IsDir() {
		st, err = os.Stat(filepath.Join(path, "config.json"))
		return err == nil && st.Mode().IsRegular()
	}
	return st.Mode().IsRegular()
}
