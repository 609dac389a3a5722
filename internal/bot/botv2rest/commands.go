package botv2rest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerCommands(r *rest.Registry) {
	const page = pages + "imbot.v2/commands/"
	r.Add(
		rest.M("imbot.v2.Command.register", "imbot", rest.Everyone, "Registers a slash command of a bot.", h.commandRegister,
			rest.Doc(page+"command-register.md")),
		rest.M("imbot.v2.Command.update", "imbot", rest.Everyone, "Changes a slash command of a bot.", h.commandUpdate, rest.Doc(page+"command-update.md")),
		rest.M("imbot.v2.Command.unregister", "imbot", rest.Everyone, "Removes a slash command of a bot.", h.commandUnregister,
			rest.Doc(page+"command-unregister.md")),
		rest.M("imbot.v2.Command.list", "imbot", rest.Everyone, "Lists the slash commands of a bot.", h.commandList, rest.Doc(page+"command-list.md")),
		rest.M("imbot.v2.Command.answer", "imbot", rest.Everyone, "Answers a slash command.", h.commandAnswer, rest.Doc(page+"command-answer.md")),
	)
}

// commandFields describe a command.
type commandFields struct {
	Command  *phpform.Value `b24:"command"`
	Title    phpform.Value  `b24:"title"`
	Params   phpform.Value  `b24:"params"`
	Common   *bool          `b24:"common"`
	Hidden   *bool          `b24:"hidden"`
	Extranet *bool          `b24:"extranetSupport"`
}

// newCommandFields describe a new command, which has a name.
type newCommandFields struct {
	Command  *phpform.Value `b24:"command,needed"`
	Title    phpform.Value  `b24:"title"`
	Params   phpform.Value  `b24:"params"`
	Common   *bool          `b24:"common"`
	Hidden   *bool          `b24:"hidden"`
	Extranet *bool          `b24:"extranetSupport"`
}

// commandRegisterParams are the parameters of imbot.v2.Command.register. Older clients send the fields beside botId.
type commandRegisterParams struct {
	BotID    int64             `b24:"botId,needed"`
	Token    string            `b24:"botToken"`
	Fields   *newCommandFields `b24:"fields,needed"`
	Command  *phpform.Value    `b24:"command"`
	Title    phpform.Value     `b24:"title"`
	Params   phpform.Value     `b24:"params"`
	Common   *bool             `b24:"common"`
	Hidden   *bool             `b24:"hidden"`
	Extranet *bool             `b24:"extranetSupport"`
}

func (p commandRegisterParams) fields() commandFields {
	if p.Fields != nil {
		return commandFields(*p.Fields)
	}
	return commandFields{p.Command, p.Title, p.Params, p.Common, p.Hidden, p.Extranet}
}

// commandView is a command as the methods that change it answer it.
type commandView struct {
	ID       int64  `json:"id"`
	BotID    int64  `json:"botId"`
	Command  string `json:"command"`
	Common   bool   `json:"common"`
	Hidden   bool   `json:"hidden"`
	Extranet bool   `json:"extranetSupport"`
}

type commandAnswer struct {
	Command commandView `json:"command"`
}

func viewOf(c bot.Command) commandView {
	return commandView{ID: c.ID, BotID: c.BotID, Command: "/" + c.Name, Common: c.Common, Hidden: c.Hidden, Extranet: c.Extranet}
}

func (h handlers) commandRegister(ctx context.Context, c *rest.Call, p commandRegisterParams) (commandAnswer, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return commandAnswer{}, err
	}
	f := p.fields()
	if err := f.plain(); err != nil {
		return commandAnswer{}, err
	}
	n := bot.NewCommand{BotID: b.ID, Common: isSet(f.Common), Hidden: isSet(f.Hidden), Extranet: isSet(f.Extranet), Help: help(f.Title, f.Params)}
	if n.Name, err = nameOf(f.Command); err != nil {
		return commandAnswer{}, err
	}
	command, err := h.Bots.RegisterSecondCommand(ctx, b.Owner, n)
	return commandAnswer{viewOf(command)}, err
}

func isSet(flag *bool) bool { return flag != nil && *flag }

// nameOf reads the name of a command, which must be a text.
func nameOf(v *phpform.Value) (string, error) {
	if v == nil || v.IsNull() {
		return "", nil
	}
	if v.Kind() != phpform.String && v.Kind() != phpform.Number {
		return "", bot.ErrSecondCommandName
	}
	return v.Text(), nil
}

// plainLanguage is the language of a text that comes without one.
const plainLanguage = "en"

// byLanguage returns texts by language. One text alone is the English one.
func byLanguage(v phpform.Value) []phpform.Entry {
	if v.IsArray() || v.Text() == "" {
		return v.Entries()
	}
	return []phpform.Entry{{Key: plainLanguage, Value: v}}
}

// plain returns a fault where a title or a hint of some language is no text.
func (f commandFields) plain() error {
	for _, v := range []struct {
		name  string
		texts phpform.Value
	}{{"title", f.Title}, {"params", f.Params}} {
		for _, e := range v.texts.Entries() {
			if e.Value.IsArray() {
				return fault.Argument("fields."+v.name+"."+e.Key, "Argument 'fields."+v.name+"."+e.Key+"' must be a single value")
			}
		}
	}
	return nil
}

// help joins titles and hints, each by language.
func help(titles, params phpform.Value) (out []bot.Help) {
	for _, e := range byLanguage(titles) {
		if text := e.Value.Text(); text != "" {
			out = append(out, bot.Help{Language: strings.ToLower(e.Key), Title: text, Params: hint(params, e.Key)})
		}
	}
	return out
}

func hint(params phpform.Value, language string) string {
	if !params.IsArray() {
		return params.Text()
	}
	v, _ := params.GetFold(language)
	return v.Text()
}

// commandUpdateParams are the parameters of imbot.v2.Command.update.
type commandUpdateParams struct {
	BotID     int64         `b24:"botId,needed"`
	Token     string        `b24:"botToken"`
	CommandID int64         `b24:"commandId,needed"`
	Fields    commandFields `b24:"fields,required"`
}

func (h handlers) commandUpdate(ctx context.Context, c *rest.Call, p commandUpdateParams) (commandAnswer, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return commandAnswer{}, err
	}
	f := p.Fields
	if err := f.plain(); err != nil {
		return commandAnswer{}, err
	}
	ch := bot.SecondCommandChange{Common: f.Common, Hidden: f.Hidden, Extranet: f.Extranet, Titles: map[string]*string{}, Params: map[string]string{}}
	if f.Command != nil {
		name, err := nameOf(f.Command)
		if err != nil {
			return commandAnswer{}, err
		}
		ch.Name = &name
	}
	for _, e := range byLanguage(f.Title) {
		language := strings.ToLower(e.Key)
		ch.Titles[language] = nil
		if text := e.Value.Text(); !e.Value.IsNull() && text != "" {
			ch.Titles[language] = &text
		}
	}
	for _, e := range byLanguage(f.Params) {
		ch.Params[strings.ToLower(e.Key)] = e.Value.Text()
	}
	command, err := h.Bots.UpdateSecondCommand(ctx, b.Owner, b.ID, p.CommandID, ch)
	return commandAnswer{viewOf(command)}, err
}

// commandParams are the parameters of methods about one command.
type commandParams struct {
	BotID     int64  `b24:"botId,needed"`
	Token     string `b24:"botToken"`
	CommandID int64  `b24:"commandId,needed"`
}

func (h handlers) commandUnregister(ctx context.Context, c *rest.Call, p commandParams) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	return answer(h.Bots.UnregisterSecondCommand(ctx, b.Owner, b.ID, p.CommandID))
}

type commandsView struct {
	Commands []listedCommand `json:"commands"`
}

// listedCommand is a command with what people read of it.
type listedCommand struct {
	ID       int64  `json:"id"`
	BotID    int64  `json:"botId"`
	Command  string `json:"command"`
	Title    string `json:"title"`
	Params   string `json:"params"`
	Common   bool   `json:"common"`
	Hidden   bool   `json:"hidden"`
	Extranet bool   `json:"extranetSupport"`
	Category string `json:"category"`
	Context  string `json:"context"`
}

func (h handlers) commandList(ctx context.Context, c *rest.Call, p botParams) (commandsView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return commandsView{}, err
	}
	users, err := h.Users.Many(ctx, []int64{b.ID})
	if err != nil {
		return commandsView{}, err
	}
	out := commandsView{Commands: make([]listedCommand, len(b.Commands))}
	for i, command := range b.Commands {
		v, words := viewOf(command), command.In(h.Language)
		out.Commands[i] = listedCommand{
			ID: v.ID, BotID: v.BotID, Command: v.Command, Title: words.Title, Params: words.Params, Common: v.Common, Hidden: v.Hidden,
			Extranet: v.Extranet, Category: users[b.ID].DisplayName(),
		}
	}
	return out, nil
}

// commandAnswerParams are the parameters of imbot.v2.Command.answer.
type commandAnswerParams struct {
	BotID     int64   `b24:"botId,needed"`
	Token     string  `b24:"botToken"`
	CommandID int64   `b24:"commandId,needed"`
	MessageID int64   `b24:"messageId,needed"`
	DialogID  string  `b24:"dialogId,needed"`
	Fields    content `b24:"fields"`
}

// commandAnswer answers where the command was called. That is known from the message; the dialog must be the same as far as the
// bot can see it.
func (h handlers) commandAnswer(ctx context.Context, c *rest.Call, p commandAnswerParams) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	command, err := h.Bots.SecondCommand(ctx, b.Owner, b.ID, p.CommandID)
	if err != nil {
		return done{}, notAnswered(err)
	}
	if _, chat, err := h.IM.Message(ctx, b.ID, p.MessageID); err == nil && chat.DialogID(b.ID) != strings.ToLower(strings.TrimSpace(p.DialogID)) {
		return done{}, bot.ErrSecondAnswer.At("dialogId")
	}
	n, err := p.Fields.message(b)
	if err != nil {
		return done{}, notAnswered(err)
	}
	_, err = h.Bots.Answer(ctx, b.Owner, command, p.MessageID, bot.Outgoing{
		Text: n.Text, Attach: n.Attach, Keyboard: n.Keyboard, System: n.System, NoPreview: n.NoPreview,
	})
	if err == nil {
		err = h.Second.Sent(ctx, b.ID)
	}
	return answer(notAnswered(err))
}

// notAnswered gives what is refused the one code that the method documents for it.
func notAnswered(err error) error {
	switch f := fault.Of(err); {
	case err == nil:
		return nil
	case f.Kind == fault.Internal, f.Kind == fault.Unavailable:
		return err
	default:
		return fault.New(fault.Invalid, bot.ErrSecondAnswer.Code, f.Text).Because(err)
	}
}
