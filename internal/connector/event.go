package connector

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
)

// The events of connectors and of the conversations that come through them. Each goes to the application whose connector it is.
// Pages: api-reference/imopenlines/imconnector/events/, api-reference/imopenlines/openlines/events/.
const (
	outAdd       = "ONIMCONNECTORMESSAGEADD"    // a message is to go out
	outUpdate    = "ONIMCONNECTORMESSAGEUPDATE" // one that went out reads otherwise
	outDelete    = "ONIMCONNECTORMESSAGEDELETE" // and is gone
	dialogStart  = "ONIMCONNECTORDIALOGSTART"
	dialogFinish = "ONIMCONNECTORDIALOGFINISH"
	statusDelete = "ONIMCONNECTORSTATUSDELETE" // somebody disconnected the connector from a line
	lineDelete   = "ONIMCONNECTORLINEDELETE"   // a line that it was connected to was deleted

	messageAdded   = "ONOPENLINEMESSAGEADD" // by whomever
	messageUpdated = "ONOPENLINEMESSAGEUPDATE"
	messageDeleted = "ONOPENLINEMESSAGEDELETE"
	sessionStart   = "ONSESSIONSTART"
	sessionFinish  = "ONSESSIONFINISH"
)

// Events returns the events of the area.
func Events() []event.Def {
	var out []event.Def
	for scope, names := range map[string][]string{
		"imconnector": {outAdd, outUpdate, outDelete, dialogStart, dialogFinish, statusDelete, lineDelete},
		"imopenlines": {messageAdded, messageUpdated, messageDeleted, sessionStart, sessionFinish},
	} {
		for _, name := range names {
			out = append(out, event.Def{Name: name, Scope: scope, Private: true})
		}
	}
	return out
}

func entry(key string, v phpform.Value) phpform.Entry { return phpform.Entry{Key: key, Value: v} }

func object(entries ...phpform.Entry) phpform.Value { return phpform.ArrayOf(entries...) }

func number(n int64) phpform.Value { return phpform.IntOf(n) }

func text(s string) phpform.Value { return phpform.StringOf(s) }

// goneData is what an application is told of a line that lost its connector.
func goneData(c Connector, lineID int64) phpform.Value {
	return object(entry("connector", text(c.Code)), entry("line", number(lineID)))
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

func (s *Service) emitTx(ctx context.Context, tx *db.Tx, c Connector, name string, userID int64, data phpform.Value) error {
	err := s.Events.EmitTx(ctx, tx, event.Event{Name: name, AppID: c.AppID, UserID: userID, Data: data})
	if err != nil {
		return fmt.Errorf("emit %s: %w", name, err)
	}
	return nil
}

// place is where a conversation is led, as events name it: the ids are those outside.
func place(c Connector, lineID int64, chat, client string) phpform.Entry {
	return entry("connector", object(
		entry("connector_id", text(c.Code)), entry("line_id", number(lineID)), entry("chat_id", outer(chat)), entry("user_id", outer(client)),
	))
}

// outer is an id outside: the pages show numbers, while many channels have texts.
func outer(id string) phpform.Value {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && strconv.FormatInt(n, 10) == id {
		return number(n)
	}
	return text(id)
}

// added is a message of either side.
type added struct {
	chat, client                string // outside
	chatID, messageID, authorID int64
	date                        time.Time
	text                        string
	files                       []phpform.Value
	system                      bool
}

// addedData is the data of ONOPENLINEMESSAGEADD.
func addedData(c Connector, lineID int64, a added) phpform.Value {
	system := "N"
	if a.system {
		system = "Y"
	}
	return object(entry("DATA", phpform.ListOf(object(
		place(c, lineID, a.chat, a.client),
		entry("chat", object(entry("id", number(a.chatID)))),
		entry("message", object(
			entry("id", number(a.messageID)), entry("date", text(a.date.UTC().Format(time.RFC3339))), entry("text", text(a.text)),
			entry("files", phpform.ListOf(a.files...)), entry("attach", text("")), entry("system", text(system)), entry("user_id", number(a.authorID)),
		)),
		entry("ref", phpform.ListOf()),
		entry("extra", object(entry("EXTRA_URL", text("")))),
	))))
}

// tellAddedTx tells the application that what a client wrote is in the chat.
func (s *Service) tellAddedTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Message, r Result) error {
	a := added{
		chat: m.ChatID, client: m.User.ID, chatID: r.ChatID, messageID: r.MessageID, authorID: author(m.UserID, r.VisitorID),
		date: s.Clock.Now(), text: m.Text,
	}
	for _, f := range m.Files {
		a.files = append(a.files, object(entry("name", text(f.Name)), entry("link", text(f.URL))))
	}
	return s.emitTx(ctx, tx, c, messageAdded, a.authorID, addedData(c, lineID, a))
}

// movedData is the data of the events of a message that was changed or deleted.
func movedData(c Connector, lineID, chatID, messageID int64) phpform.Value {
	return object(entry("CONNECTOR", text(c.Code)), entry("LINE", number(lineID)), entry("DATA", phpform.ListOf(object(
		entry("im", object(entry("chat_id", number(chatID)), entry("message_id", number(messageID)))),
		entry("message", object(entry("id", number(messageID)))),
		entry("chat", object(entry("id", number(chatID)))),
	))))
}

func (s *Service) tellMovedTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, name string, chatID, messageID int64) error {
	return s.emitTx(ctx, tx, c, name, 0, movedData(c, lineID, chatID, messageID))
}

// sessionData is what events say of a conversation.
func (s *Service) sessionData(ctx context.Context, tx *db.Tx, c Connector, v openline.Session, closed string) (phpform.Value, error) {
	line, _, err := s.Lines.LineTx(ctx, tx, v.Channel.LineID)
	if err != nil {
		return phpform.Value{}, err
	}
	return object(
		place(c, v.Channel.LineID, v.Channel.ChatID, v.Channel.ClientID),
		entry("session", object(
			entry("id", number(v.ID)), entry("closed", text(closed)), entry("parent_id", number(v.ParentID)),
			entry("close_term", number(int64(line.AutoClose/time.Minute))),
		)),
		entry("chat", object(entry("id", number(v.ChatID)))),
		entry("user", object(entry("id", outer(v.Channel.ClientID)))),
	), nil
}

// tellSessionTx tells the application of a conversation that began or ended, by both of its events.
func (s *Service) tellSessionTx(ctx context.Context, tx *db.Tx, v openline.Session, dialog, session, closed string) error {
	c, known, err := byCodeTx(ctx, tx, v.Channel.Connector)
	if err != nil || !known {
		return err // the application was removed with its connector
	}
	data, err := s.sessionData(ctx, tx, c, v, closed)
	if err != nil {
		return err
	}
	list := entry("DATA", phpform.ListOf(data))
	line := entry("LINE", text(strconv.FormatInt(v.Channel.LineID, 10)))
	if err := s.emitTx(ctx, tx, c, dialog, v.OperatorID, object(entry("CONNECTOR", text(c.Code)), line, list)); err != nil {
		return err
	}
	return s.emitTx(ctx, tx, c, session, v.OperatorID, object(list))
}
