package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// U12: a disk that is really full, in bytes and in files.
func TestAttackDiskReallyFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,nr_inodes=4"); err != nil {
		// Who may not mount has TestUploadDiskFull, whose disk says that it is full.
		t.Logf("mount a small file system: %v; it needs root", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	h := start(t, setup{noTools: true, env: map[string]string{"UPLOADS_URL": "file://" + dir}})
	left := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	full := func(a answer) {
		t.Helper()
		a.refused(t, 507, "disk_full")
		if strings.Contains(a.Body, dir) || strings.Contains(a.Body, "space") {
			t.Errorf("the answer tells of the disk: %s", a.Body)
		}
	}
	before := h.hash(t)
	full(h.upload(t, "alice", "a.txt", "text/plain", strings.Repeat("x", 100_000)))
	if left() != 0 {
		t.Error("a part of the file is left")
	}
	h.sweptLike(t, before)

	_, path := h.announced(t, "alice", "b.txt", "text/plain", 100_000)
	before = h.hash(t)
	full(h.send(t, "PUT", path, strings.Repeat("x", 100_000), nil))
	if left() != 0 || h.hash(t) != before {
		t.Error("something of the announced file is left")
	}
	h.send(t, "PUT", path, "smaller", nil).ok(t, 200) // the link is good for another try

	h.uploaded(t, "alice", "c.txt", "x")
	last := h.uploaded(t, "alice", "d.txt", "x")
	before = h.hash(t)
	full(h.upload(t, "alice", "e.txt", "text/plain", "no room for its name"))
	h.sweptLike(t, before)
	if left() != 3 {
		t.Errorf("%d files, want 3", left())
	}
	h.removeAttachment(t, "alice", last.ID).ok(t, 200)
	h.uploaded(t, "alice", "e.txt", "room again")
}
