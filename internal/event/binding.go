package event

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Binding is a handler that an application bound to an event, or its wish to fetch the event.
type Binding struct {
	ID       int64
	AppID    int64
	Event    string
	Handler  string // empty for an event that is fetched
	AuthUser int64  // under whom the handler is authorized; 0: under who caused the event
	// Offline says that the event is queued for the application to fetch.
	Offline bool
	// Connector is the source of an offline event: a queue of its own, without the changes that are made with it.
	Connector string
	// MinTimeout is the time between two notifications of ONOFFLINEEVENT, in seconds; nil is 1.
	MinTimeout *int64

	hookID int64 // the outbound webhook that is bound, when no application is
}

// The faults that event.bind and event.unbind document for people who are no administrators.
var (
	errBindUser = fault.New(fault.Denied, "ACCESS_DENIED",
		"Access denied! Event binding with AUTH_TYPE requires administrator access rights")
	errUnbindUser = fault.New(fault.Denied, "ACCESS_DENIED",
		"Access denied! Event unbinding with AUTH_TYPE requires administrator access rights")
	errBindOffline = fault.New(fault.Denied, "ACCESS_DENIED",
		"Access denied! Offline events binding requires administrator access rights")
	errUnbindOffline = fault.New(fault.Denied, "ACCESS_DENIED",
		"Access denied! Offline events unbinding requires administrator access rights")
	errBound = fault.New(fault.Conflict, "ERROR_CORE", "Unable to set event handler: Handler already bound")
)

// Bind binds a handler of an application to an event on behalf of actor. canUse says which scopes the application has.
// Somebody who is no administrator binds under themselves only.
// Faults: ERROR_EVENT_NOT_FOUND, ERROR_ARGUMENT for the handler, ACCESS_DENIED, ERROR_CORE when it is bound already.
func (s *Service) Bind(ctx context.Context, actor user.Ref, b Binding, canUse func(scope string) bool) error {
	b.Event = strings.ToUpper(strings.TrimSpace(b.Event))
	def, ok := s.catalog[b.Event]
	if !ok || !canUse(def.Scope) {
		return errUnknownEvent
	}
	if err := b.check(actor); err != nil {
		return err
	}
	if !actor.Admin {
		if b.AuthUser != 0 && b.AuthUser != actor.ID {
			return errBindUser
		}
		b.AuthUser = actor.ID
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		s.boundChangedTx(tx)
		n, err := tx.Exec(ctx, `INSERT INTO event_binding (app_id, event, handler, auth_user, offline, connector, min_timeout, created_by, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			b.AppID, b.Event, b.Handler, b.AuthUser, db.Bit(b.Offline), b.Connector, b.minTimeout(), actor.ID, db.Micro(s.clock.Now()))
		if err == nil && n == 0 {
			return errBound
		}
		return err
	})
}

// check returns the fault of a binding that cannot be made by actor.
func (b Binding) check(actor user.Ref) error {
	switch {
	case b.Offline && !actor.Admin:
		return errBindOffline
	case b.Offline && b.Event == OfflineEvent:
		return fault.Argument("event_type", OfflineEvent+" is sent to a handler: bind it online")
	case (!b.Offline || b.Handler != "") && !CheckURL(b.Handler):
		return fault.Argument("handler", "The handler must be an http or https address")
	case b.Connector != "" && !b.Offline:
		return fault.Argument("auth_connector", "auth_connector belongs to offline events")
	case len(b.Connector) > maxConnector:
		return fault.Argument("auth_connector", fmt.Sprintf("auth_connector must have at most %d characters", maxConnector))
	case b.MinTimeout != nil && b.Event != OfflineEvent:
		return fault.Argument("options", "The event has no options")
	case b.MinTimeout != nil && (*b.MinTimeout < 0 || *b.MinTimeout > MaxMinTimeout):
		return fault.Argument("options", fmt.Sprintf("minTimeout must be a number of seconds between 0 and %d", MaxMinTimeout))
	}
	return nil
}

// maxConnector is the longest source of offline events, in bytes.
const maxConnector = 100

func (b Binding) minTimeout() int64 {
	if b.MinTimeout == nil {
		return 1
	}
	return *b.MinTimeout
}

// Unbind removes the application's handlers for an event. An empty Handler stands for all of them, a nil authUser for
// every authorization. It returns how many were removed. Somebody who is no administrator removes their own only.
func (s *Service) Unbind(ctx context.Context, actor user.Ref, b Binding, authUser *int64) (count int64, err error) {
	b.Event = strings.ToUpper(strings.TrimSpace(b.Event))
	if b.Offline && !actor.Admin {
		return 0, errUnbindOffline
	}
	if !actor.Admin {
		if authUser != nil && *authUser != 0 && *authUser != actor.ID {
			return 0, errUnbindUser
		}
		authUser = &actor.ID
	}
	query, args := "DELETE FROM event_binding WHERE app_id = ? AND event = ? AND offline = ?", []any{b.AppID, b.Event, db.Bit(b.Offline)}
	if b.Handler != "" {
		query, args = query+" AND handler = ?", append(args, b.Handler)
	}
	if authUser != nil {
		query, args = query+" AND auth_user = ?", append(args, *authUser)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		s.boundChangedTx(tx)
		count, err = tx.Exec(ctx, query, args...)
		return err
	})
	return count, err
}

// Bindings returns an application's handlers: all of them to an administrator, to others their own.
func (s *Service) Bindings(ctx context.Context, actor user.Ref, appID int64) (out []Binding, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if actor.Admin {
			out, err = queryBindings(ctx, tx, "WHERE app_id = ? ORDER BY id", appID)
			return err
		}
		out, err = queryBindings(ctx, tx, "WHERE app_id = ? AND auth_user = ? AND offline = 0 ORDER BY id", appID, actor.ID)
		return err
	})
	return out, err
}

// HandlersTx returns the addresses that an application bound to an event, each once, in the order in which it did.
func (s *Service) HandlersTx(ctx context.Context, tx *db.Tx, appID int64, name string) ([]string, error) {
	bindings, err := queryBindings(ctx, tx, "WHERE app_id = ? AND event = ? AND offline = 0 ORDER BY id", appID, name)
	var out []string
	for _, b := range bindings {
		if !slices.Contains(out, b.Handler) {
			out = append(out, b.Handler)
		}
	}
	return out, err
}

// RemoveAppTx removes all handlers of an application that is being deleted, and its queue. What has been recorded is still
// delivered.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	s.boundChangedTx(tx)
	if err := tx.Later(ctx, "DELETE FROM event_binding WHERE app_id = ?", appID); err != nil {
		return err
	}
	return tx.Later(ctx, "DELETE FROM event_offline WHERE app_id = ?", appID)
}

func queryBindings(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Binding, err error) {
	rows, err := tx.Query(ctx, "SELECT id, app_id, hook_id, event, handler, auth_user, offline, connector FROM event_binding "+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b Binding
		if err := rows.Scan(&b.ID, &b.AppID, &b.hookID, &b.Event, &b.Handler, &b.AuthUser, &b.Offline, &b.Connector); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}
