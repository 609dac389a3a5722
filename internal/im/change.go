package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Update changes a message that actor sent, as long as Rules let them. An empty text removes the message. It returns
// ErrCannotEdit, also for a message that does not exist.
func (s *Service) Update(ctx context.Context, actor, messageID int64, ch Change) error {
	if ch.Text != nil {
		text := cleanText(*ch.Text)
		if text == "" {
			return s.Delete(ctx, actor, messageID, false)
		}
		ch.Text = &text
	}
	if ch.Attach != nil {
		stamped := ch.Attach.Stamp(s.clock.Now())
		ch.Attach = &stamped
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.updateTx(ctx, tx, actor, messageID, ch) })
}

func (s *Service) updateTx(ctx context.Context, tx *db.Tx, actor, messageID int64, ch Change) error {
	d, err := s.editable(ctx, tx, actor, messageID)
	if err != nil {
		return err
	}
	if !d.own {
		return ErrCannotEdit // a manager may remove it, not rewrite it
	}
	return s.rewriteTx(ctx, tx, actor, d, ch)
}

// rewriteTx changes a message that actor may change.
func (s *Service) rewriteTx(ctx context.Context, tx *db.Tx, actor int64, d sent, ch Change) error {
	m := &d.message
	before := m.Link()
	if err := ch.apply(m); err != nil {
		return err
	}
	if m.Text == "" && len(m.Extra.Attach) == 0 && len(m.Extra.Files) == 0 {
		return s.deleteTx(ctx, tx, actor, d, false)
	}
	if !ch.Arrived && (ch.Text != nil || !ch.Unmarked) {
		m.Edited = s.clock.Now().UTC()
		m.Extra.Changed = outside(ch.ChangedAt, m.Edited)
	}
	extra, err := m.Extra.stored()
	if err != nil {
		return err
	}
	const q = "UPDATE message SET text = ?, extra = ?, flags = (flags & ?) | ?, edited = ? WHERE id = ?"
	if err := tx.Later(ctx, q, m.Text, extra, ^int64(contentFlags), flagsOf(*m), db.Micro(m.Edited), m.ID); err != nil {
		return fmt.Errorf("update message: %w", err)
	}
	if err := s.mentionAnew(ctx, tx, &d); err != nil {
		return err
	}
	if m.Link() != before {
		if err := s.askTx(ctx, tx, *m); err != nil {
			return err
		}
	}
	told := d
	told.message.Inner = told.message.Inner || ch.Inner
	if err := s.tellEntity(ctx, tx, Rewritten, told, actor); err != nil {
		return err
	}
	if err := s.noteChanged(ctx, tx, m.ID); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.live.Publish(d.state.members, LiveChanged, liveMessage(d)) })
	if s.listener == nil {
		return nil
	}
	if e := d.event(d.mentions.ids, actor); len(e.BotIDs) > 0 || s.follows() {
		return s.listener.MessageUpdatedTx(ctx, tx, e)
	}
	return nil
}

// mentionAnew keeps whom a changed message mentions.
func (s *Service) mentionAnew(ctx context.Context, tx *db.Tx, d *sent) error {
	d.mentions = mentionsIn(d.message.Text)
	if err := forgetMentions(ctx, tx, d.message.ID); err != nil {
		return err
	}
	return keepMentions(ctx, tx, d.message, d.mentions, d.state)
}

func (ch Change) apply(m *Message) (err error) {
	if ch.Text != nil {
		m.Unlinked = m.Unlinked && firstLink(*ch.Text) == firstLink(m.Text)
		m.Text = *ch.Text
	}
	if ch.NoPreview != nil {
		m.NoPreview = *ch.NoPreview
		m.Unlinked = m.Unlinked && m.NoPreview // who wants the card now gets it
	}
	if ch.Attach != nil {
		if m.Extra.Attach, err = normal(len(*ch.Attach), *ch.Attach); err != nil {
			return err
		}
	}
	if ch.Keyboard != nil {
		if m.Extra.Keyboard, err = normal(len(*ch.Keyboard), *ch.Keyboard); err != nil {
			return err
		}
	}
	if ch.Menu != nil {
		m.Extra.Menu, err = normal(len(*ch.Menu), *ch.Menu)
	}
	return err
}

// Delete removes a message: its sender may as long as Rules let them, the owner and the managers of a group always. Complete leaves no trace, else the
// emptied message stays as a mark. It returns ErrCannotEdit, also for a message that does not exist.
func (s *Service) Delete(ctx context.Context, actor, messageID int64, complete bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		d, err := s.editable(ctx, tx, actor, messageID)
		if err != nil {
			return err
		}
		return s.deleteTx(ctx, tx, actor, d, complete)
	})
}

func (s *Service) deleteTx(ctx context.Context, tx *db.Tx, actor int64, d sent, complete bool) error {
	mentions := mentionsIn(d.message.Text)
	if err := forgetParts(ctx, tx, "= ?", d.message.ID); err != nil {
		return err
	}
	if err := s.releaseTx(ctx, tx, d.message); err != nil {
		return err
	}
	if complete {
		if err := erase(ctx, tx, d.message); err != nil {
			return err
		}
	} else {
		now := s.clock.Now().UTC()
		const q = "UPDATE message SET text = '', extra = '', flags = flags & ?, deleted = ? WHERE id = ?"
		lost := int64(flagFiles | flagLinks | flagReacted | flagPinned)
		if err := tx.Later(ctx, q, ^lost, db.Micro(now), d.message.ID); err != nil {
			return fmt.Errorf("empty message: %w", err)
		}
		d.message.Deleted = now
	}
	d.message.Text, d.message.Extra = "", Extra{}
	if err := s.tellEntity(ctx, tx, Removed, d, actor); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		hint := liveMessage(d)
		hint.Complete = complete
		s.live.Publish(d.state.members, LiveRemoved, hint)
	})
	if s.listener == nil {
		return nil
	}
	if e := d.event(mentions.ids, actor); len(e.BotIDs) > 0 || s.follows() {
		return s.listener.MessageDeletedTx(ctx, tx, e)
	}
	return nil
}

// forgetParts removes what is kept beside messages: of those whose id the condition, with its argument, holds for.
func forgetParts(ctx context.Context, tx *db.Tx, condition string, arg int64) error {
	for _, table := range []string{"message_reaction", "chat_pin", "chat_mention"} {
		if err := tx.Later(ctx, "DELETE FROM "+table+" WHERE message_id "+condition, arg); err != nil {
			return fmt.Errorf("remove parts of message: %w", err)
		}
	}
	if err := tx.Later(ctx, "DELETE FROM message_word_new WHERE id "+condition, arg); err != nil {
		return fmt.Errorf("remove parts of message: %w", err)
	}
	return removeWords(ctx, tx, condition, arg)
}

// erase removes a message as if it had never been: those who have not read it have one less to read.
func erase(ctx context.Context, tx *db.Tx, m Message) error {
	// The chat's row first, as sending locks it.
	const last = `UPDATE chat SET last_message_id = (SELECT COALESCE(MAX(o.id), 0) FROM message o WHERE o.chat_id = chat.id AND o.id <> ?)
		WHERE id = ?`
	if err := tx.Later(ctx, last, m.ID, m.ChatID); err != nil {
		return fmt.Errorf("find last message: %w", err)
	}
	if err := tx.Later(ctx, "DELETE FROM message WHERE id = ?", m.ID); err != nil {
		return fmt.Errorf("delete message: %w", err)
	}
	if m.Silent {
		return nil
	}
	const gone = "UPDATE chat_member SET gone = gone + 1 WHERE chat_id = ? AND read_seq < ?"
	if err := tx.Later(ctx, gone, m.ChatID, m.Seq); err != nil {
		return fmt.Errorf("count gone message: %w", err)
	}
	return nil
}

// editable returns a message that actor may remove, with its chat as it is now.
func (s *Service) editable(ctx context.Context, tx *db.Tx, actor, messageID int64) (sent, error) {
	m, err := messageTx(ctx, tx, messageID)
	if errors.Is(err, ErrNoMessage) {
		return sent{}, ErrCannotEdit
	}
	if err != nil {
		return sent{}, err
	}
	st, err := s.loadState(ctx, tx, m.ChatID)
	if err != nil {
		return sent{}, err
	}
	rules, err := s.currentRules(ctx)
	if err != nil {
		return sent{}, err
	}
	own := m.SenderID == actor && rules.mayStillEdit(m.Date, s.clock.Now())
	manager := st.chat.Type != Private && st.allows(actor, RightManager)
	if actor == 0 || !m.Deleted.IsZero() || !st.has(actor) || !own && !manager {
		return sent{}, ErrCannotEdit
	}
	return sent{message: m, state: st, own: own}, nil
}

// messageTx returns a message; ErrNoMessage when there is none.
func messageTx(ctx context.Context, tx *db.Tx, id int64) (Message, error) {
	var row messageRow
	err := tx.QueryRow(ctx, "SELECT "+messageColumns+" FROM message m WHERE m.id = ?", id).Scan(row.dest()...)
	if errors.Is(err, db.ErrNoRows) {
		return Message{}, ErrNoMessage
	}
	if err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	return row.message()
}
