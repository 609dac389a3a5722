package imweb_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// TestALateMessageTellsWhenItWasWritten shows both times of a message that was long under way, and when its author changed it.
func TestALateMessageTellsWhenItWasWritten(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	g := b.group("Spring", 1, 2)
	said := func(text string, before time.Duration) im.Message {
		t.Helper()
		m, err := b.im.Send(t.Context(), im.NewMessage{ChatID: g.ID, AuthorID: 2, Text: text, Written: clk.Now().Add(-before)})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	late := said("late", 2*time.Hour)
	at := clk.Now().Add(-2 * time.Hour)
	p := b.anna.get("/online/message?id=" + num(late.ID)).part()
	want := `<span title="Written ` + at.Format("Monday, 2 January 2006, 15:04:05") + `">written ` + at.Format("15:04") + `</span><span aria-hidden="true">·</span><time `
	shows(t, p.HTML, want, true)
	shows(t, b.anna.get("/online/message?id="+num(said("a minute", time.Minute).ID)).part().HTML, "Written ", false)
	days := clk.Now().AddDate(0, 0, -3)
	shows(t, b.anna.get("/online/message?id="+num(said("days", 72*time.Hour).ID)).part().HTML, ">written "+days.Format("2 Jan, 15:04")+"<", true)
	years := clk.Now().Add(-2 * 366 * 24 * time.Hour)
	shows(t, b.anna.get("/online/message?id="+num(said("years", 2*366*24*time.Hour).ID)).part().HTML, ">written "+years.Format("2 Jan 2006, 15:04")+"<", true)

	change := func(ch im.Change) string {
		t.Helper()
		text := "changed"
		ch.Text = &text
		err := b.d.Write(t.Context(), func(tx *db.Tx) error { return b.im.ReworkTx(t.Context(), tx, 2, late.ID, ch, nil) })
		if err != nil {
			t.Fatal(err)
		}
		return b.anna.get("/online/message?id=" + num(late.ID)).part().HTML
	}
	clk.Advance(time.Hour)
	shows(t, change(im.Change{Arrived: true}), "edited", false)
	shows(t, change(im.Change{}), `title="The author changed the message: `+clk.Now().Format("Monday, 2 January 2006, 15:04:05")+`">edited`, true)
	earlier := clk.Now().Add(-10 * time.Minute)
	shows(t, change(im.Change{ChangedAt: earlier}), `title="The author changed the message: `+earlier.Format("Monday, 2 January 2006, 15:04:05")+`">edited`, true)
}

func shows(t *testing.T, html, part string, want bool) {
	t.Helper()
	if strings.Contains(html, part) != want {
		t.Errorf("%q is in it: %v, want %v\n%s", part, !want, want, html)
	}
}
