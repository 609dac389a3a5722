package eventrest_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/event/eventrest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// anonymous signs with nothing.
type anonymous struct{}

func (anonymous) Auth(context.Context, int64, int64) (phpform.Value, error) {
	return phpform.ListOf(), nil
}

func (anonymous) Portal(context.Context, string) (phpform.Value, error) { return phpform.ListOf(), nil }

func TestTheTestEventArrivesAtTheCallersHandlersAlone(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema()}, func(t *testing.T, d *db.DB) {
		arrived := make(chan url.Values, 10)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(raw))
			form.Set("path", r.URL.Path)
			arrived <- form
		}))
		t.Cleanup(server.Close)
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		service, registry := event.New(d, clk, catalog), rest.NewRegistry()
		eventrest.Register(registry, service, "en")
		dispatcher := event.NewDispatcher(service, anonymous{}, nil, slog.New(slog.DiscardHandler))
		dispatcher.Start()
		t.Cleanup(dispatcher.Close)
		for _, b := range []event.Binding{
			{AppID: 3, Event: "OnAppTest", Handler: server.URL + "/mine"}, {AppID: 4, Event: event.Test, Handler: server.URL + "/theirs"},
		} {
			if err := service.Bind(t.Context(), user.Ref{ID: 1, Admin: true}, b, func(s string) bool { return s == rest.Basic }); err != nil {
				t.Fatal(err)
			}
		}
		h := rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
		call := func(body string) {
			t.Helper()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/event.test.json", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"result":1,`) {
				t.Fatalf("%s: %d %s", body, w.Code, w.Body)
			}
		}
		call("any=data&deep[a][]=1&auth=person")
		call("auth=narrow") // the other application, without any parameter
		seen := map[string]url.Values{}
		for range 2 {
			form := <-arrived
			seen[form.Get("path")] = form
		}
		mine, theirs := seen["/mine"], seen["/theirs"]
		if mine.Get("event") != "ONAPPTEST" || mine.Get("data[QUERY][any]") != "data" || mine.Get("data[QUERY][deep][a][0]") != "1" ||
			mine.Get("data[LANGUAGE_ID]") != "en" || mine.Has("data[QUERY][auth]") {
			t.Errorf("got %v", mine)
		}
		if theirs.Get("event") != "ONAPPTEST" || theirs.Has("data[QUERY][any]") || theirs.Get("data[LANGUAGE_ID]") != "en" {
			t.Errorf("the other application got %v", theirs)
		}
	})
}

func (anonymous) Hook(context.Context, int64) (phpform.Value, error) { return phpform.ListOf(), nil }

func (anonymous) SigningKeys(context.Context, int64, int64) ([]string, error) { return nil, nil }
