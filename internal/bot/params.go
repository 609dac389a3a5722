package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

func text(key, value string) phpform.Entry {
	return phpform.Entry{Key: key, Value: phpform.StringOf(value)}
}

func integer(key string, value int64) phpform.Entry {
	return phpform.Entry{Key: key, Value: phpform.IntOf(value)}
}

func yesNo(key string, value bool) phpform.Entry { return text(key, phpform.YesNo(value)) }

// envelope makes an event's data. The sender adds the bot's access to BOT.
func envelope(b *Bot, params []phpform.Entry, author phpform.Value) phpform.Value {
	about := []phpform.Entry{integer("BOT_ID", b.ID), text("BOT_CODE", b.Code)}
	if b.Owner.ClientID != "" {
		about = append([]phpform.Entry{text("client_id", b.Owner.ClientID)}, about...)
	}
	return phpform.ArrayOf(
		phpform.Entry{Key: "BOT", Value: phpform.ArrayOf(
			phpform.Entry{Key: strconv.FormatInt(b.ID, 10), Value: phpform.ArrayOf(about...)},
		)},
		phpform.Entry{Key: "PARAMS", Value: phpform.ArrayOf(params...)},
		phpform.Entry{Key: "USER", Value: author},
	)
}

// addParams are the documented parameters. Pushes and messages to connectors are never
// important, and nothing skips a connector, a command or a session. COMMAND_CONTEXT and PLATFORM_CONTEXT are there where a
// person typed the message.
func (s *Service) addParams(b *Bot, e *MessageEvent) []phpform.Entry {
	c, m := &e.Chat, &e.Message
	out := []phpform.Entry{
		text("MESSAGE", b.addressed(e)),
		text("TEMPLATE_ID", m.UUID),
		text("MESSAGE_TYPE", c.Type),
		integer("FROM_USER_ID", m.AuthorID),
		text("DIALOG_ID", b.dialog(c)),
		integer("TO_CHAT_ID", c.ID),
		integer("AUTHOR_ID", m.AuthorID),
		yesNo("SYSTEM", m.System),
		integer("TO_USER_ID", b.addressee(e)),
		text("CHAT_TYPE", c.Type),
	}
	if c.Type != chatPrivate {
		out = append(out, integer("CHAT_ID", c.ID), text("CHAT_TITLE", c.Title), integer("CHAT_AUTHOR_ID", c.OwnerID),
			avatar(c), text("CHAT_COLOR", c.ColorCode))
		out = append(out, entity(c, true)...)
		out = append(out, yesNo("CHAT_EXTRANET", c.Extranet), integer("CHAT_PREV_MESSAGE_ID", e.PrevMessageID), text("CHAT_CAN_POST", strings.ToUpper(c.CanPost)),
			text("MESSAGE_ORIGINAL", m.Text), integer("RID", m.AuthorID), yesNo("IS_MANAGER", e.byManager()))
		out = append(out, mentioned(e)...)
	}
	out = append(out,
		yesNo("PUSH", !m.Silent),
		yesNo("PUSH_IMPORTANT", false),
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
	)
	if e.Platform != "" {
		out = append(out, text("COMMAND_CONTEXT", string(FromTextarea)))
	}
	out = append(out, integer("CHAT_USER_COUNT", c.MemberCount))
	out = append(out, e.platform()...)
	return append(out, integer("MESSAGE_ID", m.ID), text("LANGUAGE", s.language))
}

// platform says where the message was typed; no entry where it was not.
func (e *MessageEvent) platform() []phpform.Entry {
	if e.Platform == "" {
		return nil
	}
	return []phpform.Entry{text("PLATFORM_CONTEXT", e.Platform)}
}

func (s *Service) updateParams(b *Bot, e *MessageEvent) []phpform.Entry {
	c := &e.Chat
	out := s.changeParams(b, e, b.addressed(e))
	out = append(out, integer("CHAT_USER_COUNT", c.MemberCount))
	out = append(out, e.platform()...)
	if c.Type == chatPrivate {
		return out
	}
	out = append(out, integer("TO_USER_ID", b.addressee(e)), text("MESSAGE_ORIGINAL", e.Message.Text))
	return append(out, mentioned(e)...)
}

// deletedAt is how the notice of a deleted message writes when the message was sent.
const deletedAt = "01/02/2006 15:04:05"

func (s *Service) deleteParams(b *Bot, e *MessageEvent) []phpform.Entry {
	return s.changeParams(b, e, "Message from "+e.Message.Date.In(s.location).Format(deletedAt)+" has been deleted")
}

// changeParams are those that the events of changed and deleted messages share.
func (s *Service) changeParams(b *Bot, e *MessageEvent, message string) []phpform.Entry {
	c, m := &e.Chat, &e.Message
	out := []phpform.Entry{
		integer("ID", m.ID),
		integer("CHAT_ID", c.ID),
		integer("AUTHOR_ID", m.AuthorID),
		text("MESSAGE", message),
		text("MESSAGE_TYPE", c.Type),
		integer("CHAT_AUTHOR_ID", c.OwnerID),
	}
	out = append(out, entity(c, c.Type != chatPrivate)...)
	if c.Type == chatPrivate {
		out = append(out, integer("FROM_USER_ID", m.AuthorID), integer("TO_USER_ID", b.ID))
	}
	return append(out,
		text("DIALOG_ID", b.dialog(c)),
		integer("MESSAGE_ID", m.ID),
		text("CHAT_TYPE", c.Type),
		text("LANGUAGE", s.language),
	)
}

func (s *Service) joinParams(b *Bot, e *JoinEvent, person int64) []phpform.Entry {
	c := &e.Chat
	out := []phpform.Entry{
		text("CHAT_TYPE", c.Type),
		text("MESSAGE_TYPE", c.Type),
		integer("BOT_ID", b.ID),
		integer("USER_ID", person),
	}
	if c.Type == chatPrivate {
		out = append(out, integer("TO_USER_ID", person), integer("FROM_USER_ID", b.ID))
	} else {
		history := int64(0)
		if e.History {
			history = 1
		}
		out = append(out, integer("CHAT_ID", c.ID), integer("CHAT_AUTHOR_ID", c.OwnerID),
			text("CHAT_ENTITY_TYPE", c.EntityType), text("CHAT_ENTITY_ID", c.EntityID), integer("ACCESS_HISTORY", history))
	}
	return append(out, text("DIALOG_ID", b.dialog(c)), text("LANGUAGE", s.language))
}

// avatar names the chat's picture: "0" is none.
func avatar(c *Chat) phpform.Entry {
	if c.Avatar == "" {
		return text("CHAT_AVATAR", "0")
	}
	return text("CHAT_AVATAR", c.Avatar)
}

// byManager reports whether who wrote the message is one of the chat's managers. Its owner is none: they need not be made one.
func (e *MessageEvent) byManager() bool { return slices.Contains(e.ManagerIDs, e.Message.AuthorID) }

// entity says what a chat belongs to.
func entity(c *Chat, typed bool) []phpform.Entry {
	out := []phpform.Entry{
		text("CHAT_ENTITY_ID", c.EntityID),
		text("CHAT_ENTITY_DATA_1", c.EntityData[0]),
		text("CHAT_ENTITY_DATA_2", c.EntityData[1]),
		text("CHAT_ENTITY_DATA_3", c.EntityData[2]),
	}
	if typed {
		return append([]phpform.Entry{text("CHAT_ENTITY_TYPE", c.EntityType)}, out...)
	}
	return out
}

// mentioned is the list of those whom the message mentions; no entry where it mentions nobody.
func mentioned(e *MessageEvent) []phpform.Entry {
	if len(e.Mentioned) == 0 {
		return nil
	}
	list := make([]phpform.Entry, len(e.Mentioned))
	for i, id := range e.Mentioned {
		list[i] = integer(strconv.FormatInt(id, 10), id)
	}
	return []phpform.Entry{{Key: "MENTIONED_LIST", Value: phpform.ArrayOf(list...)}}
}

// dialog is how the bot names the chat.
func (b *Bot) dialog(c *Chat) string {
	if c.Type == chatPrivate {
		return strconv.FormatInt(c.peer(b.ID), 10)
	}
	return "chat" + strconv.FormatInt(c.ID, 10)
}

// addressee is to whom a message goes: the bot, or else whom it mentions first; 0 is everybody.
func (b *Bot) addressee(e *MessageEvent) int64 {
	switch {
	case e.Chat.Type == chatPrivate || slices.Contains(e.Mentioned, b.ID):
		return b.ID
	case len(e.Mentioned) > 0:
		return e.Mentioned[0]
	}
	return 0
}

var mention = regexp.MustCompile(`(?is)\[user=(\d+)(?:\s+replace)?\].*?\[/user\],?`)

// addressed is the text of a message as the bot gets it: in a group without the mentions of the bot.
func (b *Bot) addressed(e *MessageEvent) string {
	if e.Chat.Type == chatPrivate || !slices.Contains(e.Mentioned, b.ID) {
		return e.Message.Text
	}
	id := strconv.FormatInt(b.ID, 10)
	return strings.TrimSpace(mention.ReplaceAllStringFunc(e.Message.Text, func(found string) string {
		if mention.FindStringSubmatch(found)[1] == id {
			return ""
		}
		return found
	}))
}
