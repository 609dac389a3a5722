package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/user"
)

// Account is a mailbox that is connected to an open channel.
type Account struct {
	Settings

	ID, LineID   int64
	Created      time.Time
	Checked      time.Time // when it was last looked at without a problem; zero: never
	Problem      string    // why it cannot be read, in words; empty: it can
	ProblemSince time.Time

	Access    Access
	AllowedAt time.Time // when the access that there is was allowed; zero: there is none

	password, smtpPassword string // sealed
	uidValidity, uidNext   uint32 // up to where it was read
	changed                int64
}

// NeedsAccess reports whether the provider was not told yet to let the portal in.
func (a Account) NeedsAccess() bool { return a.Provider != 0 && a.Access == NoAccess }

// AccessEnded reports whether the provider does not let the portal in any more.
func (a Account) AccessEnded() bool { return a.Access == Refused }

// The bounds of mailboxes.
const (
	maxAccounts = 50  // of a portal
	maxName     = 100 // characters
	maxFolder   = 200 // characters

	maxSignature = 2000 // characters
)

// The faults of mailboxes.
var (
	ErrDenied    = fault.New(fault.Denied, "ACCESS_DENIED", "You may not connect mailboxes.")
	ErrNoMailbox = fault.New(fault.NotFound, "MAILBOX_NOT_FOUND", "There is no such mailbox.")
	ErrNoLine    = fault.New(fault.Invalid, "LINE_REQUIRED", "Choose an open channel.").At("line")
	ErrTaken     = fault.New(fault.Conflict, "MAILBOX_TAKEN", "This mailbox is connected already.").At("address")
	ErrNoKey     = fault.New(fault.Conflict, "KEY_NEEDED", "This server was started without a key for secrets, so it cannot keep a password.").At("password")
	ErrTooMany   = fault.New(fault.TooLarge, "TOO_MANY_MAILBOXES", "A portal has at most 50 mailboxes.")
	errOff       = fault.New(fault.Conflict, "MAILBOX_OFF", "The mailbox is not connected any more.")
)

// May reports whether somebody may connect mailboxes.
func May(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

const accountColumns = `SELECT id, line_id, active, address, settings, password, smtp_password, uid_validity, uid_next, created, changed, checked, problem,
	problem_since, provider_id, access, COALESCE((SELECT allowed FROM mailbox_grant WHERE account_id = mailbox_account.id), 0) FROM mailbox_account `

// usable is what has to be true of a mailbox so that mails go out from it, now or when its provider lets the portal in again.
const usable = "active = 1 AND (provider_id = 0 OR access <> 0)"

func queryAccounts(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Account, err error) {
	rows, err := tx.Query(ctx, accountColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		a, settings := Account{Settings: Defaults()}, ""
		var active, validity, next, created, checked, since, allowed int64
		err := rows.Scan(&a.ID, &a.LineID, &active, &a.Address, &settings, &a.password, &a.smtpPassword, &validity, &next, &created, &a.changed, &checked, &a.Problem, &since,
			&a.Provider, &a.Access, &allowed)
		if err != nil {
			return nil, fmt.Errorf("read mailboxes: %w", err)
		}
		if err := json.Unmarshal([]byte(settings), &a.Settings); err != nil {
			return nil, fmt.Errorf("settings of mailbox %d: %w", a.ID, err)
		}
		a.Active, a.Created, a.Checked, a.ProblemSince, a.AllowedAt = active != 0, db.Time(created), db.Time(checked), db.Time(since), db.Time(allowed)
		a.uidValidity, a.uidNext = uint32(validity), uint32(next) //nolint:gosec // they were of this size when they were stored
		out = append(out, a)
	}
	return out, rows.Err()
}

func oneAccount(ctx context.Context, tx *db.Tx, id int64) (Account, error) {
	all, err := queryAccounts(ctx, tx, "WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNoMailbox
	}
	if err != nil {
		return Account{}, err
	}
	return all[0], nil
}

func (s *Service) account(ctx context.Context, id int64) (a Account, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = oneAccount(ctx, tx, id)
		return err
	})
	return a, err
}

// All returns the mailboxes in the order in which they were connected. Fault: ErrDenied.
func (s *Service) All(ctx context.Context, actor user.Ref) (out []Account, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = queryAccounts(ctx, tx, "ORDER BY id")
		return err
	})
	return out, err
}

// Get returns a mailbox. Faults: ErrDenied, ErrNoMailbox.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (Account, error) {
	if !May(actor) {
		return Account{}, ErrDenied
	}
	return s.account(ctx, id)
}

func passwordAbout(address string) string { return "mailbox " + address }

func smtpPasswordAbout(address string) string { return "mailbox smtp " + address }

// servers returns the servers of a mailbox with their passwords, or with what gives tokens.
func (s *Service) servers(ctx context.Context, a Account) (imap, smtp mail.Server, err error) {
	if a.Provider != 0 {
		p, err := s.provider(ctx, a.Provider)
		if err != nil {
			return imap, smtp, err
		}
		imap, smtp = p.servers(a, bearer{s, a.ID})
		return imap, smtp, nil
	}
	imap, smtp = a.IMAP, a.SMTP
	unreadable := func(err error) error {
		return fault.New(fault.Conflict, "KEY_NEEDED", "The password cannot be read with this server's key for secrets. Enter it again.").At("password").Because(err)
	}
	raw, err := s.Box.Open(a.password, passwordAbout(a.Address))
	if err != nil {
		return imap, smtp, unreadable(err)
	}
	imap.Password = string(raw)
	switch a.SignIn {
	case SameLogin:
		smtp.Login, smtp.Password = imap.Login, imap.Password
	case OwnLogin:
		if raw, err = s.Box.Open(a.smtpPassword, smtpPasswordAbout(a.Address)); err != nil {
			return imap, smtp, unreadable(err)
		}
		smtp.Password = string(raw)
	}
	return imap, smtp, nil
}

// Account returns from where the answers of a mailbox go out. A fault says why none do.
func (s *Service) Account(ctx context.Context, id int64) (mail.Account, error) {
	a, err := s.account(ctx, id)
	if errors.Is(err, ErrNoMailbox) || err == nil && !a.Active {
		return mail.Account{}, errOff
	}
	if err != nil {
		return mail.Account{}, err
	}
	_, smtp, err := s.servers(ctx, a)
	return mail.Account{Server: smtp, From: letter.Address{Name: a.Name, Email: a.Address}}, err
}

// InsteadTx returns the mailbox from which a mail goes out that is sent again: that from which it went, or another one of its line where
// that is not connected any more. A fault says that there is none.
func (s *Service) InsteadTx(ctx context.Context, tx *db.Tx, id int64, letterID string) (int64, error) {
	a, err := oneAccount(ctx, tx, id)
	switch {
	case err == nil && a.Active:
		return id, nil
	case err != nil && !errors.Is(err, ErrNoMailbox):
		return 0, err
	}
	r, ok, err := refTx(ctx, tx, letterID)
	if err != nil || !ok {
		return 0, orFault(err, errOff)
	}
	if a, err = s.fromTx(ctx, tx, id, r.lineID); err != nil {
		return 0, err
	}
	if !a.Active {
		return 0, errOff
	}
	return a.ID, nil
}

func orFault(err error, f *fault.Fault) error {
	if err != nil {
		return err
	}
	return f
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Type: kind, Module: "mailbox", Item: strconv.FormatInt(id, 10), Description: text})
}

// LeftOut is a mail that was not taken in.
type LeftOut struct {
	Sender, Subject, Why string
	At                   time.Time
}

const maxLeftOut = 20

// LeftOut returns the last mails of a mailbox that were not taken in, the newest first. Fault: ErrDenied.
func (s *Service) LeftOut(ctx context.Context, actor user.Ref, id int64) (out []LeftOut, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT sender, subject, why, at FROM mailbox_in WHERE account_id = ? AND why <> '' ORDER BY at DESC LIMIT ?", id, maxLeftOut)
		if err != nil {
			return fmt.Errorf("list mails that were left out: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var l LeftOut
			var at int64
			if err := rows.Scan(&l.Sender, &l.Subject, &l.Why, &at); err != nil {
				return err
			}
			l.At = db.Time(at)
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}
