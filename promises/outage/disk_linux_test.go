package outage

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// diskFull fills the small disk on which everything of the server is, and makes
// it need more: it ends itself when it cannot write its log (WAL) any more, and
// again when it tries to come back. An operator makes room and starts it.
func diskFull(dir string) fault {
	filler := filepath.Join(dir, "filler")
	return fault{
		name: "disk full for WAL", must: writes,
		begin: func(t testing.TB, s *site) {
			fill(t, filler)
			s.await(t, "the server to give up", func() bool {
				_, err := s.admin.Exec("SELECT pg_switch_wal() FROM pg_logical_emit_message(true, 'fill', repeat('x', 100000))")
				return err != nil
			})
		},
		end: func(t testing.TB, s *site) {
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			s.cluster.Stop(t) // what is left of it
			s.cluster.Start(t)
		},
	}
}

// fill leaves no byte of room.
func fill(t testing.TB, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// D11: the disk is really full.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "taskwire-small-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=160m,mode=755"); err != nil {
		if tally.Long {
			t.Fatalf("mount a small disk: %v; it needs root, or CAP_SYS_ADMIN", err)
		}
		t.Logf("mount a small disk: %v; it needs root", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	cluster := storetest.StartClusterIn(t, dir, "-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB")
	s := open(t, cluster.Config(t, storetest.Postgres), cluster)
	v := s.suffer(t, diskFull(dir))
	s.survived(t)
	count(t, []*verdict{v})
}
