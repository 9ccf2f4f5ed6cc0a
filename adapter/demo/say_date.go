package demo

import (
	"fmt"
	"time"
)

// inWords says a calendar date so that day and month cannot be taken for each
// other: people write 12/05 for both.
func (v *voice) inWords(day time.Time) string {
	return fmt.Sprintf("%s %d %s %d", v.weekdays[day.Weekday()], day.Day(), v.months[day.Month()-1], day.Year())
}

var (
	englishDays   = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	urduDays      = [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"}
	romanDays     = [7]string{"itwar", "peer", "mangal", "budh", "jumerat", "juma", "hafta"}
	englishMonths = [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	urduMonths    = [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"}
)
