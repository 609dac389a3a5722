package telegram_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/telegram/telegramhttp"
	"github.com/portico-hq/portico/internal/telegram/telegramtest"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), im.Schema(), line.Schema(), openline.Schema(), telegram.Schema()}

// bench is a line with an operator, and a bot that leads to it.
type bench struct {
	*telegram.Service

	t      *testing.T
	db     *db.DB
	clock  *clock.Manual
	users  *user.Service
	im     *im.Service
	lines  *line.Service
	talks  *openline.Service
	server *telegramtest.Server
	there  *telegramtest.Bot // the bot, at Telegram
	files  *files
	msgr   *messenger
	config telegram.Config

	anna int64
	menu int64 // a bot that leads, where the line wants one
	line line.Line
	bot  telegram.Bot // as the portal knows it
	vera telegramtest.Object
}

func both(t *testing.T, change func(l *line.Line), test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(setup(t, d, change)) })
}

func setup(t *testing.T, d *db.DB, change func(l *line.Line)) *bench {
	t.Helper()
	b := &bench{t: t, db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), files: &files{held: map[int64]kept{}, faces: map[int64]string{}}}
	b.users = user.New(d, b.clock)
	b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: b.users, GeneralTitle: "General"})
	b.im.SetFiles(chatFiles{})
	log := audit.New(d, b.clock)
	b.lines = line.New(line.Config{DB: d, Clock: b.clock, Users: b.users, Bots: b, Audit: log})
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	b.must(err)
	b.msgr = &messenger{im: b.im}
	b.server = telegramtest.New(t)
	settings := setting.New(d, b.clock)
	b.config = telegram.Config{
		DB: d, Clock: b.clock, Lines: b.lines, Messenger: b.msgr, Files: b.files, Audit: log, Settings: settings, Box: box,
		API:       telegramhttp.Client{Clients: func(context.Context) (*http.Client, error) { return http.DefaultClient, nil }},
		PublicURL: func(path string) string { return "https://portal.test" + path }, Log: slog.New(slog.DiscardHandler),
	}
	b.open()
	b.vera = telegramtest.Person(501, "Vera", "Lind", "vera")
	u, err := b.users.Create(t.Context(), user.NewUser{FirstName: "Anna", LastName: "Weber", Email: "anna@example.com"})
	b.must(err)
	b.anna = u.ID
	b.must(d.Write(t.Context(), func(tx *db.Tx) error {
		b.menu, err = b.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "Menu"})
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
			l.Bot.ID = b.menu
		}
		return nil
	})
	b.must(err)
	b.must(b.SetServer(t.Context(), b.admin(), b.server.URL+"/"))
	b.there = b.server.Add(77, "Shop", "shop_bot")
	b.bot, err = b.Connect(t.Context(), b.admin(), telegram.NewBot{Token: b.there.Token, LineID: b.line.ID, Way: telegram.Poll, Signed: true})
	b.must(err)
	return b
}

// open makes the services, as a process does that begins.
func (b *bench) open() {
	b.Service = telegram.New(b.config)
	b.talks = openline.New(openline.Config{
		DB: b.db, Clock: b.clock, Lines: b.lines, Users: b.users, Chats: openlineim.Chats{IM: b.im}, Presence: present{}, Bots: b,
		Channel: openline.Routes{Own: map[string]openline.Channel{telegram.Connector: b.Service}},
	})
	b.Conversations = b.talks
	b.im.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: b.talks})
}

func (b *bench) admin() user.Ref { return user.Ref{ID: b.anna, Admin: true} }

func (b *bench) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) {
	return id == b.menu, nil
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// switchLine switches the line on or off.
func (b *bench) switchLine(on bool) {
	b.t.Helper()
	_, _, err := b.lines.Update(b.t.Context(), b.admin(), b.line.ID, func(l *line.Line) error {
		l.Active = on
		return nil
	})
	b.must(err)
}

// poll fetches what is there, and checks how much it was.
func (b *bench) poll(want int) {
	b.t.Helper()
	n, err := b.Poll(b.t.Context(), b.bot.ID, 0)
	b.must(err)
	if n != want {
		b.t.Fatalf("%d updates were taken in, want %d", n, want)
	}
}

// deliver sends what is due, and checks how much that was.
func (b *bench) deliver(want int) {
	b.t.Helper()
	n, err := b.Deliver(b.t.Context())
	b.must(err)
	if n != want {
		b.t.Fatalf("%d jobs were done, want %d", n, want)
	}
}

func (b *bench) fetch() {
	b.t.Helper()
	_, err := b.Fetch(b.t.Context())
	b.must(err)
}

// chat is the newest chat of the portal with a client.
func (b *bench) chat() (id, visitor int64) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(b.t.Context(), "SELECT chat_id, visitor_id FROM openline_chat ORDER BY chat_id DESC LIMIT 1").Scan(&id, &visitor)
	}))
	return id, visitor
}

func (b *bench) count(query string, args ...any) (n int64) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), query, args...).Scan(&n) }))
	return n
}

// say is a message of the operator.
func (b *bench) say(text string, files ...int64) int64 {
	b.t.Helper()
	chat, _ := b.chat()
	m, err := b.im.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: text, Files: files})
	b.must(err)
	return m.ID
}

// said returns what stands in the chat with the newest client: who, text and files.
func (b *bench) said() (lines []string) {
	b.t.Helper()
	chat, visitor := b.chat()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		lines = nil
		rows, err := tx.Query(b.t.Context(), "SELECT id FROM message WHERE chat_id = ? ORDER BY id", chat)
		if err != nil {
			return err
		}
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_ = rows.Close()
		for _, id := range ids {
			m, _, err := b.im.LookTx(b.t.Context(), tx, id)
			if err != nil {
				return err
			}
			who := map[int64]string{visitor: "client", b.anna: "anna"}[m.AuthorID]
			if who == "" {
				continue // what the line notes
			}
			line := who + ": " + m.Text
			if len(m.Extra.Files) > 0 {
				line += fmt.Sprint(" ", m.Extra.Files)
			}
			lines = append(lines, line)
		}
		return nil
	}))
	return lines
}

// sees returns the texts that Vera sees, with names of files.
func (b *bench) sees() (out []string) {
	for _, m := range b.there.Seen(501) {
		out = append(out, strings.TrimSpace(m.Text+" "+m.File))
	}
	return out
}

// state is what became of a message.
func (b *bench) state(id int64) string {
	b.t.Helper()
	states, err := b.States(b.t.Context(), []int64{id})
	b.must(err)
	return strings.TrimSpace(string(states[id].State) + " " + states[id].Why)
}

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

type present struct{}

func (present) OnlineTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// messenger keeps notes and presses.
type messenger struct {
	im      *im.Service
	mu      sync.Mutex
	notes   []string
	presses []string
}

func (m *messenger) NoteTx(_ context.Context, tx *db.Tx, _ int64, text string) error {
	tx.AfterCommit(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.notes = append(m.notes, bbcode.Plain(text))
	})
	return nil
}

func (m *messenger) Press(_ context.Context, visitorID, messageID int64, b attach.Button) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b.Command == "gone" {
		return fault.New(fault.NotFound, "NO_COMMAND", "The bot does not know this any more.")
	}
	m.presses = append(m.presses, fmt.Sprint(visitorID, " ", messageID, " ", b.Command, " ", b.CommandParams))
	return nil
}

type kept struct{ name, kind, content string }

// files are those that were stored, by their numbers.
type files struct {
	mu    sync.Mutex
	held  map[int64]kept
	faces map[int64]string
}

func (f *files) add(name, kind, content string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := int64(len(f.held) + 1)
	f.held[id] = kept{name, kind, content}
	return id
}

func (f *files) Open(_ context.Context, id int64) (telegram.File, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.held[id]
	return telegram.File{Name: k.name, Type: k.kind, Size: int64(len(k.content)), Body: io.NopCloser(strings.NewReader(k.content))}, ok, nil
}

func (f *files) Keep(_ context.Context, _, _ int64, name string, r io.Reader) (int64, error) {
	content, err := io.ReadAll(r)
	return f.add(name, "", string(content)), err
}

func (f *files) Picture(_ context.Context, visitorID int64, content []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faces[visitorID] = string(content)
	return nil
}

// chatFiles lets messages carry every file.
type chatFiles struct{}

func (chatFiles) Describe(context.Context, []int64) (map[int64]im.File, error) { return nil, nil }

func (chatFiles) AttachTx(context.Context, *db.Tx, int64, int64, []int64) error { return nil }

func (chatFiles) ReleaseTx(context.Context, *db.Tx, int64, []int64) error { return nil }
