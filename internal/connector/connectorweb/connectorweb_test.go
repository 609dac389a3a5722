package connectorweb_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// viewers are Anna, an administrator, and Ben.
var viewers = openlinetest.Viewers{By: map[string]web.Viewer{"anna": {ID: 1, Name: "Anna Berg", Admin: true}, "ben": {ID: 2, Name: "Ben Ode"}}}

type lines struct{}

var all = []connector.Line{{ID: 2, Name: "Sales", Active: true}, {ID: 7, Name: "Support", Active: true}}

func (lines) LineTx(_ context.Context, _ *db.Tx, id int64) (connector.Line, bool, error) {
	for _, l := range all {
		if l.ID == id {
			return l, true, nil
		}
	}
	return connector.Line{}, false, nil
}

func (lines) Lines(context.Context) ([]connector.Line, error) { return all, nil }

type places struct{}

func (places) BindSettingsTx(context.Context, *db.Tx, connector.Connector, int64) error { return nil }

func (places) UnbindSettingsTx(context.Context, *db.Tx, connector.Connector) error { return nil }

type bench struct {
	t          *testing.T
	shell      http.Handler
	connectors *connector.Service
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, audit.Schema(), setting.Schema(), event.Schema(), connector.Schema())
	s := connector.New(connector.Config{
		DB: d, Clock: clk, Events: event.New(d, clk, connector.Events()), Audit: audit.New(d, clk), Lines: lines{}, Places: places{},
	})
	shell := web.New(web.Config{PortalName: "Northwind", Sessions: viewers, Clock: clk, Log: slog.New(slog.DiscardHandler)})
	shell.Area("frame", fstest.MapFS{"frame.css": {Data: []byte("app-frame { display: block; }")}})
	connectorweb.Register(shell, connectorweb.Config{
		Connectors: s,
		FrameURL: func(app int64, code string, line int64) string {
			return fmt.Sprintf("/frame/%d/%s/%d", app, code, line)
		},
		App: func(_ context.Context, id int64) (connectorweb.App, error) {
			return connectorweb.App{Name: "Chat maker", Works: id == 3}, nil
		},
	})
	return &bench{t, shell.Handler(), s}
}

func (b *bench) register(app int64, code, name string, off connector.Icon) {
	b.t.Helper()
	err := b.connectors.Register(b.t.Context(), 1, connector.Connector{
		AppID: app, Code: code, Name: name, Handler: "https://app.example/", Off: off,
		Icon: connector.Icon{Image: "data:image/svg+xml,<svg id='on'/>", Color: "#69acc0", Size: "90%", Position: "left top"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) send(method, as, target string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	return openlinetest.Send(b.t, b.shell, method, as, target, form)
}

func (b *bench) page(as, target string, want ...string) string {
	b.t.Helper()
	w := b.send(http.MethodGet, as, target, nil)
	body := w.Body.String()
	for _, part := range want {
		if part, lacks := strings.CutPrefix(part, "no "); lacks == strings.Contains(body, part) {
			b.t.Errorf("%s as %s (%d): %q, which is wanted: %t\n%s", target, as, w.Code, part, !lacks, body)
		}
	}
	return body
}

func TestContactCenter(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.page("anna", "/contact_center/", "No channels yet")
	if w := b.send(http.MethodGet, "ben", "/contact_center/", nil); w.Code != http.StatusForbidden {
		t.Errorf("an employee sees the Contact Center: %d", w.Code)
	}
	b.register(3, "site_chat", "Site <chat>", connector.Icon{})
	const (
		on    = "data:image/svg&#43;xml;base64,PHN2ZyBpZD0nb24nLz4="
		faint = "cc-icon cc-faint"
		looks = "width:90%;height:90%;left:0%;top:0%;transform:translate(-0%,-0%)"
	)
	b.page("anna", "/contact_center/", "Site &lt;chat&gt;", "Not connected", on, faint, "background-color:#69acc0", looks, "/contact_center/connector/?ID=site_chat", "no <svg id")
	b.page("anna", "/contact_center/connector/?ID=site_chat", "by Chat maker", `<option value="2"`, `<option value="7"`, "no app-frame class")
	if w := b.send(http.MethodGet, "anna", "/contact_center/connector/?ID=other", nil); w.Code != http.StatusNotFound {
		t.Errorf("a connector that is not there: %d", w.Code)
	}
	w := b.send(http.MethodPost, "anna", "/contact_center/connector/connect", url.Values{"ID": {"site_chat"}, "LINE": {"7"}})
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/contact_center/connector/?ID=site_chat&LINE=7" {
		t.Fatalf("connect: %d to %q: %s", w.Code, to, w.Body)
	}
	b.page("anna", "/contact_center/", "Connected to Support", "no Not connected", "no "+faint)
	b.page("anna", "/contact_center/connector/?ID=site_chat&LINE=7", `src="/frame/3/site_chat/7"`, "Open Channel and permissions", `<option value="2"`, "Disconnect")
	b.page("anna", "/contact_center/connector/doctor?ID=site_chat&LINE=7", "How Site &lt;chat&gt; does", "does not listen to OnImConnectorMessageAdd", "0 waiting", "There is none.", "no Send again")
	if w := b.send(http.MethodGet, "anna", "/contact_center/connector/doctor?ID=site_chat&LINE=3", nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the doctor of a line that is not there: %d", w.Code)
	}
	if w := b.send(http.MethodGet, "ben", "/contact_center/connector/doctor?ID=site_chat&LINE=7", nil); w.Code != http.StatusForbidden {
		t.Errorf("an employee sees the doctor: %d", w.Code)
	}
	b.page("anna", "/contact_center/connector/?ID=site_chat", "ID=site_chat&amp;LINE=7", `<option value="2"`, `no <option value="7"`)
	for form, want := range map[string]int{"ID=site_chat&LINE=3": 422, "ID=site_chat": 422, "ID=none&LINE=2": 404} {
		values, _ := url.ParseQuery(form)
		if w := b.send(http.MethodPost, "anna", "/contact_center/connector/connect", values); w.Code != want {
			t.Errorf("connect %s: %d, want %d", form, w.Code, want)
		}
	}
	for _, what := range []string{"connect", "move", "disconnect"} {
		w := b.send(http.MethodPost, "ben", "/contact_center/connector/"+what, url.Values{"ID": {"site_chat"}, "LINE": {"7"}, "FROM": {"7"}})
		if w.Code != http.StatusForbidden {
			t.Errorf("an employee may %s: %d", what, w.Code)
		}
	}
	b.send(http.MethodPost, "anna", "/contact_center/connector/move", url.Values{"ID": {"site_chat"}, "FROM": {"7"}, "LINE": {"2"}})
	b.page("anna", "/contact_center/", "Connected to Sales")
	b.send(http.MethodPost, "anna", "/contact_center/connector/disconnect", url.Values{"ID": {"site_chat"}, "LINE": {"2"}})
	b.page("anna", "/contact_center/", "Not connected")
}

// TestDisabledIconAndUnfinishedApplication shows the icon that an application gave for what is not connected, and no page of one
// whose installation is not complete.
func TestDisabledIconAndUnfinishedApplication(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.register(4, "mail", "Mail", connector.Icon{Image: "data:image/svg+xml,<svg id='off'/>", Color: "#99adb3"})
	const on, off = "PHN2ZyBpZD0nb24nLz4=", "PHN2ZyBpZD0nb2ZmJy8&#43;"
	b.page("anna", "/contact_center/", off, "#99adb3", "no "+on, "no cc-faint")
	if err := b.connectors.Connect(t.Context(), user.Ref{ID: 1, Admin: true}, "mail", 2); err != nil {
		t.Fatal(err)
	}
	b.page("anna", "/contact_center/", on, "no "+off)
	b.page("anna", "/contact_center/connector/?ID=mail&LINE=2", "Chat maker is not installed completely", "no <app-frame")
}
