package app

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/db"
)

// maxDoors bounds the tokens and codes that are remembered; beyond it all are forgotten and the busy ones come back.
const maxDoors = 20_000

// doorKey is what a caller shows: the hash of a token, or that of a webhook's code with its user.
type doorKey struct {
	hash   [32]byte
	userID int64
}

// door is what a token or a code opens. It is remembered, since it is asked for by every call, until anything of an
// application, a token or a webhook changes.
type door struct {
	generation uint64 // of the service when it was read
	principal  Principal
	until      int64 // when the token or the webhook expires; 0: never
	installed  bool
	used       atomic.Int64 // when it was last noted as used
}

// principalOf returns who comes through the door.
func (d *door) principalOf(who UserAccess) Principal {
	p := d.principal
	if d.until != 0 {
		p.Expires = db.Time(d.until)
	}
	p.Admin, p.Access, p.Scopes = who.Admin, who.Access, slices.Clone(p.Scopes)
	return p
}

// doors remembers doors.
type doors struct {
	m     sync.Map // doorKey → *door
	count atomic.Int64
}

// door returns what key opens, read anew where something has changed since it was remembered.
func (s *Service) door(ctx context.Context, key doorKey, read func(context.Context, *db.Tx, doorKey) (*door, error)) (*door, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if v, ok := s.doors.m.Load(key); ok && v.(*door).generation == generation {
		return v.(*door), nil
	}
	var d *door
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		d, err = read(ctx, tx, key)
		return err
	})
	if err != nil {
		s.doors.m.Delete(key)
		return nil, err
	}
	d.generation = generation
	if _, known := s.doors.m.Swap(key, d); !known && s.doors.count.Add(1) > maxDoors {
		s.doors.m.Clear()
		s.doors.count.Store(0)
	}
	return d, nil
}
