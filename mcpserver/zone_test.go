package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A zone has one name: other spellings that the file system would take, and
// the databases beside the zones, are refused.
func TestZoneSpellings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"Area/City", "posix/UTC", "posix/Area/City", "right/UTC"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, zoneFile(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := startStdio(t, withEnv(map[string]string{"ZONEINFO": dir}))
	p.hello(t)
	inZone := func(name string) toolOutcome {
		t.Helper()
		return outcomeOf(t, p.rpc(t, "tools/call", map[string]any{"name": "get_stats", "_meta": map[string]any{metaTimezone: name}}))
	}
	for _, good := range []string{"Area/City", "America/New_York", "UTC"} {
		if out := inZone(good); out.IsError {
			t.Errorf("zone %q: %s", good, out.text())
		}
	}
	for _, bad := range []string{
		"Area//City", "Area////City", "Area/City/", "/Area/City", "Area/./City", "Area/x/../City", "America////New_York",
		"posix/UTC", "posix/Area/City", "right/UTC", "Local", "../x", "..", ".", "",
	} {
		if out := inZone(bad); !out.IsError || !strings.Contains(out.text(), metaTimezone) {
			t.Errorf("zone %q: %s, want it refused", bad, out.text())
		}
	}
}

// zoneFile is a zone without rules (RFC 9636, version 1).
func zoneFile() []byte {
	const (
		head   = "TZif\x00"                                       // version 1
		counts = "\x00\x00\x00\x01" + "\x00\x00\x00\x04"          // one type, four bytes of names
		utc    = "\x00\x00\x00\x00" + "\x00" + "\x00" + "UTC\x00" // no offset, no daylight saving, the first name
	)
	return []byte(head + strings.Repeat("\x00", 15+4*4) + counts + utc)
}
