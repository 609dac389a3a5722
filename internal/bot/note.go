package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// NoteKind says what a note tells.
type NoteKind string

// The kinds of notes.
const (
	NoteLate  NoteKind = "late"  // the deadline passed without an answer
	NoteAfter NoteKind = "after" // the answer came after the deadline
	NoteLoop  NoteKind = "loop"  // bots talked to each other for too long and were cut off
)

// Note is something about a bot that those who care for it should know and that no delivery tells.
type Note struct {
	ID        int64
	BotID     int64
	Kind      NoteKind
	ChatID    int64
	MessageID int64
	OtherID   int64         // the other bot of a loop, or the person who waits
	Took      time.Duration // how long an answer took
	At        time.Time
}

// keptNotes is for how long notes are kept.
const keptNotes = 30 * 24 * time.Hour

// noteTx stores a note.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, n Note) error {
	const q = "INSERT INTO bot_note (bot_id, kind, chat_id, message_id, other_id, took, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
	err := tx.Later(ctx, q, n.BotID, string(n.Kind), n.ChatID, n.MessageID, n.OtherID, n.Took.Microseconds(),
		db.Micro(s.clock.Now()))
	if err != nil {
		return fmt.Errorf("note about bot: %w", err)
	}
	return nil
}

// Notes returns the newest notes about a bot, at most limit, the newest first.
func (s *Service) Notes(ctx context.Context, botID int64, limit int) (out []Note, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, `SELECT id, bot_id, kind, chat_id, message_id, other_id, took, at FROM bot_note WHERE bot_id = ?
			ORDER BY id DESC LIMIT ?`, botID, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var n Note
			var took, at int64
			if err := rows.Scan(&n.ID, &n.BotID, &n.Kind, &n.ChatID, &n.MessageID, &n.OtherID, &took, &at); err != nil {
				return err
			}
			n.Took, n.At = time.Duration(took)*time.Microsecond, db.Time(at)
			out = append(out, n)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read notes about bot: %w", err)
	}
	return out, nil
}
