package store_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"taskwire/store"
	"taskwire/store/storetest"
)

// childFile tells a second process of this binary where to write.
const childFile = "TASKWIRE_TEST_CHILD_URL"

const childWrites = 100

// TestTwoProcessesOnOneFile starts both on a file that is not there yet; each
// writes and reads, and no write is lost or refused.
func TestTwoProcessesOnOneFile(t *testing.T) {
	if url := os.Getenv(childFile); url != "" {
		writeAll(t, store.Config{URL: url}, "child") // this is the second process
		return
	}
	cfg := storetest.Config(t, storetest.SQLite)
	var children sync.WaitGroup
	for range 2 {
		children.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestTwoProcessesOnOneFile$", "-test.count=1")
			cmd.Env = append(os.Environ(), childFile+"="+cfg.URL)
			if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS")) {
				t.Errorf("child: %v\n%s", err, out)
			}
		})
	}
	writeAll(t, cfg, "parent")
	children.Wait()
	if n := storetest.Count(t, cfg, "tasks"); n != 3*childWrites {
		t.Errorf("%d tasks of %d", n, 3*childWrites)
	}
}

func writeAll(t testing.TB, cfg store.Config, who string) {
	t.Helper()
	st := storetest.OpenConfig(t, cfg)
	for i := range childWrites {
		made, err := st.Tasks().Create(ctx, alice, store.NewTask{Title: fmt.Sprint(who, i)}, store.Call{Tool: "t", ID: fmt.Sprint(os.Getpid(), i)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.Tasks().Get(ctx, alice, made.ID); err != nil {
			t.Fatal(err)
		}
	}
}
