package record

import (
	"context"
	"embed"
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of this package: the totals of entities and the multiple values of records.
func Schema() db.Schema { return db.EmbeddedSchema("record", schemaFiles) }

// Config is what a Store needs.
type Config struct {
	DB     *db.DB
	Clock  clock.Clock
	Entity *Entity
	// Added keeps the fields that were added to the records; nil: there are none.
	Added *userfield.Service
	// Changed is called in the transaction of every change by Add, Update and Delete: the place for events and history. nil:
	// nobody wants to know.
	Changed func(ctx context.Context, tx *db.Tx, c Change) error
}

// Store keeps the records of an entity. It is safe for use by several goroutines.
type Store struct {
	cfg   Config
	db    *db.DB
	e     *Entity
	marks marks
	// generation goes up with every change that this process makes or notices: what is remembered of pages is of one.
	generation atomic.Uint64
}

// New returns the records of c.Entity. A mistake in the declaration is a programming error and panics.
func New(c Config) *Store {
	if err := c.Entity.Prepare(); err != nil {
		panic(err.Error())
	}
	s := &Store{cfg: c, db: c.DB, e: c.Entity, marks: marks{seed: maphash.MakeSeed()}}
	s.db.Watch(func() { s.generation.Add(1) })
	return s
}

// Entity returns the declaration.
func (s *Store) Entity() *Entity { return s.e }

// View returns the entity with the fields that are added to its records now.
func (s *Store) View(ctx context.Context) (*View, error) {
	if s.cfg.Added == nil {
		return NewView(s.e, nil), nil
	}
	added, err := s.cfg.Added.Fields(ctx, s.e.Name)
	if err != nil {
		return nil, fmt.Errorf("fields of %s: %w", s.e.Name, err)
	}
	return NewView(s.e, added), nil
}

// TouchTx says that records changed in another way than by Add, Update and Delete.
func (s *Store) TouchTx(tx *db.Tx) { tx.OnCommit(func() { s.generation.Add(1) }) }

// CountedTx says that n records were added, or with a negative n removed, in another way than by Add and Delete: the total of an
// entity is kept, not counted.
func (s *Store) CountedTx(ctx context.Context, tx *db.Tx, n int64) error {
	s.TouchTx(tx)
	return countTx(ctx, tx, s.e.Name, n)
}
