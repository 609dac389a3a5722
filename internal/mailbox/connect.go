package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/user"
)

// Add connects a mailbox to a line: both servers are signed in at first. What is in the mailbox already stays there; mails that arrive from
// now on are taken in. Faults: ErrDenied, ErrNoLine, ErrTaken, ErrNoKey, ErrTooMany, and of a field.
func (s *Service) Add(ctx context.Context, actor user.Ref, lineID int64, set Settings) (a Account, err error) {
	if !May(actor) {
		return a, ErrDenied
	}
	if err := set.tidy(); err != nil {
		return a, err
	}
	if set.IMAP.Password == "" {
		return a, fault.New(fault.Invalid, "MAILBOX", "Enter the password of the mailbox.").At("password")
	}
	a = Account{Settings: set, LineID: lineID, Created: s.now()}
	if err := s.sealTo(&a); err != nil {
		return a, err
	}
	if err := s.try(ctx, &a); err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, found, err := s.Lines.LineTx(ctx, tx, lineID)
		if err != nil || !found {
			return orFault(err, ErrNoLine)
		}
		if err := s.roomTx(ctx, tx, a.Address, 0); err != nil {
			return err
		}
		if err := s.insertTx(ctx, tx, &a); err != nil {
			return err
		}
		tx.AfterCommit(s.hurry)
		return s.noteTx(ctx, tx, "MAILBOX_ADDED", a.ID, "Connected the mailbox "+a.Address+" to the open channel "+l.Name+".")
	})
	return a, err
}

// roomTx checks that an address is not that of another mailbox, and that there are not too many.
func (s *Service) roomTx(ctx context.Context, tx *db.Tx, address string, own int64) error {
	if err := tx.Lock(ctx, "mailboxes"); err != nil {
		return err
	}
	var all, taken int64
	err := tx.QueryRow(ctx, "SELECT (SELECT COUNT(*) FROM mailbox_account WHERE id <> ?), (SELECT COUNT(*) FROM mailbox_account WHERE address = ? AND id <> ?)", own, address, own).Scan(&all, &taken)
	switch {
	case err != nil:
		return fmt.Errorf("count mailboxes: %w", err)
	case taken > 0:
		return ErrTaken
	case all >= maxAccounts:
		return ErrTooMany
	}
	return nil
}

func (s *Service) sealTo(a *Account) (err error) {
	if a.IMAP.Password != "" {
		if a.password, err = s.Box.Seal([]byte(a.IMAP.Password), passwordAbout(a.Address)); err != nil {
			return ErrNoKey.Because(err)
		}
	}
	switch {
	case a.SignIn != OwnLogin:
		a.smtpPassword = ""
	case a.SMTP.Password != "":
		if a.smtpPassword, err = s.Box.Seal([]byte(a.SMTP.Password), smtpPasswordAbout(a.Address)); err != nil {
			return ErrNoKey.Because(err)
		}
	}
	return nil
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, a *Account) error {
	settings, err := json.Marshal(a.Settings)
	if err != nil {
		return err
	}
	const q = `INSERT INTO mailbox_account (line_id, active, address, settings, password, smtp_password, uid_validity, uid_next, created, changed, checked, problem,
		problem_since, lease_by, lease_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '', 0)`
	now := db.Micro(a.Created)
	a.ID, err = tx.Insert(ctx, q, a.LineID, db.Bit(a.Active), a.Address, string(settings), a.password, a.smtpPassword, int64(a.uidValidity), int64(a.uidNext), now, now)
	if err != nil {
		return fmt.Errorf("insert mailbox: %w", err)
	}
	return nil
}

// Change changes a mailbox. Passwords that are empty stay, as long as their servers do. Faults: as of Add, and ErrNoMailbox.
func (s *Service) Change(ctx context.Context, actor user.Ref, id int64, set Settings) error {
	if !May(actor) {
		return ErrDenied
	}
	if err := set.tidy(); err != nil {
		return err
	}
	old, err := s.account(ctx, id)
	if err != nil {
		return err
	}
	next := old
	next.Settings = set
	if err := s.passwords(old, &next); err != nil {
		return err
	}
	moved := old.IMAP.Host != set.IMAP.Host || old.IMAP.Login != set.IMAP.Login || old.Folder != set.Folder
	next.uidValidity, next.uidNext = 0, 0
	if set.Active {
		if err := s.try(ctx, &next); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.roomTx(ctx, tx, next.Address, id); err != nil {
			return err
		}
		settings, err := json.Marshal(next.Settings)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE mailbox_account SET active = ?, address = ?, settings = ?, password = ?, smtp_password = ?, changed = ?, problem = '', problem_since = 0,
			uid_validity = CASE WHEN ? = 1 THEN ? ELSE uid_validity END, uid_next = CASE WHEN ? = 1 THEN ? ELSE uid_next END WHERE id = ?`,
			db.Bit(next.Active), next.Address, string(settings), next.password, next.smtpPassword, db.Micro(s.now()),
			db.Bit(moved), int64(next.uidValidity), db.Bit(moved), int64(next.uidNext), id)
		if err != nil {
			return fmt.Errorf("change mailbox: %w", err)
		}
		if n == 0 {
			return ErrNoMailbox
		}
		tx.AfterCommit(s.hurry)
		if err := s.Outbox.HurryTx(ctx, tx, id); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "MAILBOX_CHANGED", id, "Changed the mailbox "+next.Address+".")
	})
}

// passwords keeps those that were not entered again. One is not sent to a server that it was not entered for.
func (s *Service) passwords(old Account, next *Account) error {
	again := func(field string) error {
		return fault.New(fault.Invalid, "MAILBOX", "Enter the password again: it was that of another server.").At(field)
	}
	imap, smtp, err := s.servers(old)
	if next.IMAP.Password == "" {
		if old.IMAP.Host != next.IMAP.Host || next.SignIn == SameLogin && old.SMTP.Host != next.SMTP.Host {
			return again("password")
		}
		if err != nil {
			return err
		}
		next.IMAP.Password = imap.Password // sealed anew: the address may be another
	}
	if next.SignIn == OwnLogin && next.SMTP.Password == "" {
		if old.SignIn != OwnLogin || old.SMTP.Host != next.SMTP.Host {
			return again("smtp_password")
		}
		if err != nil {
			return err
		}
		next.SMTP.Password = smtp.Password
	}
	return s.sealTo(next)
}

// try signs in at both servers of a mailbox, and notes from where on it is read.
func (s *Service) try(ctx context.Context, a *Account) error {
	imap, smtp, err := s.servers(*a)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	box, err := s.open(within, imap, a.Folder)
	if err != nil {
		return asFault(err, "host")
	}
	a.uidValidity, a.uidNext = box.validity, box.next
	box.close()
	sender := mail.Sender{Dial: s.Dial, TLS: s.TLS}
	if err := sender.Try(within, smtp, a.Address); err != nil {
		return asFault(err, "smtp_host")
	}
	return nil
}

const tryTime = time.Minute

func asFault(err error, field string) error {
	if r, ok := errors.AsType[*mail.RefusalError](err); ok {
		return fault.New(fault.Invalid, "MAIL_SERVER", r.Text).At(field)
	}
	return err
}

// Delete disconnects a mailbox. Its conversations stay with the line; answers in them are not sent any more. Faults: ErrDenied,
// ErrNoMailbox.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := oneAccount(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_account WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete mailbox: %w", err)
		}
		tx.AfterCommit(s.hurry)
		return s.noteTx(ctx, tx, "MAILBOX_DELETED", id, "Disconnected the mailbox "+a.Address+".")
	})
}

// Leave disconnects all mailboxes. It is for a copy of a portal: the original reads them and answers from them.
func (s *Service) Leave(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		all, err := queryAccounts(ctx, tx, "ORDER BY id")
		if err != nil {
			return err
		}
		for _, a := range all {
			if _, err := tx.Exec(ctx, "DELETE FROM mailbox_account WHERE id = ?", a.ID); err != nil {
				return fmt.Errorf("leave mailbox: %w", err)
			}
			if err := s.noteTx(ctx, tx, "MAILBOX_DELETED", a.ID, "Left the mailbox "+a.Address+" to the portal of which this is a copy."); err != nil {
				return err
			}
		}
		tx.AfterCommit(s.hurry)
		return nil
	})
}

// LineDeletedTx disconnects the mailboxes of a line that is deleted.
func (s *Service) LineDeletedTx(ctx context.Context, tx *db.Tx, lineID int64) error {
	all, err := queryAccounts(ctx, tx, "WHERE line_id = ?", lineID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := s.noteTx(ctx, tx, "MAILBOX_DELETED", a.ID, "Disconnected the mailbox "+a.Address+" with its open channel."); err != nil {
			return err
		}
	}
	for _, table := range []string{"mailbox_account", "mailbox_talk", "mailbox_in", "mailbox_ref"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE line_id = ?", lineID); err != nil {
			return fmt.Errorf("forget mailboxes of a line: %w", err)
		}
	}
	tx.AfterCommit(s.hurry)
	return nil
}
