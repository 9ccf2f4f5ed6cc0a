package edge

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(3)
		for i := range 3 {
			if _, ok := l.Allow("alice"); !ok {
				t.Fatalf("call %d is refused", i+1)
			}
		}
		if wait, ok := l.Allow("alice"); ok || wait != 20*time.Second {
			t.Errorf("the fourth = %v, %v, want refused for 20s", wait, ok)
		}
		if _, ok := l.Allow("bob"); !ok {
			t.Error("bob is refused for what alice did")
		}
		time.Sleep(19 * time.Second)
		if wait, ok := l.Allow("alice"); ok || wait != time.Second {
			t.Errorf("after 19s = %v, %v, want refused for 1s", wait, ok)
		}
		time.Sleep(time.Second)
		if _, ok := l.Allow("alice"); !ok {
			t.Error("refused after the time it named")
		}
		time.Sleep(time.Hour)
		for i := range 4 {
			if _, ok := l.Allow("alice"); ok != (i < 3) {
				t.Errorf("after an hour, call %d = %v: a bucket holds a minute's worth", i+1, ok)
			}
		}
	})
}

// Who goes on after many refusals waits for each further one, and is held up by
// nothing else. A weight is at most what a bucket holds.
func TestLimiterTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, begun := NewLimiter(10), time.Now()
		if _, ok := l.Take(t.Context(), "alice", 7); !ok {
			t.Error("7 of 10 are refused")
		}
		if wait, ok := l.Take(t.Context(), "alice", 4); ok || wait != 6*time.Second {
			t.Errorf("11 of 10 = %v, %v, want refused for 6s", wait, ok)
		}
		if _, ok := l.Take(t.Context(), "bob", 1000); !ok {
			t.Error("what weighs more than a bucket holds is never let through")
		}
		for range quickRefusals - 1 {
			l.Take(t.Context(), "alice", 10)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("the first refusals take %v", took)
		}
		if l.Take(t.Context(), "alice", 10); time.Since(begun) != slowRefusal {
			t.Errorf("the next one takes %v, want %v", time.Since(begun), slowRefusal)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		l.Take(gone, "alice", 10)
		if _, ok := l.Take(t.Context(), "alice", 3); !ok || time.Since(begun) != slowRefusal {
			t.Errorf("what is allowed, %v, or whoever is gone, waits: %v", ok, time.Since(begun))
		}
	})
}

func TestLimiterKeepsTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, passed := NewLimiter(600), 0
		for range 10 * 60 * 100 { // ten minutes, 100 calls a second
			if _, ok := l.Allow("alice"); ok {
				passed++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if passed < 6590 || passed > 6610 { // the bucket and ten minutes
			t.Errorf("%d calls passed in ten minutes, want 6,600", passed)
		}
	})
}

func TestNoLimit(t *testing.T) {
	var none *Limiter
	for range 10_000 {
		if _, ok := NewLimiter(0).Allow("alice"); !ok {
			t.Fatal("0 limits")
		}
		if _, ok := none.Allow("alice"); !ok {
			t.Fatal("nil limits")
		}
	}
}

func TestLimiterForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(60)
		for i := range 100_000 {
			l.Allow(fmt.Sprint("user", i))
			time.Sleep(time.Millisecond) // 1,000 users are recent
		}
		if n := len(l.full); n > 3*minSweep {
			t.Errorf("%d entries are kept", n)
		}
	})
}

func TestCap(t *testing.T) {
	c := NewCap(2)
	first, ok1 := c.Acquire("alice")
	_, ok2 := c.Acquire("alice")
	if _, ok := c.Acquire("alice"); !ok1 || !ok2 || ok {
		t.Fatalf("acquired %v, %v, %v, want two", ok1, ok2, ok)
	}
	if _, ok := c.Acquire("bob"); !ok {
		t.Error("bob is refused for what alice holds")
	}
	first()
	first()
	third, ok := c.Acquire("alice")
	if !ok {
		t.Fatal("a place that was given back is not free")
	}
	if _, ok := c.Acquire("alice"); ok {
		t.Error("giving back twice freed two places")
	}
	third()
}

func TestCapForgets(t *testing.T) {
	c := NewCap(4)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 100 {
				if release, ok := c.Acquire(fmt.Sprint(i % 8)); ok {
					release()
				}
			}
		})
	}
	wg.Wait()
	if len(c.held) != 0 {
		t.Errorf("held = %v, want nobody", c.held)
	}
	var none *Cap
	if release, ok := none.Acquire("alice"); !ok {
		t.Error("nil limits")
	} else {
		release()
	}
}
