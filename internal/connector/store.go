package connector

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

const columns = `id, app_id, code, name, handler, icon, icon_off, del_external, edit_internal, del_internal, newsletter, need_system,
	need_signature, chat_group, created_at, changed_at`

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

// scan reads a connector, and more columns behind its own.
func scan(r scanner, more ...any) (c Connector, err error) {
	var icon, off string
	var created, changed int64
	err = r.Scan(append([]any{
		&c.ID, &c.AppID, &c.Code, &c.Name, &c.Handler, &icon, &off, &c.DeleteIncoming, &c.EditOutgoing, &c.DeleteOutgoing,
		&c.Newsletter, &c.SystemMessages, &c.Signature, &c.Group, &created, &changed,
	}, more...)...)
	if err != nil {
		return c, err
	}
	c.Created, c.Changed = db.Time(created), db.Time(changed)
	if c.Icon, err = loadIcon(icon); err != nil {
		return c, fmt.Errorf("icon of connector %s: %w", c.Code, err)
	}
	if c.Off, err = loadIcon(off); err != nil {
		return c, fmt.Errorf("icon of connector %s: %w", c.Code, err)
	}
	return c, nil
}

func queryTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Connector, err error) {
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM connector "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list connectors: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		c, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// byCodeTx returns a connector; false where there is none.
func byCodeTx(ctx context.Context, tx *db.Tx, code string) (Connector, bool, error) {
	c, err := scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM connector WHERE code = ?", code))
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

// onLine is a connector, and whether it is switched on on a line.
type onLine struct {
	Connector

	known, on bool // there is one; it is on
}

// changedAt is under what a transaction notes that it has changed connectors, each time something else.
type changedAt struct{}

// onLineKey is under what a transaction keeps what onLineTx found: every message asks.
type onLineKey struct {
	since  any // the change before it
	code   string
	lineID int64
}

// onLineTx is byCodeTx that says besides whether the connector is switched on on a line.
func onLineTx(ctx context.Context, tx *db.Tx, code string, lineID int64) (onLine, error) {
	c, err := tx.Once(onLineKey{tx.Noted(changedAt{}), code, lineID}, func() (any, error) {
		const q = "SELECT " + columns + `, EXISTS (SELECT 1 FROM connector_line l WHERE l.connector_id = connector.id AND l.line_id = ? AND l.active <> 0)
			FROM connector WHERE code = ?`
		var c onLine
		var err error
		c.Connector, err = scan(tx.QueryRow(ctx, q, lineID, code), &c.on)
		c.known = err == nil
		if errors.Is(err, db.ErrNoRows) {
			err = nil
		}
		return c, err
	})
	if err != nil {
		return onLine{}, err
	}
	return c.(onLine), nil
}

func (c Connector) insertTx(ctx context.Context, tx *db.Tx) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO connector (app_id, code, name, handler, icon, icon_off, del_external, edit_internal, del_internal,
		newsletter, need_system, need_signature, chat_group, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append([]any{c.AppID, c.Code}, append(c.values(), db.Micro(c.Created), db.Micro(c.Changed))...)...)
}

func (c Connector) updateTx(ctx context.Context, tx *db.Tx) error {
	err := tx.Later(ctx, `UPDATE connector SET name = ?, handler = ?, icon = ?, icon_off = ?, del_external = ?, edit_internal = ?,
		del_internal = ?, newsletter = ?, need_system = ?, need_signature = ?, chat_group = ?, changed_at = ? WHERE id = ?`,
		append(c.values(), db.Micro(c.Changed), c.ID)...)
	return err
}

func (c Connector) values() []any {
	return []any{
		c.Name, c.Handler, c.Icon.store(), c.Off.store(), db.Bit(c.DeleteIncoming), db.Bit(c.EditOutgoing), db.Bit(c.DeleteOutgoing),
		db.Bit(c.Newsletter), db.Bit(c.SystemMessages), db.Bit(c.Signature), db.Bit(c.Group),
	}
}

// memory is all connectors, since messages ask for them at every turn and they are few.
type memory struct {
	generation uint64
	all        []Connector // in the order in which they were registered
	byCode     map[string]Connector
}

// memory returns the connectors, read anew where something has changed since.
func (s *Service) memory(ctx context.Context) (*memory, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if m := s.remembered.Load(); m != nil && m.generation == generation {
		return m, nil
	}
	m := &memory{generation: generation, byCode: map[string]Connector{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		m.all, err = queryTx(ctx, tx, "ORDER BY id")
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range m.all {
		m.byCode[c.Code] = c
	}
	s.remembered.Store(m)
	return m, nil
}
