package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// talk is the thread of mails with an address.
type talk struct {
	AccountID int64
	Name      string
	Subject   string
	Refs      []string // of its mails, the last one last
}

func talkTx(ctx context.Context, tx *db.Tx, lineID int64, address string) (t talk, ok bool, err error) {
	var refs string
	err = tx.QueryRow(ctx, "SELECT account_id, name, subject, refs FROM mailbox_talk WHERE line_id = ? AND address = ?", lineID, address).Scan(&t.AccountID, &t.Name, &t.Subject, &refs)
	if errors.Is(err, db.ErrNoRows) {
		return t, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(refs), &t.Refs)
	}
	if err != nil {
		return t, false, fmt.Errorf("read thread: %w", err)
	}
	return t, true, nil
}

func (s *Service) talk(ctx context.Context, lineID int64, address string) (t talk, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t, _, err = talkTx(ctx, tx, lineID, address)
		return err
	})
	return t, err
}

// heardTx keeps what an answer to a mail has to name.
func (s *Service) heardTx(ctx context.Context, tx *db.Tx, m arrival) error {
	old, _, err := talkTx(ctx, tx, m.account.LineID, m.From.Email)
	if err != nil {
		return err
	}
	refs := m.References
	if len(refs) == 0 {
		refs = m.InReplyTo
	}
	if m.ID != "" {
		refs = append(slices.Clone(refs), m.ID)
	}
	refs = refs[max(0, len(refs)-maxThread):]
	raw, err := json.Marshal(refs)
	if err != nil {
		return err
	}
	name := m.From.Name
	if name == "" {
		name = old.Name
	}
	const q = `INSERT INTO mailbox_talk (line_id, address, account_id, name, subject, refs, automatic_since, automatic) VALUES (?, ?, ?, ?, ?, ?, 0, 0)
		ON CONFLICT (line_id, address) DO UPDATE SET account_id = excluded.account_id, name = excluded.name, subject = excluded.subject, refs = excluded.refs`
	if _, err := tx.Exec(ctx, q, m.account.LineID, m.From.Email, m.account.ID, name, m.Subject, string(raw)); err != nil {
		return fmt.Errorf("keep thread: %w", err)
	}
	if m.ID == "" {
		return nil
	}
	return s.refersTx(ctx, tx, m.ID, ref{lineID: m.account.LineID, address: m.From.Email})
}

// ref is a mail that others may answer.
type ref struct {
	lineID    int64
	address   string // of whom we wrote to, or who wrote to us
	visitor   string // of the chat of a site
	messageID int64  // that it carries; 0: it came in, or carries several
}

func refTx(ctx context.Context, tx *db.Tx, id string) (r ref, ok bool, err error) {
	err = tx.QueryRow(ctx, "SELECT line_id, address, visitor, message_id FROM mailbox_ref WHERE ref = ?", sumOf([]byte(id))).Scan(&r.lineID, &r.address, &r.visitor, &r.messageID)
	if errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("find mail by its id: %w", err)
	}
	return r, true, nil
}

func (s *Service) refersTx(ctx context.Context, tx *db.Tx, id string, r ref) error {
	const q = "INSERT INTO mailbox_ref (ref, line_id, address, visitor, message_id, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (ref) DO NOTHING"
	if _, err := tx.Exec(ctx, q, sumOf([]byte(id)), r.lineID, r.address, r.visitor, r.messageID, db.Micro(s.now())); err != nil {
		return fmt.Errorf("keep id of mail: %w", err)
	}
	return nil
}
