package mail

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Settings say how the portal sends mails of its own.
type Settings struct {
	On     bool   `json:"on"`
	Server Server `json:"server"`
	Sealed string `json:"sealed"` // the password
	From   string `json:"from"`   // the sender's address
	Name   string `json:"name"`   // and their name; empty: that of the portal is not said either
}

const maxSender = 100 // characters

// settingsKey is the setting. Settings that are off may be incomplete.
var settingsKey = setting.Key[Settings]{
	Name: "mail.outgoing", Default: Settings{Server: Server{Port: 587, Security: StartTLS}}, Check: func(s Settings) error { return s.tidy() },
}

func (s *Settings) tidy() error {
	s.Name = letter.OneLine(s.Name)
	from, ok := letter.ParseEmail(s.From)
	switch {
	case !s.On && s.Server.Host == "" && s.From == "":
		return nil
	case !ok:
		return fault.New(fault.Invalid, "MAIL_FROM", "Enter an e-mail address such as portal@example.com.").At("from")
	case len([]rune(s.Name)) > maxSender:
		return fault.New(fault.Invalid, "MAIL_NAME", "A name has at most 100 characters.").At("name")
	}
	s.From = from
	return s.Server.Tidy("")
}

// The faults of outgoing mail.
var (
	ErrDenied = fault.New(fault.Denied, "ACCESS_DENIED", "Only administrators may set up mail.")
	ErrOff    = fault.New(fault.Conflict, "MAIL_OFF", "The portal's outgoing mail is not set up.")
	ErrNoKey  = fault.New(fault.Conflict, "KEY_NEEDED", "This server was started without a key for secrets, so it cannot keep a password.").At("password")
)

const passwordAbout = "mail.outgoing password"

// May reports whether somebody may set up mail and see the outbox.
func May(actor user.Ref) bool { return actor.May(access.ChangeSettings) }

// OutgoingSettings returns how the portal sends mails; the password stays sealed.
func (s *Service) OutgoingSettings(ctx context.Context) (Settings, error) {
	return setting.Load(ctx, s.Settings, settingsKey)
}

// Ready reports whether the portal sends mails of its own.
func (s *Service) Ready(ctx context.Context) bool {
	set, err := s.OutgoingSettings(ctx)
	return err == nil && set.On
}

// SaveSettings stores how the portal sends mails. password is a new one; nil keeps the one there is, an empty one removes it. A server that
// is on is signed in at first. Faults: ErrDenied, ErrNoKey, and of a field.
func (s *Service) SaveSettings(ctx context.Context, actor user.Ref, set Settings, password *string) error {
	if !May(actor) {
		return ErrDenied
	}
	old, err := s.OutgoingSettings(ctx)
	if err != nil {
		return err
	}
	set.Sealed = old.Sealed
	if password != nil {
		set.Server.Password = *password
	}
	if err := set.tidy(); err != nil {
		return err
	}
	switch {
	case password != nil && *password == "":
		set.Sealed = ""
	case password != nil:
		if set.Sealed, err = s.Box.Seal([]byte(*password), passwordAbout); err != nil {
			return ErrNoKey.Because(err)
		}
	case old.Sealed != "" && set.Server.Host != old.Server.Host:
		return fault.New(fault.Invalid, "MAIL_PASSWORD", "Enter the password again: it was that of another server.").At("password")
	}
	if set.On {
		if err := s.try(ctx, set); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := setting.SaveTx(ctx, tx, s.Settings, settingsKey, set); err != nil {
			return err
		}
		if err := s.HurryTx(ctx, tx, 0); err != nil {
			return err
		}
		text := "Turned the portal's outgoing mail off."
		if set.On {
			text = fmt.Sprintf("The portal sends mail as %s through %s.", set.From, set.Server.Address())
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{Type: "MAIL_SETTINGS", Module: "mail", Description: text})
	})
}

// Leave turns the portal's own mail off and forgets what waits in the outbox. It is for a copy of a portal: the original sends it, and the
// people whom the copy knows are real.
func (s *Service) Leave(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM mail_outbox WHERE state = 0"); err != nil {
			return fmt.Errorf("leave mails to the original: %w", err)
		}
		set, err := setting.LoadTx(ctx, tx, settingsKey)
		if err != nil || !set.On {
			return err
		}
		set.On = false
		if err := setting.SaveTx(ctx, tx, s.Settings, settingsKey, set); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "MAIL_SETTINGS", Module: "mail", Description: "Turned the portal's outgoing mail off: this is a copy of another portal.",
		})
	})
}

func (s *Service) try(ctx context.Context, set Settings) error {
	a, err := s.account(set)
	if err != nil {
		return err
	}
	if err := s.Sender.Try(ctx, a.Server, a.From.Email); err != nil {
		field := "host"
		if r, ok := errors.AsType[*RefusalError](err); ok && r.Login {
			field = "password"
		}
		return fault.New(fault.Invalid, "MAIL_SERVER", err.Error()).At(field)
	}
	return nil
}

// account returns the portal's own.
func (s *Service) account(set Settings) (Account, error) {
	a := Account{Server: set.Server, From: letter.Address{Name: set.Name, Email: set.From}}
	if set.Sealed == "" {
		return a, nil
	}
	password, err := s.Box.Open(set.Sealed, passwordAbout)
	if err != nil {
		return a, fault.New(fault.Conflict, "KEY_NEEDED", "The password cannot be read with this server's key for secrets. Enter it again.").At("password").Because(err)
	}
	a.Server.Password = string(password)
	return a, nil
}

// accountOf returns from where a mail is sent.
func (s *Service) accountOf(ctx context.Context, id int64) (Account, error) {
	if id != 0 {
		if s.Accounts == nil {
			return Account{}, ErrOff
		}
		return s.Accounts.Account(ctx, id)
	}
	set, err := s.OutgoingSettings(ctx)
	if err != nil {
		return Account{}, err
	}
	if !set.On {
		return Account{}, ErrOff
	}
	return s.account(set)
}

// Test sends a mail at once, so that an administrator sees that mails arrive. Faults: ErrDenied, ErrOff, and why it was not sent.
func (s *Service) Test(ctx context.Context, actor user.Ref, to, portal string) error {
	if !May(actor) {
		return ErrDenied
	}
	email, ok := letter.ParseEmail(to)
	if !ok {
		return fault.New(fault.Invalid, "MAIL_TO", "Enter an e-mail address such as anna@example.com.").At("to")
	}
	a, err := s.accountOf(ctx, 0)
	if err != nil {
		return err
	}
	l := letter.Letter{
		From: a.From, To: letter.Address{Email: email}, Subject: "Mail of " + portal + " arrives", ID: letter.NewID(a.From.Host()), Date: s.now(),
		Text: "This is the test of the outgoing mail of " + portal + ". You can read it, so it works.\n", Auto: true,
	}
	err = s.Sender.Send(ctx, a.Server, a.From.Email, email, letterWriter(l, nil))
	if r, ok := errors.AsType[*RefusalError](err); ok {
		return fault.New(fault.Invalid, "MAIL_NOT_SENT", r.Text).At("to")
	}
	return err
}
