// Package userfield keeps the fields that people and applications add to the records of a portal: what fields the records of
// an entity have (Field), and the values that a record has in them.
//
// An entity is a kind of records, "USER" or "CRM_DEAL"; a record is known by its number. A value is a text in the one form
// of its type (see Type), so that what reads it needs no other knowledge; beside it the database keeps what lists are filtered by.
// Areas that own records call SetTx in the transaction of their change and put Condition into their own queries.
package userfield

import (
	"context"
	"embed"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of this package.
func Schema() db.Schema { return db.EmbeddedSchema("userfield", schemaFiles) }

// Config is what a Service needs.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	// Audit keeps the log of changes of fields; nil: nobody does.
	Audit *audit.Service
	// EmployeeTx reports whether a user exists; nil takes every number.
	EmployeeTx func(ctx context.Context, tx *db.Tx, userID int64) (bool, error)
	// OwnType reports whether an application made a type of fields, "rest_<application>_<code>", and appID, where it is not 0,
	// is that application; nil: there are none.
	OwnType func(ctx context.Context, code string, appID int64) (bool, error)
	// Files keeps what fields of the type File hold; nil: there are no such fields.
	Files Files
}

// Service keeps fields and their values. It is safe for use by several goroutines.
type Service struct {
	cfg Config
	db  *db.DB

	generation atomic.Uint64 // goes up with every change of a field
	mu         sync.RWMutex
	fields     map[string]remembered // by entity
}

// remembered is the fields of an entity as they were at a generation.
type remembered struct {
	generation uint64
	fields     []Field
}

// New returns the fields that are kept in c.DB.
func New(c Config) *Service {
	s := &Service{cfg: c, db: c.DB, fields: map[string]remembered{}}
	s.db.Watch(func() { s.generation.Add(1) })
	return s
}

// changedTx makes what is remembered be read again once the transaction is durable.
func (s *Service) changedTx(tx *db.Tx) { tx.OnCommit(func() { s.generation.Add(1) }) }

// Fields returns the fields of an entity by their Sort. They are remembered: neither the slice nor what is in it is to be
// changed.
func (s *Service) Fields(ctx context.Context, entity string) (out []Field, err error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	s.mu.RLock()
	known, ok := s.fields[entity]
	s.mu.RUnlock()
	if ok && known.generation == generation {
		return known.fields, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = fieldsTx(ctx, tx, entity)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fields[entity] = remembered{generation, out}
	return out, nil
}
