package mailtest

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

// The ways to sign in with a token.
const (
	XOAuth2     = "XOAUTH2"
	OAuthBearer = sasl.OAuthBearer
)

// tokens is how a server takes tokens instead of passwords.
type tokens struct {
	accepts    func(login, token string) bool
	mechanisms []string
}

var errToken = errors.New("invalid credentials")

// server returns what checks a token and then signs in.
func (t *tokens) server(mechanism string, signIn func() error) (sasl.Server, error) {
	switch {
	case !slices.Contains(t.mechanisms, mechanism):
		return nil, errors.New("unknown mechanism")
	case mechanism == OAuthBearer:
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			login := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(o.Username)
			if !t.accepts(login, o.Token) || signIn() != nil {
				return &sasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer"}
			}
			return nil
		}), nil
	}
	return &xoauth2{t: t, signIn: signIn}, nil
}

// xoauth2 is the server's side of XOAUTH2.
type xoauth2 struct {
	t       *tokens
	signIn  func() error
	refused bool
}

// Next checks what a client says.
func (x *xoauth2) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.refused:
		return nil, true, errToken
	case response == nil:
		return []byte{}, false, nil
	}
	login, token := "", ""
	for part := range bytes.SplitSeq(response, []byte{1}) {
		key, value, _ := strings.Cut(string(part), "=")
		switch key {
		case "user":
			login = value
		case "auth":
			token = strings.TrimPrefix(value, "Bearer ")
		}
	}
	if !x.t.accepts(login, token) {
		x.refused = true
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
	}
	return nil, true, x.signIn()
}

// TakeTokens has a server take tokens alone, by the ways that are named. accepts says whose token it is.
func (s *SMTP) TakeTokens(accepts func(login, token string) bool, mechanisms ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = &tokens{accepts, mechanisms}
}

func (s *SMTP) bearer() *tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// TakeTokens has a server take tokens alone, by the ways that are named. accepts says whose token it is.
func (s *IMAP) TakeTokens(accepts func(login, token string) bool, mechanisms ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = &tokens{accepts, mechanisms}
}

func (s *IMAP) session(memory imapserver.Session) imapserver.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		return memory
	}
	return tokenSession{memory, s.tokens}
}

// tokenSession is a session of a mailbox that is opened with a token.
type tokenSession struct {
	imapserver.Session

	t *tokens
}

var _ imapserver.SessionSASL = tokenSession{}

// Login refuses a password.
func (tokenSession) Login(string, string) error { return imapserver.ErrAuthFailed }

// AuthenticateMechanisms returns the ways to sign in.
func (s tokenSession) AuthenticateMechanisms() []string { return s.t.mechanisms }

// Authenticate signs in.
func (s tokenSession) Authenticate(mechanism string) (sasl.Server, error) {
	return s.t.server(mechanism, func() error { return s.Session.Login(Login, Password) })
}
