package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// sessions is a Sessions of two people: token "anna" (an administrator) and token "ben".
type sessions struct {
	theme map[int64]string
	ended []string
}

func (s *sessions) SignIn(_ context.Context, login, password, _, _ string) (string, error) {
	if password != "secret" {
		return "", fault.New(fault.Unauthorized, "WRONG_PASSWORD", "The password does not match.").At("password")
	}
	return login, nil
}

func (s *sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	switch token {
	case "anna":
		berlin, err := time.LoadLocation("Europe/Berlin")
		return web.Viewer{ID: 1, Name: "Anna Berg", Position: "Head of support", Admin: true, TimeZone: berlin, Theme: s.theme[1]}, err
	case "ben":
		return web.Viewer{ID: 2, Name: "Ben <b>Ode</b>", Theme: s.theme[2]}, nil
	case "broken":
		return web.Viewer{}, context.DeadlineExceeded
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "The session is over.")
}

func (s *sessions) SignOut(_ context.Context, token string) error {
	s.ended = append(s.ended, token)
	return nil
}

func (s *sessions) SetTheme(_ context.Context, id int64, theme string) error {
	s.theme[id] = theme
	return nil
}

// bench is a shell with a small area.
type bench struct {
	t        *testing.T
	sessions *sessions
	live     *live
	clock    *clock.Manual
	log      *strings.Builder
	shell    *web.Shell
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, sessions: &sessions{theme: map[int64]string{}}, live: &live{events: make(chan []byte, 4)},
		clock: clock.NewManual(noon), log: &strings.Builder{},
	}
	b.shell = web.New(web.Config{
		PortalName: "Northwind", Sessions: b.sessions, Live: b.live, Clock: b.clock,
		Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Navigation: func(context.Context, web.Viewer) ([]web.NavItem, error) {
			return []web.NavItem{{ID: "note", Title: "Notes", URL: "/notes/", Icon: "tasks", Count: 3}}, nil
		},
	})
	b.shell.Area("note", fstest.MapFS{
		"list.tmpl": file(`<p id="list">{{range .}}<a href="/notes/{{.}}/" data-slider>{{.}}</a>{{end}}</p>`),
		"view.tmpl": file(`<p id="note">Note {{.}} {{when now}} {{viewer.Name}}</p>`),
		"note.js":   file("import { toast } from \"ui/toast/toast.js\"\nimport \"./part.js\"\nexport default function () { toast('x') }\n"),
		"part.js":   file("export const x = 1\n"),
		"note.css":  file(".note { color: var(--text) }\n"),
	})
	b.routes()
	return b
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func (b *bench) routes() {
	s := b.shell
	s.Page("/notes/", web.SignedIn, func(context.Context, *web.Request) (web.Page, error) {
		return web.Page{
			Title: "Notes", Section: "note", Template: "note/list", Body: []string{"1", "2"},
			Modules: []string{"note/note.js"}, Styles: []string{"note/note.css"},
		}, nil
	})
	s.Page("/notes/{id}/", web.SignedIn, func(_ context.Context, r *web.Request) (web.Page, error) {
		id, err := r.PathID("id")
		return web.Page{Title: "A note", Template: "note/view", Body: id, Slider: true, Behind: "/notes/"}, err
	})
	s.Page("/notes/frame", web.SignedIn, func(context.Context, *web.Request) (web.Page, error) {
		return web.Page{Title: "App", Template: "note/view", Frames: []string{"https://app.example.com/x?y", "javascript:1"}}, nil
	})
	s.Page("/broken", web.SignedIn, func(context.Context, *web.Request) (web.Page, error) {
		return web.Page{}, context.DeadlineExceeded
	})
	s.Page("/panic", web.SignedIn, func(context.Context, *web.Request) (web.Page, error) { panic("oops") })
	s.Page("/admin", web.Admin, func(context.Context, *web.Request) (web.Page, error) {
		return web.Page{Title: "Admin", Template: "note/view"}, nil
	})
	s.Action("/notes/add", web.SignedIn, func(_ context.Context, r *web.Request) (web.Result, error) {
		if r.FormValue("title") == "" {
			return nil, fault.New(fault.Invalid, "TITLE", "A note needs a title.").At("title")
		}
		return web.Redirect{To: "/notes/", Toast: "Saved “it”"}, nil
	})
	s.Fragment("/notes/data", web.SignedIn, func(context.Context, *web.Request) (web.Result, error) {
		return web.JSON{Value: []int{1, 2}}, nil
	})
	s.Fragment("/notes/file", web.SignedIn, func(_ context.Context, r *web.Request) (web.Result, error) {
		return web.File{Content: strings.NewReader("<script>"), Name: "a.html", Type: r.FormValue("type"), Inline: true}, nil
	})
}

// do sends a request; token "" is nobody.
func (b *bench) do(method, target, token, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: token})
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.shell.Handler().ServeHTTP(w, r)
	return w
}

func (b *bench) get(target, token string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do(http.MethodGet, target, token, "", headers...)
}

func has(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(body, p) {
			t.Errorf("the answer lacks %q:\n%s", p, body)
		}
	}
}

// live gives every page the same channel.
type live struct {
	events   chan []byte
	user     int64
	canceled int
}

func (l *live) Subscribe(user int64) (<-chan []byte, func()) {
	l.user = user
	return l.events, func() { l.canceled++ }
}
