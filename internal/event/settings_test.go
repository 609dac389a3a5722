package event_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

func TestPolicyOfNamesAndPrivateAddresses(t *testing.T) {
	t.Parallel()
	closed, err := event.ParsePolicy([]string{"10.1.2.3", "*.Corp.Example", "app", "fd00:1::/32"}, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	open, err := event.ParsePolicy([]string{"good.example.com", "::ffff:10.0.0.0/104"}, []string{"*.example.com", "93.184.216.0/24", "10.9.0.0/16"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		policy     event.Policy
		host, addr string
		want       bool
	}{
		{closed, "", "93.184.216.34", true},
		{closed, "x.example", "2606:2800:220:1::1", true},
		{closed, "", "127.0.0.1", false},
		{closed, "", "::1", false},
		{closed, "", "::", false},
		{closed, "", "0.0.0.0", false},
		{closed, "", "10.1.2.3", true},
		{closed, "", "10.1.2.4", false},
		{closed, "", "172.31.0.1", false},
		{closed, "", "192.168.0.1", false},
		{closed, "", "100.64.1.1", false},
		{closed, "", "169.254.1.1", false},
		{closed, "", "198.18.0.1", false},
		{closed, "", "224.0.0.1", false},
		{closed, "", "255.255.255.255", false},
		{closed, "", "fe80::1", false},
		{closed, "", "fd00:2::1", false},
		{closed, "", "fd00:1::1", true},
		{closed, "", "ff02::1", false},
		{closed, "", "::ffff:192.168.0.1", false},
		{closed, "", "64:ff9b::c0a8:1", false},
		{closed, "", "2002:c0a8:1::1", false},
		{closed, "", "2002:5db8:d822::1", true},
		{closed, "", "2001:0:1::1", false},
		{closed, "", "::7f00:1", false},
		{closed, "app", "172.18.0.5", true},
		{closed, "APP.", "172.18.0.5", true},
		{closed, "app2", "172.18.0.5", false},
		{closed, "a.b.corp.example", "10.0.0.1", true},
		{closed, "corp.example", "10.0.0.1", false},
		{closed, "xcorp.example", "10.0.0.1", false},
		{closed, "app", "169.254.169.254", false}, // a name does not open the way to credentials
		{open, "evil.example.com", "8.8.8.8", false},
		{open, "good.example.com", "8.8.8.8", true},
		{open, "example.org", "93.184.216.34", false},
		{open, "", "10.9.1.1", true}, // allowed as a network of IPv4 that is written in IPv6
	} {
		if got := c.policy.PermitsHost(c.host, netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%q at %s: %v", c.host, c.addr, got)
		}
	}
}

func TestEntriesOfListsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"10.0.0.1": true, "10.0.0.0/8": true, "10.1.2.3/8": true, "[::1]": true, "fd00::/8": true, "app": true, "my_app": true,
		"*.example.com": true, "xn--bcher-kva.example": true, "localhost": true, " App. ": true,
		"": false, "10.0.0": false, "10.0.0.0/33": false, "*": false, "*.": false, "a..b": false, "http://app": false, "app:80": false,
		"-a": false, "bücher.example": false, "a b": false, "999.1.1.1": false, strings.Repeat("a", 64): false,
	} {
		if _, err := event.ParsePolicy([]string{text}, nil, false); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzPolicyEntry(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "::ffff:1.2.3.4/100", "*.example.com", "app", "[fe80::1%eth0]", "64:ff9b::/96"} {
		f.Add(s, "app", "10.0.0.1")
	}
	f.Fuzz(func(t *testing.T, text, host, addr string) {
		p, err := event.ParsePolicy(nil, []string{text}, false)
		a, bad := netip.ParseAddr(addr)
		if err != nil || bad != nil {
			return
		}
		if p.PermitsHost(host, a) && slices.Contains([]string{addr, host}, text) && text != "" {
			if prefix, notPrefix := netip.ParseAddr(text); notPrefix == nil && prefix == a {
				t.Errorf("%q does not deny itself", text)
			}
		}
	})
}

func TestSettingsHoldFromTheNextAttemptOn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema(), setting.Schema(), audit.Schema()}, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.dispatcher.Close()
		b.service.SetSettings(setting.New(d, b.clock))
		b.service.SetAudit(audit.New(d, b.clock))
		b.restart(t)
		h := newHandler(t, nil)
		send := func(app int64, n int) {
			b.send(t, event.Delivery{AppID: app, URL: h.URL, Name: "X", Data: number(n)})
		}
		save := func(s event.Settings) {
			t.Helper()
			s.KeepSent, s.KeepDead = 72, 30
			if err := b.service.SaveSettings(t.Context(), admin, s); err != nil {
				t.Fatal(err)
			}
		}
		send(1, 1)
		<-h.ch
		until(t, "it is recorded", func() bool { return b.delivery(t, 1).State == event.Sent })
		save(event.Settings{RefusePrivate: true, Apps: map[int64][]string{2: {"127.0.0.1"}}})
		send(2, 2) // its own list opens a connection
		if n := (<-h.ch).Get("data[N]"); n != "2" {
			t.Errorf("got %s", n)
		}
		send(1, 3) // which this one must not use, nor the one that it made before
		until(t, "the attempt is recorded", func() bool { return b.delivery(t, 3).Attempts == 1 })
		if got := b.delivery(t, 3); got.State != event.Pending || !strings.Contains(got.Log[0].Problem, "policy") {
			t.Errorf("the delivery is %+v", got)
		}
		save(event.Settings{RefusePrivate: true, Allow: []string{"127.0.0.0/8"}})
		if err := b.service.Retry(t.Context(), admin, 3); err != nil {
			t.Fatal(err)
		}
		if n := (<-h.ch).Get("data[N]"); n != "3" {
			t.Errorf("got %s", n)
		}
		save(event.Settings{Deny: []string{"127.0.0.1"}})
		send(1, 4)
		until(t, "the attempt is recorded", func() bool { return b.delivery(t, 4).Attempts == 1 })
		if len(h.ch) != 0 {
			t.Errorf("the handler got %v", <-h.ch)
		}
		if got := auditTypes(t, d); !slices.Equal(got, []string{"DELIVERY_SETTINGS", "DELIVERY_SETTINGS", "DELIVERY_RETRIED", "DELIVERY_SETTINGS"}) {
			t.Errorf("the log has %v", got)
		}
	})
}

func TestAPortalsSettingsTakeFromTheServersPolicy(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, event.Schema(), setting.Schema())
	b := setup(t, d)
	b.dispatcher.Close()
	b.service.SetSettings(setting.New(d, b.clock))
	h := newHandler(t, nil)
	b.base = event.Policy{RefusePrivate: true}
	b.restart(t)
	err := b.service.SaveSettings(t.Context(), admin, event.Settings{Allow: []string{"127.0.0.0/8"}, KeepSent: 1, KeepDead: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(1)})
	until(t, "the attempt is recorded", func() bool { return b.delivery(t, 1).Attempts == 1 })
	if got := b.delivery(t, 1); !strings.Contains(got.Answer, "policy") || len(h.ch) != 0 {
		t.Errorf("the delivery is %+v", got)
	}
}

func TestSettingsFaults(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, event.Schema(), setting.Schema())
	b := setup(t, d)
	b.dispatcher.Close()
	b.service.SetSettings(setting.New(d, b.clock))
	if err := b.service.SaveSettings(t.Context(), user.Ref{ID: 5}, event.Settings{KeepSent: 1, KeepDead: 1}); fault.Of(err).Code != "ACCESS_DENIED" {
		t.Errorf("by somebody: %v", err)
	}
	for field, s := range map[string]event.Settings{
		"allow":     {KeepSent: 1, KeepDead: 1, Allow: []string{"x y"}},
		"deny":      {KeepSent: 1, KeepDead: 1, Deny: slices.Repeat([]string{"a"}, 201)},
		"apps":      {KeepSent: 1, KeepDead: 1, Apps: map[int64][]string{3: {"10.0.0.0/99"}}},
		"keep_sent": {KeepSent: 0, KeepDead: 1},
		"keep_dead": {KeepSent: 1, KeepDead: 366},
	} {
		if err := b.service.SaveSettings(t.Context(), admin, s); fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestOldDeliveriesAreForgottenWithTheirAttempts(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{event.Schema(), setting.Schema()}, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.dispatcher.Close()
		b.service.SetSettings(setting.New(d, b.clock))
		b.restart(t)
		if err := b.service.SaveSettings(t.Context(), admin, event.Settings{KeepSent: 2, KeepDead: 1}); err != nil {
			t.Fatal(err)
		}
		h := newHandler(t, nil)
		for i := range 3 {
			b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(i)})
			<-h.ch
			until(t, "it is recorded", func() bool { return b.delivery(t, int64(i+1)).State == event.Sent })
			until(t, "the sweep waits", func() bool { return b.clock.Timers() == 1 })
			b.clock.Advance(time.Hour + time.Minute)
		}
		until(t, "two are forgotten", func() bool { return len(b.list(t, event.DeliveryQuery{}).Items) == 1 })
		if n := strings.Count(dump(t, d), "POST "); n != 1 {
			t.Errorf("%d attempts are kept, want 1", n)
		}
	})
}
