package connector

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
)

// The events of connectors. Each goes to the application whose connector it is.
// Pages: api-reference/imopenlines/imconnector/events/.
const (
	statusDelete = "ONIMCONNECTORSTATUSDELETE" // somebody disconnected the connector from a line
	lineDelete   = "ONIMCONNECTORLINEDELETE"   // a line that it was connected to was deleted
)

// Events returns the events of the area.
func Events() []event.Def {
	var out []event.Def
	for _, name := range []string{statusDelete, lineDelete} {
		out = append(out, event.Def{Name: name, Scope: "imconnector", Private: true})
	}
	return out
}

func entry(key string, v phpform.Value) phpform.Entry { return phpform.Entry{Key: key, Value: v} }

// goneData is what an application is told of a line that lost its connector.
func goneData(c Connector, lineID int64) phpform.Value {
	return phpform.ArrayOf(entry("connector", phpform.StringOf(c.Code)), entry("line", phpform.IntOf(lineID)))
}

// tellGoneTx tells an application that is being removed that a line loses its connector, without tokens: there are none any more.
func (s *Service) tellGoneTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64) error {
	urls, err := s.Events.HandlersTx(ctx, tx, c.AppID, statusDelete)
	if err != nil {
		return err
	}
	for _, url := range urls {
		d := event.Delivery{AppID: c.AppID, URL: url, Name: statusDelete, NoAuth: true, Data: goneData(c, lineID)}
		if err := s.Events.SendTx(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}
