package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A turn is what the plan calls an answer: a message on a thread that is there,
// deltas of text from the model, all of it stored before it is shown as done.
// An ordinary thread is a few messages long, so a talker takes a new one after
// turnsEach turns; making it, with the title that the model gives it, is a turn
// of another kind and measured by itself.
const turnsEach = 5

// loads are how many clients send at once.
var loads = []int{1, 32}

// turnCell is one figure: a kind of turn, on one database, under one load.
type turnCell struct {
	stack   *chatStack
	kind    turnKind
	clients int
}

type turnKind struct {
	name     string
	manner   manner
	creating bool // the first message of a thread
}

var (
	plainTurn = turnKind{name: "message, deltas in a burst", manner: burst}
	pacedTurn = turnKind{name: fmt.Sprintf("message, a delta every %v", pace), manner: paced}
	firstTurn = turnKind{name: "new thread, with its title", manner: burst, creating: true}
)

// turns is how many of n are measured: fewer where they take long.
func (c turnCell) turns(n int) int {
	if c.clients == 1 && c.kind != plainTurn {
		return max(1, n/5)
	}
	return n
}

// turnSample is what one round measured.
type turnSample struct {
	sample
	relay []float64 // µs from the provider's first delta to the client's
	first []float64 // µs from sending to the first text
}

// turnCells lists what a round measures, in order.
func turnCells(stacks []*chatStack) (all []turnCell) {
	for _, kind := range []turnKind{plainTurn, pacedTurn, firstTurn} {
		for _, clients := range loads {
			for _, s := range stacks {
				all = append(all, turnCell{s, kind, clients})
			}
		}
	}
	return all
}

// runTurns measures every cell once a round.
func (b *bench) runTurns(ctx context.Context) (map[turnCell][]turnSample, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	defer p.end()
	engines, err := b.chatEngines(ctx, "turns")
	if err != nil {
		return nil, err
	}
	for _, e := range engines {
		s, err := b.launchChat(ctx, e, p)
		if err != nil {
			return nil, err
		}
		defer s.end()
		b.stacks = append(b.stacks, s)
	}
	load := &turnLoad{bench: b, provider: p}
	results := map[turnCell][]turnSample{}
	for round := range b.scale.chatRounds + 1 {
		b.say("round %d of %d", round, b.scale.chatRounds)
		for _, c := range turnCells(b.stacks) {
			got, err := load.measure(ctx, c.stack.adapter, c.kind, c.clients, c.turns(b.scale.turns))
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %d clients: %w", c.stack.name, c.kind.name, c.clients, err)
			}
			if round > 0 { // the one before the first warms up
				results[c] = append(results[c], got)
			}
		}
	}
	return results, nil
}

// turnLoad sends turns. It numbers messages, so that the provider can say when
// it began to answer each.
type turnLoad struct {
	bench    *bench
	provider *provider // nil: there is none to ask
	sentence string    // empty: an ordinary one, of people who have signed in
	numbers  atomic.Int64
}

// measure lets so many clients send about n turns in all, and counts the
// server's CPU meanwhile.
func (l *turnLoad) measure(ctx context.Context, s *server, kind turnKind, clients, n int) (turnSample, error) {
	l.mannerOf(burst)
	each := max(1, n/clients)
	all := make([]*visitor, clients)
	for i := range all {
		user := fmt.Sprintf("user-%d", i)
		if l.sentence != "" {
			user = "" // dev mode knows who it is
		}
		all[i] = &visitor{talker: l.bench.newTalker(s, user), load: l}
		if err := all[i].connect(ctx, 2*patience); err != nil {
			return turnSample{}, err
		}
		defer all[i].conn.Close()
	}
	err := together(all, func(v *visitor) error { return v.prepare(each, kind) })
	if err != nil {
		return turnSample{}, err
	}
	l.mannerOf(kind.manner)
	began := time.Now()
	before, err := cpuTime(s.proc.pid())
	if err != nil {
		return turnSample{}, err
	}
	if err := together(all, func(v *visitor) error { return v.turns(ctx, each) }); err != nil {
		return turnSample{}, err
	}
	took := time.Since(began)
	after, err := cpuTime(s.proc.pid())
	if err != nil {
		return turnSample{}, err
	}
	done := float64(each * clients)
	out := turnSample{sample: sample{cpu: float64((after - before).Microseconds()) / done, rate: done / took.Seconds()}}
	for _, v := range all {
		out.relay, out.first = append(out.relay, v.relay...), append(out.first, v.first...)
	}
	return out, nil
}

func (l *turnLoad) mannerOf(m manner) {
	if l.provider != nil {
		l.provider.manner.Store(int32(m))
	}
}

// together lets all do the same at once.
func together(all []*visitor, do func(*visitor) error) error {
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i, v := range all {
		running.Go(func() { errs[i] = do(v) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// A visitor is a talker who goes through the turns of one measurement.
type visitor struct {
	*talker
	load    *turnLoad
	threads []string // to be talked on, turnsEach turns each; empty: new ones

	heard        time.Time // when the first text of this answer came
	relay, first []float64
}

// prepare makes the threads for n turns, and goes through a turn on one more.
func (v *visitor) prepare(n int, kind turnKind) error {
	v.arrived = v.listen
	threads := 1
	if !kind.creating {
		threads += (n + turnsEach - 1) / turnsEach
	}
	for range threads {
		if err := v.turn(""); err != nil {
			return err
		}
		thread, err := threadIn(v.answer)
		if err != nil {
			return err
		}
		v.threads = append(v.threads, thread)
	}
	err := v.turn(v.threads[0])
	v.threads, v.relay, v.first = v.threads[1:], nil, nil
	return err
}

// turns goes through n turns, thread by thread.
func (v *visitor) turns(ctx context.Context, n int) error {
	for i := range n {
		thread := ""
		if len(v.threads) > 0 {
			thread = v.threads[i/turnsEach]
		}
		if err := errors.Join(ctx.Err(), v.turn(thread)); err != nil {
			return err
		}
	}
	return nil
}

func (v *visitor) turn(thread string) error {
	number := int(v.load.numbers.Add(1)) % marks
	text := v.load.sentence
	if text == "" {
		text = "Please tell me what I have to do today, in a few words. " + marked(number)
	}
	v.heard = time.Time{}
	sent := time.Now()
	if err := v.say(thread, text); err != nil {
		return err
	}
	if v.load.sentence == "" && !bytes.Contains(v.answer, []byte(lastDelta)) {
		return fmt.Errorf("an answer without its end: %.2000s", v.answer)
	}
	v.first = append(v.first, micros(v.heard.Sub(sent)))
	if p := v.load.provider; p != nil {
		left := p.start.Add(time.Duration(p.began[number].Load()))
		v.relay = append(v.relay, micros(v.heard.Sub(left)))
	}
	return nil
}

// listen notes when the first text has come.
func (v *visitor) listen() {
	if v.heard.IsZero() && bytes.Contains(v.answer, []byte(".text_delta")) {
		v.heard = time.Now()
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// answered is a check of every answer that costs little: a message of the
// model's is stored, and there is no error.
func answered(answer []byte) bool {
	said := bytes.Index(answer, []byte(".text_delta"))
	return said >= 0 && bytes.Contains(answer[said:], []byte(`"type":"thread.item.done"`)) && !bytes.Contains(answer, []byte(`"type":"error"`))
}

// threadIn reads the id of the thread that an answer made.
func threadIn(answer []byte) (string, error) {
	_, rest, _ := bytes.Cut(answer, []byte(`"thr_`))
	id, _, found := bytes.Cut(rest, []byte(`"`))
	if !found {
		return "", fmt.Errorf("an answer without a new thread: %.500s", answer)
	}
	return "thr_" + string(id), nil
}

// pooled gives all measurements of all rounds, sorted.
func pooled(samples []turnSample, of func(turnSample) []float64) (all []float64) {
	for _, s := range samples {
		all = append(all, of(s)...)
	}
	slices.Sort(all)
	return all
}
