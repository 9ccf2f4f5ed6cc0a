package main

import (
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/gin-gonic/gin"
)

// What a page can tell of itself. Names outside these lists are refused: they
// become names of metrics.
var (
	beaconTimings = []string{"page_ready_ms", "session_ms", "first_event_ms", "first_text_ms", "turn_ms"}
	beaconErrors  = []string{"script_failed", "session_failed", "stream_failed", "upload_failed", "script_error"}
)

const (
	maxBeacon     = 4 << 10
	longestTiming = 3_600_000 // ms
	mostErrors    = 1000
)

// beacon takes {"timings": {"first_text_ms": 812}, "errors": {"stream_failed": 1}}.
func (s *server) beacon(c *gin.Context, _ string) error {
	var body map[string]map[string]float64
	if err := readJSON(c, maxBeacon, &body, "timings", "errors"); err != nil {
		return err
	}
	for name := range body {
		if name != "timings" && name != "errors" {
			return refuse(http.StatusBadRequest, "invalid", "A page tells timings and errors, and nothing else.")
		}
	}
	for name, ms := range body["timings"] {
		if !slices.Contains(beaconTimings, name) || ms < 0 || ms > longestTiming {
			return refuse(http.StatusBadRequest, "invalid", "timings: a name that is not known, or a time that cannot be.")
		}
	}
	for name, n := range body["errors"] {
		if !slices.Contains(beaconErrors, name) || n < 1 || n > mostErrors || n != math.Trunc(n) {
			return refuse(http.StatusBadRequest, "invalid", "errors: a name that is not known, or a number that cannot be.")
		}
	}
	s.beacons.add(body["timings"], body["errors"])
	c.Writer.WriteHeader(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// beacons counts what pages tell.
type beacons struct {
	mu      sync.Mutex
	timings map[string]timing
	errors  map[string]int64
}

type timing struct {
	count int64
	sumMS float64
}

func newBeacons() *beacons {
	return &beacons{timings: map[string]timing{}, errors: map[string]int64{}}
}

func (b *beacons) add(timings, errors map[string]float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, ms := range timings {
		t := b.timings[name]
		b.timings[name] = timing{t.count + 1, t.sumMS + ms}
	}
	for name, n := range errors {
		b.errors[name] += int64(n)
	}
}
