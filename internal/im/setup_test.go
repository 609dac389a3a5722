package im_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{user.Schema(), im.Schema()}

// bundle is a fresh messenger with three people and a bot.
type bundle struct {
	*im.Service

	db    *db.DB
	users *user.Service
	clock *clock.Manual
	live  *live
	heard *listener

	anna, boris, clara, bot int64
}

func start() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func setup(t testing.TB, d *db.DB) *bundle {
	t.Helper()
	b := &bundle{db: d, clock: clock.NewManual(start()), live: &live{}, heard: &listener{}}
	b.users = user.New(d, b.clock)
	b.Service = im.New(im.Config{DB: d, Clock: b.clock, Users: b.users, Live: b.live, GeneralTitle: "General chat"})
	b.SetListener(b.heard)
	b.anna, b.boris, b.clara = b.person(t, "Anna"), b.person(t, "Boris"), b.person(t, "Clara")
	must(t, d.Write(t.Context(), func(tx *db.Tx) (err error) {
		b.bot, err = b.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: "ReportBot"})
		return err
	}))
	return b
}

func (b *bundle) person(t testing.TB, name string) int64 {
	t.Helper()
	u, err := b.users.Create(t.Context(), user.NewUser{FirstName: name, LastName: "Weber", Email: name + "@example.com"})
	must(t, err)
	return u.ID
}

func (b *bundle) private(t testing.TB, x, y int64) im.Chat {
	t.Helper()
	c, err := b.OpenPrivate(t.Context(), x, y)
	must(t, err)
	return c
}

func (b *bundle) group(t testing.TB, g im.NewGroup) im.Chat {
	t.Helper()
	if g.Title == "" {
		g.Title = "Project"
	}
	c, err := b.CreateGroup(t.Context(), g)
	must(t, err)
	return c
}

func (b *bundle) say(t testing.TB, chat, author int64, text string) im.Message {
	t.Helper()
	b.clock.Advance(time.Second)
	m, err := b.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: author, Text: text})
	must(t, err)
	return m
}

func (b *bundle) texts(t testing.TB, viewer int64, h im.History) []string {
	t.Helper()
	p, err := b.Messages(t.Context(), viewer, h)
	must(t, err)
	out := []string{}
	for _, m := range p.Messages {
		out = append(out, m.Text)
	}
	return out
}

func (b *bundle) line(t testing.TB, viewer, chat int64) im.RecentItem {
	t.Helper()
	items, _, err := b.Recent(t.Context(), viewer, im.RecentQuery{ChatID: chat})
	must(t, err)
	if len(items) != 1 {
		t.Fatalf("the recent list has %d lines for chat %d, want 1", len(items), chat)
	}
	return items[0]
}

func both(t *testing.T, test func(t *testing.T, b *bundle)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(t, setup(t, d)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t testing.TB, what string, got, want []T, same func(a, b T) bool) {
	t.Helper()
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func same[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	equal(t, what, got, want, func(a, b T) bool { return a == b })
}

// hint is one published hint.
type hint struct {
	to    []int64
	event string
	data  any
}

// live keeps what was published.
type live struct {
	mu    sync.Mutex
	hints []hint
}

func (l *live) Publish(ids []int64, event string, data any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hints = append(l.hints, hint{slices.Clone(ids), event, data})
}

// take returns the hints since the last call.
func (l *live) take() []hint {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.hints
	l.hints = nil
	return out
}

// listener keeps what bots would hear. On request it refuses.
type listener struct {
	mu                      sync.Mutex
	added, updated, deleted []im.MessageEvent
	joined                  []im.JoinEvent
	refuse                  error
}

func (l *listener) MessageAddedTx(_ context.Context, _ *db.Tx, e im.MessageEvent) error {
	return l.keep(&l.added, e)
}

func (l *listener) MessageUpdatedTx(_ context.Context, _ *db.Tx, e im.MessageEvent) error {
	return l.keep(&l.updated, e)
}

func (l *listener) MessageDeletedTx(_ context.Context, _ *db.Tx, e im.MessageEvent) error {
	return l.keep(&l.deleted, e)
}

func (l *listener) keep(list *[]im.MessageEvent, e im.MessageEvent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	*list = append(*list, e)
	return l.refuse
}

func (l *listener) ChatJoinedTx(_ context.Context, _ *db.Tx, e im.JoinEvent) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.joined = append(l.joined, e)
	return l.refuse
}

// counts are how many events of each kind were heard: added, updated, deleted, joined.
func (l *listener) counts() [4]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return [4]int{len(l.added), len(l.updated), len(l.deleted), len(l.joined)}
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
