// Package openlinetest is what tests of open channels, their pages and their methods share: people who are signed in, tokens of applications,
// requests, and the small parts of a portal that such tests stand in for.
package openlinetest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Bots are those that may lead conversations.
type Bots map[int64]bool

// SpeaksInLinesTx reports whether id is one of them.
func (b Bots) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) { return b[id], nil }

// Everybody is at their machine.
type Everybody struct{}

// OnlineTx says so of all of them.
func (Everybody) OnlineTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, nil
}

// Channel keeps what clients are told, as "author: text".
type Channel struct{ Said []string }

// SendTx keeps a message once it is durable.
func (c *Channel) SendTx(_ context.Context, tx *db.Tx, m openline.Outgoing) error {
	tx.AfterCommit(func() { c.Said = append(c.Said, m.Author+": "+m.Text) })
	return nil
}

// ChangeTx does nothing.
func (*Channel) ChangeTx(context.Context, *db.Tx, openline.Outgoing) error { return nil }

// RemoveTx does nothing.
func (*Channel) RemoveTx(context.Context, *db.Tx, openline.Outgoing) error { return nil }

// StartedTx does nothing.
func (*Channel) StartedTx(context.Context, *db.Tx, openline.Session) error { return nil }

// FinishedTx does nothing.
func (*Channel) FinishedTx(context.Context, *db.Tx, openline.Session) error { return nil }

var _ openline.Channel = (*Channel)(nil)

// People makes a department, which is number 1, and people, who are numbered as they stand; each is made as change leaves them.
func People(t testing.TB, users *user.Service, department string, names []string, change func(i int, n *user.NewUser)) {
	t.Helper()
	if _, err := users.CreateDepartment(t.Context(), user.Department{Name: department}); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		n := user.NewUser{FirstName: name, Email: name + "@x.org"}
		change(i, &n)
		if _, err := users.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// Viewers are people who are signed in, by their tokens.
type Viewers struct {
	web.Sessions

	By map[string]web.Viewer
}

// Lookup returns one of them.
func (v Viewers) Lookup(_ context.Context, token string) (web.Viewer, error) {
	if one, ok := v.By[token]; ok {
		return one, nil
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "The session is over.")
}

// Send makes a request to pages for who is signed in with a token.
func Send(t testing.TB, pages http.Handler, method, as, target string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, r)
	return w
}

// Callers are who calls methods, by their tokens or the codes of their webhooks.
type Callers map[string]rest.Principal

// Authorize returns one of them.
func (c Callers) Authorize(_ context.Context, given rest.Credentials) (rest.Principal, error) {
	p, ok := c[given.Token+given.WebhookCode]
	if !ok {
		return p, rest.ErrNoAuth
	}
	return p, nil
}

// Call sends parameters, JSON or a form, to a method, and returns the status with the answer up to its time. The caller "webhook" is one.
func Call(t testing.TB, methods http.Handler, caller, method, params string) string {
	t.Helper()
	target := "/rest/" + method + "?auth=" + url.QueryEscape(caller)
	if caller == "webhook" {
		target = "/rest/1/webhook/" + method
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(params))
	r.Header.Set("Content-Type", "application/json")
	if !strings.HasPrefix(params, "{") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	methods.ServeHTTP(w, r)
	answer, _, _ := strings.Cut(w.Body.String(), `,"time":`)
	return fmt.Sprintf("%d %s", w.Code, answer)
}
