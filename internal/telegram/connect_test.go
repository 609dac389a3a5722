package telegram_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/user"
)

// TestTwoBots lets one person write to two bots of a line: they are one client with two chats, each of which is answered where it is.
func TestTwoBots(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		second := b.server.Add(78, "Shop Austria", "shop_at_bot")
		other, err := b.Connect(b.t.Context(), b.admin(), telegram.NewBot{Token: second.Token, LineID: b.line.ID, Way: telegram.Poll})
		b.must(err)
		b.there.Face(501, "face")
		b.there.Keep("face", "JPEG")
		b.there.Write(b.vera, "Hello", nil)
		b.poll(1)
		second.Write(b.vera, "Servus", nil)
		if n, err := b.Poll(b.t.Context(), other.ID, 0); n != 1 || err != nil {
			b.t.Fatal(n, err)
		}
		b.fetch()
		_, visitor := b.chat()
		if b.count("SELECT COUNT(*) FROM openline_chat WHERE visitor_id = ?", visitor) != 2 || b.count("SELECT COUNT(*) FROM openline_client") != 1 {
			b.t.Error("somebody who writes to two bots is not one client with two chats")
		}
		if b.files.faces[visitor] != "JPEG" {
			b.t.Errorf("the pictures are %v", b.files.faces)
		}
		names, err := b.Names(b.t.Context())
		b.must(err)
		if names["telegram.77"] != "Telegram @shop_bot" || names["telegram.78"] != "Telegram @shop_at_bot" {
			b.t.Errorf("the channels are %v", names)
		}
		b.say("Griaß di")
		b.deliver(1)
		if seen := second.Seen(501); len(seen) != 1 || seen[0].Text != "Griaß di" || len(b.there.Seen(501)) != 0 {
			b.t.Errorf("the second bot says %+v, the first %+v", seen, b.there.Seen(501))
		}
	})
}

// TestConnecting refuses what cannot be connected, and goes on after a bot comes back.
func TestConnecting(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		connect := func(token string, way telegram.Way, take bool) error {
			_, err := b.Connect(ctx, b.admin(), telegram.NewBot{Token: token, LineID: b.line.ID, Way: way, Take: take})
			return err
		}
		second := b.server.Add(78, "Second", "second_bot")
		second.HookTo("https://elsewhere.example/hook")
		for what, c := range map[string]struct{ got, want error }{
			"a token of no form":  {connect("abc", telegram.Poll, false), telegram.ErrToken},
			"an unknown token":    {connect("5:"+strings.Repeat("x", 35), telegram.Poll, false), telegram.ErrToken},
			"a bot that is there": {connect(b.there.Token, telegram.Poll, true), telegram.ErrTaken},
			"a way that is none":  {connect(second.Token, "pigeon", true), telegram.ErrWay},
			"an employee":         {func() error { _, err := b.Connect(ctx, user.Ref{ID: b.anna}, telegram.NewBot{}); return err }(), telegram.ErrDenied},
			"a line that is none": {func() error {
				_, err := b.Connect(ctx, b.admin(), telegram.NewBot{Token: second.Token, LineID: 999, Way: telegram.Poll})
				return err
			}(), telegram.ErrLine},
			"a server that is none": {b.SetServer(ctx, b.admin(), "telegram.org"), telegram.ErrServer},
			"another bot's token":   {b.Renew(ctx, b.admin(), b.bot.ID, second.Token), telegram.ErrOther},
		} {
			if !errors.Is(c.got, c.want) {
				b.t.Errorf("%s: %v, want %v", what, c.got, c.want)
			}
		}
		if err := connect(second.Token, telegram.Poll, false); err == nil || !strings.Contains(err.Error(), "elsewhere.example") {
			b.t.Errorf("a bot whose messages go elsewhere: %v", err)
		}
		b.must(connect(second.Token, telegram.Poll, true))
		if to, _ := second.Hook(); to != "" {
			b.t.Errorf("its messages still go to %s", to)
		}

		b.there.Write(b.vera, "Hello", nil)
		b.poll(1)
		old := b.there.Token
		b.there.Renew("B")
		if _, err := b.Poll(ctx, b.bot.ID, 0); err == nil {
			b.t.Error("an old token is taken")
		}
		got, err := b.Get(ctx, b.admin(), b.bot.ID)
		b.must(err)
		if !strings.Contains(got.Problem, "does not know the bot's token") || strings.Contains(got.Problem, old) {
			b.t.Errorf("the problem is %q", got.Problem)
		}
		b.must(b.Renew(ctx, b.admin(), b.bot.ID, b.there.Token))
		b.poll(0)
		waiting := b.say("not yet sent")
		b.there.Write(b.vera, "Just before", nil)
		b.poll(1)
		b.must(b.Disconnect(ctx, b.admin(), b.bot.ID))
		if got := b.state(waiting); got != "failed The bot is not connected any more." {
			b.t.Errorf("what waited: %q", got)
		}
		if err := b.Retry(ctx, waiting); err == nil {
			b.t.Error("a message goes out of a bot that is not connected")
		}
		if after := b.say("written afterwards"); !strings.HasPrefix(b.state(after), "failed") {
			b.t.Errorf("what is written afterwards: %q", b.state(after))
		}
		again, err := b.Connect(ctx, b.admin(), telegram.NewBot{Token: b.there.Token, LineID: b.line.ID, Way: telegram.Poll})
		b.must(err)
		b.must(b.Retry(ctx, waiting))
		b.deliver(1)
		b.there.Write(b.vera, "Back again", nil)
		b.poll(1) // the one before is known already
		lines := b.said()
		want(b.t, "after a bot came back", lines[len(lines)-2:], []string{"anna: written afterwards", "client: Back again"})
		if again.ID != b.bot.ID || b.count("SELECT COUNT(*) FROM openline_chat") != 1 {
			b.t.Error("a bot that comes back begins new chats")
		}
		if b.count("SELECT COUNT(*) FROM audit_entry WHERE type LIKE 'TELEGRAM%'") < 5 {
			b.t.Error("the audit log lacks what was done")
		}
	})
}

// TestLineDeleted disconnects the bots of a line that is deleted.
func TestLineDeleted(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		b.there.Write(b.vera, "Hello", nil)
		b.poll(1)
		waiting := b.say("Good morning")
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.LineDeletedTx(b.t.Context(), tx, b.line.ID) }))
		if _, err := b.Get(b.t.Context(), b.admin(), b.bot.ID); !errors.Is(err, telegram.ErrNoBot) {
			b.t.Errorf("the bot: %v", err)
		}
		if _, err := b.Poll(b.t.Context(), b.bot.ID, 0); !errors.Is(err, telegram.ErrNoBot) || !strings.HasPrefix(b.state(waiting), "failed") {
			b.t.Errorf("it is polled: %v; what waited: %q", err, b.state(waiting))
		}
	})
}

// TestHook takes what Telegram brings with the right secret, once.
func TestHook(t *testing.T) {
	t.Parallel()
	both(t, nil, func(b *bench) {
		ctx := b.t.Context()
		b.must(b.Change(ctx, b.admin(), b.bot.ID, telegram.Hook, false))
		to, secret := b.there.Hook()
		code, ok := strings.CutPrefix(to, "https://portal.test/telegram/")
		if !ok || len(code) != 26 || len(secret) < 20 {
			b.t.Fatalf("Telegram brings messages to %q with %q", to, secret)
		}
		raw := []byte(mustJSON(b.there.Write(b.vera, "Hello", nil)))
		for what, c := range map[string]struct {
			code, secret string
			want         error
		}{"another address": {"x" + code, secret, telegram.ErrNoBot}, "no secret": {code, "", telegram.ErrSecret}, "a wrong secret": {code, secret + "x", telegram.ErrSecret}} {
			if err := b.Hook(ctx, c.code, c.secret, raw); !errors.Is(err, c.want) {
				b.t.Errorf("%s: %v", what, err)
			}
		}
		b.must(b.Hook(ctx, code, secret, raw))
		b.must(b.Hook(ctx, code, secret, raw))
		b.must(b.Hook(ctx, code, secret, []byte(`{"update_id": "none"}`)))
		b.must(b.Hook(ctx, code, secret, []byte(`{"update_id": 7, "message": {"chat": 5}}`)))
		want(b.t, "in the chat", b.said(), []string{"client: Hello"})
		b.must(b.Route(ctx))
		if again, _ := b.there.Hook(); again != to || len(b.there.Calls("setWebhook")) != 1 {
			b.t.Errorf("told without need: %q", again)
		}
		b.config.PublicURL = func(path string) string { return "https://new.test" + path } // the portal moves
		b.open()
		b.server.Down(true)
		b.must(b.Route(ctx))
		b.server.Down(false)
		b.must(b.Route(ctx))
		if moved, _ := b.there.Hook(); moved != "https://new.test/telegram/"+code {
			b.t.Errorf("after the portal has moved Telegram brings messages to %q", moved)
		}
		_, secret = b.there.Hook()
		b.must(b.Hook(ctx, code, secret, []byte(mustJSON(b.there.Write(b.vera, "Still there?", nil)))))
		if got, err := b.Get(ctx, b.admin(), b.bot.ID); err != nil || got.Problem != "" {
			b.t.Errorf("the bot has %q, %v", got.Problem, err)
		}
		b.must(b.Change(ctx, b.admin(), b.bot.ID, telegram.Poll, false))
		if err := b.Hook(ctx, code, secret, raw); !errors.Is(err, telegram.ErrNoBot) {
			b.t.Errorf("the address of a bot that is polled: %v", err)
		}
		b.must(b.Change(ctx, b.admin(), b.bot.ID, telegram.Hook, false))
		b.must(b.Leave(ctx))
		b.must(b.Route(ctx))
		all, err := b.All(ctx, b.admin())
		b.must(err)
		if now, _ := b.there.Hook(); len(all) != 0 || !strings.HasPrefix(now, "https://new.test/") {
			b.t.Errorf("a copy has left the bots to the original: %d are connected, Telegram brings messages to %q", len(all), now)
		}
	})
}
