package livechat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline/line"
)

// menu is the keyboard of a bot, with what a visitor cannot use among it.
func menu(bot int64) attach.Keyboard {
	button := func(text string, do attach.Do) attach.Button {
		return attach.Button{Type: attach.TypeButton, BotID: bot, Text: text, Do: do}
	}
	return attach.Keyboard{
		button("A chat", attach.Do{Action: attach.ActionDialog, ActionValue: "chat1"}),
		button("Prices", attach.Do{Command: "prices", CommandParams: "all of them"}),
		button("A person", attach.Do{Action: attach.ActionSend, ActionValue: "0"}),
		{Type: attach.TypeNewline},
		button("An application", attach.Do{AppID: 3}),
		button("Our site", attach.Do{Link: "https://example.com/"}),
	}
}

// apps are applications of which visitors may use the third.
type apps struct{ asked []livechat.Visiting }

func (a *apps) Button(_ context.Context, v livechat.Visiting, b attach.Button) (attach.Button, bool, error) {
	a.asked = append(a.asked, v)
	ok := b.AppID == 3
	b.AppID, b.Link = 0, "https://apps.example/"
	return b, ok, nil
}

// TestApplicationsForVisitors shows those that are for them, also below a message that was changed.
func TestApplicationsForVisitors(t *testing.T) {
	t.Parallel()
	withBot := func(l *line.Line) { l.Bot = line.Bot{Enabled: true, Always: true} }
	both(t, withBot, func(b *bench) {
		a := &apps{}
		b.Apps = a
		b.send("a", "uuid-0001", "Hello")
		chat, visitor := b.chat()
		k := attach.Keyboard{menu(b.bot)[4], menu(b.bot)[4]}
		k[1].Text, k[1].AppID = "Another", 4
		m, err := b.im.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.bot, Text: "Choose:", Keyboard: k})
		b.must(err)
		_, o := b.sees("a")
		got := o.History.Messages[1].Keyboard
		if texts(got) != "An application" || got[0].Link != "https://apps.example/" || got[0].AppID != 0 {
			b.t.Errorf("the visitor sees %+v", got)
		}
		want := livechat.Visiting{UserID: visitor, ChatID: chat, MessageID: m.ID}
		if len(a.asked) != 2 || a.asked[0] != want {
			b.t.Errorf("asked for %+v, want %+v", a.asked, want)
		}
		k[1].AppID = 3
		b.must(b.im.Update(b.t.Context(), b.bot, m.ID, im.Change{Keyboard: &k}))
		if _, o = b.sees("a"); texts(o.History.Messages[1].Keyboard) != "An application|Another" {
			b.t.Errorf("after the change the visitor sees %+v", o.History.Messages[1].Keyboard)
		}
	})
}

func texts(k attach.Keyboard) string {
	var out []string
	for _, b := range k {
		out = append(out, b.Text)
	}
	return strings.Join(out, "|")
}

// TestWhatABotAdds reaches a visitor: its attachment and the buttons that they can use. A command goes to the bot while it leads.
func TestWhatABotAdds(t *testing.T) {
	t.Parallel()
	withBot := func(l *line.Line) { l.Bot = line.Bot{Enabled: true, Always: true} }
	both(t, withBot, func(b *bench) {
		ctx := b.t.Context()
		b.send("a", "uuid-0001", "Hello")
		chat, visitor := b.chat()
		words := "[b]Tables[/b] and chairs"
		m, err := b.im.Send(ctx, im.NewMessage{
			ChatID: chat, AuthorID: b.bot, Text: "Choose:", Keyboard: menu(b.bot), Attach: attach.Attach{{Blocks: []attach.Block{{Message: &words}}}},
		})
		b.must(err)
		_, o := b.sees("a")
		got := o.History.Messages[1]
		if !got.Bot || !o.State.Bot {
			b.t.Errorf("the visitor is not told that a bot answers: %+v", o.State)
		}
		if texts(got.Keyboard) != "Prices|A person||Our site" || len(got.Attach) != 1 || *got.Attach[0].Blocks[0].Message != words || got.Edited {
			b.t.Fatalf("the visitor sees %+v", got)
		}
		b.must(b.PressButton(ctx, b.as("a"), got.Number, 0, true))
		want := livechat.Press{UserID: visitor, MessageID: m.ID, BotID: b.bot, Command: "prices", Params: "all of them", Mobile: true}
		if len(b.msgr.presses) != 1 || b.msgr.presses[0] != want {
			b.t.Errorf("the bot is told of %+v, want %+v", b.msgr.presses, want)
		}
		for what, try := range map[string]struct {
			as             string
			number, button int64
			want           error
		}{
			"a button of the browser": {"a", got.Number, 1, livechat.ErrNoButton},
			"the end of a line":       {"a", got.Number, 2, livechat.ErrNoButton},
			"a link":                  {"a", got.Number, 3, livechat.ErrNoButton},
			"one too far":             {"a", got.Number, 4, livechat.ErrNoButton},
			"before the first":        {"a", got.Number, -1, livechat.ErrNoButton},
			"their own message":       {"a", 1, 0, livechat.ErrNoButton},
			"no message":              {"a", 99, 0, livechat.ErrNoButton},
			"a stranger":              {"z", got.Number, 0, livechat.ErrNoVisitor},
		} {
			if err := b.PressButton(ctx, b.as(try.as), try.number, try.button, false); !errors.Is(err, try.want) {
				b.t.Errorf("%s: %v, want %v", what, err, try.want)
			}
		}
		less := attach.Keyboard{menu(b.bot)[2]}
		b.must(b.im.Update(ctx, b.bot, m.ID, im.Change{Keyboard: &less, Attach: &attach.Attach{}}))
		_, o = b.sees("a")
		if now := o.History.Messages[1]; texts(now.Keyboard) != "A person" || len(now.Attach) != 0 || now.Edited || now.Version <= got.Version {
			b.t.Errorf("after the buttons have changed the visitor sees %+v", now)
		}
		all := menu(b.bot)
		b.must(b.im.Update(ctx, b.bot, m.ID, im.Change{Keyboard: &all, Text: new("Choose again:")}))
		b.send("a", "uuid-0002", "0")
		if err := b.PressButton(ctx, b.as("a"), got.Number, 0, false); !errors.Is(err, livechat.ErrBotGone) {
			b.t.Errorf("after the hand-over: %v", err)
		}
		if _, o = b.sees("a"); o.State.Bot {
			b.t.Error("the visitor is told that a bot answers after the hand-over")
		}
		b.must(b.db.Write(ctx, func(tx *db.Tx) error { return b.im.RemoveTx(ctx, tx, b.bot, m.ID) }))
		if err := b.PressButton(ctx, b.as("a"), got.Number, 0, false); !errors.Is(err, livechat.ErrNoButton) {
			b.t.Errorf("of a message that is gone: %v", err)
		}
		seen, o := b.sees("a")
		if gone := o.History.Messages[1]; len(gone.Keyboard) != 0 || len(gone.Attach) != 0 || fmt.Sprint(seen) != "[me: Hello Menu: (removed) me: 0]" {
			b.t.Errorf("of what was removed the visitor sees %+v in %q", gone, seen)
		}
		if len(b.msgr.presses) != 1 {
			b.t.Errorf("the bot is told of %d presses, want one", len(b.msgr.presses))
		}
	})
}
