package im

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// maxSearched is how many dialogs the history of a person's searches keeps.
const maxSearched = 50

// AddSearched puts a dialog into the history of a person's searches. It returns ErrParams for what is no dialog id.
func (s *Service) AddSearched(ctx context.Context, userID int64, dialogID string) error {
	d, ok := ParseDialog(dialogID)
	if !ok {
		return ErrParams
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		const add = `INSERT INTO chat_searched (user_id, dialog_id, added) VALUES (?, ?, ?)
			ON CONFLICT (user_id, dialog_id) DO UPDATE SET added = excluded.added`
		if err := tx.Later(ctx, add, userID, d.String(), db.Micro(s.clock.Now())); err != nil {
			return wrap("add to search history", err)
		}
		const trim = `DELETE FROM chat_searched WHERE user_id = ? AND dialog_id NOT IN (
			SELECT dialog_id FROM chat_searched WHERE user_id = ? ORDER BY added DESC, dialog_id LIMIT ?)`
		err := tx.Later(ctx, trim, userID, userID, int64(maxSearched))
		return wrap("trim search history", err)
	})
}

// DeleteSearched takes a dialog out of the history of a person's searches, and reports whether it was there. It returns
// ErrParams for what is no dialog id.
func (s *Service) DeleteSearched(ctx context.Context, userID int64, dialogID string) (found bool, err error) {
	d, ok := ParseDialog(dialogID)
	if !ok {
		return false, ErrParams
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM chat_searched WHERE user_id = ? AND dialog_id = ?", userID, d.String())
		found = n > 0
		return wrap("delete from search history", err)
	})
	return found, err
}

// Searched returns the dialogs in the history of a person's searches, the latest first.
func (s *Service) Searched(ctx context.Context, userID int64) (ids []string, err error) {
	const q = "SELECT dialog_id FROM chat_searched WHERE user_id = ? ORDER BY added DESC, dialog_id"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids = nil
		rows, err := tx.Query(ctx, q, userID)
		if err != nil {
			return wrap("read search history", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return wrap("read search history", err)
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}
