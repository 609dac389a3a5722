package event

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Settings are what a portal says of its deliveries. The lists hold addresses (10.1.2.3), networks (10.1.0.0/16) and names of
// hosts (app, *.example.com).
type Settings struct {
	RefusePrivate bool               `json:"refuse_private"` // refuse what is not of the public internet, unless it is allowed
	Allow         []string           `json:"allow"`
	Deny          []string           `json:"deny"`
	Apps          map[int64][]string `json:"apps"` // allowed for one application besides

	KeepSent int64 `json:"keep_sent"` // hours that a delivery that was sent is kept
	KeepDead int64 `json:"keep_dead"` // days that one that was put aside is kept
}

// The largest numbers and the most entries of the settings.
const (
	MaxKeepSent = 24 * 90 // hours
	MaxKeepDead = 365     // days
	maxEntries  = 200     // of a list
	maxApps     = 500     // with lists of their own
)

// SettingsKey is the setting.
var SettingsKey = setting.Key[Settings]{
	Name: "event.deliveries", Default: Settings{KeepSent: int64(keepSent / time.Hour), KeepDead: int64(keepDead / (24 * time.Hour))},
	Check: Settings.check,
}

// check returns the fault of settings that cannot be taken, at "allow", "deny", "apps", "keep_sent" or "keep_dead".
func (s Settings) check() error {
	switch {
	case s.KeepSent < 1 || s.KeepSent > MaxKeepSent:
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "Enter a number of hours from 1 to %d.", MaxKeepSent).At("keep_sent")
	case s.KeepDead < 1 || s.KeepDead > MaxKeepDead:
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "Enter a number of days from 1 to %d.", MaxKeepDead).At("keep_dead")
	case len(s.Apps) > maxApps:
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "At most %d applications have a list of their own.", maxApps).At("apps")
	}
	if err := checkEntries("allow", s.Allow); err != nil {
		return err
	}
	if err := checkEntries("deny", s.Deny); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(s.Apps)) {
		if err := checkEntries("apps", s.Apps[id]); err != nil {
			return err
		}
	}
	return nil
}

func checkEntries(field string, entries []string) error {
	if len(entries) > maxEntries {
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "Use at most %d lines.", maxEntries).At(field)
	}
	for _, e := range entries {
		if _, _, ok := entry(e); !ok {
			return fault.Newf(fault.Invalid, "INVALID_FIELD",
				"%q is no address (10.1.2.3), network (10.1.0.0/16) or name of a host (app, *.example.com).", e).At(field)
		}
	}
	return nil
}

// entry reads an entry of a list: a network, or the name of a host.
func entry(text string) (prefix netip.Prefix, host string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if p, err := netip.ParsePrefix(text); err == nil {
		return unmapped(p.Masked()), "", true
	}
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		a = plain(a)
		return netip.PrefixFrom(a, a.BitLen()), "", true
	}
	name := strings.TrimSuffix(strings.TrimPrefix(text, "*."), ".")
	if name == "" || len(name) > 253 || strings.Trim(name, "0123456789.") == "" {
		return netip.Prefix{}, "", false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.ContainsFunc(label, notInHost) {
			return netip.Prefix{}, "", false
		}
	}
	return netip.Prefix{}, strings.TrimSuffix(text, "."), true
}

func notInHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// unmapped returns a network of IPv4 that is written in IPv6 as one of IPv4, which is how addresses are looked up.
func unmapped(p netip.Prefix) netip.Prefix {
	const in6 = 96
	if p.Addr().Is4In6() && p.Bits() >= in6 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-in6)
	}
	return p
}

// ParsePolicy returns the policy of lists of addresses, networks and names. Fault: INVALID_FIELD at "allow" or "deny".
func ParsePolicy(allow, deny []string, refusePrivate bool) (Policy, error) {
	if err := checkEntries("allow", allow); err != nil {
		return Policy{}, err
	}
	if err := checkEntries("deny", deny); err != nil {
		return Policy{}, err
	}
	p := Policy{RefusePrivate: refusePrivate}
	p.Allow, p.AllowHosts = split(allow)
	p.Deny, p.DenyHosts = split(deny)
	return p, nil
}

func split(entries []string) (prefixes []netip.Prefix, hosts []string) {
	for _, e := range entries {
		switch prefix, host, ok := entry(e); {
		case ok && host == "":
			prefixes = append(prefixes, prefix)
		case ok:
			hosts = append(hosts, host)
		}
	}
	return prefixes, hosts
}

// policy returns the policy for an application.
func (s Settings) policy(appID int64) Policy {
	p := Policy{RefusePrivate: s.RefusePrivate}
	p.Allow, p.AllowHosts = split(slices.Concat(s.Allow, s.Apps[appID]))
	p.Deny, p.DenyHosts = split(s.Deny)
	return p
}

// SetSettings makes the service keep its settings in store. It must be called before the first delivery.
func (s *Service) SetSettings(store *setting.Store) { s.settings = store }

// Settings returns what the portal says of its deliveries.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	if s.settings == nil {
		return SettingsKey.Default, nil
	}
	return setting.Load(ctx, s.settings, SettingsKey)
}

// SaveSettings changes the settings; they hold from the next attempt on.
// Faults: ACCESS_DENIED, INVALID_FIELD at "allow", "deny", "apps", "keep_sent" or "keep_dead".
func (s *Service) SaveSettings(ctx context.Context, actor user.Ref, next Settings) error {
	if !actor.May(access.ChangeSettings) {
		return fault.New(fault.Denied, "ACCESS_DENIED", "You may not change the settings of this portal.")
	}
	next.Apps = maps.Clone(next.Apps)
	maps.DeleteFunc(next.Apps, func(_ int64, entries []string) bool { return len(entries) == 0 })
	return s.db.Write(ctx, func(tx *db.Tx) error {
		old, err := setting.LoadTx(ctx, tx, SettingsKey)
		if err != nil {
			return err
		}
		if err := setting.SaveTx(ctx, tx, s.settings, SettingsKey, next); err != nil {
			return err
		}
		if s.audit == nil {
			return nil
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Severity: audit.Security, Type: "DELIVERY_SETTINGS", Module: "event", UserID: actor.ID, Description: old.changes(next),
		})
	})
}

// changes says in words what differs in next.
func (s Settings) changes(next Settings) string {
	var what []string
	add := func(differs bool, text string) {
		if differs {
			what = append(what, text)
		}
	}
	add(!s.RefusePrivate && next.RefusePrivate, "private addresses are refused")
	add(s.RefusePrivate && !next.RefusePrivate, "private addresses are reached")
	add(!slices.Equal(s.Allow, next.Allow), "allowed: "+listed(next.Allow))
	add(!slices.Equal(s.Deny, next.Deny), "denied: "+listed(next.Deny))
	for _, id := range slices.Sorted(maps.Keys(next.Apps)) {
		add(!slices.Equal(s.Apps[id], next.Apps[id]), fmt.Sprintf("allowed for application %d: %s", id, listed(next.Apps[id])))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Apps)) {
		add(len(next.Apps[id]) == 0, fmt.Sprintf("nothing more is allowed for application %d alone", id))
	}
	add(s.KeepSent != next.KeepSent, fmt.Sprintf("sent deliveries are kept %d hours", next.KeepSent))
	add(s.KeepDead != next.KeepDead, fmt.Sprintf("deliveries put aside are kept %d days", next.KeepDead))
	if len(what) == 0 {
		return "The settings of deliveries were saved without a change."
	}
	return "Deliveries: " + strings.Join(what, "; ") + "."
}

func listed(entries []string) string {
	if len(entries) == 0 {
		return "nothing"
	}
	return strings.Join(entries, ", ")
}
