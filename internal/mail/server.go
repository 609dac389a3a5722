package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// Encryption says how a connection to a mail server is protected.
type Encryption string

// The ways to protect a connection.
const (
	TLS      Encryption = "tls"      // from its beginning
	StartTLS Encryption = "starttls" // before anything else is said; a server that cannot is not spoken to
	Plain    Encryption = "none"     // not at all: within one's own machine or network
)

// Server is a mail server and who one is there.
type Server struct {
	Host     string     `json:"host"`
	Port     int64      `json:"port"`
	Security Encryption `json:"security"`
	Login    string     `json:"login"` // empty: the server asks for none
	Password string     `json:"-"`
	Bearer   Bearer     `json:"-"` // gives tokens, instead of a password; nil: there is a password
}

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9_-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?$`)

// Tidy cleans what was typed, and checks it. The fault names the field, with before in front of it, e.g. "smtp_".
func (s *Server) Tidy(before string) error {
	s.Host = strings.ToLower(strings.TrimSpace(s.Host))
	s.Login = strings.TrimSpace(s.Login)
	wrong := func(field, text string) error {
		return fault.New(fault.Invalid, "MAIL_SERVER", text).At(before + field)
	}
	switch ip := net.ParseIP(strings.Trim(s.Host, "[]")); {
	case s.Host == "":
		return wrong("host", "Enter the name of the server.")
	case ip == nil && (len(s.Host) > 253 || !hostForm.MatchString(s.Host)):
		return wrong("host", "This is no name of a server. It reads like mail.example.com.")
	case ip != nil:
		s.Host = ip.String()
	}
	switch {
	case s.Port < 1 || s.Port > 65535:
		return wrong("port", "A port is a number from 1 to 65535.")
	case s.Security != TLS && s.Security != StartTLS && s.Security != Plain:
		return wrong("security", "Choose how the connection is protected.")
	case len(s.Login) > 255 || strings.ContainsFunc(s.Login, unicode.IsControl):
		return wrong("login", "A login has at most 255 characters.")
	case len(s.Password) > 1000 || strings.ContainsAny(s.Password, "\r\n\x00"):
		return wrong("password", "A password has at most 1,000 characters.")
	}
	return nil
}

// Address returns the host with the port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.FormatInt(s.Port, 10)) }

// Dial connects to an address of the network, where the portal may reach it.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

const (
	dialTime    = 30 * time.Second
	commandTime = 2 * time.Minute
	submitTime  = 5 * time.Minute // a server may look through the whole mail before it takes it
)

// Sender speaks SMTP.
type Sender struct {
	Dial Dial
	TLS  *tls.Config // nil: that of the system
}

// RefusalError says in words why a mail was not sent, or a server not reached.
type RefusalError struct {
	Text  string
	Final bool // trying again would not help
	Login bool // the server did not take the login and the password
	Token bool // the server did not take the token
}

// Error returns the words.
func (r *RefusalError) Error() string { return r.Text }

func refusal(final bool, format string, args ...any) *RefusalError {
	return &RefusalError{Text: fmt.Sprintf(format, args...), Final: final}
}

// Send gives a mail to a server. An error is a RefusalError, or one of the server's Bearer. write may be called once, and what it returns ends the attempt.
func (s Sender) Send(ctx context.Context, to Server, from, recipient string, write func(w io.Writer) error) error {
	c, err := s.open(ctx, to, from)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	var opts *smtp.MailOptions
	if !isASCII(from + recipient) {
		if ok, _ := c.Extension("SMTPUTF8"); !ok {
			return refusal(true, "The server does not take addresses with such letters.")
		}
		opts = &smtp.MailOptions{UTF8: true}
	}
	if err := c.Mail(from, opts); err != nil {
		return refused("The server did not take the sender %s", from, err)
	}
	if err := c.Rcpt(recipient, nil); err != nil {
		return refused("The server did not take the address %s", recipient, err)
	}
	w, err := c.Data()
	if err != nil {
		return refused("The server did not take the mail%s", "", err)
	}
	if err := write(w); err != nil {
		return err // without the end of the mail the server drops it
	}
	if err := w.Close(); err != nil {
		return refused("The server did not take the mail%s", "", err)
	}
	_ = c.Quit() // it has the mail
	return nil
}

// Try signs in at a server and sends nothing. An error is as of Send.
func (s Sender) Try(ctx context.Context, to Server, from string) error {
	c, err := s.open(ctx, to, from)
	if err != nil {
		return err
	}
	_ = c.Quit()
	_ = c.Close()
	return nil
}

func (s Sender) open(ctx context.Context, to Server, from string) (c *smtp.Client, err error) {
	if to.Bearer == nil {
		return s.enter(ctx, to, from, "")
	}
	err = WithToken(ctx, to.Bearer, func(token string) error {
		c, err = s.enter(ctx, to, from, token)
		return err
	})
	return c, err
}

// enter connects and signs in, with a token where the server has a Bearer.
func (s Sender) enter(ctx context.Context, to Server, from, token string) (*smtp.Client, error) {
	conn, err := Connect(ctx, s.Dial, s.TLS, to)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c := smtp.NewClient(conn)
	if to.Security == StartTLS {
		if c, err = smtp.NewClientStartTLS(conn, ClientTLS(s.TLS, to)); err != nil {
			_ = conn.Close()
			return nil, refusal(false, "The connection to %s could not be encrypted: %s", to.Host, why(err))
		}
	}
	c.CommandTimeout, c.SubmissionTimeout = commandTime, submitTime
	if err := greet(c, to, from, token); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func greet(c *smtp.Client, to Server, from, token string) error {
	if to.Security != StartTLS { // which has said hello already
		name := letter.Address{Email: from}.Host()
		if !isASCII(name) || name == "" {
			name = "localhost"
		}
		if err := c.Hello(name); err != nil {
			return refusal(false, "%s does not speak as a mail server: %s", to.Host, why(err))
		}
	}
	switch {
	case to.Bearer != nil:
		return smtpToken(c, to, token)
	case to.Login == "":
		return nil
	}
	auth := sasl.NewPlainClient("", to.Login, to.Password)
	if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
		auth = sasl.NewLoginClient(to.Login, to.Password)
	}
	if err := c.Auth(auth); err != nil {
		r := refusal(false, "%s did not take the login and the password: %s", to.Host, why(err))
		_, r.Login = errors.AsType[*smtp.SMTPError](err) // it is no matter of the connection
		return r
	}
	return nil
}

// Connect opens a connection to a server, encrypted where that is asked for from its beginning. An error is a RefusalError.
func Connect(ctx context.Context, dial Dial, base *tls.Config, to Server) (net.Conn, error) {
	within, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := dial(within, "tcp", to.Address())
	if err != nil {
		return nil, refusal(false, "%s could not be reached: %s", to.Address(), why(err))
	}
	if to.Security != TLS {
		return conn, nil
	}
	t := tls.Client(conn, ClientTLS(base, to))
	if err := t.HandshakeContext(within); err != nil {
		_ = conn.Close()
		return nil, refusal(false, "The connection to %s could not be encrypted: %s", to.Host, why(err))
	}
	return t, nil
}

// ClientTLS returns how a server's certificate is looked at.
func ClientTLS(base *tls.Config, to Server) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		c = base.Clone()
	}
	c.ServerName = to.Host
	return c
}

// refused turns what a server said into words.
func refused(format, about string, err error) *RefusalError {
	text := fmt.Sprintf(format, about)
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal(!e.Temporary(), "%s: %d %s", text, e.Code, short(e.Message))
	}
	return refusal(false, "%s: %s", text, why(err))
}

// why returns an error in few words: what the network says of addresses within is left out.
func why(err error) string {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return fmt.Sprintf("%d %s", e.Code, short(e.Message))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it did not answer in time."
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		return short(e.Err.Error())
	}
	return short(err.Error())
}

const maxWhy = 300 // characters

func short(text string) string {
	text = letter.OneLine(text)
	if r := []rune(text); len(r) > maxWhy {
		text = string(r[:maxWhy]) + "…"
	}
	return text
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
