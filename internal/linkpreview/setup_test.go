package linkpreview_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/linkpreview"
	"github.com/portico-hq/portico/internal/linkpreview/linkpreviewhttp"
)

// bench is a portal's previews, and a site in the world.
type bench struct {
	*linkpreview.Service

	t     *testing.T
	db    *db.DB
	clock *clock.Manual
	site  *httptest.Server

	mu    sync.Mutex
	asked []string          // what the site was asked for
	pages map[string]string // by the path
	gate  chan struct{}     // each request waits for it; nil: none waits
	told  []int64           // messages
	off   bool
}

func setup(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, clock: clock.NewManual(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)), pages: map[string]string{}}
	b.site = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.site.Close)
	client := event.NewClient(event.Policy{})
	t.Cleanup(client.CloseIdleConnections)
	b.Service = linkpreview.New(linkpreview.Config{
		DB: d, Clock: b.clock, Log: slog.New(slog.DiscardHandler),
		Enabled: func(context.Context) (bool, error) { b.mu.Lock(); defer b.mu.Unlock(); return !b.off, nil },
		Fetcher: linkpreviewhttp.Client{
			Clients: func(context.Context) (*http.Client, error) { return client, nil }, Agent: func() string { return "Portico (test)" },
			Refuse: func(u *url.URL) bool { return u.Path == "/own" },
		},
		Shrink: func(ctx context.Context, picture []byte, side int64) (p linkpreview.Picture, err error) {
			p.Type = "image/png"
			p.Data, p.Width, p.Height, err = file.Thumbnail(ctx, picture, side)
			return p, err
		},
		Told: func(_, messageID int64) { b.mu.Lock(); defer b.mu.Unlock(); b.told = append(b.told, messageID) },
	})
	return b
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	page, known := b.pages[r.URL.Path]
	if known || r.URL.Path != "/favicon.ico" { // which each page without a picture asks for
		b.asked = append(b.asked, r.URL.Path)
	}
	gate := b.gate
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if cookie, agent := r.Header.Get("Cookie"), r.Header.Get("User-Agent"); cookie != "" || agent != "Portico (test)" || r.Header.Get("Referer") != "" {
		b.t.Errorf("asked with %v", r.Header)
	}
	http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
	switch to, moved := strings.CutPrefix(page, "to "); {
	case moved:
		http.Redirect(w, r, to, http.StatusFound)
	case page == "away":
		w.WriteHeader(http.StatusServiceUnavailable)
	case !known:
		w.WriteHeader(http.StatusNotFound)
	case strings.HasPrefix(page, "\x00\x00\x01"):
		w.Header().Set("Content-Type", "image/x-icon")
		_, _ = w.Write([]byte(page))
	case strings.HasPrefix(page, "\x89PNG"):
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte(page))
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}
}

func (b *bench) put(path, page string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pages[path] = page
}

// ask has messages ask for a path of the site.
func (b *bench) ask(path string, messages ...int64) {
	b.t.Helper()
	for _, m := range messages {
		err := b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.AskTx(b.t.Context(), tx, b.site.URL+path, 7, m) })
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// work runs the service until nothing is due.
func (b *bench) work() {
	b.t.Helper()
	if err := b.Work(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// said returns what the site was asked for and which messages were told of since it was called last.
func (b *bench) said() (asked string, told []int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked, told = strings.Join(b.asked, " "), b.told
	b.asked, b.told = nil, nil
	slices.Sort(told)
	return asked, told
}

// expect compares both.
func (b *bench) expect(what, asked string, told ...int64) {
	b.t.Helper()
	gotAsked, gotTold := b.said()
	if gotAsked != asked || !slices.Equal(gotTold, told) {
		b.t.Errorf("%s: asked for %q, told of %v; want %q, %v", what, gotAsked, gotTold, asked, told)
	}
}

func (b *bench) preview(path string) linkpreview.Preview {
	b.t.Helper()
	address := b.site.URL + path
	all, err := b.Previews(b.t.Context(), []string{address, "https://elsewhere.example"})
	if err != nil || len(all) > 1 {
		b.t.Fatalf("%v, %v", all, err)
	}
	return all[address]
}

func (b *bench) count(query string, args ...any) (n int64) {
	b.t.Helper()
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), query, args...).Scan(&n) })
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func picture(t testing.TB, w, h int) string {
	t.Helper()
	var p bytes.Buffer
	if err := png.Encode(&p, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return p.String()
}

var schemas = []db.Schema{linkpreview.Schema()}
