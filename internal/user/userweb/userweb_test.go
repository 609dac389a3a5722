package userweb_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/web"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// bench is a portal of Anna (1, the administrator, in Sales), Ben (2), and 60 more; a bot's picture belongs to nobody here.
type bench struct {
	*testing.T
	users  *user.Service
	portal http.Handler
	token  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ctx, c := t.Context(), clock.NewManual(noon)
	b := &bench{T: t, users: user.New(dbtest.SQLite(t, user.Schema()), c)}
	b.must(b.users.CreateDepartment(ctx, user.Department{Name: "Sales"}))
	b.must(b.users.CreateDepartment(ctx, user.Department{Name: "Shops & stalls", ParentID: 1}))
	b.must(b.users.Create(ctx, user.NewUser{
		Login: "anna", Email: "anna@example.com", FirstName: "Anna", LastName: "Berg", Position: "Head", Admin: true,
		Password: "correct horse", DepartmentIDs: []int64{1}, Birthday: "1990-12-31", WWW: "javascript:alert(1)",
	}))
	b.must(b.users.Create(ctx, user.NewUser{
		Login: "ben", FirstName: "Ben", LastName: "<b>Ode</b>", DepartmentIDs: []int64{2}, WWW: "example.com", Birthday: "1991-02-03",
		TimeZone: "Asia/Tokyo", Mobile: "+4912",
	}))
	shell := web.New(web.Config{PortalName: "Northwind", Sessions: userweb.NewSessions(b.users), Clock: c})
	userweb.Register(shell, b.users, func(path string) string { return "https://portal.example" + path })
	b.portal = shell.Handler()
	w := b.do(httptest.NewRequestWithContext(ctx, "POST", "/login", strings.NewReader(url.Values{
		"login": {"anna"}, "password": {"correct horse"},
	}.Encode())))
	if len(w.Result().Cookies()) != 1 {
		t.Fatalf("sign-in answers %d %s", w.Code, w.Body)
	}
	b.token = w.Result().Cookies()[0].Value
	return b
}

func (b *bench) must(_ any, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) do(r *http.Request) *httptest.ResponseRecorder {
	if r.Method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.token != "" {
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: b.token})
	}
	w := httptest.NewRecorder()
	b.portal.ServeHTTP(w, r)
	return w
}

func (b *bench) get(target string) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequestWithContext(context.WithoutCancel(b.Context()), "GET", target, nil))
}

func (b *bench) shows(target string, want ...string) {
	b.Helper()
	w := b.get(target)
	if w.Code != http.StatusOK {
		b.Fatalf("%s answers %d %s", target, w.Code, w.Body)
	}
	for _, s := range want {
		not, absent := strings.CutPrefix(s, "!")
		if strings.Contains(w.Body.String(), not) == absent {
			b.Errorf("%s: %q in\n%s", target, s, w.Body)
		}
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shows("/company/", "Anna Berg", "Ben &lt;b&gt;Ode", `href="/online/?IM_DIALOG=2"`, "!IM_DIALOG=1", "Shops &amp; stalls",
		`href="/company/personal/user/2/" data-slider`)
	b.shows("/company/?department=2", "Ben &lt;b&gt;Ode", "!IM_DIALOG=1", `href="/company/?department=2" aria-current="page"`)
	b.shows("/company/?q=ANN", `href="/company/personal/user/1/"`, "!IM_DIALOG=2")
	b.shows("/company/?q=%25", "Nobody found")
	b.shows("/company/list?q=ben", "IM_DIALOG=2", "!<html")
	for i := range 60 {
		b.must(b.users.Create(t.Context(), user.NewUser{Login: fmt.Sprintf("user%02d", i), FirstName: fmt.Sprintf("User%02d", i)}))
	}
	b.shows("/company/?q=user", `href="/company/?from=50&amp;q=user"`, "1–50 of 60", "User49", "!User50")
	b.shows("/company/?q=user&from=50", `href="/company/?q=user"`, "51–60 of 60", "User50", "!User49")
}

func TestCard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shows("/company/personal/user/2/", "IM_DIALOG=2", "Write a message", `href="https://example.com"`, "21:00 local time", "3 February",
		"!1991", "Shops &amp; stalls", `href="tel:&#43;4912"`)
	b.shows("/company/personal/user/1/", "31 December", "!javascript:alert", "anna@example.com", "Online")
	for _, target := range []string{"/company/personal/user/99/", "/company/personal/user/x/", "/company/personal/user/1/x/"} {
		if w := b.get(target); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", target, w.Code)
		}
	}
	b.token = ""
	if w := b.get("/company/personal/user/1/"); w.Code != http.StatusSeeOther {
		t.Errorf("a stranger gets %d", w.Code)
	}
}

func TestAvatarIsKeptForEver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 400, 400))); err != nil {
		t.Fatal(err)
	}
	if err := b.users.SetAvatar(t.Context(), 2, pic.Bytes()); err != nil {
		t.Fatal(err)
	}
	u, _ := b.users.Get(t.Context(), 2)
	b.token = "" // applications fetch it too
	w := b.get(u.AvatarPath())
	h := w.Result().Header
	if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), pic.Bytes()) || h.Get("Content-Type") != "image/png" ||
		!strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %d bytes, %v", w.Code, w.Body.Len(), h)
	}
	if w := b.get(u.AvatarPath() + "?size=150"); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/jpeg" {
		t.Errorf("the small copy: %d, %v", w.Code, w.Header())
	}
	for _, target := range []string{"/avatar/2/0123", u.AvatarPath() + "?size=7", "/avatar/x/y"} {
		if w := b.get(target); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", target, w.Code)
		}
	}
}

func TestSearchPalette(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shows("/search?q=be", "Anna Berg", "/company/personal/user/2/")
}

func TestWrongPasswordIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.token = ""
	w := b.do(httptest.NewRequestWithContext(t.Context(), "POST", "/login", strings.NewReader("login=anna&password=wrong")))
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "Wrong login or password.") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
