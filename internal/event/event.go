// Package event records what happened and delivers it to the handlers of applications.
//
// An event is a row written in the transaction of the change that it tells of: a delivery for every handler that is bound
// at that moment. After the commit a dispatcher posts the deliveries, in order for each handler, until the handler answers
// 200 or a delivery has failed too often. A delivery may arrive twice, never zero times.
package event

import (
	"context"
	"embed"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/setting"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of this package.
func Schema() db.Schema { return db.EmbeddedSchema("event", schemaFiles) }

// Def is an event that applications may bind to.
type Def struct {
	Name  string // in upper case, e.g. "ONTASKADD"
	Scope string // the scope that the application needs; "basic" for none
	// Private says that the event concerns one application, so that outbound webhooks cannot have it.
	Private bool
}

// Test is the event that an application has sent to itself to try its handler. Every catalogue has it.
const Test = "ONAPPTEST"

// own are the events of this package.
var own = []Def{{Name: Test, Scope: "basic", Private: true}, {Name: OfflineEvent, Scope: "basic", Private: true}}

// Event is something that happened.
type Event struct {
	Name   string // of a Def
	AppID  int64  // when set, only this application's handlers hear of it
	UserID int64  // who caused it; 0 for the system
	Data   phpform.Value
}

// Delivery is an event for one handler, whether bound to it or not: the events of bots, the installation of an application.
type Delivery struct {
	AppID  int64
	URL    string
	Name   string
	UserID int64 // whose access the handler gets
	BotID  int64 // when set, data[BOT][BotID], or every entry of data[COMMAND], gets the bot's own access
	NoAuth bool  // sends no tokens, only what identifies the portal
	// Token is the application_token for a receiver that is no application: who registered a bot through a webhook, under a
	// name of their own. AppID is 0 then, and no tokens are sent.
	Token string
	Data  phpform.Value

	bindingID, replayOf int64
}

// Service records bindings and deliveries.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	catalog map[string]Def
	names   []string

	lanes sync.Map // laneKey → int64; rows of event_lane are never deleted

	generation atomic.Int64 // grows when somebody may have been bound or unbound
	remembered atomic.Pointer[bound]

	receives func(ctx context.Context, tx *db.Tx, appID int64) (bool, error) // nil: every application
	origin   func(ctx context.Context) Origin                                // nil: events happen under no call
	audit    *audit.Service                                                  // nil: what people do is not logged
	settings *setting.Store                                                  // nil: the settings are the default ones

	outcomes func(ctx context.Context, tx *db.Tx, all []Outcome) error // nil: nobody follows

	mu       sync.Mutex
	sender   sender // the dispatcher, once it runs
	watchers []func()
}

// sender is what sends deliveries.
type sender interface {
	wake(laneID int64) // something was recorded
	kick(laneID int64) // what waits for its next attempt need not wait
	halt(laneID int64) // the lane was paused
	remind()           // a handler of ONOFFLINEEVENT has to be told later
}

// laneKey names a handler: deliveries to one are sent in order.
type laneKey struct {
	appID int64
	url   string
}

// New returns a service that knows the events of catalog and those of this package.
func New(d *db.DB, clk clock.Clock, catalog []Def) *Service {
	s := &Service{db: d, clock: clk, catalog: map[string]Def{}}
	for _, def := range slices.Concat(own, catalog) {
		if _, twice := s.catalog[def.Name]; twice || def.Name != strings.ToUpper(def.Name) {
			panic("event " + def.Name + " is defined twice or not in upper case")
		}
		s.catalog[def.Name] = def
		s.names = append(s.names, def.Name)
	}
	slices.Sort(s.names)
	d.Watch(func() { s.generation.Add(1) })
	return s
}

// Catalog returns the events that can be bound, in the order of their names.
func (s *Service) Catalog() []Def {
	out := make([]Def, len(s.names))
	for i, n := range s.names {
		out[i] = s.catalog[n]
	}
	return out
}

// SetReceivers makes the service ask before it records an event for an application: one whose installation is not complete
// gets none. It must be called before the first event.
func (s *Service) SetReceivers(receives func(ctx context.Context, tx *db.Tx, appID int64) (bool, error)) {
	s.receives = receives
}

// Recorded is what became of an event.
type Recorded struct {
	Deliveries []int64 // their numbers, one for each handler
	Queued     bool    // it waits for an application that fetches its events
}

// EmitTx records e for everyone who is bound to it: a delivery for a handler, a record in the queue of an application that
// fetches its events.
func (s *Service) EmitTx(ctx context.Context, tx *db.Tx, e Event) error {
	_, err := s.RecordTx(ctx, tx, e)
	return err
}

// RecordTx is EmitTx for who wants to know what becomes of the event; see SetOutcomes.
func (s *Service) RecordTx(ctx context.Context, tx *db.Tx, e Event) (out Recorded, err error) {
	bindings, err := s.boundTx(ctx, tx, e.Name, e.AppID)
	if err != nil {
		return out, err
	}
	open := map[int64]bool{0: true} // outbound webhooks
	for _, b := range bindings {
		if _, asked := open[b.AppID]; !asked {
			if open[b.AppID], err = s.receivesTx(ctx, tx, b.AppID); err != nil {
				return out, err
			}
		}
		if !open[b.AppID] {
			continue
		}
		id, err := s.emitToTx(ctx, tx, b, e)
		if err != nil {
			return out, err
		}
		if id != 0 {
			out.Deliveries = append(out.Deliveries, id)
		}
		out.Queued = out.Queued || b.Offline
	}
	return out, nil
}

// emitToTx records e for one that is bound to it, and returns the number of the delivery; 0: there is none.
func (s *Service) emitToTx(ctx context.Context, tx *db.Tx, b Binding, e Event) (int64, error) {
	d := Delivery{AppID: b.AppID, URL: b.Handler, Name: e.Name, UserID: e.UserID, Data: e.Data, bindingID: b.ID}
	switch {
	case b.hookID != 0:
		lane, err := hookLaneTx(ctx, tx, b.hookID)
		if err != nil {
			return 0, fmt.Errorf("lane of webhook %d: %w", b.hookID, err)
		}
		d.UserID, d.NoAuth = 0, true
		return s.insertTx(ctx, tx, lane, d)
	case b.Offline:
		if from := s.originOf(ctx); b.Connector != "" && from.AppID == b.AppID && from.Connector == b.Connector {
			return 0, nil // the application's own change
		}
		return 0, s.queueTx(ctx, tx, b, e)
	}
	if b.AuthUser != 0 {
		d.UserID = b.AuthUser
	}
	return s.sendTx(ctx, tx, d)
}

// Emit records e in a transaction of its own.
func (s *Service) Emit(ctx context.Context, e Event) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.EmitTx(ctx, tx, e) })
}

func (s *Service) receivesTx(ctx context.Context, tx *db.Tx, appID int64) (bool, error) {
	if s.receives == nil {
		return true, nil
	}
	return s.receives(ctx, tx, appID)
}

// SendTx records one delivery.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, d Delivery) error {
	_, err := s.sendTx(ctx, tx, d)
	return err
}

func (s *Service) sendTx(ctx context.Context, tx *db.Tx, d Delivery) (int64, error) {
	lane, err := s.laneTx(ctx, tx, laneKey{d.AppID, d.URL})
	if err != nil {
		return 0, err
	}
	return s.insertTx(ctx, tx, lane, d)
}

// insertTx records a delivery in a lane and returns its id.
func (s *Service) insertTx(ctx context.Context, tx *db.Tx, lane int64, d Delivery) (int64, error) {
	noAuth := int64(0)
	if d.NoAuth {
		noAuth = 1
	}
	id, err := tx.Insert(ctx, `INSERT INTO event_delivery (lane_id, binding_id, name, user_id, bot_id, no_auth, token, data, created_at, replay_of)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		lane, d.bindingID, d.Name, d.UserID, d.BotID, noAuth, d.Token, string(phpform.AppendJSON(nil, d.Data)),
		db.Micro(s.clock.Now()), d.replayOf)
	if err != nil {
		return 0, err
	}
	tx.AfterCommit(func() { s.tell(func(to sender) { to.wake(lane) }) })
	return id, nil
}

// tell calls f with what sends deliveries, where that runs in this process, and tells who watches. Another process looks for itself.
func (s *Service) tell(f func(sender)) {
	s.mu.Lock()
	to := s.sender
	s.mu.Unlock()
	if to != nil {
		f(to)
	}
	s.changed()
}

// OnChange calls f, which must be quick, after this process has stored deliveries, attempts, or pauses of handlers. What another
// process stores db.DB.Watch tells of.
func (s *Service) OnChange(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
}

func (s *Service) changed() {
	s.mu.Lock()
	watchers := s.watchers
	s.mu.Unlock()
	for _, f := range watchers {
		f()
	}
}

// laneTx returns the lane of a handler, made when missing.
func (s *Service) laneTx(ctx context.Context, tx *db.Tx, key laneKey) (int64, error) {
	if id, ok := s.lanes.Load(key); ok {
		return id.(int64), nil
	}
	var id int64
	// The update makes RETURNING answer for a row that was there.
	err := tx.QueryRow(ctx, `INSERT INTO event_lane (app_id, url) VALUES (?, ?)
		ON CONFLICT (app_id, url) WHERE hook_id = 0 DO UPDATE SET url = excluded.url RETURNING id`, key.appID, key.url).Scan(&id)
	if err != nil {
		return 0, err
	}
	tx.OnCommit(func() { s.lanes.Store(key, id) })
	return id, nil
}

// maxURL is the longest handler address in bytes.
const maxURL = 2000

// CheckURL reports whether text is an address that deliveries can go to: http or https with a host.
func CheckURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// errUnknownEvent is documented on the page of event.bind.
var errUnknownEvent = fault.New(fault.Invalid, "ERROR_EVENT_NOT_FOUND", "Event not found")
