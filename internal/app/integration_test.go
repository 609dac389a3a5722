package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestIntegrationsAreFoundFilteredAndSorted(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		form := func(name string, change func(*app.Form)) app.Created {
			f := botForm()
			f.Name = name
			if change != nil {
				change(&f)
			}
			b.clock.Advance(time.Second)
			return b.create(f)
		}
		hook := func(who user.Ref, title string, days int) int64 {
			b.clock.Advance(time.Second)
			f := app.WebhookForm{Title: title, Scopes: []string{"task"}}
			if days > 0 {
				f.Expires = b.clock.Now().AddDate(0, 0, days)
			}
			w, _, err := b.CreateWebhook(t.Context(), who, f)
			if err != nil {
				t.Fatal(err)
			}
			return w.ID
		}
		form("Über 100%", nil)
		form("crm_sync", func(f *app.Form) { f.APIOnly = false }) // waits for its page
		used := form("Reports", nil)
		hook(anna, "Export", 0)
		hook(ben, "Ben's import", 1)
		off := hook(ben, "Old", 0)
		if _, err := b.SwitchWebhook(t.Context(), ben, off, false); err != nil {
			t.Fatal(err)
		}
		c := b.config()
		c.Hooks = &board{bound: map[int64]app.Hook{}, paused: []int64{2}}
		b.Service = app.New(c)
		for _, name := range []string{"Hear", "Listen"} {
			b.clock.Advance(time.Second)
			if _, err := b.CreateOutbound(t.Context(), anna, app.OutboundForm{Name: name, URL: "https://hear.example/" + name, Events: []string{"ONTASKADD"}}); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.Advance(25 * time.Hour)
		if _, err := b.byToken(b.issue(used.ID, ben.ID).AccessToken); err != nil {
			t.Fatal(err)
		}
		ask := func(who user.Ref, q app.IntegrationQuery, want ...string) {
			t.Helper()
			if q.Limit == 0 {
				q.Limit = 50
			}
			list, total, err := b.Integrations(t.Context(), who, q)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range list {
				got = append(got, i.Name)
			}
			if q.Offset == 0 && q.Limit == 50 && int(total) != len(want) || !slices.Equal(got, want) {
				t.Errorf("%+v: %q of %d, want %q", q, got, total, want)
			}
		}
		ask(anna, app.IntegrationQuery{}, "Listen", "Hear", "Old", "Ben's import", "Export", "Reports", "crm_sync", "Über 100%")
		ask(anna, app.IntegrationQuery{OrderBy: app.ByName, Ascending: true}, "Ben's import", "crm_sync", "Export", "Hear", "Listen", "Old", "Reports", "Über 100%")
		ask(anna, app.IntegrationQuery{OrderBy: app.ByUsed, Limit: 1}, "Reports")
		ask(anna, app.IntegrationQuery{Limit: 2, Offset: 4}, "Export", "Reports")
		ask(anna, app.IntegrationQuery{What: app.IsOutbound}, "Listen", "Hear")
		ask(anna, app.IntegrationQuery{State: app.Paused}, "Listen")
		ask(anna, app.IntegrationQuery{State: app.Working, What: app.IsOutbound}, "Hear")
		ask(anna, app.IntegrationQuery{Search: "hear.example/l"}, "Listen")
		ask(anna, app.IntegrationQuery{Search: "ÜBER"}, "Über 100%")
		ask(anna, app.IntegrationQuery{Search: "100%"}, "Über 100%")
		ask(anna, app.IntegrationQuery{Search: "0_0"})
		ask(anna, app.IntegrationQuery{Search: "crm_"}, "crm_sync")
		ask(anna, app.IntegrationQuery{Search: used.ClientID[6:16]}, "Reports")
		ask(anna, app.IntegrationQuery{What: app.IsWebhook}, "Old", "Ben's import", "Export")
		ask(anna, app.IntegrationQuery{State: app.Waiting}, "crm_sync")
		ask(anna, app.IntegrationQuery{State: app.Disabled}, "Old")
		ask(anna, app.IntegrationQuery{State: app.Expired}, "Ben's import")
		ask(anna, app.IntegrationQuery{State: app.Working, What: app.IsApp}, "Reports", "Über 100%")
		ask(anna, app.IntegrationQuery{What: "other"})
		ask(ben, app.IntegrationQuery{}, "Old", "Ben's import")
		ask(user.Ref{ID: 2, Access: access.ManageApps}, app.IntegrationQuery{Search: "P", What: app.IsApp}, "Reports")
	})
}

// BenchmarkIntegrations lists and searches among many applications and webhooks.
func BenchmarkIntegrations(b *testing.B) {
	bn := app.New(app.Config{
		DB: dbtest.SQLite(b, app.Schema()), Clock: clock.System{}, Users: &people{}, Events: &outbox{},
		Endpoints: func() app.Endpoints { return app.Endpoints{} },
	})
	for i := range 2000 {
		f := botForm()
		f.Name = fmt.Sprintf("Application %d", i)
		if _, err := bn.Create(b.Context(), anna, f); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, _, err := bn.Integrations(b.Context(), anna, app.IntegrationQuery{Search: "19", Limit: 50}); err != nil {
			b.Fatal(err)
		}
	}
}
