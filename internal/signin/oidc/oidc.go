// Package oidc speaks OpenID Connect with an identity provider: the authorization code flow with PKCE, state and nonce. What
// comes back is believed for its signature alone.
//
// It speaks to nobody but the issuer that the settings name, and to the addresses that the issuer's own description gives.
package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	upstream "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/signin"
)

const (
	timeout   = 10 * time.Second // of a request to the provider
	maxAnswer = 1 << 20          // bytes of its answer
	keepFor   = time.Hour        // the provider's description
)

// Provider speaks to identity providers. It is safe for use by several goroutines.
type Provider struct {
	http  *http.Client
	clock clock.Clock

	mu    sync.Mutex
	known map[string]described // by issuer
}

var _ signin.Provider = (*Provider)(nil)

// described is an issuer with when it was asked for its description.
type described struct {
	provider *upstream.Provider
	at       time.Time
}

// New returns a provider that asks through client, whose transport says which addresses it may reach.
func New(client *http.Client, clk clock.Clock) *Provider {
	c := *client
	c.Timeout = timeout
	c.Transport = bounded{client.Transport}
	return &Provider{http: &c, clock: clk, known: map[string]described{}}
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

// describe returns the issuer, asked for its description once in an hour.
func (p *Provider) describe(ctx context.Context, issuer string, fresh bool) (*upstream.Provider, error) {
	now := p.clock.Now()
	p.mu.Lock()
	d, ok := p.known[issuer]
	p.mu.Unlock()
	if ok && !fresh && now.Sub(d.at) < keepFor {
		return d.provider, nil
	}
	// The provider keeps the client of this context for the keys it fetches later, so it must outlive the request.
	found, err := upstream.NewProvider(upstream.ClientContext(context.WithoutCancel(ctx), p.http), issuer)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.known) // there is one issuer at a time
	p.known[issuer] = described{found, now}
	return found, nil
}

// Check asks the issuer for its description and fails where there is none that can be used.
func (p *Provider) Check(ctx context.Context, c signin.Client) error {
	found, err := p.describe(ctx, c.Issuer, true)
	if err != nil {
		return errors.New(plainError(err))
	}
	if e := found.Endpoint(); e.AuthURL == "" || e.TokenURL == "" {
		return errors.New("its description names no place to sign in")
	}
	return nil
}

// plainError returns why a provider could not be asked, in a line.
func plainError(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return strings.ToValidUTF8(text, "")
}

func (p *Provider) config(ctx context.Context, c signin.Client) (*upstream.Provider, *oauth2.Config, error) {
	found, err := p.describe(ctx, c.Issuer, false)
	if err != nil {
		return nil, nil, err
	}
	return found, &oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, Endpoint: found.Endpoint(), RedirectURL: c.Redirect,
		Scopes: slices.Concat([]string{upstream.ScopeOpenID, "email", "profile"}, c.Scopes),
	}, nil
}

// AuthURL returns the address at which the browser signs in.
func (p *Provider) AuthURL(ctx context.Context, c signin.Client, state, nonce, verifier string) (string, error) {
	_, config, err := p.config(ctx, c)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(state, upstream.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

var (
	errNoToken  = errors.New("the provider sent no ID token")
	errNonce    = errors.New("the ID token is of another sign-in")
	errAZP      = errors.New("the ID token was issued to another client")
	errIssuedAt = errors.New("the ID token was issued in the future")
)

// Claims exchanges a code and checks the token that comes for it: its signature, issuer, audience, time and nonce.
func (p *Provider) Claims(ctx context.Context, c signin.Client, code, nonce, verifier string) (signin.Claims, error) {
	found, config, err := p.config(ctx, c)
	if err != nil {
		return signin.Claims{}, err
	}
	token, err := config.Exchange(upstream.ClientContext(ctx, p.http), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return signin.Claims{}, fmt.Errorf("exchange the code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return signin.Claims{}, errNoToken
	}
	id, err := found.Verifier(&upstream.Config{ClientID: c.ID, Now: p.clock.Now}).Verify(upstream.ClientContext(ctx, p.http), raw)
	if err != nil {
		return signin.Claims{}, err
	}
	var all map[string]json.RawMessage
	if err := id.Claims(&all); err != nil {
		return signin.Claims{}, fmt.Errorf("read claims: %w", err)
	}
	azp := text(all["azp"])
	switch {
	case id.Nonce != nonce:
		return signin.Claims{}, errNonce
	case azp != "" && azp != c.ID, len(id.Audience) > 1 && azp == "":
		return signin.Claims{}, errAZP
	case id.IssuedAt.After(p.clock.Now().Add(5 * time.Minute)):
		return signin.Claims{}, errIssuedAt
	}
	return read(all, id, c), nil
}

// read takes what the portal uses out of the claims.
func read(all map[string]json.RawMessage, id *upstream.IDToken, c signin.Client) signin.Claims {
	out := signin.Claims{
		Issuer: id.Issuer, Subject: id.Subject, Login: text(all[c.LoginClaim]), Email: text(all["email"]),
		FirstName: text(all["given_name"]), LastName: text(all["family_name"]), Name: text(all["name"]),
		EmailVerified: yes(all["email_verified"]),
	}
	if c.GroupsClaim != "" {
		out.Groups = list(all[c.GroupsClaim])
	}
	return out
}

func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // what is no text is none
	return s
}

// yes reads a flag; some providers send it as a text.
func yes(raw json.RawMessage) bool { return string(raw) == "true" || text(raw) == "true" }

// list reads a list of texts; some providers send a single one by itself.
func list(raw json.RawMessage) (out []string) {
	if json.Unmarshal(raw, &out) == nil {
		return out
	}
	if s := text(raw); s != "" {
		return []string{s}
	}
	return nil
}
