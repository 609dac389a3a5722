package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Outbound is an outbound webhook: a handler that hears of events without being an application. What it gets carries its
// application_token and no OAuth tokens. Page: local-integrations/local-webhooks.md.
type Outbound struct {
	ID      int64
	Name    string
	URL     string   // of the handler
	Events  []string // in upper case, in the order of the alphabet
	Token   string   // application_token, by which the handler knows that a request comes from this portal
	Signed  bool     // its requests are signed
	OwnerID int64
	Created time.Time
	Updated time.Time

	State HookState // how its deliveries are doing
}

// HookState is how the deliveries of an outbound webhook are doing.
type HookState struct {
	Handler    int64 // by which the deliveries are found
	Paused     bool  // gets nothing until somebody resumes it, or it answers again
	Failed     bool  // paused itself after a long time of failures
	Failures   int64
	Waiting    int64 // deliveries that have not been sent
	Dead       int64 // deliveries that were put aside
	LastOK     time.Time
	LastFailed time.Time
}

// HookEvent is an event that outbound webhooks may have.
type HookEvent struct{ Name, Scope string }

// Hook is what the delivery of events has to know of an outbound webhook.
type Hook struct {
	ID     int64
	URL    string
	Events []string
}

// Hooks delivers events to outbound webhooks.
type Hooks interface {
	HookEvents() []HookEvent
	SaveHookTx(ctx context.Context, tx *db.Tx, actor user.Ref, h Hook) error
	RemoveHookTx(ctx context.Context, tx *db.Tx, id int64) error
	PauseHookTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) error
	ResumeHookTx(ctx context.Context, tx *db.Tx, id int64) error
	// TestHookTx sends ONAPPTEST.
	TestHookTx(ctx context.Context, tx *db.Tx, id int64, language string) error
	HookStatesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]HookState, error)
}

// ErrOutboundNotFound is the fault of an outbound webhook that is not there.
var ErrOutboundNotFound = fault.New(fault.NotFound, "WEBHOOK_NOT_FOUND", "There is no such webhook.")

// OutboundForm is what a person says of an outbound webhook.
type OutboundForm struct {
	Name   string // empty is "Outbound webhook"
	URL    string
	Events []string
}

// Form returns what a person said of o.
func (o Outbound) Form() OutboundForm { return OutboundForm{o.Name, o.URL, o.Events} }

// OutboundEvents returns the events that outbound webhooks may have.
func (s *Service) OutboundEvents() []HookEvent { return s.cfg.Hooks.HookEvents() }

// OutboundProblems returns a fault for every field of f that cannot be taken. The fields are called name, url and events.
func (s *Service) OutboundProblems(f OutboundForm) []*fault.Fault {
	var out []*fault.Fault
	f = f.cleaned()
	add := func(field, text string) {
		if text != "" {
			out = append(out, invalid(field, text))
		}
	}
	add("name", wrongName(f.Name))
	if f.URL == "" {
		add("url", "Enter the address of the handler.")
	} else {
		add("url", wrongURL(f.URL))
	}
	add("events", s.wrongEvents(f.Events))
	return out
}

func (s *Service) wrongEvents(names []string) string {
	if len(names) == 0 {
		return "Choose at least one event."
	}
	for _, n := range names {
		if !slices.ContainsFunc(s.OutboundEvents(), func(e HookEvent) bool { return e.Name == n }) {
			return "There is no event " + n + " for outbound webhooks."
		}
	}
	return ""
}

func (f OutboundForm) cleaned() OutboundForm {
	f.Name, f.URL = strings.TrimSpace(f.Name), strings.TrimSpace(f.URL)
	if f.Name == "" {
		f.Name = "Outbound webhook"
	}
	names := make([]string, 0, len(f.Events))
	for _, n := range f.Events {
		if n = strings.ToUpper(strings.TrimSpace(n)); n != "" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	f.Events = slices.Compact(names)
	return f
}

// OutboundMade is a new outbound webhook with what is shown once.
type OutboundMade struct {
	Outbound

	SigningSecret string
}

// CreateOutbound adds an outbound webhook. Faults: ACCESS_DENIED, INVALID_FIELD at the first field that cannot be taken.
func (s *Service) CreateOutbound(ctx context.Context, actor user.Ref, f OutboundForm) (m OutboundMade, err error) {
	if !actor.May(access.ManageApps) {
		return m, ErrAdminOnly
	}
	if p := s.OutboundProblems(f); len(p) > 0 {
		return m, p[0]
	}
	f, now := f.cleaned(), s.clock.Now()
	m.Outbound = Outbound{
		Name: f.Name, URL: f.URL, Events: f.Events, Token: newHex(32), Signed: true, OwnerID: actor.ID, Created: now, Updated: now,
	}
	m.SigningSecret = newSigningSecret()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		m.ID, err = tx.Insert(ctx, `INSERT INTO app_outbound
			(name, url, events, application_token, signing_secret, owner_id, created_at, updated_at, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.Name, m.URL, joinScopes(m.Events), m.Token, m.SigningSecret, actor.ID, db.Micro(now), db.Micro(now), foldSearch(m.Name+" "+m.URL))
		if err != nil {
			return fmt.Errorf("insert outbound webhook: %w", err)
		}
		if err := s.cfg.Hooks.SaveHookTx(ctx, tx, actor, Hook{m.ID, m.URL, m.Events}); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, entry{"OUTBOUND_WEBHOOK_ADDED", m.ID, audit.Notice, "Added the outbound webhook " + m.Name + " to " + m.URL + "."})
	})
	return m, err
}

// changeOutbound runs do on an outbound webhook that actor may change, stores it and notes what was done.
func (s *Service) changeOutbound(ctx context.Context, actor user.Ref, id int64, kind, text string, do func(tx *db.Tx, o *Outbound) error) (o Outbound, err error) {
	if !actor.May(access.ManageApps) {
		return o, ErrAdminOnly
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if o, err = outboundTx(ctx, tx, id); err != nil {
			return err
		}
		name := o.Name
		if err := do(tx, &o); err != nil {
			return err
		}
		o.Updated = s.clock.Now()
		s.changedTx(tx)
		_, err := tx.Exec(ctx, "UPDATE app_outbound SET name = ?, url = ?, events = ?, application_token = ?, updated_at = ?, search = ? WHERE id = ?",
			o.Name, o.URL, joinScopes(o.Events), o.Token, db.Micro(o.Updated), foldSearch(o.Name+" "+o.URL), id)
		if err != nil {
			return fmt.Errorf("store outbound webhook: %w", err)
		}
		return s.recordTx(ctx, tx, entry{kind, id, audit.Notice, fmt.Sprintf(text, name)})
	})
	return o, err
}

// UpdateOutbound changes an outbound webhook; what waits for it goes to its new address.
// Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND, INVALID_FIELD.
func (s *Service) UpdateOutbound(ctx context.Context, actor user.Ref, id int64, f OutboundForm) (Outbound, error) {
	if p := s.OutboundProblems(f); len(p) > 0 {
		return Outbound{}, p[0]
	}
	f = f.cleaned()
	return s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_CHANGED", "Changed the outbound webhook %s.", func(tx *db.Tx, o *Outbound) error {
		o.Name, o.URL, o.Events = f.Name, f.URL, f.Events
		return s.cfg.Hooks.SaveHookTx(ctx, tx, actor, Hook{id, f.URL, f.Events})
	})
}

// RotateOutboundToken gives an outbound webhook a new application_token, from the next request on.
// Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) RotateOutboundToken(ctx context.Context, actor user.Ref, id int64) (Outbound, error) {
	token := newHex(32)
	return s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_TOKEN", "Gave the outbound webhook %s a new token.", func(_ *db.Tx, o *Outbound) error {
		o.Token = token
		return nil
	})
}

// RotateOutboundSecret gives an outbound webhook a new secret for signatures, which is shown once. For keepOld the secret before signs
// as well. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND, INVALID_FIELD.
func (s *Service) RotateOutboundSecret(ctx context.Context, actor user.Ref, id int64, keepOld time.Duration) (o Outbound, secret string, err error) {
	if keepOld < 0 || keepOld > MaxOldSigning {
		return o, "", ErrOldSigning
	}
	secret = newSigningSecret()
	o, err = s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_SECRET", "Gave the outbound webhook %s a new signing secret"+oldSigns(keepOld),
		func(tx *db.Tx, o *Outbound) error {
			o.Signed = true
			keeps, until := s.oldSigningArgs(keepOld)
			_, err := tx.Exec(ctx, "UPDATE app_outbound SET "+oldSigning+", signing_secret = ? WHERE id = ?", keeps, until, secret, id)
			return err
		})
	return o, secret, err
}

// PauseOutbound holds back what is for an outbound webhook until ResumeOutbound. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) PauseOutbound(ctx context.Context, actor user.Ref, id int64) (Outbound, error) {
	return s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_PAUSED", "Paused the outbound webhook %s.", func(tx *db.Tx, _ *Outbound) error {
		return s.cfg.Hooks.PauseHookTx(ctx, tx, actor, id)
	})
}

// ResumeOutbound sends what was held back, and what comes. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) ResumeOutbound(ctx context.Context, actor user.Ref, id int64) (Outbound, error) {
	return s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_RESUMED", "Resumed the outbound webhook %s.", func(tx *db.Tx, _ *Outbound) error {
		return s.cfg.Hooks.ResumeHookTx(ctx, tx, id)
	})
}

// TestOutbound sends ONAPPTEST to an outbound webhook. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) TestOutbound(ctx context.Context, actor user.Ref, id int64) (Outbound, error) {
	return s.changeOutbound(ctx, actor, id, "OUTBOUND_WEBHOOK_TESTED", "Sent a test event to the outbound webhook %s.", func(tx *db.Tx, _ *Outbound) error {
		return s.cfg.Hooks.TestHookTx(ctx, tx, id, s.cfg.Language)
	})
}

// RemoveOutbound removes an outbound webhook; what waits for it is not sent. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) RemoveOutbound(ctx context.Context, actor user.Ref, id int64) error {
	if !actor.May(access.ManageApps) {
		return ErrAdminOnly
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		o, err := outboundTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.cfg.Hooks.RemoveHookTx(ctx, tx, id); err != nil {
			return fmt.Errorf("unbind outbound webhook: %w", err)
		}
		s.changedTx(tx)
		if _, err := tx.Exec(ctx, "DELETE FROM app_outbound WHERE id = ?", id); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, entry{"OUTBOUND_WEBHOOK_REMOVED", id, audit.Notice, "Deleted the outbound webhook " + o.Name + "."})
	})
}

const outboundColumns = "id, name, url, events, application_token, signing_secret <> '', owner_id, created_at, updated_at"

func scanOutbound(r scanner) (o Outbound, err error) {
	var events string
	var created, updated int64
	err = r.Scan(&o.ID, &o.Name, &o.URL, &events, &o.Token, &o.Signed, &o.OwnerID, &created, &updated)
	if errors.Is(err, db.ErrNoRows) {
		return o, ErrOutboundNotFound
	}
	o.Events, o.Created, o.Updated = splitScopes(events), db.Time(created), db.Time(updated)
	return o, err
}

func outboundTx(ctx context.Context, tx *db.Tx, id int64) (Outbound, error) {
	return scanOutbound(tx.QueryRow(ctx, "SELECT "+outboundColumns+" FROM app_outbound WHERE id = ?", id))
}

// Outbound returns an outbound webhook. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) Outbound(ctx context.Context, actor user.Ref, id int64) (o Outbound, err error) {
	if !actor.May(access.ManageApps) {
		return o, ErrAdminOnly
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if o, err = outboundTx(ctx, tx, id); err != nil {
			return err
		}
		states, err := s.cfg.Hooks.HookStatesTx(ctx, tx, []int64{id})
		o.State = states[id]
		return err
	})
	return o, err
}

// Outbounds returns the outbound webhooks, the newest first. Fault: ACCESS_DENIED.
func (s *Service) Outbounds(ctx context.Context, actor user.Ref) (out []Outbound, err error) {
	if !actor.May(access.ManageApps) {
		return nil, ErrAdminOnly
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+outboundColumns+" FROM app_outbound ORDER BY id DESC")
		if out, err = collect(rows, err, scanOutbound); err != nil || len(out) == 0 {
			return err
		}
		ids := make([]int64, len(out))
		for i, o := range out {
			ids[i] = o.ID
		}
		states, err := s.cfg.Hooks.HookStatesTx(ctx, tx, ids)
		for i := range out {
			out[i].State = states[out[i].ID]
		}
		return err
	})
	return out, err
}
