package event

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// bound is who is bound to what: every event asks, few have anybody, and it seldom changes. A process on the same database that binds
// is heard within db.NoticeTime.
type bound struct {
	generation int64
	byEvent    map[string][]Binding
}

// changingKey marks a transaction that binds or unbinds: it asks the database.
type changingKey struct{}

// boundChangedTx says that the transaction binds or unbinds.
func (s *Service) boundChangedTx(tx *db.Tx) {
	tx.Note(changingKey{}, true)
	tx.OnCommit(func() { s.generation.Add(1) })
}

// boundTx returns who is bound to an event, in the order in which they were; with an application only what is its own.
func (s *Service) boundTx(ctx context.Context, tx *db.Tx, name string, appID int64) ([]Binding, error) {
	var all []Binding
	if tx.Noted(changingKey{}) != nil {
		var err error
		if all, err = queryBindings(ctx, tx, "WHERE event = ? ORDER BY id", name); err != nil {
			return nil, fmt.Errorf("read bindings: %w", err)
		}
	} else {
		m, err := s.boundNow(ctx)
		if err != nil {
			return nil, err
		}
		all = m.byEvent[name]
	}
	if appID == 0 {
		return all, nil
	}
	var own []Binding
	for _, b := range all {
		if b.AppID == appID {
			own = append(own, b)
		}
	}
	return own, nil
}

// boundNow returns what is remembered, read anew where something has changed since.
func (s *Service) boundNow(ctx context.Context) (*bound, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if m := s.remembered.Load(); m != nil && m.generation == generation {
		return m, nil
	}
	m := &bound{generation: generation, byEvent: map[string][]Binding{}}
	// The write that asks goes on when its caller goes away, as all that it does.
	err := s.db.Read(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		all, err := queryBindings(ctx, tx, "ORDER BY id")
		for _, b := range all {
			m.byEvent[b.Event] = append(m.byEvent[b.Event], b)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read bindings: %w", err)
	}
	s.remembered.Store(m)
	return m, nil
}
