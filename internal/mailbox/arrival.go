package mailbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/openline"
)

// arrival is a mail that is being taken in.
type arrival struct {
	letter.Mail

	account       Account
	uid, validity uint32
	sum           string // of the whole mail
}

func newReader(raw []byte) io.Reader { return bytes.NewReader(raw) }

func sumOf(raw []byte) string {
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}

// ref is by what a mail is known: its id and its sender, since an id alone could be taken by somebody else beforehand.
func (m arrival) ref() string {
	if m.ID == "" {
		return m.sum
	}
	return sumOf([]byte(m.Sender.Email + " " + m.ID))
}

// readTx notes up to where the mailbox was read.
func (m arrival) readTx(ctx context.Context, tx *db.Tx) error {
	const q = `UPDATE mailbox_account SET uid_validity = ?, uid_next = CASE WHEN uid_validity = ? AND uid_next > ? THEN uid_next ELSE ? END WHERE id = ? AND changed = ?`
	next := int64(m.uid) + 1
	_, err := tx.Exec(ctx, q, int64(m.validity), int64(m.validity), next, next, m.account.ID, m.account.changed)
	if err != nil {
		return fmt.Errorf("note what was read: %w", err)
	}
	return nil
}

// noteTx notes that a mail was looked at, once. It is false where that was done before.
func (m arrival) noteTx(ctx context.Context, tx *db.Tx, now time.Time, why string, messageID int64) (bool, error) {
	const q = `INSERT INTO mailbox_in (line_id, ref, account_id, sender, subject, why, message_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (line_id, ref) DO NOTHING`
	why = cut(why, maxWhy)
	n, err := tx.Exec(ctx, q, m.account.LineID, m.ref(), m.account.ID, m.From.Email, m.Subject, why, messageID, db.Micro(now))
	if err != nil {
		return false, fmt.Errorf("note mail: %w", err)
	}
	return n > 0, nil
}

func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// incoming is what the conversations are told of the sender of a mail.
func (m arrival) incoming() openline.Incoming {
	in := openline.Incoming{
		Connector: Connector, LineID: m.account.LineID, ChatID: m.From.Email, Client: openline.Client{ID: m.From.Email, Email: m.From.Email},
	}
	if in.Client.FirstName, in.Client.LastName = m.From.Split(); in.Client.FirstName+in.Client.LastName == "" {
		in.Client.FirstName = m.From.Email
	}
	return in
}

// compose returns the text of the message that a mail becomes, and its files. A subject is told where it is another than before.
func (m arrival) compose(before string, to addressee) (string, []letter.File) {
	files := slices.Clone(m.Files)
	text := m.Text
	if to.answers {
		own, rest, marked := letter.Cut(text)
		if rest != "" && !marked {
			files = append(files, letter.File{Name: "whole mail.txt", Type: "text/plain", Content: []byte(text)})
		}
		text = own
	}
	if subject := letter.Bare(m.Subject); to.visitor == "" && subject != "" && !strings.EqualFold(subject, letter.Bare(before)) {
		text = strings.TrimSpace("[b]" + subject + "[/b]\n\n" + text)
	}
	if text == "" && len(files) == 0 {
		text = "(The mail is empty.)"
	}
	if utf8.RuneCountInString(text) > maxText {
		files = append(files, letter.File{Name: "whole mail.txt", Type: "text/plain", Content: []byte(m.Text)})
		text = cut(text, maxText) + "…"
	}
	return text, files
}

// withNotes tells what of a mail was left out.
func withNotes(text string, notes []string, address string) string {
	if len(notes) == 0 {
		return text
	}
	return strings.TrimSpace(text + "\n\n[i]Not taken from the mail, which is in the mailbox " + address + ": " + strings.Join(notes, "; ") + "[/i]")
}
