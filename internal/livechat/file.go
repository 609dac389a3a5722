package livechat

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/db"
)

// MaxFile is how many bytes a file of a visitor may have; the portal's limit holds besides.
const MaxFile = 20 << 20

// Upload stores a file of a visitor, which a message of theirs can carry; given: whether they have agreed to what the line wants; signed: as of
// NewMessage. Faults:
// ErrNoWidget, ErrToken, ErrConsent, ErrTooMany, and those of the portal's limits.
func (s *Service) Upload(ctx context.Context, c Caller, given Given, signed bool, name string, r io.Reader) (f File, err error) {
	if !codeForm.MatchString(c.Code) {
		return f, ErrNoWidget
	}
	if !s.limits.take(uploadAddress, network(c.Address)) {
		return f, ErrTooMany
	}
	var v visitor
	counted := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		w, l, found, err := s.writerTx(ctx, tx, c, signed, &counted)
		if err != nil {
			return err
		}
		v = found
		agreed, err := s.agreeTx(ctx, tx, l, &v, given)
		if err != nil {
			return err
		}
		if v.chatID == 0 {
			got, err := s.Conversations.OpenTx(ctx, tx, incoming(w, v))
			if err != nil {
				return err
			}
			if err := placeTx(ctx, tx, &v, got); err != nil {
				return err
			}
		}
		return s.consentTx(ctx, tx, agreed, v, c, pageOf(given.Page))
	})
	if err != nil {
		return f, err
	}
	if !s.limits.take(uploadRate, v.name) {
		return f, ErrTooMany
	}
	if f, err = s.Files.Upload(ctx, v.userID, v.chatID, name, r); err != nil {
		return f, err
	}
	return f, s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO livechat_file (visitor_id, file_id, message_id) VALUES (?, ?, 0)", v.id, f.ID)
		return err
	})
}

// ownFilesTx checks that the files of a message are those that the visitor uploaded.
func ownFilesTx(ctx context.Context, tx *db.Tx, v visitor, ids []int64) error {
	for _, id := range ids {
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM livechat_file WHERE visitor_id = ? AND file_id = ? AND message_id = 0", v.id, id).Scan(&n)
		if err != nil {
			return fmt.Errorf("look for file of visitor: %w", err)
		}
		if n == 0 {
			return ErrFile
		}
	}
	return nil
}

// Open returns a file that a visitor may see: one of theirs, or of a message to them. Faults: ErrNoWidget, ErrToken, ErrNoVisitor, ErrNoFile.
func (s *Service) Open(ctx context.Context, c Caller, id int64, preview bool) (f Content, err error) {
	_, _, v, err := s.caller(ctx, c)
	if err != nil {
		return f, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var one int64
		return tx.QueryRow(ctx, "SELECT 1 FROM livechat_file WHERE visitor_id = ? AND file_id = ?", v.id, id).Scan(&one)
	})
	if errors.Is(err, db.ErrNoRows) {
		return f, ErrNoFile
	}
	if err != nil {
		return f, fmt.Errorf("look for file of visitor: %w", err)
	}
	return s.Files.Open(ctx, id, preview)
}
