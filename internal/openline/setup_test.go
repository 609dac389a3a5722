package openline_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlineim"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{setting.Schema(), audit.Schema(), user.Schema(), im.Schema(), line.Schema(), openline.Schema()}

// bundle is a line with two operators and a bot that may lead.
type bundle struct {
	*openline.Service

	t       testing.TB
	db      *db.DB
	clock   *clock.Manual
	users   *user.Service
	im      *im.Service
	lines   *line.Service
	there   *presence
	out     *channel
	told    *notices
	heard   *ears
	support line.Line

	anna, boris, bot int64
	recorded         []audit.Entry
}

// RecordTx is the audit log.
func (b *bundle) RecordTx(_ context.Context, tx *db.Tx, e audit.Entry) error {
	tx.AfterCommit(func() { b.recorded = append(b.recorded, e) })
	return nil
}

func start() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) } // a Monday

func both(t *testing.T, test func(b *bundle)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(setup(t, d, nil)) })
}

func with(t *testing.T, change func(l *line.Line), test func(b *bundle)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(setup(t, d, change)) })
}

func setup(t testing.TB, d *db.DB, change func(l *line.Line)) *bundle {
	t.Helper()
	b := &bundle{t: t, db: d, clock: clock.NewManual(start()), there: &presence{on: map[int64]bool{}}, out: &channel{}, told: &notices{}, heard: &ears{}}
	b.users = user.New(d, b.clock)
	b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: b.users, GeneralTitle: "General"})
	b.lines = line.New(line.Config{DB: d, Clock: b.clock, Users: b.users, Bots: b, Audit: audit.New(d, b.clock)})
	b.Service = b.open()
	b.anna, b.boris = b.person("Anna"), b.person("Boris")
	b.write(func(tx *db.Tx) (err error) {
		b.bot, err = b.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "Menu"})
		return err
	})
	l, err := b.lines.Add(t.Context(), user.Ref{}, func(l *line.Line) error {
		l.Name, l.Active = "Support", true
		l.Settings = quiet(l.Settings)
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna}, {Kind: line.EntryUser, ID: b.boris}}
		if change != nil {
			change(l)
			if l.Bot.Enabled {
				l.Bot.ID = b.bot
			}
		}
		return nil
	})
	b.must(err)
	b.support = l
	return b
}

// quiet are settings in which nothing happens of itself.
func quiet(s line.Settings) line.Settings {
	return line.Settings{
		Name: s.Name, Active: true, Language: "en", Distribution: line.Evenly, QueueTime: time.Minute, CheckAvailable: true, Counting: line.CountAnsweredNew,
		NoAnswer: line.Scenario{Rule: line.RuleNone}, Close: line.Scenario{Rule: line.RuleNone}, AutoClose: line.Scenario{Rule: line.RuleNone},
		WorkTime: line.WorkTime{Rule: line.Scenario{Rule: line.RuleNone}, To: 18 * 60, From: 9 * 60}, OperatorData: line.OperatorProfile,
	}
}

// open returns a service, as one more process has.
func (b *bundle) open() *openline.Service {
	s := openline.New(openline.Config{
		DB: b.db, Clock: b.clock, Lines: b.lines, Users: b.users, Chats: openlineim.Chats{IM: b.im}, Presence: b.there, Bots: b, Channel: b.out, Notices: b.told, Audit: b,
	})
	b.im.SetEntityListener(openline.EntityType, openlineim.Listener{Lines: s})
	b.im.SetListener(b.heard)
	return s
}

func (b *bundle) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) {
	return id == b.bot, nil
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) write(f func(tx *db.Tx) error) {
	b.t.Helper()
	b.must(b.db.Write(b.t.Context(), f))
}

func (b *bundle) person(name string) int64 {
	b.t.Helper()
	u, err := b.users.Create(b.t.Context(), user.NewUser{FirstName: name, LastName: "Weber", Email: name + "@example.com"})
	b.must(err)
	b.there.on[u.ID] = true
	return u.ID
}

// client is a message of a client, a second later.
func (b *bundle) client(name, text string) openline.Received {
	b.t.Helper()
	b.clock.Advance(time.Second)
	r, err := b.Receive(b.t.Context(), openline.Incoming{
		Connector: "site", LineID: b.support.ID, ChatID: "chat-" + name, Client: openline.Client{ID: name, FirstName: name}, Text: text,
	})
	b.must(err)
	return r
}

// say is a message of an operator or a bot, a second later.
func (b *bundle) say(author, chat int64, text string) error {
	b.clock.Advance(time.Second)
	_, err := b.im.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: author, Text: text})
	return err
}

// pass lets time pass and does what is due.
func (b *bundle) pass(d time.Duration) {
	b.t.Helper()
	b.clock.Advance(d)
	b.work()
}

func (b *bundle) work() {
	b.t.Helper()
	_, err := b.FireDue(b.t.Context())
	b.must(err)
	b.must(b.Drain(b.t.Context()))
}

// is checks where the conversation of a chat stands.
func (b *bundle) is(chat int64, state openline.State, operator int64) openline.Session {
	b.t.Helper()
	v, err := b.Last(b.t.Context(), chat)
	b.must(err)
	if v.State != state || v.OperatorID != operator {
		b.t.Errorf("the conversation is %s with %d, want %s with %d", v.State, v.OperatorID, state, operator)
	}
	return v
}

// members checks who is in a chat, besides the client.
func (b *bundle) members(chat int64, want ...int64) {
	b.t.Helper()
	var got []int64
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) (err error) {
		got, _, err = b.im.MembersTx(b.t.Context(), tx, chat)
		return err
	}))
	v, err := b.Last(b.t.Context(), chat)
	b.must(err)
	got = slices.DeleteFunc(slices.Clone(got), func(id int64) bool { return id == v.Channel.VisitorID })
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("in the chat are %v, want %v", got, want)
	}
}

// steps returns the kinds of what was decided about a session.
func (b *bundle) steps(session int64) (out []openline.StepKind) {
	b.t.Helper()
	all, err := b.Steps(b.t.Context(), session)
	b.must(err)
	for _, s := range all {
		out = append(out, s.Kind)
	}
	return out
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
	p.on[id] = on
}

// channel keeps what went out, as "author: text".
type channel struct {
	mu  sync.Mutex
	log []string
}

func (c *channel) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, line)
}

func (c *channel) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.log
	c.log = nil
	return out
}

func line2(m openline.Outgoing) string {
	who := m.Author
	if m.AuthorID == 0 {
		who = "line"
	}
	return who + ": " + m.Text
}

func (c *channel) SendTx(_ context.Context, tx *db.Tx, m openline.Outgoing) error {
	tx.AfterCommit(func() { c.add(line2(m)) })
	return nil
}

func (c *channel) ChangeTx(_ context.Context, tx *db.Tx, m openline.Outgoing) error {
	tx.AfterCommit(func() { c.add("changed " + line2(m)) })
	return nil
}

func (c *channel) RemoveTx(_ context.Context, tx *db.Tx, m openline.Outgoing) error {
	tx.AfterCommit(func() { c.add("removed " + strconv.FormatBool(m.MessageID != 0)) })
	return nil
}

func (c *channel) StartedTx(_ context.Context, tx *db.Tx, s openline.Session) error {
	tx.AfterCommit(func() { c.add("started in " + s.Channel.ChatID) })
	return nil
}

func (c *channel) FinishedTx(_ context.Context, tx *db.Tx, s openline.Session) error {
	tx.AfterCommit(func() { c.add("finished by " + string(s.Reason)) })
	return nil
}

// notices keeps who was told of what.
type notices struct {
	mu  sync.Mutex
	log []string
}

func (n *notices) add(tx *db.Tx, text string) error {
	tx.AfterCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.log = append(n.log, text)
	})
	return nil
}

func (n *notices) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.log
	n.log = nil
	return out
}

func (n *notices) OfferedTx(_ context.Context, tx *db.Tx, _ line.Line, _ openline.Session, to []int64) error {
	return n.add(tx, "offered to "+strconv.Itoa(len(to)))
}

func (n *notices) LateTx(_ context.Context, tx *db.Tx, _ openline.Session, to []int64, text string) error {
	return n.add(tx, strconv.Itoa(len(to))+" told: "+text)
}

func (n *notices) NobodyTx(_ context.Context, tx *db.Tx, l line.Line, _ openline.Session) error {
	return n.add(tx, "nobody in "+l.Name)
}

// ears keep what bots hear.
type ears struct {
	mu  sync.Mutex
	log []string
}

func (e *ears) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.log
	e.log = nil
	return out
}

func (e *ears) add(tx *db.Tx, text string) error {
	tx.AfterCommit(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.log = append(e.log, text)
	})
	return nil
}

func (e *ears) MessageAddedTx(_ context.Context, tx *db.Tx, m im.MessageEvent) error {
	return e.add(tx, "said "+m.Message.Text)
}
func (e *ears) MessageUpdatedTx(context.Context, *db.Tx, im.MessageEvent) error { return nil }
func (e *ears) MessageDeletedTx(context.Context, *db.Tx, im.MessageEvent) error { return nil }

func (e *ears) ChatJoinedTx(_ context.Context, tx *db.Tx, j im.JoinEvent) error {
	return e.add(tx, "joined by a client: "+strconv.FormatBool(j.ActorID > 0))
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func (b *bundle) admin() user.Ref { return user.Ref{ID: b.anna, Admin: true} }
