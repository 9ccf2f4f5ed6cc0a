package store_test

import (
	"bufio"
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

// TestKilledBetweenCommits kills a process in the midst of many changes: what it
// acknowledged is there, and each transaction is there whole or not at all.
func TestKilledBetweenCommits(t *testing.T) {
	if url := os.Getenv(childFile); url != "" {
		beginTurns(t, store.Config{URL: url})
		return
	}
	cfg := storetest.Config(t, storetest.SQLite)
	var acknowledged []string
	for range 3 {
		acknowledged = append(acknowledged, killAfter(t, cfg, 200)...)
	}
	c := chats(storetest.OpenConfig(t, cfg))
	for _, id := range acknowledged {
		if got := texts(t, c, alice, id); len(got) != 1 {
			t.Errorf("session %s, acknowledged, has the messages %q", id, got)
		}
	}
	sessions := storetest.Count(t, cfg, "chat_sessions")
	for _, table := range []string{"chat_messages", "chat_turns"} {
		if n := storetest.Count(t, cfg, table); n != sessions {
			t.Errorf("%d rows in %s of %d sessions", n, table, sessions)
		}
	}
}

// killAfter kills the child once it has acknowledged n sessions, and returns all
// that it has.
func killAfter(t testing.TB, cfg store.Config, n int) (acknowledged []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledBetweenCommits$", "-test.count=1", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), childFile+"="+cfg.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if acknowledged = append(acknowledged, lines.Text()); len(acknowledged) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); len(acknowledged) < n {
		t.Fatalf("the child ended after %d sessions: %v", len(acknowledged), err)
	}
	return acknowledged
}

// beginTurns begins turns until it is killed.
func beginTurns(t testing.TB, cfg store.Config) {
	c := chats(storetest.OpenConfig(t, cfg))
	errs := atOnce(16, func(int) error {
		for {
			turn, err := c.BeginTurn(ctx, alice, store.TurnStart{New: &store.Session{ID: c.NewSessionID()}, Message: say("hello")})
			if err != nil {
				return err
			}
			os.Stdout.WriteString(turn.Session().ID + "\n")
		}
	})
	t.Error(errs)
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
