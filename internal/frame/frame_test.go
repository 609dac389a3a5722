package frame_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/user"
)

var (
	anna = user.Ref{ID: 1, Admin: true}
	ben  = user.Ref{ID: 2}
)

var errNoApp = fault.New(fault.NotFound, "APP_NOT_FOUND", "There is no such application.")

// apps are those of a test, by their ids.
type apps struct {
	of      map[int64]frame.App
	renewed int
	at      frame.Addresses
}

func (a *apps) App(_ context.Context, id int64) (frame.App, error) {
	found, ok := a.of[id]
	if !ok {
		return frame.App{}, errNoApp
	}
	return found, nil
}

func (a *apps) WithPages(context.Context) (out []frame.App, err error) {
	for id := int64(1); id <= int64(len(a.of)); id++ {
		if a.of[id].HasPage {
			out = append(out, a.of[id])
		}
	}
	return out, nil
}

func (a *apps) PageTokens(_ context.Context, _, _ int64, renew bool) (frame.Tokens, error) {
	if renew {
		a.renewed++
	}
	return frame.Tokens{Access: "page", Refresh: "again", ExpiresIn: 40*time.Minute + time.Second/2, MemberID: "m1"}, nil
}

func (a *apps) InstallTokens(context.Context, int64, int64) (frame.Tokens, error) {
	return frame.Tokens{Access: "install", Refresh: "kept", ExpiresIn: time.Hour, MemberID: "m1"}, nil
}

func (a *apps) FinishInstall(_ context.Context, actor user.Ref, id int64) error {
	if !actor.Admin {
		return fault.New(fault.Denied, "ACCESS_DENIED", "Only administrators manage applications.")
	}
	found := a.of[id]
	found.Installed = true
	a.of[id] = found
	return nil
}

func (a *apps) SetPages(_ context.Context, _ user.Ref, id int64, page, install string) error {
	found := a.of[id]
	found.HandlerURL, found.InstallURL, found.Installed = page, install, install == ""
	a.of[id] = found
	return nil
}

func (a *apps) Addresses() frame.Addresses { return a.at }

func run(t *testing.T, test func(t *testing.T, s *frame.Service, a *apps)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{frame.Schema(), audit.Schema()}, func(t *testing.T, d *db.DB) {
		a := &apps{at: frame.Addresses{Domain: "portal.test:8443", Secure: true, ServerEndpoint: "https://portal.test:8443/rest/"}, of: map[int64]frame.App{
			1: {
				ID: 1, Name: "Reports", HandlerURL: "https://App.example:443/x?tenant=7#top", InstallURL: "http://app.example:8080/setup", HasPage: true,
				Token: "t1", Status: "L", Scopes: []string{"task", "im"},
			},
			2: {ID: 2, Name: "Desk", MenuTitle: "My desk", HandlerURL: "http://127.0.0.1:9100/", HasPage: true, Installed: true},
			3: {ID: 3, Name: "Bot", HandlerURL: "http://127.0.0.1:9100/", Installed: true},
		}}
		at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		clk := clock.NewManual(at)
		test(t, frame.New(frame.Config{DB: d, Clock: clk, Apps: a, Audit: audit.New(d, clk)}), a)
	})
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if got := fault.Of(err).Code; err == nil || got != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func fields(o frame.Opening) map[string]string {
	out := map[string]string{}
	for _, f := range o.Fields {
		out[f.Name] = f.Value
	}
	return out
}

func TestOpen(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, a *apps) {
		open := func(r frame.Request) frame.Opening {
			t.Helper()
			o, err := s.Open(t.Context(), anna, r)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		o := open(frame.Request{AppID: 1, From: "/company/?a=1"})
		tail := "DOMAIN=portal.test%3A8443&PROTOCOL=1&LANG=en&APP_SID=" + o.SID
		if o.Address != "http://app.example:8080/setup?"+tail || o.Origin != "http://app.example:8080" || !o.Install || len(o.SID) != 32 {
			t.Errorf("the installation page: %+v", o)
		}
		if o.Name() != "portal.test:8443|1|"+o.SID {
			t.Errorf("the frame is called %q", o.Name())
		}
		want := map[string]string{
			"AUTH_ID": "install", "AUTH_EXPIRES": "3600", "REFRESH_ID": "kept", "SERVER_ENDPOINT": "https://portal.test:8443/rest/",
			"APPLICATION_TOKEN": "t1", "APPLICATION_SCOPE": "task,im", "member_id": "m1", "status": "L", "PLACEMENT": "DEFAULT",
			"PLACEMENT_OPTIONS": `{"URI":"/company/?a=1"}`,
		}
		got := fields(o)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %q, want %q", name, got[name], value)
			}
		}
		if len(o.Fields) != len(want) {
			t.Errorf("fields %+v", o.Fields)
		}
		if err := s.FinishInstall(t.Context(), anna, 1); err != nil {
			t.Fatal(err)
		}
		again := open(frame.Request{AppID: 1, Language: "de", Options: ` {"b":1,"a":{"x":"y"},"URI":"/own/"} `, From: "/company/"})
		u, err := url.Parse(again.Address)
		if err != nil || again.Install || again.Origin != "https://app.example" || u.Fragment != "top" ||
			u.RawQuery != "tenant=7&DOMAIN=portal.test%3A8443&PROTOCOL=1&LANG=de&APP_SID="+again.SID || again.SID == o.SID {
			t.Errorf("the page: %+v, %v", again, err)
		}
		if f := fields(again); f["AUTH_ID"] != "page" || f["AUTH_EXPIRES"] != "2400" || f["PLACEMENT_OPTIONS"] != `{"b":1,"a":{"x":"y"},"URI":"/own/"}` {
			t.Errorf("fields %+v", f)
		}
		a.at.Secure = false
		tab := open(frame.Request{AppID: 2, Place: "TASK_VIEW_TAB", URL: "https://app.example/tab", Options: `{"taskId":"31"}`})
		if f := fields(tab); f["PLACEMENT"] != "TASK_VIEW_TAB" || f["PLACEMENT_OPTIONS"] != `{"taskId":"31"}` ||
			!strings.HasPrefix(tab.Address, "https://app.example/tab?DOMAIN=portal.test%3A8443&PROTOCOL=0&") {
			t.Errorf("a placement: %s %+v", tab.Address, f)
		}
	})
}

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, _ *apps) {
		for what, tc := range map[string]struct {
			who  user.Ref
			ask  frame.Request
			code string
		}{
			"not installed":         {ben, frame.Request{AppID: 1}, "APP_NOT_INSTALLED"},
			"unknown":               {anna, frame.Request{AppID: 9}, "APP_NOT_FOUND"},
			"without a page":        {anna, frame.Request{AppID: 3}, "APP_HAS_NO_PAGE"},
			"options that are none": {ben, frame.Request{AppID: 2, Options: `{"a"`}, "INVALID_OPTIONS"},
			"options that are text": {ben, frame.Request{AppID: 2, Options: `"a"`}, "INVALID_OPTIONS"},
			"options without end":   {ben, frame.Request{AppID: 2, Options: `["` + strings.Repeat("x", frame.MaxOptions) + `"]`}, "OPTIONS_TOO_LARGE"},
		} {
			_, err := s.Open(t.Context(), tc.who, tc.ask)
			wantCode(t, what, err, tc.code)
		}
		_, err := s.Renew(t.Context(), ben, 1)
		wantCode(t, "tokens before the installation", err, "APP_NOT_INSTALLED")
		wantCode(t, "an employee who finishes it", s.FinishInstall(t.Context(), ben, 1), "ACCESS_DENIED")
	})
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, a *apps) {
		first := func(who user.Ref) bool {
			t.Helper()
			o, err := s.Open(t.Context(), who, frame.Request{AppID: 2})
			if err != nil {
				t.Fatal(err)
			}
			return o.First
		}
		first(ben)
		if !first(ben) {
			t.Error("opening a page is no start: its script says when it has started")
		}
		for range 2 { // two pages may say so
			if err := s.Started(t.Context(), ben, 2); err != nil {
				t.Fatal(err)
			}
		}
		if first(ben) || !first(anna) {
			t.Error("Ben has started the application, Anna has not")
		}
		wantCode(t, "one that is not installed", s.Started(t.Context(), ben, 1), "APP_NOT_INSTALLED")
		if _, err := s.Renew(t.Context(), ben, 2); err != nil || a.renewed != 1 {
			t.Errorf("%d renewals, %v", a.renewed, err)
		}
	})
}

func TestMenu(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *frame.Service, _ *apps) {
		titles := func(who user.Ref) string {
			t.Helper()
			list, err := s.Menu(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, a := range list {
				out = append(out, a.Title())
			}
			return strings.Join(out, ", ")
		}
		if got := titles(anna); got != "Reports, My desk" {
			t.Errorf("an administrator sees %s", got)
		}
		if got := titles(ben); got != "My desk" {
			t.Errorf("an employee sees %s", got)
		}
	})
}
