package bot_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
)

func TestOwned(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, dbtest.SQLite(t, schemas...))
	_, err := s.Owned(t.Context(), mine, 0)
	wantFault(t, err, "BOT_ID_ERROR", "Bot not found")
	first := register(t, s, registration("one", bot.Standard))
	second := register(t, s, registration("two", bot.Standard))
	for id, want := range map[int64]int64{0: first, first: first, second: second} {
		if b, err := s.Owned(t.Context(), mine, id); err != nil || b.ID != want {
			t.Errorf("bot %d is %d, %v", id, b.ID, err)
		}
	}
	_, err = s.Owned(t.Context(), theirs, first)
	wantFault(t, err, "APP_ID_ERROR", "Bot was installed by another REST application")
	_, err = s.Owned(t.Context(), bot.Owner{ClientID: "local.3"}, first)
	wantFault(t, err, "APP_ID_ERROR", "Bot was installed by another REST application")
	_, err = s.Owned(t.Context(), mine, -1)
	wantFault(t, err, "BOT_ID_ERROR", "Bot not found")
}

func TestSend(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	id := register(t, s, registration("one", bot.Standard))
	out := bot.Outgoing{
		DialogID: "7", Text: " hello\n", NoPreview: true, SkipConnector: true,
		Keyboard: attach.Keyboard{{Type: attach.TypeButton, Text: "Help", Do: attach.Do{Command: "help"}}},
		Menu:     attach.Menu{{Text: "Help", Do: attach.Do{Command: "help"}}},
	}
	got, err := s.Send(t.Context(), mine, out)
	if err != nil || got != 900 {
		t.Fatalf("%d, %v", got, err)
	}
	m := o.sent[0]
	if m.ChatID != 50 || m.AuthorID != id || m.Text != "hello" || m.System || !m.NoPreview || !m.SkipConnector ||
		m.Keyboard[0].BotID != id || m.Menu[0].BotID != id {
		t.Errorf("sent %+v", m)
	}
	if want := fmt.Sprint("7 for ", id); o.opened[0] != want {
		t.Errorf("opened %q, want %q", o.opened[0], want)
	}
	for _, dialog := range []string{"", " ", "0", "-7", "+7", "abc", "chat", "chat0", "chat-1", "7.5", "chatchat7", "99999999999999999999"} {
		_, err := s.Send(t.Context(), mine, bot.Outgoing{DialogID: dialog, Text: "x"})
		wantFault(t, err, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	}
	_, err = s.Send(t.Context(), mine, bot.Outgoing{DialogID: "7", Text: " \n"})
	wantFault(t, err, "MESSAGE_EMPTY", "Message can't be empty")
	if len(o.opened) != 1 {
		t.Errorf("refused messages opened %q", o.opened[1:])
	}
	_, err = s.Send(t.Context(), mine, bot.Outgoing{FromUserID: ann, Text: "x"})
	wantFault(t, err, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	o.refuse = fault.New(fault.Denied, "ACCESS_ERROR", "Action unavailable")
	_, err = s.Send(t.Context(), mine, bot.Outgoing{DialogID: "chat5", Text: "x"})
	wantFault(t, err, "WRONG_REQUEST", "Message isn't added")
}

func TestSendBetween(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	id := register(t, s, registration("one", bot.Standard))
	other := register(t, s, registration("two", bot.Standard))
	for _, c := range []struct {
		from, to int64
		opened   string
	}{
		{ann, 8, "7 with 8"},
		{id, ann, fmt.Sprint(id, " with 7")},
		{ann, id, fmt.Sprint(id, " with 7")}, // Ann did nothing: the chat is opened by the bot
	} {
		o.opened, o.sent = nil, nil
		_, err := s.Send(t.Context(), mine, bot.Outgoing{FromUserID: c.from, ToUserID: c.to, DialogID: "chat1", Text: "note"})
		if err != nil || o.opened[0] != c.opened || !o.sent[0].System || o.sent[0].ChatID != 51 || o.sent[0].AuthorID != c.from {
			t.Errorf("from %d to %d: %v, opened %v, sent %+v", c.from, c.to, err, o.opened, o.sent)
		}
	}
	for _, pair := range [][2]int64{{ann, other}, {other, ann}} {
		_, err := s.Send(t.Context(), mine, bot.Outgoing{FromUserID: pair[0], ToUserID: pair[1], Text: "note"})
		wantFault(t, err, "WRONG_REQUEST", "Message isn't added")
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	id := register(t, s, registration("one", bot.Standard))
	k := attach.Keyboard{{Type: attach.TypeButton, Text: "Help"}}
	if err := s.Edit(t.Context(), mine, 0, 5, bot.Change{Text: new(" new "), Keyboard: &k}); err != nil {
		t.Fatal(err)
	}
	if e := o.edits[0]; *e.Text != "new" || (*e.Keyboard)[0].BotID != id || e.Attach != nil || e.Menu != nil || e.NoPreview != nil {
		t.Errorf("changed to %+v", e)
	}
	wantFault(t, s.Edit(t.Context(), mine, id, 0, bot.Change{}), "MESSAGE_ID_ERROR", "Message ID can't be empty")
	wantFault(t, s.Delete(t.Context(), mine, id, -5, false), "MESSAGE_ID_ERROR", "Message ID can't be empty")
	wantFault(t, s.Delete(t.Context(), theirs, id, 5, false), "APP_ID_ERROR", "Bot was installed by another REST application")
	o.refuse = fault.New(fault.NotFound, "MESSAGE_ID_ERROR", "Message not found")
	const denied = "Time has expired for modification or you don't have access"
	wantFault(t, s.Edit(t.Context(), mine, 0, 5, bot.Change{}), "CANT_EDIT_MESSAGE", denied)
	wantFault(t, s.Delete(t.Context(), mine, 0, 5, true), "CANT_EDIT_MESSAGE", denied)
}

func TestTyping(t *testing.T) {
	t.Parallel()
	s, o := setup(t, dbtest.SQLite(t, schemas...))
	id := register(t, s, registration("one", bot.Standard))
	if err := s.Typing(t.Context(), mine, 0, "chat50"); err != nil {
		t.Fatal(err)
	}
	if got := <-o.typed; got != [2]int64{id, 50} {
		t.Errorf("typed %v", got)
	}
	if err := s.Typing(t.Context(), mine, 0, "99"); err != nil || len(o.typed) != 0 { // nobody has opened it
		t.Errorf("%v, typed %d times", err, len(o.typed))
	}
	wantFault(t, s.Typing(t.Context(), mine, 0, ""), "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	wantFault(t, s.Typing(t.Context(), theirs, 0, "7"), "BOT_ID_ERROR", "Bot not found")
	for _, o.refuse = range []error{
		fault.New(fault.NotFound, "CHAT_NOT_FOUND", ""), fault.New(fault.Denied, "ACCESS_ERROR", ""), fault.New(fault.Invalid, "USER_NOT_FOUND", ""),
	} {
		if err := s.Typing(t.Context(), mine, 0, "chat60"); err != nil {
			t.Errorf("typing where nobody sees it: %v", err)
		}
	}
	o.refuse = errors.New("disk full")
	if err := s.Typing(t.Context(), mine, 0, "chat60"); !errors.Is(err, o.refuse) {
		t.Errorf("%v, want the failure", err)
	}
}
