package botrest

import (
	"context"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// messageAddParams are the parameters of imbot.message.add.
type messageAddParams struct {
	BotID         int64         `b24:"BOT_ID"`
	DialogID      string        `b24:"DIALOG_ID"`
	FromUserID    int64         `b24:"FROM_USER_ID"`
	ToUserID      int64         `b24:"TO_USER_ID"`
	Message       string        `b24:"MESSAGE,needed"`
	Attach        phpform.Value `b24:"ATTACH"`
	Keyboard      phpform.Value `b24:"KEYBOARD"`
	Menu          phpform.Value `b24:"MENU"`
	System        bool          `b24:"SYSTEM"`
	URLPreview    *bool         `b24:"URL_PREVIEW"`
	SkipConnector bool          `b24:"SKIP_CONNECTOR"`
	ClientID      string        `b24:"CLIENT_ID"`
}

func (h handlers) messageAdd(ctx context.Context, c *rest.Call, p messageAddParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return 0, err
	}
	m := bot.Outgoing{
		BotID: p.BotID, DialogID: p.DialogID, FromUserID: p.FromUserID, ToUserID: p.ToUserID, Text: p.Message,
		System: p.System, NoPreview: p.URLPreview != nil && !*p.URLPreview, SkipConnector: p.SkipConnector,
	}
	if m.Attach, err = attach.ParseAttach(p.Attach); err != nil {
		return 0, err
	}
	if m.Keyboard, err = attach.ParseKeyboard(p.Keyboard); err != nil {
		return 0, err
	}
	if m.Menu, err = attach.ParseMenu(p.Menu); err != nil {
		return 0, err
	}
	return h.bots.Send(ctx, o, m)
}

// messageUpdateParams are the parameters of imbot.message.update. What is absent stays as it is.
type messageUpdateParams struct {
	BotID         int64          `b24:"BOT_ID"`
	MessageID     int64          `b24:"MESSAGE_ID,needed"`
	Message       *string        `b24:"MESSAGE"`
	Attach        *phpform.Value `b24:"ATTACH"`
	Keyboard      *phpform.Value `b24:"KEYBOARD"`
	Menu          *phpform.Value `b24:"MENU"`
	URLPreview    *bool          `b24:"URL_PREVIEW"`
	SkipConnector bool           `b24:"SKIP_CONNECTOR"`
	ClientID      string         `b24:"CLIENT_ID"`
}

func (h handlers) messageUpdate(ctx context.Context, c *rest.Call, p messageUpdateParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	change := bot.Change{Text: p.Message, SkipConnector: p.SkipConnector, NoPreview: p.noPreview()}
	if change.Attach, err = part(p.Attach, attach.ParseAttach); err != nil {
		return false, err
	}
	if change.Keyboard, err = part(p.Keyboard, attach.ParseKeyboard); err != nil {
		return false, err
	}
	if change.Menu, err = part(p.Menu, attach.ParseMenu); err != nil {
		return false, err
	}
	err = h.bots.Edit(ctx, o, p.BotID, p.MessageID, change)
	return err == nil, err
}

// noPreview is about the links of a new text, which are shown as cards unless the call says otherwise. Without a new text
// and without a word about it, it stays as it is.
func (p messageUpdateParams) noPreview() *bool {
	if p.URLPreview == nil && p.Message == nil {
		return nil
	}
	no := p.URLPreview != nil && !*p.URLPreview
	return &no
}

// part parses a part of a message that is to be changed; nil where nothing was said about it.
func part[T any](v *phpform.Value, parse func(phpform.Value) (T, error)) (*T, error) {
	if v == nil {
		return nil, nil
	}
	out, err := parse(*v)
	return &out, err
}

// messageDeleteParams are the parameters of imbot.message.delete.
type messageDeleteParams struct {
	BotID     int64  `b24:"BOT_ID"`
	MessageID int64  `b24:"MESSAGE_ID,needed"`
	Complete  bool   `b24:"COMPLETE"`
	ClientID  string `b24:"CLIENT_ID"`
}

func (h handlers) messageDelete(ctx context.Context, c *rest.Call, p messageDeleteParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.Delete(ctx, o, p.BotID, p.MessageID, p.Complete)
	return err == nil, err
}

// sendTypingParams are the parameters of imbot.chat.sendTyping.
type sendTypingParams struct {
	BotID    int64  `b24:"BOT_ID"`
	DialogID string `b24:"DIALOG_ID,needed"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) sendTyping(ctx context.Context, c *rest.Call, p sendTypingParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.Typing(ctx, o, p.BotID, p.DialogID)
	return err == nil, err
}
