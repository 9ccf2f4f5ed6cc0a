package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"taskwire/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The schema of a tool is a contract with every host: one golden file each.
func TestToolSchemas(t *testing.T) {
	h := startHTTP(t, storetest.SQLite, nil)
	var list struct {
		Tools []json.RawMessage `json:"tools"`
	}
	a := h.rpc(t, h.token(t, "alice"), "tools/list", nil)
	if err := json.Unmarshal(a.Message.Result, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Tools) != len(allTools()) {
		t.Fatalf("%d tools are listed, want %d", len(list.Tools), len(allTools()))
	}
	for _, raw := range list.Tools {
		var tool map[string]any
		if err := json.Unmarshal(raw, &tool); err != nil {
			t.Fatal(err)
		}
		got, err := json.MarshalIndent(tool, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "tools", tool["name"].(string)+".json")
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", path, diff)
		}
	}
}
