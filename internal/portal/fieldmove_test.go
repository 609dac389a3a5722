package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
	"github.com/portico-hq/portico/internal/user"
)

// moving is the portals of a server, of which one has files in a field that was added.
type moving struct {
	*server.Directory

	t *testing.T
}

func newMoving(t *testing.T, kind string) *moving {
	t.Helper()
	c := server.DirectoryConfig{Data: filepath.Join(t.TempDir(), "data")}
	if kind == "postgres" {
		database := dbtest.PostgresConfig(t, portal.Schemas()...) // a database of its own, in which portals have schemas
		c = server.DirectoryConfig{Data: t.TempDir(), DatabaseURL: database.URL}
	}
	d, err := server.OpenDirectory(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return &moving{d, t}
}

func (m *moving) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// in opens a portal, for as long as do runs.
func (m *moving) in(e server.Entry, do func(f *filed)) {
	m.t.Helper()
	m.must(os.MkdirAll(m.Folder(e.Name), 0o700))
	blobs, err := m.Blobs(e.Name)
	m.must(err)
	c := m.Database(e.Name)
	c.Unsafe = true
	p, err := portal.Open(m.t.Context(), portal.Config{
		DB: c, Blobs: blobs, PublicURL: func() string { return "https://portal.test" }, Log: slog.New(slog.DiscardHandler),
	})
	m.must(err)
	do(&filed{Portal: p, t: m.t, ids: map[string]int64{}, token: map[string]string{}})
	m.must(p.Close(m.t.Context()))
}

// entry is the portal at a host, wherever it is now.
func (m *moving) entry(host string) server.Entry {
	m.t.Helper()
	all, err := m.List(m.t.Context())
	m.must(err)
	for _, e := range all {
		if e.Host == host {
			return e
		}
	}
	m.t.Fatalf("there is no portal at %s", host)
	return server.Entry{}
}

// begin fills a new portal: an employee, Boris, has a CV, and has given up another one.
func (m *moving) begin(f *filed) {
	m.t.Helper()
	ctx := m.t.Context()
	anna, _, err := f.EnsureAdmin(ctx, user.NewUser{Login: "anna", FirstName: "Anna", Password: "a long password"})
	m.must(err)
	_, err = f.CreateUser(ctx, user.NewUser{Login: "boris", FirstName: "Boris", Password: "a long password"})
	m.must(err)
	m.hook(f, anna.ID)
	f.answers("user.userfield.add", `{"fields":{"FIELD_NAME":"CV","USER_TYPE_ID":"file"}}`, "1")
	m.write(f, "not yet")
	m.write(f, "born, learned")
	m.reads(f, 2, "born, learned")
}

func (m *moving) hook(f *filed, admin int64) {
	m.t.Helper()
	_, code, err := f.Apps.CreateWebhook(m.t.Context(), user.Ref{ID: admin, Admin: true}, app.WebhookForm{Title: "x", Scopes: []string{"user", "user.userfield"}})
	m.must(err)
	f.hook = fmt.Sprintf("/rest/%d/%s/", admin, code)
}

func (m *moving) write(f *filed, text string) {
	m.t.Helper()
	f.answers("user.update", `{"ID":2,"UF_USR_CV":["cv.txt","`+encoded(text)+`"]}`, "true")
}

// reads checks that Boris has the file, and gets what is in it.
func (m *moving) reads(f *filed, id int64, text string) {
	m.t.Helper()
	w := f.do("", http.MethodPost, "/login", "application/x-www-form-urlencoded", url.Values{"login": {"boris"}, "password": {"a long password"}}.Encode())
	if len(w.Result().Cookies()) == 0 {
		m.t.Fatalf("Boris cannot sign in: %d %s", w.Code, w.Body)
	}
	f.token["boris"] = w.Result().Cookies()[0].Value
	var list []struct {
		CV struct{ ID int64 } `json:"UF_USR_CV"`
	}
	if got := f.call("user.get", `{"ID":2}`); json.Unmarshal([]byte(got), &list) != nil || len(list) != 1 || list[0].CV.ID != id {
		m.t.Errorf("Boris is %s, want the file %d", got, id)
	}
	f.sees("boris", fmt.Sprintf("/field/file/%d/download", id), text)
}

func kept(context.Context, server.Entry) error { return nil }

// TestFilesInFieldsComeAlong takes a portal whose people have files in a field through snapshots, a fork, and a backup that is restored on a
// server with the other database: the files are there, and are the portal's own.
func TestFilesInFieldsComeAlong(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{"sqlite": "postgres", "postgres": "sqlite"} {
		t.Run(from+" to "+to, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			m := newMoving(t, from)
			_, err := m.Add(ctx, "a.example.com", func(_ context.Context, e server.Entry) error {
				m.in(e, m.begin)
				return nil
			})
			m.must(err)
			m.snapshots()
			fork, err := m.Fork(ctx, m.entry("a.example.com"), "b.example.com", portal.Schemas(), kept)
			m.must(err)
			m.in(fork, func(f *filed) {
				m.hook(f, 1)
				m.reads(f, 2, "born, learned")
				m.write(f, "of the fork")
				f.sees("boris", "/field/file/2", "404")
			})
			m.in(m.entry("a.example.com"), func(f *filed) {
				m.hook(f, 1)
				m.reads(f, 2, "born, learned")
			})
			m.moves(newMoving(t, to))
		})
	}
}

// snapshots changes the file, and takes that back.
func (m *moving) snapshots() {
	m.t.Helper()
	ctx := m.t.Context()
	m.must(m.SaveSnapshot(ctx, m.entry("a.example.com"), "clean", portal.Schemas()))
	m.in(m.entry("a.example.com"), func(f *filed) {
		m.hook(f, 1)
		m.write(f, "a mistake")
		m.reads(f, 3, "a mistake")
	})
	m.must(m.LoadSnapshot(ctx, m.entry("a.example.com"), "clean", portal.Schemas(), kept))
	m.in(m.entry("a.example.com"), func(f *filed) {
		m.hook(f, 1)
		m.reads(f, 2, "born, learned")
	})
}

// moves restores a backup on another server.
func (m *moving) moves(other *moving) {
	m.t.Helper()
	ctx := m.t.Context()
	var archive bytes.Buffer
	_, err := m.Backup(ctx, &archive, []server.Entry{m.entry("a.example.com")}, portal.Schemas(), nil)
	m.must(err)
	_, err = other.Restore(ctx, server.Restoring{
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil },
		As:   "c.example.com", Portal: "a.example.com", Schemas: portal.Schemas(), Check: kept,
	})
	m.must(err)
	other.in(other.entry("c.example.com"), func(f *filed) {
		other.hook(f, 1)
		other.reads(f, 2, "born, learned")
		other.write(f, "elsewhere")
		other.reads(f, 3, "elsewhere")
		f.sees("boris", "/field/file/2", "404")
	})
}
