package portal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// TestAConnectorIsBoundToItsPlace registers a connector: its application sees the page of its settings among what it bound, and nobody
// opens that as other places are opened.
func TestAConnectorIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	ctx := t.Context()
	admin, err := p.CreateUser(ctx, user.NewUser{Login: "anna", Email: "anna@example.com", FirstName: "Anna", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Apps.Create(ctx, admin.Ref(), app.Form{Name: "Chat", APIOnly: true, HandlerURL: "http://127.0.0.1:9/", Scopes: []string{"imopenlines", "imconnector"}})
	if err != nil {
		t.Fatal(err)
	}
	register := func(handler string) {
		t.Helper()
		c := connector.Connector{AppID: a.ID, Code: "chat", Name: "Chat", Handler: handler, Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"}}
		if err := p.Connectors.Register(ctx, admin.ID, c); err != nil {
			t.Fatal(err)
		}
	}
	bound := func() string {
		t.Helper()
		all, err := p.Placements.OfApp(ctx, admin.Ref(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, h := range all {
			out = append(out, h.Code+" "+h.URL+" "+h.Title)
			if _, err := p.Placements.Open(ctx, placement.Viewer{UserID: admin.ID, Admin: true}, h.ID); !errors.Is(err, placement.ErrHandlerNotFound) {
				t.Errorf("it opens as any other: %v", err)
			}
		}
		return strings.Join(out, ", ")
	}
	register("http://127.0.0.1:9/a")
	register("http://127.0.0.1:9/b")
	if got, want := bound(), "SETTING_CONNECTOR http://127.0.0.1:9/b Chat"; got != want {
		t.Errorf("bound is %q, want %q", got, want)
	}
	if err := p.Connectors.Unregister(ctx, admin.ID, a.ID, "chat"); err != nil || bound() != "" {
		t.Errorf("afterwards bound is %q, %v", bound(), err)
	}
}

// TestWhatIsFetchedFromOutside follows redirects, bounds what it takes, says in words what went wrong, and reaches nothing that the
// portal may not reach.
func TestWhatIsFetchedFromOutside(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "0123456789") })
	mux.Handle("/moved", http.RedirectHandler("/file", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	fetcher := func(policy event.Policy) func(address string, limit int64) string {
		client := event.NewClient(policy)
		return func(address string, limit int64) string {
			content, err := portal.Fetch(t.Context(), func(context.Context) (*http.Client, error) { return client, nil }, address, limit)
			if err != nil {
				return fmt.Sprintf("%d %s", fault.KindOf(err), fault.Of(err).Text)
			}
			return string(content)
		}
	}
	fetch := fetcher(event.Policy{})
	final, later := strconv.Itoa(int(fault.Invalid)), strconv.Itoa(int(fault.Unavailable))
	for address, want := range map[string]string{
		server.URL + "/file": "0123456789", server.URL + "/moved": "0123456789", server.URL + "/none": final + " its address answered 404.",
		server.URL + "/round": final + " its address leads to others again and again.", server.URL + "/busy": later + " its address answered 503.",
		"ftp://x/": final + " its address is none of http or https.", "http://127.0.0.1:1/": later + " its address cannot be reached from here.",
	} {
		if got := fetch(address, 10); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	if got := fetch(server.URL+"/file", 9); got != final+" it is larger than 0 MB." {
		t.Error(got)
	}
	if got := fetcher(event.Policy{RefusePrivate: true})(server.URL+"/file", 10); got != later+" its address cannot be reached from here." {
		t.Errorf("a private address that is refused: %q", got)
	}
}
