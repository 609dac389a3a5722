package botrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// commandRegisterParams are the parameters of imbot.command.register. LANG is a list, or one language.
type commandRegisterParams struct {
	BotID    int64         `b24:"BOT_ID,needed"`
	Command  string        `b24:"COMMAND,needed"`
	Handler  string        `b24:"EVENT_COMMAND_ADD,needed"`
	Lang     phpform.Value `b24:"LANG,needed"`
	Common   bool          `b24:"COMMON"`
	Hidden   bool          `b24:"HIDDEN"`
	Extranet bool          `b24:"EXTRANET_SUPPORT"`
	ClientID string        `b24:"CLIENT_ID"`
}

func (h handlers) commandRegister(ctx context.Context, c *rest.Call, p commandRegisterParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return 0, err
	}
	help, ok := parseHelp(p.Lang)
	n := bot.NewCommand{
		BotID: p.BotID, Name: p.Command, Handler: strings.TrimSpace(p.Handler), Common: p.Common, Hidden: p.Hidden,
		Extranet: p.Extranet, Help: help,
	}
	if p.BotID <= 0 {
		n.BotID = -1 // no bot, not the first one
	}
	if !ok {
		n.Help = []bot.Help{{}} // refused behind what is checked first
	}
	return h.bots.RegisterCommand(ctx, o, n)
}

// parseHelp reads LANG. It reports false for what is none.
func parseHelp(v phpform.Value) ([]bot.Help, bool) {
	list, ok := languages(v)
	var out []bot.Help
	for _, e := range list {
		out = append(out, bot.Help{Language: e.Key, Title: titleOf(e.Value), Params: helpText(e.Value, "PARAMS")})
	}
	return out, ok
}

// languages reads words by language: a list of languages, one of them, or, as some send it, an object by language with the title
// or the fields. It reports false for what is none of these.
func languages(v phpform.Value) ([]phpform.Entry, bool) {
	if v.Empty() {
		return nil, true
	}
	if !v.IsArray() {
		parsed, err := phpform.ParseJSON([]byte(v.Text()), phpform.Limits{})
		if err != nil || !parsed.IsArray() {
			return nil, false
		}
		v = parsed
	}
	if _, one := v.GetFold("LANGUAGE_ID"); one {
		v = phpform.ListOf(v)
	}
	var out []phpform.Entry
	for _, e := range v.Entries() {
		language := helpText(e.Value, "LANGUAGE_ID")
		if language == "" && strings.Trim(e.Key, "0123456789") != "" {
			language = e.Key
		}
		out = append(out, phpform.Entry{Key: language, Value: e.Value})
	}
	return out, true
}

// titleOf is the title among the words of a language, which may be all that there is of them.
func titleOf(v phpform.Value) string {
	if !v.IsArray() {
		return strings.TrimSpace(v.Text())
	}
	return helpText(v, "TITLE")
}

func helpText(v phpform.Value, key string) string {
	if !v.IsArray() {
		return ""
	}
	found, _ := v.GetFold(key)
	return strings.TrimSpace(found.Text())
}

// commandUpdateParams are the parameters of imbot.command.update.
type commandUpdateParams struct {
	CommandID int64         `b24:"COMMAND_ID,needed"`
	Fields    commandFields `b24:"FIELDS,needed"`
	ClientID  string        `b24:"CLIENT_ID"`
}

type commandFields struct {
	Command  string        `b24:"COMMAND"`
	Handler  string        `b24:"EVENT_COMMAND_ADD"`
	Hidden   *bool         `b24:"HIDDEN"`
	Extranet *bool         `b24:"EXTRANET_SUPPORT"`
	Lang     phpform.Value `b24:"LANG"`
}

func (h handlers) commandUpdate(ctx context.Context, c *rest.Call, p commandUpdateParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	help, ok := parseHelp(p.Fields.Lang)
	if !ok {
		help = []bot.Help{{}}
	}
	err = h.bots.UpdateCommand(ctx, o, p.CommandID, bot.CommandChange{
		Name: p.Fields.Command, Handler: strings.TrimSpace(p.Fields.Handler), Hidden: p.Fields.Hidden, Extranet: p.Fields.Extranet,
		Help: help,
	})
	return err == nil, said(err, bot.ErrForeignCommand, foreignCommand)
}

// commandUnregisterParams are the parameters of imbot.command.unregister.
type commandUnregisterParams struct {
	CommandID int64  `b24:"COMMAND_ID,needed"`
	ClientID  string `b24:"CLIENT_ID"`
}

func (h handlers) commandUnregister(ctx context.Context, c *rest.Call, p commandUnregisterParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.UnregisterCommand(ctx, o, p.CommandID)
	return err == nil, err
}

// commandAnswerParams are the parameters of imbot.command.answer.
type commandAnswerParams struct {
	CommandID  int64         `b24:"COMMAND_ID"`
	Command    string        `b24:"COMMAND"`
	MessageID  int64         `b24:"MESSAGE_ID,needed"`
	Message    string        `b24:"MESSAGE"`
	Attach     phpform.Value `b24:"ATTACH"`
	Keyboard   phpform.Value `b24:"KEYBOARD"`
	Menu       phpform.Value `b24:"MENU"`
	System     bool          `b24:"SYSTEM"`
	URLPreview *bool         `b24:"URL_PREVIEW"`
	ClientID   string        `b24:"CLIENT_ID"`
}

func (h handlers) commandAnswer(ctx context.Context, c *rest.Call, p commandAnswerParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return 0, err
	}
	var command bot.Command
	if p.CommandID != 0 {
		command, err = h.bots.OwnedCommand(ctx, o, p.CommandID)
	} else {
		command, err = h.bots.CommandNamed(ctx, o, p.Command)
	}
	if err != nil {
		return 0, said(err, bot.ErrForeignCommand, foreignCommand)
	}
	m := bot.Outgoing{Text: p.Message, System: p.System, NoPreview: p.URLPreview != nil && !*p.URLPreview}
	if m.Attach, err = attach.ParseAttach(p.Attach); err != nil {
		return 0, err
	}
	if m.Keyboard, err = attach.ParseKeyboard(p.Keyboard); err != nil {
		return 0, err
	}
	if m.Menu, err = attach.ParseMenu(p.Menu); err != nil {
		return 0, err
	}
	return h.bots.Answer(ctx, o, command, p.MessageID, m)
}

// messageCommandParams are the parameters of im.message.command.
type messageCommandParams struct {
	MessageID int64         `b24:"MESSAGE_ID,needed"`
	BotID     int64         `b24:"BOT_ID,needed"`
	Command   string        `b24:"COMMAND,needed"`
	Params    phpform.Value `b24:"COMMAND_PARAMS"`
}

// messageCommand is what a press of a button does, for applications that show keyboards themselves.
func (h handlers) messageCommand(ctx context.Context, c *rest.Call, p messageCommandParams) (bool, error) {
	switch {
	case p.MessageID <= 0:
		return false, bot.ErrInvokeMessage
	case p.BotID <= 0:
		return false, bot.ErrInvokeBot
	case strings.TrimSpace(p.Command) == "":
		return false, bot.ErrInvokeEmpty
	case p.Params.IsArray() && p.Params.Len() > 0:
		return false, bot.ErrInvokeCommand
	}
	err := h.bots.Invoke(ctx, bot.Invocation{
		UserID: c.UserID, MessageID: p.MessageID, BotID: p.BotID, Command: p.Command, Params: p.Params.Text(), Context: bot.FromKeyboard,
	})
	return err == nil, err
}
