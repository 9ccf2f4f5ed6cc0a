package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// startTimes are milliseconds from starting a program over stdio to its
// answer to tools/list, interleaved.
type startTimes struct {
	size        float64   // of the release build of mcpserver, in MB
	ours, empty []float64 // ours over a database that is there
	first       []float64 // ours in an empty folder: it makes the database
}

func (b *bench) startUp(ctx context.Context, r *report) error {
	t := &startTimes{}
	r.starts = t
	info, err := os.Stat(b.binary("mcpserver"))
	if err != nil {
		return err
	}
	t.size = float64(info.Size()) / 1e6
	warm := filepath.Join(b.dir, "startup")
	once := func(into *[]float64, data, program string) error {
		cmd := exec.CommandContext(ctx, b.binary(program))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "USER=bench", "TASKWIRE_DATA=" + data}
		d, err := timeToTools(cmd)
		if err != nil {
			return fmt.Errorf("%s over stdio: %w", program, err)
		}
		*into = append(*into, float64(d.Microseconds())/1000)
		return nil
	}
	var ignored []float64
	if err := once(&ignored, warm, "mcpserver"); err != nil {
		return err
	}
	for i := range b.scale.starts {
		err := errors.Join(
			once(&t.empty, "", "gosdk"),
			once(&t.ours, warm, "mcpserver"),
			once(&t.first, filepath.Join(b.dir, fmt.Sprintf("startup-%d", i)), "mcpserver"))
		if err != nil {
			return err
		}
	}
	return nil
}

// timeToTools starts a stdio server and does what a host does first.
func timeToTools(cmd *exec.Cmd) (time.Duration, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	hello := rpc("initialize", map[string]any{
		"protocolVersion": eras[0].name, "clientInfo": clientInfo, "capabilities": struct{}{},
	})
	conversation := slices.Concat(hello, []byte("\n"),
		[]byte(`{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n"),
		[]byte(`{"jsonrpc":"2.0","id":"tools","method":"tools/list"}`+"\n"))
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	_, err = stdin.Write(conversation)
	if err == nil {
		err = awaitTools(stdout)
	}
	took := time.Since(began)
	stdin.Close()
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return 0, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return took, nil
}

func awaitTools(stdout io.Reader) error {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(`"id":"tools"`)) {
			if !bytes.Contains(lines.Bytes(), []byte(`"tools":[`)) {
				return fmt.Errorf("tools/list: %s", lines.Bytes())
			}
			return nil
		}
	}
	return errors.Join(lines.Err(), errors.New("ended without an answer to tools/list"))
}
