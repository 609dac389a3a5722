package livechatweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with an operator, Anna, who is an administrator, an employee, Ben, and a widget that leads to a line.
type bench struct {
	t      testing.TB
	portal *portal.Portal
	server *httptest.Server
	widget livechat.Widget
	line   line.Line
	anna   user.User
	tokens map[string]string // of sessions, by login
}

func newBench(t testing.TB, c clock.Clock, change func(l *line.Line)) *bench {
	t.Helper()
	b := &bench{t: t, tokens: map[string]string{}}
	var handler http.Handler
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return b.server.URL }, Clock: c, Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	})
	must(t, err)
	b.portal, handler = p, p.Handler()
	t.Cleanup(func() {
		b.server.CloseClientConnections()
		b.server.Close()
		must(t, p.Close(context.WithoutCancel(t.Context())))
	})
	b.anna, _, err = p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Weber", Admin: true, Password: "correct horse battery"})
	must(t, err)
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben"})
	must(t, err)
	for login, id := range map[string]int64{"anna": b.anna.ID, "ben": ben.ID} {
		b.tokens[login], err = p.Users.OpenSession(t.Context(), user.NewSession{UserID: id, Method: user.ByPassword, UserAgent: "test", Address: "127.0.0.1"})
		must(t, err)
	}
	b.line, err = p.Lines.Add(t.Context(), user.Ref{ID: b.anna.ID, Admin: true}, func(l *line.Line) error {
		l.Name, l.Active, l.CheckAvailable, l.Welcome, l.NoAnswer.Rule = "Support", true, false, false, line.RuleNone
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna.ID}}
		if change != nil {
			change(l)
		}
		return nil
	})
	must(t, err)
	b.widget, err = p.LiveChat.Add(t.Context(), user.Ref{ID: b.anna.ID, Admin: true}, b.line.ID, livechat.Defaults())
	must(t, err)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what the portal said.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request as a visitor's frame does; header holds pairs.
func (b *bench) ask(method, path, token string, body any, header ...string) answer {
	b.t.Helper()
	var r io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		must(b.t, err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, r)
	must(b.t, err)
	req.Header.Set("Portico-Fetch", "1")
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Timeout: browsertest.Patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(b.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// at is the address of what a visitor's frame asks for.
func (b *bench) at(path string) string { return "/widget/" + b.widget.Code + path }

// is checks what the portal said: its status, and what the body has or, after "no ", has not.
func (a answer) is(t testing.TB, what string, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: %d, want %d: %s", what, a.status, status, a.body)
	}
	for _, p := range parts {
		if p, lacks := strings.CutPrefix(p, "no "); lacks == strings.Contains(a.body, p) {
			t.Errorf("%s: %q, wanted: %t, in\n%s", what, p, !lacks, a.body)
		}
	}
}

// page is a page of the portal, for somebody who is signed in.
func (b *bench) page(method, as, path, form string) answer {
	b.t.Helper()
	return b.ask(method, path, "", form, "Cookie", "portico_session="+b.tokens[as], "Content-Type", "application/x-www-form-urlencoded", "Portico-Fetch", "", "Sec-Fetch-Site", "same-origin")
}

func key(letter string) string { return strings.Repeat(letter, 43) }

// foreign is a site of somebody else, with the widget on its page.
func (b *bench) foreign(attributes string) *httptest.Server {
	b.t.Helper()
	tag := fmt.Sprintf(`<script src="%s/widget/%s.js" async %s></script>`, b.server.URL, b.widget.Code, attributes)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>
			<style>* { color: red !important; font-size: 30px; } button, iframe { display: none }</style><h1>Shop</h1><p>Chairs and tables.</p>`+tag)
	}))
	b.t.Cleanup(site.Close)
	return site
}
