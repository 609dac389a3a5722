// Package replay keeps the answers of calls that clients may repeat, so that what changes something does it once;
// api-reference/rest-v3.md, "Repeated calls without duplicates".
package replay

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the answers.
func Schema() db.Schema { return db.EmbeddedSchema("replay", schemaFiles) }

// Life is how long an answer is kept.
const Life = 24 * time.Hour

// Key names a call.
type Key struct {
	Caller string // the application or webhook
	UserID int64
	Method string // in lower case
	Key    string // the client's
}

// Answer is what a call was answered.
type Answer struct {
	Hash string // of its parameters
	Body []byte
}

// Store keeps the answers of a portal.
type Store struct {
	db    *db.DB
	clock clock.Clock
}

// New returns the answers that are kept in d.
func New(d *db.DB, clk clock.Clock) *Store { return &Store{d, clk} }

// Find returns the answer of a call; false where there is none that is young enough.
func (s *Store) Find(ctx context.Context, k Key) (a Answer, found bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT hash, body FROM replay
			WHERE caller = ? AND user_id = ? AND method = ? AND idempotency_key = ? AND created_at > ?`,
			k.Caller, k.UserID, k.Method, k.Key, s.oldest()).Scan(&a.Hash, &a.Body)
	})
	if errors.Is(err, db.ErrNoRows) {
		return Answer{}, false, nil
	}
	if err != nil {
		return Answer{}, false, fmt.Errorf("find the answer of a repeated call: %w", err)
	}
	return a, true, nil
}

// Keep stores the answer of a call and drops those that are too old. Of two calls at the same time the later one is kept.
func (s *Store) Keep(ctx context.Context, k Key, a Answer) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM replay WHERE created_at <= ?", s.oldest()); err != nil {
			return fmt.Errorf("drop old answers: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO replay (caller, user_id, method, idempotency_key, hash, body, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (caller, user_id, method, idempotency_key)
			DO UPDATE SET hash = excluded.hash, body = excluded.body, created_at = excluded.created_at`,
			k.Caller, k.UserID, k.Method, k.Key, a.Hash, a.Body, db.Micro(s.clock.Now()))
		if err != nil {
			return fmt.Errorf("keep an answer: %w", err)
		}
		return nil
	})
}

func (s *Store) oldest() int64 { return db.Micro(s.clock.Now().Add(-Life)) }
