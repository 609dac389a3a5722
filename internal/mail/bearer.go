package mail

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Bearer gives the tokens with which one signs in at a server that takes no password.
type Bearer interface {
	// Token returns one that is good for a while. refused is one that the server did not take, empty at first; the same one comes back
	// where another would help as little. An error is a RefusalError or a fault.
	Token(ctx context.Context, refused string) (string, error)
}

// WithToken signs in with a token of b, and once more with another where the server did not take it.
func WithToken(ctx context.Context, b Bearer, signIn func(token string) error) error {
	token, err := b.Token(ctx, "")
	if err != nil {
		return err
	}
	err = signIn(token)
	if r, ok := errors.AsType[*RefusalError](err); !ok || !r.Token {
		return err
	}
	other, renewal := b.Token(ctx, token)
	switch {
	case renewal != nil: // why there is no other says more than the server does
		return renewal
	case other == token:
		return err
	}
	return signIn(other)
}

// xoauth2 is the way to sign in with a token that came before RFC 7628 and that some servers know alone.
const xoauth2 = "XOAUTH2"

// TokenClient returns how to sign in at a server with a token, by a mechanism that it offers. The error is a RefusalError.
func TokenClient(to Server, token string, offers func(mechanism string) bool) (sasl.Client, error) {
	switch {
	case offers(sasl.OAuthBearer):
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(to.Login) // RFC 5801, 4
		return bearerClient{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: name, Token: token, Host: to.Host, Port: int(to.Port)})}, nil
	case offers(xoauth2):
		return bearerClient{xoauth2Client{to.Login, token}}, nil
	}
	return nil, refusal(false, "%s offers no sign-in by a provider (XOAUTH2, OAUTHBEARER). Sign-ins to this mailbox may be switched off there.", to.Host)
}

// bearerClient makes whatever a server asks after the token what it is, a refusal: the exchange of both mechanisms ends with the token.
type bearerClient struct{ sasl.Client }

// Next returns a TokenRefusedError.
func (bearerClient) Next(challenge []byte) ([]byte, error) {
	var said struct{ Status string }
	_ = json.Unmarshal(challenge, &said) // what is no JSON is a refusal too
	return nil, &TokenRefusedError{said.Status}
}

type xoauth2Client struct{ login, token string }

// Start returns what is said first.
func (c xoauth2Client) Start() (string, []byte, error) {
	return xoauth2, []byte("user=" + c.login + "\x01auth=Bearer " + c.token + "\x01\x01"), nil
}

// Next is not called: bearerClient answers.
func (xoauth2Client) Next([]byte) ([]byte, error) { return nil, sasl.ErrUnexpectedServerChallenge }

// TokenRefusedError is that a server did not take a token.
type TokenRefusedError struct {
	Status string // as the server says it, e.g. "401"; may be empty
}

// Error returns the status.
func (e *TokenRefusedError) Error() string {
	if e.Status == "" {
		return "the token was refused"
	}
	return "the token was refused (" + short(e.Status) + ")"
}

// smtpToken signs in with a token.
func smtpToken(c *smtp.Client, to Server, token string) error {
	how, err := TokenClient(to, token, c.SupportsAuth)
	if err != nil {
		return err
	}
	err = c.Auth(how)
	if err == nil {
		return nil
	}
	r := refusal(false, "%s did not take the sign-in as %s: %s", to.Host, to.Login, why(err))
	e, said := errors.AsType[*smtp.SMTPError](err)
	_, challenged := errors.AsType[*TokenRefusedError](err)
	r.Token = challenged || said && !e.Temporary()
	return r
}
