//go:build faultpoints

package faultpoint

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A Wait is one wait under way. The zero Wait has no points.
type Wait struct{ name, of string }

// At is where a wait begins.
func At(ctx context.Context, name string) Wait {
	of, _ := ctx.Value(upkeep{}).(string)
	return Wait{name, of}
}

// Before is the point in front of it. Its error stands for something that was
// never sent.
func (w Wait) Before() error { return points.come("before", w) }

// After is the point behind it, and gives err, the wait's own. Where there is
// none, the error stands for an answer that was lost: what was asked for has
// happened.
func (w Wait) After(err error) error {
	if err != nil {
		return err
	}
	return points.come("after", w)
}

type upkeep struct{}

// Upkeep marks what is done for no request, so that its points are counted
// apart: how often it comes by is a matter of time.
func Upkeep(ctx context.Context, what string) context.Context {
	return context.WithValue(ctx, upkeep{}, what)
}

// An Error is what a point fails with. To pgx and to net/http it is one of a
// connection.
type Error struct {
	Point string
	sent  bool
}

func (e *Error) Error() string { return "connection lost " + e.Point }

// SafeToRetry tells pgconn that nothing had been sent.
func (e *Error) SafeToRetry() bool { return !e.sent }

// Timeout and Temporary make it a net.Error.
func (e *Error) Timeout() bool   { return false }
func (e *Error) Temporary() bool { return false }

var points = read(os.Getenv("TASKWIRE_FAULTPOINT"), os.Getenv("TASKWIRE_FAULTPOINT_LOG"))

type plan struct {
	point  string
	n      int
	action string
	log    *os.File

	mu   sync.Mutex
	seen map[string]int
}

func read(fault, log string) *plan {
	p := &plan{seen: map[string]int{}}
	if fault != "" {
		point, rest, _ := strings.Cut(fault, "@")
		n, action, _ := strings.Cut(rest, "=")
		var err error
		if p.n, err = strconv.Atoi(n); err != nil || p.n < 1 || action != "error" && action != "kill" {
			panic(fmt.Sprintf("TASKWIRE_FAULTPOINT is %q, want POINT@N=error or =kill", fault))
		}
		p.point, p.action = point, action
	}
	if log != "" {
		var err error
		if p.log, err = os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
			panic(err)
		}
	}
	return p
}

func (p *plan) come(side string, w Wait) error {
	if w.name == "" {
		return nil
	}
	point := side + " " + w.name
	if w.of != "" {
		point = w.of + ": " + point
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[point]++
	if p.log != nil {
		fmt.Fprintln(p.log, point) // one write: it is whole also when we die
	}
	if point != p.point || p.seen[point] != p.n {
		return nil
	}
	if p.action == "kill" {
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {} // it comes
	}
	return &Error{Point: point, sent: side == "after"}
}
