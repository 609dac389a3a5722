// Package option keeps what applications want to find again: settings of their own, for everybody or for one person.
// Pages: api-reference/common/settings/index.md.
package option

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the area.
func Schema() db.Schema { return db.EmbeddedSchema("option", schemaFiles) }

// The limits of the options that an application keeps for everybody, and of those for one person.
const (
	MaxCount = 1000
	MaxName  = 255      // bytes
	MaxValue = 64 << 10 // bytes as JSON
	MaxTotal = 1 << 20  // bytes of all values
)

// Owner is whose options are meant.
type Owner struct {
	AppID  int64
	UserID int64 // 0: for everybody
}

// Service keeps options. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
}

// New returns the options that are kept in d.
func New(d *db.DB, clk clock.Clock) *Service { return &Service{d, clk} }

// Set stores options, an array of values by name, beside those that are there. Fault: ERROR_ARGUMENT where a name or a value
// is too long, or there would be too many; then none is stored.
func (s *Service) Set(ctx context.Context, o Owner, options phpform.Value) error {
	for _, e := range options.Entries() {
		if e.Key == "" || len(e.Key) > MaxName || strings.ContainsRune(e.Key, 0) {
			return fault.Argument("options", "The name of an option must have 1 to "+strconv.Itoa(MaxName)+" bytes")
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "option:"+strconv.FormatInt(o.AppID, 10)); err != nil {
			return err
		}
		for _, e := range options.Entries() {
			if err := s.setTx(ctx, tx, o, e); err != nil {
				return err
			}
		}
		return withinTx(ctx, tx, o)
	})
}

func (s *Service) setTx(ctx context.Context, tx *db.Tx, o Owner, e phpform.Entry) error {
	raw := phpform.AppendJSON(nil, e.Value)
	if len(raw) > MaxValue {
		return fault.Argument("options", "The value of the option "+e.Key+" must not be larger than 64 KB")
	}
	_, err := tx.Exec(ctx, `INSERT INTO app_option (app_id, user_id, name, value, size, updated_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (app_id, user_id, name) DO UPDATE SET value = excluded.value, size = excluded.size, updated_at = excluded.updated_at`,
		o.AppID, o.UserID, e.Key, string(raw), len(raw), db.Micro(s.clock.Now()))
	if err != nil {
		return fmt.Errorf("store option: %w", err)
	}
	return nil
}

// withinTx fails where an owner has more than they may.
func withinTx(ctx context.Context, tx *db.Tx, o Owner) error {
	var count, total int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM app_option WHERE app_id = ? AND user_id = ?", o.AppID, o.UserID).
		Scan(&count, &total)
	switch {
	case err != nil:
		return fmt.Errorf("count options: %w", err)
	case count > MaxCount:
		return fault.Argument("options", "There may be "+strconv.Itoa(MaxCount)+" options")
	case total > MaxTotal:
		return fault.Argument("options", "The values of all options must not be larger than 1 MB together")
	}
	return nil
}

// Get returns an option; null where there is none.
func (s *Service) Get(ctx context.Context, o Owner, name string) (v phpform.Value, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var raw string
		err := tx.QueryRow(ctx, "SELECT value FROM app_option WHERE app_id = ? AND user_id = ? AND name = ?", o.AppID, o.UserID, name).Scan(&raw)
		if errors.Is(err, db.ErrNoRows) {
			v = phpform.NullValue()
			return nil
		}
		if err != nil {
			return err
		}
		return v.UnmarshalJSON([]byte(raw))
	})
	return v, err
}

// All returns all options by their names, sorted.
func (s *Service) All(ctx context.Context, o Owner) (phpform.Value, error) {
	var b *phpform.Builder
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		b = &phpform.Builder{}
		rows, err := tx.Query(ctx, "SELECT name, value FROM app_option WHERE app_id = ? AND user_id = ? ORDER BY name", o.AppID, o.UserID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name, raw string
			if err := rows.Scan(&name, &raw); err != nil {
				return err
			}
			var v phpform.Value
			if err := v.UnmarshalJSON([]byte(raw)); err != nil {
				return fmt.Errorf("option %q: %w", name, err)
			}
			b.Set(name, v)
		}
		return rows.Err()
	})
	if err != nil {
		return phpform.Value{}, err
	}
	return b.Value(), nil
}

// RemoveAppTx forgets what an application kept when it is removed itself.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM app_option WHERE app_id = ?", appID); err != nil {
		return fmt.Errorf("remove options: %w", err)
	}
	return nil
}
