package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// process is a program that the harness started and will end.
type process struct {
	cmd  *exec.Cmd
	stop os.Signal
	gone chan struct{}
	log  string // file of its output, for when it fails
}

// start runs a program, its output in the file log. stop is the signal for a
// clean end.
func start(cmd *exec.Cmd, log string, stop os.Signal) (*process, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stop: stop, gone: make(chan struct{}), log: log}
	go func() {
		cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end stops the process, by force if it does not stop by itself.
func (p *process) end() {
	p.cmd.Process.Signal(p.stop)
	select {
	case <-p.gone:
	case <-time.After(10 * time.Second):
		p.cmd.Process.Kill()
		<-p.gone
	}
}

// listening waits until something accepts connections at addr.
func (p *process) listening(ctx context.Context, addr string) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.gone:
			return p.failure("ended at once")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return p.failure("does not listen on " + addr)
}

func (p *process) failure(what string) error {
	output, _ := os.ReadFile(p.log)
	return fmt.Errorf("%s %s: %s", p.cmd.Path, what, bytes.TrimSpace(output))
}

// cpuTime is the user and system time that a running process has used. The
// kernel counts it exactly and shows it in hundredths of a second.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold spaces; utime and stime are the 12th
	// and 13th fields after it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("unreadable /proc/PID/stat")
	}
	var total time.Duration
	for _, field := range fields[11:13] {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ticks) * 10 * time.Millisecond
	}
	return total, nil
}

// loadAverages are how many programs wanted to run in the last 1, 5 and 15
// minutes.
func loadAverages() string {
	text, _ := os.ReadFile("/proc/loadavg") // a report without it is still one
	fields := bytes.Fields(text)
	return string(bytes.Join(fields[:min(3, len(fields))], []byte(" ")))
}
