package mail

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// Parcel is a mail for the outbox.
type Parcel struct {
	Account int64  // of Accounts; 0: the portal's own
	Lane    string // mails of a lane go out in their order; empty: alone
	Kind    string // what it is for people, e.g. "Invitation"
	// Letter is the mail. Its From may have a name; the address is that of the account. Its ID may be empty.
	Letter letter.Letter
	Files  []int64 // of the portal
	// MessageID and ChatID are the message of the messenger that it carries; 0: none. A message is carried once.
	MessageID, ChatID int64
	Secret            bool // it holds what nobody else may read, e.g. a link by which one signs in
}

// stored is a Letter as it waits.
type stored struct {
	letter.Letter

	Secret string `json:",omitempty"` // the texts, sealed
}

// texts are what is sealed of a secret letter.
type texts struct{ Text, HTML string }

const parcelAbout = "mail.outbox"

// QueueTx keeps a mail until it is sent. ErrNoKey: it is secret, and there is no key.
func (s *Service) QueueTx(ctx context.Context, tx *db.Tx, p Parcel) error {
	now := s.now()
	if p.Letter.Date.IsZero() {
		p.Letter.Date = now
	}
	body, err := s.pack(p)
	if err != nil {
		return err
	}
	files, err := json.Marshal(p.Files)
	if err != nil {
		return err
	}
	if p.Lane == "" {
		p.Lane = "id " + letter.NewID("lane")
	}
	const add = `INSERT INTO mail_outbox (account_id, lane, kind, recipient, subject, body, files, message_id, chat_id, state, attempts, problem, created, next_at, leased, done_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', ?, ?, 0, 0)`
	_, err = tx.Exec(ctx, add, p.Account, p.Lane, p.Kind, p.Letter.To.Email, letter.OneLine(p.Letter.Subject), body, string(files), p.MessageID, p.ChatID, db.Micro(now), db.Micro(now))
	if err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	s.toldTx(tx, p.ChatID, p.MessageID)
	tx.AfterCommit(s.hurry)
	return nil
}

func (s *Service) pack(p Parcel) (string, error) {
	k := stored{Letter: p.Letter}
	if p.Secret {
		raw, err := json.Marshal(texts{k.Text, k.HTML})
		if err != nil {
			return "", err
		}
		if k.Secret, err = s.Box.Seal(raw, parcelAbout); err != nil {
			return "", ErrNoKey.Because(err)
		}
		k.Text, k.HTML = "", ""
	}
	raw, err := json.Marshal(k)
	return string(raw), err
}

func (s *Service) unpack(body string) (letter.Letter, error) {
	var k stored
	if err := json.Unmarshal([]byte(body), &k); err != nil {
		return k.Letter, fmt.Errorf("read mail of the outbox: %w", err)
	}
	if k.Secret == "" {
		return k.Letter, nil
	}
	raw, err := s.Box.Open(k.Secret, parcelAbout)
	if err != nil {
		return k.Letter, refusal(true, "The text cannot be read with this server's key for secrets.")
	}
	var t texts
	err = json.Unmarshal(raw, &t)
	k.Text, k.HTML = t.Text, t.HTML
	return k.Letter, err
}
