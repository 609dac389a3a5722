package botv2rest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerMessages(r *rest.Registry) {
	const page = pages + "imbot.v2/messages/"
	r.Add(
		rest.M("imbot.v2.Chat.Message.send", "imbot", rest.Everyone, "Sends a message from a bot.", h.send,
			rest.Doc(page+"chat-message-send.md"), rest.Reads("fields.forwardIds")),
		rest.M("imbot.v2.Chat.Message.update", "imbot", rest.Everyone, "Changes a message of a bot.", h.messageUpdate, rest.Doc(page+"chat-message-update.md")),
		rest.M("imbot.v2.Chat.Message.delete", "imbot", rest.Everyone, "Removes a message as a bot.", h.messageDelete, rest.Doc(page+"chat-message-delete.md")),
		rest.M("imbot.v2.Chat.Message.get", "imbot", rest.Everyone, "Returns a message that a bot sees.", h.messageGet, rest.Doc(page+"chat-message-get.md")),
		rest.M("imbot.v2.Chat.Message.getContext", "imbot", rest.Everyone, "Returns the messages around one.", h.messageContext,
			rest.Doc(page+"chat-message-get-context.md")),
		rest.M("imbot.v2.Chat.Message.read", "imbot", rest.Everyone, "Marks messages as read by a bot.", h.messageRead, rest.Doc(page+"chat-message-read.md")),
		rest.M("imbot.v2.Chat.Message.Reaction.add", "imbot", rest.Everyone, "Reacts to a message as a bot.", h.reactionAdd,
			rest.Doc(page+"chat-message-reaction-add.md")),
		rest.M("imbot.v2.Chat.Message.Reaction.delete", "imbot", rest.Everyone, "Takes a bot's reaction back.", h.reactionDelete,
			rest.Doc(page+"chat-message-reaction-delete.md")),
	)
}

// content is what a message says.
type content struct {
	Message    string        `b24:"message"`
	Attach     phpform.Value `b24:"attach"`
	Keyboard   phpform.Value `b24:"keyboard"`
	System     bool          `b24:"system"`
	URLPreview *bool         `b24:"urlPreview"`
}

func (p content) message(b bot.Bot) (n im.NewMessage, err error) {
	n = im.NewMessage{AuthorID: b.ID, Text: p.Message, System: p.System, NoPreview: p.URLPreview != nil && !*p.URLPreview}
	if n.Attach, err = attach.ParseWideAttach(p.Attach); err != nil {
		return n, err
	}
	n.Keyboard, err = attach.ParseKeyboard(p.Keyboard)
	n.Keyboard = n.Keyboard.ForBot(b.ID)
	return n, err
}

// sendParams are the parameters of imbot.v2.Chat.Message.send.
type sendParams struct {
	BotID    int64      `b24:"botId,needed"`
	Token    string     `b24:"botToken"`
	DialogID string     `b24:"dialogId,needed"`
	Fields   sendFields `b24:"fields"`
}

type sendFields struct {
	Message    string        `b24:"message"`
	Attach     phpform.Value `b24:"attach"`
	Keyboard   phpform.Value `b24:"keyboard"`
	System     bool          `b24:"system"`
	URLPreview *bool         `b24:"urlPreview"`
	ReplyID    int64         `b24:"replyId"`
	TemplateID string        `b24:"templateId"`
	Forwards   phpform.Value `b24:"forwardIds"`
}

func (f sendFields) content() content {
	return content{Message: f.Message, Attach: f.Attach, Keyboard: f.Keyboard, System: f.System, URLPreview: f.URLPreview}
}

type sentView struct {
	ID      int64            `json:"id"`
	UUIDMap map[string]int64 `json:"uuidMap"`
}

var (
	errEmpty   = fault.New(fault.Invalid, "EMPTY_MESSAGE", "Message is empty")
	errSending = fault.New(fault.Invalid, "SENDING_FAILED", "Sending failed")
)

func (h handlers) send(ctx context.Context, c *rest.Call, p sendParams) (sentView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return sentView{}, err
	}
	n, err := p.Fields.content().message(b)
	if err != nil {
		return sentView{}, notSent(err)
	}
	n.ReplyID, n.UUID = p.Fields.ReplyID, strings.TrimSpace(p.Fields.TemplateID)
	out := botv2.Sending{NewMessage: n}
	if out.Forwards, err = forwards(p.Fields.Forwards); err != nil {
		return sentView{}, err
	}
	if strings.TrimSpace(n.Text) == "" && len(n.Attach) == 0 && len(out.Forwards) == 0 {
		return sentView{}, errEmpty // ahead of a private chat's creation
	}
	chat, err := h.IM.OpenDialog(ctx, p.DialogID, b.ID)
	if err != nil {
		return sentView{}, denied(err)
	}
	out.ChatID = chat.ID
	id, uuids, err := h.Second.Send(ctx, out)
	return sentView{ID: id, UUIDMap: uuids}, notSent(err)
}

// forwards reads the messages to forward, {uuid: messageId}.
func forwards(v phpform.Value) ([]botv2.Forward, error) {
	if !v.Empty() && !v.IsArray() {
		return nil, errSending.At("fields.forwardIds")
	}
	var out []botv2.Forward
	for _, e := range v.Entries() {
		id, ok := e.Value.Int()
		if !ok || id <= 0 || !im.IsUUID(e.Key) {
			return nil, errSending.At("fields.forwardIds")
		}
		out = append(out, botv2.Forward{UUID: e.Key, MessageID: id})
	}
	return out, nil
}

// notSent gives what the messenger refuses the codes that the method documents.
func notSent(err error) error {
	switch f := fault.Of(err); {
	case err == nil:
		return nil
	case f.Kind == fault.Internal, f.Kind == fault.Unavailable:
		return err
	case errors.Is(err, im.ErrAccess), errors.Is(err, im.ErrNoChat):
		return errDenied.Because(err)
	case errors.Is(err, im.ErrMessageEmpty):
		return errEmpty.Because(err)
	default:
		return fault.New(fault.Invalid, errSending.Code, f.Text).Because(err).At(f.Field)
	}
}

// messageUpdateParams are the parameters of imbot.v2.Chat.Message.update. What is absent stays as it is.
type messageUpdateParams struct {
	BotID     int64               `b24:"botId,needed"`
	Token     string              `b24:"botToken"`
	MessageID int64               `b24:"messageId,required"`
	Fields    messageUpdateFields `b24:"fields,required"`
}

type messageUpdateFields struct {
	Message    *string        `b24:"message"`
	Attach     *phpform.Value `b24:"attach"`
	Keyboard   *phpform.Value `b24:"keyboard"`
	URLPreview *bool          `b24:"urlPreview"`
}

func (f messageUpdateFields) change(b bot.Bot) (ch im.Change, err error) {
	ch.Text = f.Message
	if f.URLPreview != nil {
		no := !*f.URLPreview
		ch.NoPreview = &no
	}
	if f.Attach != nil {
		cards, err := attach.ParseWideAttach(*f.Attach)
		if err != nil {
			return ch, err
		}
		ch.Attach = &cards
	}
	if f.Keyboard != nil {
		k, err := attach.ParseKeyboard(*f.Keyboard)
		if err != nil {
			return ch, err
		}
		k = k.ForBot(b.ID)
		ch.Keyboard = &k
	}
	return ch, nil
}

func (h handlers) messageUpdate(ctx context.Context, c *rest.Call, p messageUpdateParams) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	ch, err := p.Fields.change(b)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.Update(ctx, b.ID, p.MessageID, ch)))
}

// messageDeleteParams are the parameters of imbot.v2.Chat.Message.delete.
type messageDeleteParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	MessageID int64  `b24:"messageId,required"`
	Complete  bool   `b24:"complete"`
}

func (h handlers) messageDelete(ctx context.Context, c *rest.Call, p messageDeleteParams) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	return answer(denied(h.IM.Delete(ctx, b.ID, p.MessageID, p.Complete)))
}

// messageParams are the parameters of methods about one message.
type messageParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	MessageID int64  `b24:"messageId,required"`
}

var (
	errTypeNotAllowed = fault.New(fault.Denied, "BOT_TYPE_NOT_ALLOWED", "Bot type not allowed")
	errNoMessage      = fault.New(fault.Invalid, "MESSAGE_NOT_FOUND", "Message not found")
	errNoMessageHere  = fault.New(fault.Denied, "MESSAGE_ACCESS_DENIED", "Message access denied")
)

// reader returns the bot, which must be of a type that may read what was not said to it.
func (h handlers) reader(ctx context.Context, c *rest.Call, id int64, token string) (bot.Bot, error) {
	b, err := h.owned(ctx, c, id, token)
	if err == nil && b.Type != bot.Supervisor && b.Type != bot.Personal {
		err = errTypeNotAllowed
	}
	return b, err
}

// visible returns a message that a bot may see.
func (h handlers) visible(ctx context.Context, b bot.Bot, messageID int64) (im.Message, error) {
	m, _, err := h.IM.Message(ctx, b.ID, messageID)
	if !errors.Is(err, im.ErrNoMessage) {
		return m, err
	}
	exists, err := h.IM.Exists(ctx, messageID)
	if err == nil && exists {
		return m, errNoMessageHere
	}
	if err == nil {
		err = errNoMessage
	}
	return m, err
}

func (h handlers) messageGet(ctx context.Context, c *rest.Call, p messageParams) (phpform.Value, error) {
	b, err := h.reader(ctx, c, p.BotID, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	m, err := h.visible(ctx, b, p.MessageID)
	if err != nil {
		return phpform.Value{}, err
	}
	readers, err := h.IM.Readers(ctx, m.ChatID)
	if err != nil {
		return phpform.Value{}, err
	}
	v := h.view(c)
	author, err := h.author(ctx, v, m.AuthorID)
	return phpform.ArrayOf(entry("message", phpform.ArrayOf(v.Message(m, readers.Seen(m))...)), entry("user", author)), err
}

// author is the author of a message; an empty object for a system message.
func (h handlers) author(ctx context.Context, v botv2.View, id int64) (phpform.Value, error) {
	users, err := h.people(ctx, v, []int64{id})
	if err != nil || len(users) == 0 {
		return phpform.EmptyObject(), err
	}
	return users[0], nil
}

// contextParams are the parameters of imbot.v2.Chat.Message.getContext.
type contextParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	MessageID int64  `b24:"messageId,required"`
	Range     int64  `b24:"range"`
}

const maxRange = 50

func (h handlers) messageContext(ctx context.Context, c *rest.Call, p contextParams) (phpform.Value, error) {
	b, err := h.reader(ctx, c, p.BotID, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	m, err := h.visible(ctx, b, p.MessageID)
	if err != nil {
		return phpform.Value{}, err
	}
	side := p.Range
	if side <= 0 || side > maxRange {
		side = maxRange
	}
	older, err := h.IM.Messages(ctx, b.ID, im.History{ChatID: m.ChatID, Before: m.ID + 1, Limit: side + 1})
	if err != nil {
		return phpform.Value{}, err
	}
	newer, err := h.IM.Messages(ctx, b.ID, im.History{ChatID: m.ChatID, After: m.ID, Limit: side})
	if err != nil {
		return phpform.Value{}, err
	}
	slices.Reverse(older.Messages)
	return h.window(ctx, c, m.ChatID, slices.Concat(older.Messages, newer.Messages), older.More, newer.More)
}

// window answers a part of a chat, the oldest first, with its authors.
func (h handlers) window(ctx context.Context, c *rest.Call, chatID int64, messages []im.Message, prev, next bool) (phpform.Value, error) {
	readers, err := h.IM.Readers(ctx, chatID)
	if err != nil {
		return phpform.Value{}, err
	}
	v := h.view(c)
	list := make([]phpform.Value, len(messages))
	var authors []int64
	for i, m := range messages {
		list[i] = phpform.ArrayOf(v.Message(m, readers.Seen(m))...)
		if m.AuthorID != 0 {
			authors = append(authors, m.AuthorID)
		}
	}
	slices.Sort(authors)
	users, err := h.people(ctx, v, slices.Compact(authors))
	return phpform.ArrayOf(entry("messages", phpform.ListOf(list...)), entry("users", phpform.ListOf(users...)),
		entry("hasPrevPage", phpform.BoolOf(prev)), entry("hasNextPage", phpform.BoolOf(next))), err
}

// readParams are the parameters of imbot.v2.Chat.Message.read.
type readParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	DialogID  string `b24:"dialogId,required"`
	MessageID int64  `b24:"messageId"`
}

type readView struct {
	ChatID  int64   `json:"chatId"`
	LastID  int64   `json:"lastId"`
	Counter int64   `json:"counter"`
	Viewed  []int64 `json:"viewedMessages"`
}

func (h handlers) messageRead(ctx context.Context, c *rest.Call, p readParams) (readView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return readView{}, err
	}
	chat, err := h.dialog(ctx, b, p.DialogID)
	if err != nil {
		return readView{}, err
	}
	if p.MessageID != 0 {
		if m, _, err := h.IM.Message(ctx, b.ID, p.MessageID); err != nil || m.ChatID != chat.ID {
			return readView{}, noMessage(err)
		}
	}
	viewed, last, err := h.unread(ctx, b.ID, chat.ID, p.MessageID)
	if err != nil {
		return readView{}, err
	}
	left, err := h.IM.Read(ctx, b.ID, chat.ID, p.MessageID)
	return readView{ChatID: chat.ID, LastID: last, Counter: left, Viewed: viewed}, err
}

func noMessage(err error) error {
	if err == nil || errors.Is(err, im.ErrNoMessage) {
		return errNoMessage.Because(err)
	}
	return err
}

// maxViewed is how many messages that were read an answer names; the latest are left out of a longer list.
const maxViewed = 1000

// unread returns the messages up to one that a bot has not read, and the id up to which it will have read.
func (h handlers) unread(ctx context.Context, botID, chatID, upTo int64) (ids []int64, last int64, err error) {
	ids = []int64{}
	page, err := h.IM.Messages(ctx, botID, im.History{ChatID: chatID, Limit: 1})
	if err != nil {
		return nil, 0, err
	}
	last = page.Member.ReadMessageID
	if upTo == 0 {
		upTo = page.Chat.LastMessageID
	}
	from := last
	last = max(last, upTo)
	for len(ids) < maxViewed {
		page, err := h.IM.Messages(ctx, botID, im.History{ChatID: chatID, After: from, First: true, Limit: 200})
		if err != nil {
			return nil, 0, err
		}
		for _, m := range page.Messages {
			if m.ID > upTo {
				return ids, last, nil
			}
			from = m.ID
			if m.SenderID != botID {
				ids = append(ids, m.ID)
			}
		}
		if !page.More {
			return ids, last, nil
		}
	}
	return ids, last, nil
}

// reactionParams are the parameters of the methods of reactions.
type reactionParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	MessageID int64  `b24:"messageId,required"`
	Reaction  string `b24:"reaction,required"`
}

var (
	errReaction    = fault.New(fault.Invalid, "REACTION_NOT_FOUND", "Reaction not found")
	errReactionSet = fault.New(fault.Invalid, "REACTION_ALREADY_SET", "Reaction already set")
)

func (h handlers) reactionAdd(ctx context.Context, c *rest.Call, p reactionParams) (done, error) {
	changed, err := h.react(ctx, c, p, true)
	if err == nil && !changed {
		err = errReactionSet
	}
	return answer(err)
}

func (h handlers) reactionDelete(ctx context.Context, c *rest.Call, p reactionParams) (done, error) {
	_, err := h.react(ctx, c, p, false)
	return answer(err)
}

func (h handlers) react(ctx context.Context, c *rest.Call, p reactionParams, on bool) (bool, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return false, err
	}
	changed, err := h.IM.React(ctx, b.ID, p.MessageID, strings.TrimSpace(p.Reaction), on)
	if errors.Is(err, im.ErrReaction) {
		return false, errReaction.Because(err)
	}
	return changed, denied(err)
}
