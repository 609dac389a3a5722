package server

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/localca"
)

// Address is how the server is reached from outside. The zero value is the default: HTTPS on port 8443.
type Address struct {
	URL    string // given by the operator, without a slash at the end; empty: made of the rest and the portal's host
	Scheme string // "https" or "http"
	Port   int
}

// DefaultPort is where HTTPS listens unless told otherwise.
const DefaultPort = 8443

// For returns the public address of e, one of all portals, without a slash at the end.
//
// A URL given by the operator belongs to the portal whose host it names, or else to the first one; the others are reached
// in the same way under their own hosts.
func (a Address) For(e Entry, all []Entry) string { return a.forOwner(e, a.owner(all)) }

// forOwner is For where it is known which portal the operator's URL belongs to.
func (a Address) forOwner(e Entry, owner int64) string {
	if a.URL == "" {
		scheme, port := a.Scheme, a.Port
		if scheme == "" {
			scheme, port = "https", DefaultPort
		}
		return scheme + "://" + joinPort(e.Host, scheme, port)
	}
	if owner == e.ID {
		return a.URL
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return a.URL // CheckURL let nothing else in
	}
	port, _ := strconv.Atoi(u.Port())
	return u.Scheme + "://" + joinPort(e.Host, u.Scheme, port)
}

// owner returns the id of the portal that the operator's URL belongs to; 0 when there is no URL or no portal.
func (a Address) owner(all []Entry) int64 {
	u, err := url.Parse(a.URL)
	if a.URL == "" || err != nil || len(all) == 0 {
		return 0
	}
	host := canonicalHost(u.Host)
	for _, e := range all {
		if e.Host == host {
			return e.ID
		}
	}
	return all[0].ID
}

// host returns the host of the operator's URL; empty without one.
func (a Address) host() string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	return canonicalHost(u.Host)
}

func joinPort(host, scheme string, port int) string {
	if port == 0 || scheme == "https" && port == 443 || scheme == "http" && port == 80 {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// CheckURL returns text as a public address, without a slash at the end. It must be http or https and a host, without
// a path: the paths below it are what the apps know.
func CheckURL(text string) (string, error) {
	u, err := url.Parse(text)
	bad := fault.Newf(fault.Invalid, "INVALID_URL",
		"%q is not a public address: give http:// or https:// and a host, without a path", text).At("url")
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", bad
	}
	if _, err := checkHost(u.Hostname()); err != nil {
		return "", bad
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return "", bad
		}
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// checkHost returns host as it is kept: lower case, no port, no brackets, no dot at the end.
func checkHost(host string) (string, error) {
	h, err := localca.HostName(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if err != nil {
		return "", fault.Newf(fault.Invalid, "INVALID_HOST",
			"%q is not a host name: letters, digits, hyphens and dots, or an address, without a port", host).At("host")
	}
	return h, nil
}

// canonicalHost turns the host of a request into the form of checkHost, without judging it.
func canonicalHost(hostport string) string {
	host := hostport
	if i := strings.LastIndexByte(host, ':'); i >= 0 && i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	host = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ".")
	return strings.ToLower(host)
}

// Address returns the public address that a server noted last; the zero value when none ever ran.
func (d *Directory) Address(ctx context.Context) (Address, error) {
	var a Address
	var port int64
	err := d.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT url, scheme, port FROM address WHERE id = 1").Scan(&a.URL, &a.Scheme, &port)
	})
	if errors.Is(err, db.ErrNoRows) {
		return Address{}, nil
	}
	a.Port = int(port)
	return a, err
}

// SetAddress notes the public address, for the command line.
func (d *Directory) SetAddress(ctx context.Context, a Address) error {
	if old, err := d.Address(ctx); err != nil || old == a {
		return err // unchanged: a start costs no write
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO address (id, url, scheme, port) VALUES (1, ?, ?, ?) ON CONFLICT (id)
			DO UPDATE SET url = excluded.url, scheme = excluded.scheme, port = excluded.port`, a.URL, a.Scheme, int64(a.Port))
		return err
	})
}
