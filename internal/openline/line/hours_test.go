package line_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline/line"
)

func TestOpeningHours(t *testing.T) {
	t.Parallel()
	weekend := []time.Weekday{time.Saturday, time.Sunday}
	office := line.WorkTime{Enabled: true, From: 9 * 60, To: 18 * 60, Zone: "Europe/Berlin", DaysOff: weekend, Holidays: []line.Day{{25, time.December}, {29, time.February}}}
	night := line.WorkTime{Enabled: true, From: 22 * 60, To: 6 * 60, Zone: "Europe/Berlin", DaysOff: weekend}
	round := line.WorkTime{Enabled: true, From: 0, To: 24*60 - 1, Zone: "Europe/Berlin", DaysOff: weekend}
	always := line.WorkTime{Enabled: true, Zone: "Europe/Berlin"}
	never := line.WorkTime{Enabled: true, From: 9 * 60, To: 18 * 60, DaysOff: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}
	gap := line.WorkTime{Enabled: true, From: 2*60 + 30, To: 4 * 60, Zone: "Europe/Berlin"}
	twice := line.WorkTime{Enabled: true, From: 60, To: 2*60 + 30, Zone: "Europe/Berlin"}
	portal := line.WorkTime{Enabled: true, From: 9 * 60, To: 18 * 60}
	leap := office
	leap.Zone, leap.Holidays = "UTC", nil
	for name, c := range map[string]struct {
		hours line.WorkTime
		at    string // UTC
		open  bool
		next  string // UTC; "": never
		until string // UTC; "": not open, or without an end
	}{
		"switched off":                     {line.WorkTime{From: 9 * 60, To: 18 * 60}, "2026-05-03T03:00Z", true, "2026-05-03T03:00Z", ""},
		"at the opening":                   {office, "2026-05-04T07:00Z", true, "2026-05-04T07:00Z", "2026-05-04T16:00Z"},
		"a minute before":                  {office, "2026-05-04T06:59Z", false, "2026-05-04T07:00Z", ""},
		"at the end":                       {office, "2026-05-04T16:00Z", false, "2026-05-05T07:00Z", ""},
		"on Friday evening":                {office, "2026-05-08T16:30Z", false, "2026-05-11T07:00Z", ""},
		"in winter":                        {office, "2026-01-12T08:00Z", true, "2026-01-12T08:00Z", "2026-01-12T17:00Z"},
		"over the change of clocks":        {office, "2026-03-27T17:30Z", false, "2026-03-30T07:00Z", ""},
		"a holiday":                        {office, "2026-12-25T10:00Z", false, "2026-12-28T08:00Z", ""},
		"a holiday of leap years":          {office, "2028-02-29T10:00Z", false, "2028-03-01T08:00Z", ""},
		"that is no holiday otherwise":     {office, "2027-03-01T10:00Z", true, "2027-03-01T10:00Z", "2027-03-01T17:00Z"},
		"over midnight, before it":         {night, "2026-05-04T21:00Z", true, "2026-05-04T21:00Z", "2026-05-05T04:00Z"},
		"over midnight, after it":          {night, "2026-05-05T02:00Z", true, "2026-05-05T02:00Z", "2026-05-05T04:00Z"},
		"over midnight into a day off":     {night, "2026-05-09T02:00Z", true, "2026-05-09T02:00Z", "2026-05-09T04:00Z"},
		"over midnight out of a day off":   {night, "2026-05-11T02:00Z", false, "2026-05-11T20:00Z", ""},
		"until midnight, the last minute":  {round, "2026-05-04T21:59Z", true, "2026-05-04T21:59Z", "2026-05-08T22:00Z"},
		"until midnight, the days after":   {round, "2026-05-06T12:00Z", true, "2026-05-06T12:00Z", "2026-05-08T22:00Z"},
		"until midnight, on a day off":     {round, "2026-05-09T12:00Z", false, "2026-05-10T22:00Z", ""},
		"from 0 to 0 is always":            {always, "2026-05-09T12:00Z", true, "2026-05-09T12:00Z", ""},
		"never":                            {never, "2026-05-04T12:00Z", false, "", ""},
		"an hour that is left out":         {gap, "2026-03-29T01:45Z", true, "2026-03-29T01:45Z", "2026-03-29T02:00Z"},
		"the day before it":                {gap, "2026-03-28T12:00Z", false, "2026-03-29T01:30Z", ""},
		"an hour that comes twice":         {twice, "2026-10-25T00:15Z", true, "2026-10-25T00:15Z", "2026-10-25T01:30Z"},
		"the portal's zone":                {portal, "2026-05-04T00:30Z", true, "2026-05-04T00:30Z", "2026-05-04T09:00Z"},
		"the portal's zone, in its night":  {portal, "2026-05-04T10:00Z", false, "2026-05-05T00:00Z", ""},
		"without holidays in a leap year":  {leap, "2028-02-29T10:00Z", true, "2028-02-29T10:00Z", "2028-02-29T18:00Z"},
		"a zone that is gone is portal's":  {line.WorkTime{Enabled: true, From: 9 * 60, To: 18 * 60, Zone: "No/Where"}, "2026-05-04T00:30Z", true, "2026-05-04T00:30Z", "2026-05-04T09:00Z"},
		"the first minute after the night": {night, "2026-05-05T04:00Z", false, "2026-05-05T20:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokyo, err := time.LoadLocation("Asia/Tokyo")
			if err != nil {
				t.Fatal(err)
			}
			l := line.Line{Settings: line.Settings{WorkTime: c.hours}}
			at := moment(t, c.at)
			if got := l.OpenAt(at, tokyo); got != c.open {
				t.Errorf("open: %t", got)
			}
			next, ok := l.NextOpening(at, tokyo)
			if ok != (c.next != "") || ok && !next.Equal(moment(t, c.next)) {
				t.Errorf("the next opening is %v, %t; want %s", next.UTC(), ok, c.next)
			}
			until, ok := l.ClosesAt(at, tokyo)
			if ok != (c.until != "") || ok && !until.Equal(moment(t, c.until)) {
				t.Errorf("open until %v, %t; want %s", until.UTC(), ok, c.until)
			}
		})
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04Z07:00", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
