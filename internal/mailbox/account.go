package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/user"
)

// SignIn says who one is at the server by which answers go out.
type SignIn string

// The ways to sign in there.
const (
	SameLogin SignIn = "same" // with the login and the password of the mailbox
	OwnLogin  SignIn = "own"
	NoLogin   SignIn = "none" // not at all
)

// Settings are what an administrator says of a mailbox.
type Settings struct {
	Active  bool        `json:"-"`
	Address string      `json:"-"`      // to which clients write, and from which answers come
	Name    string      `json:"name"`   // of the sender, after that of the operator
	Folder  string      `json:"folder"` // that is read
	IMAP    mail.Server `json:"imap"`
	SMTP    mail.Server `json:"smtp"`
	SignIn  SignIn      `json:"sign_in"`
}

// Account is a mailbox that is connected to an open channel.
type Account struct {
	Settings

	ID, LineID   int64
	Created      time.Time
	Checked      time.Time // when it was last looked at without a problem; zero: never
	Problem      string    // why it cannot be read, in words; empty: it can
	ProblemSince time.Time

	password, smtpPassword string // sealed
	uidValidity, uidNext   uint32 // up to where it was read
	changed                int64
}

// The bounds of mailboxes.
const (
	maxAccounts = 50  // of a portal
	maxName     = 100 // characters
	maxFolder   = 200 // characters
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

// Defaults returns the settings of a new mailbox.
func Defaults() Settings {
	return Settings{
		Active: true, Folder: "INBOX", SignIn: SameLogin, IMAP: mail.Server{Port: 993, Security: mail.TLS}, SMTP: mail.Server{Port: 587, Security: mail.StartTLS},
	}
}

// May reports whether somebody may connect mailboxes.
func May(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

// tidy checks settings and brings them into their usual form. The faults name the field; those of the server for answers begin with "smtp_".
func (t *Settings) tidy() error {
	wrong := func(field, text string) error { return fault.New(fault.Invalid, "MAILBOX", text).At(field) }
	t.Name, t.Folder = letter.OneLine(t.Name), strings.TrimSpace(t.Folder)
	if t.Folder == "" {
		t.Folder = "INBOX"
	}
	address, ok := letter.ParseEmail(t.Address)
	switch {
	case !ok:
		return wrong("address", "Enter the address to which clients write, such as support@example.com.")
	case len([]rune(t.Name)) > maxName:
		return wrong("name", "A name has at most 100 characters.")
	case len([]rune(t.Folder)) > maxFolder || strings.ContainsFunc(t.Folder, unicode.IsControl):
		return wrong("folder", "A folder has at most 200 characters.")
	case t.SignIn != SameLogin && t.SignIn != OwnLogin && t.SignIn != NoLogin:
		return wrong("sign_in", "Choose how to sign in for sending.")
	}
	t.Address = address
	if err := t.IMAP.Tidy(""); err != nil {
		return err
	}
	if t.IMAP.Login == "" {
		return wrong("login", "Enter the login of the mailbox, which is often its address.")
	}
	if t.SignIn != OwnLogin {
		t.SMTP.Login, t.SMTP.Password = "", ""
	} else if strings.TrimSpace(t.SMTP.Login) == "" {
		return wrong("smtp_login", "Enter the login for sending.")
	}
	return t.SMTP.Tidy("smtp_")
}

const accountColumns = `SELECT id, line_id, active, address, settings, password, smtp_password, uid_validity, uid_next, created, changed, checked, problem,
	problem_since FROM mailbox_account `

func queryAccounts(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Account, err error) {
	rows, err := tx.Query(ctx, accountColumns+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		a, settings := Account{Settings: Defaults()}, ""
		var active, validity, next, created, checked, since int64
		err := rows.Scan(&a.ID, &a.LineID, &active, &a.Address, &settings, &a.password, &a.smtpPassword, &validity, &next, &created, &a.changed, &checked, &a.Problem, &since)
		if err != nil {
			return nil, fmt.Errorf("read mailboxes: %w", err)
		}
		if err := json.Unmarshal([]byte(settings), &a.Settings); err != nil {
			return nil, fmt.Errorf("settings of mailbox %d: %w", a.ID, err)
		}
		a.Active, a.Created, a.Checked, a.ProblemSince = active != 0, db.Time(created), db.Time(checked), db.Time(since)
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

func passwordAbout(address string) string     { return "mailbox " + address }
func smtpPasswordAbout(address string) string { return "mailbox smtp " + address }

// servers returns the servers of a mailbox with their passwords.
func (s *Service) servers(a Account) (imap, smtp mail.Server, err error) {
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
	_, smtp, err := s.servers(a)
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

func orFault(err error, f *fault.Fault) error {
	if err != nil {
		return err
	}
	return f
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
