package agreementweb_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/agreement/agreementweb"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

type people struct{}

func (people) People(_ context.Context, ids []int64) (map[int64]web.Person, error) {
	out := map[int64]web.Person{}
	for _, id := range ids {
		out[id] = web.Person{Name: fmt.Sprintf("Person %d", id)}
	}
	return out, nil
}

func (people) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		out[id] = user.User{ID: id, FirstName: "Ann"}
	}
	return out, nil
}

type bench struct {
	*agreement.Service

	t     *testing.T
	used  []string
	pages http.Handler
}

func open(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	d, clk := dbtest.SQLite(t, audit.Schema(), agreement.Schema()), clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	b := &bench{t: t}
	b.Service = agreement.New(agreement.Config{
		DB: d, Clock: clk, Audit: audit.New(d, clk), Users: people{},
		UsedTx: func(context.Context, *db.Tx, int64) ([]string, error) { return b.used, nil },
	})
	shell := web.New(web.Config{PortalName: "Northwind", Clock: clk, Sessions: openlinetest.Viewers{By: map[string]web.Viewer{
		"boss": {ID: 1, Name: "Anna", Access: access.ChangeSettings}, "ann": {ID: 2, Name: "Ann"}, "": {},
	}}})
	agreementweb.Register(shell, agreementweb.Config{Agreements: b.Service, People: people{}, PublicURL: func(path string) string { return "https://portal.example" + path }})
	b.pages = shell.Handler()
	return b
}

// get asks for a page; parts that begin with ! must not be on it.
func (b *bench) get(as, target string, status int, parts ...string) string {
	b.t.Helper()
	w := openlinetest.Send(b.t, b.pages, http.MethodGet, as, target, nil)
	return b.check(target, w.Code, w.Body.String(), status, parts...)
}

func (b *bench) check(target string, got int, raw string, status int, parts ...string) string {
	b.t.Helper()
	body := html.UnescapeString(raw)
	if got != status {
		b.t.Errorf("%s: %d, want %d", target, got, status)
	}
	for _, p := range parts {
		text, absent := strings.CutPrefix(p, "!")
		if strings.Contains(body, text) == absent {
			b.t.Errorf("%s: %q there: %t", target, text, absent)
		}
	}
	return body
}

// post sends a form, and returns where it leads.
func (b *bench) post(as, target string, form url.Values, status int, parts ...string) string {
	b.t.Helper()
	w := openlinetest.Send(b.t, b.pages, http.MethodPost, as, target, form)
	b.check(target, w.Code, w.Body.String(), status, parts...)
	return w.Header().Get("Location")
}

// TestAnAgreementIsWritten walks from the empty list to the second version of an agreement, and to what everybody reads.
func TestAnAgreementIsWritten(t *testing.T) {
	b := open(t)
	b.get("boss", "/settings/agreements/", 200, "No agreements yet")
	b.get("ann", "/settings/agreements/", 403)
	b.get("boss", "/settings/agreements/new", 200, "/settings/agreements/new/standard/", "/settings/agreements/new/custom/")
	b.get("boss", "/settings/agreements/new/other/", 404)
	b.get("boss", "/settings/agreements/new/standard/", 200, "Third parties", "!What people see")
	form := url.Values{"name": {"Privacy"}, "language": {"en"}, "company": {"Example <b>"}, "address": {"1 Example St"}}
	b.post("boss", "/settings/agreements/new/standard/save", form, 422, "Say where the consent can be withdrawn.", `value="Example <b>"`, "1 Example St")
	form.Set("email", "info@example.com")
	form.Set("op", "preview")
	b.post("boss", "/settings/agreements/new/standard/save", form, 200, "Not saved", "I give Example <b>, 1 Example St (“the company”)", "By pressing “I agree” I agree that Example <b>")
	form.Del("op")
	b.post("ann", "/settings/agreements/new/standard/save", form, 403)
	page := b.post("boss", "/settings/agreements/new/standard/save", form, 303)
	body := b.get("boss", page, 200, "Version 1", "Switch off", "Consents: 0", "I give Example <b>")
	address := regexp.MustCompile(`https://portal\.example(/agreement/[a-z0-9]+/)`).FindStringSubmatch(body)
	if address == nil {
		t.Fatal("the page does not say where everybody reads it")
	}
	b.get("", address[1], 200, "<h1>Consent to the processing of personal data</h1>", "I give Example <b>", "Version 1", "!Settings")
	if w := openlinetest.Send(t, b.pages, http.MethodGet, "", address[1], nil); strings.Contains(w.Body.String(), "Example <b>") {
		t.Error("what the company is called became an element")
	}
	form.Set("company", "Other Ltd.")
	b.post("boss", page+"save", form, 303)
	b.get("boss", page, 200, "Version 2", "Other Ltd.", "Person 1")
	b.get("", address[1], 200, "Other Ltd.", "Version 2")
	b.get("", address[1]+"1/", 200, "I give Example <b>", "!Other Ltd.")
	b.get("", address[1]+"3/", 404)
	b.get("", "/agreement/nothing/", 404)
	b.used = []string{"Support"}
	b.post("boss", page+"switch", url.Values{}, 422, "It is asked for in Support.")
	b.used = nil
	b.post("boss", page+"switch", url.Values{}, 303)
	b.get("boss", "/settings/agreements/", 200, "Privacy", "Off")
	b.get("", address[1], 404)
	b.get("", address[1]+"2/", 200, "Other Ltd.")
	b.post("boss", page+"switch", url.Values{"on": {"1"}}, 303)
	b.get("boss", "/settings/agreements/", 200, "English", "!Off")
}

// TestAnOwnTextIsSafe writes HTML that must not run.
func TestAnOwnTextIsSafe(t *testing.T) {
	b := open(t)
	form := url.Values{"name": {"Terms"}, "html": {`<h1>Terms</h1><p onclick="x()">Be kind<script>alert(1)</script>, <a href="javascript:x()">you</a></p>`}, "label": {"I take them"}}
	page := b.post("boss", "/settings/agreements/new/custom/save", form, 303)
	b.get("boss", page, 200, "<h2>Terms</h2><p>Be kind, you</p>", "I take them", "!alert(1)")
	b.post("boss", "/settings/agreements/new/custom/save", url.Values{"name": {"Terms"}, "html": {"<script>1</script>"}}, 422, "Write the text.")
}

// TestConsentsAreListed looks for who agreed, page by page, and takes them as a table.
func TestConsentsAreListed(t *testing.T) {
	b := open(t)
	page := b.post("boss", "/settings/agreements/new/custom/save", url.Values{"name": {"Terms"}, "html": {"Be kind"}}, 303)
	b.get("boss", page+"consents/", 200, "Nobody has agreed yet")
	for i := range 55 {
		c := agreement.Consent{AgreementID: 1, IP: fmt.Sprintf("192.0.2.%d", i), Who: fmt.Sprintf("=Visitor %d", i), URL: "https://shop.example/" + strconv.Itoa(i), OriginID: "form"}
		if i == 3 {
			c.UserID, c.URL = 7, "javascript:alert(1)"
		}
		if _, err := b.Consent(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	first := b.get("boss", page+"consents/", 200, "=Visitor 54", "192.0.2.5", "55 consents", "!=Visitor 4<")
	older := regexp.MustCompile(`href="([^"]*before=[^"]*)"`).FindStringSubmatch(first)
	if older == nil {
		t.Fatal("the list does not lead to older consents")
	}
	b.get("boss", older[1], 200, "=Visitor 3", "=Visitor 0", "Newest", `!href="javascript`)
	b.get("boss", page+"consents/?q=VISITOR+12", 200, "=Visitor 12", "1 consent<", "!=Visitor 13")
	b.get("boss", page+"consents/?q=nowhere", 200, "Nothing found")
	b.get("ann", page+"consents/", 403)
	b.get("ann", page+"consents/export", 403)
	a, err := b.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	want := "id,time,version,text,user_id,who,address,page,source,element\n" +
		"4,2026-11-26T09:00:00Z,1,https://portal.example/agreement/" + a.Code + "/1/,7,'=Visitor 3,192.0.2.3,javascript:alert(1),form,\n"
	if w := openlinetest.Send(t, b.pages, http.MethodGet, "boss", page+"consents/export?q=192.0.2.3", nil); !strings.HasSuffix(w.Body.String(), want[strings.Index(want, "\n")+1:]) || !strings.HasPrefix(w.Body.String(), "id,time,") {
		t.Errorf("%d\n%s\nwant the end\n%s", w.Code, w.Body, want)
	}
}
