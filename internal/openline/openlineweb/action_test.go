package openlineweb_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

const (
	foreign = "There is no such conversation, or it is not yours to see."
	cannot  = "This cannot be done with the conversation as it stands, or it is not yours."
	over    = "The conversation is over."
)

// TestActionsOfTheInbox presses each button: what it does, what the other operator and the client see of it, and who is refused.
func TestActionsOfTheInbox(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		for _, one := range []struct {
			name string
			test func(*desk, int64)
		}{
			{"answer", (*desk).answers},
			{"skip", (*desk).skips},
			{"transfer to a person", (*desk).transfersToPerson},
			{"transfer to a line", (*desk).transfersToLine},
			{"transfer to a bot", (*desk).transfersToBot},
			{"finish", (*desk).finishes},
			{"finish another's", (*desk).finishesAnothers},
			{"spam", (*desk).spams},
			{"join", (*desk).joins},
			{"intercept", (*desk).intercepts},
			{"pin", (*desk).pins},
			{"whisper", (*desk).whispers},
			{"reopen", (*desk).reopens},
			{"rate", (*desk).rates},
			{"nonsense", (*desk).refusesNonsense},
		} {
			if !t.Run(one.name, func(t *testing.T) {
				all := d.t
				defer func() { d.t = all }()
				d.t = t
				chat := d.writes(one.name, "Hello").ChatID
				d.stands(chat, openline.StateOffered, d.ben.ID)
				one.test(d, chat)
			}) {
				return // the next would begin where this one stopped
			}
		}
		d.pauses()
	})
}

func (d *desk) answers(chat int64) {
	d.page("ben", chat).is(http.StatusOK).has(`<strong>Asked</strong><span class="muted truncate">You are asked</span>`, `name="do" value="answer"`, `name="do" value="skip"`, `name="do" value="spam"`)
	d.page("dora", chat).is(http.StatusOK).has("Ben Ode is asked", `name="do" value="answer"`, `name="do" value="join"`).lacks(`name="do" value="skip"`)
	d.strangers(chat, "answer")
	heard := d.hears(d.dora, func() {
		d.act("ben", chat, "answer").is(http.StatusOK).has(`"chat":`+decimal(chat), `"toast":""`)
	})
	v := d.stands(chat, openline.StateActive, d.ben.ID)
	d.told("Dora", heard, "event: line:session\n", hint(v, openline.StateActive))
	d.page("ben", chat).has(`data-state="active"`, `<span class="muted truncate">You</span>`, `name="do" value="finish"`).lacks(`name="do" value="answer"`)
	d.page("dora", chat).is(http.StatusOK).has(`data-door`, "Ben Ode answers ", ", a client of Sales.", `name="do" value="join"`, `name="do" value="intercept"`).lacks("Hello", "data-line-bar", `name="do" value="finish"`)
	d.page("cleo", chat).is(http.StatusNotFound)
	d.act("dora", chat, "answer").is(http.StatusConflict).has("Ben Ode has taken this conversation.")
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.sentIs(chat)
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.act("ben", chat, "answer").is(http.StatusConflict).has(over)
	d.act("dora", chat, "answer").is(http.StatusNotFound)
}

func (d *desk) skips(chat int64) {
	d.act("dora", chat, "skip").is(http.StatusForbidden).has(cannot)
	d.strangers(chat, "skip")
	heard := d.hears(d.dora, func() { d.act("ben", chat, "skip").is(http.StatusOK).has("Passed on to the next operator.") })
	v := d.stands(chat, openline.StateOffered, d.dora.ID)
	d.told("Dora", heard, hint(v, openline.StateOffered))
	d.page("dora", chat).has("You are asked", `name="do" value="skip"`)
	d.page("ben", chat).has("Dora Quist is asked", `name="do" value="answer"`).lacks(`name="do" value="skip"`)
	d.act("dora", chat, "answer").is(http.StatusOK)
	d.act("ben", chat, "skip").is(http.StatusConflict).has("Dora Quist has taken this conversation.")
	d.act("dora", chat, "skip").is(http.StatusOK) // who has it may pass it on as well
	d.stands(chat, openline.StateOffered, d.ben.ID)
	d.sentIs(chat)
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.act("ben", chat, "skip").is(http.StatusConflict).has(over)
}

func (d *desk) finishes(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.strangers(chat, "finish")
	heard := d.hears(d.dora, func() { d.act("ben", chat, "finish").is(http.StatusOK).has("Finished.") })
	v := d.stands(chat, openline.StateClosed, d.ben.ID)
	d.told("Dora", heard, hint(v, openline.StateClosed))
	d.sentIs(chat, "Good-bye!")
	d.page("ben", chat).is(http.StatusOK).has(`data-state="closed"`, `name="do" value="new"`).lacks(`name="do" value="finish"`, `name="do" value="spam"`)
	d.page("dora", chat).is(http.StatusNotFound)
	d.act("ben", chat, "finish").is(http.StatusConflict).has(over)
	d.sentIs(chat, "Good-bye!")
}

func (d *desk) finishesAnothers(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.page("anna", chat).is(http.StatusOK).has("Ben Ode answers here.", `name="do" value="finish"`, `name="do" value="intercept"`, `name="do" value="join"`)
	heard := d.hears(d.ben, func() { d.act("anna", chat, "finish").is(http.StatusOK).has("Finished.") })
	v := d.stands(chat, openline.StateClosed, d.ben.ID)
	d.told("Ben", heard, hint(v, openline.StateClosed))
	d.page("ben", chat).has(`data-state="closed"`)
	d.sentIs(chat, "Good-bye!")
	d.as("ben", "/channels/story?id="+decimal(v.ID), false).is(http.StatusOK).has("Anna Berg finished it")
	d.act("anna", chat, "finish").is(http.StatusConflict).has(over)
}

func (d *desk) spams(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.strangers(chat, "spam")
	heard := d.hears(d.dora, func() { d.act("ben", chat, "spam").is(http.StatusOK).has("Spam: the client is not heard any more.") })
	v := d.stands(chat, openline.StateSpam, d.ben.ID)
	d.told("Dora", heard, hint(v, openline.StateSpam))
	d.page("ben", chat).has(`data-state="spam"`, `name="do" value="unblock"`, "Blocked").lacks(`name="do" value="new"`)
	d.sentIs(chat)
	if again := d.writes("spam", "Buy!"); again.SessionID != 0 {
		d.t.Errorf("a blocked client began %d", again.SessionID)
	}
	d.act("ben", chat, "spam").is(http.StatusConflict).has(over)
	d.act("ben", chat, "new").is(http.StatusConflict).has("The client is blocked.")
	d.strangers(chat, "unblock")
	d.act("ben", chat, "unblock").is(http.StatusOK).has("The client is heard again.")
	d.stands(chat, openline.StateClosed, d.ben.ID)
	d.act("ben", chat, "unblock").is(http.StatusForbidden).has(cannot)
	if again := d.writes("spam", "A question, really"); again.SessionID == 0 {
		d.t.Error("the client is not heard")
	}
}

func (d *desk) joins(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.strangers(chat, "join")
	heard := d.hears(d.ben, func() { d.act("anna", chat, "join").is(http.StatusOK) })
	d.stands(chat, openline.StateActive, d.ben.ID)
	d.told("Ben", heard, "Anna Berg joined the conversation.")
	d.page("ben", chat).has("Anna Berg joined the conversation.")
	d.page("anna", chat).has("im-composer").lacks(`name="do" value="join"`)
	d.sentIs(chat)
	_, err := d.IM.Send(d.t.Context(), im.NewMessage{ChatID: chat, AuthorID: d.anna.ID, Text: "I can help as well"})
	d.must(err)
	d.stands(chat, openline.StateActive, d.ben.ID)
	d.sentIs(chat, "I can help as well")
	v := d.stands(chat, openline.StateActive, d.ben.ID)
	d.must(d.IM.SaveDraft(d.t.Context(), d.dora.ID, im.Draft{DialogID: "chat" + decimal(chat), Text: "May I"}))
	door := d.as("dora", "/channels/open?id="+decimal(v.ID), true).is(http.StatusOK).
		has("Ben Ode answers ", ", a client of Sales.", "Everybody inside reads in the chat that you joined, the client does not.", "Your draft is kept: “May I”").lacks("I can help as well", "Vera")
	if !strings.Contains(d.as("dora", "/channels/open?id="+decimal(v.ID), true).raw, `"door":true,"id":`+decimal(v.ID)+`,`) {
		d.t.Errorf("the page is not told that it is a door: %s", door.raw)
	}
	d.as("dora", "/channels/messages?chat="+decimal(chat), true).is(http.StatusForbidden)
	d.as("dora", "/channels/bar?chat="+decimal(chat), true).is(http.StatusOK).has(`{"html":""}`)
	d.as("cleo", "/channels/open?id="+decimal(v.ID), true).is(http.StatusNotFound)
	in := d.as("dora", "/channels/act", false, "chat", decimal(chat), "do", "join").is(http.StatusSeeOther).header.Get("Location") // without scripts; Ben sees her come
	if in != "/channels/"+decimal(v.ID) {
		d.t.Errorf("who has joined is led to %s", in)
	}
	d.page("dora", chat).is(http.StatusOK).has("I can help as well")
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.act("anna", chat, "join").is(http.StatusConflict).has(over)
}

func (d *desk) intercepts(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.strangers(chat, "intercept")
	heard := d.hears(d.ben, func() { d.act("anna", chat, "intercept").is(http.StatusOK).has("You have this conversation now.") })
	v := d.stands(chat, openline.StateActive, d.anna.ID)
	d.told("Ben", heard, hint(v, openline.StateActive))
	d.page("ben", chat).is(http.StatusOK).has(`data-door`, "Anna Berg answers ", ", a client of Sales.").lacks("Hello")
	d.page("anna", chat).has(`<span class="muted truncate">You</span>`).lacks(`name="do" value="intercept"`)
	d.sentIs(chat)
	d.act("anna", chat, "intercept").is(http.StatusUnprocessableEntity).has("they have it already")
	d.act("anna", chat, "finish").is(http.StatusOK)
	d.act("ben", chat, "intercept").is(http.StatusNotFound)
}

func (d *desk) pins(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.strangers(chat, "pin")
	d.act("dora", chat, "pin").is(http.StatusConflict).has("Ben Ode has taken this conversation.")
	first := func() string {
		d.t.Helper()
		_, after, _ := strings.Cut(d.as("ben", "/channels/rows", true).is(http.StatusOK).body, `data-chat="`)
		id, _, _ := strings.Cut(after, `"`)
		return id
	}
	if first() == decimal(chat) {
		d.t.Fatal("it is on top already: who waits longer comes first")
	}
	d.act("ben", chat, "pin").is(http.StatusOK)
	d.page("ben", chat).has(`aria-label="Unpin"`)
	if got := first(); got != decimal(chat) {
		d.t.Errorf("on top is %s", got)
	}
	d.act("ben", chat, "pin").is(http.StatusOK)
	d.page("ben", chat).has(`aria-label="Pin"`)
	if first() == decimal(chat) {
		d.t.Error("still on top")
	}
	d.sentIs(chat)
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.act("ben", chat, "pin").is(http.StatusConflict).has(over)
}

func (d *desk) whispers(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.act("anna", chat, "join").is(http.StatusOK)
	dialog := "chat" + decimal(chat)
	d.as("ben", "/online/send", true, "dialog", dialog, "text", "She bought two pairs", "inner", "1").is(http.StatusOK)
	d.sentIs(chat)
	d.page("anna", chat).has("She bought two pairs", "msg-inner")
	d.strangers(chat, "silent")
	d.act("dora", chat, "silent").is(http.StatusConflict)
	d.act("ben", chat, "silent").is(http.StatusOK)
	d.page("ben", chat).has("Silent: nothing goes to the client", `aria-label="End silent mode"`)
	d.as("ben", "/online/send", true, "dialog", dialog, "text", "Between us").is(http.StatusOK)
	d.sentIs(chat)
	d.act("ben", chat, "silent").is(http.StatusOK)
	d.as("ben", "/online/send", true, "dialog", dialog, "text", "In black and in brown").is(http.StatusOK)
	d.sentIs(chat, "In black and in brown")
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.act("ben", chat, "silent").is(http.StatusConflict).has(over)
}

func (d *desk) reopens(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	before := d.stands(chat, openline.StateActive, d.ben.ID)
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.strangers(chat, "new")
	d.act("dora", chat, "new").is(http.StatusNotFound)
	d.act("ben", chat, "new").is(http.StatusOK)
	now := d.stands(chat, openline.StateActive, d.ben.ID)
	if now.ID == before.ID || now.ParentID != before.ID {
		d.t.Errorf("%d after %d, of %d", now.ID, before.ID, now.ParentID)
	}
	d.as("ben", "/channels/"+decimal(before.ID), false).is(http.StatusOK).has("An earlier conversation", "This conversation is over, and a newer one followed.").lacks(`name="do" value="finish"`)
	_, err := d.IM.Send(d.t.Context(), im.NewMessage{ChatID: chat, AuthorID: d.ben.ID, Text: "Your parcel is here"})
	d.must(err)
	d.sentIs(chat, "Good-bye!", "Your parcel is here")
	d.page("dora", chat).is(http.StatusOK).has("data-door").lacks("Your parcel")
}

func (d *desk) rates(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	v := d.stands(chat, openline.StateActive, d.ben.ID)
	id := decimal(v.ID)
	rate := func(login, mark string) shown {
		d.t.Helper()
		return d.as(login, "/channels/rating", false, "id", id, "vote", mark, "comment", " Quick and kind ")
	}
	rate("anna", "5").is(http.StatusForbidden) // it goes on
	d.act("ben", chat, "finish").is(http.StatusOK)
	d.page("ben", chat).lacks("/channels/rating")
	rate("ben", "5").is(http.StatusForbidden).has(cannot)
	rate("dora", "5").is(http.StatusNotFound)
	rate("cleo", "5").is(http.StatusNotFound)
	d.page("anna", chat).has("/channels/rating?id=" + id)
	for _, mark := range []string{"", "0", "6", "x"} {
		rate("anna", mark).is(http.StatusUnprocessableEntity).has("Choose a mark from 1 to 5.", "Quick and kind")
	}
	if to := rate("anna", "4").is(http.StatusSeeOther).header.Get("Location"); to != "/channels/"+id {
		d.t.Errorf("leads to %s", to)
	}
	now := d.stands(chat, openline.StateClosed, d.ben.ID)
	if now.HeadVote != 4 || now.HeadComment != "Quick and kind" || now.HeadID != d.anna.ID {
		d.t.Errorf("kept %+v", now)
	}
	d.page("ben", chat).has("4 of 5 · Anna Berg<br>Quick and kind")
	d.sentIs(chat, "Good-bye!")
}

func (d *desk) refusesNonsense(chat int64) {
	for _, do := range []string{"", "dance", "know", "read", "vote"} {
		d.act("ben", chat, do).is(http.StatusForbidden).has(cannot)
	}
	d.act("ben", 4711, "answer").is(http.StatusNotFound).has(foreign)
	d.act("ben", 0, "answer").is(http.StatusNotFound)
	d.stands(chat, openline.StateOffered, d.ben.ID)
}

// TestOneOfTwoOperatorsWins has both answer at the same moment: one has the conversation, the other is told who.
func TestOneOfTwoOperatorsWins(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		_, _, err := d.Lines.Update(t.Context(), d.boss(), d.line.ID, func(l *line.Line) error { l.Distribution = line.All; return nil })
		d.must(err)
		chat := d.writes("Igor", "Hello").ChatID
		d.page("ben", chat).has("2 people are asked")
		d.page("dora", chat).has("2 people are asked")
		answers := make([]shown, 2)
		var both sync.WaitGroup
		for i, login := range []string{"ben", "dora"} {
			both.Go(func() { answers[i] = d.act(login, chat, "answer") })
		}
		both.Wait()
		won := slices.IndexFunc(answers, func(s shown) bool { return s.status == http.StatusOK })
		if won < 0 {
			t.Fatalf("nobody has it: %+v", answers)
		}
		winner, name := d.ben, "Ben Ode"
		if won == 1 {
			winner, name = d.dora, "Dora Quist"
		}
		d.stands(chat, openline.StateActive, winner.ID)
		answers[1-won].is(http.StatusConflict).has(name + " has taken this conversation.")
		var members []int64
		d.must(d.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
			members, _, err = d.IM.MembersTx(context.WithoutCancel(t.Context()), tx, chat)
			return err
		}))
		if len(members) != 2 || !slices.Contains(members, winner.ID) {
			t.Errorf("in the chat are %v", members)
		}
	})
}

// pauses has Ben take nothing for a while.
func (d *desk) pauses() {
	t := d.t
	d.as("ben", "/channels/pause", true, "on", "1").is(http.StatusOK).has("What you have stays with you.")
	d.as("ben", "/channels/", false).has("Paused since", `aria-pressed="true"`)
	d.stands(d.writes("Igor", "Hello").ChatID, openline.StateOffered, d.dora.ID)
	d.stands(d.chat, openline.StateActive, d.ben.ID)
	if to := d.as("ben", "/channels/pause", false, "on", "0").is(http.StatusSeeOther).header.Get("Location"); to != "/channels/" {
		t.Errorf("leads to %s", to)
	}
	d.clock.Advance(time.Minute)
	d.stands(d.writes("Olga", "Hello").ChatID, openline.StateOffered, d.ben.ID)
}
