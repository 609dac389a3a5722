package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/server"
	"github.com/portico-hq/portico/internal/user"
)

// tenants is a server with two portals.
type tenants struct {
	t        *testing.T
	data     string
	database db.Config // of PostgreSQL; empty for SQLite
	log      *slog.Logger
	client   *http.Client
	ca       string                    // the file with the server's authority
	address  string                    // of the server
	portals  map[string]*portal.Portal // by host
}

const hostA, hostB = "a.example.test", "b.example.test"

// TestPortalsKnowNothingOfEachOther serves two portals with the same ids in both.
func TestPortalsKnowNothingOfEachOther(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		separate(t, newTenants(t, db.Config{}))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		separate(t, newTenants(t, dbtest.PostgresConfig(t)))
	})
}

func newTenants(t *testing.T, database db.Config) *tenants {
	t.Helper()
	n := &tenants{t: t, data: t.TempDir(), database: database, log: strictLog(t), portals: map[string]*portal.Portal{}}
	n.add()
	n.serve()
	return n
}

// open opens a portal where the directory wants it.
func (n *tenants) open(ctx context.Context, e server.Entry, publicURL func() string) (*portal.Portal, error) {
	c := portal.Config{PublicURL: publicURL, Log: n.log}
	if n.database.URL != "" {
		c.DB = db.Config{URL: n.database.URL, Schema: e.Name, Unsafe: true}
	} else {
		dir := filepath.Join(n.data, "portals", e.Name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		c.DB = db.Config{Path: filepath.Join(dir, "portal.db"), Unsafe: true}
	}
	return portal.Open(ctx, c)
}

// add makes the portals, as `portal add` does.
func (n *tenants) add() {
	n.t.Helper()
	ctx := n.t.Context()
	d, err := server.OpenDirectory(ctx, server.DirectoryConfig{
		Data: n.data, DatabaseURL: n.database.URL, Schema: n.database.Schema, Clock: clock.System{},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for _, host := range []string{hostA, hostB} {
		_, err := d.Add(ctx, host, func(ctx context.Context, e server.Entry) error {
			if n.database.URL != "" {
				dropAtEnd(n.t, n.database.URL, e.Name)
			}
			p, err := n.open(ctx, e, func() string { return "https://" + host })
			if err != nil {
				return err
			}
			if _, _, err := p.EnsureAdmin(ctx, user.NewUser{Login: "admin", FirstName: "Admin of", LastName: host, Password: password}); err != nil {
				return err
			}
			return p.Close(ctx)
		})
		if err != nil {
			n.t.Fatal(err)
		}
	}
}

// serve runs the server until the test ends. The client reaches it under every name.
func (n *tenants) serve() {
	n.t.Helper()
	ctx, stop := context.WithCancel(n.t.Context())
	ready, done := make(chan server.Started, 1), make(chan error, 1)
	opened := make(chan *portal.Portal, 2)
	go func() {
		done <- server.Run(ctx, server.Config{
			Data: n.data, DatabaseURL: n.database.URL, Schema: n.database.Schema, HTTPS: "127.0.0.1:0", Log: n.log,
			IdleAfter: -1, // the test holds the portals in its hands
			Open: func(ctx context.Context, e server.Entry, publicURL func() string) (server.Portal, error) {
				p, err := n.open(ctx, e, publicURL)
				if err == nil {
					opened <- p
				}
				return p, err
			},
			Prepare: func(context.Context, server.Entry, server.Portal) error { return nil },
			Started: func(s server.Started) { ready <- s },
		})
	}()
	n.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			n.t.Error(err)
		}
	})
	var started server.Started
	select {
	case started = <-ready:
	case err := <-done:
		done <- err
		n.t.Fatalf("the server ended: %v", err)
	}
	n.ca, n.address = started.CA, strings.TrimPrefix(started.Addresses[0], "https://")
	n.client = clientFor(n.t, n.ca, n.address)
	for range 2 {
		p := <-opened
		u, err := p.Users.Get(n.t.Context(), 1)
		if err != nil {
			n.t.Fatal(err)
		}
		n.portals[u.LastName] = p
	}
}

// clientFor trusts the authority of the file and connects to address, whatever host is asked for.
func clientFor(t testing.TB, ca, address string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// at calls methods of the portal of a host.
func (n *tenants) at(host, prefix, token string) caller {
	return caller{t: n.t, http: n.client, base: "https://" + host + "/rest/" + prefix, token: token}
}

func separate(t *testing.T, n *tenants) {
	ctx := t.Context()
	a := n.portals[hostA]
	made, err := a.Apps.Create(ctx, user.Ref{ID: 1, Admin: true}, app.Form{
		Name: "A's", APIOnly: true, HandlerURL: "http://127.0.0.1:9/", Scopes: everything,
	})
	if err != nil {
		t.Fatal(err)
	}
	grant, err := a.Apps.Issue(ctx, made.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, code, err := a.Apps.CreateWebhook(ctx, user.Ref{ID: 1, Admin: true}, app.WebhookForm{Scopes: []string{app.AllScopes}})
	if err != nil {
		t.Fatal(err)
	}
	anna, err := a.CreateUser(ctx, user.NewUser{Login: "anna", FirstName: "Anna", Password: password})
	if err != nil {
		t.Fatal(err)
	}

	n.who(n.at(hostA, "", grant.AccessToken), hostA)
	n.who(n.at(hostA, "1/"+code+"/", ""), hostA)
	n.refused(n.at(hostB, "", grant.AccessToken), "invalid_token")
	n.refused(n.at(hostB, "1/"+code+"/", ""), "INVALID_CREDENTIALS")
	n.chats(grant.AccessToken, anna.ID)
	n.sessions()
	n.renewal(made, grant)
	if res, err := n.client.Get("https://c.example.test/rest/profile"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a host of no portal: %v %v", res, err)
	} else {
		_ = res.Body.Close()
	}
}

// who checks whose portal answers.
func (n *tenants) who(c caller, host string) {
	n.t.Helper()
	var me struct {
		LastName string `json:"LAST_NAME"`
	}
	c.must("profile", nil, &me)
	if me.LastName != host {
		n.t.Errorf("%s answered as %s", host, me.LastName)
	}
}

func (n *tenants) refused(c caller, code string) {
	n.t.Helper()
	if a := c.call("profile", nil); a.Error != code {
		n.t.Errorf("%s with credentials of the other portal: %s, want %s", c.base, a.Raw, code)
	}
}

// chats writes in one portal, and looks for it in the other under the same ids.
func (n *tenants) chats(token string, annaID int64) {
	n.t.Helper()
	var id int64
	n.at(hostA, "", token).must("im.message.add", params{"DIALOG_ID": dialogOf(annaID), "MESSAGE": "only in A"}, &id)
	b := n.portals[hostB]
	_, code, err := b.Apps.CreateWebhook(n.t.Context(), user.Ref{ID: 1, Admin: true}, app.WebhookForm{Scopes: []string{app.AllScopes}})
	if err != nil {
		n.t.Fatal(err)
	}
	hook := n.at(hostB, "1/"+code+"/", "")
	if a := hook.call("im.dialog.messages.get", params{"DIALOG_ID": dialogOf(annaID)}); strings.Contains(a.Raw, "only in A") {
		n.t.Errorf("B shows A's messages: %s", a.Raw)
	}
	if a := hook.call("im.message.add", params{"DIALOG_ID": dialogOf(annaID), "MESSAGE": "x"}); a.Error == "" {
		n.t.Errorf("B knows A's user %d: %s", annaID, a.Raw)
	}
	var users []struct{ ID string }
	hook.must("user.get", nil, &users)
	if len(users) != 1 || users[0].ID != "1" {
		n.t.Errorf("B's users: %v", users)
	}
}

// sessions signs in to one portal and shows the cookie to the other.
func (n *tenants) sessions() {
	n.t.Helper()
	in := signIn(n.t, n.client, "https://"+hostA, "", "admin")
	if res := in.get("/online/"); res.StatusCode != http.StatusOK || !strings.Contains(res.body, hostA) {
		n.t.Errorf("A's messenger for A's session: %d", res.StatusCode)
	}
	in.url = "https://" + hostB
	if res := in.get("/online/"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/login") {
		n.t.Errorf("B's messenger for A's session: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
}

// renewal renews a token at the address that applications have built in: the portal that issued it answers.
func (n *tenants) renewal(made app.Created, g app.Grant) {
	n.t.Helper()
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {made.ClientID}, "client_secret": {made.ClientSecret}, "refresh_token": {g.RefreshToken},
	}
	atB := caller{t: n.t, http: n.client, base: "https://" + hostB + "/oauth/"}
	if a := atB.send("token/", "application/x-www-form-urlencoded", strings.NewReader(form.Encode())); a.Error != "invalid_client" {
		n.t.Errorf("B renewed A's token: %s", a.Raw)
	}
	for i, host := range []string{"oauth.bitrix.info", "oauth.bitrix24.tech"} {
		res, err := n.client.Get("https://" + host + "//oauth/token/?" + form.Encode())
		if err != nil {
			n.t.Fatal(err)
		}
		var out struct {
			Access   string `json:"access_token"`
			Refresh  string `json:"refresh_token"`
			Endpoint string `json:"client_endpoint"`
		}
		decode(n.t, res, &out)
		if !strings.HasPrefix(out.Endpoint, "https://"+hostA) || out.Access == "" {
			n.t.Fatalf("renewal %d at %s: %+v", i, host, out)
		}
		n.who(n.at(hostA, "", out.Access), hostA)
		form.Set("refresh_token", out.Refresh)
	}
}
