package edge

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Settings are those that both programs read, by the same names.
type Settings struct {
	AllowedOrigins []string // ALLOWED_ORIGINS or CORS_ORIGINS, none

	// A minute and user, 0 = no limit.
	RateToolCalls int // RATE_TOOL_CALLS_PER_MINUTE, 600
	RateTurns     int // RATE_TURNS_PER_MINUTE, 30
	RateReads     int // RATE_READS_PER_MINUTE, 600

	// At once and user, 0 = no limit.
	MaxStreams  int // MAX_STREAMS_PER_USER, 16
	MaxSessions int // MAX_SESSIONS_PER_USER, 100

	ShutdownGrace time.Duration // SHUTDOWN_GRACE, 25s
	LogLevel      slog.Level    // LOG_LEVEL, info
	LogFormat     string        // LOG_FORMAT: json, text, or "" for what suits the output
}

// SettingsFromEnv reads them. An unset or empty variable is its default; the
// error joins one sentence for each that cannot be used.
func SettingsFromEnv(getenv func(string) string) (Settings, error) {
	e := Env{Get: getenv}
	s := Settings{
		AllowedOrigins: e.origins(),
		RateToolCalls:  e.Count("RATE_TOOL_CALLS_PER_MINUTE", 600),
		RateTurns:      e.Count("RATE_TURNS_PER_MINUTE", 30),
		RateReads:      e.Count("RATE_READS_PER_MINUTE", 600),
		MaxStreams:     e.Count("MAX_STREAMS_PER_USER", 16),
		MaxSessions:    e.Count("MAX_SESSIONS_PER_USER", 100),
		ShutdownGrace:  e.Duration("SHUTDOWN_GRACE", 25*time.Second, 10*time.Minute),
		LogLevel:       e.level(),
		LogFormat:      e.OneOf("LOG_FORMAT", "json", "text"),
	}
	return s, e.Err()
}

// An Env reads variables and collects what is wrong with them. White space
// around a value does not count, and an empty variable is one that is not set.
type Env struct {
	Get  func(string) string
	errs []error
}

// Err joins what was wrong, one sentence for each variable, with its cure.
func (e *Env) Err() error { return errors.Join(e.errs...) }

// Problem adds a sentence to Err.
func (e *Env) Problem(format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf(format, args...))
}

func (e *Env) bad(name, value, cure string) {
	e.errs = append(e.errs, fmt.Errorf("%s is %q: %s", name, cut(value, 100), cure))
}

// maxCount is far above any use and far below where arithmetic goes wrong.
const maxCount = 1_000_000

// Count reads a whole number from 0, which stands for no limit, to a million.
func (e *Env) Count(name string, standard int) int {
	return e.number(name, standard, 0, maxCount, "0 (no limit) to 1000000")
}

// Between reads a whole number from least to most.
func (e *Env) Between(name string, standard, least, most int) int {
	return e.number(name, standard, least, most, fmt.Sprintf("%d to %d", least, most))
}

func (e *Env) number(name string, standard, least, most int, span string) int {
	value := strings.TrimSpace(e.Get(name))
	if value == "" {
		return standard
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		e.bad(name, value, "set a whole number from "+span)
		return standard
	}
	return n
}

// Duration reads a duration from 0 to most.
func (e *Env) Duration(name string, standard, most time.Duration) time.Duration {
	value := strings.TrimSpace(e.Get(name))
	if value == "" {
		return standard
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > most {
		e.bad(name, value, fmt.Sprintf("set a duration with its unit, as %s, from 0s to %s", standard, most))
		return standard
	}
	return d
}

// OneOf reads one of the words, letter case ignored; "" where none is given.
func (e *Env) OneOf(name string, words ...string) string {
	value := strings.TrimSpace(e.Get(name))
	for _, word := range append(words, "") {
		if strings.EqualFold(value, word) {
			return word
		}
	}
	e.bad(name, value, "set "+strings.Join(words, " or "))
	return ""
}

// Bool reads true or false.
func (e *Env) Bool(name string, standard bool) bool {
	value := strings.TrimSpace(e.Get(name))
	if value == "" {
		return standard
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		e.bad(name, value, "set true or false")
		return standard
	}
	return b
}

// Text reads a value that may be anything.
func (e *Env) Text(name, standard string) string {
	if value := strings.TrimSpace(e.Get(name)); value != "" {
		return value
	}
	return standard
}

func (e *Env) level() slog.Level {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "error": slog.LevelError,
	}
	return levels[e.OneOf("LOG_LEVEL", "debug", "info", "warn", "error")]
}

func (e *Env) origins() []string {
	name, value, older := "ALLOWED_ORIGINS", e.Get("ALLOWED_ORIGINS"), e.Get("CORS_ORIGINS")
	switch {
	case value == "":
		name, value = "CORS_ORIGINS", older
	case older != "" && older != value:
		e.errs = append(e.errs, errors.New(
			"ALLOWED_ORIGINS and CORS_ORIGINS are both set, and differ: keep ALLOWED_ORIGINS alone"))
	}
	origins, err := ParseOrigins(value)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s: %s", name, strings.ReplaceAll(err.Error(), "\n", "; ")))
	}
	return origins
}
