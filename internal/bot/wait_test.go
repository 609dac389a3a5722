package bot_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// watched is a service whose watch over deadlines runs on a clock of the test's.
func watched(t *testing.T, d *db.DB) (*bot.Service, *office, *clock.Manual) {
	t.Helper()
	o, clk := newOffice(), clock.NewManual(noon)
	s := bot.New(bot.Config{DB: d, Clock: clk, Users: o, Messenger: chatRoom{o}, Events: o, Language: "en"})
	must(t, s.Load(t.Context()))
	s.Start(t.Context())
	t.Cleanup(s.Close)
	return s, o, clk
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func (o *office) messagesSent() []bot.NewMessage {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]bot.NewMessage(nil), o.sent...)
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s, o, clk := watched(t, d)
		ctx := t.Context()
		id := register(t, s, registration("slow", bot.Standard))
		set := func(to time.Duration) error {
			return d.Write(ctx, func(tx *db.Tx) error { return s.SetDeadline(ctx, tx, id, to) })
		}
		must(t, set(30*time.Second))
		wantFault(t, set(25*time.Hour), "DEADLINE_ERROR", "A deadline is between 0 seconds and 24 hours.")
		if b, err := newService(d, o, nil).Get(ctx, id); err != nil || b.Deadline != 30*time.Second {
			t.Fatalf("stored %s, %v", b.Deadline, err)
		}
		said := func(messageID, author int64) {
			e := bot.MessageEvent{Chat: private(id, ann), ActorID: author, Message: bot.Message{ID: messageID, AuthorID: author, SenderID: author, Text: "x", Date: clk.Now()}}
			if author == ann {
				e.BotIDs = []int64{id}
			}
			tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(ctx, tx, e) })
		}
		waits := func() []bot.Pending {
			list, err := s.Waiting(ctx, id, 10)
			must(t, err)
			return list
		}
		said(5, ann)
		said(6, ann) // the first one counts
		if w := waits(); len(w) != 1 || w[0].MessageID != 5 || w[0].UserID != ann || w[0].Told || !w[0].Due.Equal(noon.Add(30*time.Second)) {
			t.Fatalf("waits %+v", w)
		}
		said(7, id) // in time
		if w := waits(); len(w) != 0 || len(o.messagesSent()) != 0 {
			t.Fatalf("after the answer %+v, said %+v", w, o.messagesSent())
		}
		said(8, ann)
		eventually(t, "the watch waits for the deadline", func() bool { clk.Advance(time.Second); return len(o.messagesSent()) > 0 })
		want := bot.NewMessage{
			ChatID: 40, System: true, Silent: true, Unheard: true, Text: fmt.Sprintf("[USER=%d]Robo[/USER] has not answered yet. "+
				"The message has not been lost: the answer will appear here when it comes.", id),
		}
		if got := o.messagesSent()[0]; got.Text != want.Text || got.ChatID != 40 || !got.System || !got.Silent || !got.Unheard || got.AuthorID != 0 {
			t.Errorf("said %+v, want %+v", got, want)
		}
		if late := clk.Now().Sub(noon); late < 30*time.Second {
			t.Errorf("said after %s already", late)
		}
		eventually(t, "the wait is marked", func() bool { return len(waits()) == 1 && waits()[0].Told })
		said(9, ann) // nobody is told twice
		clk.Advance(10 * time.Minute)
		said(10, id) // late, and an answer all the same
		if w := waits(); len(w) != 0 {
			t.Errorf("after the late answer %+v", w)
		}
		notes, err := s.Notes(ctx, id, 10)
		must(t, err)
		if len(notes) != 2 || notes[1].Kind != bot.NoteLate || notes[0].Kind != bot.NoteAfter || notes[0].MessageID != 8 || notes[0].ChatID != 40 ||
			notes[0].OtherID != ann || notes[0].Took < 10*time.Minute {
			t.Errorf("noted %+v", notes)
		}
		if n := len(o.messagesSent()); n != 1 {
			t.Errorf("told %d times", n)
		}
		said(11, ann)
		must(t, set(0))
		if w := waits(); len(w) != 0 {
			t.Errorf("without a deadline %+v", w)
		}
	})
}

// TestLoop lets two bots answer each other for ever.
func TestLoop(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		o, clk := newOffice(), clock.NewManual(noon)
		s := bot.New(bot.Config{DB: d, Clock: clk, Users: o, Messenger: chatRoom{o}, Events: o, Language: "en"})
		must(t, s.Load(t.Context()))
		ctx := t.Context()
		a := register(t, s, registration("a", bot.Supervisor))
		b := register(t, s, registration("b", bot.Supervisor))
		say := func(author int64) int {
			e := bot.MessageEvent{Chat: bot.Chat{ID: 41, Type: "C"}, ActorID: author, Message: bot.Message{ID: 5, AuthorID: author, SenderID: author, Text: "x"}}
			for _, id := range []int64{a, b} {
				if id != author {
					e.BotIDs = append(e.BotIDs, id)
				}
			}
			return len(tell(t, d, o, func(tx *db.Tx) error { return s.MessageAddedTx(ctx, tx, e) }))
		}
		exchange := func() (heard int) {
			for range 20 {
				heard += say(a) + say(b)
			}
			return heard
		}
		if heard := exchange(); heard != bot.MaxTurns {
			t.Errorf("%d messages of bots were heard, want %d", heard, bot.MaxTurns)
		}
		if cut, err := s.Cut(ctx, 41); !cut || err != nil {
			t.Errorf("cut %t, %v", cut, err)
		}
		notes, err := s.Notes(ctx, a, 10)
		if err != nil || len(notes) != 1 || notes[0].Kind != bot.NoteLoop || notes[0].OtherID != b || notes[0].ChatID != 41 {
			t.Errorf("noted %+v, %v", notes, err)
		}
		if heard := say(ann); heard != 2 {
			t.Errorf("a person is heard by %d bots", heard)
		}
		if heard := exchange(); heard != bot.MaxTurns {
			t.Errorf("after a person wrote, %d messages were heard", heard)
		}
		clk.Advance(2 * time.Hour)
		if cut, _ := s.Cut(ctx, 41); cut || say(a) != 1 {
			t.Error("after a quiet time bots do not hear each other again")
		}
		say(ann)
		for range 50 { // one bot that tells much makes no loop
			if say(a) != 1 {
				t.Fatal("a bot that writes many messages is cut off")
			}
		}
	})
}
