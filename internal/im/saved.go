package im

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// The limits of the searches that a person keeps.
const (
	MaxSavedSearches = 30
	maxSavedName     = 120  // characters
	maxSavedQuery    = 2000 // bytes
)

// The faults of saved searches.
var (
	ErrSavedSearch  = fault.New(fault.Invalid, "SEARCH_INVALID", "Say what to look for, in at most 2,000 characters.")
	ErrManySearches = fault.New(fault.Conflict, "SEARCH_INVALID", "You have saved 30 searches. Remove one first.")
	ErrNoSearch     = fault.New(fault.NotFound, "SEARCH_NOT_FOUND", "There is no such search.")
)

// SavedSearch is a search for messages that a person keeps.
type SavedSearch struct {
	ID    int64
	Name  string
	Query string // that of the search's address
}

// SavedSearches returns the searches that a person keeps, the oldest first.
func (s *Service) SavedSearches(ctx context.Context, userID int64) (out []SavedSearch, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, name, query FROM chat_search_saved WHERE user_id = ? ORDER BY id", userID)
		if err != nil {
			return wrap("read saved searches", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var one SavedSearch
			if err := rows.Scan(&one.ID, &one.Name, &one.Query); err != nil {
				return wrap("read saved searches", err)
			}
			out = append(out, one)
		}
		return rows.Err()
	})
	return out, err
}

// SaveSearch keeps a search for a person; one of the same query takes the new name. Fault: SEARCH_INVALID.
func (s *Service) SaveSearch(ctx context.Context, userID int64, name, query string) error {
	name = strings.TrimSpace(name)
	for _, text := range []string{name, query} {
		if text == "" || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return ErrSavedSearch
		}
	}
	if utf8.RuneCountInString(name) > maxSavedName || len(query) > maxSavedQuery {
		return ErrSavedSearch
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, fmt.Sprintf("searches of %d", userID)); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE chat_search_saved SET name = ? WHERE user_id = ? AND query = ?", name, userID, query)
		if err != nil || n > 0 {
			return wrap("rename saved search", err)
		}
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM chat_search_saved WHERE user_id = ?", userID).Scan(&n); err != nil {
			return wrap("count saved searches", err)
		}
		if n >= MaxSavedSearches {
			return ErrManySearches
		}
		err = tx.Later(ctx, "INSERT INTO chat_search_saved (user_id, name, query) VALUES (?, ?, ?)", userID, name, query)
		return wrap("save search", err)
	})
}

// ForgetSearch drops a search that a person keeps. Fault: SEARCH_NOT_FOUND.
func (s *Service) ForgetSearch(ctx context.Context, userID, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM chat_search_saved WHERE id = ? AND user_id = ?", id, userID)
		if err == nil && n == 0 {
			return ErrNoSearch
		}
		return wrap("forget saved search", err)
	})
}
