package mailbox

import (
	"strings"
	"unicode"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
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
	Active  bool   `json:"-"`
	Address string `json:"-"`    // to which clients write, and from which answers come
	Name    string `json:"name"` // of the sender, after that of the operator
	// Signature stands below each answer, BB code; empty: nothing does.
	Signature string      `json:"signature,omitempty"`
	Folder    string      `json:"folder"` // that is read
	IMAP      mail.Server `json:"imap"`
	SMTP      mail.Server `json:"smtp"`
	SignIn    SignIn      `json:"sign_in"`

	// Provider is through which one signs in at both servers, which are its servers then, as IMAP.Login, and for sending as SMTP.Login, where
	// that is another; 0: with passwords.
	Provider int64 `json:"-"`
}

// Defaults returns the settings of a new mailbox.
func Defaults() Settings {
	return Settings{
		Active: true, Folder: "INBOX", SignIn: SameLogin, IMAP: mail.Server{Port: 993, Security: mail.TLS}, SMTP: mail.Server{Port: 587, Security: mail.StartTLS},
	}
}

// tidy checks settings and brings them into their usual form. The faults name the field; those of the server for answers begin with "smtp_".
func (t *Settings) tidy() error {
	wrong := func(field, text string) error { return fault.New(fault.Invalid, "MAILBOX", text).At(field) }
	t.Name, t.Folder, t.Signature = letter.OneLine(t.Name), strings.TrimSpace(t.Folder), tidySignature(t.Signature)
	if t.Folder == "" {
		t.Folder = "INBOX"
	}
	address, ok := letter.ParseEmail(t.Address)
	switch {
	case !ok:
		return wrong("address", "Enter the address to which clients write, such as support@example.com.")
	case len([]rune(t.Name)) > maxName:
		return wrong("name", "A name has at most 100 characters.")
	case len([]rune(t.Signature)) > maxSignature:
		return wrong("signature", "A signature has at most 2,000 characters.")
	case len([]rune(t.Folder)) > maxFolder || strings.ContainsFunc(t.Folder, unicode.IsControl):
		return wrong("folder", "A folder has at most 200 characters.")
	case t.Provider == 0 && t.SignIn != SameLogin && t.SignIn != OwnLogin && t.SignIn != NoLogin:
		return wrong("sign_in", "Choose how to sign in for sending.")
	}
	t.Address = address
	if t.Provider != 0 {
		return t.tidyProvided()
	}
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

// tidyProvided checks what is left to say of a mailbox that is signed in at through a provider.
func (t *Settings) tidyProvided() error {
	login, sending := strings.TrimSpace(t.IMAP.Login), strings.TrimSpace(t.SMTP.Login)
	switch {
	case t.Provider < 0:
		return fault.New(fault.Invalid, "MAILBOX", "Choose how to sign in.").At("provider")
	case len(login) > maxLogin || strings.ContainsFunc(login, unicode.IsControl):
		return fault.New(fault.Invalid, "MAILBOX", "A login has at most 255 characters.").At("login")
	case len(sending) > maxLogin || strings.ContainsFunc(sending, unicode.IsControl):
		return fault.New(fault.Invalid, "MAILBOX", "A login has at most 255 characters.").At("smtp_login")
	case login == "":
		login = t.Address
	}
	t.IMAP, t.SMTP, t.SignIn = mail.Server{Login: login}, mail.Server{Login: sending}, SameLogin
	return nil
}

const maxLogin = 255

// tidySignature takes out what cannot be shown, and the line that parts a signature from the text, which is added.
func tidySignature(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(text)
	if first, rest, ok := strings.Cut(text, "\n"); ok && strings.TrimSpace(first) == "--" {
		text = strings.TrimSpace(rest)
	}
	return text
}
