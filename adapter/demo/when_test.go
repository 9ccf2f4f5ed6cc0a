package demo

import (
	"testing"
	"time"
)

// TestDueDates reads dates in every form, on a Wednesday.
func TestDueDates(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-11-25T10:00:00+05:00", "Asia/Karachi")
	for said, want := range map[string]string{
		"add x today":                          "2026-11-25",
		"add x tonight":                        "2026-11-25",
		"add x tomorrow":                       "2026-11-26",
		"add x the day after tomorrow":         "2026-11-27",
		"add x on Thursday":                    "2026-11-26",
		"add x on Wednesday":                   "2026-12-02",
		"add x by next Friday":                 "2026-11-27",
		"add x on sat":                         "2026-11-28",
		"add x this weekend":                   "2026-11-28",
		"add x next week":                      "2026-12-02",
		"add x in 3 days":                      "2026-11-28",
		"add x in two weeks":                   "2026-12-09",
		"add x 10 days from now":               "2026-12-05",
		"add x by end of month":                "2026-11-30",
		"add x on December 5":                  "2026-12-05",
		"add x on 5th of December":             "2026-12-05",
		"add x due Dec 5, 2027":                "2027-12-05",
		"add x on November 24":                 "2027-11-24",
		"add x by February 29":                 "2028-02-29",
		"add x on the first of December":       "2026-12-01",
		"add write the first draft":            "",
		"add x on the 31st":                    "2026-12-31",
		"add x by 2026-12-24":                  "2026-12-24",
		"add x by 24/12/2026":                  "2026-12-24",
		"add x by 12/24/2026":                  "2026-12-24",
		"add x by 5/12":                        "2026-12-05",
		"add x at 5pm":                         "2026-11-25T17:00:00+05:00",
		"add x at 9 p.m. on Friday":            "2026-11-27T21:00:00+05:00",
		"add x at 9 am":                        "2026-11-26T09:00:00+05:00",
		"add x tomorrow at 17:30":              "2026-11-26T17:30:00+05:00",
		"add x at 12 am on Friday":             "2026-11-27T00:00:00+05:00",
		"add x tomorrow at noon":               "2026-11-26T12:00:00+05:00",
		"add x on February 30":                 "",
		"add x on the 32nd":                    "",
		"add x by 2026-13-45":                  "",
		"add sun cream":                        "",
		"add pay 3.50 for 2 days":              "",
		`add "call mom tomorrow"`:              "",
		"آج دودھ لانا شامل کرو":                "2026-11-25",
		"کل دودھ لانا شامل کرو":                "2026-11-26",
		"پرسوں دودھ لانا شامل کرو":             "2026-11-27",
		"جمعہ کو دودھ لانا شامل کرو":           "2026-11-27",
		"پیر تک دودھ لانا شامل کرو":            "2026-11-30",
		"ہفتے کو دودھ لانا شامل کرو":           "2026-11-28",
		"اگلے ہفتے دودھ لانا شامل کرو":         "2026-12-02",
		"تین دن بعد دودھ لانا شامل کرو":        "2026-11-28",
		"۱۰ دن بعد دودھ لانا شامل کرو":         "2026-12-05",
		"۵ دسمبر کو دودھ لانا شامل کرو":        "2026-12-05",
		"٥ دسمبر تک دودھ لانا شامل کرو":        "2026-12-05",
		"۱۵ تاریخ کو دودھ لانا شامل کرو":       "2026-12-15",
		"شام ۵ بجے دودھ لانا شامل کرو":         "2026-11-25T17:00:00+05:00",
		"کل صبح 9بجے دودھ لانا شامل کرو":       "2026-11-26T09:00:00+05:00",
		"کل رات دس بجے دودھ لانا شامل کرو":     "2026-11-26T22:00:00+05:00",
		"پیر صاحب سے ملنا شامل کرو":            "",
		"kal doodh lana add karo":              "2026-11-26",
		"parson doodh lana add karo":           "2026-11-27",
		"add x tomorrow evening at 7":          "2026-11-26T19:00:00+05:00",
		"add x Friday morning":                 "2026-11-27",
		"jumma ko doodh lana add karo":         "2026-11-27",
		"peer tak doodh lana add karo":         "2026-11-30",
		"5 December ko doodh lana add karo":    "2026-12-05",
		"do din baad doodh lana add karo":      "2026-11-27",
		"kal shaam 5 baje doodh lana add karo": "2026-11-26T17:00:00+05:00",
	} {
		if got := understand(said, now); got.due != want || got.do != create {
			t.Errorf("%q: due %q (act %d), want %q", said, got.due, got.do, want)
		}
	}
}

// TestDayIsTheUsers asks at one instant from several zones.
func TestDayIsTheUsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, system, today, atFive string }{
		{"Karachi, already the next day", "The time is 2026-11-24T20:30:00Z and the zone Asia/Karachi.", "2026-11-25", "2026-11-25T17:00:00+05:00"},
		{"Los Angeles", "The time is 2026-11-24T20:30:00Z and the zone America/Los_Angeles.", "2026-11-24", "2026-11-24T17:00:00-08:00"},
		{"Kiritimati", "Now 2026-11-24T20:30:00Z, Pacific/Kiritimati", "2026-11-25", "2026-11-25T17:00:00+14:00"},
		{"UTC", "Now 2026-11-24T20:30:00Z, UTC", "2026-11-24", "2026-11-25T17:00:00Z"},
		{"no zone: that of the time", "Now 2026-11-25T01:30:00+05:00", "2026-11-25", "2026-11-25T17:00:00+05:00"},
		{"a zone that is none", "Now 2026-11-25T01:30:00+05:00 (Mars/Olympus)", "2026-11-25", "2026-11-25T17:00:00+05:00"},
		{"examples before the line", "Dates look like 2020-01-01T00:00:00Z.\nNow: 2026-11-24T20:30:00Z (Asia/Karachi)\nTimes such as 2021-01-01T00:00:00Z are fine.", "2026-11-25", "2026-11-25T17:00:00+05:00"},
		{"nothing: the clock, in UTC", "You help.", "2026-11-24", "2026-11-25T17:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := &request{Messages: []message{{Role: "system", Content: content{c.system}}}}
			now := userTime(req, func() time.Time { return time.Date(2026, 11, 24, 20, 30, 0, 0, time.UTC) })
			if got := understand("add x today", now).due; got != c.today {
				t.Errorf("today = %q, want %q", got, c.today)
			}
			if got := understand("add x at 5pm", now).due; got != c.atFive {
				t.Errorf("at 5pm = %q, want %q", got, c.atFive)
			}
		})
	}
}

// TestRanges are the days that lists show, on a Wednesday.
func TestRanges(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-11-25T10:00:00+05:00", "Asia/Karachi")
	for said, want := range map[string][2]string{
		"show tasks for today":        {"2026-11-25", "2026-11-25"},
		"what is due this week?":      {"2026-11-23", "2026-11-29"},
		"show tasks due next week":    {"2026-11-30", "2026-12-06"},
		"tasks for the weekend":       {"2026-11-28", "2026-11-29"},
		"tasks due this month":        {"2026-11-01", "2026-11-30"},
		"tasks due next month":        {"2026-12-01", "2026-12-31"},
		"اس ہفتے کے کام دکھاؤ":        {"2026-11-23", "2026-11-29"},
		"kal ke kaam dikhao":          {"2026-11-26", "2026-11-26"},
		"show tasks for December 5th": {"2026-12-05", "2026-12-05"},
	} {
		if got := understand(said, now); got.do != list || got.from != want[0] || got.until != want[1] {
			t.Errorf("%q: act %d from %q until %q, want %v", said, got.do, got.from, got.until, want)
		}
	}
}

func instant(t *testing.T, text, zone string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(location)
}
