package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// An open answer is one whose model is silent: the person's connection, the
// turn, and the connection to the provider are there, and nothing happens.

// openCell is what holds them open, on one database.
type openCell struct {
	engine string
	manner manner
}

var silences = []struct {
	manner manner
	name   string
}{{headOnly, "after the head"}, {wordless, "from the start"}}

// openSample is the memory of the adapter's process in one round, in KiB, as
// the kernel counts it: with what the garbage collector has not yet given back.
type openSample struct{ before, after, each float64 }

func (b *bench) openAnswers(ctx context.Context) (map[openCell][]openSample, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	defer p.end()
	engines, err := b.chatEngines(ctx, "held")
	if err != nil {
		return nil, err
	}
	results := map[openCell][]openSample{}
	for round := range b.scale.openRounds {
		b.say("round %d of %d", round+1, b.scale.openRounds)
		for _, e := range engines {
			for _, s := range silences {
				got, err := b.holdOpen(ctx, e, p, s.manner)
				if err != nil {
					return nil, fmt.Errorf("answers held open on %s: %w", e.name, err)
				}
				c := openCell{e.name, s.manner}
				results[c] = append(results[c], got)
			}
		}
	}
	return results, nil
}

// holdOpen starts a fresh adapter, lets it answer so many people that all its
// parts have been used, and then opens the answers.
func (b *bench) holdOpen(ctx context.Context, e engine, p *provider, m manner) (openSample, error) {
	s, err := b.launchChat(ctx, e, p)
	if err != nil {
		return openSample{}, err
	}
	defer s.end()
	load := &turnLoad{bench: b, provider: p}
	if _, err := load.measure(ctx, s.adapter, plainTurn, 32, 32); err != nil {
		return openSample{}, err
	}
	pid := s.adapter.proc.pid()
	before, err := b.settledMemory(ctx, pid)
	if err != nil {
		return openSample{}, err
	}
	load.mannerOf(m)
	people := make([]*talker, b.scale.open)
	defer func() {
		for _, t := range people {
			if t != nil && t.conn != nil {
				t.conn.Close()
			}
		}
	}()
	if err := b.openAll(ctx, s.adapter, people); err != nil {
		return openSample{}, err
	}
	if err := p.holds(ctx, len(people)); err != nil {
		return openSample{}, err
	}
	after, err := b.settledMemory(ctx, pid)
	if held := p.held.Load(); err == nil && int(held) != len(people) {
		err = fmt.Errorf("%d answers are left of %d", held, len(people))
	}
	return openSample{before, after, (after - before) / float64(len(people))}, err
}

// openAll lets everybody send a message, each as a person of their own.
func (b *bench) openAll(ctx context.Context, s *server, people []*talker) error {
	const workers = 16
	errs := make([]error, workers)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := w; i < len(people) && errs[w] == nil; i += workers {
				people[i] = b.newTalker(s, fmt.Sprintf("holder-%d", i))
				errs[w] = people[i].open(ctx)
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// open sends a message and reads how the answer begins.
func (t *talker) open(ctx context.Context) error {
	if err := t.connect(ctx, patience); err != nil {
		return err
	}
	if _, err := t.conn.Write(prepare(t.addr, t.path, t.headers, messageBody("", "Please think. "+marked(0))).bytes); err != nil {
		return err
	}
	head := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(t.in, head); err != nil || string(head) != "HTTP/1.1 200" {
		return fmt.Errorf("an answer that begins with %q: %w", head, errors.Join(err))
	}
	return nil
}

// holds waits until so many answers are held.
func (p *provider) holds(ctx context.Context, n int) error {
	for deadline := time.Now().Add(patience); int(p.held.Load()) < n; wait(ctx, 10*time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("the provider holds %d answers, want %d", p.held.Load(), n)
		}
	}
	return nil
}

// settledMemory reads the memory of a process once it has not moved by a
// hundredth for a while.
func (b *bench) settledMemory(ctx context.Context, pid int) (kib float64, err error) {
	last, since := 0.0, time.Now()
	for deadline := time.Now().Add(10 * b.scale.still); time.Now().Before(deadline) && ctx.Err() == nil; wait(ctx, b.scale.still/10) {
		if kib, err = memory(pid); err != nil {
			return 0, err
		}
		if kib > 1.01*last || kib < 0.99*last {
			last, since = kib, time.Now()
		}
		if time.Since(since) >= b.scale.still {
			break
		}
	}
	return kib, ctx.Err() // one that moves on is as good as any
}

// memory is what of a process lies in RAM, in KiB.
func memory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("unreadable /proc/PID/status")
	}
	return strconv.ParseFloat(string(fields[0]), 64)
}
