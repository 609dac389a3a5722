package event_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/setting"
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	lan := event.Policy{Deny: prefixes("10.0.0.0/8", "fc00::/7"), Allow: prefixes("10.1.2.0/24", "169.254.170.2/32")}
	for _, c := range []struct {
		policy event.Policy
		addr   string
		want   bool
	}{
		{event.Policy{}, "127.0.0.1", true},
		{event.Policy{}, "::1", true},
		{event.Policy{}, "192.168.1.5", true},
		{event.Policy{}, "172.17.0.2", true},
		{event.Policy{}, "fe80::1%eth0", true},
		{event.Policy{}, "169.254.1.1", true},
		{event.Policy{}, "169.254.169.254", false},
		{event.Policy{}, "169.254.170.2", false},
		{event.Policy{}, "::ffff:169.254.169.254", false},
		{event.Policy{}, "64:ff9b::a9fe:a9fe", false},
		{event.Policy{}, "fd00:ec2::254", false},
		{event.Policy{}, "fd00:ec2::254%eth0", false},
		{event.Policy{Allow: prefixes("169.254.0.0/16")}, "169.254.169.254", true},
		{lan, "10.9.9.9", false},
		{lan, "::ffff:10.9.9.9", false},
		{lan, "10.1.2.3", true},
		{lan, "fd12::1", false},
		{lan, "169.254.170.2", true},
		{lan, "169.254.169.254", false},
		{lan, "93.184.216.34", true},
		{event.Policy{Deny: prefixes("0.0.0.0/0", "::/0"), Allow: prefixes("127.0.0.0/8")}, "127.0.0.1", true},
		{event.Policy{Deny: prefixes("0.0.0.0/0", "::/0"), Allow: prefixes("127.0.0.0/8")}, "::1", false},
	} {
		if got := c.policy.Permits(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%+v lets %s: %v", c.policy, c.addr, got)
		}
	}
}

// TestTheClientLooksAtTheAddressItDials also takes a name whose meaning is only known when it is dialled.
func TestTheClientLooksAtTheAddressItDials(t *testing.T) {
	t.Parallel()
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	t.Cleanup(server.Close)
	call := func(policy event.Policy, url string) error {
		client := event.NewClient(policy)
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	noLoopback := event.Policy{Deny: prefixes("127.0.0.0/8", "::1/128")}
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for _, url := range []string{server.URL, named, "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/"} {
		if err := call(noLoopback, url); err == nil || !strings.Contains(err.Error(), "policy") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if reached != 0 {
		t.Errorf("%d refused requests arrived", reached)
	}
	if err := call(event.Policy{}, named); err != nil || reached != 1 {
		t.Errorf("without a policy: %v, %d arrived", err, reached)
	}
}

// TestWhatAnybodyMayAskForIsPublic has requests whose address anybody chooses refused where deliveries may go.
func TestWhatAnybodyMayAskForIsPublic(t *testing.T) {
	t.Parallel()
	reached := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	t.Cleanup(server.Close)
	named := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	d := dbtest.SQLite(t, setting.Schema(), event.Schema())
	for _, c := range []struct {
		base     event.Policy
		settings event.Settings
		url      string
		want     bool
	}{
		{event.Policy{}, event.Settings{}, server.URL, false},
		{event.Policy{}, event.Settings{}, named, false},
		{event.Policy{Allow: prefixes("127.0.0.0/8")}, event.Settings{}, server.URL, true},
		{event.Policy{}, event.Settings{Allow: []string{"127.0.0.1"}}, server.URL, true},
		{event.Policy{}, event.Settings{Allow: []string{"localhost"}}, named, true},
		{event.Policy{}, event.Settings{Allow: []string{"localhost"}}, server.URL, false},
		{event.Policy{Deny: prefixes("127.0.0.0/8")}, event.Settings{Allow: []string{"127.0.0.1"}}, server.URL, false},
		{event.Policy{Allow: prefixes("127.0.0.0/8")}, event.Settings{Deny: []string{"127.0.0.1"}}, server.URL, false},
	} {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		store, service := setting.New(d, clk), event.New(d, clk, catalog)
		service.SetSettings(store)
		c.settings.KeepSent, c.settings.KeepDead = 1, 1
		if err := setting.Save(t.Context(), store, event.SettingsKey, c.settings); err != nil {
			t.Fatal(err)
		}
		client, err := event.PublicClients(service, c.base)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := reached
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		if got := err == nil; got != c.want || reached > before != c.want || event.IsRefused(err) == c.want {
			t.Errorf("%+v: %v", c, err)
		}
		client.CloseIdleConnections()
	}
}

func TestARefusedAddressIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := &bench{db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
		b.service = event.New(d, b.clock, catalog)
		client := event.NewClient(event.Policy{Deny: prefixes("127.0.0.0/8")})
		b.dispatcher = event.NewDispatcher(b.service, signer{}, client, slog.New(slog.DiscardHandler))
		h := newHandler(t, nil)
		b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(1)})
		b.dispatcher.Start()
		for b.clock.Timers() < 2 && t.Context().Err() == nil { // the sweep waits, and the lane once its attempt is recorded
			runtime.Gosched()
		}
		b.dispatcher.Close()
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var attempts, state int64
			var why string
			err := tx.QueryRow(t.Context(), "SELECT attempts, state, answer FROM event_delivery").Scan(&attempts, &state, &why)
			if attempts != 1 || state != 0 || !strings.Contains(why, "policy") {
				t.Errorf("%d attempts, state %d: %q", attempts, state, why)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(h.got) != 0 {
			t.Errorf("the handler got %v", h.got)
		}
	})
}
