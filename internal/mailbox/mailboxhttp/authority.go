// Package mailboxhttp asks the authorization servers of mail providers for tokens (OAuth 2.0: the authorization code flow with PKCE,
// RFC 6749 and 7636; tokens are given back by RFC 7009).
package mailboxhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-hq/portico/internal/mailbox"
)

const (
	maxAnswer = 1 << 20 // bytes of an answer
	maxLife   = 30 * 24 * time.Hour
	maxSaid   = 300 // bytes of what is no answer of the standard
)

// Authority speaks with authorization servers. Clients gives the client for a request, which goes only where the portal may reach.
type Authority struct {
	Clients func(ctx context.Context) (*http.Client, error)
}

var _ mailbox.Authority = Authority{}

func config(c mailbox.Client, style oauth2.AuthStyle) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, RedirectURL: c.Redirect, Scopes: c.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: c.AuthURL, TokenURL: c.TokenURL, AuthStyle: style},
	}
}

// AuthURL returns the address at which the browser signs in.
func (Authority) AuthURL(c mailbox.Client, state, verifier string, params map[string]string) string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for k, v := range params {
		options = append(options, oauth2.SetAuthURLParam(k, v))
	}
	return config(c, oauth2.AuthStyleInHeader).AuthCodeURL(state, options...)
}

// Exchange turns a code into tokens.
func (a Authority) Exchange(ctx context.Context, c mailbox.Client, code, verifier string) (mailbox.Tokens, error) {
	return a.ask(ctx, c, func(ctx context.Context, config *oauth2.Config) (*oauth2.Token, error) {
		return config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	})
}

// Renew returns another access token.
func (a Authority) Renew(ctx context.Context, c mailbox.Client, refresh string) (mailbox.Tokens, error) {
	return a.ask(ctx, c, func(ctx context.Context, config *oauth2.Config) (*oauth2.Token, error) {
		return config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	})
}

// ask asks for tokens. A server that does not know the client by the header is asked once more with the secret in the form: RFC 6749 (2.3.1)
// wants servers to know the first way, and some know the second alone.
func (a Authority) ask(ctx context.Context, c mailbox.Client, do func(context.Context, *oauth2.Config) (*oauth2.Token, error)) (mailbox.Tokens, error) {
	client, err := a.client(ctx)
	if err != nil {
		return mailbox.Tokens{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	style := oauth2.AuthStyleInHeader
	if c.SecretInForm || c.Secret == "" {
		style = oauth2.AuthStyleInParams
	}
	t, err := do(ctx, config(c, style))
	err = plain(err)
	if said, ok := errors.AsType[*mailbox.AuthorityError](err); ok && said.Code == "invalid_client" && style == oauth2.AuthStyleInHeader {
		other, again := do(ctx, config(c, oauth2.AuthStyleInParams))
		if again == nil {
			t, err = other, nil
		} else if said, ok := errors.AsType[*mailbox.AuthorityError](plain(again)); ok && said.Code != "invalid_client" {
			err = said // it knows the client now, so this is the answer
		}
	}
	if err != nil {
		return mailbox.Tokens{}, err
	}
	return mailbox.Tokens{Access: t.AccessToken, Refresh: t.RefreshToken, Lasts: min(time.Duration(max(t.ExpiresIn, 0))*time.Second, maxLife)}, nil
}

// Revoke gives a permission back.
func (a Authority) Revoke(ctx context.Context, c mailbox.Client, token string) error {
	client, err := a.client(ctx)
	if err != nil {
		return err
	}
	form := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}
	inForm := c.SecretInForm || c.Secret == ""
	if inForm {
		form.Set("client_id", c.ID)
		if c.Secret != "" {
			form.Set("client_secret", c.Secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return plain(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !inForm {
		r.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	res, err := client.Do(r)
	if err != nil {
		return plain(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return plain(err)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return nil
	}
	return answered(res.StatusCode, raw)
}

// client returns the client for a request, whose answers end.
func (a Authority) client(ctx context.Context) (*http.Client, error) {
	client, err := a.Clients(ctx)
	if err != nil {
		return nil, err
	}
	c := *client
	c.Transport = bounded{client.Transport}
	return &c, nil
}

// bounded cuts answers that do not end.
type bounded struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// plain returns an error that can be shown to people: what a server answered, or why there is no answer. Neither has a secret in it.
func plain(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if e.ErrorCode != "" {
			return &mailbox.AuthorityError{Code: e.ErrorCode, Text: e.ErrorDescription}
		}
		return answered(e.Response.StatusCode, e.Body)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it did not answer in time")
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Err != nil {
		return fmt.Errorf("it could not be reached: %w", e.Err)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("it could not be reached: %w", e.Err)
	}
	return errors.New("its answer cannot be understood")
}

// answered returns what a server said instead of what was asked for. Only a code of the standard makes it an AuthorityError: anything else,
// such as the page of a proxy, may be another one a moment later.
func answered(status int, body []byte) error {
	var said struct {
		Code string `json:"error"`
		Text string `json:"error_description"`
	}
	if json.Unmarshal(body, &said) == nil && said.Code != "" {
		return &mailbox.AuthorityError{Code: said.Code, Text: said.Text}
	}
	text := strings.ToValidUTF8(strings.TrimSpace(string(body[:min(len(body), maxSaid)])), "")
	if text == "" || strings.HasPrefix(text, "<") {
		return fmt.Errorf("it answered with the status %d", status)
	}
	return fmt.Errorf("it answered with the status %d: %s", status, text)
}
