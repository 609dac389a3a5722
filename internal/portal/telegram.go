package portal

import (
	"context"
	"fmt"
	"io"
	"maps"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/telegram/telegramhttp"
	"github.com/portico-hq/portico/internal/telegram/telegramweb"
	"github.com/portico-hq/portico/internal/web"
)

// newTelegram makes what joins bots of Telegram to lines. As the chat of sites it gets the conversations when those are made.
func (p *Portal) newTelegram() *telegram.Service {
	return telegram.New(telegram.Config{
		DB: p.DB, Clock: p.config.Clock, Lines: p.Lines, Messenger: telegramMessenger{p}, Files: telegramFiles{p},
		API: telegramhttp.Client{Clients: p.outside()}, Audit: p.Audit, Settings: p.Settings, Box: p.box, PublicURL: p.publicURL,
		OnState: p.connectorStateChanged, Log: p.config.Log,
	})
}

// telegramMessenger is the messenger as bots of Telegram meet it.
type telegramMessenger struct{ p *Portal }

var _ telegram.Messenger = telegramMessenger{}

// NoteTx tells the people in a chat something that the client does not see.
func (m telegramMessenger) NoteTx(ctx context.Context, tx *db.Tx, chatID int64, text string) error {
	return networkMessenger{m.p.IM}.NoteTx(ctx, tx, chatID, text)
}

// Press tells the bot of a button that a client has pressed it.
func (m telegramMessenger) Press(ctx context.Context, visitorID, messageID int64, b attach.Button) error {
	return botCommands{m.p.Bots, m.p.IM, m.p.Users, m.p.Second}.Press(ctx, imweb.Press{UserID: visitorID, Message: im.Message{ID: messageID}, Button: b})
}

// telegramFiles are the files of conversations as bots of Telegram meet them.
type telegramFiles struct{ p *Portal }

var _ telegram.Files = telegramFiles{}

// Open returns a file of a message.
func (f telegramFiles) Open(ctx context.Context, id int64) (telegram.File, bool, error) {
	nodes, err := f.p.Files.Many(ctx, []int64{id})
	n, ok := nodes[id]
	if err != nil || !ok || n.Folder {
		return telegram.File{}, false, err
	}
	o, err := f.p.Files.Open(ctx, n)
	if err != nil {
		return telegram.File{}, false, fmt.Errorf("open file %d: %w", id, err)
	}
	return telegram.File{Name: n.Name, Type: n.Type, Size: n.Size, Body: o}, true, nil
}

// Keep stores a file that a client sent.
func (f telegramFiles) Keep(ctx context.Context, chatID, userID int64, name string, r io.Reader) (int64, error) {
	clean, err := file.CleanName(name)
	if err != nil {
		clean = "file"
	}
	n, err := f.p.Files.Upload(ctx, file.Actor{UserID: userID}, chatID, clean, r)
	return n.ID, err
}

// Picture gives a client a picture.
func (f telegramFiles) Picture(ctx context.Context, visitorID int64, content []byte) error {
	return f.p.DB.Write(ctx, func(tx *db.Tx) error { return f.p.Users.SetAvatarTx(ctx, tx, visitorID, content) })
}

// telegramPages is what the pages of the bots need.
func (p *Portal) telegramPages() telegramweb.Config {
	return telegramweb.Config{Bots: p.Telegram, LinesURL: lineweb.URL, Lines: func(ctx context.Context) ([]telegramweb.Line, error) {
		all, err := connectorLines{p.Lines}.Lines(ctx)
		out := make([]telegramweb.Line, 0, len(all))
		for _, l := range all {
			out = append(out, telegramweb.Line{ID: l.ID, Name: l.Name, Active: l.Active})
		}
		return out, err
	}}
}

// telegramTile is the tile of the bots in the Contact Center.
func (p *Portal) telegramTile(ctx context.Context, v web.Viewer) (connectorweb.Tile, error) {
	all, err := p.Telegram.All(ctx, v.Ref())
	return connectorweb.Tile{Title: "Telegram", Text: "Bots that people write to", URL: telegramweb.URL, Icon: "send", Connected: len(all) > 0}, err
}

// endTelegramTx disconnects the bots of a line that is deleted.
func (p *Portal) endTelegramTx(ctx context.Context, tx *db.Tx, l line.Line) error {
	return p.Telegram.LineDeletedTx(ctx, tx, l.ID)
}

// telegramDeliveries shows on pages what has become of messages for clients of bots.
type telegramDeliveries struct{ bots *telegram.Service }

var _ imweb.Deliveries = telegramDeliveries{}

// States returns what became of messages that went out through bots.
func (d telegramDeliveries) States(ctx context.Context, messageIDs []int64) (map[int64]imweb.Delivery, error) {
	states, err := d.bots.States(ctx, messageIDs)
	out := make(map[int64]imweb.Delivery, len(states))
	for id, st := range states {
		shown := imweb.Delivery{State: imweb.DeliverySent, Why: st.Why}
		switch st.State {
		case telegram.Waiting:
			shown.State = imweb.DeliveryWaits
		case telegram.Failed:
			shown.State = imweb.DeliveryNotGiven
		case telegram.Taken:
		}
		out[id] = shown
	}
	return out, err
}

// Retry sends a message again.
func (d telegramDeliveries) Retry(ctx context.Context, messageID int64) error {
	return d.bots.Retry(ctx, messageID)
}

// deliveries asks several ways to clients: a message went out through one of them at most.
type deliveries []imweb.Deliveries

var _ imweb.Deliveries = deliveries{}

// States returns what became of those of the messages that went out.
func (d deliveries) States(ctx context.Context, messageIDs []int64) (map[int64]imweb.Delivery, error) {
	out := map[int64]imweb.Delivery{}
	for _, one := range d {
		states, err := one.States(ctx, messageIDs)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, states)
	}
	return out, nil
}

// Retry sends a message again, the way that it went.
func (d deliveries) Retry(ctx context.Context, messageID int64) error {
	for _, one := range d {
		states, err := one.States(ctx, []int64{messageID})
		if err != nil {
			return err
		}
		if _, ok := states[messageID]; ok {
			return one.Retry(ctx, messageID)
		}
	}
	return errNotSent
}

// errNotSent is the fault of sending a message again that did not go out.
var errNotSent = fault.New(fault.NotFound, "NOT_OUT", "The message did not go out to a client.")
