package openlinerest

import (
	"context"
	"errors"
	"slices"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/rest"
)

// QuickChat is a chat as saving canned answers sees it.
type QuickChat struct {
	LineID int64 // of its last conversation with a client; 0: it is no chat of an open channel
	Member bool  // who calls is in it
}

// QuickChats looks at chats.
type QuickChats interface {
	// Chat returns a chat, whoever may see it. A fault NotFound where there is none.
	Chat(ctx context.Context, viewer, chatID int64) (QuickChat, error)
	// Text returns what a message of the chat says, in BB code. A fault NotFound where there is none.
	Text(ctx context.Context, chatID, messageID int64) (string, error)
}

// QuickMethods is what imopenlines.message.quick.save needs.
type QuickMethods struct {
	Lines   *line.Service
	Answers *answer.Service
	Chats   QuickChats
}

// The documented faults. Page: api-reference/imopenlines/openlines/messages/imopenlines-message-quick-save.md.
var (
	errChatID   = fault.New(fault.Invalid, "CHAT_ID", "Invalid chat identifier provided")
	errChatType = fault.New(fault.Invalid, "CHAT_TYPE", "The specified chat is not an open line")
	errQuick    = fault.New(fault.Invalid, "CANT_SAVE_QUICK_ANSWER", "Error saving quick answer")
	errNoAccess = fault.New(fault.Invalid, "ACCESS_DENIED", "Insufficient rights to open the specified chat")
)

// RegisterQuick adds imopenlines.message.quick.save.
func RegisterQuick(r *rest.Registry, m QuickMethods) {
	r.Add(rest.M("imopenlines.message.quick.save", "imopenlines", rest.Everyone, "Keeps a message as a canned answer for everybody.",
		quick{m}.save, rest.Doc("api-reference/imopenlines/openlines/messages/imopenlines-message-quick-save.md")))
}

type quick struct{ QuickMethods }

// quickParams are the parameters of imopenlines.message.quick.save.
type quickParams struct {
	ChatID    int64 `b24:"CHAT_ID,needed"`
	MessageID int64 `b24:"MESSAGE_ID,needed"`
}

// save keeps a message in the list of the chat's line, or among all shared answers where the line has none.
func (h quick) save(ctx context.Context, c *rest.Call, p quickParams) (bool, error) {
	if p.ChatID <= 0 {
		return false, errChatID
	}
	chat, err := h.Chats.Chat(ctx, c.UserID, p.ChatID)
	if fault.KindOf(err) == fault.NotFound {
		return false, errChatID
	}
	if err != nil {
		return false, err
	}
	l, err := h.lineOf(ctx, chat)
	if err != nil {
		return false, err
	}
	if err := h.allowed(ctx, c, chat, l); err != nil {
		return false, err
	}
	text, err := h.Chats.Text(ctx, p.ChatID, p.MessageID)
	if fault.KindOf(err) == fault.NotFound {
		return false, errQuick
	}
	if err != nil {
		return false, err
	}
	_, err = h.Answers.Keep(ctx, actor(c), l.QuickAnswersID, text)
	if f := fault.KindOf(err); err != nil && f != fault.Internal {
		return false, errQuick.Because(err)
	}
	return err == nil, err
}

// lineOf returns the line of a chat; without settings where it was deleted.
func (h quick) lineOf(ctx context.Context, chat QuickChat) (line.Line, error) {
	if chat.LineID == 0 {
		return line.Line{}, errChatType
	}
	l, err := h.Lines.Get(ctx, chat.LineID)
	if errors.Is(err, line.ErrNotFound) {
		return line.Line{}, nil
	}
	return l, err
}

// allowed fails for who neither manages the line, nor answers in it, nor is in the chat.
func (h quick) allowed(ctx context.Context, c *rest.Call, chat QuickChat, l line.Line) error {
	if chat.Member || line.MayManage(actor(c), l) {
		return nil
	}
	operators, err := h.Lines.Queue(ctx, l)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(operators, func(o line.Operator) bool { return o.UserID == c.UserID }) {
		return nil
	}
	return errNoAccess
}
