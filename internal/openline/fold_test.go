package openline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// told returns the decisions about a conversation in short: when, what, whom it concerns, and how often besides.
func (b *bundle) decided(session int64) (out []string) {
	b.t.Helper()
	all, err := b.Steps(b.t.Context(), session)
	b.must(err)
	names := map[int64]string{0: "", b.anna: " Anna", b.boris: " Boris"}
	for _, k := range all {
		text := k.At.Sub(start()).Truncate(time.Second).String() + " " + string(k.Kind) + names[k.UserID]
		if k.Folded > 0 {
			text += fmt.Sprintf(" +%d", k.Folded)
		}
		out = append(out, text)
	}
	return out
}

// TestAnIgnoredClientLeavesFewRows offers a conversation for an hour to operators who do not look: the first round and the last are kept with
// their reasons, and how many were between.
func TestAnIgnoredClientLeavesFewRows(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		v := b.client("Vera", "Hello").SessionID
		for range 5 {
			b.pass(time.Minute)
		}
		same(t, "after five minutes", b.decided(v), []string{
			"1s began", "1s queued", "1s offered Anna", "1m1s missed Anna", "1m1s offered Boris", "2m1s missed Boris", "4m1s missed Boris",
			"4m1s offered Anna +1", "5m1s missed Anna +1", "5m1s offered Boris +1",
		})
		for range 60 {
			b.pass(time.Minute)
		}
		got := b.decided(v)
		same(t, "after an hour", got, []string{
			"1s began", "1s queued", "1s offered Anna", "1m1s missed Anna", "1m1s offered Boris", "2m1s missed Boris",
			"1h4m1s missed Boris +30", "1h4m1s offered Anna +31", "1h5m1s missed Anna +31", "1h5m1s offered Boris +31",
		})
		steps, err := b.Steps(b.t.Context(), v)
		b.must(err)
		last := steps[len(steps)-1]
		if last.Rule != string(line.Evenly) || !slices.ContainsFunc(last.Considered, func(c openline.Considered) bool { return c.UserID == b.boris && c.Why == openline.WhyChosen }) {
			t.Errorf("the last one is explained with %+v", last.Detail)
		}

		// What an operator does ends the rounds: what follows stands for itself.
		chat, err := b.Get(b.t.Context(), v)
		b.must(err)
		b.must(b.Skip(b.t.Context(), b.boris, chat.ChatID))
		for range 4 {
			b.pass(time.Minute)
		}
		same(t, "after a skip", b.decided(v)[len(got):], []string{
			"1h5m1s skipped Boris", "1h5m1s offered Anna", "1h6m1s missed Anna", "1h6m1s offered Boris", "1h7m1s missed Boris", "1h8m1s missed Anna",
			"1h8m1s offered Boris", "1h9m1s missed Boris", "1h9m1s offered Anna +1",
		})
		// So does being there: nobody and somebody take turns.
		b.there.set(b.anna, false)
		b.there.set(b.boris, false)
		n := 0
		for range 12 {
			b.pass(time.Minute)
			b.there.set(b.anna, true)
			b.work()
			b.there.set(b.anna, false)
			n = len(b.decided(v))
		}
		for range 12 {
			b.pass(time.Minute)
			b.there.set(b.anna, true)
			b.work()
			b.there.set(b.anna, false)
		}
		if m := len(b.decided(v)); m > n {
			t.Errorf("%d rows, then %d: %q", n, m, b.decided(v))
		}
	})
}
