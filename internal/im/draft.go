package im

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// maxDrafts is how many drafts a person's list shows at most.
const maxDrafts = 200

// Draft is a message that a person has begun and not sent.
type Draft struct {
	DialogID string // of the conversation: "7" or "chat12"
	Text     string // as it stands in the composer
	ReplyID  int64  // the message that it answers; 0: none
	Updated  time.Time
}

// SaveDraft keeps what a person has begun to write in a dialog, for all their devices; without a text and a reply the draft
// is gone. A longer text than 20,000 characters is cut. It returns ErrParams for what is no dialog id.
func (s *Service) SaveDraft(ctx context.Context, userID int64, d Draft) error {
	dialog, ok := ParseDialog(d.DialogID)
	if !ok {
		return ErrParams
	}
	id := dialog.String()
	text := cutText(storable(d.Text))
	return s.db.Write(ctx, func(tx *db.Tx) (err error) {
		var n int64
		if text == "" && d.ReplyID == 0 {
			n, err = tx.Exec(ctx, "DELETE FROM chat_draft WHERE user_id = ? AND dialog_id = ?", userID, id)
		} else {
			n, err = tx.Exec(ctx, `INSERT INTO chat_draft (user_id, dialog_id, text, reply_id, updated) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (user_id, dialog_id) DO UPDATE SET text = excluded.text, reply_id = excluded.reply_id,
				updated = excluded.updated`, userID, id, text, d.ReplyID, db.Micro(s.clock.Now()))
		}
		if err != nil || n == 0 {
			return wrap("save draft", err)
		}
		tx.AfterCommit(func() { s.live.Publish([]int64{userID}, LiveDrafted, LiveDraft{DialogID: id}) })
		return nil
	})
}

// Draft returns what a person has begun to write in a dialog; an empty one where nothing. It returns ErrParams.
func (s *Service) Draft(ctx context.Context, userID int64, dialogID string) (Draft, error) {
	dialog, ok := ParseDialog(dialogID)
	if !ok {
		return Draft{}, ErrParams
	}
	found, err := s.drafts(ctx, " AND dialog_id = ?", userID, dialog.String())
	if err != nil || len(found) == 0 {
		return Draft{DialogID: dialog.String()}, err
	}
	return found[0], nil
}

// Drafts returns what a person has begun to write, the latest first, 200 at most.
func (s *Service) Drafts(ctx context.Context, userID int64) ([]Draft, error) {
	return s.drafts(ctx, "", userID)
}

func (s *Service) drafts(ctx context.Context, where string, args ...any) (out []Draft, err error) {
	q := "SELECT dialog_id, text, reply_id, updated FROM chat_draft WHERE user_id = ?" + where + " ORDER BY updated DESC, dialog_id LIMIT ?"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, q, append(args, int64(maxDrafts))...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var d Draft
			var updated int64
			if err := rows.Scan(&d.DialogID, &d.Text, &d.ReplyID, &updated); err != nil {
				return err
			}
			d.Updated = db.Time(updated)
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, wrap("read drafts", err)
}
