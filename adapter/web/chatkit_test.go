package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/adapter/web/chatkittest"
)

// The module that front ends copy, tested in Node against a server on loopback.
func TestChatKitConfig(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	args := []string{"--test", "--test-reporter=dot"}
	for _, file := range files {
		args = append(args, filepath.Join("adapter/web", file))
	}
	if _, err := chatkittest.Node(args...); err != nil {
		t.Error(err)
	}
}

// Its options, and a front end of React that uses them, fit the types of the
// pinned @openai/chatkit and @openai/chatkit-react.
func TestChatKitTypes(t *testing.T) {
	t.Parallel()
	if _, err := chatkittest.Node("testdata/node/node_modules/typescript/bin/tsc", "-p", "adapter/web/testdata/frontend"); err != nil {
		t.Error(err)
	}
}

// The samples of the README are those that the tests run.
func TestReadmeSamples(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for file, fence := range map[string]string{"tasks.tsx": "```tsx\n", "plain.html": "```html\n"} {
		sample, err := os.ReadFile("testdata/frontend/" + file)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(readme), fence)
		shown, _, found := strings.Cut(after, "```")
		shown = strings.ReplaceAll(shown, `"./chatkit-config.js"`, `"../../js/chatkit-config.js"`)
		run := strings.ReplaceAll(strings.ReplaceAll(string(sample), `"./chatkit-config.js"`, `"../../js/chatkit-config.js"`), "\n\n", "\n")
		if !found || !strings.HasSuffix(run, shown) {
			t.Errorf("%s is not what the README shows:\n%s\nbut:\n%s", file, shown, run)
		}
	}
}
