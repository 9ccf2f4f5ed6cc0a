package demo

import "time"

// A daySpan computes days from today.
type daySpan func(today time.Time) dates

// dates are the day that a task gets, and the days that a list shows.
type dates struct{ day, first, last time.Time }

func single(day time.Time) dates { return dates{day, day, day} }

// inDays is the day that is n days off.
func inDays(n int) daySpan {
	return func(today time.Time) dates { return single(today.AddDate(0, 0, n)) }
}

// weekOff is a week from Monday to Sunday. Named as a day, this week means its
// Sunday, and next week the day that is a week off.
func weekOff(n int) daySpan {
	return func(today time.Time) dates {
		monday := today.AddDate(0, 0, 7*n-(int(today.Weekday())+6)%7)
		d := dates{today.AddDate(0, 0, 7*n), monday, monday.AddDate(0, 0, 6)}
		if n == 0 {
			d.day = d.last
		}
		return d
	}
}

// monthOff is a calendar month. Named as a day, this month means its last, and
// next month the same day of it.
func monthOff(n int) daySpan {
	return func(today time.Time) dates {
		first := time.Date(today.Year(), today.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1)
		if n == 0 {
			return dates{last, first, last}
		}
		return dates{first.AddDate(0, 0, min(today.Day(), last.Day())-1), first, last}
	}
}

// weekend is the coming Saturday and Sunday, or the one that it is.
func weekend(today time.Time) dates {
	saturday := today.AddDate(0, 0, (int(time.Saturday)-int(today.Weekday())+7)%7)
	if today.Weekday() == time.Sunday {
		saturday = today.AddDate(0, 0, -1)
	}
	return dates{saturday, saturday, saturday.AddDate(0, 0, 1)}
}

var dayWords = newTable(
	meaning[daySpan]{inDays(0), `today, tonight, today's, this evening, this morning, this afternoon, end of day, end of the day, eod,
			tonite, todays`, `آج, آج ہی, آج رات`, `aaj, aj, aaj hi, aj hi, aaj raat, today`},
	meaning[daySpan]{inDays(1), `tomorrow, tomorrow's, tmrw, tmr, tommorow, tomorow, tommorrow, tomorrows, the next day`, `کل, آنے والے کل,
			کل ہی`, `kal, kall, kal hi, anay wale kal`},
	meaning[daySpan]{inDays(2), `day after tomorrow, the day after tomorrow, overmorrow`, `پرسوں, پرسو`, `parson, parso, parsun, parsoon`},
	meaning[daySpan]{inDays(-1), `yesterday, yesterday's`, `گزشتہ کل, گزرا کل`, `guzishta kal, guzra kal`},
	meaning[daySpan]{inDays(3), ``, `ترسوں`, `tarson`},
	meaning[daySpan]{weekOff(0), `this week, this week's, end of week, end of the week, end of this week, the end of the week, the week`, `اس ہفتے,
			اسی ہفتے, رواں ہفتے, اس ہفتہ`, `is hafte, is haftay, isi hafte, is hafta`},
	meaning[daySpan]{weekOff(1), `next week, next week's, the next week, coming week, a week from now, in a week, in one week, within a week`, `اگلے ہفتے,
			اگلا ہفتہ, آئندہ ہفتے, آنے والے ہفتے, ایک ہفتے بعد, ایک ہفتے میں, ہفتے بعد`, `agle hafte, aglay haftay, agla hafta, ainda hafte,
			anay wale hafte, ek hafte baad, ek hafte mein, aik hafte baad`},
	meaning[daySpan]{monthOff(0), `this month, this month's, end of month, end of the month, end of this month, the end of the month`, `اس مہینے,
			اس ماہ, مہینے کے آخر, رواں ماہ`, `is mahine, is maheene, is mah, mahine ke akhir`},
	meaning[daySpan]{monthOff(1), `next month, next month's, in a month, a month from now, the next month`, `اگلے مہینے, اگلے ماہ, آئندہ ماہ,
			آئندہ مہینے, ایک مہینے بعد`, `agle mahine, aglay mahinay, agle mah, ainda mah, ek mahine baad`},
	meaning[daySpan]{weekend, `weekend, this weekend, the weekend, next weekend, coming weekend`, `ویک اینڈ, اختتام ہفتہ`, `weekend, is weekend`},
)

// Names of days that are nothing else, and those that need company: Urdu for
// Monday is also a foot, and for Saturday also a week.
var (
	weekdays = newTable(
		meaning[time.Weekday]{time.Monday, `monday, monday's`, `سوموار`, `somwar, somvaar, monday`},
		meaning[time.Weekday]{time.Tuesday, `tuesday, tuesday's`, `منگل`, `mangal, mangalwar, tuesday`},
		meaning[time.Weekday]{time.Wednesday, `wednesday, wednesday's, wensday`, `بدھ`, `budh, budhwar, wednesday`},
		meaning[time.Weekday]{time.Thursday, `thursday, thursday's`, `جمعرات`, `jumerat, jumeraat, jumayrat, jumarat, thursday`},
		meaning[time.Weekday]{time.Friday, `friday, friday's`, `جمعہ, جمعے, جمعۃ المبارک`, `juma, jumma, jumah, jumme, jume, friday`},
		meaning[time.Weekday]{time.Saturday, `saturday, saturday's`, `سنیچر, شنبہ`, `saneechar, sanichar, saturday`},
		meaning[time.Weekday]{time.Sunday, `sunday, sunday's`, `اتوار`, `itwar, itvaar, etwar, atwar, sunday`},
	)
	shyWeekdays = newTable(
		meaning[time.Weekday]{time.Monday, `mon`, `پیر`, `peer, pir`},
		meaning[time.Weekday]{time.Tuesday, `tue, tues`, ``, ``},
		meaning[time.Weekday]{time.Wednesday, `wed`, ``, ``},
		meaning[time.Weekday]{time.Thursday, `thu, thur, thurs`, ``, ``},
		meaning[time.Weekday]{time.Friday, `fri`, ``, ``},
		meaning[time.Weekday]{time.Saturday, `sat`, `ہفتہ, ہفتے`, `hafta, hafte, haftay`},
		meaning[time.Weekday]{time.Sunday, `sun`, ``, ``},
	)
)

var months = newTable(
	meaning[time.Month]{time.January, `january, jan`, `جنوری`, `january, janwari`},
	meaning[time.Month]{time.February, `february, feb`, `فروری`, `february, farwari`},
	meaning[time.Month]{time.March, `march, mar`, `مارچ`, `march`},
	meaning[time.Month]{time.April, `april, apr`, `اپریل`, `april, aprail`},
	meaning[time.Month]{time.May, `may`, `مئی`, `may, mayi, mai`},
	meaning[time.Month]{time.June, `june, jun`, `جون`, `june`},
	meaning[time.Month]{time.July, `july, jul`, `جولائی`, `july, julai`},
	meaning[time.Month]{time.August, `august, aug`, `اگست`, `august, agast`},
	meaning[time.Month]{time.September, `september, sep, sept`, `ستمبر`, `september, sitambar`},
	meaning[time.Month]{time.October, `october, oct`, `اکتوبر`, `october, aktoobar`},
	meaning[time.Month]{time.November, `november, nov`, `نومبر`, `november, nowambar`},
	meaning[time.Month]{time.December, `december, dec`, `دسمبر`, `december, disambar, desember`},
)

var numberWords = newTable(
	meaning[int]{1, `one, a, an`, `ایک`, `ek, aik`},
	meaning[int]{2, `two, a couple of, couple of`, `دو`, `do`},
	meaning[int]{3, `three, a few`, `تین`, `teen`},
	meaning[int]{4, `four`, `چار`, `char, chaar`},
	meaning[int]{5, `five`, `پانچ`, `panch, paanch`},
	meaning[int]{6, `six`, `چھ, چھے`, `chay, chhe, cheh, che`},
	meaning[int]{7, `seven`, `سات`, `saat, sat`},
	meaning[int]{8, `eight`, `آٹھ`, `aath, ath`},
	meaning[int]{9, `nine`, `نو`, `nau`},
	meaning[int]{10, `ten`, `دس`, `das, dus`},
	meaning[int]{11, `eleven`, `گیارہ`, `gyarah, giarah`},
	meaning[int]{12, `twelve`, `بارہ`, `barah, bara`},
	meaning[int]{15, `fifteen`, `پندرہ`, `pandrah, pandra`},
	meaning[int]{20, `twenty`, `بیس`, `bees`},
	meaning[int]{30, `thirty`, `تیس`, `tees`},
)

// firstDay is a word that Urdu has for the first of a month alone.
var firstDay = newSet(``, `یکم`, `yakam, yakum`)

// dayUnits are units of time in days.
var dayUnits = newTable(
	meaning[int]{1, `day, days`, `دن, دنوں, روز`, `din, dino, dinon, roz`},
	meaning[int]{7, `week, weeks`, `ہفتے, ہفتہ, ہفتوں`, `hafte, hafta, hafton, haftay`},
)

var (
	dateBefore = newSet(`due on, due by, due, on, by, for, before, until, till, from, starting, to be done by, to be done on, which is due,
			that is due, that's due, due date, deadline, with due date, with a due date of, with a due date, with deadline, with a deadline of,
			on the, by the, for the, before the, due on the, due by the, due the, at the, a due date of, due date of, a deadline of, deadline of`,
		`کی تاریخ, کی آخری تاریخ, تاریخ, آخری تاریخ, کی ڈیڈ لائن, ڈیڈ لائن`, `ki tareekh, ki aakhri tareekh, tareekh, ki deadline, deadline,
			ki due date, due date, due`)
	// dateBeforeName is what may stand before a weekday; it makes a shy one sure.
	dateBeforeName = newSet(`this, next, coming, this coming, upcoming, the coming, the next`,
		`اگلے, آئندہ, آنے والے, اس, اسی, اگلی, آنے والی`, `agle, aglay, ainda, aanay wale, aane wale, anay wale, is, isi, agli`)
	dateAfterName = newSet(``, `کو, تک, کے دن, کے روز, والے دن, کے لیے, سے پہلے, کی صبح, کی شام, کی رات`,
		`ko, tak, ke din, ke roz, wale din, ke liye, keliye, se pehle, k liye, ki subah, ki sham`)
	dateAfter = newSet(`morning, afternoon, evening, night, at night, in the morning, in the evening, in the afternoon, due`,
		`کو, تک, کے دن, کے روز, والے دن, کے لیے, سے پہلے, کا, کی, کے, کے اندر, پر, والا, والے, والی, صبح, شام, رات, دوپہر, کی صبح, کی شام,
			کی رات, کی تاریخ, کی تاریخ کے ساتھ, کی تاریخ تک, ہی`,
		`ko, tak, ke din, ke roz, wale din, ke liye, keliye, k liye, se pehle, ka, ki, ke, ke andar, pe, par, wala, wale, wali, subah, sham,
			shaam, raat, dopahar, ki subah, ki sham, ki tareekh, hi`)
	nthNoun = newSet(`of this month, of the month`, `تاریخ`, `tareekh, tarikh`)
	later   = newSet(`from now, from today, later`, `بعد, کے بعد, میں, کے اندر, کے اندر اندر, تک`, `baad, bad, ke baad, mein, main, ke andar, tak, me`)
)
