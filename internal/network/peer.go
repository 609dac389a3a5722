package network

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// A peer is another portal, as this one names it: "" is this very portal, "portal:<name>" one of the same server, "server:<id>" one of a
// trusted server.
const (
	portalPeer = "portal:"
	serverPeer = "server:"
)

// PortalPeer returns how a portal of the same server is named.
func PortalPeer(name string) string { return portalPeer + name }

// call makes a request of a peer. Faults: those of the peer, NETWORK_AWAY where it does not answer, NETWORK_NOT_TRUSTED.
func (s *Service) call(ctx context.Context, peer string, r Request) ([]byte, error) {
	if peer == "" {
		return s.Serve(ctx, "", r)
	}
	if name, ok := strings.CutPrefix(peer, portalPeer); ok {
		if s.neighbours == nil {
			return nil, ErrAway
		}
		return s.neighbours.Call(ctx, name, r)
	}
	t, err := s.trustedPeer(ctx, peer)
	if err != nil {
		return nil, err
	}
	return s.callTrusted(ctx, t, r)
}

func (s *Service) callTrusted(ctx context.Context, t Trusted, r Request) ([]byte, error) {
	if s.Remote == nil {
		return nil, ErrAway
	}
	from, err := cleanURL(s.URL())
	if err != nil {
		return nil, ErrAway.Because(err)
	}
	k, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	return s.Remote.Call(ctx, t, from, k, r)
}

// trustedPeer returns the server that a peer names. Fault: NETWORK_NOT_TRUSTED.
func (s *Service) trustedPeer(ctx context.Context, peer string) (t Trusted, err error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(peer, serverPeer), 10, 64)
	if err != nil {
		return t, ErrStranger
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = trustedTx(ctx, tx, "id = ?", id)
		return err
	})
	if errors.Is(err, errNoTrust) {
		err = ErrStranger
	}
	return t, err
}

// cardOf asks a peer what a line says of itself. Fault: NOT_FOUND.
func (s *Service) cardOf(ctx context.Context, peer, code string) (c card, err error) {
	r, err := requestOf(KindCard, map[string]string{"code": code})
	if err != nil {
		return c, err
	}
	answer, err := s.call(ctx, peer, r)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(answer, &c); err != nil {
		return c, ErrAway.Because(err)
	}
	return c.checked()
}

// checked bounds what another portal says of its line.
func (c card) checked() (card, error) {
	p := Published{Name: c.Name, Description: c.Description, Welcome: c.Welcome, Avatar: c.Avatar}
	if err := p.check(); err != nil {
		return c, ErrNotFound.Because(err)
	}
	c.Name, c.Description, c.Welcome = p.Name, p.Description, p.Welcome
	return c, nil
}

// SilentError names the trusted servers that could not be asked for a line that was not found elsewhere: it may be on one of them. It is the
// cause of a NOT_FOUND.
type SilentError struct{ Servers []string }

func (s *SilentError) Error() string { return "no answer of " + strings.Join(s.Servers, ", ") }

// find looks for a published line: here, on the same server, on trusted servers. Fault: NOT_FOUND, with SilentError where it may be there.
func (s *Service) find(ctx context.Context, code string) (peer string, c card, err error) {
	if c, err = s.cardOf(ctx, "", code); !errors.Is(err, ErrNotFound) {
		return "", c, err
	}
	if s.neighbours != nil {
		name, err := s.neighbours.Find(ctx, code)
		if err != nil {
			return "", c, err
		}
		if name != "" {
			peer = PortalPeer(name)
			if c, err = s.cardOf(ctx, peer, code); !errors.Is(err, ErrNotFound) {
				return peer, c, err
			}
		}
	}
	all, err := s.allTrusted(ctx)
	if err != nil {
		return "", c, err
	}
	var silent []string
	for _, t := range all {
		if c, err = s.cardOf(ctx, t.peer(), code); err == nil {
			return t.peer(), c, nil
		}
		switch {
		case fault.KindOf(err) == fault.Internal:
			return "", c, err
		case !errors.Is(err, ErrNotFound):
			s.Log.WarnContext(ctx, "ask a trusted server for a line", "server", t.URL, "error", err)
			silent = append(silent, t.Name)
		}
	}
	if len(silent) > 0 {
		return "", c, ErrNotFound.Because(&SilentError{silent})
	}
	return "", c, ErrNotFound
}
