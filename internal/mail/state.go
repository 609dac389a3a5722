package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/user"
)

// Faults of mails.
var (
	ErrNoMail    = fault.New(fault.NotFound, "MAIL_NOT_FOUND", "There is no such mail.")
	ErrCameBack  = fault.New(fault.Conflict, "MAIL_CAME_BACK", "The mail came back too long after it was sent: its text is not kept any more. Write it again.")
	ErrNotFailed = fault.New(fault.Conflict, "MAIL_NOT_FAILED", "The mail is on its way, or was sent already.")
)

// Fate is what became of the mail that carries a message.
type Fate struct {
	State State
	Why   string // it failed, or waits after an attempt, in words
}

// Fates returns what became of those of the messages that mails carry.
func (s *Service) Fates(ctx context.Context, messageIDs []int64) (map[int64]Fate, error) {
	out := make(map[int64]Fate)
	if len(messageIDs) == 0 {
		return out, nil
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, "SELECT message_id, state, problem FROM mail_outbox WHERE message_id <> 0 AND message_id IN ("+db.Marks(len(messageIDs))+")", db.Args(messageIDs)...)
		if err != nil {
			return fmt.Errorf("fates of mails: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, state int64
			var why string
			if err := rows.Scan(&id, &state, &why); err != nil {
				return err
			}
			out[id] = Fate{State(state), why}
		}
		return rows.Err()
	})
	return out, err
}

// RetryMessage sends the mail again that carries a message and was given up, or came back; asked for twice it is sent once. Faults:
// ErrNoMail, ErrNotFailed, ErrCameBack, and those of Accounts.
func (s *Service) RetryMessage(ctx context.Context, messageID int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.retryTx(ctx, tx, "message_id <> 0 AND message_id = ?", messageID) })
}

// Retry sends a mail again that was given up, or came back. Faults: ErrDenied, and those of RetryMessage.
func (s *Service) Retry(ctx context.Context, actor user.Ref, id int64) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.retryTx(ctx, tx, "id = ?", id) })
}

// retryTx begins the days of a mail anew. It is the first of its lane then, in its old place, and the same mail by its id, unless it came
// back: a client who has it after all gets it once.
func (s *Service) retryTx(ctx context.Context, tx *db.Tx, where string, arg int64) error {
	var id, account, state, chatID, messageID int64
	var body string
	err := tx.QueryRow(ctx, "SELECT id, account_id, state, chat_id, message_id, body FROM mail_outbox WHERE "+where, arg).
		Scan(&id, &account, &state, &chatID, &messageID, &body)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return ErrNoMail
	case err != nil:
		return fmt.Errorf("find mail: %w", err)
	case State(state) == Waiting: // it is tried at once instead of later
	case State(state) != Failed:
		return ErrNotFailed
	case body == "":
		return ErrCameBack
	}
	if account, err = s.fromTx(ctx, tx, account, body); err != nil {
		return err
	}
	now := db.Micro(s.now())
	if State(state) == Waiting {
		_, err = tx.Exec(ctx, "UPDATE mail_outbox SET account_id = ?, next_at = ? WHERE id = ? AND leased < ?", account, now, id, now) // unless it is under way
	} else {
		const q = "UPDATE mail_outbox SET account_id = ?, state = 0, attempts = 0, problem = '', created = ?, next_at = ?, leased = 0, done_at = 0 WHERE id = ?"
		_, err = tx.Exec(ctx, q, account, now, now, id)
	}
	if err != nil {
		return fmt.Errorf("try mail again: %w", err)
	}
	s.toldTx(tx, chatID, messageID)
	tx.AfterCommit(s.hurry)
	return nil
}

// fromTx returns the account from which a mail goes out now that went out from one before.
func (s *Service) fromTx(ctx context.Context, tx *db.Tx, account int64, body string) (int64, error) {
	if account == 0 || s.Accounts == nil {
		return account, nil
	}
	var k stored // what is sealed of it is not needed
	if err := json.Unmarshal([]byte(body), &k); err != nil {
		return 0, fmt.Errorf("read mail of the outbox: %w", err)
	}
	return s.Accounts.InsteadTx(ctx, tx, account, k.ID)
}

// Drop takes a mail out of the outbox that was not sent. Faults: ErrDenied, ErrNoMail; ErrNotFailed where it was sent, or carries a message
// of a chat, at which it stands.
func (s *Service) Drop(ctx context.Context, actor user.Ref, id int64) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var recipient, subject string
		var state, messageID int64
		err := tx.QueryRow(ctx, "SELECT recipient, subject, state, message_id FROM mail_outbox WHERE id = ?", id).Scan(&recipient, &subject, &state, &messageID)
		switch {
		case errors.Is(err, db.ErrNoRows):
			return ErrNoMail
		case err != nil:
			return fmt.Errorf("find mail: %w", err)
		case State(state) == Sent || messageID != 0:
			return ErrNotFailed
		}
		if _, err := tx.Exec(ctx, "DELETE FROM mail_outbox WHERE id = ?", id); err != nil {
			return fmt.Errorf("drop mail: %w", err)
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "MAIL_DROPPED", Module: "mail", Item: strconv.FormatInt(id, 10), Description: "Took the mail “" + subject + "” to " + recipient + " out of the outbox.",
		})
	})
}

// RewriteTx changes the text of a mail that carries a message, as it goes out when it is sent, or sent again; none changes nothing.
func (s *Service) RewriteTx(ctx context.Context, tx *db.Tx, messageID int64, text, html string, files []int64) error {
	var id int64
	var body string
	err := tx.QueryRow(ctx, "SELECT id, body FROM mail_outbox WHERE message_id <> 0 AND message_id = ? AND body <> ''", messageID).Scan(&id, &body)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find mail: %w", err)
	}
	l, err := s.unpack(body)
	if err != nil {
		return err
	}
	l.Text, l.HTML = text, html
	if body, err = s.pack(Parcel{Letter: l}); err != nil {
		return err
	}
	carried, err := json.Marshal(files)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE mail_outbox SET body = ?, files = ? WHERE id = ?", body, string(carried), id); err != nil {
		return fmt.Errorf("change mail: %w", err)
	}
	return nil
}

// WithdrawTx takes a mail that carries a message out of the outbox, where it was not sent yet. Of one that was its text is forgotten.
func (s *Service) WithdrawTx(ctx context.Context, tx *db.Tx, messageID int64) error {
	if _, err := tx.Exec(ctx, "UPDATE mail_outbox SET body = '' WHERE message_id <> 0 AND message_id = ? AND state = 1", messageID); err != nil {
		return fmt.Errorf("forget text of mail: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM mail_outbox WHERE message_id <> 0 AND message_id = ? AND state <> 1", messageID); err != nil {
		return fmt.Errorf("withdraw mail: %w", err)
	}
	return nil
}

// Bounce says that a mail came back after it was sent.
type Bounce struct {
	MessageID int64  // that the mail carries
	ID        string // of the mail that came back
	Next      string // the id by which the mail goes out when it is sent again: what comes back then is told from what comes back now
	Problem   string
}

// BouncedTx notes that the mail that carries a message came back. It is false where nothing of it is on its way by that id: a second report
// of a sending says nothing of the one after it.
func (s *Service) BouncedTx(ctx context.Context, tx *db.Tx, b Bounce) (bool, error) {
	var chatID int64
	err := tx.QueryRow(ctx, "SELECT chat_id FROM mail_outbox WHERE message_id <> 0 AND message_id = ? AND state = 1 AND (sent_as = '' OR sent_as = ?)", b.MessageID, b.ID).Scan(&chatID)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		_, err = tx.Exec(ctx, "UPDATE mail_outbox SET state = 2, problem = ?, sent_as = ? WHERE message_id = ?", short(b.Problem), b.Next, b.MessageID)
	}
	if err != nil {
		return false, fmt.Errorf("note mail that came back: %w", err)
	}
	s.toldTx(tx, chatID, b.MessageID)
	return true, nil
}

// RecentTx returns how many mails of a kind were queued for an address since a time.
func (s *Service) RecentTx(ctx context.Context, tx *db.Tx, recipient, kind string, since time.Time) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM mail_outbox WHERE recipient = ? AND kind = ? AND created > ?", recipient, kind, db.Micro(since)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count mails to an address: %w", err)
	}
	return n, nil
}

// Item is a mail as the page of the outbox shows it.
type Item struct {
	ID                 int64
	Kind, To, Subject  string
	Account            int64
	State              State
	Attempts           int64
	Problem            string
	Created, Next, End time.Time // Next: when it is tried again; End: when it was sent or given up
	ChatID             int64     // it carries a message of this chat; 0: none
}

// Counts are how many mails are in which state.
type Counts struct{ Waiting, Failed int64 }

const pageSize = 50

// List returns mails in a state, the newest first, those below an id; 0: from the newest. Fault: ErrDenied.
func (s *Service) List(ctx context.Context, actor user.Ref, state State, below int64) (out []Item, more bool, err error) {
	if !May(actor) {
		return nil, false, ErrDenied
	}
	where, args := "state = ?", []any{int64(state)}
	if below > 0 {
		where, args = where+" AND id < ?", append(args, below)
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, kind, recipient, subject, account_id, state, attempts, problem, created, next_at, done_at, chat_id FROM mail_outbox WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, pageSize+1)...)
		if err != nil {
			return fmt.Errorf("list mails: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var i Item
			var state, created, next, end int64
			if err := rows.Scan(&i.ID, &i.Kind, &i.To, &i.Subject, &i.Account, &state, &i.Attempts, &i.Problem, &created, &next, &end, &i.ChatID); err != nil {
				return err
			}
			i.State, i.Created, i.Next, i.End = State(state), db.Time(created), db.Time(next), db.Time(end)
			out = append(out, i)
		}
		return rows.Err()
	})
	if more = len(out) > pageSize; more {
		out = out[:pageSize]
	}
	return out, more, err
}

// Count returns how many mails wait and how many were given up. Fault: ErrDenied.
func (s *Service) Count(ctx context.Context, actor user.Ref) (c Counts, err error) {
	if !May(actor) {
		return c, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT (SELECT COUNT(*) FROM mail_outbox WHERE state = 0), (SELECT COUNT(*) FROM mail_outbox WHERE state = 2)").Scan(&c.Waiting, &c.Failed)
	})
	return c, err
}

// PostTx queues a mail of the portal's own. Fault: ErrOff.
func (s *Service) PostTx(ctx context.Context, tx *db.Tx, p Parcel) error {
	if !s.Ready(ctx) {
		return ErrOff
	}
	p.Account, p.Letter.From = 0, letter.Address{}
	return s.QueueTx(ctx, tx, p)
}
