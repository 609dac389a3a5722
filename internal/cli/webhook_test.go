package cli

import (
	"testing"
	"time"
)

func TestADayIsOverAtMidnightWhereTheUserIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ day, zone, want string }{
		{"2026-12-31", "", "2027-01-01T00:00:00Z"},
		{"2026-12-31", "Asia/Tokyo", "2026-12-31T15:00:00Z"},
		{"2026-03-28", "Europe/Berlin", "2026-03-28T23:00:00Z"},
		{"2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00Z"}, // a day of 23 hours
		{"2026-12-31", "Nowhere/Land", "2027-01-01T00:00:00Z"},
	} {
		if got := dayOver(c.day, c.zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %q is over at %s, want %s", c.day, c.zone, got, c.want)
		}
	}
	if got := dayOver("", "Asia/Tokyo"); !got.IsZero() {
		t.Errorf("no day is over at %s", got)
	}
}
