package main

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"taskwire/store/storetest"
)

// runCommand runs the built program to its end.
func runCommand(t testing.TB, env map[string]string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t, "adapter"), args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the state says all
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	file := filepath.Join(t.TempDir(), "taskwire.db")
	for name, c := range map[string]struct {
		env    map[string]string
		args   []string
		status int
		word   string // on stderr, or on stdout after a success
	}{
		"help":            {nil, []string{"-help"}, 0, ""},
		"no setting":      {nil, nil, 2, "AUTH_MODE is not set"},
		"an unknown flag": {nil, []string{"-prot", "1"}, 2, "-prot"},
		"migrate":         {map[string]string{"DATABASE_URL": "sqlite://" + file}, []string{"migrate"}, 0, "The schema is at version"},
		"a token":         {nil, []string{"token", "-user", "ci"}, 0, "eyJ"},
		"a port in use":   {map[string]string{"AUTH_MODE": "dev"}, []string{"-http", taken.Addr().String()}, 1, "address already in use"},
		"unknown storage": {map[string]string{"AUTH_MODE": "dev", "UPLOADS_URL": "floppy://a"}, []string{"-http", "127.0.0.1:0"}, 2, "UPLOADS_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := runCommand(t, c.env, c.args...)
			said := stderr
			if c.status == 0 {
				said = stdout
			}
			if status != c.status || !strings.Contains(said, c.word) {
				t.Errorf("exit %d, %s%s, want %d and %q", status, stdout, stderr, c.status, c.word)
			}
		})
	}
}

// run can be started by a test, and ends with its context.
func TestRunStops(t *testing.T) {
	t.Parallel()
	env := databaseEnv(storetest.Config(t, storetest.SQLite))
	env["AUTH_MODE"], env["TASKWIRE_DATA"], env["TASKWIRE_USER"] = "dev", t.TempDir(), "alice"
	ctx, stop := context.WithCancel(t.Context())
	var log syncBuffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-http", "127.0.0.1:0"}, func(k string) string { return env[k] }, &log, &log)
	}()
	waitFor(t, "the program to serve", func() bool { return strings.Contains(log.String(), `"msg":"serving"`) })
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}
