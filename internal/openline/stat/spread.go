package stat

import (
	"fmt"
	"strings"
	"time"
)

// bounds are where the classes end into which times are counted; the last class has no end.
var bounds = []time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, 45 * time.Second, time.Minute, 90 * time.Second, 2 * time.Minute,
	3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour,
}

const classes = 18 // len(bounds) + 1

// Spread is how often how long something took, in classes that grow with the time.
type Spread [classes]int64

// Count returns how many times there are.
func (s Spread) Count() (n int64) {
	for _, c := range s {
		n += c
	}
	return n
}

// At returns the time within which percent of 100 are, 0 < percent ≤ 100. It is right to the width of a class; what is beyond twelve
// hours counts as twelve hours. False: there are none.
func (s Spread) At(percent int) (time.Duration, bool) {
	n := s.Count()
	if n == 0 {
		return 0, false
	}
	rank := max((n*int64(percent)+99)/100, 1)
	var low time.Duration
	for i, c := range s {
		if i == len(bounds) {
			break
		}
		if rank <= c {
			return low + time.Duration(float64(bounds[i]-low)*float64(rank)/float64(c)), true
		}
		rank -= c
		low = bounds[i]
	}
	return low, true
}

// spreadColumns are the columns of a spread in openline_tally.
func spreadColumns(prefix string) []string {
	out := make([]string, classes)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

// spreadCases counts the time of expr, in microseconds, into its class where the condition holds.
func spreadCases(condition, expr string) []string {
	out := make([]string, classes)
	for i := range out {
		var parts []string
		if i > 0 {
			parts = append(parts, fmt.Sprintf("%s >= %d", expr, bounds[i-1].Microseconds()))
		}
		if i < len(bounds) {
			parts = append(parts, fmt.Sprintf("%s < %d", expr, bounds[i].Microseconds()))
		}
		out[i] = "CASE WHEN " + condition + " AND " + strings.Join(parts, " AND ") + " THEN 1 ELSE 0 END"
	}
	return out
}

func zeros(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "0"
	}
	return out
}
