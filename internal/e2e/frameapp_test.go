package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bx24"
)

// frameApp is the server of an application with pages. Each of its pages does what the test has it do, whichever frame it is
// in: it asks the server for a script, runs it, and sends what came of it.
type frameApp struct {
	t      *testing.T
	url    string
	server *httptest.Server

	mu     sync.Mutex
	opened chan *framePage
	pages  map[string]*framePage // by APP_SID
	heads  map[string]string     // what the page at a path has in its head
	bare   map[string]string     // whole pages by path, which are not driven
	script []byte                // at /script.js
	asked  chan url.Values       // what pages that are not driven asked at /asked
}

// framePage is a page of the application that was opened in a frame.
type framePage struct {
	app     *frameApp
	path    string
	query   url.Values
	form    url.Values // that opened it
	scripts chan string
	results chan pageResult
}

// pageResult is what a script came to.
type pageResult struct {
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// scriptTag loads the script as the documentation says.
const scriptTag = `<script src="//` + bx24.Host + `/api/v1/"></script>`

// driver asks for scripts and runs them, one after another.
const driver = `<script type="module">
const sid = new URLSearchParams(location.search).get("APP_SID")
const ask = (path, body) => fetch(path + "?APP_SID=" + sid, { method: "POST", body })
for (;;) {
  const res = await ask("/next").catch(() => null)
  if (!res) break
  if (res.status !== 200) continue
  let out
  try {
    out = { value: await (0, eval)(await res.text()) ?? null }
  } catch (err) {
    out = { error: String(err && err.stack || err) }
  }
  await ask("/result", JSON.stringify(out))
}
</script>`

func newFrameApp(t *testing.T) *frameApp {
	t.Helper()
	a := &frameApp{
		t: t, opened: make(chan *framePage, 32), pages: map[string]*framePage{},
		heads: map[string]string{}, bare: map[string]string{},
		asked: make(chan url.Values, 8),
	}
	a.server = httptest.NewTLSServer(a) // inside a page under HTTPS browsers load no scripts by plain HTTP
	a.url = a.server.URL
	t.Cleanup(func() {
		a.server.CloseClientConnections()
		a.server.Close()
	})
	return a
}

// ServeHTTP answers a page, or what its driver asks.
func (a *frameApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // for pages of the application that lie elsewhere
	switch r.URL.Path {
	case "/hello":
		a.mu.Lock()
		a.remember(r)
		a.mu.Unlock()
	case "/asked":
		a.asked <- r.URL.Query()
	case "/next":
		a.next(w, r)
	case "/result":
		a.result(w, r)
	case "/script.js":
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(a.script)
	default:
		a.page(w, r)
	}
}

func (a *frameApp) find(r *http.Request) *framePage {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pages[r.URL.Query().Get("APP_SID")]
}

func (a *frameApp) next(w http.ResponseWriter, r *http.Request) {
	p := a.find(r)
	if p == nil {
		http.NotFound(w, r)
		return
	}
	select {
	case script := <-p.scripts:
		_, _ = io.WriteString(w, script)
	case <-r.Context().Done():
	case <-time.After(20 * time.Second): // long before the browser gives up
		w.WriteHeader(http.StatusNoContent)
	}
}

func (a *frameApp) result(w http.ResponseWriter, r *http.Request) {
	var out pageResult
	if err := json.NewDecoder(r.Body).Decode(&out); err != nil {
		a.t.Errorf("the result of a script: %v", err)
	}
	if p := a.find(r); p != nil {
		p.results <- out
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *frameApp) page(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.mu.Lock()
	defer a.mu.Unlock()
	if page, ok := a.bare[r.URL.Path]; ok {
		a.remember(r)
		_, _ = io.WriteString(w, page)
		return
	}
	head, ok := a.heads[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	a.remember(r)
	_, _ = fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><title>App</title><style>body{margin:0;font:16px/24px sans-serif;padding:24px}</style>%s<h1>The application</h1><p>Its page.</p>%s", head, driver)
}

func (a *frameApp) remember(r *http.Request) {
	sid := r.URL.Query().Get("APP_SID")
	if sid == "" {
		return
	}
	p := &framePage{app: a, path: r.URL.Path, query: r.URL.Query(), form: r.PostForm, scripts: make(chan string, 4), results: make(chan pageResult, 4)}
	a.pages[sid] = p
	a.opened <- p
}

// wait returns the next page that is opened.
func (a *frameApp) wait(what string) *framePage {
	a.t.Helper()
	select {
	case p := <-a.opened:
		return p
	case <-time.After(patience):
		a.t.Fatalf("%s was not opened", what)
		return nil
	}
}

// quiet checks that no page was opened meanwhile.
func (a *frameApp) quiet(what string) {
	a.t.Helper()
	select {
	case p := <-a.opened:
		a.t.Errorf("%s: the page %s was opened", what, p.path)
	default:
	}
}

// begin starts a script whose result is read later.
func (p *framePage) begin(script string) { p.scripts <- script }

// end returns what the script came to, as JSON.
func (p *framePage) end(script string) string {
	p.app.t.Helper()
	ctx, cancel := context.WithTimeout(p.app.t.Context(), patience)
	defer cancel()
	select {
	case out := <-p.results:
		if out.Error != "" {
			p.app.t.Fatalf("%s: %s", script, out.Error)
		}
		return string(out.Value)
	case <-ctx.Done():
		p.app.t.Fatalf("%s: no result", script)
		return ""
	}
}

// run runs a script in the page and returns its result as JSON.
func (p *framePage) run(script string) string {
	p.app.t.Helper()
	p.begin(script)
	return p.end(script)
}

// want runs a script and compares its result.
func (p *framePage) want(script, want string) {
	p.app.t.Helper()
	if got := p.run(script); got != want {
		p.app.t.Errorf("%s\n got %s\nwant %s", strings.TrimSpace(script), got, want)
	}
}
