package main

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"

	"github.com/gin-gonic/gin"
)

// What a page can tell of itself. Names outside these lists are refused: they
// become names of metrics.
var beaconNames = map[string][]string{
	"timings": {
		"page_ready_ms", "first_render_ms", "script_ms", "chatkit_ready_ms", "session_ms", "first_event_ms", "first_text_ms", "turn_ms",
	},
	"errors": {
		"script_failed", "chatkit_failed", "chatkit_not_defined", "chatkit_not_ready", "chatkit_fatal", "render_failed",
		"session_failed", "stream_failed", "upload_failed", "script_error",
	},
	"faces": {"chatkit", "builtin"},
}

const (
	maxBeacon     = 4 << 10
	longestTiming = 3_600_000 // ms
	mostCounted   = 1000
)

// beacon takes {"timings": {"first_text_ms": 812}, "errors": {"stream_failed": 1},
// "faces": {"builtin": 1}}: how often a page has shown which chat.
func (s *server) beacon(c *gin.Context, _ string) error {
	var body map[string]map[string]float64
	if err := readJSON(c, maxBeacon, &body, slices.Collect(maps.Keys(beaconNames))...); err != nil {
		return err
	}
	for kind, values := range body {
		names, known := beaconNames[kind]
		if !known {
			return refuse(http.StatusBadRequest, "invalid", "A page tells timings, errors and faces, and nothing else.")
		}
		for name, value := range values {
			if !slices.Contains(names, name) || !plausible(kind, value) {
				return invalidField(kind, "a name that is not known, or a number that cannot be")
			}
		}
	}
	s.beacons.add(body["timings"], body["errors"], body["faces"])
	c.Writer.WriteHeader(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

// plausible reports whether a page can have told this: timings are milliseconds,
// everything else is counted.
func plausible(kind string, value float64) bool {
	if kind == "timings" {
		return value >= 0 && value <= longestTiming
	}
	return value >= 1 && value <= mostCounted && value == math.Trunc(value)
}

// beacons counts what pages tell.
type beacons struct {
	mu            sync.Mutex
	timings       map[string]timing
	errors, faces map[string]int64
}

type timing struct {
	count int64
	sumMS float64
}

func newBeacons() *beacons {
	return &beacons{timings: map[string]timing{}, errors: map[string]int64{}, faces: map[string]int64{}}
}

func (b *beacons) add(timings, errors, faces map[string]float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, ms := range timings {
		t := b.timings[name]
		b.timings[name] = timing{t.count + 1, t.sumMS + ms}
	}
	for name, n := range errors {
		b.errors[name] += int64(n)
	}
	for name, n := range faces {
		b.faces[name] += int64(n)
	}
}
