package main

import (
	"encoding/json"

	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
)

// T17: a due date comes back in the form in which it was given.
func TestDueDateForms(t *testing.T) {
	good := []string{
		"2026-12-01", "0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29",
		"2026-12-01T09:00:00Z", "2026-12-01T09:00:00+05:00", "2026-12-01T09:00:00-12:00", "2026-12-01T09:00:00+14:00",
		"2026-12-01T09:00:00.1Z", "2026-12-01T09:00:00.100Z", "2026-12-01T09:00:00.123456789Z", "2026-12-01T09:00:00.000000001+05:45",
		"2026-12-01T00:00:00-00:00", "2026-12-01T00:00:00+00:00", "2026-12-31T23:59:59.999999999Z",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
		"2026-03-08T02:30:00-05:00", // in the gap of New York's clocks
	}
	bad := []string{
		"tomorrow", "now", " ", "0", "2026", "2026-12", "2026-13-01", "2026-00-01", "2026-12-00", "2026-12-32",
		"2026-02-29", "1900-02-29", "2026-06-31", "2026-1-1", "01.12.2026", "12/01/2026", "20261201", "2026-W49-2", "2026-335",
		"0000-01-01", "0000-12-31T23:59:59Z", "10000-01-01", "-2026-12-01", "+2026-12-01", "99999-12-01T00:00:00Z",
		"0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", // of other years in UTC
		"2026-12-01T09:00:00", "2026-12-01T09:00Z", "2026-12-01T9:00:00Z", "2026-12-01 09:00:00Z", "2026-12-01T", "2026-12-01Z",
		"2026-12-01T24:00:00Z", "2026-12-01T09:60:00Z", "2026-12-01T09:00:60Z", "2026-12-01T09:00:00,5Z", "2026-12-01T09:00:00.Z",
		"2026-12-01T09:00:00.1234567891Z", "2026-12-01T09:00:00+5:00", "2026-12-01T09:00:00+0500", "2026-12-01T09:00:00+05", "2026-12-01T09:00:00+24:00",
		"2026-12-01T09:00:00ZZ", " 2026-12-01", "2026-12-01 ", "2026-12-01\n", "2026-12-01\u200f", "２０２６-12-01", "۲۰۲۶-۱۲-۰۱", "2026‑12‑01", "2026–12–01",
		"2026-12-01T09:00:00[Asia/Karachi]", "2026-12-01T09:00:00 PKT",
	}
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		task := alice.task(t, "create_task", map[string]any{"title": "x"})
		for _, due := range good {
			made := alice.task(t, "create_task", map[string]any{"title": due, "due_date": due})
			got := alice.task(t, "get_task", map[string]any{"task_id": made.ID})
			changed := alice.task(t, "update_task", map[string]any{"task_id": task.ID, "due_date": due})
			if made.DueDate != due || got != made || changed.DueDate != due {
				t.Errorf("due_date %q came back as %q, %q, %q", due, made.DueDate, got.DueDate, changed.DueDate)
			}
			for _, bound := range []string{"due_after", "due_before"} {
				if got := alice.titles(t, map[string]any{bound: due, "search": due, "sort_by": "due_date"}); !slices.Contains(got, due) {
					t.Errorf("%s %s does not include its bound: %q", bound, due, got)
				}
			}
		}
		for _, due := range bad {
			const says = ": must be a calendar date (2026-12-01) or an RFC 3339 instant (2026-12-01T09:00:00Z), in the years 1 to 9999"
			calls := map[string]map[string]any{
				"create_task": {"title": "x", "due_date": due},
				"update_task": {"task_id": task.ID, "due_date": due},
			}
			for tool, args := range calls {
				out := alice.try(t, tool, args, nil)
				if !out.IsError || !strings.HasPrefix(out.text(), "due_date"+says) {
					t.Errorf("%s with due_date %q: %s", tool, due, out.text())
				}
			}
			for _, name := range []string{"due_after", "due_before"} {
				out := alice.try(t, "list_tasks", map[string]any{name: due}, nil)
				if !out.IsError || !strings.HasPrefix(out.text(), name+says) {
					t.Errorf("list_tasks with %s %q: %s", name, due, out.text())
				}
			}
		}
		alice.refused(t, "create_task", map[string]any{"title": "x", "due_date": strings.Repeat("2", 65)}, nil, codeInvalid, "due_date: may have up to 64 characters")
	})
}

// T17: where a day begins and ends depends on the zone, and where clocks change
// it has 23 or 25 hours, or does not begin at midnight.
func TestDayInZone(t *testing.T) {
	cases := []struct {
		name, zone, day string
		first, last     string // first and last instant of the day
	}{
		{"no zone named", "", "2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T23:59:59.999999999Z"},
		{"east", "Asia/Karachi", "2026-12-01", "2026-11-30T19:00:00Z", "2026-12-01T18:59:59.999999999Z"},
		{"west", "America/Los_Angeles", "2026-12-01", "2026-12-01T08:00:00Z", "2026-12-02T07:59:59.999999999Z"},
		{"quarter of an hour", "Asia/Kathmandu", "2026-12-01", "2026-11-30T18:15:00Z", "2026-12-01T18:14:59.999999999Z"},
		{"furthest east", "Pacific/Kiritimati", "2026-12-01", "2026-11-30T10:00:00Z", "2026-12-01T09:59:59.999999999Z"},
		{"furthest west", "Etc/GMT+12", "2026-12-01", "2026-12-01T12:00:00Z", "2026-12-02T11:59:59.999999999Z"},
		{"23 hours", "America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999999999Z"},
		{"25 hours", "America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59.999999999Z"},
		{"no midnight", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999999Z"},
		{"two midnights", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59.999999999Z"},
		{"half an hour of summer", "Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T12:59:59.999999999Z"},
		{"first day there is", "Asia/Karachi", "0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T12:00:00Z"},
		{"last day there is", "America/New_York", "9999-12-31", "9999-12-31T12:00:00Z", "9999-12-31T23:59:59.999999999Z"},
	}
	onEach(t, time.Now, func(t *testing.T, s *site) {
		for _, c := range cases {
			user := s.as(t, c.name)
			var meta mcp.Meta
			if c.zone != "" {
				meta = mcp.Meta{metaTimezone: c.zone}
			}
			inside := []string{c.first, c.day, c.last}
			var before, after []string
			if first, _ := time.Parse(time.RFC3339Nano, c.first); !strings.HasPrefix(c.first, "0001") {
				before = []string{first.Add(-time.Nanosecond).Format(time.RFC3339Nano)}
			}
			if last, _ := time.Parse(time.RFC3339Nano, c.last); !strings.HasPrefix(c.last, "9999") {
				after = []string{last.Add(time.Nanosecond).Format(time.RFC3339Nano)}
			}
			if strings.HasPrefix(c.day, "0001") {
				after = nil
			}
			if strings.HasPrefix(c.day, "9999") {
				before = nil
			}
			for _, due := range slices.Concat(before, inside, after) {
				user.task(t, "create_task", map[string]any{"title": due, "due_date": due})
			}
			user.task(t, "create_task", map[string]any{"title": "undated"})
			lists := []struct {
				args map[string]any
				want []string
			}{
				{map[string]any{"due_after": c.day}, slices.Concat(inside, after)},
				{map[string]any{"due_before": c.day}, slices.Concat(before, inside)},
				{map[string]any{"due_after": c.day, "due_before": c.day}, inside},
				{map[string]any{"due_after": c.first, "due_before": c.first}, []string{c.first, c.day}},
				{map[string]any{"due_after": c.last, "due_before": c.last}, []string{c.last, c.day}},
			}
			for _, l := range lists {
				got := user.titles(t, l.args, meta)
				slices.Sort(got)
				slices.Sort(l.want)
				if !slices.Equal(got, l.want) {
					t.Errorf("%s: %v lists %q, want %q", c.name, l.args, got, l.want)
				}
			}
		}
	})
}

// An oracle that knows nothing of where days begin: an instant lies on the day
// that its date in the zone names.
func TestDueRangeAgainstOracle(t *testing.T) {
	changes := map[string]string{ // zones, and an instant near which their clocks change
		"UTC": "2026-06-01T00:00:00Z", "America/New_York": "2026-03-08T07:00:00Z", "Europe/Berlin": "2026-10-25T01:00:00Z",
		"America/Sao_Paulo": "2018-11-04T03:00:00Z", "America/Havana": "2026-11-01T05:00:00Z", "Africa/Cairo": "2026-04-23T22:00:00Z",
		"Pacific/Apia": "2011-12-30T10:00:00Z", "Asia/Kathmandu": "2026-06-01T00:00:00Z", "America/St_Johns": "2026-11-01T04:30:00Z",
	}
	onEach(t, time.Now, func(t *testing.T, s *site) {
		random := rand.New(rand.NewPCG(1, 2))
		for name, near := range changes {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			at, _ := time.Parse(time.RFC3339, near)
			pick := func() string {
				moment := at.Add(time.Duration(random.IntN(8*24)-4*24) * 30 * time.Minute)
				if random.IntN(3) == 0 {
					return moment.Format(time.DateOnly)
				}
				return moment.In(time.FixedZone("", (random.IntN(25)-12)*3600)).Format(time.RFC3339)
			}
			user := s.as(t, name)
			var dues []string
			for range 15 {
				due := pick()
				user.task(t, "create_task", map[string]any{"title": due, "due_date": due})
				dues = append(dues, due)
			}
			for range 10 {
				bound := pick()
				for _, side := range []string{"due_after", "due_before"} {
					var want []string
					for _, due := range dues {
						order := compareDue(t, due, bound, zone)
						if side == "due_after" && order >= 0 || side == "due_before" && order <= 0 {
							want = append(want, due)
						}
					}
					got := user.titles(t, map[string]any{side: bound, "limit": 100}, mcp.Meta{metaTimezone: name})
					slices.Sort(got)
					slices.Sort(want)
					if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
						t.Errorf("%s, %s %s (-want +got):\n%s", name, side, bound, diff)
					}
				}
			}
		}
	})
}

// compareDue compares as instants where both are, else by the day in zone.
func compareDue(t testing.TB, a, b string, zone *time.Location) int {
	t.Helper()
	day := func(text string) (string, time.Time, bool) {
		if len(text) == len(time.DateOnly) {
			return text, time.Time{}, true
		}
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return at.In(zone).Format(time.DateOnly), at, false
	}
	dayA, atA, wholeA := day(a)
	dayB, atB, wholeB := day(b)
	if !wholeA && !wholeB {
		return atA.Compare(atB)
	}
	return strings.Compare(dayA, dayB)
}

// Overdue is what is pending and whose instant, or whose day in the user's
// zone, is past.
func TestOverdue(t *testing.T) {
	now := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) // 24 November in Karachi, 23 in New York
	dues := map[string]map[string]bool{                   // due date -> zones in which it is overdue
		"2026-11-22":                          {"UTC": true, "Asia/Karachi": true, "America/New_York": true},
		"2026-11-23":                          {"Asia/Karachi": true},
		"2026-11-24":                          {},
		"2026-11-23T20:00:00Z":                {}, // this very instant is not past
		"2026-11-23T19:59:59.999999999Z":      {"UTC": true, "Asia/Karachi": true, "America/New_York": true},
		"2026-11-24T00:59:59+05:00":           {"UTC": true, "Asia/Karachi": true, "America/New_York": true},
		"2026-11-23T20:00:00.000000001Z":      {},
		"2026-11-23T15:00:01-05:00":           {},
		"0001-01-01":                          {"UTC": true, "Asia/Karachi": true, "America/New_York": true},
		"9999-12-31T23:59:59.999999999+00:00": {},
	}
	onEach(t, func() time.Time { return now }, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		overdue := func(meta mcp.Meta) int {
			var stats statsResult
			if err := json.Unmarshal(alice.do(t, "get_stats", nil, meta).Structured, &stats); err != nil {
				t.Fatal(err)
			}
			return stats.Overdue
		}
		alice.task(t, "create_task", map[string]any{"title": "undated"})
		want := map[string]int{}
		for _, due := range slices.Sorted(maps.Keys(dues)) {
			alice.task(t, "create_task", map[string]any{"title": due, "due_date": due})
			for zone := range dues[due] {
				want[zone]++
			}
			for _, zone := range []string{"UTC", "Asia/Karachi", "America/New_York"} {
				if got := overdue(mcp.Meta{metaTimezone: zone}); got != want[zone] {
					t.Fatalf("%s in %s: %d overdue, want %d", due, zone, got, want[zone])
				}
			}
			done := alice.task(t, "create_task", map[string]any{"title": "done " + due, "due_date": due})
			alice.task(t, "toggle_complete", map[string]any{"task_id": done.ID})
		}
		if got := overdue(nil); got != want["UTC"] {
			t.Errorf("no zone named: %d overdue, want %d", got, want["UTC"])
		}
		if got := overdue(mcp.Meta{metaTimezone: nil}); got != want["UTC"] {
			t.Errorf("zone null: %d overdue, want %d", got, want["UTC"])
		}
		// TZ stands in where the call names no zone.
		karachi, err := edge.LoadZone("Asia/Karachi")
		if err != nil {
			t.Fatal(err)
		}
		s.toolset.zone = karachi
		bob := s.as(t, "bob")
		bob.task(t, "create_task", map[string]any{"title": "x", "due_date": "2026-11-23"})
		for meta, want := range map[string]string{"": `"overdue":1`, "UTC": `"overdue":0`} {
			zone := mcp.Meta{}
			if meta != "" {
				zone[metaTimezone] = meta
			}
			if out := bob.do(t, "get_stats", nil, zone); !strings.Contains(out.text(), want) {
				t.Errorf("TZ Karachi, zone %q: %s, want %s", meta, out.text(), want)
			}
		}
		s.toolset.zone = time.UTC
	})
}

func TestBadZone(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		for _, zone := range []any{
			"", "Nowhere", "Local", "local", "PKT", "+05:00", "UTC+5", "asia", "Asia", "Asia/", "/usr/share/zoneinfo/UTC", "../UTC", "Asia/../UTC", `Asia\Karachi`,
			"Asia/Karachi\x00", " UTC", "Asia/Karachi ", strings.Repeat("A/", 200), "zone.tab", "tzdata.zi", "leapseconds", 5, true, []any{"UTC"}, map[string]any{},
		} {
			for tool, args := range map[string]map[string]any{"get_stats": nil, "list_tasks": nil, "create_task": {"title": "x"}} {
				out := alice.try(t, tool, args, mcp.Meta{metaTimezone: zone})
				if !out.IsError || out.text() != "_meta taskwire/timezone: must be an IANA time zone such as Asia/Karachi" {
					t.Errorf("%s in zone %v: %s", tool, zone, out.text())
				}
			}
		}
		for _, zone := range []string{"UTC", "Asia/Karachi", "America/Argentina/Buenos_Aires", "Etc/GMT-14", "Europe/Berlin"} {
			alice.do(t, "get_stats", nil, mcp.Meta{metaTimezone: zone})
		}
	})
}

func TestDefaultZone(t *testing.T) {
	for tz, want := range map[string]string{
		"": "UTC", "Asia/Karachi": "Asia/Karachi", ":Europe/Berlin": "Europe/Berlin", "Nowhere": "UTC", "Local": "UTC", "/etc/localtime": "UTC",
	} {
		env := map[string]string{"TZ": tz}
		if got := edge.DefaultZone(func(name string) string { return env[name] }); got.String() != want {
			t.Errorf("TZ %q is the zone %v, want %s", tz, got, want)
		}
	}
	for tz, far := range map[string]string{"Etc/GMT-14": "14", "Etc/GMT+12": "-12"} {
		p := startStdio(t, withEnv(map[string]string{"TZ": tz}))
		p.hello(t)
		taskOf(t, p.try(t, "create_task", map[string]any{"title": "x", "due_date": "2026-06-01T11:30:00Z"}))
		// 11:30 in London is 1:30 on the day after far east, 23:30 on the day before far west.
		next := map[string]string{"14": "2026-06-02", "-12": "2026-05-31"}[far]
		args := map[string]any{"due_after": next, "due_before": next}
		if out := p.try(t, "list_tasks", args); !strings.Contains(out.text(), `"title":"x"`) {
			t.Errorf("TZ %s: %s lists %s", tz, next, out.text())
		}
	}
}
