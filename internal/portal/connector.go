package portal

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/frame/frameweb"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/web"
)

// wireConnectors makes the service of connectors. It comes before that of applications, which removes what is an application's.
func (p *Portal) wireConnectors() {
	p.Connectors = connector.New(connector.Config{
		DB: p.DB, Clock: p.config.Clock, Events: p.Events, Audit: p.Audit, Lines: connectorLines{p.Lines}, Places: connectorPlaces{p},
		Builtin: []connector.Builtin{{Code: livechat.Connector, Name: "Live chat"}, {Code: network.Connector, Name: "Network"}, {Code: telegram.Connector, Name: "Telegram"}, {Code: mailbox.Connector, Name: "E-mail"}},
		Talks:   connectorTalks{p}, Outside: p.connectorOutside(), OnState: p.connectorStateChanged,
	})
	p.Events.SetOutcomes(p.Connectors.OutcomesTx)
}

// connectorTalks leads what comes in through connectors to the conversations.
type connectorTalks struct{ p *Portal }

var _ connector.Talks = connectorTalks{}

// ReceiveTx takes in a message of a client.
func (t connectorTalks) ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error) {
	return t.p.Conversations.ReceiveTx(ctx, tx, in)
}

// ChangeIncomingTx changes what a client wrote.
func (t connectorTalks) ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error {
	return t.p.Conversations.ChangeIncomingTx(ctx, tx, r)
}

// ReviseTx changes what a client wrote, and what is known of them.
func (t connectorTalks) ReviseTx(ctx context.Context, tx *db.Tx, in openline.Incoming, r openline.Rewriting) (visitorID int64, err error) {
	return t.p.Conversations.ReviseTx(ctx, tx, in, r)
}

// RemoveIncomingTx removes what a client wrote.
func (t connectorTalks) RemoveIncomingTx(ctx context.Context, tx *db.Tx, messageID int64) error {
	return t.p.Conversations.RemoveIncomingTx(ctx, tx, messageID)
}

// RenameTx gives the chat with a client another title.
func (t connectorTalks) RenameTx(ctx context.Context, tx *db.Tx, code string, lineID int64, chatID, clientID, title string) error {
	return t.p.Conversations.RenameTx(ctx, tx, code, lineID, chatID, clientID, title)
}

// connectorLines tells the connectors which open lines there are.
type connectorLines struct{ lines *line.Service }

var _ connector.Lines = connectorLines{}

// LineTx returns a line.
func (c connectorLines) LineTx(ctx context.Context, tx *db.Tx, id int64) (connector.Line, bool, error) {
	l, err := c.lines.GetTx(ctx, tx, id)
	if errors.Is(err, line.ErrNotFound) {
		return connector.Line{}, false, nil
	}
	return connectorLine(l), err == nil, err
}

// Lines returns the lines that people see.
func (c connectorLines) Lines(ctx context.Context) ([]connector.Line, error) {
	all, err := c.lines.All(ctx)
	out := make([]connector.Line, 0, len(all))
	for _, l := range all {
		if !l.Temporary {
			out = append(out, connectorLine(l))
		}
	}
	return out, err
}

func connectorLine(l line.Line) connector.Line {
	return connector.Line{ID: l.ID, Name: l.Name, Active: l.Active, AutoClose: l.AutoCloseTime}
}

// lineDeletedTx takes the connectors off a line that is being deleted.
func (p *Portal) lineDeletedTx(ctx context.Context, tx *db.Tx, l line.Line) error {
	if err := p.Network.LineDeletedTx(ctx, tx, l.ID); err != nil {
		return err
	}
	if err := p.Mailboxes.LineDeletedTx(ctx, tx, l.ID); err != nil {
		return err
	}
	return p.Connectors.LineDeletedTx(ctx, tx, l.ID, audit.SourceOf(ctx).UserID)
}

// connectorPlaces binds the pages with the settings of connectors.
type connectorPlaces struct{ portal *Portal }

var _ connector.Places = connectorPlaces{}

func settingsHandler(c connector.Connector) placement.Handler {
	return placement.Handler{AppID: c.AppID, Code: placement.SettingConnector, URL: c.Handler, Text: placement.Text{Title: c.Name}}
}

// BindSettingsTx binds the page of a connector's settings.
func (p connectorPlaces) BindSettingsTx(ctx context.Context, tx *db.Tx, c connector.Connector, actorID int64) error {
	h := settingsHandler(c)
	h.By = actorID
	return p.portal.Placements.BindOwnTx(ctx, tx, h)
}

// UnbindSettingsTx takes it away.
func (p connectorPlaces) UnbindSettingsTx(ctx context.Context, tx *db.Tx, c connector.Connector) error {
	return p.portal.Placements.UnbindOwnTx(ctx, tx, settingsHandler(c))
}

// removeConnectorsTx removes the connectors of an application that is being removed.
func (p *Portal) removeConnectorsTx(ctx context.Context, tx *db.Tx, appID int64) error {
	return p.Connectors.RemoveAppTx(ctx, tx, appID)
}

// connectorSettings opens the page with the settings of a connector on a line, for somebody who may manage connectors. What the page
// is told comes from the portal alone. Page: api-reference/widgets/setting-connector.md.
func (p *Portal) connectorSettings(ctx context.Context, v web.Viewer, appID int64, code string, lineID int64) (frame.Request, error) {
	j, err := p.Connectors.Find(ctx, v.Ref(), code)
	if err == nil && j.AppID != appID {
		err = connector.ErrNotFound
	}
	if err != nil {
		return frame.Request{}, err
	}
	st := j.On(lineID)
	options := phpform.ArrayOf(
		phpform.Entry{Key: "CONNECTOR", Value: phpform.StringOf(j.Code)},
		phpform.Entry{Key: "LINE", Value: phpform.StringOf(strconv.FormatInt(lineID, 10))},
		phpform.Entry{Key: "STATUS", Value: phpform.BoolOf(st.Ready())},
		phpform.Entry{Key: "ACTIVE_STATUS", Value: phpform.BoolOf(st.Active)},
		phpform.Entry{Key: "CONNECTION_STATUS", Value: phpform.BoolOf(st.Configured)},
		phpform.Entry{Key: "REGISTER_STATUS", Value: phpform.BoolOf(st.Configured)},
		phpform.Entry{Key: "ERROR_STATUS", Value: phpform.BoolOf(st.Failing)},
		phpform.Entry{Key: "URI", Value: phpform.StringOf("/contact_center/connector/?ID=" + j.Code + "&IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER")},
	)
	return frame.Request{AppID: appID, Place: placement.SettingConnector, URL: j.Handler, Options: string(phpform.AppendJSON(nil, options))}, nil
}

// contactCenter is what the Contact Center needs.
func (p *Portal) contactCenter() connectorweb.Config {
	return connectorweb.Config{Connectors: p.Connectors, FrameURL: frameweb.SettingsURL, App: p.connectorApp, Tiles: p.ownTiles, LinesURL: lineweb.URL, Tabs: lineweb.Tabs}
}

// connectorApp tells the Contact Center of the application of a connector.
func (p *Portal) connectorApp(ctx context.Context, id int64) (connectorweb.App, error) {
	a, err := p.Apps.Find(ctx, id)
	return connectorweb.App{Name: a.Name, Works: a.Installed, LastCall: a.LastUsed}, err
}
