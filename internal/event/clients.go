package event

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"slices"
	"sync"
)

// clients are the clients by which deliveries go out: one that follows the portal's settings, and one for each application
// with addresses of its own, which must not lend its connections to others.
type clients struct {
	service *Service
	base    Policy // of the server; the portal's settings take from it and add nothing
	public  bool   // only where everybody may go, besides what the lists allow by name

	mu       sync.Mutex
	settings Settings // that the clients are made for
	common   *http.Client
	apps     map[int64]*http.Client
}

// Clients returns what makes requests of the portal's own, such as those to push services: they go where the settings of deliveries
// and base let them.
func Clients(s *Service, base Policy) func(ctx context.Context) (*http.Client, error) {
	c := &clients{service: s, base: base}
	return func(ctx context.Context) (*http.Client, error) { return c.client(ctx, 0) }
}

// PublicClients is Clients for requests whose address anybody may choose, such as those for what the links in messages lead to: they go
// to addresses of the public internet alone, and to those others that base or the settings of deliveries name as allowed.
func PublicClients(s *Service, base Policy) func(ctx context.Context) (*http.Client, error) {
	c := &clients{service: s, base: base, public: true}
	return func(ctx context.Context) (*http.Client, error) { return c.client(ctx, 0) }
}

// publicOnly refuses what is not of the public internet, but for what one of two policies allows.
func publicOnly(a, b Policy) Policy {
	return Policy{Allow: slices.Concat(a.Allow, b.Allow), AllowHosts: slices.Concat(a.AllowHosts, b.AllowHosts), RefusePrivate: true}
}

// Dialer returns what connects to servers that speak something else than HTTP, such as those of mail: it goes where the settings of
// deliveries and base let it.
func Dialer(s *Service, base Policy) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		set, err := s.Settings(ctx)
		if err != nil {
			return nil, fmt.Errorf("settings of deliveries: %w", err)
		}
		return guard{policies: []Policy{base, set.policy(0)}}.dial(ctx, network, address)
	}
}

// client returns the client for an application. It is made anew when the settings have changed: connections that were made
// under the old ones are not used again.
func (c *clients) client(ctx context.Context, appID int64) (*http.Client, error) {
	s, err := c.service.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("settings of deliveries: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.common == nil || !reflect.DeepEqual(c.settings, s) {
		c.closeIdle()
		policies := []Policy{c.base, s.policy(0)}
		if c.public {
			policies = append(policies, publicOnly(c.base, s.policy(0)))
		}
		c.settings, c.common, c.apps = s, NewClient(policies...), map[int64]*http.Client{}
	}
	if len(s.Apps[appID]) == 0 {
		return c.common, nil
	}
	if c.apps[appID] == nil {
		c.apps[appID] = NewClient(c.base, s.policy(appID))
	}
	return c.apps[appID], nil
}

// close ends the connections that no request uses.
func (c *clients) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeIdle()
}

func (c *clients) closeIdle() {
	if c.common != nil {
		c.common.CloseIdleConnections()
	}
	for _, a := range c.apps {
		a.CloseIdleConnections()
	}
}
