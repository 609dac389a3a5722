package im_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/im"
)

// A search within a period finds what was sent in it, on the days at its ends and in the months between.
func TestSearchWithinAPeriod(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		day := func(y int, m time.Month, d, hour int) time.Time { return time.Date(y, m, d, hour, 0, 0, 0, time.UTC) }
		for _, at := range []time.Time{
			day(2027, 1, 20, 11), day(2027, 1, 20, 13), day(2027, 1, 31, 23), day(2027, 2, 1, 0), day(2027, 2, 28, 23),
			day(2027, 3, 1, 0), day(2027, 3, 9, 11), day(2027, 3, 9, 13),
		} {
			b.clock.Set(at)
			_, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: "report " + at.Format("01-02 15")})
			must(t, err)
		}
		for _, p := range []struct {
			from, until time.Time
			want        []string
		}{
			{day(2027, 1, 20, 12), day(2027, 3, 9, 12), []string{"03-09 11", "03-01 00", "02-28 23", "02-01 00", "01-31 23", "01-20 13"}},
			{day(2027, 2, 1, 0), day(2027, 3, 1, 0), []string{"02-28 23", "02-01 00"}},
			{day(2026, 12, 1, 0), day(2027, 3, 1, 0), []string{"02-28 23", "02-01 00", "01-31 23", "01-20 13", "01-20 11"}},
			{day(2027, 2, 1, 0), day(2029, 4, 1, 0), []string{"03-09 13", "03-09 11", "03-01 00", "02-28 23", "02-01 00"}},
			{day(1990, 2, 1, 0), day(2027, 1, 20, 12), []string{"01-20 11"}},
		} {
			found, err := b.SearchMessages(t.Context(), b.boris, im.SearchQuery{Text: "report", From: p.from, Until: p.until})
			must(t, err)
			var got []string
			for _, m := range found.Messages {
				got = append(got, m.Text[len("report "):])
			}
			same(t, p.from.Format(time.DateOnly)+" to "+p.until.Format(time.DateOnly), got, p.want)
		}
	})
}
