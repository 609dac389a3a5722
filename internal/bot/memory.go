package bot

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/db"
)

// roster is all bots of the portal. It is never changed in place.
type roster struct {
	all   []Bot // in the order of their ids
	byID  map[int64]*Bot
	first map[string]*Bot // by the key of its owner
}

func newRoster(bots []Bot) *roster {
	slices.SortFunc(bots, func(a, b Bot) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	r := &roster{all: bots, byID: make(map[int64]*Bot, len(bots)), first: map[string]*Bot{}}
	for i := range bots {
		b := &bots[i]
		r.byID[b.ID] = b
		if r.first[b.Owner.key()] == nil && b.Second == nil {
			r.first[b.Owner.key()] = b
		}
	}
	return r
}

// memory holds the bots, so that a message costs no look at their table. Commits may report in another order than they were
// made in: the higher version wins, and what was removed stays removed (ids are not used again).
type memory struct {
	now atomic.Pointer[roster] // nil: not read yet

	mu      sync.Mutex
	changes uint64 // how many were made here
	removed map[int64]struct{}
}

// put remembers a bot that was registered or changed.
func (m *memory) put(b Bot) {
	m.change(func(bots map[int64]Bot) {
		if _, gone := m.removed[b.ID]; !gone && bots[b.ID].version < b.version {
			bots[b.ID] = b
		}
	})
}

// drop forgets a bot that was removed.
func (m *memory) drop(id int64) {
	m.change(func(bots map[int64]Bot) {
		if m.removed == nil {
			m.removed = map[int64]struct{}{}
		}
		m.removed[id] = struct{}{}
		delete(bots, id)
	})
}

func (m *memory) change(f func(bots map[int64]Bot)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	r := m.now.Load()
	bots := map[int64]Bot{}
	if r != nil {
		for _, b := range r.all {
			bots[b.ID] = b
		}
	}
	f(bots)
	if r != nil {
		m.now.Store(newRoster(slices.Collect(maps.Values(bots))))
	}
}

// set replaces everything by what was read, unless something changed since the count of changes was taken.
func (m *memory) set(bots []Bot, changes uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changes != changes {
		return false
	}
	m.now.Store(newRoster(bots))
	return true
}

func (m *memory) count() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changes
}

// reload reads the bots anew.
func (s *Service) reload(ctx context.Context) error {
	for {
		changes := s.memory.count()
		var bots []Bot
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			bots, err = queryBots(ctx, tx, "ORDER BY user_id")
			return err
		})
		if err != nil || s.memory.set(bots, changes) {
			return err
		}
	}
}

// roster returns the bots outside a transaction.
func (s *Service) roster(ctx context.Context) (r *roster, err error) {
	if r := s.memory.now.Load(); r != nil {
		return r, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = s.rosterTx(ctx, tx)
		return err
	})
	return r, err
}

// rosterTx returns the bots inside a transaction. What it reads is not kept: the transaction may be undone, and before Load
// nobody says when another process changes something.
func (s *Service) rosterTx(ctx context.Context, tx *db.Tx) (*roster, error) {
	if r := s.memory.now.Load(); r != nil {
		return r, nil
	}
	bots, err := queryBots(ctx, tx, "ORDER BY user_id")
	if err != nil {
		return nil, err
	}
	return newRoster(bots), nil
}
