package livechat_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), im.Schema(), line.Schema(), openline.Schema(), livechat.Schema()}

// bench is a line with an operator, and a widget that leads to it.
type bench struct {
	*livechat.Service

	t     *testing.T
	db    *db.DB
	clock *clock.Manual
	users *user.Service
	im    *im.Service
	lines *line.Service
	talks *openline.Service
	there *presence
	msgr  *messenger
	files *files
	log   *audit.Service

	anna   int64
	bot    int64 // leads where the line wants one
	line   line.Line
	widget livechat.Widget
}

func both(t *testing.T, change func(l *line.Line), test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(setup(t, d, change)) })
}

func setup(t *testing.T, d *db.DB, change func(l *line.Line)) *bench {
	t.Helper()
	b := &bench{t: t, db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), there: &presence{}, files: &files{held: map[int64]livechat.File{}}}
	b.users = user.New(d, b.clock)
	b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: b.users, GeneralTitle: "General"})
	b.im.SetFiles(chatFiles{})
	b.log = audit.New(d, b.clock)
	b.lines = line.New(line.Config{DB: d, Clock: b.clock, Users: b.users, Bots: b, Audit: b.log})
	b.msgr = &messenger{im: b.im}
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	b.must(err)
	b.Service = livechat.New(livechat.Config{
		DB: d, Clock: b.clock, Lines: b.lines, Presence: b.there, Messenger: b.msgr, Files: b.files, Audit: b.log, Box: box,
	})
	b.talks = openline.New(openline.Config{
		DB: d, Clock: b.clock, Lines: b.lines, Users: b.users, Chats: openlineim.Chats{IM: b.im}, Presence: b.there, Bots: b,
		Channel: openline.Routes{Own: map[string]openline.Channel{livechat.Connector: b.Service}},
	})
	b.Conversations = b.talks
	b.im.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: b.talks})
	u, err := b.users.Create(t.Context(), user.NewUser{FirstName: "Anna", LastName: "Weber", Email: "anna@example.com"})
	b.must(err)
	b.anna = u.ID
	b.there.set(u.ID, true)
	b.must(d.Write(t.Context(), func(tx *db.Tx) error {
		b.bot, err = b.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "Menu"})
		return err
	}))
	b.line, err = b.lines.Add(t.Context(), user.Ref{}, func(l *line.Line) error {
		l.Name, l.Active, l.Welcome, l.WelcomeText = "Support", true, false, ""
		l.NoAnswer.Rule, l.Agreement = line.RuleNone, false
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna}}
		if change != nil {
			change(l)
		}
		if l.Bot.Enabled {
			l.Bot.ID = b.bot
		}
		return nil
	})
	b.must(err)
	set := livechat.Defaults()
	set.Email, set.Name = livechat.AskNo, livechat.AskNo
	b.widget, err = b.Add(t.Context(), b.admin(), b.line.ID, set)
	b.must(err)
	return b
}

func (b *bench) admin() user.Ref { return user.Ref{ID: b.anna, Admin: true} }

func (b *bench) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) {
	return id == b.bot, nil
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// token is that of a browser, made of a letter.
func token(letter string) string { return strings.Repeat(letter, 43) }

func (b *bench) as(letter string) livechat.Caller {
	return livechat.Caller{Code: b.widget.Code, Token: token(letter), Address: "192.0.2.1"}
}

// send is a message of a visitor, a second later.
func (b *bench) send(letter, uuid, text string) livechat.Message {
	b.t.Helper()
	b.clock.Advance(time.Second)
	m, err := b.Send(b.t.Context(), b.as(letter), livechat.NewMessage{UUID: uuid, Text: text})
	b.must(err)
	return m
}

// chat is the portal's chat of the newest visitor.
func (b *bench) chat() (id, visitor int64) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(b.t.Context(), "SELECT chat_id, user_id FROM livechat_visitor WHERE chat_id > 0 ORDER BY id DESC LIMIT 1").Scan(&id, &visitor)
	}))
	return id, visitor
}

func (b *bench) count(query string, args ...any) (n int64) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), query, args...).Scan(&n) }))
	return n
}

// say is a message of the operator, a second later.
func (b *bench) say(chat int64, text string, inner bool) int64 {
	b.t.Helper()
	b.clock.Advance(time.Second)
	m, err := b.im.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: text, Inner: inner})
	b.must(err)
	return m.ID
}

// sees returns what a visitor sees when they open the chat.
func (b *bench) sees(letter string) (lines []string, o livechat.Opening) {
	b.t.Helper()
	o, err := b.Enter(b.t.Context(), b.as(letter))
	b.must(err)
	for _, m := range o.History.Messages {
		who := m.Author
		if m.Own {
			who = "me"
		}
		text := m.Text
		if m.Removed {
			text = "(removed)"
		}
		lines = append(lines, who+": "+text)
	}
	return lines, o
}

func sign(secret, id string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil))
}

type presence struct {
	mu sync.Mutex
	on map[int64]bool
}

func (p *presence) OnlineTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = p.on[id]
	}
	return out, nil
}

func (p *presence) set(id int64, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on == nil {
		p.on = map[int64]bool{}
	}
	p.on[id] = on
}

// messenger keeps what visitors type.
type messenger struct {
	im      *im.Service
	mu      sync.Mutex
	drafts  []string
	presses []livechat.Press
}

func (m *messenger) Press(_ context.Context, p livechat.Press) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.presses = append(m.presses, p)
	return nil
}

func (m *messenger) ReadUpTo(ctx context.Context, chatID, userID int64) (int64, error) {
	r, err := m.im.Readers(ctx, chatID)
	return r.UpTo(userID), err
}

func (m *messenger) Read(ctx context.Context, userID, chatID, messageID int64) error {
	_, err := m.im.Read(ctx, userID, chatID, messageID)
	return err
}

func (m *messenger) Typing(_ context.Context, userID, _ int64, draft string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if userID == 0 {
		return fmt.Errorf("nobody types %q", draft)
	}
	m.drafts = append(m.drafts, draft)
	return nil
}

func (m *messenger) Hear(int64) (<-chan livechat.Hint, func()) { return nil, func() {} }

// files are those that were uploaded, by their numbers.
type files struct {
	mu   sync.Mutex
	held map[int64]livechat.File
}

func (f *files) add(name string, size int64) livechat.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	x := livechat.File{ID: int64(len(f.held) + 1), Name: name, Size: size}
	f.held[x.ID] = x
	return x
}

func (f *files) Upload(_ context.Context, _, _ int64, name string, r io.Reader) (livechat.File, error) {
	n, err := io.Copy(io.Discard, r)
	return f.add(name, n), err
}

func (f *files) Describe(_ context.Context, ids []int64) (map[int64]livechat.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[int64]livechat.File{}
	for _, id := range ids {
		if x, ok := f.held[id]; ok {
			out[id] = x
		}
	}
	return out, nil
}

func (f *files) Open(_ context.Context, id int64, _ bool) (livechat.Content, error) {
	return livechat.Content{Name: strconv.FormatInt(id, 10)}, nil
}

// chatFiles lets messages carry every file.
type chatFiles struct{}

func (chatFiles) Describe(context.Context, []int64) (map[int64]im.File, error) { return nil, nil }

func (chatFiles) AttachTx(context.Context, *db.Tx, int64, int64, []int64) error { return nil }

func (chatFiles) ReleaseTx(context.Context, *db.Tx, int64, []int64) error { return nil }
