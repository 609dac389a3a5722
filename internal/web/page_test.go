package web_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portico-hq/portico/internal/web"
)

func TestPolicyAllowsOnlyScriptsWithTheNonce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.get("/notes/", "anna")
	csp := w.Header().Get("Content-Security-Policy")
	m := regexp.MustCompile(`script-src 'nonce-([A-Z0-9]{20,})' 'strict-dynamic';`).FindStringSubmatch(csp)
	if m == nil {
		t.Fatalf("policy is %q", csp)
	}
	has(t, csp, "frame-ancestors 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'")
	for _, tag := range regexp.MustCompile(`<script[^>]*>`).FindAllString(w.Body.String(), -1) {
		if !strings.Contains(tag, `nonce="`+m[1]+`"`) {
			t.Errorf("%s lacks the nonce", tag)
		}
	}
	if on := regexp.MustCompile(`<[^>]*\son[a-z]+=`).FindString(w.Body.String()); on != "" {
		t.Errorf("inline handler %s", on)
	}
	if b.get("/notes/", "anna").Header().Get("Content-Security-Policy") == csp {
		t.Error("two answers have the same nonce")
	}
}

func TestPolicyOpensForFramesOfThePage(t *testing.T) {
	t.Parallel()
	csp := newBench(t).get("/notes/frame", "anna").Header().Get("Content-Security-Policy")
	has(t, csp, "frame-src 'self' https://app.example.com;", "form-action 'self' https://app.example.com")
	if strings.Contains(csp, "javascript") {
		t.Errorf("policy is %q", csp)
	}
}

func TestWhatFramesLoadIsUpgradedOnAPageOverHTTPS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for target, want := range map[string]bool{
		"https://portal.example/notes/frame": true, // the page of an application on http://localhost loads a script of another host
		"http://portal.example/notes/frame":  false,
		"https://portal.example/notes/":      false,
	} {
		policy := b.get(target, "anna").Header().Get("Content-Security-Policy")
		if policy == "" || strings.Contains(policy, "upgrade-insecure-requests") != want {
			t.Errorf("%s: the policy is %q", target, policy)
		}
	}
}

func TestFormsOfAnotherOriginAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do(http.MethodPost, "/theme", "anna", "theme=dark", "Sec-Fetch-Site", "cross-site")
	if w.Code != http.StatusForbidden || len(b.sessions.theme) != 0 {
		t.Errorf("answered %d, theme %v", w.Code, b.sessions.theme)
	}
	w = b.do(http.MethodPost, "/logout", "anna", "x=1", "Origin", "https://evil.example", "Portico-Fetch", "1")
	if w.Code != http.StatusForbidden || len(b.sessions.ended) != 0 {
		t.Errorf("answered %d, ended %v", w.Code, b.sessions.ended)
	}
	has(t, w.Body.String(), `"code":"CROSS_ORIGIN"`)
}

func TestAssetsAreKeptForEverUnderTheirHash(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.get("/notes/", "anna").Body.String()
	m := regexp.MustCompile(`/assets/[0-9a-f]{12}/note/note\.css`).FindString(page)
	w := b.get(m, "")
	has(t, w.Body.String(), "@layer areas {", ".note {")
	if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%s: %v", m, w.Header())
	}
	if w := b.get("/assets/000000000000/note/note.css", ""); w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("under an old hash: %d %v", w.Code, w.Header())
	}
	w = b.get(m, "", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || !strings.Contains(string(plain), ".note {") {
		t.Errorf("unpacked %q, %v", plain, err)
	}
	for _, bad := range []string{"/assets/x/note/list.tmpl", "/assets/x/note/../web/shell.js", "/assets/x/nope/a.js"} {
		if w := b.get(bad, ""); w.Code == 200 {
			t.Errorf("%s is served", bad)
		}
	}
}

func TestImportMapAndPreloadsNameWhatThePageNeeds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.get("/notes/", "anna").Body.String()
	hash := regexp.MustCompile(`/assets/([0-9a-f]{12})/note/`).FindStringSubmatch(page)[1]
	has(t, page, `{"imports":{`, `"note/":"/assets/`+hash+`/note/"`, `<link rel="modulepreload" href="/assets/`+hash+`/note/part.js"`)
}

func TestImportsOfWhatIsNotThereAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ module, want string }{
		{`import { x as y } from "note/part.js"`, ""},
		{`import { x, z } from "note/part.js"`, "web: off/a.js imports z from note/part.js, which has no such thing"},
		{`import "note/parts.js"`, "web: off/a.js imports note/parts.js, which is not there"},
	} {
		b := newBench(t)
		b.shell.Area("off", fstest.MapFS{"a.js": file(c.module + "\n")})
		got := func() (said any) {
			defer func() { said = recover() }()
			b.get("/notes/", "anna")
			return nil
		}()
		if (c.want == "") != (got == nil) || c.want != "" && got != c.want {
			t.Errorf("%s: %v, want %q", c.module, got, c.want)
		}
	}
}

func TestAnOpenSliderIsAPageOverAPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := b.get("/notes/2/", "anna").Body.String()
	has(t, body, "<title>A note · Northwind</title>", `<p id="list">`, `data-behind="/notes/"`, "Note 2 ", "10 March 2026, 13:00:00")
	content := b.get("/notes/2/", "anna", "Portico-Slider", "1").Body.String()
	if strings.Contains(content, "<html") || !strings.Contains(content, "Note 2 ") {
		t.Errorf("the slider's content is:\n%s", content)
	}
	for cookie, want := range map[string]string{
		"%2Fnotes%2F2%2F%20%2Fadmin":       "<h1 id=\"page-title\">Admin</h1>",
		"%2Fnotes%2F2%2F%20//evil.example": `<p id="list">`,
		"%2Fnotes%2F1%2F%20%2Fadmin":       `<p id="list">`, // of another slider
		"%2Fnotes%2F2%2F%20%2Fbroken":      `<h1 id="page-title">A note</h1>`,
		"%2Fnotes%2F2%2F%20%2Flive":        `<h1 id="page-title">A note</h1>`, // not a page
	} {
		has(t, b.get("/notes/2/", "anna", "Cookie", "portico_session=anna; portico_over="+cookie).Body.String(), want)
	}
}

func TestASliderWithoutAPageBehindStandsAloneUntilItWasOpenedFromOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shell.Page("/tasks/{id}/", web.SignedIn, func(context.Context, *web.Request) (web.Page, error) {
		return web.Page{Title: "A task", Template: "note/view", Slider: true}, nil
	})
	alone := b.get("/tasks/7/", "anna").Body.String()
	has(t, alone, `<h1 id="page-title">A task</h1>`)
	if strings.Contains(alone, "data-behind=") {
		t.Errorf("opened directly it is a slider:\n%s", alone)
	}
	has(t, b.get("/tasks/7/", "anna", "Cookie", "portico_session=anna; portico_over=%2Ftasks%2F7%2F%20%2Fnotes%2F").Body.String(),
		`<p id="list">`, `data-behind="/notes/"`, "<title>A task · Northwind</title>")
}

func TestMistakesHavePages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for target, want := range map[string]struct {
		user string
		code int
		text string
	}{
		"/nothing":    {"anna", 404, "Page not found"},
		"/notes/x/":   {"anna", 404, "Page not found"},
		"/admin":      {"ben", 403, "for administrators"},
		"/broken":     {"anna", 500, "It is our mistake"},
		"/notes/data": {"broken", 500, `"code":"INTERNAL_SERVER_ERROR"`},
	} {
		w := b.get(target, want.user)
		if w.Code != want.code {
			t.Errorf("%s answered %d", target, w.Code)
		}
		has(t, w.Body.String(), want.text)
		if strings.Contains(w.Body.String(), "deadline") {
			t.Errorf("%s shows the cause:\n%s", target, w.Body)
		}
	}
	id := regexp.MustCompile(`<code>([A-Z0-9]{10})</code>`).FindStringSubmatch(b.get("/broken", "anna").Body.String())
	if id == nil || !strings.Contains(b.log.String(), "id="+id[1]) {
		t.Errorf("id %v is not logged:\n%s", id, b.log)
	}
	if w := b.get("/panic", "anna"); w.Code != 500 || !strings.Contains(b.log.String(), "oops") {
		t.Errorf("a panic answered %d", w.Code)
	}
}

func TestActionsAnswerFormsAndModules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do(http.MethodPost, "/notes/add", "anna", "title=x")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/notes/" {
		t.Fatalf("got %d %v", w.Code, w.Header())
	}
	toast := w.Result().Cookies()[0]
	w = b.get("/notes/", "", "Cookie", "portico_session=anna; portico_renewed=1; "+toast.Name+"="+toast.Value)
	has(t, w.Body.String(), `<span>Saved “it”</span>`)
	if c := w.Result().Cookies()[0]; c.Name != toast.Name || c.MaxAge >= 0 {
		t.Errorf("the toast is not forgotten: %v", c)
	}
	w = b.do(http.MethodPost, "/notes/add", "anna", "title=x", "Portico-Fetch", "1")
	has(t, w.Body.String(), `{"redirect":"/notes/","toast":"Saved “it”"}`)
	w = b.do(http.MethodPost, "/notes/add", "anna", "title=", "Portico-Fetch", "1")
	has(t, w.Body.String(), `"field":"title"`, `"text":"A note needs a title."`)
	w = b.do(http.MethodPost, "/notes/add", "anna", "title="+strings.Repeat("x", 1<<20))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much answered %d", w.Code)
	}
}

func TestNamesAreEscaped(t *testing.T) {
	t.Parallel()
	body := newBench(t).get("/notes/", "ben").Body.String()
	has(t, body, "Ben &lt;b&gt;Ode")
	if strings.Contains(body, "Ben <b>") {
		t.Error("a name is markup")
	}
}

func TestUploadedPagesAreNeverShownInline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for kind, want := range map[string]string{
		"text/html": "attachment; filename=a.html", "image/svg+xml": "attachment; filename=a.html",
		"image/png": "inline; filename=a.html", "": "attachment; filename=a.html",
	} {
		h := b.get("/notes/file?type="+kind, "anna", "X", "").Header()
		if kind == "image/svg+xml" {
			h = b.get("/notes/file?type=image/svg%2Bxml", "anna").Header()
		}
		if h.Get("Content-Disposition") != want || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q: %v", kind, h)
		}
	}
}

func TestBrokenAreasStopTheProgram(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"broken template":  {"a.tmpl": file("{{if}}")},
		"missing template": {"a.tmpl": file(`{{template "nope" .}}`)},
		"unknown function": {"a.tmpl": file(`{{nope}}`)},
		"two of a name":    {"a.tmpl": file("x"), "b/a.tmpl": file("y")},
		"missing import":   {"a.js": file(`import { x } from "./nope.js"`)},
		"unknown area":     {"a.js": file("import {\n  x,\n} from \"nope/x.js\"")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("was accepted")
				}
			}()
			s := web.New(web.Config{Sessions: &sessions{}})
			s.Area("x", files)
			s.Handler()
		})
	}
}

func TestFirstViewStaysInTheBudget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.get("/notes/", "anna", "Accept-Encoding", "gzip")
	total, scripts := page.Body.Len(), 0
	body := b.get("/notes/", "anna").Body.String()
	seen := map[string]bool{}
	for _, u := range regexp.MustCompile(`/assets/[^"#]*[a-z]`).FindAllString(body, -1) {
		if seen[u] || !strings.Contains(u, ".") {
			continue
		}
		seen[u] = true
		n := b.get(u, "", "Accept-Encoding", "gzip").Body.Len()
		total += n
		if strings.HasSuffix(u, ".js") {
			scripts += n
		}
	}
	t.Logf("first view %d bytes, scripts %d", total, scripts)
	if total > 60<<10 || scripts > 20<<10 {
		t.Errorf("first view %d bytes, scripts %d: leave the areas their share of 100 KB and 40 KB", total, scripts)
	}
}
