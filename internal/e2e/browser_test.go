package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// browser is a signed-in person without JavaScript.
type browser struct {
	t       testing.TB
	http    *http.Client
	url     string
	host    string
	cookies []*http.Cookie
}

// page is what a browser got.
type page struct {
	*http.Response
	body string
}

// signIn signs a person in by the form.
func (s *site) signIn(login string) *browser {
	s.t.Helper()
	return signIn(s.t, s.http, s.url, "", login)
}

func signIn(t testing.TB, client *http.Client, url, host, login string) *browser {
	t.Helper()
	b := &browser{t: t, http: client, url: url, host: host}
	res := b.post("/login", "login", login, "password", password)
	if b.cookies = res.Cookies(); res.StatusCode != http.StatusSeeOther || len(b.cookies) == 0 {
		t.Fatalf("sign in as %s: %d %.300s", login, res.StatusCode, res.body)
	}
	return b
}

func (b *browser) get(path string) page {
	b.t.Helper()
	return b.do(http.MethodGet, path, "")
}

// post sends a form of names and values.
func (b *browser) post(path string, form ...string) page {
	b.t.Helper()
	var fields []phpform.Entry
	for i := 0; i < len(form); i += 2 {
		fields = append(fields, text(form[i], form[i+1]))
	}
	return b.do(http.MethodPost, path, string(phpform.AppendForm(nil, phpform.ArrayOf(fields...))))
}

func (b *browser) do(method, path, body string) page {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.host != "" {
		req.Host = b.host
	}
	for _, c := range b.cookies {
		req.AddCookie(c)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res, string(raw)}
}
