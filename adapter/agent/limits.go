package agent

import "time"

// What one reply of a model may hold, and what goes back to it.
const (
	MaxCalls      = 16      // tool calls of one reply; the rest are not run
	MaxAnswer     = 200_000 // characters of all text of one run
	MaxArguments  = 256 << 10
	MaxToolResult = 64 << 10 // bytes of one tool result, for the model
)

// Limits bound one run. A zero field takes the default.
type Limits struct {
	Steps     int           // requests to the model that may call tools; 12
	Time      time.Duration // of the whole run; 120 s
	Tokens    int           // input and output of all requests; 100,000
	HandOvers int           // between agents; 3
	Parallel  int           // reading calls at the same time; 4
	History   int           // tokens of history that go to the model; 32,000
}

func (l Limits) withDefaults() Limits {
	orElse(&l.Steps, 12)
	orElse(&l.Time, 120*time.Second)
	orElse(&l.Tokens, 100_000)
	orElse(&l.HandOvers, 3)
	orElse(&l.Parallel, 4)
	orElse(&l.History, 32_000)
	return l
}

func orElse[T comparable](field *T, fallback T) {
	var zero T
	if *field == zero {
		*field = fallback
	}
}
