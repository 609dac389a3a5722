package openlineweb

import (
	"fmt"
	"time"
)

// From when on a wait is called long, and too long.
const (
	longWait = 2 * time.Minute
	lateWait = 10 * time.Minute
)

// wait is how long a client waits, as clock.js goes on counting it.
type wait struct {
	Since time.Time
	Now   time.Time // when it was written: clocks of browsers go wrong
	Text  string
	Tone  string // "calm", "long" or "late"
	Word  string // the tone in words
}

// NowMillis is when it was written, for scripts.
func (w wait) NowMillis() int64 { return w.Now.UnixMilli() }

// Millis is the beginning for scripts.
func (w wait) Millis() int64 { return w.Since.UnixMilli() }

func waitAt(since, now time.Time) wait {
	d := max(now.Sub(since), 0)
	w := wait{Since: since, Now: now, Text: waitText(d), Tone: "calm", Word: "waits"}
	switch {
	case d >= lateWait:
		w.Tone, w.Word = "late", "waits too long"
	case d >= longWait:
		w.Tone, w.Word = "long", "waits long"
	}
	return w
}

// waitText says how long something took: 0:05, 12:40, 1 h 05, 3 days.
func waitText(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case s < 3600:
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d h %02d", s/3600, s/60%60)
	case s < 2*86400:
		return "1 day"
	}
	return fmt.Sprintf("%d days", s/86400)
}

// ordinal writes a place in a queue: 1st, 2nd, 11th.
func ordinal(n int64) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}
