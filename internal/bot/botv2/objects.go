package botv2

import (
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// Objects are written as trees: answers and fetched events keep their types, and in a posted form all is text anyway.
// Page: api-reference/chat-bots/chat-bots-v2/entities.md.

func str(key, value string) phpform.Entry {
	return phpform.Entry{Key: key, Value: phpform.StringOf(value)}
}

func num(key string, value int64) phpform.Entry {
	return phpform.Entry{Key: key, Value: phpform.IntOf(value)}
}

func yes(key string, value bool) phpform.Entry {
	return phpform.Entry{Key: key, Value: phpform.BoolOf(value)}
}

func null(key string) phpform.Entry { return phpform.Entry{Key: key, Value: phpform.NullValue()} }

func put(key string, value phpform.Value) phpform.Entry { return phpform.Entry{Key: key, Value: value} }

// strOr is str, or null for an empty text.
func strOr(key, value string) phpform.Entry {
	if value == "" {
		return null(key)
	}
	return str(key, value)
}

// idOr is num, or null for 0.
func idOr(key string, id int64) phpform.Entry {
	if id == 0 {
		return null(key)
	}
	return num(key, id)
}

// object is a tree that stays an object in JSON when it is empty.
func object() phpform.Value { return phpform.EmptyObject() }

// Atom writes a time as the documentation does.
func Atom(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}

// View says for whom objects are written.
type View struct {
	BaseURL string // the portal's address, before the paths of pictures
	Zone    *time.Location
	Event   bool // as events show them: nothing that depends on who looks, or when
	// Statuses are what people let others know of themselves; who is missing is there.
	Statuses map[int64]Status
}

// Status is what a person lets others know of themselves.
type Status struct {
	Word string    // "online", "dnd"
	Idle time.Time // since when they do nothing at their machine; zero: they do
}

func (v View) status(id int64) string {
	if word := v.Statuses[id].Word; word != "" {
		return word
	}
	return "online"
}

// idle is a date, or false; in events always false.
func (v View) idle(id int64) phpform.Value {
	if since := v.Statuses[id].Idle; !v.Event && !since.IsZero() {
		return phpform.StringOf(Atom(since, v.Zone))
	}
	return phpform.BoolOf(false)
}

// User is a person or a bot.
func (v View) User(u user.User) phpform.Value {
	picture := ""
	if path := u.AvatarPath(); path != "" {
		picture = v.BaseURL + path
	}
	out := []phpform.Entry{
		num("id", u.ID), yes("active", u.Active), str("name", u.DisplayName()), str("firstName", u.FirstName), str("lastName", u.LastName),
		str("workPosition", u.Position), str("color", u.Color), str("avatar", picture), str("gender", u.Gender), str("birthday", birthday(u)),
		yes("extranet", u.Kind == user.Extranet), yes("bot", u.Kind == user.Bot), yes("connector", u.Kind == user.Visitor),
		str("externalAuthId", u.Kind.SignsInBy()), str("status", v.status(u.ID)), put("idle", v.idle(u.ID)), put("lastActivityDate", v.lastActivity(u)),
		yes("mobileLastDate", false), yes("desktopLastDate", false), yes("absent", false), put("departments", ids(u.DepartmentIDs)),
		put("phones", phones(u)), str("type", typeOf(u.Kind)), str("website", u.WWW), str("email", u.Email),
	}
	return phpform.ArrayOf(out...)
}

func birthday(u user.User) string {
	day, err := time.Parse(time.DateOnly, u.Birthday)
	if err != nil {
		return ""
	}
	return day.Format("02-01")
}

func (v View) lastActivity(u user.User) phpform.Value {
	if v.Event || u.LastActivity.IsZero() {
		return phpform.BoolOf(false)
	}
	return phpform.StringOf(Atom(u.LastActivity, v.Zone))
}

func phones(u user.User) phpform.Value {
	var out []phpform.Entry
	for _, p := range []struct{ key, number string }{{"workPhone", u.WorkPhone}, {"personalMobile", u.Mobile}, {"innerPhone", u.InnerPhone}} {
		if p.number != "" {
			out = append(out, str(p.key, p.number))
		}
	}
	if len(out) == 0 {
		return phpform.BoolOf(false)
	}
	return phpform.ArrayOf(out...)
}

func typeOf(k user.Kind) string {
	switch k {
	case user.Bot:
		return "bot"
	case user.Extranet:
		return "extranet"
	case user.Visitor:
		return "imconnector"
	case user.Email:
		return "email"
	default:
		return "employee"
	}
}

func ids(list []int64) phpform.Value {
	values := make([]phpform.Value, len(list))
	for i, id := range list {
		values[i] = phpform.IntOf(id)
	}
	return phpform.ListOf(values...)
}

// Tally counts what a bot did.
type Tally struct{ Messages, Commands, Chats, People int64 }

// typeNames are the types of bots in the words of the second generation.
var typeNames = map[bot.Type]string{
	bot.Standard: "bot", bot.Human: "bot", bot.Supervisor: "supervisor", bot.Personal: "personal", bot.OpenLine: "openline", bot.Network: "network",
}

// TypeOf returns the type that a word names; what it does not know it returns as it is.
func TypeOf(word string) bot.Type {
	for t, name := range typeNames {
		if name == word && t != bot.Human {
			return t
		}
	}
	return bot.Type(word)
}

// Bot is a bot as everybody sees it.
func (s *Service) Bot(b bot.Bot) []phpform.Entry {
	second := b.AsSecond()
	return []phpform.Entry{
		num("id", b.ID), str("code", b.Code), str("type", typeNames[b.Type]), yes("isHidden", second.Hidden),
		yes("isSupportOpenline", b.OpenLine), yes("isReactionsEnabled", second.Reactions), strOr("backgroundId", second.Background),
		str("language", s.cfg.Language),
	}
}

// OwnBot is a bot as its owner sees it.
func (s *Service) OwnBot(b bot.Bot, t Tally) phpform.Value {
	return phpform.ArrayOf(append(s.Bot(b), str("moduleId", "rest"), str("eventMode", string(b.AsSecond().Mode)), num("countMessage", t.Messages),
		num("countCommand", t.Commands), num("countChat", t.Chats), num("countUser", t.People))...)
}

// postedBot is a bot in a posted event; the sender adds its access.
func postedBot(b bot.Bot) phpform.Value {
	return phpform.ArrayOf(num("id", b.ID), str("code", b.Code))
}

// Chat is a chat as it looks to viewer; background is that of the bot in it, if any, folder the one of its files, 0 before the first.
func (v View) Chat(c im.Chat, viewer int64, background string, folder int64) []phpform.Entry {
	picture := ""
	if path := c.AvatarPath(); path != "" {
		picture = v.BaseURL + path
	}
	return []phpform.Entry{
		num("id", c.ID), str("dialogId", c.DialogID(viewer)), str("name", c.Title), str("description", c.Description), str("type", chatType(c)),
		str("messageType", string(c.Type)), num("owner", c.OwnerID), str("color", c.Color()), str("avatar", picture),
		yes("extranet", c.Extranet), yes("containsCollaber", false), str("entityType", c.EntityType), str("entityId", c.EntityID),
		str("entityData1", c.EntityData[0]), str("entityData2", c.EntityData[1]), str("entityData3", c.EntityData[2]), put("entityLink", entityLink(c, viewer)),
		idOr("diskFolderId", folder), put("permissions", permissions(c)), num("parentChatId", 0), num("parentMessageId", 0),
		yes("isNew", c.LastMessageID == 0), str("textFieldEnabled", phpform.YesNo(c.TextField)), strOr("backgroundId", background),
	}
}

func entityLink(c im.Chat, viewer int64) phpform.Value {
	if c.EntityType == "" {
		return object()
	}
	l := c.EntityLink(viewer)
	return phpform.ArrayOf(str("type", l.Type), str("url", l.Path), str("id", l.ID))
}

func permissions(c im.Chat) phpform.Value {
	if c.Type == im.Private {
		return object()
	}
	return phpform.ArrayOf(str("manageUsersAdd", string(c.CanAdd)), str("manageUsersDelete", string(c.CanRemove)),
		str("manageUi", string(c.CanDress)), str("manageMessages", string(c.CanManage)), str("canPost", string(c.CanPost)))
}

// chatType is the word for what a chat is for.
func chatType(c im.Chat) string {
	switch {
	case c.General():
		return "generalChannel"
	case c.EntityType != "":
		return c.EntityWord()
	}
	switch c.Type {
	case im.Private:
		return "private"
	case im.Open:
		return "open"
	case im.Lines:
		return "lines"
	case im.Channel:
		return "channel"
	case im.OpenChannel:
		return "openChannel"
	default:
		return "chat"
	}
}

// Message is a message; seen says that somebody else has read it.
func (v View) Message(m im.Message, seen bool) []phpform.Entry {
	forward := phpform.NullValue()
	if f := m.Extra.Forward; f != nil {
		forward = phpform.ArrayOf(num("id", f.MessageID), num("userId", f.AuthorID), num("chatId", f.ChatID), str("date", Atom(f.Date, v.Zone)))
	}
	return []phpform.Entry{
		num("id", m.ID), num("chatId", m.ChatID), num("authorId", m.AuthorID), str("date", Atom(m.Date, v.Zone)), str("text", m.Text),
		yes("isSystem", m.System), str("uuid", m.UUID), put("forward", forward), put("params", params(m)), yes("viewedByOthers", seen),
	}
}

// params is what a message carries beside its text.
func params(m im.Message) phpform.Value {
	var out []phpform.Entry
	for _, part := range []struct {
		key string
		raw []byte
	}{{"attach", m.Extra.Attach}, {"keyboard", m.Extra.Keyboard}, {"menu", m.Extra.Menu}} {
		if len(part.raw) == 0 {
			continue
		}
		if tree, err := phpform.ParseJSON(part.raw, phpform.Limits{}); err == nil { // this program wrote it
			out = append(out, put(part.key, tree))
		}
	}
	if len(m.Extra.Files) > 0 {
		out = append(out, put("files", ids(m.Extra.Files)))
	}
	if m.ReplyID != 0 {
		out = append(out, num("replyId", m.ReplyID))
	}
	if !m.Edited.IsZero() {
		out = append(out, yes("isEdited", true))
	}
	if !m.Deleted.IsZero() {
		out = append(out, yes("isDeleted", true))
	}
	if len(out) == 0 {
		return object()
	}
	return phpform.ArrayOf(out...)
}
