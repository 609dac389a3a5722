package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// kind is one of the events of messages.
type kind struct {
	name    string
	handler func(h Handlers) string
	params  func(s *Service, b *Bot, e *MessageEvent) []phpform.Entry
	change  MessageChange // as bots of the second generation are told
}

var (
	added   = kind{"ONIMBOTMESSAGEADD", func(h Handlers) string { return h.MessageAdd }, (*Service).addParams, MessageAdded}
	updated = kind{"ONIMBOTMESSAGEUPDATE", func(h Handlers) string { return h.MessageUpdate }, (*Service).updateParams, MessageUpdated}
	deleted = kind{"ONIMBOTMESSAGEDELETE", func(h Handlers) string { return h.MessageDelete }, (*Service).deleteParams, MessageDeleted}
)

// MessageAddedTx records ONIMBOTMESSAGEADD for the bots that a new message concerns. A Human bot among them is shown to type
// once the message is stored.
// Page: api-reference/chat-bots/outdated/messages/events/on-imbot-message-add.md.
func (s *Service) MessageAddedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error {
	return s.tellTx(ctx, tx, added, &e)
}

// MessageUpdatedTx records ONIMBOTMESSAGEUPDATE.
// Page: api-reference/chat-bots/outdated/messages/events/on-imbot-message-update.md.
func (s *Service) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error {
	return s.tellTx(ctx, tx, updated, &e)
}

// MessageDeletedTx records ONIMBOTMESSAGEDELETE.
// Page: api-reference/chat-bots/outdated/messages/events/on-imbot-message-delete.md.
func (s *Service) MessageDeletedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error {
	return s.tellTx(ctx, tx, deleted, &e)
}

// tellTx records an event for every bot that hears of e.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, k kind, e *MessageEvent) error {
	r, err := s.rosterTx(ctx, tx)
	if err != nil {
		return err
	}
	speaker := r.byID[e.Message.AuthorID]
	if r.byID[e.Message.SenderID] != nil && speaker == nil || speaker != nil && k.name != added.name {
		return nil // what bots cause, change or remove is not told to bots
	}
	hear, err := s.hearersTx(ctx, tx, r, k, e, speaker)
	if err != nil || len(hear) == 0 {
		return err
	}
	about, err := s.authorTx(ctx, tx, e.Message.AuthorID, true)
	if err != nil {
		return err
	}
	for _, b := range hear {
		if err := s.tellOneTx(ctx, tx, k, b, e, speaker, about); err != nil {
			return err
		}
		if k.name == added.name && speaker == nil {
			if err := s.awaitTx(ctx, tx, b, e, e.Message.AuthorID); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellOneTx records an event for one bot.
func (s *Service) tellOneTx(ctx context.Context, tx *db.Tx, k kind, b *Bot, e *MessageEvent, speaker *Bot, about phpform.Value) error {
	if b.Second != nil {
		if s.second == nil {
			return nil
		}
		return s.second.MessageTx(ctx, tx, *b, k.change, *e)
	}
	d := event.Delivery{URL: k.handler(b.Handlers), Name: k.name, UserID: e.actor(), Data: envelope(b, k.params(s, b, e), about)}
	if speaker != nil {
		d.UserID = b.ID // nobody gets the rights of another's bot
	}
	var err error
	if d.UserID, err = s.actsAsTx(ctx, tx, b, &e.Chat, d.UserID); err != nil {
		return err
	}
	return s.sendTx(ctx, tx, b, d)
}

// hearersTx returns the bots that are told of e and have an address for it. Those whose command it is are told of that
// instead, and bots that have talked with each other for too long are told no more.
func (s *Service) hearersTx(ctx context.Context, tx *db.Tx, r *roster, k kind, e *MessageEvent, speaker *Bot) ([]*Bot, error) {
	var told []int64
	if k.name == added.name && speaker == nil {
		var err error
		if told, err = s.commandsTx(ctx, tx, r, e); err != nil {
			return nil, err
		}
	}
	var hear []*Bot
	for _, id := range e.BotIDs {
		b := r.byID[id]
		if b == nil || b.Owner.Portal || slices.Contains(told, id) || !b.hears(e) {
			continue
		}
		if k.name == added.name && b.Type == Human && speaker == nil {
			s.typeTx(ctx, tx, b.ID, e.Chat.ID)
		}
		if k.handler(b.Handlers) != "" || b.Second != nil {
			hear = append(hear, b)
		}
	}
	if k.name != added.name {
		return hear, nil
	}
	return s.boundTx(ctx, tx, e, speaker, hear)
}

// actor is in whose name the handlers may act: who wrote or changed the message. A system message gives nobody's rights
// away, whoever caused it.
func (e *MessageEvent) actor() int64 {
	if e.Message.System || e.Message.AuthorID == 0 {
		return 0
	}
	if e.ActorID != 0 {
		return e.ActorID
	}
	return e.Message.AuthorID
}

// hears reports whether a message is for the bot.
func (b *Bot) hears(e *MessageEvent) bool {
	system := e.Message.System || e.Message.AuthorID == 0
	switch {
	case b.Type == Supervisor || b.Type == Personal:
		return true
	case e.Chat.lines() && b.OpenLine:
		return true
	case b.Type == OpenLine || system:
		return false
	case e.Chat.Type == chatPrivate:
		return true
	}
	return slices.Contains(e.Mentioned, b.ID)
}

// typeTx shows that a bot is typing once tx is durable. It is a hint: nobody waits for it and it may be lost.
func (s *Service) typeTx(ctx context.Context, tx *db.Tx, botID, chatID int64) {
	ctx = context.WithoutCancel(ctx)
	tx.AfterCommit(func() {
		go func() {
			if err := s.messenger.Typing(ctx, botID, chatID); err != nil {
				s.log.DebugContext(ctx, "show that a bot is typing", "bot", botID, "error", err)
			}
		}()
	})
}

// ChatJoinedTx records ONIMBOTJOINCHAT for a bot that became a member of a chat, or whose private chat was opened, by
// whomever. A bot for open channels hears of those only.
// Page: api-reference/chat-bots/outdated/chats/events/on-imbot-join-chat.md.
func (s *Service) ChatJoinedTx(ctx context.Context, tx *db.Tx, e JoinEvent) error {
	r, err := s.rosterTx(ctx, tx)
	if err != nil {
		return err
	}
	b := r.byID[e.BotID]
	if b == nil || b.Owner.Portal || b.Handlers.Join == "" && b.Second == nil || b.Type == OpenLine && !e.Chat.lines() {
		return nil
	}
	person := e.ActorID
	if e.Chat.Type == chatPrivate {
		if person = e.Chat.peer(b.ID); r.byID[person] != nil {
			return nil // two bots
		}
	}
	if b.Second != nil {
		if s.second == nil {
			return nil
		}
		return s.second.JoinedTx(ctx, tx, *b, e, person)
	}
	about, err := s.authorTx(ctx, tx, person, false)
	if err != nil {
		return err
	}
	actor, err := s.actsAsTx(ctx, tx, b, &e.Chat, e.ActorID)
	if err != nil {
		return err
	}
	return s.sendTx(ctx, tx, b, event.Delivery{
		URL: b.Handlers.Join, Name: "ONIMBOTJOINCHAT", UserID: actor, Data: envelope(b, s.joinParams(b, &e, person), about),
	})
}

// actsAsTx returns in whose name a handler acts that is told what a user did: a client of an open channel has no rights to give, so it
// is the bot itself then.
func (s *Service) actsAsTx(ctx context.Context, tx *db.Tx, b *Bot, c *Chat, userID int64) (int64, error) {
	if userID == 0 || userID == b.ID || !c.lines() {
		return userID, nil
	}
	u, err := s.users.BriefTx(ctx, tx, userID)
	if err != nil {
		return 0, fmt.Errorf("read user %d: %w", userID, err)
	}
	if u.Kind == user.Visitor {
		return b.ID, nil
	}
	return userID, nil
}

// sendTx records a delivery that carries the bot's own access besides.
func (s *Service) sendTx(ctx context.Context, tx *db.Tx, b *Bot, d event.Delivery) error {
	d.AppID, d.BotID, d.Token = b.Owner.AppID, b.ID, b.Owner.token()
	if err := s.events.SendTx(ctx, tx, d); err != nil {
		return fmt.Errorf("record %s: %w", d.Name, err)
	}
	return nil
}

// authorTx describes a user to a handler: an empty array for nobody. With full it says what sort of user it is.
func (s *Service) authorTx(ctx context.Context, tx *db.Tx, id int64, full bool) (phpform.Value, error) {
	if id == 0 {
		return phpform.ListOf(), nil
	}
	u, err := s.users.BriefTx(ctx, tx, id)
	if err != nil {
		return phpform.Value{}, fmt.Errorf("read user %d: %w", id, err)
	}
	out := []phpform.Entry{
		integer("ID", u.ID),
		text("NAME", u.Name),
		text("FIRST_NAME", u.FirstName),
		text("LAST_NAME", u.LastName),
		text("WORK_POSITION", u.Position),
		text("GENDER", u.Gender),
	}
	if full {
		out = append(out,
			yesNo("IS_BOT", u.Kind == user.Bot),
			yesNo("IS_CONNECTOR", u.Kind == user.Visitor),
			yesNo("IS_NETWORK", false), // people of other portals do not exist here
			yesNo("IS_EXTRANET", u.Kind == user.Extranet),
		)
	}
	return phpform.ArrayOf(out...), nil
}
