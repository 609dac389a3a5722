package botv2

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// The names of the events, after ONIMBOTV2 for bots and ONIMV2 for people.
const (
	messageAdd     = "MESSAGEADD"
	messageUpdate  = "MESSAGEUPDATE"
	messageDelete  = "MESSAGEDELETE"
	joinChat       = "JOINCHAT"
	reactionChange = "REACTIONCHANGE"
	contextGet     = "CONTEXTGET"
	commandAdd     = "COMMANDADD"
	botDelete      = "DELETE"

	botPrefix  = "ONIMBOTV2"
	userPrefix = "ONIMV2"
)

// happening is what an event of a chat tells, for whoever is told.
type happening struct {
	name     string
	chat     im.Chat
	userID   int64 // whom the event shows as its user
	actorID  int64 // in whose name handlers may act; 0: nobody
	folder   int64 // that of the chat's files; 0: none yet
	specific func(viewer int64) []phpform.Entry
}

var changes = map[bot.MessageChange]string{
	bot.MessageAdded: messageAdd, bot.MessageUpdated: messageUpdate, bot.MessageDeleted: messageDelete,
}

var _ bot.SecondListener = (*Service)(nil)

// MessageTx tells a bot of a message.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2messageadd.
func (s *Service) MessageTx(ctx context.Context, tx *db.Tx, b bot.Bot, c bot.MessageChange, e bot.MessageEvent) error {
	h := happening{name: changes[c], userID: e.Message.AuthorID, actorID: e.ActorID}
	if e.Message.System || e.Message.AuthorID == 0 {
		h.actorID = 0 // nobody's rights are given away
	}
	if c == bot.MessageDeleted {
		chat, err := s.cfg.IM.ChatTx(ctx, tx, e.Chat.ID)
		if err != nil {
			return err
		}
		h.chat, h.specific = chat, removed(e.Message.ID)
		return s.tellTx(ctx, tx, h, []bot.Bot{b}, nil)
	}
	m, chat, err := s.cfg.IM.LookTx(ctx, tx, e.Message.ID)
	if err != nil {
		return err
	}
	h.chat, h.specific = chat, s.about(m)
	if err := s.metTx(ctx, tx, []bot.Bot{b}, e.Message.AuthorID); err != nil {
		return err
	}
	return s.tellTx(ctx, tx, h, []bot.Bot{b}, nil)
}

// about shows a message.
func (s *Service) about(m im.Message) func(int64) []phpform.Entry {
	return func(int64) []phpform.Entry { return []phpform.Entry{put("message", s.message(m))} }
}

// removed names a message that is gone.
func removed(id int64) func(int64) []phpform.Entry {
	return func(int64) []phpform.Entry { return []phpform.Entry{num("messageId", id)} }
}

// joined names the chat as its new member does.
func joined(c im.Chat) func(int64) []phpform.Entry {
	return func(viewer int64) []phpform.Entry { return []phpform.Entry{str("dialogId", c.DialogID(viewer))} }
}

// JoinedTx tells a bot that it is a member of a chat now.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2joinchat.
func (s *Service) JoinedTx(ctx context.Context, tx *db.Tx, b bot.Bot, e bot.JoinEvent, person int64) error {
	chat, err := s.cfg.IM.ChatTx(ctx, tx, e.Chat.ID)
	if err != nil {
		return err
	}
	h := happening{name: joinChat, chat: chat, userID: person, actorID: e.ActorID, specific: joined(chat)}
	return s.tellTx(ctx, tx, h, []bot.Bot{b}, nil)
}

// ReactionTx tells a bot, and those who subscribed, of a reaction set or taken back; b is nil where the message is no bot's.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2reactionchange.
func (s *Service) ReactionTx(ctx context.Context, tx *db.Tx, b *bot.Bot, e im.ReactionEvent) error {
	action := "delete"
	if e.Set {
		action = "add"
	}
	h := happening{name: reactionChange, chat: e.Chat, userID: e.ActorID, actorID: e.ActorID}
	h.specific = func(int64) []phpform.Entry {
		return []phpform.Entry{str("reaction", e.Code), str("action", action), put("message", s.message(e.Message))}
	}
	var bots []bot.Bot
	if b != nil {
		bots = []bot.Bot{*b}
	}
	return s.tellTx(ctx, tx, h, bots, e.MemberIDs)
}

// FollowMessageTx tells the members who subscribed of a message.
// Page: api-reference/chat-bots/chat-bots-v2/im.v2/events/events.md.
func (s *Service) FollowMessageTx(ctx context.Context, tx *db.Tx, c bot.MessageChange, e im.MessageEvent) error {
	h := happening{name: changes[c], chat: e.Chat, userID: e.Message.AuthorID, specific: s.about(e.Message)}
	if c == bot.MessageDeleted {
		h.specific = removed(e.Message.ID)
	}
	return s.tellTx(ctx, tx, h, nil, e.MemberIDs)
}

// FollowJoinTx tells the members who subscribed of a new one.
// Page: api-reference/chat-bots/chat-bots-v2/im.v2/events/events.md#onimv2joinchat.
func (s *Service) FollowJoinTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	h := happening{name: joinChat, chat: e.Chat, userID: e.UserID, specific: joined(e.Chat)}
	return s.tellTx(ctx, tx, h, nil, e.MemberIDs)
}

// CommandTx tells a bot that its command was called in a message.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2commandadd.
func (s *Service) CommandTx(ctx context.Context, tx *db.Tx, b bot.Bot, c bot.Invoked) error {
	m, chat, err := s.cfg.IM.LookTx(ctx, tx, c.MessageID)
	if err != nil {
		return err
	}
	h := happening{name: commandAdd, chat: chat, userID: c.UserID, actorID: c.UserID}
	h.specific = func(int64) []phpform.Entry {
		return []phpform.Entry{
			put("command", phpform.ArrayOf(num("id", c.Command.ID), str("command", "/"+c.Command.Name), str("params", c.Params),
				str("context", strings.ToLower(string(c.Context))))),
			put("message", s.message(m)),
		}
	}
	if err := s.metTx(ctx, tx, []bot.Bot{b}, c.UserID); err != nil {
		return err
	}
	return s.tellTx(ctx, tx, h, []bot.Bot{b}, nil)
}

// ContextTx tells a bot what was passed to it when a person opened their chat.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2contextget.
func (s *Service) ContextTx(ctx context.Context, tx *db.Tx, b bot.Bot, chat im.Chat, userID int64, data phpform.Value) error {
	h := happening{name: contextGet, chat: chat, userID: userID, actorID: userID}
	h.specific = func(viewer int64) []phpform.Entry {
		return []phpform.Entry{str("dialogId", chat.DialogID(viewer)), put("context", data)}
	}
	return s.tellTx(ctx, tx, h, []bot.Bot{b}, nil)
}

// BotRemovedTx posts the last event of a bot. A bot that fetches is not there to fetch it any more; its queue goes with it.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2delete.
func (s *Service) BotRemovedTx(ctx context.Context, tx *db.Tx, b bot.Bot, d event.Delivery) error {
	for _, table := range []string{"bot_queue", "bot_tally", "bot_person"} {
		if err := tx.Later(ctx, "DELETE FROM "+table+" WHERE bot_id = ?", b.ID); err != nil {
			return fmt.Errorf("forget events of bot: %w", err)
		}
	}
	if b.Second.Mode != bot.Webhook {
		return nil
	}
	d.URL, d.Name, d.Data = b.Second.WebhookURL, botPrefix+botDelete, phpform.ArrayOf(put("bot", postedBot(b)))
	if err := s.cfg.Events.SendTx(ctx, tx, d); err != nil {
		return fmt.Errorf("record %s: %w", d.Name, err)
	}
	return nil
}

// tellTx records h for bots and for those of members who subscribed.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, h happening, bots []bot.Bot, members []int64) error {
	followers, err := s.followersTx(ctx, tx, members)
	if err != nil || len(bots) == 0 && len(followers) == 0 {
		return err
	}
	person, err := s.userTx(ctx, tx, h.userID)
	if err != nil {
		return err
	}
	if h.folder, err = s.folderTx(ctx, tx, h.chat.ID); err != nil {
		return err
	}
	for _, b := range bots {
		if err := s.tellBotTx(ctx, tx, h, b, person); err != nil {
			return err
		}
	}
	for _, id := range followers {
		if err := s.queueTx(ctx, tx, 0, id, userPrefix+h.name, s.payload(h, id, "", person)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellBotTx(ctx context.Context, tx *db.Tx, h happening, b bot.Bot, person phpform.Value) error {
	if b.Second.Mode == bot.Webhook {
		d := event.Delivery{
			AppID: b.Owner.AppID, BotID: b.ID, Token: b.Token(), URL: b.Second.WebhookURL, Name: botPrefix + h.name, UserID: h.actorID,
			Data: posted(s.payload(h, b.ID, b.Second.Background, person, put("bot", postedBot(b)))),
		}
		if err := s.cfg.Events.SendTx(ctx, tx, d); err != nil {
			return fmt.Errorf("record %s: %w", d.Name, err)
		}
		return nil
	}
	tally, err := s.TallyTx(ctx, tx, b)
	if err != nil {
		return err
	}
	data := s.payload(h, b.ID, b.Second.Background, person, put("bot", s.OwnBot(b, tally)))
	return s.queueTx(ctx, tx, b.ID, 0, botPrefix+h.name, data)
}

// payload is an event's data as viewer gets it; first is what stands before the rest.
func (s *Service) payload(h happening, viewer int64, background string, person phpform.Value, first ...phpform.Entry) phpform.Value {
	return phpform.ArrayOf(slices.Concat(first, h.specific(viewer), []phpform.Entry{
		put("chat", phpform.ArrayOf(s.eventView().Chat(h.chat, viewer, background, h.folder)...)),
		put("user", person), str("language", s.cfg.Language),
	})...)
}

func (s *Service) eventView() View {
	return View{BaseURL: s.cfg.BaseURL(), Zone: s.cfg.Location, Event: true}
}

func (s *Service) message(m im.Message) phpform.Value {
	return phpform.ArrayOf(s.eventView().Message(m, false)...)
}

// userTx describes a user; an empty object is nobody.
func (s *Service) userTx(ctx context.Context, tx *db.Tx, id int64) (phpform.Value, error) {
	if id == 0 {
		return object(), nil
	}
	users, err := s.cfg.Users.ManyTx(ctx, tx, []int64{id})
	if err != nil {
		return phpform.Value{}, fmt.Errorf("read user %d: %w", id, err)
	}
	u, ok := users[id]
	if !ok {
		u = user.User{ID: id}
	}
	v := s.eventView()
	v.Statuses, err = s.statusesTx(ctx, tx, []int64{id})
	return v.User(u), err
}

// folderTx returns the folder of a chat's files; 0: none yet.
func (s *Service) folderTx(ctx context.Context, tx *db.Tx, chatID int64) (int64, error) {
	if s.cfg.Folders == nil {
		return 0, nil
	}
	return s.cfg.Folders.ChatFolderIDTx(ctx, tx, chatID)
}

func (s *Service) statusesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Status, error) {
	if s.cfg.Presence == nil {
		return nil, nil
	}
	return s.cfg.Presence.StatusesTx(ctx, tx, ids)
}

// Folder returns the folder of a chat's files; 0: none yet.
func (s *Service) Folder(ctx context.Context, chatID int64) (id int64, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		id, err = s.folderTx(ctx, tx, chatID)
		return err
	})
	return id, err
}

// Statuses returns what people let others know of themselves.
func (s *Service) Statuses(ctx context.Context, ids []int64) (out map[int64]Status, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = s.statusesTx(ctx, tx, ids)
		return err
	})
	return out, err
}

// posted makes of a tree what a form can say: null becomes an empty text, as the documentation has it.
func posted(v phpform.Value) phpform.Value {
	switch {
	case v.IsNull():
		return phpform.StringOf("")
	case !v.IsArray():
		return v
	}
	out := make([]phpform.Entry, 0, v.Len())
	for _, e := range v.Entries() {
		out = append(out, phpform.Entry{Key: e.Key, Value: posted(e.Value)})
	}
	return phpform.ArrayOf(out...)
}
