package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// Context says how a command was invoked, in the word of the wire.
type Context string

// The contexts of a command.
const (
	FromTextarea Context = "TEXTAREA" // it was written
	FromKeyboard Context = "KEYBOARD" // a button under a message was pressed
	FromMenu     Context = "MENU"     // an item of a message's menu was chosen
)

// maxInvoked is how many commands one message may invoke.
const maxInvoked = 10

// call is a command with what stands behind it.
type call struct {
	name, params string
}

// calls returns the commands that a text consists of: each line that begins with a slash is one.
func calls(text string) (out []call) {
	if !strings.Contains(text, "/") {
		return nil
	}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "/")
		if !ok {
			continue
		}
		name, params, _ := strings.Cut(rest, " ")
		if isCommandName(name) {
			out = append(out, call{name, strings.TrimSpace(params)})
		}
		if len(out) == maxInvoked {
			break
		}
	}
	return out
}

// isCommandName reports whether a word may be a command: a path like /etc/hosts is none.
func isCommandName(word string) bool {
	for i, r := range word {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (i == 0 || r != '_' && r != '-' && r != '.' && r != ':') {
			return false
		}
	}
	return word != ""
}

// invoked is a command of a bot that somebody invoked.
type invoked struct {
	Command

	bot    *Bot
	params string
	member bool // the bot is in the chat
}

// invokedBy returns the commands that a message invokes: of the bots in its chat, and those that work everywhere.
func (r *roster) invokedBy(e *MessageEvent, outsider bool) (out []invoked) {
	if e.Message.System || e.Message.AuthorID == 0 {
		return nil
	}
	for _, c := range calls(e.Message.Text) {
		for i := range r.all {
			b := &r.all[i]
			found, ok := b.command(c.name)
			if !ok || b.ID == e.Message.AuthorID {
				continue
			}
			in := invoked{Command: found, bot: b, params: c.params, member: slices.Contains(e.BotIDs, b.ID)}
			if in.reaches(&e.Chat, outsider) {
				out = append(out, in)
			}
		}
	}
	return out
}

// reaches reports whether the command works in a chat for somebody.
func (in *invoked) reaches(c *Chat, outsider bool) bool {
	switch {
	case outsider && !in.Extranet, !in.member && !in.Common:
		return false
	case in.bot.Type == OpenLine:
		return c.lines()
	case c.lines():
		return in.bot.OpenLine || in.bot.Type == Supervisor
	}
	return true
}

// mayInvoke reports whether a text holds a command of any bot, so that the rest is not looked at in vain.
func (r *roster) mayInvoke(text string) bool {
	for _, c := range calls(text) {
		for i := range r.all {
			if _, ok := r.all[i].command(c.name); ok {
				return true
			}
		}
	}
	return false
}

// commandsTx records ONIMCOMMANDADD for the commands that a message invokes, and returns the bots that it has told so: the
// message is not said to them besides.
func (s *Service) commandsTx(ctx context.Context, tx *db.Tx, r *roster, e *MessageEvent) (told []int64, err error) {
	if !r.mayInvoke(e.Message.Text) || e.Message.System || e.Message.AuthorID == 0 {
		return nil, nil
	}
	author, err := s.users.BriefTx(ctx, tx, e.Message.AuthorID)
	if err != nil {
		return nil, fmt.Errorf("read user %d: %w", e.Message.AuthorID, err)
	}
	if author.Kind == user.Bot {
		return nil, nil // a bot's answer may begin with a slash
	}
	list := r.invokedBy(e, author.Kind == user.Extranet)
	for len(list) > 0 {
		first := list[0]
		same := func(in invoked) bool { return in.BotID == first.BotID && in.Handler == first.Handler }
		var group []invoked
		list = slices.DeleteFunc(list, func(in invoked) bool {
			if same(in) {
				group = append(group, in)
				return true
			}
			return false
		})
		if err := s.invokeTx(ctx, tx, e, FromTextarea, author, group); err != nil {
			return nil, err
		}
		told = append(told, first.BotID)
	}
	return told, nil
}

// invokeTx records one ONIMCOMMANDADD for commands of one bot with one handler.
// Page: api-reference/chat-bots/outdated/commands/events/on-im-command-add.md.
func (s *Service) invokeTx(ctx context.Context, tx *db.Tx, e *MessageEvent, how Context, author user.Brief, group []invoked) error {
	b := group[0].bot
	if b.Second != nil {
		return s.invokeSecondTx(ctx, tx, e, how, author, group)
	}
	entries := make([]phpform.Entry, 0, len(group))
	for _, in := range group {
		about := []phpform.Entry{
			integer("BOT_ID", b.ID), text("BOT_CODE", b.Code), text("COMMAND", in.Name), integer("COMMAND_ID", in.ID),
			text("COMMAND_PARAMS", in.params), text("COMMAND_CONTEXT", string(how)), integer("MESSAGE_ID", e.Message.ID),
		}
		if b.Owner.ClientID != "" {
			about = append([]phpform.Entry{text("client_id", b.Owner.ClientID)}, about...)
		}
		entries = append(entries, phpform.Entry{Key: strconv.FormatInt(in.ID, 10), Value: phpform.ArrayOf(about...)})
		if !in.member {
			if err := s.rememberTx(ctx, tx, e, in.ID); err != nil {
				return err
			}
		}
	}
	if b.Type == Human && group[0].member {
		s.typeTx(ctx, tx, b.ID, e.Chat.ID)
	}
	data := phpform.ArrayOf(
		phpform.Entry{Key: "COMMAND", Value: phpform.ArrayOf(entries...)},
		phpform.Entry{Key: "PARAMS", Value: phpform.ArrayOf(s.commandParams(b, e)...)},
		phpform.Entry{Key: "USER", Value: phpform.ArrayOf(
			integer("ID", author.ID), text("NAME", author.Name), text("FIRST_NAME", author.FirstName),
			text("LAST_NAME", author.LastName), text("GENDER", author.Gender),
		)},
	)
	if err := s.awaitTx(ctx, tx, b, e, author.ID); err != nil {
		return err
	}
	return s.sendTx(ctx, tx, b, event.Delivery{URL: group[0].Handler, Name: "ONIMCOMMANDADD", UserID: author.ID, Data: data})
}

// invokeSecondTx tells a bot of the second generation of each of the commands.
func (s *Service) invokeSecondTx(ctx context.Context, tx *db.Tx, e *MessageEvent, how Context, author user.Brief, group []invoked) error {
	b := group[0].bot
	for _, in := range group {
		if !in.member {
			if err := s.rememberTx(ctx, tx, e, in.ID); err != nil {
				return err
			}
		}
		if s.second == nil {
			continue
		}
		c := Invoked{Command: in.Command, Params: in.params, Context: how, MessageID: e.Message.ID, UserID: author.ID}
		if err := s.second.CommandTx(ctx, tx, *b, c); err != nil {
			return err
		}
	}
	return s.awaitTx(ctx, tx, b, e, author.ID)
}

// rememberTx lets the bot of a command answer into a chat that it is not in.
func (s *Service) rememberTx(ctx context.Context, tx *db.Tx, e *MessageEvent, commandID int64) error {
	const q = `INSERT INTO bot_invoked (message_id, command_id, chat_id, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (message_id, command_id) DO UPDATE SET at = excluded.at`
	if err := tx.Later(ctx, q, e.Message.ID, commandID, e.Chat.ID, db.Micro(s.clock.Now())); err != nil {
		return fmt.Errorf("remember command: %w", err)
	}
	return nil
}

// commandParams are the parameters of the message as ONIMCOMMANDADD documents them, which are not quite those of
// ONIMBOTMESSAGEADD.
func (s *Service) commandParams(b *Bot, e *MessageEvent) []phpform.Entry {
	c, m := &e.Chat, &e.Message
	out := []phpform.Entry{
		text("MESSAGE", m.Text),
		text("TEMPLATE_ID", m.UUID),
		text("MESSAGE_TYPE", c.Type),
		integer("FROM_USER_ID", m.AuthorID),
		text("DIALOG_ID", b.dialogFor(c, m.AuthorID)),
		integer("TO_CHAT_ID", c.ID),
		integer("AUTHOR_ID", m.AuthorID),
		yesNo("SYSTEM", m.System),
	}
	if c.Type == chatPrivate {
		out = append(out, integer("TO_USER_ID", c.peer(m.AuthorID)))
	} else {
		out = append(out, integer("CHAT_ID", c.ID), integer("CHAT_PARENT_ID", 0), integer("CHAT_PARENT_MID", 0),
			text("CHAT_TITLE", c.Title), integer("CHAT_AUTHOR_ID", c.OwnerID), text("CHAT_TYPE", c.Type), avatar(c),
			text("CHAT_COLOR", c.ColorCode))
		out = append(out, entity(c, true)...)
		out = append(out, yesNo("CHAT_EXTRANET", c.Extranet), integer("CHAT_PREV_MESSAGE_ID", e.PrevMessageID),
			text("CHAT_CAN_POST", strings.ToUpper(c.CanPost)), integer("RID", m.AuthorID), yesNo("IS_MANAGER", e.byManager()),
			phpform.Entry{Key: "BOT_IN_CHAT", Value: idMap(e.BotIDs)})
	}
	out = append(out,
		yesNo("SKIP_USER_CHECK", true), // who wrote it is a member: that was checked
		yesNo("PUSH", !m.Silent),
		yesNo("PUSH_IMPORTANT", false),
		yesNo("RECENT_ADD", true),
		yesNo("RECENT_SKIP_AUTHOR", false),
		yesNo("CONVERT", false),
		yesNo("SKIP_COMMAND", false),
		yesNo("SKIP_COUNTER_INCREMENTS", m.Silent),
		yesNo("SILENT_CONNECTOR", false),
		yesNo("SKIP_CONNECTOR", false),
		yesNo("IMPORTANT_CONNECTOR", false),
		yesNo("NO_SESSION_OL", false),
		integer("FAKE_RELATION", 0),
		yesNo("SKIP_URL_INDEX", m.NoPreview),
		integer("MESSAGE_ID", m.ID),
	)
	if c.Type == chatPrivate {
		out = append(out, text("CHAT_TYPE", c.Type))
	}
	return append(out, text("LANGUAGE", s.language))
}

// idMap is a list of users by their ids.
func idMap(ids []int64) phpform.Value {
	list := make([]phpform.Entry, len(ids))
	for i, id := range ids {
		list[i] = integer(strconv.FormatInt(id, 10), id)
	}
	return phpform.ArrayOf(list...)
}

// dialogFor is how the bot names the chat; of a private chat that it is not in, how the one who wrote in it does.
func (b *Bot) dialogFor(c *Chat, writer int64) string {
	if c.Type == chatPrivate && c.UserA != b.ID && c.UserB != b.ID {
		return strconv.FormatInt(c.peer(writer), 10)
	}
	return b.dialog(c)
}

// Invocation is the press of a button, or the choice of an item, that carries a command.
type Invocation struct {
	UserID    int64 // who pressed
	MessageID int64 // under which message
	BotID     int64
	Command   string
	Params    string
	Context   Context
	Platform  string // where they pressed, "web" or "mobile"; empty: not known
}

// Invoke tells a bot that somebody invoked one of its commands under a message. It is no message: nothing is written.
//
// Faults: MESSAGE_ID_ERROR for a message that they do not see, BOT_ID_ERROR, COMMAND_ERROR, PARAMS_ERROR where the bot has no such
// command for them in this chat, commands of other bots among them.
// Page: api-reference/chats/messages/im-message-command.md.
func (s *Service) Invoke(ctx context.Context, v Invocation) error {
	e, err := s.messenger.Message(ctx, v.UserID, v.MessageID)
	if err != nil {
		return because(ErrInvokeMessage, err)
	}
	r, err := s.roster(ctx)
	if err != nil {
		return err
	}
	b := r.byID[v.BotID]
	if b == nil {
		return ErrInvokeBot
	}
	name := commandName(v.Command)
	if name == "" {
		return ErrInvokeEmpty
	}
	c, ok := b.command(name)
	if !ok {
		return ErrInvokeCommand
	}
	in := invoked{Command: c, bot: b, params: strings.TrimSpace(v.Params), member: slices.Contains(e.BotIDs, b.ID)}
	// The event tells of the one who pressed as if they had written the command.
	e.Message.Text = strings.TrimSpace("/" + c.Name + " " + in.params)
	e.Message.AuthorID, e.Message.SenderID, e.Message.System, e.ActorID = v.UserID, v.UserID, false, v.UserID
	e.Platform = v.Platform
	return s.db.Write(ctx, func(tx *db.Tx) error {
		presser, err := s.users.BriefTx(ctx, tx, v.UserID)
		if err != nil {
			return fmt.Errorf("read user %d: %w", v.UserID, err)
		}
		if !in.reaches(&e.Chat, presser.Kind == user.Extranet) {
			return ErrInvokeCommand
		}
		return s.invokeTx(ctx, tx, &e, v.Context, presser, []invoked{in})
	})
}

// Answer answers a command that was invoked by a message: as the bot in a chat that it is in, else as a message of the portal
// that names the bot. Faults: COMMAND_ID_ERROR, APP_ID_ERROR, MESSAGE_ID_EMPTY, MESSAGE_EMPTY, WRONG_REQUEST.
// Page: api-reference/chat-bots/outdated/commands/imbot-command-answer.md.
func (s *Service) Answer(ctx context.Context, o Owner, c Command, messageID int64, m Outgoing) (int64, error) {
	if messageID <= 0 {
		return 0, ErrNoMessageID
	}
	n := NewMessage{
		AuthorID: c.BotID, Text: strings.TrimSpace(m.Text), Attach: m.Attach, Keyboard: m.Keyboard.ForBot(c.BotID),
		Menu: m.Menu.ForBot(c.BotID), System: m.System, NoPreview: m.NoPreview,
	}
	if n.Text == "" && len(n.Attach) == 0 {
		return 0, ErrEmpty
	}
	e, err := s.messenger.Message(ctx, c.BotID, messageID)
	switch k := fault.KindOf(err); {
	case err == nil:
		n.ChatID = e.Chat.ID
	case k == fault.Internal || k == fault.Unavailable:
		return 0, err
	default:
		if n.ChatID, err = s.invokedIn(ctx, messageID, c.ID); err != nil {
			return 0, err
		}
		if n, err = s.fromOutside(ctx, n); err != nil {
			return 0, err
		}
	}
	id, err := s.messenger.Send(ctx, n)
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return 0, because(ErrNotSent, err)
	}
	return id, err
}

// invokedIn returns the chat in which a message invoked a command of a bot that is not there.
func (s *Service) invokedIn(ctx context.Context, messageID, commandID int64) (chatID int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT chat_id FROM bot_invoked WHERE message_id = ? AND command_id = ?"
		return tx.QueryRow(ctx, q, messageID, commandID).Scan(&chatID)
	})
	if err != nil {
		if errors.Is(err, db.ErrNoRows) {
			return 0, ErrNotSent
		}
		return 0, fmt.Errorf("read invoked command: %w", err)
	}
	return chatID, nil
}

// fromOutside makes an answer of a bot that is not in the chat: the portal writes it and says whose it is.
func (s *Service) fromOutside(ctx context.Context, n NewMessage) (NewMessage, error) {
	users, err := s.users.Many(ctx, []int64{n.AuthorID})
	if err != nil {
		return n, err
	}
	name := "[USER=" + strconv.FormatInt(n.AuthorID, 10) + "]" + plain(users[n.AuthorID].DisplayName()) + "[/USER]"
	n.Text = strings.TrimSpace(name + ":\n" + n.Text)
	n.AuthorID, n.System = 0, true
	return n, nil
}
