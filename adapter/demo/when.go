package demo

import (
	"strconv"
	"strings"
	"time"
)

// A when is a date in a sentence, perhaps with a time of day.
type when struct {
	dates
	minute int // of the day; -1 without a time
	dated  bool
	spans  []span
}

// due is the date as a task takes it: a calendar date, or an instant with the
// offset of the user's zone when there is a time. A time alone is the next one.
func (w when) due(now time.Time) string {
	if w.minute < 0 {
		return w.day.Format(time.DateOnly)
	}
	day := w.day
	if !w.dated {
		day = civil(now)
	}
	at := atMinute(day, w.minute, now.Location())
	if !w.dated && at.Before(now) {
		at = atMinute(day.AddDate(0, 0, 1), w.minute, now.Location())
	}
	return at.Format(time.RFC3339)
}

func atMinute(day time.Time, minute int, zone *time.Location) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, minute, 0, 0, zone)
}

// civil is the calendar date of an instant in its zone, as midnight UTC: days
// are counted there, where no clock ever changes.
func civil(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// findWhen finds the first date and the first time of day in a sentence.
func findWhen(s *sentence, now time.Time) (when, bool) {
	w := when{minute: -1}
	for i := 0; i < len(s.words); i++ {
		if !w.dated {
			if d, sp, ok := dateAt(s, i, civil(now)); ok {
				w.dates, w.dated, w.spans = d, true, append(w.spans, sp)
				i = sp.until - 1
				continue
			}
		}
		if w.minute < 0 {
			if minute, sp, ok := clockAt(s, i); ok {
				w.minute, w.spans = minute, append(w.spans, sp)
				i = sp.until - 1
			}
		}
	}
	return w, len(w.spans) > 0
}

// dateAt reads a date that begins at word i, with the small words around it.
func dateAt(s *sentence, i int, today time.Time) (dates, span, bool) {
	start, named := i, false
	if _, n := dateBefore.at(s, i); n > 0 {
		i, named = i+n, true
	}
	d, n := dateCore(s, i, today, named)
	if n == 0 || d.day.Year() < 1 || d.day.Year() > 9999 {
		return dates{}, span{}, false
	}
	end := i + n
	if _, _, timed := clockAt(s, end); timed {
		return d, span{start, end}, true // "کل رات 10 بجے": the night belongs to the time
	}
	if _, n := dateAfter.at(s, end); n > 0 {
		end += n
	}
	return d, span{start, end}, true
}

// dateCore tries the forms of a date. named says that a preposition stands
// before it.
func dateCore(s *sentence, i int, today time.Time, named bool) (dates, int) {
	if i >= len(s.words) || s.words[i].quoted {
		return dates{}, 0
	}
	if f, n := dayWords.at(s, i); n > 0 {
		return f(today), n
	}
	for _, form := range []func(*sentence, int, time.Time) (dates, int){numericDate, monthDate, countedDays, nthDay} {
		if d, n := form(s, i, today); n > 0 {
			return d, n
		}
	}
	return weekdayDate(s, i, today, named)
}

// weekdayDate reads "Friday", "next Friday", "اگلے جمعہ": the first such day
// after today.
func weekdayDate(s *sentence, i int, today time.Time, named bool) (dates, int) {
	skipped := 0
	if _, n := dateBeforeName.at(s, i); n > 0 {
		skipped, named = n, true
	}
	day, n := weekdays.at(s, i+skipped)
	if n == 0 {
		day, n = shyWeekdays.at(s, i+skipped)
		if _, after := dateAfterName.at(s, i+skipped+n); after > 0 {
			named = true
		}
		if n == 0 || !named {
			return dates{}, 0
		}
	}
	days := (int(day)-int(today.Weekday())+6)%7 + 1
	return single(today.AddDate(0, 0, days)), skipped + n
}

// countedDays reads "in 3 days", "2 weeks from now", "تین دن بعد".
func countedDays(s *sentence, i int, today time.Time) (dates, int) {
	start := i
	before := false
	if i < len(s.words) && strings.Contains(" in within after ", " "+s.words[i].key+" ") {
		before = true
		i++
	}
	count, n := number(s, i)
	if n == 0 {
		return dates{}, 0
	}
	unit, m := dayUnits.at(s, i+n)
	if m == 0 {
		return dates{}, 0
	}
	end := i + n + m
	_, after := later.at(s, end)
	if !before && after == 0 {
		return dates{}, 0
	}
	return single(today.AddDate(0, 0, count*unit)), end + after - start
}

// number reads a number in digits or words, up to four digits.
func number(s *sentence, i int) (value, length int) {
	if i >= len(s.words) || s.words[i].quoted {
		return 0, 0
	}
	if key := s.words[i].key; len(key) <= 4 {
		if n, err := strconv.ParseUint(key, 10, 16); err == nil {
			return int(n), 1
		}
	}
	return numberWords.at(s, i)
}

// dayNumber reads a day of the month: 5, 5th, ۵.
func dayNumber(s *sentence, i int) (day int, ordinal, ok bool) {
	if i >= len(s.words) || s.words[i].quoted {
		return 0, false, false
	}
	key := s.words[i].key
	for _, ending := range []string{"st", "nd", "rd", "th"} {
		if digits, cut := strings.CutSuffix(key, ending); cut {
			key, ordinal = digits, true
			break
		}
	}
	if _, n := firstDay.at(s, i); n == 1 {
		return 1, false, true
	}
	n, err := strconv.ParseUint(key, 10, 8)
	return int(n), ordinal, err == nil && len(key) <= 2 && n >= 1 && n <= 31
}

// monthDate reads "December 5", "5th of December 2026", "۵ دسمبر". Without a
// year it is the next such day.
func monthDate(s *sentence, i int, today time.Time) (dates, int) {
	start := i
	month, n := months.at(s, i)
	day, _, ok := 0, false, false
	if n > 0 {
		i += n
		if day, _, ok = dayNumber(s, i); !ok {
			return dates{}, 0
		}
		i++
	} else {
		if day, _, ok = dayNumber(s, i); !ok {
			day, n = ordinals.at(s, i)
			ok = n == 1 && day > 0
		}
		if !ok {
			return dates{}, 0
		}
		i++
		if i < len(s.words) && s.words[i].key == "of" {
			i++
		}
		if month, n = months.at(s, i); n == 0 {
			return dates{}, 0
		}
		i += n
	}
	year, m := yearAt(s, i)
	d, ok := yearly(day, month, year, today)
	if !ok {
		return dates{}, 0
	}
	return single(d), i + m - start
}

// yearAt reads a year of four digits after a date, and the comma before it.
func yearAt(s *sentence, i int) (year, length int) {
	comma := 0
	if i < len(s.words) && s.words[i].loose() {
		comma = 1
	}
	if i+comma < len(s.words) && len(s.words[i+comma].key) == 4 {
		if n, _ := number(s, i+comma); n >= 1000 {
			return n, comma + 1
		}
	}
	return 0, 0
}

// yearly is a day of a year, with year 0 the next one from today on. ok is
// false for days that no such year has.
func yearly(day int, month time.Month, year int, today time.Time) (time.Time, bool) {
	if year == 0 {
		for y := today.Year(); y <= today.Year()+8; y++ {
			if d, ok := yearly(day, month, y, today); ok && !d.Before(today) {
				return d, true
			}
		}
		return time.Time{}, false
	}
	d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return d, d.Month() == month && d.Day() == day
}

// nthDay reads "the 15th", "15 تاریخ": the next day of that number.
func nthDay(s *sentence, i int, today time.Time) (dates, int) {
	start := i
	if s.words[i].key == "the" {
		i++
	}
	day, ordinal, ok := dayNumber(s, i)
	if !ok {
		return dates{}, 0
	}
	_, noun := nthNoun.at(s, i+1)
	if !ordinal && noun == 0 {
		return dates{}, 0
	}
	for m := 0; m <= 2; m++ { // no two months in a row lack a day
		d := time.Date(today.Year(), today.Month()+time.Month(m), day, 0, 0, 0, 0, time.UTC)
		if d.Day() == day && !d.Before(today) {
			return single(d), i + 1 + noun - start
		}
	}
	return dates{}, 0
}

// numericDate reads 2026-12-05, 5/12/2026, 5.12.2026 and 5/12. Day and month
// stand as in Pakistan, unless only the other order gives a date.
func numericDate(s *sentence, i int, today time.Time) (dates, int) {
	fields := strings.FieldsFunc(s.words[i].key, func(r rune) bool { return strings.ContainsRune("-/.", r) })
	if len(fields) < 2 || len(fields) > 3 || len(fields) == 2 && !strings.Contains(s.words[i].key, "/") {
		return dates{}, 0
	}
	var n [3]int
	for k, f := range fields {
		v, err := strconv.ParseUint(f, 10, 16)
		if err != nil || len(f) > 4 || v == 0 {
			return dates{}, 0
		}
		n[k] = int(v)
	}
	if len(fields[0]) == 4 {
		n[0], n[2] = n[2], n[0]
	}
	if n[2] > 0 && n[2] < 100 {
		n[2] += 2000
	}
	if n[1] > 12 {
		n[0], n[1] = n[1], n[0]
	}
	if n[1] < 1 || n[1] > 12 {
		return dates{}, 0
	}
	d, ok := yearly(n[0], time.Month(n[1]), n[2], today)
	if !ok {
		return dates{}, 0
	}
	return single(d), 1
}
