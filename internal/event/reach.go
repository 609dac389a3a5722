package event

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// Policy says which addresses deliveries may be sent to. Its zero value lets them go everywhere, to loopback, the local
// network and containers too, except to the addresses at which clouds hand out credentials to their machines.
type Policy struct {
	Allow []netip.Prefix // reached whatever else is said
	Deny  []netip.Prefix // not reached unless Allow holds them
}

// errRefused is why a handler's address is not dialled.
var errRefused = errors.New("the portal's policy does not let deliveries go to this address")

// metadata are the addresses of the services that give a cloud's machine its credentials.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("169.254.169.254/32"), // most clouds
	netip.MustParsePrefix("169.254.170.2/32"),   // the credentials of containers
	netip.MustParsePrefix("fd00:ec2::254/128"),
}

// translated is where a gateway between IPv6 and IPv4 maps every IPv4 address (RFC 6052).
var translated = netip.MustParsePrefix("64:ff9b::/96")

// Permits reports whether deliveries may go to addr. A prefix of IPv4 holds for every way to write such an address in IPv6.
func (p Policy) Permits(addr netip.Addr) bool {
	addr = plain(addr)
	holds := func(prefix netip.Prefix) bool { return prefix.Contains(addr) }
	if slices.ContainsFunc(p.Allow, holds) {
		return true
	}
	return !slices.ContainsFunc(p.Deny, holds) && !slices.ContainsFunc(metadata, holds)
}

// plain returns the address that packets to addr arrive at, without a zone.
func plain(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if !translated.Contains(addr) {
		return addr
	}
	b := addr.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}

// control looks at an address just before it is dialled, when its name has been resolved: a name that means something else
// from one moment to the next gets no further than an honest one. Each address that a name stands for is looked at.
func (p Policy) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address of a handler: %w", err)
	}
	if !p.Permits(to.Addr()) {
		return errRefused
	}
	return nil
}
