package notify

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Mark is how notifications are marked.
type Mark bool

// The marks.
const (
	Read   Mark = true
	Unread Mark = false
)

// MarkOne marks a notification of a person. One that is not there is left so.
func (s *Service) MarkOne(ctx context.Context, userID, id int64, m Mark) error {
	return s.markWhere(ctx, userID, m, "id = ?", id)
}

// MarkFrom marks the notifications of a person from one on.
func (s *Service) MarkFrom(ctx context.Context, userID, id int64, m Mark) error {
	return s.markWhere(ctx, userID, m, "id >= ?", id)
}

// MarkMany marks those of ids that are notifications of the person.
func (s *Service) MarkMany(ctx context.Context, userID int64, ids []int64, m Mark) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for part := range slices.Chunk(ids, 500) {
			if err := s.markTx(ctx, tx, userID, m, "id IN ("+db.Marks(len(part))+")", db.Args(part)...); err != nil {
				return err
			}
		}
		_, err := s.changedTx(ctx, tx, userID)
		return err
	})
}

// ReadAll marks all notifications of a person as read and returns how many are unread then.
func (s *Service) ReadAll(ctx context.Context, userID int64) (unread int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.markTx(ctx, tx, userID, Read, "1 = 1"); err != nil {
			return err
		}
		unread, err = s.changedTx(ctx, tx, userID)
		return err
	})
	return unread, err
}

func (s *Service) markWhere(ctx context.Context, userID int64, m Mark, where string, args ...any) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.markTx(ctx, tx, userID, m, where, args...); err != nil {
			return err
		}
		_, err := s.changedTx(ctx, tx, userID)
		return err
	})
}

func (s *Service) markTx(ctx context.Context, tx *db.Tx, userID int64, m Mark, where string, args ...any) error {
	set, only, at := "read_at = ?", " AND read_at = 0", db.Micro(s.clock.Now())
	if m == Unread {
		only, at = " AND read_at <> 0", 0
	}
	err := tx.Later(ctx, "UPDATE notification SET "+set+" WHERE user_id = ?"+only+" AND "+where, slices.Concat([]any{at, userID}, args)...)
	if err != nil {
		return fmt.Errorf("mark notifications: %w", err)
	}
	return nil
}

// tagged is the condition that a notification has a tag. SQLite uses an index of what has one only where it is said so.
const tagged = "tag = ? AND tag <> ''"

// Delete removes a notification of a person. It reports whether there was one.
func (s *Service) Delete(ctx context.Context, userID, id int64) (bool, error) {
	return s.remove(ctx, "id = ? AND user_id = ?", id, userID)
}

// DeleteTagged removes the notifications with a tag, or with an additional tag where tag is empty, whoever got them.
func (s *Service) DeleteTagged(ctx context.Context, tag, subTag string) (bool, error) {
	if tag != "" {
		return s.remove(ctx, tagged, tag)
	}
	return s.remove(ctx, "sub_tag = ? AND sub_tag <> ''", subTag)
}

// DeleteTaggedTx is DeleteTagged with a tag, as part of a transaction.
func (s *Service) DeleteTaggedTx(ctx context.Context, tx *db.Tx, tag string) error {
	_, err := s.deleteTx(ctx, tx, 0, tagged, tag)
	return err
}

func (s *Service) remove(ctx context.Context, where string, args ...any) (found bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := s.deleteTx(ctx, tx, 0, where, args...)
		found = n > 0
		return err
	})
	return found, err
}

// deleteTx removes notifications and tells the people who had them, except one.
func (s *Service) deleteTx(ctx context.Context, tx *db.Tx, except int64, where string, args ...any) (n int64, err error) {
	people, err := idsTx(ctx, tx, "SELECT DISTINCT user_id FROM notification WHERE "+where, args...)
	if err != nil || len(people) == 0 {
		return 0, err
	}
	if n, err = tx.Exec(ctx, "DELETE FROM notification WHERE "+where, args...); err != nil {
		return 0, fmt.Errorf("delete notifications: %w", err)
	}
	for _, id := range people {
		if id == except {
			continue
		}
		if _, err := s.changedTx(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func idsTx(ctx context.Context, tx *db.Tx, query string, args ...any) (out []int64, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// The faults of presses and answers.
var (
	ErrNoButton = fault.New(fault.Invalid, "NOTIFY_VALUE_ERROR", "The notification has no such button.").At("NOTIFY_VALUE")
	ErrNoAnswer = fault.New(fault.Invalid, "ANSWER_TEXT_ERROR", "The notification takes no answer.").At("ANSWER_TEXT")
)

// Press does what a button of a notification stands for. Faults: NOTIFICATION_NOT_FOUND, NOTIFY_VALUE_ERROR for a value that no
// button has, also once one was pressed, and what the area answers.
func (s *Service) Press(ctx context.Context, userID, id int64, value string) (told string, err error) {
	return s.decide(ctx, userID, id, func(n Notification, k Kind) (Handler, error) {
		if k.PressTx == nil || !slices.ContainsFunc(n.Buttons, func(b Button) bool { return b.Value == value }) {
			return nil, ErrNoButton
		}
		return k.PressTx, nil
	}, value)
}

// Answer sends a quick answer to a notification. Faults: NOTIFICATION_NOT_FOUND, ANSWER_TEXT_ERROR where it takes none, and what
// the area answers.
func (s *Service) Answer(ctx context.Context, userID, id int64, text string) (told string, err error) {
	return s.decide(ctx, userID, id, func(n Notification, k Kind) (Handler, error) {
		if k.AnswerTx == nil || !n.Answers {
			return nil, ErrNoAnswer
		}
		return k.AnswerTx, nil
	}, text)
}

// decide runs the handler that choose finds and notes what the person was told: the notification is read then, has no buttons any
// more and stands among the others.
func (s *Service) decide(
	ctx context.Context, userID, id int64, choose func(Notification, Kind) (Handler, error), value string,
) (told string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := ofTx(ctx, tx, userID, id)
		if err != nil {
			return err
		}
		h, err := choose(n, s.kinds[n.Kind()])
		if err != nil {
			return err
		}
		if told, err = h(ctx, tx, n, value); err != nil {
			return err
		}
		typ := n.Type
		if typ == Confirm {
			typ = Personal
		}
		err = tx.Later(ctx, "UPDATE notification SET result = ?, buttons = '', type = ?, stage = ?, read_at = ? WHERE id = ?", told,
			int64(typ), StageOther, db.Micro(s.clock.Now()), id)
		if err != nil {
			return fmt.Errorf("note decision: %w", err)
		}
		_, err = s.changedTx(ctx, tx, userID)
		return err
	})
	return told, err
}
