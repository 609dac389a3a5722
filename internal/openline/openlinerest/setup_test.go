package openlinerest_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// desk is a portal with a line: boss administers, ann and bob answer in it, eve works elsewhere; application 3 has the bot menu that
// answers first, application 4 has none.
type desk struct {
	*bench
	openlinetest.Everybody
	openlinetest.Channel

	talks                    *openline.Service
	im                       *im.Service
	line                     line.Line
	boss, ann, bob, eve, bot int64
}

func (d *desk) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) {
	return id == d.bot, nil
}

func (d *desk) OwnedBy(_ context.Context, appID int64, clientID string, id int64) (int64, error) {
	if (appID == 3 || appID == 0 && clientID == "hook") && (id == 0 || id == d.bot) {
		return d.bot, nil
	}
	return 0, nil
}

func (*desk) Statuses(context.Context, []int64) (map[int64]imrest.Status, error) { return nil, nil }
func (*desk) SetStatus(context.Context, int64, string) error                     { return nil }
func (*desk) SetIdle(context.Context, int64, time.Time) error                    { return nil }

// Describe and its like stand for the drive.
func (*desk) Describe(context.Context, []int64) (map[int64]im.File, error)  { return nil, nil }
func (*desk) AttachTx(context.Context, *db.Tx, int64, int64, []int64) error { return nil }
func (*desk) ReleaseTx(context.Context, *db.Tx, int64, []int64) error       { return nil }

func openDesk(t *testing.T, change func(l *line.Line)) *desk {
	t.Helper()
	t.Parallel()
	store := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), im.Schema(), line.Schema(), openline.Schema())
	d := &desk{bench: &bench{T: t, clock: clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))}}
	d.users = user.New(store, d.clock)
	d.im = im.New(im.Config{DB: store, Clock: d.clock, Users: d.users, GeneralTitle: "General"})
	d.im.SetFiles(d)
	for i, id := range []*int64{&d.boss, &d.ann, &d.bob, &d.eve} {
		name := []string{"boss", "ann", "bob", "eve"}[i]
		u, err := d.users.Create(t.Context(), user.NewUser{FirstName: strings.ToUpper(name[:1]) + name[1:], LastName: "Weber", Email: name + "@x.org", Admin: i == 0})
		d.must(err)
		*id = u.ID
	}
	d.must(store.Write(t.Context(), func(tx *db.Tx) (err error) {
		d.bot, err = d.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "Menu"})
		return err
	}))
	lines := line.New(line.Config{DB: store, Clock: d.clock, Users: d.users, Bots: d, Audit: audit.New(store, d.clock)})
	d.talks = openline.New(openline.Config{
		DB: store, Clock: d.clock, Lines: lines, Users: d.users, Chats: openlineim.Chats{IM: d.im}, Presence: d, Bots: d, Channel: d,
	})
	d.im.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: d.talks})
	var err error
	d.line, err = lines.Add(t.Context(), user.Ref{}, func(l *line.Line) error {
		l.Name, l.Active, l.Queue = "Support", true, []line.Entry{{Kind: line.EntryUser, ID: d.ann}, {Kind: line.EntryUser, ID: d.bob}}
		l.Welcome, l.Bot.Enabled, l.Vote.Enabled, l.WorkTime.Enabled, l.Close.Rule, l.FullClose = false, false, false, false, line.RuleNone, 0
		if change != nil {
			change(l)
		}
		if l.Bot.Enabled {
			l.Bot.ID = d.bot
		}
		return nil
	})
	d.must(err)
	d.serve()
	return d
}

func (d *desk) serve() {
	base := func() string { return "https://portal.example" }
	cfg := imrest.Config{Users: d.users, BaseURL: base, Presence: d}
	registry := rest.NewRegistry()
	openlinerest.RegisterSessions(registry, openlinerest.SessionMethods{
		Conversations: d.talks, IM: d.im, Bots: d, Users: d.users, Params: imrest.ParamsView,
		View: func(ctx context.Context, c *rest.Call, chatID int64) (any, error) {
			return imrest.DialogView(ctx, d.im, cfg, c, chatID)
		},
		Show: func(ctx context.Context, ids []int64, zone *time.Location) (map[int64]any, error) {
			return imrest.UserViews(ctx, cfg, ids, zone)
		},
		Files: func(_ context.Context, _, chatID int64, ids []int64, _ *time.Location) (out []any, err error) {
			for _, id := range ids {
				out = append(out, map[string]any{"id": id, "chatId": chatID, "urlDownload": "https://portal.example/f"})
			}
			return out, nil
		},
	})
	scopes := []string{"imopenlines"}
	by := func(id int64) rest.Principal {
		return rest.Principal{Kind: rest.ByToken, UserID: id, AppID: 4, Scopes: scopes}
	}
	owner := by(d.eve)
	owner.AppID = 3
	boss := by(d.boss)
	boss.Admin = true
	d.handler = rest.NewHandler(registry, openlinetest.Callers{
		"boss": boss, "ann": by(d.ann), "bob": by(d.bob), "eve": by(d.eve), "app": owner,
		"hook": {Kind: rest.ByWebhook, UserID: d.eve, Scopes: scopes}, "page": {Kind: rest.BySession, UserID: d.ann, Scopes: scopes},
		"imbot": {Kind: rest.ByToken, UserID: d.eve, AppID: 3, Scopes: []string{"imbot"}},
	}, d.clock, slog.New(slog.DiscardHandler))
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// client is a message of a client, a second later.
func (d *desk) client(name, text string, files ...int64) openline.Received {
	d.Helper()
	d.clock.Advance(time.Second)
	r, err := d.talks.Receive(d.Context(), openline.Incoming{
		Connector: "site", LineID: d.line.ID, ChatID: "chat|" + name, Client: openline.Client{ID: name, FirstName: name}, Text: text, Files: files,
	})
	d.must(err)
	return r
}

// is checks where the conversation of a chat stands.
func (d *desk) is(chat int64, state openline.State, operator int64) openline.Session {
	d.Helper()
	v, err := d.talks.Last(d.Context(), chat)
	d.must(err)
	if v.State != state || v.OperatorID != operator {
		d.Errorf("the conversation is %s with %d, want %s with %d", v.State, v.OperatorID, state, operator)
	}
	return v
}

// yes makes a call that must answer true.
func (d *desk) yes(who, method, params string) {
	d.Helper()
	d.want(who, method, params, `200 {"result":true`)
}

// no makes a call that must be refused.
func (d *desk) no(who, method, params, code, text string) {
	d.Helper()
	d.want(who, method, params, `400 {"error":"`+code+`","error_description":"`+text+`"}`)
}

func chatOf(r openline.Received) string { return `{"CHAT_ID":` + strconv.FormatInt(r.ChatID, 10) + `}` }

// with is a chat with more parameters.
func with(r openline.Received, more string) string {
	return `{"CHAT_ID":` + strconv.FormatInt(r.ChatID, 10) + `,` + more + `}`
}

func message(chat, author int64, text string) im.NewMessage {
	return im.NewMessage{ChatID: chat, AuthorID: author, Text: text}
}
