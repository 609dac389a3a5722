package botrest

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells the names of bots; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// registerParams are the parameters of imbot.register. Those that are needed have faults of their own.
type registerParams struct {
	Code          string     `b24:"CODE,needed"`
	Type          string     `b24:"TYPE"`
	OpenLine      bool       `b24:"OPENLINE"`
	Handler       string     `b24:"EVENT_HANDLER"`
	MessageAdd    string     `b24:"EVENT_MESSAGE_ADD,needed"`
	MessageUpdate string     `b24:"EVENT_MESSAGE_UPDATE"`
	MessageDelete string     `b24:"EVENT_MESSAGE_DELETE"`
	Welcome       string     `b24:"EVENT_WELCOME_MESSAGE,needed"`
	BotDelete     string     `b24:"EVENT_BOT_DELETE,needed"`
	ClientID      string     `b24:"CLIENT_ID"`
	Properties    properties `b24:"PROPERTIES,needed"`
}

// handlersOf returns the addresses; a common one takes the place of all.
func handlersOf(common string, h bot.Handlers) bot.Handlers {
	if common = strings.TrimSpace(common); common != "" {
		return bot.Handlers{MessageAdd: common, MessageUpdate: common, MessageDelete: common, Join: common, Delete: common}
	}
	for _, url := range []*string{&h.MessageAdd, &h.MessageUpdate, &h.MessageDelete, &h.Join, &h.Delete} {
		*url = strings.TrimSpace(*url)
	}
	return h
}

func (h handlers) register(ctx context.Context, c *rest.Call, p registerParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return 0, err
	}
	r := bot.Registration{
		Owner: o, Code: p.Code, Type: bot.Type(strings.ToUpper(p.Type)), OpenLine: p.OpenLine,
		Handlers: handlersOf(p.Handler, bot.Handlers{
			MessageAdd: p.MessageAdd, MessageUpdate: p.MessageUpdate, MessageDelete: p.MessageDelete,
			Join: p.Welcome, Delete: p.BotDelete,
		}),
	}
	if r.Profile, err = p.Properties.change(); err != nil {
		return 0, bot.ErrCreate.Because(err).At(propertiesPath + photoName)
	}
	id, err := h.bots.Register(ctx, r)
	return id, onWire(propertiesPath, err)
}

// updateParams are the parameters of imbot.update.
type updateParams struct {
	BotID    int64        `b24:"BOT_ID,needed"`
	Fields   updateFields `b24:"FIELDS,needed"`
	ClientID string       `b24:"CLIENT_ID"`
}

type updateFields struct {
	Code          string     `b24:"CODE"`
	Handler       string     `b24:"EVENT_HANDLER"`
	MessageAdd    string     `b24:"EVENT_MESSAGE_ADD"`
	MessageUpdate string     `b24:"EVENT_MESSAGE_UPDATE"`
	MessageDelete string     `b24:"EVENT_MESSAGE_DELETE"`
	Welcome       string     `b24:"EVENT_WELCOME_MESSAGE"`
	BotDelete     string     `b24:"EVENT_BOT_DELETE"`
	Properties    properties `b24:"PROPERTIES"`
}

func (h handlers) update(ctx context.Context, c *rest.Call, p updateParams) (bool, error) {
	const path = "FIELDS." + propertiesPath
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	f := p.Fields
	u := bot.Update{BotID: p.BotID, Code: f.Code, Handlers: handlersOf(f.Handler, bot.Handlers{
		MessageAdd: f.MessageAdd, MessageUpdate: f.MessageUpdate, MessageDelete: f.MessageDelete,
		Join: f.Welcome, Delete: f.BotDelete,
	})}
	if u.Profile, err = f.Properties.change(); err != nil {
		return false, bot.ErrUpdate.Because(err).At(path + photoName)
	}
	err = h.bots.Update(ctx, o, u)
	return err == nil, onWire(path, err)
}

// unregisterParams are the parameters of imbot.unregister.
type unregisterParams struct {
	BotID    int64  `b24:"BOT_ID,needed"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) unregister(ctx context.Context, c *rest.Call, p unregisterParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.Unregister(ctx, o, c.UserID, p.BotID)
	return err == nil, err
}

// list answers an object by bot id, and like PHP an empty list where there is no bot.
func (h handlers) list(ctx context.Context, c *rest.Call, _ rest.None) (phpform.Value, error) {
	if c.Kind == rest.BySession {
		return phpform.Value{}, errSession
	}
	bots, err := h.bots.List(ctx)
	if err != nil {
		return phpform.Value{}, err
	}
	ids := make([]int64, len(bots))
	for i, b := range bots {
		ids[i] = b.ID
	}
	users, err := h.users.Many(ctx, ids)
	if err != nil {
		return phpform.Value{}, err
	}
	out := make([]phpform.Entry, len(bots))
	for i, b := range bots {
		u := users[b.ID]
		out[i] = phpform.Entry{Key: strconv.FormatInt(b.ID, 10), Value: phpform.ArrayOf(
			phpform.Entry{Key: "ID", Value: phpform.IntOf(b.ID)},
			phpform.Entry{Key: "NAME", Value: phpform.StringOf(u.DisplayName())},
			phpform.Entry{Key: "CODE", Value: phpform.StringOf(b.Code)},
			phpform.Entry{Key: "OPENLINE", Value: phpform.StringOf(phpform.YesNo(b.OpenLine))},
		)}
	}
	return phpform.ArrayOf(out...), nil
}
