package walls

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/promises/tally"
	"taskwire/store/storetest"
)

// TestFuzzedIDs asks as Alice with ids that are Bob's, or near to them, wherever
// an id is taken. Nothing of Bob's shows; what is refused is refused as an id that
// never was, or as one that cannot be; and no row has changed in the end.
func TestFuzzedIDs(t *testing.T) {
	w := found(t)
	alice, bob := w.settle(t, "alice"), w.settle(t, "bob")
	before, asked := storetest.Hash(t, w.Database), len(w.Model.Requests())
	guesses := &guesses{town: w, alice: alice, bob: bob, never: map[string]string{}}
	for _, p := range places() {
		guesses.never[p.name] = guesses.plain(t, p, "thr_0000000000000000000000never")
	}
	total := tally.Rounds(1_500, 100_000)
	const callers = 8
	var wait sync.WaitGroup
	for caller := range callers {
		wait.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(caller), 5))
			for i := range total / callers {
				p := places()[(i+caller*7)%len(places())]
				guesses.try(t, p, mutate(rng, p.of(bob.things)))
			}
		})
	}
	wait.Wait()
	if storetest.Hash(t, w.Database) != before {
		t.Error("rows have changed")
	}
	if n := len(w.Model.Requests()) - asked; n > 0 {
		t.Errorf("the model was asked %d times", n)
	}
	for _, fault := range guesses.wrong[:min(len(guesses.wrong), 10)] {
		t.Error(fault)
	}
	tally.Counted(t, tally.Entry{
		Promise: "P5", What: "fuzzed ids", Runs: guesses.tried, Broken: len(guesses.wrong),
		Note: fmt.Sprintf("in %d places; answers %v", len(places()), guesses.statuses()),
	})
	guesses.control(t)
}

// guesses are tries for what is Bob's.
type guesses struct {
	*town
	alice, bob *resident
	never      map[string]string // the answer of each place to an id that never was

	mu      sync.Mutex
	tried   int
	wrong   []string
	counted map[int]int
}

func (g *guesses) try(t *testing.T, p place, id string) {
	a, err := p.ask(t.Context(), g.town, g.alice, id)
	if err != nil {
		t.Errorf("%s with %.200q: %v", p.name, id, err)
		return
	}
	fault := g.judge(p, id, a)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tried++
	if g.counted == nil {
		g.counted = map[int]int{}
	}
	g.counted[a.Status]++
	if fault != "" {
		g.wrong = append(g.wrong, fmt.Sprintf("%s with %.200q: %s: HTTP %d %.500s", p.name, id, fault, a.Status, a.Body))
	}
}

// judge says what is wrong with an answer, "" if nothing is.
func (g *guesses) judge(p place, id string, a fleet.Answer) string {
	shown := fmt.Sprint(a.Header, string(a.Body))
	for _, secret := range append(g.bob.all(), g.bob.word) {
		if strings.Contains(shown, secret) && !strings.Contains(id, secret) {
			return "it shows " + secret
		}
	}
	if strings.Contains(shown, g.bob.word) {
		return "it shows what Bob wrote"
	}
	tooLong := len(id) > 1000 && (a.Status == http.StatusRequestEntityTooLarge || a.Status == http.StatusRequestHeaderFieldsTooLarge)
	if !slices.Contains(p.statuses, a.Status) && !tooLong {
		return "this status is none of its own"
	}
	missing := a.Status == http.StatusNotFound && !strings.Contains(shown, "nothing at this address") || strings.Contains(shown, `"taskwire/error":"not_found"`)
	if missing && masked(a, "") != g.never[p.name] && masked(a, id) != g.never[p.name] {
		return "it is not what an id gets that never was: " + g.never[p.name]
	}
	return ""
}

// plain is the answer to an id, but for what differs every time.
func (g *guesses) plain(t *testing.T, p place, id string) string {
	t.Helper()
	a, err := p.ask(t.Context(), g.town, g.alice, id)
	if err != nil || !slices.Contains(p.statuses, a.Status) {
		t.Fatalf("%s of what never was: %v, HTTP %d %s", p.name, err, a.Status, a.Body)
	}
	return masked(a, id)
}

// masked is all of an answer but the date, the id of the request, and the id
// that was asked for.
func masked(a fleet.Answer, id string) string {
	header := a.Header.Clone()
	request := header.Get("X-Request-Id")
	for _, differs := range []string{"Date", "X-Request-Id", "Content-Length"} {
		header.Del(differs)
	}
	body := strings.ReplaceAll(string(a.Body), request, "REQUEST")
	if id != "" {
		body = strings.NewReplacer(strings.Trim(quoted(id), `"`), "ID", inPath(id), "ID").Replace(body)
	}
	return fmt.Sprintln(a.Status, header, body)
}

func (g *guesses) statuses() string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(g.counted)) {
		parts = append(parts, fmt.Sprintf("%d× %d", g.counted[status], status))
	}
	return strings.Join(parts, ", ")
}

// control gives the judge what a program without walls would answer: what Bob
// gets for his own ids.
func (g *guesses) control(t *testing.T) {
	t.Helper()
	caught := 0
	for _, p := range places() {
		if !p.reads {
			continue
		}
		a, err := p.ask(t.Context(), g.town, g.bob, p.of(g.bob.things))
		if err != nil {
			t.Fatal(err)
		}
		if g.judge(p, p.of(g.bob.things), a) == "" {
			t.Fatalf("%s: what only Bob may see went by unseen: HTTP %d %s", p.name, a.Status, a.Body)
		}
		caught++
	}
	if caught < 7 {
		t.Fatalf("only %d places read", caught)
	}
	tally.Caught(t, "P5", "an id of another's in an answer")
}
