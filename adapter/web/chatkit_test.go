package web_test

import (
	"path/filepath"
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
