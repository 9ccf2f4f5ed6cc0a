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
	e := env{get: getenv}
	s := Settings{
		AllowedOrigins: e.origins(),
		RateToolCalls:  e.count("RATE_TOOL_CALLS_PER_MINUTE", 600),
		RateTurns:      e.count("RATE_TURNS_PER_MINUTE", 30),
		RateReads:      e.count("RATE_READS_PER_MINUTE", 600),
		MaxStreams:     e.count("MAX_STREAMS_PER_USER", 16),
		MaxSessions:    e.count("MAX_SESSIONS_PER_USER", 100),
		ShutdownGrace:  e.duration("SHUTDOWN_GRACE", 25*time.Second, 10*time.Minute),
		LogLevel:       e.level(),
		LogFormat:      e.oneOf("LOG_FORMAT", "json", "text"),
	}
	return s, errors.Join(e.errs...)
}

// env reads variables and collects what is wrong with them.
type env struct {
	get  func(string) string
	errs []error
}

func (e *env) bad(name, value, cure string) {
	e.errs = append(e.errs, fmt.Errorf("%s is %q: %s", name, cut(value, 100), cure))
}

// maxCount is far above any use and far below where arithmetic goes wrong.
const maxCount = 1_000_000

func (e *env) count(name string, standard int) int {
	value := strings.TrimSpace(e.get(name))
	if value == "" {
		return standard
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxCount {
		e.bad(name, value, "set a whole number from 0 (no limit) to 1000000")
		return standard
	}
	return n
}

func (e *env) duration(name string, standard, most time.Duration) time.Duration {
	value := strings.TrimSpace(e.get(name))
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

func (e *env) oneOf(name string, words ...string) string {
	value := strings.TrimSpace(e.get(name))
	for _, word := range append(words, "") {
		if strings.EqualFold(value, word) {
			return word
		}
	}
	e.bad(name, value, "set "+strings.Join(words, " or "))
	return ""
}

func (e *env) level() slog.Level {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo,
		"warn": slog.LevelWarn, "error": slog.LevelError,
	}
	return levels[e.oneOf("LOG_LEVEL", "debug", "info", "warn", "error")]
}

func (e *env) origins() []string {
	name, value, older := "ALLOWED_ORIGINS", e.get("ALLOWED_ORIGINS"), e.get("CORS_ORIGINS")
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
