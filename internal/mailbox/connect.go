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
// now on are taken in. One of a provider is read when access was allowed there, and from then on. Faults: ErrDenied, ErrNoLine, ErrTaken, ErrNoKey, ErrTooMany, and of a field.
func (s *Service) Add(ctx context.Context, actor user.Ref, lineID int64, set Settings) (a Account, err error) {
	if !May(actor) {
		return a, ErrDenied
	}
	if err := set.tidy(); err != nil {
		return a, err
	}
	if set.Provider == 0 && set.IMAP.Password == "" {
		return a, fault.New(fault.Invalid, "MAILBOX", "Enter the password of the mailbox.").At("password")
	}
	a = Account{Settings: set, LineID: lineID, Created: s.now()}
	if err := s.sealTo(&a); err != nil {
		return a, err
	}
	if a.Provider == 0 {
		if err := s.try(ctx, &a); err != nil {
			return a, err
		}
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		l, found, err := s.Lines.LineTx(ctx, tx, lineID)
		if err != nil || !found {
			return orFault(err, ErrNoLine)
		}
		if err := errors.Join(s.roomTx(ctx, tx, a.Address, 0), signsInTx(ctx, tx, a.Provider)); err != nil {
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
		problem_since, lease_by, lease_until, provider_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '', 0, ?)`
	now := db.Micro(a.Created)
	a.ID, err = tx.Insert(ctx, q, a.LineID, db.Bit(a.Active), a.Address, string(settings), a.password, a.smtpPassword, int64(a.uidValidity), int64(a.uidNext), now, now, a.Provider)
	if err != nil {
		return fmt.Errorf("insert mailbox: %w", err)
	}
	return nil
}

// Change changes a mailbox. Passwords that are empty stay, as long as their servers do; access that was allowed stays as long as the provider
// does. Faults: as of Add, and ErrNoMailbox.
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
	if next.Provider != old.Provider {
		next.Access = NoAccess
	}
	if err := s.passwords(ctx, old, &next); err != nil {
		return err
	}
	moved, err := s.moved(ctx, old, next)
	if err != nil {
		return err
	}
	next.uidValidity, next.uidNext = 0, 0
	if set.Active && (next.Provider == 0 || next.Access == Allowed) {
		if err := s.try(ctx, &next); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := errors.Join(s.roomTx(ctx, tx, next.Address, id), signsInTx(ctx, tx, next.Provider)); err != nil {
			return err
		}
		if next.Provider != old.Provider {
			if err := s.disconnectTx(ctx, tx, old); err != nil {
				return err
			}
		}
		if err := s.changeTx(ctx, tx, next, moved); err != nil {
			return err
		}
		tx.AfterCommit(s.hurry)
		if err := s.Outbox.HurryTx(ctx, tx, id); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "MAILBOX_CHANGED", id, "Changed the mailbox "+next.Address+".")
	})
}

// changeTx stores a mailbox. The problem of one that is not let in stays until it is.
func (s *Service) changeTx(ctx context.Context, tx *db.Tx, a Account, moved bool) error {
	settings, err := json.Marshal(a.Settings)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE mailbox_account SET active = ?, address = ?, settings = ?, password = ?, smtp_password = ?, changed = ?, provider_id = ?,
		problem = CASE WHEN access = ? THEN problem ELSE '' END, problem_since = CASE WHEN access = ? THEN problem_since ELSE 0 END,
		uid_validity = CASE WHEN ? = 1 THEN ? ELSE uid_validity END, uid_next = CASE WHEN ? = 1 THEN ? ELSE uid_next END WHERE id = ?`,
		db.Bit(a.Active), a.Address, string(settings), a.password, a.smtpPassword, db.Micro(s.now()), a.Provider,
		int64(Refused), int64(Refused), db.Bit(moved), int64(a.uidValidity), db.Bit(moved), int64(a.uidNext), a.ID)
	if err != nil {
		return fmt.Errorf("change mailbox: %w", err)
	}
	if n == 0 {
		return ErrNoMailbox
	}
	return nil
}

// moved reports whether a mailbox is another one now: its mails have other numbers.
func (s *Service) moved(ctx context.Context, old, next Account) (bool, error) {
	before, err := s.receiving(ctx, old)
	if err != nil {
		return false, err
	}
	now, err := s.receiving(ctx, next)
	return before.Host != now.Host || before.Login != now.Login || old.Folder != next.Folder, err
}

// receiving returns the server from which a mailbox is read, and its login.
func (s *Service) receiving(ctx context.Context, a Account) (mail.Server, error) {
	if a.Provider == 0 {
		return a.IMAP, nil
	}
	p, err := s.provider(ctx, a.Provider)
	if errors.Is(err, ErrNoProvider) {
		err = fault.New(fault.Invalid, "MAILBOX", "This provider is not registered any more.").At("provider")
	}
	imap, _ := p.servers(a, nil)
	return imap, err
}

// passwords keeps those that were not entered again. One is not sent to a server that it was not entered for.
func (s *Service) passwords(ctx context.Context, old Account, next *Account) error {
	again := func(field string) error {
		text := "Enter the password again: it was that of another server."
		if old.Provider != 0 {
			text = "Enter the password of the mailbox."
		}
		return fault.New(fault.Invalid, "MAILBOX", text).At(field)
	}
	if next.Provider != 0 {
		next.password, next.smtpPassword = "", ""
		return nil
	}
	imap, smtp, err := s.servers(ctx, old)
	if next.IMAP.Password == "" {
		if old.Provider != 0 || old.IMAP.Host != next.IMAP.Host || next.SignIn == SameLogin && old.SMTP.Host != next.SMTP.Host {
			return again("password")
		}
		if err != nil {
			return err
		}
		next.IMAP.Password = imap.Password // sealed anew: the address may be another
	}
	if next.SignIn == OwnLogin && next.SMTP.Password == "" {
		if old.Provider != 0 || old.SignIn != OwnLogin || old.SMTP.Host != next.SMTP.Host {
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
	imap, smtp, err := s.servers(ctx, *a)
	if err != nil {
		return err
	}
	return s.tryAt(ctx, a, imap, smtp)
}

// tryThrough does the same with what a provider just gave.
func (s *Service) tryThrough(ctx context.Context, a *Account, p Provider, b mail.Bearer) error {
	imap, smtp := p.servers(*a, b)
	return s.tryAt(ctx, a, imap, smtp)
}

func (s *Service) tryAt(ctx context.Context, a *Account, imap, smtp mail.Server) error {
	within, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	box, err := s.open(within, imap, a.Folder)
	if err != nil {
		return a.asFault(err, "host")
	}
	a.uidValidity, a.uidNext = box.validity, box.next
	box.close()
	sender := mail.Sender{Dial: s.Dial, TLS: s.TLS}
	if err := sender.Try(within, smtp, a.Address); err != nil {
		return a.asFault(err, "smtp_host")
	}
	return nil
}

const tryTime = time.Minute

// asFault says at a field why a server did not let the portal in. The servers of a provider have no fields.
func (a Account) asFault(err error, field string) error {
	if a.Provider != 0 {
		field = "access"
	}
	if r, ok := errors.AsType[*mail.RefusalError](err); ok {
		switch {
		case !r.Login || a.Provider != 0:
		case field == "host":
			field = "password"
		case a.SignIn == OwnLogin:
			field = "smtp_password"
		}
		return fault.New(fault.Invalid, "MAIL_SERVER", r.Text).At(field)
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.Unavailable { // there is no token
		return fault.New(fault.Invalid, f.Code, f.Text).At(field).Because(err)
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
		if err := s.disconnectTx(ctx, tx, a); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_account WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete mailbox: %w", err)
		}
		tx.AfterCommit(s.hurry)
		return s.noteTx(ctx, tx, "MAILBOX_DELETED", id, "Disconnected the mailbox "+a.Address+".")
	})
}

// Leave disconnects all mailboxes. It is for a copy of a portal: the original reads them and answers from them, and what providers allowed
// stays with it.
func (s *Service) Leave(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		all, err := queryAccounts(ctx, tx, "ORDER BY id")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_revocation"); err != nil {
			return fmt.Errorf("leave permissions: %w", err)
		}
		for _, a := range all {
			if err := s.forgetTx(ctx, tx, a, nil); err != nil {
				return err
			}
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
		if err := s.disconnectTx(ctx, tx, a); err != nil {
			return err
		}
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
