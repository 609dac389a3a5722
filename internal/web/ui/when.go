package ui

import (
	"html/template"
	"strconv"
	"strings"
	"time"
)

// When is a moment as a person sees it: relative when near, exact on hover, in the zone of who looks. The module
// time.js keeps it true while the page is open, by the same rules.
type When struct {
	Time    time.Time
	Now     time.Time
	Zone    *time.Location
	Clock12 bool // "2:05 pm" instead of "14:05"
}

// twelve are the layouts of a 24-hour clock as those of a 12-hour one, the longest first.
var twelve = strings.NewReplacer("15:04:05.000", "3:04:05.000 pm", "15:04:05", "3:04:05 pm", "15:04", "3:04 pm")

// Layout returns a layout of package time for who sees times on a 12-hour clock.
func Layout(layout string, clock12 bool) string {
	if clock12 {
		return twelve.Replace(layout)
	}
	return layout
}

func (w When) format(t time.Time, layout string) string { return t.Format(Layout(layout, w.Clock12)) }

// HTML returns the time element; nothing for the zero time.
func (w When) HTML() (template.HTML, error) {
	if w.Time.IsZero() {
		return "", nil
	}
	return render("time", map[string]string{
		"ISO": w.Time.UTC().Format(time.RFC3339), "Text": w.String(), "Exact": w.format(w.local(), "Monday, 2 January 2006, 15:04:05"),
	})
}

func (w When) local() time.Time {
	if w.Zone == nil {
		return w.Time.UTC()
	}
	return w.Time.In(w.Zone)
}

// String returns the short form: "just now", "5 min ago", "in 2 h", "14:05", "Yesterday, 14:05", "3 Feb, 14:05", "3 Feb 2024".
func (w When) String() string {
	t := w.local()
	now := w.Now.In(t.Location())
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	switch {
	case d < 45*time.Second:
		return "just now"
	case d < 60*time.Minute:
		n := strconv.Itoa(max(1, int(d.Round(time.Minute)/time.Minute)))
		if ahead {
			return "in " + n + " min"
		}
		return n + " min ago"
	}
	clockTime := w.format(t, "15:04")
	switch daysBetween(t, now) {
	case 0:
		return clockTime
	case 1:
		return "Yesterday, " + clockTime
	case -1:
		return "Tomorrow, " + clockTime
	}
	if t.Year() == now.Year() {
		return w.format(t, "2 Jan, 15:04")
	}
	return t.Format("2 Jan 2006")
}

// daysBetween counts midnights from a to b.
func daysBetween(a, b time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}
