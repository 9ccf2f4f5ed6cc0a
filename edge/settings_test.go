package edge

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"
)

func fromMap(m map[string]string) func(string) string {
	return func(name string) string { return m[name] }
}

func TestSettingsDefaults(t *testing.T) {
	got, err := SettingsFromEnv(fromMap(nil))
	want := Settings{RateToolCalls: 600, RateTurns: 30, RateReads: 600, MaxStreams: 16, MaxSessions: 100, ShutdownGrace: 25 * time.Second}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("SettingsFromEnv = %+v, %v, want %+v", got, err, want)
	}
}

func TestSettings(t *testing.T) {
	got, err := SettingsFromEnv(fromMap(map[string]string{
		"CORS_ORIGINS": "https://a.example", "RATE_TURNS_PER_MINUTE": "1", "RATE_TOOL_CALLS_PER_MINUTE": "0", "RATE_READS_PER_MINUTE": " 3 ",
		"MAX_STREAMS_PER_USER": "4", "MAX_SESSIONS_PER_USER": "5", "SHUTDOWN_GRACE": "1m", "LOG_LEVEL": "WARN", "LOG_FORMAT": "text",
	}))
	want := Settings{[]string{"https://a.example"}, 0, 1, 3, 4, 5, time.Minute, slog.LevelWarn, "text"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("SettingsFromEnv = %+v, %v, want %+v", got, err, want)
	}
}

// Every mistake in one go, each naming the variable and what to do.
func TestSettingsMistakes(t *testing.T) {
	bad := map[string]string{
		"ALLOWED_ORIGINS": "*,ftp://x", "RATE_TURNS_PER_MINUTE": "-1", "RATE_TOOL_CALLS_PER_MINUTE": "many", "RATE_READS_PER_MINUTE": "1e3",
		"MAX_STREAMS_PER_USER": "1000001", "MAX_SESSIONS_PER_USER": "2.5", "SHUTDOWN_GRACE": "25", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
	}
	_, err := SettingsFromEnv(fromMap(bad))
	if err == nil {
		t.Fatal("SettingsFromEnv took them")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(bad) {
		t.Errorf("%d lines, want %d:\n%v", len(lines), len(bad), err)
	}
	for name, value := range bad {
		if name != "ALLOWED_ORIGINS" && !strings.Contains(err.Error(), name+" is \""+value+"\": set ") {
			t.Errorf("%s is not explained in:\n%v", name, err)
		}
	}
	if _, err := SettingsFromEnv(fromMap(map[string]string{"ALLOWED_ORIGINS": "https://a", "CORS_ORIGINS": "https://b"})); err == nil {
		t.Error("two lists that differ were taken")
	}
}
