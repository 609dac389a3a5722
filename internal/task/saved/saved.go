// Package saved keeps how a person wants to see tasks: the filters that they gave names to, and the columns of
// the list.
package saved

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of this package.
func Schema() db.Schema { return db.EmbeddedSchema("tasksaved", schemaFiles) }

// The limits of what a person keeps.
const (
	MaxFilters = 30
	maxName    = 60   // characters
	maxQuery   = 2000 // bytes
)

// The faults.
var (
	ErrName = fault.New(fault.Invalid, "FILTER_INVALID", "Give the filter a name of up to 60 characters.").At("name")
	ErrMany = fault.New(fault.Conflict, "FILTER_INVALID", "You have 30 filters. Remove one first.").At("name")
	ErrNone = fault.New(fault.NotFound, "FILTER_NOT_FOUND", "There is no such filter.")
)

// Filter is a filter with a name.
type Filter struct {
	ID    int64
	Name  string
	Query string // that of the list's address
}

// Look is how a person wants to see the list.
type Look struct {
	Columns []string // nil: the usual ones
}

// Service keeps it.
type Service struct{ db *db.DB }

// New returns what is kept in d.
func New(d *db.DB) *Service { return &Service{d} }

// Filters returns the filters of a person, the oldest first.
func (s *Service) Filters(ctx context.Context, userID int64) (out []Filter, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, name, query FROM task_saved WHERE user_id = ? ORDER BY id", userID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var f Filter
			if err := rows.Scan(&f.ID, &f.Name, &f.Query); err != nil {
				return err
			}
			out = append(out, f)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("filters of tasks: %w", err)
	}
	return out, nil
}

// Save gives a filter a name; one of the same name is replaced. Fault: FILTER_INVALID at "name".
func (s *Service) Save(ctx context.Context, userID int64, name, query string) error {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return ErrName
	}
	if len(query) > maxQuery || !utf8.ValidString(query) || strings.ContainsRune(query, 0) {
		return ErrName.Because(errors.New("a query that is too long"))
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, fmt.Sprintf("filters of %d", userID)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_saved WHERE user_id = ? AND name = ?", userID, name); err != nil {
			return fmt.Errorf("replace filter: %w", err)
		}
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_saved WHERE user_id = ?", userID).Scan(&n); err != nil {
			return err
		}
		if n >= MaxFilters {
			return ErrMany
		}
		_, err := tx.Insert(ctx, "INSERT INTO task_saved (user_id, name, query) VALUES (?, ?, ?)", userID, name, query)
		return err
	})
}

// Remove forgets a filter of a person. Fault: FILTER_NOT_FOUND.
func (s *Service) Remove(ctx context.Context, userID, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var found int64
		err := tx.QueryRow(ctx, "SELECT id FROM task_saved WHERE id = ? AND user_id = ?", id, userID).Scan(&found)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNone
		}
		if err == nil {
			_, err = tx.Exec(ctx, "DELETE FROM task_saved WHERE id = ?", id)
		}
		return err
	})
}

// Look returns how a person wants to see the list.
func (s *Service) Look(ctx context.Context, userID int64) (l Look, err error) {
	var columns string
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT columns FROM task_look WHERE user_id = ?", userID).Scan(&columns)
	})
	if errors.Is(err, db.ErrNoRows) {
		return Look{}, nil
	}
	if err != nil {
		return Look{}, fmt.Errorf("look of tasks: %w", err)
	}
	if columns != "-" {
		l.Columns = strings.Fields(columns)
	}
	return l, nil
}

// SetLook keeps how a person wants to see the list.
func (s *Service) SetLook(ctx context.Context, userID int64, l Look) error {
	columns := "-" // the usual ones
	if l.Columns != nil {
		columns = strings.Join(l.Columns, " ")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO task_look (user_id, columns) VALUES (?, ?)
			ON CONFLICT (user_id) DO UPDATE SET columns = excluded.columns`, userID, columns)
		return err
	})
}
