package mailbox_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/mailbox/mailboxhttp"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), im.Schema(), line.Schema(), openline.Schema(), mail.Schema(), mailbox.Schema()}

// bench is a line with an operator and a mailbox.
type bench struct {
	*mailbox.Service

	t       *testing.T
	db      *db.DB
	clock   *clock.Manual
	im      *im.Service
	lines   *line.Service
	talks   *openline.Service
	mail    *mail.Service
	files   *files
	sites   *visitors
	notices *notices
	smtp    *mailtest.SMTP
	imap    *mailtest.IMAP

	config mailbox.Config

	anna int64
	line line.Line
	box  mailbox.Account
}

func both(t *testing.T, change func(l *line.Line), test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d, change)
		b.connect()
		test(b)
	})
}

func setup(t *testing.T, d *db.DB, change func(l *line.Line), caps ...imap.Cap) *bench {
	t.Helper()
	b := &bench{
		t: t, db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), files: &files{held: map[int64]mail.File{}, content: map[int64][]byte{}}, sites: &visitors{}, notices: &notices{},
		smtp: mailtest.NewSMTP(t, mail.StartTLS), imap: mailtest.NewIMAP(t, mail.TLS, caps...),
	}
	users := user.New(d, b.clock)
	b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: users, GeneralTitle: "General"})
	b.im.SetFiles(chatFiles{})
	log := audit.New(d, b.clock)
	b.lines = line.New(line.Config{DB: d, Clock: b.clock, Users: users, Bots: b, Audit: log})
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	b.must(err)
	b.mail = mail.New(mail.Config{
		DB: d, Clock: b.clock, Settings: setting.New(d, b.clock), Audit: log, Box: box, Files: b.files, Sender: mail.Sender{Dial: mailtest.Dial, TLS: mailtest.Trust()},
	})
	b.config = mailbox.Config{
		DB: d, Clock: b.clock, Lines: lines{b.lines}, Files: b.files, Outbox: b.mail, Visitors: b.sites, Audit: log, Box: box, Dial: mailtest.Dial, TLS: mailtest.Trust(),
		OwnAddress: func(context.Context) string { return "portal@example.com" },
		Authority:  mailboxhttp.Authority{Clients: func(context.Context) (*http.Client, error) { return &http.Client{}, nil }},
		Notices:    b.notices,
	}
	b.Service = mailbox.New(b.config)
	b.mail.Accounts = b.Service
	b.talks = openline.New(openline.Config{
		DB: d, Clock: b.clock, Lines: b.lines, Users: users, Chats: openlineim.Chats{IM: b.im}, Presence: everybody{}, Bots: b,
		Channel: openline.Routes{Own: map[string]openline.Channel{mailbox.Connector: b.Service}},
	})
	b.Conversations = b.talks
	b.im.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: b.talks})
	u, err := users.Create(t.Context(), user.NewUser{FirstName: "Anna", LastName: "Weber", Email: "anna@acme.example"})
	b.must(err)
	b.anna = u.ID
	b.line, err = b.lines.Add(t.Context(), user.Ref{}, func(l *line.Line) error {
		l.Name, l.Active, l.Welcome, l.WelcomeText = "Support", true, false, ""
		l.NoAnswer.Rule, l.Agreement = line.RuleNone, false
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna}}
		if change != nil {
			change(l)
		}
		return nil
	})
	b.must(err)
	return b
}

func (b *bench) admin() user.Ref { return user.Ref{ID: b.anna, Admin: true} }

// settings are those of the mailbox of the bench.
func (b *bench) settings() mailbox.Settings {
	set := mailbox.Defaults()
	set.Address, set.Name, set.IMAP, set.SMTP = "Support@Acme.example", "Acme", b.imap.Server, b.smtp.Server
	return set
}

func (b *bench) connect() {
	b.t.Helper()
	var err error
	b.box, err = b.Add(b.t.Context(), b.admin(), b.line.ID, b.settings())
	b.must(err)
}

func (b *bench) SpeaksInLinesTx(context.Context, *db.Tx, int64) (bool, error) { return false, nil }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// arrives puts a mail of a client into the mailbox and reads it, a minute later.
func (b *bench) arrives(lines ...string) {
	b.t.Helper()
	b.clock.Advance(time.Minute)
	b.imap.Put(b.clock.Now(), lines...)
	b.check()
}

func (b *bench) check() {
	b.t.Helper()
	b.must(b.Check(b.t.Context(), b.box.ID))
}

func (b *bench) sends() {
	b.t.Helper()
	_, err := b.mail.Deliver(b.t.Context())
	b.must(err)
}

// letterOf are the lines of a mail.
func letterOf(from, id, subject, text string, more ...string) []string {
	return slices.Concat([]string{"From: " + from, "To: support@acme.example", "Subject: " + subject, "Message-ID: <" + id + ">"}, more, []string{"", text})
}

// chat is the newest chat with a client.
func (b *bench) chat() (id int64) {
	b.t.Helper()
	b.scan("SELECT COALESCE(MAX(chat_id), 0) FROM openline_chat", &id)
	return id
}

func (b *bench) scan(query string, dest ...any) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), query).Scan(dest...) }))
}

// says is a message of the operator, a second later.
func (b *bench) says(chat int64, text string, files ...int64) int64 {
	b.t.Helper()
	b.clock.Advance(time.Second)
	m, err := b.im.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna, Text: text, Files: files})
	b.must(err)
	return m.ID
}

// talk is what stands in a chat, by who wrote it, without what the portal says itself.
func (b *bench) talk(chat int64) (out []string) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(b.t.Context(), "SELECT CASE WHEN author_id = ? THEN 'Anna' ELSE 'client' END, text FROM message WHERE chat_id = ? AND author_id <> 0 AND deleted = 0 ORDER BY id", b.anna, chat)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var who, text string
			if err := rows.Scan(&who, &text); err != nil {
				return err
			}
			out = append(out, who+": "+text)
		}
		return rows.Err()
	}))
	return out
}

func (b *bench) want(what string, got, want any) {
	b.t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		b.t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// leftOut is why mails were left out, the newest first.
func (b *bench) leftOut() (out []string) {
	b.t.Helper()
	all, err := b.LeftOut(b.t.Context(), b.admin(), b.box.ID)
	b.must(err)
	for _, l := range all {
		out = append(out, l.Sender+": "+l.Why)
	}
	return out
}

// lines are the open channels.
type lines struct{ lines *line.Service }

func (l lines) LineTx(ctx context.Context, tx *db.Tx, id int64) (mailbox.Line, bool, error) {
	x, err := l.lines.GetTx(ctx, tx, id)
	if fault.KindOf(err) == fault.NotFound {
		return mailbox.Line{}, false, nil
	}
	return mailbox.Line{ID: x.ID, Name: x.Name, Active: x.Active}, err == nil, err
}

type everybody struct{}

func (everybody) OnlineTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// files are those that were kept, by their numbers.
type files struct {
	mu      sync.Mutex
	held    map[int64]mail.File
	content map[int64][]byte
	refuse  error
}

func (f *files) Keep(_ context.Context, chatID, userID int64, name string, content []byte) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return 0, f.refuse
	}
	if chatID == 0 || userID == 0 {
		return 0, fmt.Errorf("the file %s has no chat", name)
	}
	id := int64(len(f.held) + 1)
	f.held[id], f.content[id] = mail.File{Name: name, Type: "application/octet-stream", Size: int64(len(content))}, content
	return id, nil
}

func (f *files) Open(_ context.Context, id int64) (mail.File, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x, ok := f.held[id]
	x.Body = io.NopCloser(bytes.NewReader(f.content[id]))
	return x, ok, nil
}

// names are those of all files that were kept.
func (f *files) names() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for id := int64(1); id <= int64(len(f.held)); id++ {
		out = append(out, f.held[id].Name)
	}
	return strings.Join(out, ", ")
}

// notices keep what administrators are told.
type notices struct {
	mu  sync.Mutex
	all []string
}

func (n *notices) RefusedTx(_ context.Context, _ *db.Tx, a mailbox.Account, why string) error {
	return n.add(a.Address + ": " + why)
}

func (n *notices) AllowedTx(_ context.Context, _ *db.Tx, account int64) error {
	return n.add(fmt.Sprint("allowed ", account))
}

func (n *notices) add(text string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, text)
	return nil
}

func (n *notices) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.all
	n.all = nil
	return out
}

// visitors are those of a site.
type visitors struct {
	mu      sync.Mutex
	place   map[string]mailbox.Place
	replies []string
}

func (v *visitors) Place(_ context.Context, visitor string) (mailbox.Place, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, ok := v.place[visitor]
	return p, ok, nil
}

func (v *visitors) ReplyTx(_ context.Context, _ *db.Tx, visitor, text string, files []int64, written time.Time) (openline.Received, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.replies = append(v.replies, fmt.Sprintf("%s: %s %v", visitor, text, files))
	return openline.Received{MessageID: 77}, nil
}

// chatFiles lets messages carry every file.
type chatFiles struct{}

func (chatFiles) Describe(context.Context, []int64) (map[int64]im.File, error) { return nil, nil }

func (chatFiles) AttachTx(context.Context, *db.Tx, int64, int64, []int64) error { return nil }

func (chatFiles) ReleaseTx(context.Context, *db.Tx, int64, []int64) error { return nil }

// told tells of each message that a client's mail became.
type told struct {
	mailbox.Conversations

	heard chan string
}

func (c told) ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error) {
	tx.AfterCommit(func() { c.heard <- in.Text })
	return c.Conversations.ReceiveTx(ctx, tx, in)
}
