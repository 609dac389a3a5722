package notify_test

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// began is a Monday morning.
var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// bench is the notifications of a portal with three people.
type bench struct {
	*notify.Service
	config             notify.Config
	db                 *db.DB
	clock              *clock.Manual
	live               *live
	pusher             *pusher
	anna, boris, clara int64
	members            map[int64][]int64 // of chats, in order
	muted              map[int64][]int64
	pressed            []string
}

// live keeps the hints.
type live struct {
	mu    sync.Mutex
	hints []string
}

func (l *live) Publish(ids []int64, event string, data any) { l.add(fmt.Sprint(ids), event, data) }

func (l *live) PublishAll(event string, data any) { l.add("all", event, data) }

func (l *live) add(to, event string, data any) {
	raw, _ := json.Marshal(data)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hints = append(l.hints, to+" "+event+" "+string(raw))
}

// take returns the hints since it was called last.
func (l *live) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.hints
	l.hints = nil
	return out
}

// pusher is a push service for all devices that answers as it is told.
type pusher struct {
	mu     sync.Mutex
	answer func(o notify.Outgoing) notify.Outcome // nil: takes everything
	got    []notify.Outgoing
}

func (*pusher) NewKeys() (notify.Keys, error) {
	return notify.Keys{Public: "public", Private: rand.Text()}, nil
}

func (p *pusher) Post(_ context.Context, _ notify.Keys, o notify.Outgoing) notify.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, o)
	if p.answer != nil {
		return p.answer(o)
	}
	return notify.Outcome{Sent: true}
}

// NotifyChatTx gives each person a chat.
func (*bench) NotifyChatTx(_ context.Context, _ *db.Tx, userID int64) (int64, error) {
	return 70 + userID, nil
}

// HearersTx is of the chats of the test.
func (b *bench) HearersTx(_ context.Context, _ *db.Tx, chatID int64, among []int64, after int64, limit int) (out []notify.Hearer, err error) {
	for _, id := range b.members[chatID] {
		if id > after && len(out) < limit && (among == nil || slices.Contains(among, id)) {
			out = append(out, notify.Hearer{UserID: id, Muted: slices.Contains(b.muted[chatID], id)})
		}
	}
	return out, nil
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{user.Schema(), notify.Schema()}, func(t *testing.T, d *db.DB) { test(t, open(t, d)) })
}

func open(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{db: d, clock: clock.NewManual(began), live: &live{}, pusher: &pusher{}, members: map[int64][]int64{}, muted: map[int64][]int64{}}
	users := user.New(d, b.clock)
	person := func(name string) int64 {
		u, err := users.Create(t.Context(), user.NewUser{FirstName: name, Email: name + "@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	b.anna, b.boris, b.clara = person("Anna"), person("Boris"), person("Clara")
	box, err := seal.New(make([]byte, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	press := func(_ context.Context, _ *db.Tx, n notify.Notification, value string) (string, error) {
		b.pressed = append(b.pressed, fmt.Sprintf("%d %s", n.Ref, value))
		return "You said " + value + ".", nil
	}
	kinds := append(notify.Kinds(), notify.Kind{Module: "tasks", ModuleName: "Tasks", Event: "approve", Name: "Approvals", PressTx: press, AnswerTx: press})
	b.config = notify.Config{
		DB: d, Clock: b.clock, Users: users, Live: b.live, Chats: b, Kinds: kinds, Box: box, Pusher: b.pusher, Log: slog.New(slog.DiscardHandler),
	}
	b.Service = notify.New(b.config)
	return b
}

// tell tells somebody and returns the notification's id.
func (b *bench) tell(t *testing.T, n notify.Notice) int64 {
	t.Helper()
	if n.Module == "" {
		n.Module, n.Event = notify.ModuleRest, notify.EventRest
	}
	id, err := b.Tell(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// texts lists a person's notifications as "text", in their order.
func (b *bench) texts(t *testing.T, userID int64, q notify.Query) []string {
	t.Helper()
	list, err := b.List(t.Context(), userID, q)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, n := range list {
		out = append(out, n.Text)
	}
	return out
}

// subscribe gives a person a device at an address.
func (b *bench) subscribe(t *testing.T, userID int64, endpoint string) {
	t.Helper()
	if err := b.Subscribe(t.Context(), userID, subscription(t, endpoint), "Chromium on Linux"); err != nil {
		t.Fatal(err)
	}
}

func subscription(t *testing.T, endpoint string) notify.Subscription {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return notify.Subscription{
		Endpoint: endpoint, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
	}
}

// message stores nothing but that people are to be told of a message.
func (b *bench) message(t *testing.T, m notify.ChatMessage) {
	t.Helper()
	err := b.db.Write(t.Context(), func(tx *db.Tx) error { return b.MessageTx(t.Context(), tx, m, b.members[m.ChatID]) })
	if err != nil {
		t.Fatal(err)
	}
}

// spread tells people of all messages that wait and returns in how many writes.
func (b *bench) spread(t *testing.T) (writes int) {
	t.Helper()
	for {
		more, err := b.TellSome(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return writes
		}
		writes++
	}
}

// sent sends what is due and returns what the push service got, as "endpoint title: text".
func (b *bench) sent(t *testing.T) []string {
	t.Helper()
	for {
		n, err := b.SendSome(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	out := []string{}
	for _, o := range b.pusher.got {
		var p notify.Push
		if err := json.Unmarshal([]byte(o.Payload), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, o.Endpoint[len("https://push.example/"):]+" "+p.Title+": "+p.Text)
	}
	b.pusher.got = nil
	slices.Sort(out) // they go out at once
	return out
}
