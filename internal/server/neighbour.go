package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/network"
)

// Networked is a Portal that lets the others of the server write to its lines.
type Networked interface {
	// SetNeighbours names the others. It is called before Start.
	SetNeighbours(n network.Neighbours)
	// ServeNetwork answers a request of the portal whose Entry has the Name from.
	ServeNetwork(ctx context.Context, from string, r network.Request) ([]byte, error)
}

// neighbours are the portals of the server as one of them sees them: it learns what a line says of itself to who has its code, and
// nothing else.
type neighbours struct {
	server *server
	self   Entry
}

var _ network.Neighbours = neighbours{}

// Find returns the portal that has published a code.
func (n neighbours) Find(ctx context.Context, code string) (string, error) {
	id, err := n.server.directory.portalOfCode(ctx, code)
	if err != nil || id == n.self.ID {
		return "", err
	}
	sl := n.server.hosts.Load().byID[id]
	if sl == nil {
		return "", nil
	}
	return sl.entry.Name, nil
}

// Call hands a request to a portal, which is opened where it is closed.
func (n neighbours) Call(ctx context.Context, name string, r network.Request) ([]byte, error) {
	s := n.server
	for _, sl := range s.hosts.Load().slots {
		if sl.entry.Name != name {
			continue
		}
		o, err := s.use(sl)
		if err != nil {
			return nil, network.ErrAway.Because(err)
		}
		defer func() { o.release(s.clock.Now()) }()
		p, ok := o.portal.(Networked)
		if !ok {
			return nil, network.ErrAway
		}
		return p.ServeNetwork(ctx, n.self.Name, r)
	}
	return nil, network.ErrNotFound
}

// Announce says which codes the portal has published.
func (n neighbours) Announce(ctx context.Context, codes []string) error {
	return n.server.directory.setCodes(ctx, n.self.ID, codes)
}

// setCodes keeps which lines a portal has published; all others of it are forgotten. A code of another portal stays that one's.
func (d *Directory) setCodes(ctx context.Context, portalID int64, codes []string) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM network_code WHERE portal_id = ?", portalID); err != nil {
			return fmt.Errorf("forget codes: %w", err)
		}
		for _, code := range codes {
			const add = "INSERT INTO network_code (code, portal_id) VALUES (?, ?) ON CONFLICT (code) DO NOTHING"
			if _, err := tx.Exec(ctx, add, code, portalID); err != nil {
				return fmt.Errorf("keep code: %w", err)
			}
		}
		return nil
	})
}

// portalOfCode returns the portal that has published a code; 0: none has.
func (d *Directory) portalOfCode(ctx context.Context, code string) (id int64, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT portal_id FROM network_code WHERE code = ?", code).Scan(&id)
	})
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find portal of a code: %w", err)
	}
	return id, nil
}
