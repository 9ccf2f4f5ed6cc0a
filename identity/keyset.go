package identity

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// How the keys of one issuer are kept. A key that its issuer has withdrawn is
// refused after at most RefreshEvery, as long as the issuer answers; when it
// does not, the last set that could be read is good for StaleFor.
const (
	RefreshEvery = 10 * time.Minute
	StaleFor     = 24 * time.Hour
	retryEvery   = time.Minute // after a refresh that failed

	// A token with a key that we do not know may cost its issuer one fetch,
	// so there is a limit for all such tokens together: three at once, then
	// one a second. Two rotations within a minute pass unnoticed.
	unknownKeyEvery = time.Second
	unknownKeyBurst = 3
)

// keySet holds the published keys of one issuer.
type keySet struct {
	issuer string
	url    string
	client *http.Client
	now    func() time.Time
	logger *slog.Logger
	// missing is how loud to say that the keys are out of reach: an issuer that
	// may be absent for good (the adapter, where only hosts call) is no warning.
	missing slog.Level

	// current is nil until a fetch has succeeded. Known keys are found here,
	// without a lock: whatever strangers send, these users do not wait.
	current atomic.Pointer[keyring]
	fetched atomic.Int64 // when current was last confirmed, Unix nanoseconds

	mu     sync.Mutex
	flight *flight // the fetch under way, if any
	gate   *rate.Limiter
	digest [32]byte // of the text that current was read from
	failed bool     // the last fetch failed
	closed bool

	life context.Context // ends with the verifier
	wait sync.WaitGroup
}

// flight is one fetch, shared by everybody who waits for it.
type flight struct {
	done chan struct{}
	err  error // to be read after done
}

// usable returns the ring that tokens may be verified with now, or nil.
func (s *keySet) usable() *keyring {
	if s.now().Sub(time.Unix(0, s.fetched.Load())) > StaleFor {
		return nil
	}
	return s.current.Load()
}

// find returns the key for a token and the ring it stands in. Only a key that
// is not known makes it ask the issuer.
func (s *keySet) find(ctx context.Context, kid, alg string) (key, *keyring, error) {
	// Twice, because the fetch that we join the first time may have been under
	// way before the key was published.
	for range 2 {
		if ring := s.usable(); ring != nil {
			if k, ok := ring.find(kid, alg); ok {
				return k, ring, nil
			}
		}
		f, mine, err := s.refresh()
		if err != nil {
			return key{}, nil, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return key{}, nil, ctx.Err()
		}
		if f.err != nil {
			return key{}, nil, ErrUnavailable
		}
		if mine {
			break
		}
	}
	if ring := s.usable(); ring != nil {
		if k, ok := ring.find(kid, alg); ok {
			return k, ring, nil
		}
	}
	return key{}, nil, invalid(ReasonKey)
}

// refresh joins the fetch under way, or starts one if the gate lets it. It
// never waits. A closed gate means that the set was asked for less than a
// second ago, so that fetch's outcome is the answer.
func (s *keySet) refresh() (f *flight, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight, false, nil
	}
	if !s.gate.AllowN(s.now(), 1) {
		if s.failed {
			return nil, false, ErrUnavailable
		}
		return nil, false, invalid(ReasonKey)
	}
	return s.start(), true, nil
}

// start begins a fetch in a goroutine of its own: the request that caused it
// may go away while others wait for the same answer. Callers hold mu.
func (s *keySet) start() *flight {
	f := &flight{done: make(chan struct{})}
	if s.closed {
		f.err = ErrUnavailable
		close(f.done)
		return f
	}
	s.flight = f
	s.wait.Go(func() {
		ctx, cancel := context.WithTimeout(s.life, fetchTimeout)
		defer cancel()
		ring, sum, err := s.fetch(ctx)
		f.err = err
		s.land(ring, sum, err)
		close(f.done)
	})
	return f
}

// fetch reads the keys. What an issuer sends must not end the process, whatever
// it does to us.
func (s *keySet) fetch(ctx context.Context) (ring *keyring, sum [32]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fetchKeySet(ctx, s.client, s.url)
}

// land takes over what a fetch brought. The same text keeps the same ring, so
// that verified tokens stay in the cache.
func (s *keySet) land(ring *keyring, sum [32]byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	was := s.failed
	s.failed = err != nil
	if err != nil {
		if !was && s.life.Err() == nil {
			s.logger.Log(context.Background(), s.missing, "keys of an issuer out of reach", "issuer", s.issuer, "err", err)
		}
		return
	}
	if s.current.Load() == nil || s.digest != sum {
		s.digest = sum
		s.current.Store(ring)
		s.logger.Info("keys of an issuer read", "issuer", s.issuer, "keys", len(ring.keys))
	}
	s.fetched.Store(s.now().UnixNano())
}

// keepFresh refreshes until the verifier is closed. It does not pass the gate:
// nobody outside can make it run.
func (s *keySet) keepFresh() {
	for {
		s.mu.Lock()
		f := s.flight
		if f == nil {
			f = s.start()
		}
		s.mu.Unlock()
		<-f.done // ends within fetchTimeout, or with the verifier
		pause := RefreshEvery
		if f.err != nil {
			pause = retryEvery
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-s.life.Done():
			timer.Stop()
			return
		}
	}
}

// ready reports whether there are keys to verify with, asking for them if not.
// Keys at hand are enough: an issuer that is away for a moment takes nobody's
// service down.
func (s *keySet) ready(ctx context.Context) error {
	if s.holdsKeys() {
		return nil
	}
	f, _, err := s.refresh()
	if err != nil {
		return ErrUnavailable
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	if !s.holdsKeys() {
		return ErrUnavailable
	}
	return nil
}

func (s *keySet) holdsKeys() bool {
	ring := s.usable()
	return ring != nil && len(ring.keys) > 0
}

// close waits for what is under way; the verifier has ended its context. From
// here on start refuses, or a late token could begin a fetch behind our back.
func (s *keySet) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wait.Wait()
}
