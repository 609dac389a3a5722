package template

import (
	"slices"
	"time"
)

// Period is how a template repeats.
type Period string

// The periods.
const (
	Daily   Period = "daily"
	Weekly  Period = "weekly"
	Monthly Period = "monthly"
	Yearly  Period = "yearly"
)

// Till is when a template stops repeating.
type Till string

// The ends.
const (
	Endless Till = "endless"
	Times   Till = "times"
	Date    Till = "date"
)

// Schedule says when a template makes tasks by itself (api-reference/tasks/template/fields.md#replicate_params). Intervals are 1
// or more; weekdays are 1 to 7 from Monday on, weeks of a month 0 to 3, and 4 for the last, months 1 to 12.
type Schedule struct {
	Period         Period
	Start, End     time.Time // End counts with Till Date; zero: none
	Minute         int       // of the day, in the creator's time zone
	Till           Till
	Times          int64
	DeadlineOffset time.Duration // from the run to the deadline; 0: as the template says

	EveryDay      int
	WorkdaysOnly  bool
	MonthInterval int // months that are left out between those with daily runs

	EveryWeek int
	WeekDays  []int

	ByWeekday  bool // monthly and yearly: by week and weekday, else by the day of the month
	Day        int  // of the month; a month that is shorter has it on its last day
	Week       int
	Weekday    int
	EveryMonth int
	Month      int // yearly
}

// farthest is how far ahead a run is looked for: twelve years hold every schedule that can be declared.
const farthest = 12 * 366

// The largest intervals.
const (
	maxDays   = 1000
	maxWeeks  = 200
	maxMonths = 120
)

// Valid reports whether every part is within its bounds.
func (s Schedule) Valid() bool {
	in := func(n, low, high int) bool { return n >= low && n <= high }
	ok := in(s.Minute, 0, 24*60-1) && in(s.EveryDay, 1, maxDays) && in(s.EveryWeek, 1, maxWeeks) && in(s.EveryMonth, 1, maxMonths) &&
		in(s.MonthInterval, 0, maxMonths) && in(s.Day, 1, 31) && in(s.Week, 0, 4) && in(s.Weekday, 1, 7) && in(s.Month, 1, 12) &&
		s.Times >= 0 && s.DeadlineOffset >= 0
	for _, d := range s.WeekDays {
		ok = ok && in(d, 1, 7)
	}
	return ok && slices.Contains([]Period{Daily, Weekly, Monthly, Yearly}, s.Period) && slices.Contains([]Till{Endless, Times, Date}, s.Till)
}

// Next returns the first run after a moment; done is how many there were. Zero: there is none.
func (s Schedule) Next(after time.Time, done int64, zone *time.Location) time.Time {
	if s.Till == Times && done >= s.Times {
		return time.Time{}
	}
	from := after
	if s.Start.After(after) {
		from = s.Start
	}
	anchor := dayOf(s.Start, zone)
	day := dayOf(from, zone)
	for range farthest {
		if s.on(day, anchor) {
			run := time.Date(day.Year(), day.Month(), day.Day(), s.Minute/60, s.Minute%60, 0, 0, zone)
			if s.Till == Date && !s.End.IsZero() && run.After(s.End) {
				return time.Time{}
			}
			if run.After(after) && !run.Before(s.Start) {
				return run.UTC()
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// dayOf is the day of a moment in a zone, as a date in UTC, so that days can be counted.
func dayOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// on reports whether there is a run on day.
func (s Schedule) on(day, anchor time.Time) bool {
	if day.Before(anchor) {
		return false
	}
	months := (day.Year()-anchor.Year())*12 + int(day.Month()) - int(anchor.Month())
	switch s.Period {
	case Daily:
		if months%(s.MonthInterval+1) != 0 {
			return false
		}
		if !s.WorkdaysOnly {
			return days(anchor, day)%s.EveryDay == 0
		}
		return weekday(day) <= 5 && workdays(anchor, day)%s.EveryDay == 0
	case Weekly:
		monday := func(t time.Time) time.Time { return t.AddDate(0, 0, 1-weekday(t)) }
		due := slices.Contains(s.WeekDays, weekday(day)) || len(s.WeekDays) == 0 && weekday(day) == weekday(anchor)
		return due && days(monday(anchor), monday(day))/7%s.EveryWeek == 0
	case Monthly:
		return months%s.EveryMonth == 0 && s.onDay(day)
	default:
		return int(day.Month()) == s.Month && s.onDay(day)
	}
}

// onDay reports whether day is the one of its month.
func (s Schedule) onDay(day time.Time) bool {
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if !s.ByWeekday {
		return day.Day() == min(s.Day, last)
	}
	if weekday(day) != s.Weekday {
		return false
	}
	if s.Week == 4 {
		return day.Day()+7 > last
	}
	return (day.Day()-1)/7 == s.Week
}

// weekday is 1 for Monday to 7 for Sunday.
func weekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

func days(from, to time.Time) int { return int(to.Sub(from) / (24 * time.Hour)) }

// workdays counts Mondays to Fridays from one day to another, without the last.
func workdays(from, to time.Time) int {
	n := days(from, to)
	count := n / 7 * 5
	for i := range n % 7 {
		if weekday(from.AddDate(0, 0, i)) <= 5 {
			count++
		}
	}
	return count
}
