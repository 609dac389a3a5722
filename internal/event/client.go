package event

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// The times of a connection to a handler.
const (
	dialTimeout = 10 * time.Second // until it stands
	keepAlive   = 30 * time.Second // between two signs of life on one that is idle
)

// maxAnswerHeader is how large the headers of an answer may be, in bytes; with larger ones there is no answer.
const maxAnswerHeader = 64 << 10

// NewClient returns the client for deliveries: it goes where all policies let it, keeps connections to busy handlers, follows
// no redirect, unpacks nothing and takes no endless header.
func NewClient(policies ...Policy) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = guard{policies: policies}.dial
	t.MaxIdleConnsPerHost = 16
	t.MaxResponseHeaderBytes = maxAnswerHeader
	t.DisableCompression = true
	// HTTP/1.1 alone, which is said anew: a clone of the default transport offers HTTP/2 to servers without being able to speak it.
	t.ForceAttemptHTTP2, t.Protocols, t.TLSNextProto = false, new(http.Protocols), nil
	t.Protocols.SetHTTP1(true)
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.Proxy = nil // handlers are reached directly; the environment of the server is not theirs
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guard lets a connection be made where all policies permit it.
type guard struct {
	policies []Policy
	resolver *net.Resolver // nil is the machine's
}

// dial connects to an address. It looks at the address just before it is dialled, when its name has been resolved: a name that
// means something else from one moment to the next gets no further than an honest one. Each address that a name stands for
// is looked at.
func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of a handler: %w", err)
	}
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Resolver: g.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		return g.check(host, address)
	}}
	return d.DialContext(ctx, network, address)
}

// check refuses an address with its port that a host stands for.
func (g guard) check(host, address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address of a handler: %w", err)
	}
	for _, p := range g.policies {
		if !p.PermitsHost(host, to.Addr()) {
			return errRefused
		}
	}
	return nil
}
