// Package app keeps the local applications and inbound webhooks of a portal, and the tokens by which they call.
//
// An application acts for a user with an access token (an hour) and a refresh token (180 days) that is exchanged for a
// new pair once. Tokens, client secrets and webhook codes are stored as hashes and shown once; the application_token is
// kept as it is, since every event carries it.
package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("app", schemaFiles) }

// UserAccess is what a user may do; the zero value is a user who may do nothing, or does not exist.
type UserAccess struct {
	Active bool
	Admin  bool
	Access access.Set
}

// May reports whether the user has the permissions p. Administrators have all.
func (a UserAccess) May(p access.Set) bool { return a.Active && (a.Admin || a.Access.Has(p)) }

// Users tells who may act.
type Users interface {
	// Access returns what a user may do; the zero value for an unknown one. It runs for every call of a method, so what
	// another process changed may show a moment later.
	Access(ctx context.Context, userID int64) (UserAccess, error)
	// AccessTx is Access inside a transaction, and always what the database says.
	AccessTx(ctx context.Context, tx *db.Tx, userID int64) (UserAccess, error)
}

// Delivery is an event for one handler of an application.
type Delivery struct {
	AppID  int64
	URL    string
	Name   string // in upper case
	UserID int64  // whose tokens the handler gets; 0 for none
	Data   phpform.Value
}

// Events sends deliveries once the transaction is durable.
type Events interface {
	SendTx(ctx context.Context, tx *db.Tx, d Delivery) error
	// QueueTx queues an event for an application that bound it as one that it fetches.
	QueueTx(ctx context.Context, tx *db.Tx, d Delivery) error
	// HandlersTx returns the addresses that an application bound to an event.
	HandlersTx(ctx context.Context, tx *db.Tx, appID int64, name string) ([]string, error)
}

// Audit is the log of what administrators do; *audit.Service is one.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Endpoints are the addresses that applications are told.
type Endpoints struct {
	Domain         string // of the portal, with the port where it is not the usual one
	ClientEndpoint string // where methods are called, ends in "/rest/"
	ServerEndpoint string // the REST address of the authorization server, ends in "/rest/"
}

// Config is what a Service needs.
type Config struct {
	DB        *db.DB
	Clock     clock.Clock
	Users     Users
	Events    Events
	Hooks     Hooks // delivers to outbound webhooks; nil where there are none
	Endpoints func() Endpoints
	Language  string       // of the portal, e.g. "en", which is also the default
	Log       *slog.Logger // nil is slog.Default()
	Audit     Audit        // where changes are noted; nil notes none
	// Place names where the portal is kept: tokens lead to it, see Tagged. Empty: they do not.
	Place string

	// OnRemoveTx run in the transaction that removes an application, before its ONAPPUNINSTALL is recorded.
	OnRemoveTx []func(ctx context.Context, tx *db.Tx, appID int64) error
}

// Service keeps applications, webhooks and tokens. It is safe for use by several goroutines.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	users  Users
	events Events
	cfg    Config
	log    *slog.Logger

	member     atomic.Pointer[string]
	generation atomic.Uint64 // goes up with every change that what is remembered may depend on

	mu         sync.Mutex // guards the maps
	signatures map[signKey]*signature
	receivers  map[receiver]keys

	doors doors

	installed atomic.Pointer[usable]
	paged     atomic.Pointer[withPages]
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Language == "" {
		c.Language = "en"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Service{
		db: c.DB, clock: c.Clock, users: c.Users, events: c.Events, cfg: c, log: c.Log,
		signatures: map[signKey]*signature{}, receivers: map[receiver]keys{},
	}
	s.db.Watch(func() { s.generation.Add(1) })
	return s
}

// Endpoints returns the addresses that applications are told.
func (s *Service) Endpoints() Endpoints { return s.cfg.Endpoints() }

// Language returns the language of the portal, e.g. "en".
func (s *Service) Language() string { return s.cfg.Language }

// MemberID returns the name of the portal that stays when its address changes: 32 hexadecimal digits. It is made at the
// first use. It must not be called inside a transaction.
func (s *Service) MemberID(ctx context.Context) (string, error) {
	if id := s.member.Load(); id != nil {
		return *id, nil
	}
	id, err := s.storedMemberID(ctx)
	if errors.Is(err, db.ErrNoRows) {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO app_portal (id, member_id) VALUES (1, ?) ON CONFLICT DO NOTHING", newHex(32))
			return err
		})
		if err == nil {
			id, err = s.storedMemberID(ctx) // another process may have been first
		}
	}
	if err != nil {
		return "", fmt.Errorf("member id: %w", err)
	}
	s.member.Store(&id)
	return id, nil
}

func (s *Service) storedMemberID(ctx context.Context) (id string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT member_id FROM app_portal WHERE id = 1").Scan(&id)
	})
	return id, err
}

// changedTx makes what is remembered be read again once the transaction is durable.
func (s *Service) changedTx(tx *db.Tx) {
	tx.OnCommit(func() { s.generation.Add(1) })
}
