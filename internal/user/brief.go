package user

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/portico-hq/portico/internal/db"
)

// Brief is what is asked of a user all the time: by every call of a REST method and for every message. It is remembered.
// What another process changes shows within the time that package db takes to notice.
type Brief struct {
	ID                  int64
	Kind                Kind
	Active, Admin       bool
	Name                string // as shown
	FirstName, LastName string
	Position, Gender    string
}

// maxBriefs bounds the memory; beyond it all are forgotten and the busy ones come back at once.
const maxBriefs = 50_000

// briefs remembers what was read. An entry that was read before a change and arrives after it is not kept: the generation
// tells.
type briefs struct {
	mu         sync.RWMutex
	generation uint64
	known      map[int64]Brief
}

func (b *briefs) get(id int64) (brief Brief, generation uint64, ok bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	brief, ok = b.known[id]
	return brief, b.generation, ok
}

func (b *briefs) keep(brief Brief, generation uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.generation != generation {
		return
	}
	if b.known == nil || len(b.known) >= maxBriefs {
		b.known = map[int64]Brief{}
	}
	b.known[brief.ID] = brief
}

func (b *briefs) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.generation++
	clear(b.known)
}

// changedTx forgets what is remembered once a change of users is durable.
func (s *Service) changedTx(tx *db.Tx) { tx.AfterCommit(s.briefs.forget) }

// Brief returns a user, of whatever kind, active or not. ErrNotFound when there is none.
func (s *Service) Brief(ctx context.Context, id int64) (Brief, error) {
	b, generation, ok := s.briefs.get(id)
	if ok {
		return b, nil
	}
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = readBrief(ctx, tx, id)
		return err
	})
	if err == nil {
		s.briefs.keep(b, generation)
	}
	return b, err
}

// BriefTx is Brief inside a transaction, which may have changed the user itself: what it reads is not remembered.
func (s *Service) BriefTx(ctx context.Context, tx *db.Tx, id int64) (Brief, error) {
	if b, _, ok := s.briefs.get(id); ok {
		return b, nil
	}
	return readBrief(ctx, tx, id)
}

func readBrief(ctx context.Context, tx *db.Tx, id int64) (Brief, error) {
	u, err := getWhere(ctx, tx, "u.id = ?", id)
	if err != nil {
		return Brief{}, err
	}
	return Brief{
		ID: u.ID, Kind: u.Kind, Active: u.Active, Admin: u.Admin, Name: u.DisplayName(), FirstName: u.FirstName,
		LastName: u.LastName, Position: u.Position, Gender: u.Gender,
	}, nil
}

// AccessTx returns whether a user may act on the portal and whether they are an administrator; neither for one who does
// not exist. It reads the database, not what is remembered.
func (s *Service) AccessTx(ctx context.Context, tx *db.Tx, id int64) (active, admin bool, err error) {
	err = tx.QueryRow(ctx, "SELECT active, admin FROM portal_user WHERE id = ?", id).Scan(&active, &admin)
	if errors.Is(err, db.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read access: %w", err)
	}
	return active, admin, nil
}
