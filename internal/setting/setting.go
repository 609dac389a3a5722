// Package setting keeps the settings of a portal: small documents, each of a type of its own under a name. The area that a
// setting belongs to defines its Key; a document that was never stored has the default that the key names.
//
// Documents are remembered in memory, so that what runs for every call may ask. What another process changes shows a moment
// later, once package db has noticed it.
package setting

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the settings.
func Schema() db.Schema { return db.EmbeddedSchema("setting", schemaFiles) }

// Key names a document of type T.
type Key[T any] struct {
	// Name is what the document is stored under: the area and what it says, e.g. "event.reach". It is never renamed.
	Name string
	// Default is the document where none was stored. A stored one is read over it, so that a field that is added later has
	// its default in the documents that are older.
	Default T
	// Check returns the fault of a document that cannot be taken; nil takes every one.
	Check func(T) error
}

// Store keeps the settings of a portal. It is safe for use by several goroutines.
type Store struct {
	db    *db.DB
	clock clock.Clock

	mu         sync.RWMutex
	generation uint64
	documents  map[string]any // by name, decoded
	watchers   []func()
}

// New returns the settings that are kept in d.
func New(d *db.DB, clk clock.Clock) *Store {
	s := &Store{db: d, clock: clk, documents: map[string]any{}}
	d.Watch(s.forget)
	return s
}

// OnChange calls f after each change of a setting, by this process or another. f must be quick; it looks for itself at what
// changed.
func (s *Store) OnChange(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
}

// forget drops what is remembered and tells those who watch.
func (s *Store) forget() {
	s.mu.Lock()
	s.generation++
	clear(s.documents)
	watchers := slices.Clone(s.watchers)
	s.mu.Unlock()
	for _, f := range watchers {
		f()
	}
}

// Load returns the document of key.
func Load[T any](ctx context.Context, s *Store, key Key[T]) (T, error) {
	s.mu.RLock()
	known, ok := s.documents[key.Name].(T)
	generation := s.generation
	s.mu.RUnlock()
	if ok {
		return known, nil
	}
	var v T
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		v, err = LoadTx(ctx, tx, key)
		return err
	})
	if err != nil {
		return v, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == generation { // else it may be older than a change
		s.documents[key.Name] = v
	}
	return v, nil
}

// LoadTx is Load inside a transaction, and always what the database says.
func LoadTx[T any](ctx context.Context, tx *db.Tx, key Key[T]) (T, error) {
	v := key.Default
	var raw string
	err := tx.QueryRow(ctx, "SELECT value FROM setting WHERE name = ?", key.Name).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return v, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &v)
	}
	if err != nil {
		return v, fmt.Errorf("setting %s: %w", key.Name, err)
	}
	return v, nil
}

// SaveTx stores the document of key. It fails with the fault of the key's Check.
func SaveTx[T any](ctx context.Context, tx *db.Tx, s *Store, key Key[T], v T) error {
	if key.Check != nil {
		if err := key.Check(v); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("setting %s: %w", key.Name, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO setting (name, value, updated_at) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		key.Name, string(raw), db.Micro(s.clock.Now()))
	if err != nil {
		return fmt.Errorf("store setting %s: %w", key.Name, err)
	}
	tx.OnCommit(s.forget)
	return nil
}

// Save is SaveTx in a transaction of its own.
func Save[T any](ctx context.Context, s *Store, key Key[T], v T) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return SaveTx(ctx, tx, s, key, v) })
}
