package load

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// R06: of the streams through a SIGTERM a quarter is busy, the others wait for
// a model that says nothing.
func TestDrainAdapter(t *testing.T) {
	t.Parallel()
	d := newDrained(t)
	rounds, streams := tally.Rounds(1, 20), tally.Rounds(40, 200)
	total, worst := verdict{}, time.Duration(0)
	for round := range rounds {
		v, took := d.round(t, fmt.Sprintf("r%d", round), streams, d.terminate)
		if total.add(v); round == rounds-2 {
			delete(d.Adapters, "SHUTDOWN_GRACE") // the last has the default, 25 s of the 30 that are promised
		}
		worst = max(worst, took)
	}
	if total.whole == 0 || total.cutOff == 0 {
		t.Errorf("%+v: want answers that end in time and some that do not", total)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P14", What: "streams through SIGTERM", Runs: total.streams, Broken: total.broken(),
		Value: worst.Seconds(), Unit: "s",
		Note: fmt.Sprintf("%d answered to the end, %d cut off with an error that allows to try again; %d acknowledged items, %d lost", total.whole, total.cutOff, total.items, total.lost),
	})
}

// A process that is killed leaves streams without an end.
func TestDrainControl(t *testing.T) {
	t.Parallel()
	d := newDrained(t)
	const streams = 20
	v, _ := d.round(t, "killed", streams, func(_ testing.TB, p *fleet.Process) { p.Kill() })
	if v.torn < streams*3/4 {
		t.Fatalf("of %d streams of a killed process %d are without an end", streams, v.torn)
	}
	tally.Caught(t, "P14", "SIGKILL loses streams")
}

// A second signal ends the program in the middle of its answers.
func TestDrainSecondSignal(t *testing.T) {
	t.Parallel()
	d := newDrained(t)
	p := d.Adapter(t)
	open := d.open(t, p, "second", 4)
	defer open.Wait()
	d.awaitBegun(t, open)
	term(t, p)
	awaitLog(t, p, `"msg":"draining"`)
	begun := time.Now()
	secondTerm(t, p)
	tally.Counted(t, tally.Entry{
		Promise: "P14", What: "second signal ends at once", Runs: 1, Broken: 0,
		Value: time.Since(begun).Seconds(), Unit: "s", Note: "adapter",
	})
}

// secondTerm asks again, until the process ends by that.
func secondTerm(t testing.TB, p *fleet.Process) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !p.Ended(); time.Sleep(5 * time.Millisecond) {
		_ = p.Signal(syscall.SIGTERM) // it may end in between
		if time.Now().After(deadline) {
			t.Fatal("a second signal does not end it")
		}
	}
	if status := p.Wait(); status != -1 {
		t.Errorf("exit status %d, want an end by the signal", status)
	}
}

// drained is adapters that end while they answer, and one that stays.
type drained struct {
	*fleet.Fleet
	stays  *fleet.Process
	silent atomic.Int64 // answers of which the model says nothing
}

func newDrained(t *testing.T) *drained {
	d := &drained{Fleet: fleet.New(t, storetest.Config(t, storetest.Postgres))}
	d.Adapters["SHUTDOWN_GRACE"] = "5s" // some answers outlast any
	d.stays = d.Adapter(t)
	d.ToolServer(t, d.stays)
	d.stays.Ready(t)
	d.Model.Otherwise(d.reply)
	return d
}

// What a message asks of the model.
const (
	askSilence = "silence" // nothing, until the client is gone
	askWords   = "words"   // many, for some seconds
	askTask    = "task"    // a tool call first
	askForever = "forever" // more than fits into the grace
	askLate    = "late"    // should never come
)

// wholeAnswer is how an answer ends that was not cut off.
const wholeAnswer = "that is all."

func (d *drained) reply(w *agenttest.Writer, req agenttest.Request) {
	asked := ""
	for _, m := range req.Messages {
		if m.Role == "user" {
			asked = m.Text()
		}
	}
	last := req.Last()
	switch {
	case len(req.ToolNames()) == 0: // it is asked for a title
		agenttest.Text("A title")(w, req)
	case strings.Contains(asked, askSilence):
		d.silent.Add(1)
		w.Begin()
		w.Hold()
	case strings.Contains(asked, askTask) && last.Role != "tool":
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: `{"title":"kept"}`})(w, req)
	default:
		words := 40
		if strings.Contains(asked, askForever) {
			words = 100_000
		}
		w.Begin()
		for range words {
			w.Delta("word ")
			if !w.Wait(50 * time.Millisecond) {
				return
			}
		}
		w.Delta(wholeAnswer)
		w.Finish("stop")
	}
}

// asks is what the i-th of the streams asks for.
func asks(i int) string {
	if i%4 != 0 {
		return askSilence
	}
	return []string{askWords, askTask, askForever}[i/4%3]
}

// round lets an adapter end in the middle of its answers, and judges what came
// of them.
func (d *drained) round(t testing.TB, name string, streams int, end func(testing.TB, *fleet.Process)) (verdict, time.Duration) {
	t.Helper()
	p := d.Adapter(t)
	p.Ready(t)
	open := d.open(t, p, name, streams)
	d.awaitBegun(t, open)
	begun := time.Now()
	end(t, p)
	took := time.Since(begun)
	open.Wait()
	return d.judge(t, open), took
}

// terminate ends a process as an orchestrator does.
func (d *drained) terminate(t testing.TB, p *fleet.Process) {
	t.Helper()
	old := openOld(t, p.Base)
	term(t, p)
	awaitLog(t, p, `"msg":"draining"`)
	old.refused(t, d.Token(t, "late"), fleet.NewThread(askLate))
	if status := p.Wait(); status != 0 {
		t.Errorf("exit status %d, want 0: %s", status, p.Log.Tail(2<<10))
	}
	for _, req := range d.Model.Requests() {
		if strings.Contains(req.Last().Text(), askLate) {
			t.Error("the model was asked what came after the signal")
		}
	}
	d.Model.Forget()
}

// streams are the answers of one round.
type streams struct {
	sync.WaitGroup
	all []*stream
}

// open lets so many people ask something, each as a user of their own.
func (d *drained) open(t testing.TB, p *fleet.Process, round string, n int) *streams {
	d.silent.Store(0)
	s := &streams{}
	for i := range n {
		one := &stream{asked: asks(i), user: fmt.Sprintf("%s-%d", round, i), begun: make(chan struct{})}
		token := d.Token(t, one.user)
		s.all = append(s.all, one)
		s.Go(func() { one.follow(t, p.Base, token) })
	}
	return s
}

// awaitBegun waits until all answers are under way, and the silent ones silent.
func (d *drained) awaitBegun(t testing.TB, s *streams) {
	t.Helper()
	deadline := time.After(time.Minute)
	silent := 0
	for _, one := range s.all {
		if one.asked == askSilence {
			silent++
		}
		select {
		case <-one.begun:
		case <-deadline:
			t.Fatalf("the answer to %s does not begin", one.user)
		}
	}
	for end := time.Now().Add(time.Minute); d.silent.Load() < int64(silent); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the model is silent to %d, want %d", d.silent.Load(), silent)
		}
	}
}

func term(t testing.TB, p *fleet.Process) {
	t.Helper()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

func awaitLog(t testing.TB, p *fleet.Process, text string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.Log.String(), text); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) || p.Ended() {
			t.Fatalf("%s does not log %s: %s", p.Name, text, p.Log.Tail(2<<10))
		}
	}
}
