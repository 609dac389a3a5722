package livechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

var _ openline.Channel = (*Service)(nil)

// addressee returns the visitor to whom a conversation leads. It reports false where their widget was deleted.
func addressee(ctx context.Context, tx *db.Tx, a openline.Address) (v visitor, ok bool, err error) {
	v, err = oneVisitor(ctx, tx, "WHERE v.name = ?", a.ChatID)
	if errors.Is(err, ErrNoVisitor) {
		return v, false, nil
	}
	return v, err == nil, err
}

// SendTx lets a visitor see a message.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	v, ok, err := addressee(ctx, tx, out.Channel)
	if err != nil || !ok {
		return err
	}
	number, err := nextTx(ctx, tx, v.id)
	if err != nil {
		return err
	}
	keyboard, err := s.forVisitor(ctx, v, out.MessageID, out.Keyboard)
	if err != nil {
		return err
	}
	m := Message{
		Number: number, Version: number, Author: out.Author, Avatar: out.Avatar, Text: out.Text, Vote: out.Vote, Sent: out.Date, fileIDs: out.Files,
		Attach: out.Attach, Keyboard: keyboard, Bot: out.Bot,
	}
	if m.Sent.IsZero() {
		m.Sent = s.now()
	}
	if _, err := insertTx(ctx, tx, v.id, out.MessageID, m); err != nil {
		return err
	}
	if err := shareTx(ctx, tx, v, out); err != nil {
		return err
	}
	if err := s.answeredTx(ctx, tx, v, out); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.wakes.wake(v.id) })
	return nil
}

// shareTx lets a visitor open the files of a message.
func shareTx(ctx context.Context, tx *db.Tx, v visitor, out openline.Outgoing) error {
	for _, id := range out.Files {
		const q = "INSERT INTO livechat_file (visitor_id, file_id, message_id) VALUES (?, ?, ?) ON CONFLICT (visitor_id, file_id) DO NOTHING"
		if _, err := tx.Exec(ctx, q, v.id, id, out.MessageID); err != nil {
			return fmt.Errorf("share file: %w", err)
		}
	}
	return nil
}

// ChangeTx lets a visitor see that a message reads otherwise. One that they never saw stays so.
func (s *Service) ChangeTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	files, err := json.Marshal(out.Files)
	if err != nil {
		return err
	}
	return s.rewriteTx(ctx, tx, out, func(v visitor, version int64) error {
		keyboard, err := s.forVisitor(ctx, v, out.MessageID, out.Keyboard)
		if err != nil {
			return err
		}
		cards, buttons, err := encodeParts(out.Attach, keyboard)
		if err != nil {
			return err
		}
		const q = `UPDATE livechat_message SET edited = CASE WHEN content = ? AND files = ? THEN edited ELSE 1 END, content = ?, files = ?, attach = ?,
			keyboard = ?, version = ? WHERE visitor_id = ? AND message_id = ? AND own = 0 AND removed = 0`
		n, err := tx.Exec(ctx, q, out.Text, string(files), out.Text, string(files), cards, buttons, version, v.id, out.MessageID)
		if err != nil {
			return fmt.Errorf("change message of visitor: %w", err)
		}
		if n == 0 {
			return nil
		}
		if err := unshareTx(ctx, tx, v, out.MessageID); err != nil {
			return err
		}
		return shareTx(ctx, tx, v, out)
	})
}

// RemoveTx takes a message away from a visitor, with its files.
func (s *Service) RemoveTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	return s.rewriteTx(ctx, tx, out, func(v visitor, version int64) error {
		const q = "UPDATE livechat_message SET content = '', files = '[]', attach = '', keyboard = '', version = ?, removed = 1 WHERE visitor_id = ? AND message_id = ? AND own = 0"
		n, err := tx.Exec(ctx, q, version, v.id, out.MessageID)
		if err != nil {
			return fmt.Errorf("remove message of visitor: %w", err)
		}
		if n == 0 {
			return nil
		}
		return unshareTx(ctx, tx, v, out.MessageID)
	})
}

func unshareTx(ctx context.Context, tx *db.Tx, v visitor, messageID int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM livechat_file WHERE visitor_id = ? AND message_id = ?", v.id, messageID); err != nil {
		return fmt.Errorf("take back files: %w", err)
	}
	return nil
}

func (s *Service) rewriteTx(ctx context.Context, tx *db.Tx, out openline.Outgoing, f func(v visitor, version int64) error) error {
	v, ok, err := addressee(ctx, tx, out.Channel)
	if err != nil || !ok || out.MessageID == 0 {
		return err
	}
	version, err := nextTx(ctx, tx, v.id)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.wakes.wake(v.id) })
	return f(v, version)
}

// StartedTx tells the visitor's open pages that a conversation began.
func (s *Service) StartedTx(ctx context.Context, tx *db.Tx, v openline.Session) error {
	return s.movedTx(ctx, tx, v)
}

// FinishedTx tells them that it ended.
func (s *Service) FinishedTx(ctx context.Context, tx *db.Tx, v openline.Session) error {
	return s.movedTx(ctx, tx, v)
}

func (s *Service) movedTx(ctx context.Context, tx *db.Tx, c openline.Session) error {
	v, ok, err := addressee(ctx, tx, c.Channel)
	if err == nil && ok {
		tx.AfterCommit(func() { s.wakes.wake(v.id) })
	}
	return err
}
