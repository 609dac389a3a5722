package line

import (
	"slices"
	"sync"
	"time"
)

// OpenAt reports whether people answer at t. portalZone is where the line has no time zone of its own.
func (l *Line) OpenAt(t time.Time, portalZone *time.Location) bool {
	_, open := l.WorkTime.shiftAt(t, portalZone)
	return open || !l.WorkTime.Enabled
}

// NextOpening returns when people answer next: t itself where they do at t. It reports false where they never do.
func (l *Line) NextOpening(t time.Time, portalZone *time.Location) (time.Time, bool) {
	if l.OpenAt(t, portalZone) {
		return t, true
	}
	today := noon(t.In(l.WorkTime.location(portalZone)))
	for day := range lookAhead {
		if s, ok := l.WorkTime.shift(today.AddDate(0, 0, day)); ok && s.from.After(t) {
			return s.from, true
		}
	}
	return time.Time{}, false
}

// ClosesAt returns until when people answer without a break. It reports false where they do not at t, or where there is no end
// within the time that it looks ahead.
func (l *Line) ClosesAt(t time.Time, portalZone *time.Location) (time.Time, bool) {
	if !l.WorkTime.Enabled {
		return time.Time{}, false
	}
	end := t
	for range lookAhead {
		s, open := l.WorkTime.shiftAt(end, portalZone)
		if !open {
			return end, end.After(t)
		}
		end = s.to
	}
	return time.Time{}, false
}

// lookAhead is how many days an opening is looked for: a line that is closed on every weekday but one, and on holidays, opens
// within that time or never.
const lookAhead = 8 * 366

// shift is a time in which people answer, without its end.
type shift struct{ from, to time.Time }

// shiftAt returns the shift in which t is.
func (w *WorkTime) shiftAt(t time.Time, portalZone *time.Location) (shift, bool) {
	if !w.Enabled {
		return shift{}, false
	}
	today := noon(t.In(w.location(portalZone)))
	for _, day := range [2]time.Time{today, today.AddDate(0, 0, -1)} { // one that began yesterday may last
		if s, ok := w.shift(day); ok && !t.Before(s.from) && t.Before(s.to) {
			return s, true
		}
	}
	return shift{}, false
}

// shift returns the shift that begins on the day of t, which is in the line's zone. It belongs to that day as a whole: over
// midnight it goes on into a day off.
func (w *WorkTime) shift(t time.Time) (shift, bool) {
	year, month, day := t.Date()
	at := func(days, minutes int) time.Time {
		return time.Date(year, month, day+days, minutes/60, minutes%60, 0, 0, t.Location())
	}
	if slices.Contains(w.DaysOff, t.Weekday()) || slices.Contains(w.Holidays, Day{day, month}) {
		return shift{}, false
	}
	switch {
	case w.To >= endOfDay:
		return shift{at(0, w.From), at(1, 0)}, true
	case w.To <= w.From:
		return shift{at(0, w.From), at(1, w.To)}, true
	}
	return shift{at(0, w.From), at(0, w.To)}, true
}

// noon returns the middle of the day of t: no zone turns its clocks then, so that days can be counted from it.
func noon(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 12, 0, 0, 0, t.Location())
}

// location returns the zone of the working hours.
func (w *WorkTime) location(portalZone *time.Location) *time.Location {
	if w.Zone != "" {
		if loc, err := zone(w.Zone); err == nil {
			return loc
		}
	}
	if portalZone == nil {
		return time.UTC
	}
	return portalZone
}

// zones are those that were asked for: package time reads a file for each.
var zones sync.Map // name → *time.Location

func zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, loc)
	}
	return loc, err
}
