// Package mailtest runs mail servers for tests, inside the test's process: one that takes mails, and one that keeps mailboxes.
package mailtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// The login and the password of both servers.
const (
	Login    = "support@example.com"
	Password = "secret words"
)

// Dial connects without asking anybody.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// certificate is that of both servers, for the name localhost.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
})

// Trust is how the certificate of the servers is believed.
func Trust() *tls.Config {
	c, err := x509.ParseCertificate(certificate().Certificate[0])
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
}

// listen returns a listener and the server that a client is told of.
func listen(t testing.TB, how mail.Encryption) (net.Listener, mail.Server) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.ParseInt(port, 10, 64)
	s := mail.Server{Host: "localhost", Port: n, Security: how, Login: Login, Password: Password}
	if how == mail.TLS {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate()}})
	}
	return l, s
}

func startTLS(how mail.Encryption) *tls.Config {
	if how != mail.StartTLS {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate()}}
}

// Sent is a mail that an SMTP server took.
type Sent struct {
	From, To string // of the envelope
	Raw      []byte
	letter.Mail
}

// SMTP is a server that takes mails.
type SMTP struct {
	Server mail.Server

	mu     sync.Mutex
	sent   []Sent
	refuse error
	took   chan struct{}
	tokens *tokens
}

// NewSMTP runs a server until the end of the test.
func NewSMTP(t testing.TB, how mail.Encryption) *SMTP {
	t.Helper()
	s := &SMTP{took: make(chan struct{}, 1000)}
	l, server := listen(t, how)
	s.Server = server
	smtpd := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s: s}, nil }))
	smtpd.Domain, smtpd.AllowInsecureAuth, smtpd.TLSConfig, smtpd.ErrorLog = "localhost", true, startTLS(how), log.New(io.Discard, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = smtpd.Serve(l)
	}()
	t.Cleanup(func() {
		_ = smtpd.Close()
		<-done
	})
	return s
}

// Refuse has the server answer every recipient with an error; nil takes mails again.
func (s *SMTP) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

// Sent returns what was taken, in order.
func (s *SMTP) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Took receives for each mail that was taken.
func (s *SMTP) Took() <-chan struct{} { return s.took }

type session struct {
	s        *SMTP
	signedIn bool
	from, to string
}

// AuthMechanisms returns the ways to sign in.
func (s *session) AuthMechanisms() []string {
	if t := s.s.bearer(); t != nil {
		return t.mechanisms
	}
	return []string{sasl.Plain}
}

// Auth signs in.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if t := s.s.bearer(); t != nil {
		return t.server(mechanism, func() error {
			s.signedIn = true
			return nil
		})
	}
	return sasl.NewPlainServer(func(_, login, password string) error {
		if login != Login || password != Password {
			return errors.New("wrong password")
		}
		s.signedIn = true
		return nil
	}), nil
}

// Mail names the sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.signedIn {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

// Rcpt names the recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	s.to = to
	return s.s.refuse
}

// Data takes the mail.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := letter.Read(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	s.s.mu.Lock()
	s.s.sent = append(s.s.sent, Sent{s.from, s.to, raw, m})
	s.s.mu.Unlock()
	s.s.took <- struct{}{}
	return nil
}

// Reset forgets what was begun.
func (s *session) Reset() {}

// Logout ends the session.
func (s *session) Logout() error { return nil }

// IMAP is a server of one mailbox.
type IMAP struct {
	Server mail.Server

	t    testing.TB
	user *imapmemserver.User

	mu     sync.Mutex
	tokens *tokens
}

// NewIMAP runs a server until the end of the test. caps are what it can besides IMAP4rev1, such as IDLE.
func NewIMAP(t testing.TB, how mail.Encryption, caps ...imap.Cap) *IMAP {
	t.Helper()
	s := &IMAP{t: t, user: imapmemserver.NewUser(Login, Password)}
	s.must(s.user.Create("INBOX", nil))
	memory := imapmemserver.New()
	memory.AddUser(s.user)
	l, server := listen(t, how)
	s.Server = server
	known := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		known[c] = struct{}{}
	}
	imapd := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return s.session(memory.NewSession()), nil, nil
		},
		Caps: known, InsecureAuth: true, TLSConfig: startTLS(how), Logger: log.New(io.Discard, "", 0),
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = imapd.Serve(l)
	}()
	t.Cleanup(func() {
		_ = imapd.Close()
		<-done
	})
	return s
}

func (s *IMAP) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Put puts a mail into the mailbox; at is when it arrived.
func (s *IMAP) Put(at time.Time, lines ...string) {
	s.t.Helper()
	raw := []byte(strings.Join(lines, "\r\n") + "\r\n")
	s.PutRaw(at, raw)
}

// PutRaw puts bytes into the mailbox.
func (s *IMAP) PutRaw(at time.Time, raw []byte) {
	s.t.Helper()
	_, err := s.user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at})
	s.must(err)
}

// Anew gives the mailbox another UIDVALIDITY; it is empty then.
func (s *IMAP) Anew() {
	s.t.Helper()
	s.must(s.user.Delete("INBOX"))
	s.must(s.user.Create("INBOX", nil))
}

// Unseen returns how many mails are not marked as read.
func (s *IMAP) Unseen() uint32 {
	s.t.Helper()
	d, err := s.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	s.must(err)
	return *d.NumUnseen
}

type literal struct{ *bytes.Reader }

// Size returns how many bytes it has.
func (l literal) Size() int64 { return l.Reader.Size() }
