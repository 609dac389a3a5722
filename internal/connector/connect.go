package connector

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/user"
)

// May reports whether somebody may manage connectors.
func May(actor user.Ref) bool { return actor.May(access.ManageConnectors) }

// Joined is a connector with the lines that it is, or was, connected to.
type Joined struct {
	Connector

	Lines []Status // in the order of the lines' ids
}

// On returns how the connector stands on a line.
func (j Joined) On(lineID int64) Status {
	for _, s := range j.Lines {
		if s.LineID == lineID {
			return s
		}
	}
	return Status{ConnectorID: j.ID, LineID: lineID}
}

// Connected reports whether the connector is switched on on some line.
func (j Joined) Connected() bool {
	for _, s := range j.Lines {
		if s.Active {
			return true
		}
	}
	return false
}

// All returns all connectors for somebody who may manage them. Fault: ACCESS_DENIED.
func (s *Service) All(ctx context.Context, actor user.Ref) ([]Joined, error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	m, err := s.memory(ctx)
	if err != nil {
		return nil, err
	}
	var all []Status
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		all, err = statusesTx(ctx, tx, "ORDER BY connector_id, line_id")
		return err
	})
	byID := map[int64][]Status{}
	for _, st := range all {
		byID[st.ConnectorID] = append(byID[st.ConnectorID], st)
	}
	out := make([]Joined, len(m.all))
	for i, c := range m.all {
		out[i] = Joined{c, byID[c.ID]}
	}
	return out, err
}

// Find returns a connector for somebody who may manage it. Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND.
func (s *Service) Find(ctx context.Context, actor user.Ref, code string) (Joined, error) {
	if !May(actor) {
		return Joined{}, ErrDenied
	}
	m, err := s.memory(ctx)
	if err != nil {
		return Joined{}, err
	}
	c, ok := m.byCode[Code(code)]
	if !ok {
		return Joined{}, ErrNotFound
	}
	j := Joined{Connector: c}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		j.Lines, err = statusesTx(ctx, tx, "WHERE connector_id = ? ORDER BY line_id", c.ID)
		return err
	})
	return j, err
}

// Connect switches a connector on on a line, before its application is asked to set the channel up there: the application then sees
// that it is to be active. Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND, LINE_NOT_FOUND.
// Page: api-reference/widgets/setting-connector.md.
func (s *Service) Connect(ctx context.Context, actor user.Ref, code string, lineID int64) error {
	return s.manage(ctx, actor, code, func(tx *db.Tx, c Connector) error { return s.connectTx(ctx, tx, actor, c, lineID) })
}

func (s *Service) connectTx(ctx context.Context, tx *db.Tx, actor user.Ref, c Connector, lineID int64) error {
	line, found, err := s.Lines.LineTx(ctx, tx, lineID)
	if err != nil || !found {
		return orFault(err, errNoLine)
	}
	return s.changeStatusTx(ctx, tx, c, lineID, actor.ID, func(tx *db.Tx, st *Status) error {
		if st.Active {
			return nil
		}
		st.Active = true
		return s.noteByTx(ctx, tx, actor.ID, "CONNECTOR_CONNECT", c.Code, fmt.Sprintf("Connected %s to the line %s.", c.Name, line.Name))
	})
}

// Disconnect switches a connector off on a line and tells its application so. What it said of the channel is forgotten.
// Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND. Page: api-reference/imopenlines/imconnector/events/on-im-connector-status-delete.md.
func (s *Service) Disconnect(ctx context.Context, actor user.Ref, code string, lineID int64) error {
	return s.manage(ctx, actor, code, func(tx *db.Tx, c Connector) error { return s.disconnectTx(ctx, tx, actor, c, lineID) })
}

func (s *Service) disconnectTx(ctx context.Context, tx *db.Tx, actor user.Ref, c Connector, lineID int64) error {
	st, err := statusTx(ctx, tx, c.ID, lineID)
	if err != nil || !st.Active && !st.Configured {
		return err // nothing to take away, e.g. the button was pressed twice
	}
	err = s.changeStatusTx(ctx, tx, c, lineID, actor.ID, func(_ *db.Tx, st *Status) error {
		st.Active, st.Configured, st.Failing, st.Channel = false, false, false, Channel{}
		return nil
	})
	if err != nil {
		return err
	}
	e := event.Event{Name: statusDelete, AppID: c.AppID, UserID: actor.ID, Data: goneData(c, lineID)}
	if err := s.Events.EmitTx(ctx, tx, e); err != nil {
		return fmt.Errorf("tell of connector: %w", err)
	}
	return s.noteByTx(ctx, tx, actor.ID, "CONNECTOR_DISCONNECT", c.Code, fmt.Sprintf("Disconnected %s from line %d.", c.Name, lineID))
}

// Move takes a connector from one line to another. Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND, LINE_NOT_FOUND.
func (s *Service) Move(ctx context.Context, actor user.Ref, code string, from, to int64) error {
	return s.manage(ctx, actor, code, func(tx *db.Tx, c Connector) error {
		if from == to {
			return nil
		}
		if err := s.connectTx(ctx, tx, actor, c, to); err != nil {
			return err
		}
		return s.disconnectTx(ctx, tx, actor, c, from)
	})
}

// manage runs f with a connector for somebody who may manage it.
func (s *Service) manage(ctx context.Context, actor user.Ref, code string, f func(tx *db.Tx, c Connector) error) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, known, err := byCodeTx(ctx, tx, Code(code))
		if err != nil || !known {
			return orFault(err, ErrNotFound)
		}
		return f(tx, c)
	})
}
