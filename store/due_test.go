package store_test

import (
	"strings"
	"testing"
	"time"

	"taskwire/store"
)

func TestParseDue(t *testing.T) {
	for text, day := range map[string]bool{
		"2026-12-01": true, "0001-01-01": true, "9999-12-31": true, "2024-02-29": true,
		"2026-12-01T09:30:00Z": false, "2026-12-01T09:30:00+14:00": false, "2026-12-01T09:30:00.123456789-12:00": false,
	} {
		d, err := store.ParseDue(text)
		if err != nil || d.Text != text || d.IsDay() != day || d.IsZero() {
			t.Errorf("ParseDue(%q) = %+v, %v", text, d, err)
		}
	}
	if d, err := store.ParseDue(""); err != nil || !d.IsZero() {
		t.Errorf("ParseDue of nothing = %+v, %v", d, err)
	}
	for _, text := range []string{
		"tomorrow", "2026-13-01", "2025-02-29", "2026-1-1", "0000-12-31", "10000-01-01", "-001-01-01", " 2026-12-01", "2026-12-01 ",
		"2026-12-01T9:30:00Z", "2026-12-01T09:30:00", "2026-12-01T09:30Z", "2026-12-01 09:30:00Z", "2026-12-01t09:30:00z",
		"2026-12-01T09:30:00,5Z", "2026-12-01T09:30:60Z", "2026-12-01T24:00:00Z", "2026-12-01T09:30:00+24:00", "2026-12-01T09:30:00+00:60",
		"2026-12-01T09:30:00.1234567890Z", "2026-12-01T09:30:00.1234567891+05:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
		"0000-06-01T00:00:00Z", "2026-12-01T09:30:00.Z", "۲۰۲۶-۱۲-۰۱", strings.Repeat("1", 1<<20),
	} {
		if d, err := store.ParseDue(text); err == nil {
			t.Errorf("ParseDue(%.40q) = %+v, want an error", text, d)
		}
	}
}

func TestStartOfDay(t *testing.T) {
	for _, c := range []struct{ name, zone, day, want string }{
		{"plain", "Asia/Karachi", "2026-12-01", "2026-11-30T19:00:00Z"},
		{"clock forward in the night", "Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"clock back in the night", "Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"},
		{"clock forward at midnight: no 00:00", "Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z"},
		{"clock back at midnight: the day before repeats an hour", "Africa/Cairo", "2026-10-30", "2026-10-29T22:00:00Z"},
		{"clock back from 01:00: two midnights, the first", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"furthest east", "Pacific/Kiritimati", "2026-12-01", "2026-11-30T10:00:00Z"},
		{"furthest west", "Etc/GMT+12", "2026-12-01", "2026-12-01T12:00:00Z"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := store.StartOfDay(day, 0, zone(t, c.zone)).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s in %s begins at %s, want %s", c.name, c.day, c.zone, got, c.want)
		}
	}
}
