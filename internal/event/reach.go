package event

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// Policy says which addresses deliveries may be sent to. Its zero value lets them go everywhere, to loopback, the local
// network and containers too, except to the addresses at which clouds hand out credentials to their machines.
type Policy struct {
	Allow []netip.Prefix // reached whatever else is said
	Deny  []netip.Prefix // not reached unless Allow or AllowHosts holds them
	// AllowHosts and DenyHosts are names of hosts in small letters; "*.example.com" is every name below example.com. An
	// allowed name is reached at whatever address it has, except those that hand out credentials.
	AllowHosts []string
	DenyHosts  []string
	// RefusePrivate refuses all that is not an address of the public internet, unless it is allowed.
	RefusePrivate bool
}

// errRefused is why a handler's address is not dialled.
var errRefused = errors.New("the portal's policy does not let deliveries go to this address")

// IsRefused reports whether a request was not made because a policy does not let it go where it leads.
func IsRefused(err error) bool { return errors.Is(err, errRefused) }

// metadata are the addresses of the services that give a cloud's machine its credentials.
var metadata = prefixesOf(
	"169.254.169.254/32", // most clouds
	"169.254.170.2/32",   // the credentials of containers
	"fd00:ec2::254/128",
)

// private are the addresses that are not of the public internet: one's own machine and network, and those that stand for
// something else than a host (RFC 6890 and the registries that it names).
var private = prefixesOf(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
	"ff00::/8",
)

func prefixesOf(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// The prefixes under which IPv6 carries an address of IPv4 in itself.
var (
	translated = netip.MustParsePrefix("64:ff9b::/96") // by a gateway (RFC 6052)
	sixToFour  = netip.MustParsePrefix("2002::/16")    // by 6to4 (RFC 3056)
)

// Permits reports whether deliveries may go to addr, where the handler's address names no host. A prefix of IPv4 holds for
// every way to write such an address in IPv6.
func (p Policy) Permits(addr netip.Addr) bool { return p.PermitsHost("", addr) }

// PermitsHost reports whether deliveries to a host may go to addr, which is what its name stands for at this moment.
func (p Policy) PermitsHost(host string, addr netip.Addr) bool {
	addr = plain(addr)
	holds := func(prefix netip.Prefix) bool { return prefix.Contains(addr) }
	if slices.ContainsFunc(p.Allow, holds) {
		return true
	}
	named := matchesHost(p.AllowHosts, host)
	switch {
	case slices.ContainsFunc(metadata, holds):
		return false
	case named:
		return true
	case matchesHost(p.DenyHosts, host), slices.ContainsFunc(p.Deny, holds):
		return false
	}
	return !p.RefusePrivate || !slices.ContainsFunc(private, holds)
}

// matchesHost reports whether one of the patterns is the host, or a domain that it lies below.
func matchesHost(patterns []string, host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host != "" && slices.ContainsFunc(patterns, func(p string) bool {
		if below, ok := strings.CutPrefix(p, "*"); ok {
			return strings.HasSuffix(host, below)
		}
		return p == host
	})
}

// plain returns the address that packets to addr arrive at, without a zone.
func plain(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	b := addr.As16()
	switch {
	case translated.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:]))
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr
}
