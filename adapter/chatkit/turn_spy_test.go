package chatkit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"taskwire/adapter/chatkit"
)

// A spyStore hands out turns that it watches.
type spyStore struct {
	chatkit.TurnStore
	mu    sync.Mutex
	turns []*spyTurn
}

type spyTurn struct {
	chatkit.StoredTurn
	mu          sync.Mutex
	checkpoints []string
	outcome     chatkit.Outcome
}

func (s *spyStore) BeginTurn(ctx context.Context, user string, start chatkit.TurnStart) (chatkit.StoredTurn, error) {
	turn, err := s.TurnStore.BeginTurn(ctx, user, start)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	spy := &spyTurn{StoredTurn: turn}
	s.turns = append(s.turns, spy)
	return spy, nil
}

func (s *spyStore) last() *spyTurn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns[len(s.turns)-1]
}

func (t *spyTurn) Checkpoint(ctx context.Context, unfinished []chatkit.Item) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, item := range unfinished {
		t.checkpoints = append(t.checkpoints, item.(*chatkit.AssistantMessage).Content[0].Text)
	}
	return t.StoredTurn.Checkpoint(ctx, unfinished)
}

func (t *spyTurn) End(ctx context.Context, o chatkit.Outcome, last chatkit.Changes) error {
	t.mu.Lock()
	t.outcome = o
	t.mu.Unlock()
	return t.StoredTurn.End(ctx, o, last)
}

func (t *spyTurn) ended() chatkit.Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.outcome
}

func newSpy() *spyStore { return &spyStore{TurnStore: chatkit.KeepTurns(new(chatkit.Memory))} }

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]chatkit.Outcome{
		"fine": chatkit.Done, "error": chatkit.Failed, "panic": chatkit.Failed, "stop": chatkit.Cancelled, "drain": chatkit.Failed,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			spy := newSpy()
			r := newRigOn(t, spy, respond(func(ctx context.Context, t *chatkit.Turn) error {
				switch text {
				case "error":
					return errors.New("some error")
				case "panic":
					panic("some panic")
				case "stop", "drain":
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}))
			l := r.open(createBody("hello"))
			thread := l.read("thread.created")["thread"].(object)["id"].(string)
			switch text {
			case "stop":
				r.server.Cancel(ann, thread)
			case "drain":
				over, cancel := context.WithCancel(t.Context())
				cancel()
				r.server.Drain(over)
			}
			l.rest()
			r.idle()
			if got := spy.last().ended(); got != want {
				t.Errorf("outcome = %q, want %q", got, want)
			}
		})
	}
}

// A turn that another process ended, taking this one for dead, says so and
// stores nothing more.
func TestTurnEndedElsewhere(t *testing.T) {
	t.Parallel()
	spy := newSpy()
	r := newRigOn(t, spy, respond(func(ctx context.Context, t *chatkit.Turn) error {
		if err := spy.last().StoredTurn.End(ctx, chatkit.Failed, chatkit.Changes{}); err != nil {
			return err
		}
		return t.Say("late")
	}))
	thread, events := r.create("hello")
	if last := events[len(events)-1]; kind(last) != "error stream.error" || last["allow_retry"] != true {
		t.Errorf("the stream ends with %v, want an error with retry", last)
	}
	r.holds(thread, "hello")
}

// Unfinished text is kept aside every two seconds, and no oftener.
func TestCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spy := newSpy()
		server := chatkit.NewServer(spy, respond(func(_ context.Context, t *chatkit.Turn) error {
			m, err := t.StartMessage()
			for i := 0; i < 10 && err == nil; i++ {
				time.Sleep(700 * time.Millisecond)
				err = m.Write(fmt.Sprint(i))
			}
			if err != nil {
				return err
			}
			return m.Done()
		}), chatkit.Options{User: asAnn})
		answer := serveRecorded(server, createBody("hello"))
		if got := strings.Join(spy.last().checkpoints, " "); got != "012 012345 012345678" {
			t.Errorf("checkpoints = %q, want one every 2.1 s", got)
		}
		if !strings.Contains(answer, `"0123456789"`) {
			t.Errorf("answer = %s", answer)
		}
	})
}

func serveRecorded(server *chatkit.Server, body string) string {
	req := httptest.NewRequest("POST", "/", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	server.ServeHTTP(rec, req)
	return rec.Body.String()
}

// Pings come after 15 s of silence, counted from the last event.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := chatkit.NewServer(new(chatkit.Memory), respond(func(_ context.Context, t *chatkit.Turn) error {
			for _, pause := range []int{14, 14, 16, 44} {
				time.Sleep(time.Duration(pause) * time.Second)
				if err := t.Progress(fmt.Sprint(pause), ""); err != nil {
					return err
				}
			}
			return nil
		}), chatkit.Options{User: asAnn})
		_, body, _ := strings.Cut(serveRecorded(server, createBody("hello")), "stream_options")
		var got []string
		for block := range strings.SplitSeq(body, "\n\n") {
			switch {
			case block == ": ping":
				got = append(got, "ping")
			case strings.Contains(block, "progress_update"):
				got = append(got, "event")
			}
		}
		if want := "event event ping event ping ping event"; strings.Join(got, " ") != want {
			t.Errorf("stream = %q, want %q", got, want)
		}
	})
}

// The end is tried for ten seconds and no longer, and then told to the log.
func TestEndThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faultyStore{Store: new(chatkit.Memory)}
		r := &rig{T: t, log: new(logged)}
		server := chatkit.NewServer(f, respond(func(context.Context, *chatkit.Turn) error {
			f.arm(false, func() (all []int) {
				for n := range 1000 {
					all = append(all, n+1)
				}
				return all
			}()...)
			return nil
		}), chatkit.Options{User: asAnn, Logger: r.log.logger()})
		begun := time.Now()
		serveRecorded(server, createBody("hello"))
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("it took %v of the bubble's time, want 10s", took)
		}
		if !strings.Contains(r.log.String(), "end of turn not recorded") {
			t.Errorf("log = %q", r.log)
		}
		f.disarm()
		if answer := serveRecorded(server, createBody("again")); !strings.Contains(answer, "stream_options") {
			t.Errorf("the next answer = %s", answer)
		}
	})
}

// A key is good for 24 hours, then it may be used anew.
func TestKeysExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := chatkit.KeepTurns(new(chatkit.Memory))
		begin := func() error {
			turn, err := turns.BeginTurn(t.Context(), ann, chatkit.TurnStart{
				NewThread: &chatkit.Thread{ID: chatkit.NewID(chatkit.KindThread)},
				Key:       &chatkit.IdempotencyKey{Endpoint: "/", Key: "k", Hash: []byte("body")},
			})
			if err != nil {
				return err
			}
			return turn.End(t.Context(), chatkit.Done, chatkit.Changes{})
		}
		for _, c := range []struct {
			wait time.Duration
			want error
		}{{0, nil}, {time.Hour, chatkit.ErrKeyTaken}, {22*time.Hour + 59*time.Minute, chatkit.ErrKeyTaken}, {time.Minute, nil}} {
			time.Sleep(c.wait)
			if err := begin(); !errors.Is(err, c.want) {
				t.Errorf("BeginTurn %v later = %v, want %v", c.wait, err, c.want)
			}
		}
	})
}
