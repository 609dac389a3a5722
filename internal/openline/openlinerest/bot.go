package openlinerest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h sessions) registerBots(r *rest.Registry) {
	const scopes, pages = "imopenlines,imbot", docs + "chat-bots/imopenlines-bot-session-"
	r.Add(
		rest.M("imopenlines.bot.session.operator", scopes, rest.Everyone, "Passes a conversation from its bot to a free operator.",
			h.botOperator, rest.Doc(pages+"operator.md")),
		rest.M("imopenlines.bot.session.transfer", scopes, rest.Everyone, "Passes a conversation from its bot to somebody or to a queue.",
			h.botTransfer, rest.Doc(pages+"transfer.md")),
		rest.M("imopenlines.bot.session.finish", scopes, rest.Everyone, "Ends a conversation for its bot.", h.botFinish,
			rest.Doc(pages+"finish.md")),
		rest.M("imopenlines.bot.session.message.send", scopes, rest.Everyone, "Tells a client something in the name of the line.",
			h.botSay, rest.Doc(pages+"message-send.md")),
	)
}

// The faults of bots.
var (
	errSession   = fault.New(fault.Denied, "WRONG_AUTH_TYPE", "Access for this method not allowed by session authorization")
	errBotID     = fault.New(fault.Invalid, "BOT_ID_ERROR", "Bot not found")
	errWrongChat = fault.New(fault.Invalid, "WRONG_CHAT", "Operator is not a bot")
	errDenied    = fault.New(fault.Invalid, "ACCESS_DENIED", openline.ErrNoAccess.Text)
	errAutoName  = fault.Argument("NAME", "NAME is WELCOME or DEFAULT")
)

// botChat returns the chat of a call that may not come from a page.
func botChat(c *rest.Call, chat phpform.Value) (int64, error) {
	if c.Kind == rest.BySession {
		return 0, errSession
	}
	id, ok := positive(chat)
	if !ok {
		return 0, errChatIDEmpty
	}
	return id, nil
}

// botOf returns the bot of the caller's application or, through a webhook, of the CLIENT_ID that it names: the one that leads the
// conversation of a chat, else the first. No application and no name has none.
func (h sessions) botOf(ctx context.Context, c *rest.Call, clientID string, chatID int64) (int64, error) {
	app := c.AppID
	if clientID = strings.TrimSpace(clientID); app == 0 && clientID == "" {
		return 0, errBotID
	}
	v, err := h.Conversations.Last(ctx, chatID)
	if err != nil && !errors.Is(err, openline.ErrNoSession) {
		return 0, err
	}
	for _, id := range []int64{v.BotID, 0} {
		own, err := h.Bots.OwnedBy(ctx, app, clientID, id)
		if err != nil || own != 0 {
			return own, err
		}
	}
	return 0, errBotID
}

// leader returns the bot in whose name a caller acts on the conversation of a chat without naming one: that of their application which
// leads it; 0 for a person who may take part in the conversation.
func (h sessions) leader(ctx context.Context, c *rest.Call, chatID int64) (int64, error) {
	v, err := h.Conversations.Last(ctx, chatID)
	if errors.Is(err, openline.ErrNoSession) {
		return 0, errWrongChat.Because(err)
	}
	if err != nil {
		return 0, err
	}
	var own int64
	if c.AppID != 0 {
		if own, err = h.Bots.OwnedBy(ctx, c.AppID, "", v.BotID); err != nil || own != 0 && own == v.BotID {
			return own, err
		}
	}
	err = h.knows(ctx, c, v)
	switch {
	case !errors.Is(err, openline.ErrNoAccess):
		return 0, err
	case own != 0:
		return 0, errWrongChat.Because(err)
	}
	return 0, errDenied.Because(err)
}

// botOperator passes a conversation to a free operator.
func (h sessions) botOperator(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	id, err := botChat(c, p.ChatID)
	if err != nil {
		return false, err
	}
	bot, err := h.leader(ctx, c, id)
	if err == nil {
		err = h.Conversations.BotToOperator(ctx, bot, id)
	}
	return notLed(err)
}

// notLed gives the faults of a conversation that no bot leads the form of the pages.
func notLed(err error) (bool, error) {
	if among(err, openline.ErrNotBot, openline.ErrNoSession, openline.ErrOver, line.ErrNotFound) {
		return false, errWrongChat.Because(err)
	}
	return err == nil, err
}

// transferParams are the parameters of imopenlines.bot.session.transfer.
type transferParams struct {
	ChatID     phpform.Value  `b24:"CHAT_ID,needed"`
	UserID     *phpform.Value `b24:"USER_ID"`
	QueueID    *phpform.Value `b24:"QUEUE_ID"`
	TransferID *phpform.Value `b24:"TRANSFER_ID"`
	Leave      bool           `b24:"LEAVE"`
	ClientID   string         `b24:"CLIENT_ID"`
}

// botTransfer passes a conversation to somebody or to a queue.
func (h sessions) botTransfer(ctx context.Context, c *rest.Call, p transferParams) (bool, error) {
	id, err := botChat(c, p.ChatID)
	if err != nil {
		return false, err
	}
	to, err := goal{p.UserID, p.QueueID, p.TransferID}.target()
	if err != nil {
		return false, err
	}
	bot, err := h.botOf(ctx, c, p.ClientID, id)
	if err == nil {
		err = h.Conversations.BotTransfer(ctx, bot, id, to, p.Leave)
	}
	if among(err, openline.ErrNotBot, openline.ErrNoSession, openline.ErrOver, openline.ErrOperator, line.ErrNotFound) {
		return false, errOperatorWrong.Because(err)
	}
	return err == nil, err
}

// finishParams are the parameters of imopenlines.bot.session.finish.
type finishParams struct {
	ChatID   phpform.Value `b24:"CHAT_ID,needed"`
	ClientID string        `b24:"CLIENT_ID"`
}

// botFinish ends a conversation.
func (h sessions) botFinish(ctx context.Context, c *rest.Call, p finishParams) (bool, error) {
	id, err := botChat(c, p.ChatID)
	if err != nil {
		return false, err
	}
	bot, err := h.botOf(ctx, c, p.ClientID, id)
	if err == nil {
		err = h.Conversations.BotFinish(ctx, bot, id)
	}
	return notLed(err)
}

// sayParams are the parameters of imopenlines.bot.session.message.send.
type sayParams struct {
	ChatID  phpform.Value `b24:"CHAT_ID,needed"`
	Name    string        `b24:"NAME"`
	Message string        `b24:"MESSAGE"`
}

// botSay sends the greeting of the line, or a text.
func (h sessions) botSay(ctx context.Context, c *rest.Call, p sayParams) (bool, error) {
	id, err := botChat(c, p.ChatID)
	if err != nil {
		return false, err
	}
	welcome := strings.EqualFold(strings.TrimSpace(p.Name), "WELCOME")
	if !welcome && !strings.EqualFold(strings.TrimSpace(p.Name), "DEFAULT") {
		return false, errAutoName
	}
	bot, err := h.leader(ctx, c, id)
	if err == nil {
		err = h.Conversations.BotSay(ctx, bot, id, welcome, p.Message)
	}
	return notLed(err)
}
