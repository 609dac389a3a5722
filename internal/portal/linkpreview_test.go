package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// TestLinksInMessages has a portal look up the links of what people write: where deliveries may go, not everywhere where messages lead.
func TestLinksInMessages(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		var asked atomic.Int64
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/favicon.ico" { // the sign of a page that names none
				http.NotFound(w, r)
				return
			}
			asked.Add(1)
			if got, want := r.UserAgent(), "Portico link preview (+https://portal.test/)"; got != want {
				t.Errorf("asked by %q", got)
			}
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<title>The plan</title>"))
		}))
		t.Cleanup(site.Close)
		ctx := t.Context()
		c := portal.Config{
			DB: database("portal"), PublicURL: func() string { return "https://portal.test" }, Log: slog.New(slog.DiscardHandler),
			Reach: event.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		}
		p, err := portal.Open(ctx, c)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(err)
		must(p.Start(ctx))
		anna, _, err := p.EnsureAdmin(ctx, user.NewUser{Login: "anna", FirstName: "Anna", Password: "correct horse battery"})
		must(err)
		ben, err := p.CreateUser(ctx, user.NewUser{Login: "ben", FirstName: "Ben"})
		must(err)
		chat, err := p.IM.OpenPrivate(ctx, anna.ID, ben.ID)
		must(err)
		heard, cancel := p.Live.Subscribe(ben.ID)
		defer cancel()
		say := func(p *portal.Portal, text string) {
			t.Helper()
			_, err := p.IM.Send(ctx, im.NewMessage{ChatID: chat.ID, AuthorID: anna.ID, Text: text})
			must(err)
		}
		say(p, "see https://portal.test/company/")
		say(p, "see "+site.URL)
		for message := range heard {
			if strings.Contains(string(message), "linemessage") {
				break
			}
		}
		known, err := p.Previews.Previews(ctx, []string{site.URL, "https://portal.test/company/"})
		if err != nil || len(known) != 1 || known[site.URL].Title != "The plan" || asked.Load() != 1 {
			t.Errorf("known is %+v, %v; the site was asked %d times", known, err, asked.Load())
		}

		// An administrator turns it off: nobody is asked, nothing is shown.
		rules, err := setting.Load(ctx, p.Settings, im.RulesKey)
		must(err)
		rules.LinkPreviews = false
		must(audit.SaveSetting(ctx, p.Audit, p.Settings, im.RulesKey, rules, func(_, _ im.Rules) string { return "off" }))
		say(p, "see "+site.URL+"/other")
		if known, err := p.Previews.Previews(ctx, []string{site.URL}); len(known) != 0 || err != nil {
			t.Errorf("still shown: %+v, %v", known, err)
		}
		rules.LinkPreviews = true
		must(setting.Save(ctx, p.Settings, im.RulesKey, rules))
		must(p.Close(context.WithoutCancel(ctx)))

		// Without a word of its own for the address the portal does not go into its own network.
		c.Reach = event.Policy{}
		p, err = portal.Open(ctx, c)
		must(err)
		t.Cleanup(func() { _ = p.Close(context.WithoutCancel(ctx)) })
		must(p.Start(ctx))
		say(p, "see "+site.URL+"/third")
		for given := int64(0); given == 0; runtime.Gosched() { // up at once: it would be no other address a minute later
			must(p.DB.Read(ctx, func(tx *db.Tx) error {
				const q = "SELECT COUNT(*) FROM link_preview WHERE address = ? AND state = 2 AND attempts = 0"
				return tx.QueryRow(ctx, q, site.URL+"/third").Scan(&given)
			}))
		}
		if asked.Load() != 1 {
			t.Errorf("the site was asked %d times", asked.Load())
		}
	})
}

// TestTheLinkOfAClient is looked up for the operators under the same rules: nobody outside makes the portal ask its own network.
func TestTheLinkOfAClient(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		var asked atomic.Int64
		inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		t.Cleanup(inside.Close)
		b := newLineBench(t, database("portal"), func(*line.Line) {})
		b.write("client", "1", "my printer is at "+inside.URL)
		b.eventually("the link is looked up", func() bool {
			var state, attempts int64
			err := b.DB.Read(t.Context(), func(tx *db.Tx) error {
				const q = "SELECT COALESCE(MAX(state), 0), COALESCE(MAX(attempts), 0) FROM link_preview WHERE address = ?"
				return tx.QueryRow(t.Context(), q, inside.URL).Scan(&state, &attempts)
			})
			return err == nil && state == 2 && attempts == 0
		})
		if n := asked.Load(); n != 0 {
			t.Errorf("the portal asked its own network %d times", n)
		}
	})
}
