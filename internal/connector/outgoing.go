package connector

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
)

// Outlet carries what operators write to the applications of connectors.
type Outlet struct{ Service *Service }

var _ openline.Channel = Outlet{}

// Why a message cannot even be tried.
const (
	lostConnector = "The application that carried this channel was removed."
	lostLine      = "The channel is not connected any more."
	lostHandler   = "The application does not listen to the event OnImConnectorMessageAdd, or its installation is not complete."
)

// SendTx passes a message on: as an event for the application, with a row that tells what became of it.
// Page: api-reference/imopenlines/imconnector/events/on-im-connector-message-add.md.
func (ch Outlet) SendTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	s := ch.Service
	c, known, err := byCodeTx(ctx, tx, m.Channel.Connector)
	if err != nil {
		return err
	}
	if m.AuthorID == 0 && known && !c.SystemMessages {
		return nil
	}
	m.Text = inWords(m)
	o := out{
		messageID: m.MessageID, connectorID: c.ID, lineID: m.Channel.LineID, chatID: m.ChatID, visitorID: m.Channel.VisitorID,
		chat: m.Channel.ChatID, authorID: m.AuthorID,
	}
	if !known {
		o.lost = lostConnector
		return s.insertOutTx(ctx, tx, o)
	}
	files, err := s.linksTx(ctx, tx, c, m)
	if err != nil {
		return err
	}
	o.data = addData(c, m, files)
	st, err := statusTx(ctx, tx, c.ID, m.Channel.LineID)
	switch {
	case err != nil:
		return err
	case !st.Active:
		o.lost = lostLine
		return s.insertOutTx(ctx, tx, o)
	}
	if err := s.tryTx(ctx, tx, c, &o); err != nil {
		return err
	}
	if err := s.insertOutTx(ctx, tx, o); err != nil {
		return err
	}
	return s.emitTx(ctx, tx, c, messageAdded, m.AuthorID, addedData(c, m.Channel.LineID, added{
		chat: m.Channel.ChatID, client: m.Channel.ClientID, chatID: m.ChatID, messageID: m.MessageID, authorID: m.AuthorID, date: m.Date,
		text: m.Text, files: files, system: m.AuthorID == 0,
	}))
}

// inWords returns the text of a message. The events of connectors carry words and files alone: what a bot says by an attachment only is said
// in words, its buttons are left out.
func inWords(m openline.Outgoing) string {
	if m.Text == "" && len(m.Files) == 0 {
		return m.Attach.Plain()
	}
	return m.Text
}

// out is a message for a client.
type out struct {
	messageID, connectorID, lineID, chatID, visitorID, authorID int64

	chat string        // outside
	lost string        // why it was not tried; empty: it was
	data phpform.Value // of the event
}

// tryTx records the event of a message for its application, and the deliveries by which its fate is followed.
func (s *Service) tryTx(ctx context.Context, tx *db.Tx, c Connector, o *out) error {
	r, err := s.Events.RecordTx(ctx, tx, event.Event{Name: outAdd, AppID: c.AppID, UserID: o.authorID, Data: o.data})
	if err != nil {
		return fmt.Errorf("emit %s: %w", outAdd, err)
	}
	o.lost = ""
	if len(r.Deliveries) == 0 && !r.Queued {
		o.lost = lostHandler
		return nil
	}
	return followTx(ctx, tx, o.messageID, r.Deliveries)
}

func followTx(ctx context.Context, tx *db.Tx, messageID int64, deliveries []int64) error {
	for _, id := range deliveries {
		if err := tx.Later(ctx, "INSERT INTO connector_delivery (id, message_id) VALUES (?, ?)", id, messageID); err != nil {
			return fmt.Errorf("follow delivery: %w", err)
		}
	}
	return nil
}

// insertOutTx keeps a message. What was to be sent is kept with it only as long as nothing else keeps it.
func (s *Service) insertOutTx(ctx context.Context, tx *db.Tx, o out) error {
	data := ""
	if o.lost != "" {
		data = string(phpform.AppendJSON(nil, o.data))
	}
	err := tx.Later(ctx, `INSERT INTO connector_out (message_id, connector_id, line_id, chat_id, visitor_id, chat, lost, data, author_id, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		o.messageID, o.connectorID, o.lineID, o.chatID, o.visitorID, o.chat, o.lost, data, o.authorID, db.Micro(s.Clock.Now()))
	if err != nil {
		return fmt.Errorf("keep message: %w", err)
	}
	s.stateChangedTx(tx, o.chatID, o.messageID)
	return nil
}

func (s *Service) stateChangedTx(tx *db.Tx, chatID, messageID int64) {
	if s.OnState != nil {
		tx.AfterCommit(func() { s.OnState(chatID, messageID) })
	}
}

// linksTx returns the files of a message as the application is told of them.
func (s *Service) linksTx(ctx context.Context, tx *db.Tx, c Connector, m openline.Outgoing) ([]phpform.Value, error) {
	if len(m.Files) == 0 {
		return nil, nil
	}
	links, err := s.Outside.LinksTx(ctx, tx, c.AppID, m.AuthorID, m.Files)
	if err != nil {
		return nil, fmt.Errorf("files of message: %w", err)
	}
	out := make([]phpform.Value, len(links))
	for i, l := range links {
		out[i] = object(entry("name", text(l.Name)), entry("type", text(l.Type)), entry("link", text(l.URL)), entry("size", number(l.Size)))
	}
	return out, nil
}

// addData is the data of ONIMCONNECTORMESSAGEADD. Files stand in it only where there are some.
func addData(c Connector, m openline.Outgoing, files []phpform.Value) phpform.Value {
	message := []phpform.Entry{entry("user_id", number(m.AuthorID)), entry("text", text(c.signed(m)))}
	if len(files) > 0 {
		message = append(message, entry("files", phpform.ListOf(files...)))
	}
	return outData(c, m, object(message...))
}

// outData is the data of the events of messages that go out.
func outData(c Connector, m openline.Outgoing, message phpform.Value) phpform.Value {
	return object(
		entry("CONNECTOR", text(c.Code)), entry("LINE", number(m.Channel.LineID)),
		entry("MESSAGES", phpform.ListOf(object(
			entry("im", object(entry("chat_id", number(m.ChatID)), entry("message_id", number(m.MessageID)))),
			entry("message", message),
			entry("chat", object(entry("id", text(m.Channel.ChatID)))),
		))),
	)
}

// signed returns the text of a message for the channel, with the operator's name before it where the connector wants that.
func (c Connector) signed(m openline.Outgoing) string {
	body := strings.NewReplacer("\r\n", "[br]", "\n", "[br]").Replace(m.Text)
	if !c.Signature || m.Author == "" {
		return body
	}
	return "[b]" + strings.NewReplacer("[", "(", "]", ")").Replace(m.Author) + ":[/b] [br]" + body
}

// ChangeTx passes on that a message reads otherwise, where the connector wants to know.
// Page: api-reference/imopenlines/imconnector/events/on-im-connector-message-update.md.
func (ch Outlet) ChangeTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	s := ch.Service
	c, external, ok, err := s.wentOutTx(ctx, tx, m)
	if err != nil || !ok {
		return err
	}
	if c.EditOutgoing {
		m.Text = inWords(m)
		ids := make([]phpform.Value, len(external))
		for i, id := range external {
			ids[i] = text(id)
		}
		message := object(entry("id", phpform.ListOf(ids...)), entry("text", text(c.signed(m))))
		if err := s.emitTx(ctx, tx, c, outUpdate, m.AuthorID, outData(c, m, message)); err != nil {
			return err
		}
	}
	return s.tellMovedTx(ctx, tx, c, m.Channel.LineID, messageUpdated, m.ChatID, m.MessageID)
}

// RemoveTx passes on that a message is gone, where the connector wants to know.
// Page: api-reference/imopenlines/imconnector/events/on-im-connector-message-delete.md.
func (ch Outlet) RemoveTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	s := ch.Service
	c, external, ok, err := s.wentOutTx(ctx, tx, m)
	if err != nil || !ok {
		return err
	}
	if c.DeleteOutgoing {
		id := ""
		if len(external) > 0 {
			id = external[0]
		}
		if err := s.emitTx(ctx, tx, c, outDelete, m.AuthorID, outData(c, m, object(entry("id", text(id))))); err != nil {
			return err
		}
	}
	return s.tellMovedTx(ctx, tx, c, m.Channel.LineID, messageDeleted, m.ChatID, m.MessageID)
}

// wentOutTx returns the connector of a message that went out through it, with the message's ids outside.
func (s *Service) wentOutTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) (c Connector, external []string, ok bool, err error) {
	c, known, err := byCodeTx(ctx, tx, m.Channel.Connector)
	if err != nil || !known {
		return c, nil, false, err
	}
	var ids string
	err = tx.QueryRow(ctx, "SELECT external FROM connector_out WHERE message_id = ?", m.MessageID).Scan(&ids)
	if errors.Is(err, db.ErrNoRows) {
		return c, nil, false, nil
	}
	return c, splitIDs(ids), err == nil, err
}

// StartedTx tells the application of a conversation that began.
// Pages: api-reference/imopenlines/imconnector/events/on-im-connector-dialog-start.md, api-reference/imopenlines/openlines/events/on-session-start.md.
func (ch Outlet) StartedTx(ctx context.Context, tx *db.Tx, v openline.Session) error {
	return ch.Service.tellSessionTx(ctx, tx, v, dialogStart, sessionStart, "N")
}

// FinishedTx tells the application of a conversation that ended.
// Pages: api-reference/imopenlines/imconnector/events/on-im-connector-dialog-finish.md, api-reference/imopenlines/openlines/events/on-session-finish.md.
func (ch Outlet) FinishedTx(ctx context.Context, tx *db.Tx, v openline.Session) error {
	return ch.Service.tellSessionTx(ctx, tx, v, dialogFinish, sessionFinish, "Y")
}
