package demo

import (
	"regexp"
	"strconv"
	"strings"
)

// Parts of the day, which tell 5 in the morning from 5 in the afternoon. The
// value is the first hour that is meant.
var dayParts = newTable(
	meaning[int]{4, `in the morning, morning, this morning`, `صبح, سویرے, صبح کے, صبح کو`, `subah, subha, savere, subah ke, subah ko`},
	meaning[int]{11, ``, `دوپہر, دن, دوپہر کے, دوپہر کو`, `dopahar, dopehar, dopeher, din, dopahar ke`},
	meaning[int]{13, `in the afternoon, in the evening, afternoon, evening, this afternoon, this evening`, `شام, سہ پہر, شام کے, شام کو`, `sham,
			shaam, seh pehar, sham ke, shaam ke, sham ko`},
	meaning[int]{18, `at night, night`, `رات, رات کے, رات کو`, `raat, rat, raat ke, raat ko`},
)

var clockBefore = newSet("at, by, before, around", "", "")

var oClock = newSet(`o'clock`, `بجے, بجہ`, `baje, bajay, bje, bajey`)

var clockAfter = newSet(``, `تک, پر, کو, کے لیے, سے پہلے`, `tak, par, pe, ko, ke liye, se pehle`)

var fixedTimes = newTable(
	meaning[int]{12 * 60, `at noon, by noon, noon, at midday`, ``, ``},
	meaning[int]{23*60 + 59, `at midnight, by midnight`, `آدھی رات`, `aadhi raat`},
)

// A clock is a time of day while it is read.
type clock struct {
	hour, minute int    // minute is -1 where none was given
	half         string // am or pm
	part         int    // a value of dayParts
	sure         bool   // something says that the number is a time
}

// clockAt reads a time of day that begins at word i: "at 5pm", "17:30",
// "شام ۵ بجے". It gives the minute of the day.
func clockAt(s *sentence, i int) (minute int, sp span, ok bool) {
	if minute, n := fixedTimes.at(s, i); n > 0 {
		return minute, span{i, i + n}, true
	}
	var c clock
	digits := c.before(s, i)
	if c.hour, c.minute, c.half, ok = readClock(s, digits); !ok {
		return 0, span{}, false
	}
	c.sure = c.sure || c.half != "" || c.minute >= 0
	end := c.after(s, digits+1)
	if !c.sure {
		return 0, span{}, false
	}
	hour, ok := fullHour(c.hour, c.half, c.part)
	return hour*60 + max(c.minute, 0), span{i, end}, ok
}

// before reads what may stand before the number: "in the evening at". It gives
// where the number stands.
func (c *clock) before(s *sentence, i int) int {
	part, n := dayParts.at(s, i)
	i += n
	if _, n := clockBefore.at(s, i); n > 0 {
		c.sure = s.words[i].key == "at"
		i += n
	}
	if part == 0 {
		part, n = dayParts.at(s, i)
		i += n
	}
	c.part = part
	return i
}

// after reads what may follow the number: "pm", "بجے", "in the evening".
func (c *clock) after(s *sentence, i int) int {
	if half, n := halves.at(s, i); n > 0 && c.half == "" {
		c.half, c.sure = half, true
		i += n
	}
	if _, n := oClock.at(s, i); n > 0 {
		c.sure = true
		i += n
	}
	if part, n := dayParts.at(s, i); n > 0 && c.part == 0 {
		c.part = part
		i += n
	}
	return i + lengthAt(s, i, clockAfter)
}

var halves = newTable(
	meaning[string]{"am", `am, a.m, a.m.`, ``, ``},
	meaning[string]{"pm", `pm, p.m, p.m.`, ``, ``},
)

var clockShape = regexp.MustCompile(`^(\d{1,2})(?::(\d{2}))?(am|pm)?$`)

// readClock reads one word: 5, 5pm, 17:30. minute is -1 where none is given.
func readClock(s *sentence, i int) (hour, minute int, half string, ok bool) {
	if i >= len(s.words) || s.words[i].quoted {
		return 0, 0, "", false
	}
	m := clockShape.FindStringSubmatch(s.words[i].key)
	if m == nil {
		hour, n := numberWords.at(s, i)
		return hour, -1, "", n == 1 && s.tongue != english
	}
	hour, _ = strconv.Atoi(m[1])
	minute = -1
	if m[2] != "" {
		minute, _ = strconv.Atoi(m[2])
	}
	return hour, minute, m[3], hour < 24 && minute < 60
}

// fullHour puts an hour on the clock of 24. Where nothing tells the half of the
// day, 1 to 6 are in the afternoon and the rest as they stand.
func fullHour(hour int, half string, part int) (int, bool) {
	switch {
	case hour > 12 || hour == 0:
		return hour, half == "" || hour == 0
	case half != "":
		return hour%12 + 12*strings.Index("ap", half[:1]), true
	case part == 4: // morning
		return hour % 12, true
	case part == 18 && (hour == 12 || hour <= 4): // after midnight
		return hour % 12, true
	case part == 11 && hour == 11:
		return 11, true
	case part > 0:
		return hour%12 + 12, true
	case hour <= 6:
		return hour + 12, true
	}
	return hour, true
}
