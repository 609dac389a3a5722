package bot_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	mine   = bot.Owner{AppID: 3, ClientID: "local.3"}
	theirs = bot.Owner{AppID: 4, ClientID: "local.4"}
)

const (
	ann  = int64(7) // an employee
	hook = "http://127.0.0.1:9100/bot.php"
)

// office stands for the people, the messenger and the events of a portal, and keeps what it is asked to do.
type office struct {
	mu         sync.Mutex
	users      map[int64]user.User
	changes    []user.BotChange
	deliveries []event.Delivery
	announced  []string
	sent       []bot.NewMessage
	edits      []bot.Change
	opened     []string
	left       []int64
	hidden     []int64
	typed      chan [2]int64
	refuse     error // what the messenger answers
	messages   map[int64]seen
	bots       []int64 // in the chat
}

// seen is a message with those who see it.
type seen struct {
	bot.MessageEvent

	Members []int64
}

func newOffice() *office {
	return &office{typed: make(chan [2]int64, 8), users: map[int64]user.User{
		ann: {
			ID: ann, Active: true, Kind: user.Employee, FirstName: "Ann", LastName: "Lee", Position: "Sales", Gender: "F",
		},
		8: {ID: 8, Active: true, Kind: user.Extranet, FirstName: "Bo"},
	}}
}

func (o *office) AddBotTx(_ context.Context, _ *db.Tx, p user.BotProfile) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.Contains(p.Email, "taken") {
		return 0, fault.New(fault.Conflict, "EMAIL_BUSY", "Taken").At("email")
	}
	if p.Email == "crash" {
		return 0, errors.New("disk full")
	}
	id := int64(100 + len(o.users))
	o.users[id] = user.User{ID: id, Active: true, Kind: user.Bot, FirstName: p.FirstName, LastName: p.LastName}
	return id, nil
}

func (o *office) UpdateBotTx(_ context.Context, _ *db.Tx, id int64, c user.BotChange) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes = append(o.changes, c)
	u := o.users[id]
	if c.FirstName != nil {
		u.FirstName = *c.FirstName
	}
	o.users[id] = u
	return nil
}

func (o *office) HideBotTx(_ context.Context, _ *db.Tx, id int64, hidden bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if hidden {
		o.hidden = append(o.hidden, id)
	}
	return nil
}

func (o *office) RemoveBotTx(_ context.Context, _ *db.Tx, id int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.users[id]
	u.Active = false
	o.users[id] = u
	return nil
}

func (o *office) RestoreBotTx(_ context.Context, _ *db.Tx, id int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.users[id]
	u.Active = true
	o.users[id] = u
	return nil
}

func (o *office) GetTx(_ context.Context, _ *db.Tx, id int64) (user.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if u, ok := o.users[id]; ok {
		return u, nil
	}
	return user.User{}, user.ErrNotFound
}

func (o *office) BriefTx(ctx context.Context, tx *db.Tx, id int64) (user.Brief, error) {
	u, err := o.GetTx(ctx, tx, id)
	return user.Brief{
		ID: u.ID, Kind: u.Kind, Active: u.Active, Admin: u.Admin, Name: u.DisplayName(), FirstName: u.FirstName,
		LastName: u.LastName, Position: u.Position, Gender: u.Gender,
	}, err
}

func (o *office) Many(context.Context, []int64) (map[int64]user.User, error) { return o.users, nil }

func (o *office) SendTx(_ context.Context, _ *db.Tx, d event.Delivery) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.deliveries = append(o.deliveries, d)
	return nil
}

// taken returns what was delivered since the last look.
func (o *office) taken() []event.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.deliveries
	o.deliveries = nil
	return out
}

// chatRoom is the messenger's side of office: both have a RemoveBotTx and a SendTx of their own.
type chatRoom struct{ *office }

func (r chatRoom) Chat(_ context.Context, dialogID string, _ int64) (int64, error) {
	if dialogID == "99" {
		return 0, nil
	}
	return 50, r.refuse
}

func (r chatRoom) OpenChat(_ context.Context, dialogID string, botID int64) (int64, error) {
	r.opened = append(r.opened, dialogID+" for "+strconv.FormatInt(botID, 10))
	return 50, r.refuse
}

func (r chatRoom) OpenPrivate(_ context.Context, opener, other int64) (int64, error) {
	r.opened = append(r.opened, strconv.FormatInt(opener, 10)+" with "+strconv.FormatInt(other, 10))
	return 51, r.refuse
}

func (r chatRoom) Send(_ context.Context, m bot.NewMessage) (int64, error) {
	r.sent = append(r.sent, m)
	return 900, r.refuse
}

func (r chatRoom) SendTx(_ context.Context, _ *db.Tx, m bot.NewMessage) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, m)
	return 901, r.refuse
}

func (r chatRoom) Message(_ context.Context, viewer, id int64) (bot.MessageEvent, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.messages[id]
	if !ok || !slices.Contains(e.Members, viewer) {
		return bot.MessageEvent{}, fault.New(fault.NotFound, "MESSAGE_ID_ERROR", "Message not found")
	}
	return e.MessageEvent, r.refuse
}

func (r chatRoom) BotsOf(context.Context, int64) ([]int64, error) { return r.bots, r.refuse }

func (r chatRoom) Update(_ context.Context, _, _ int64, c bot.Change) error {
	r.edits = append(r.edits, c)
	return r.refuse
}

func (r chatRoom) Delete(context.Context, int64, int64, bool) error { return r.refuse }

func (r chatRoom) Typing(_ context.Context, userID, chatID int64) error {
	r.typed <- [2]int64{userID, chatID}
	return r.refuse
}

func (r chatRoom) AnnounceTx(_ context.Context, _ *db.Tx, text string) error {
	r.announced = append(r.announced, text)
	return nil
}

func (r chatRoom) RemoveBotTx(_ context.Context, _ *db.Tx, botID int64) error {
	r.left = append(r.left, botID)
	return nil
}

// setup returns a service on d among an office.
func setup(t *testing.T, d *db.DB) (*bot.Service, *office) {
	t.Helper()
	o := newOffice()
	s := newService(d, o, nil)
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, o
}

func newService(d *db.DB, o *office, box *seal.Box) *bot.Service {
	return bot.New(bot.Config{
		DB: d, Clock: clock.NewManual(noon), Users: o, Messenger: chatRoom{o}, Events: o, Language: "en", Box: box,
	})
}

// registration describes a complete bot.
func registration(code string, kind bot.Type) bot.Registration {
	return bot.Registration{
		Owner: mine, Code: code, Type: kind, Profile: user.BotChange{FirstName: new("Robo")},
		Handlers: bot.Handlers{
			MessageAdd: hook, MessageUpdate: hook + "?e=update", MessageDelete: hook + "?e=delete", Join: hook, Delete: hook,
		},
	}
}

func register(t *testing.T, s *bot.Service, r bot.Registration) int64 {
	t.Helper()
	id, err := s.Register(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantFault fails the test unless err is a fault with code and a text.
func wantFault(t *testing.T, err error, code, text string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != code || f.Text != text {
		t.Errorf("got %v, want %s: %s", err, code, text)
	}
}
