// Package botplay is the playground of chat bots: somebody who develops a bot talks to it as themselves or in the place of
// another, sees what comes of each message, and keeps dialogues as tests that are run again.
//
// Who talks in the place of another gives the bot's handler tokens of that person, as a message of theirs would. So nobody may
// talk as somebody who may do more than they themselves, it is said in the chat, and it is in the audit log.
package botplay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// The faults of the playground, in words for people.
var (
	ErrDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "You may not use the playground. An administrator can give you the permission to test bots.")
	ErrAs       = fault.New(fault.Denied, "PLAY_AS", "You may not talk as this person: they may do things on the portal that you may not.").At("as")
	ErrNobody   = fault.New(fault.Invalid, "PLAY_NOBODY", "Choose a person who works here.").At("as")
	ErrNoBot    = fault.New(fault.NotFound, "BOT_NOT_FOUND", "There is no such bot. It may have been removed.")
	ErrEmpty    = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Write something first.").At("text")
	ErrNoButton = fault.New(fault.NotFound, "NO_BUTTON", "There is no such button.")
	ErrNothing  = fault.New(fault.Invalid, "NOTHING_SAID", "Say something to the bot first: a test is made of what was said.").At("name")
	ErrName     = fault.New(fault.Invalid, "NAME_EMPTY", "Give the test a name.").At("name")
	ErrTaken    = fault.New(fault.Conflict, "NAME_TAKEN", "Another test of this bot has this name.").At("name")
	ErrNoTest   = fault.New(fault.NotFound, "TEST_NOT_FOUND", "There is no such test.")
)

// Users tells who people are; *user.Service is one.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
	ByLogin(ctx context.Context, login string) (user.User, error)
	RefOf(ctx context.Context, u user.User) (user.Ref, error)
}

// Config is what a Service is made of.
type Config struct {
	DB     *db.DB
	Clock  clock.Clock
	Bots   *bot.Service
	IM     *im.Service
	Events *event.Service
	Users  Users
	Audit  *audit.Service
}

// Service is the playground of a portal. It is safe for use by several goroutines.
type Service struct{ Config }

// New returns the playground.
func New(c Config) *Service { return &Service{c} }

// Session is somebody's conversation with a bot in the playground.
type Session struct {
	ID      int64
	Bot     bot.Bot
	BotName string
	ActorID int64 // who tests
	As      user.User
	Group   bool // in a group of its own, else in the private chat of As and the bot
	ChatID  int64
	Since   int64 // messages after this one belong to the conversation
}

// may returns the person in whose place actor may talk. Faults: ACCESS_DENIED, PLAY_AS, PLAY_NOBODY.
func (s *Service) may(ctx context.Context, actor user.Ref, asID int64) (user.User, error) {
	if !actor.May(access.TestBots) {
		return user.User{}, ErrDenied
	}
	u, err := s.Users.Get(ctx, asID)
	switch {
	case errors.Is(err, user.ErrNotFound), err == nil && (!u.Active || u.Kind != user.Employee && u.Kind != user.Extranet):
		return user.User{}, ErrNobody
	case err != nil:
		return user.User{}, err
	case actor.Admin || u.ID == actor.ID:
		return u, nil
	}
	theirs, err := s.Users.RefOf(ctx, u)
	if err != nil {
		return user.User{}, err
	}
	if theirs.Admin || !actor.Access.Has(theirs.Access) {
		return user.User{}, ErrAs
	}
	return u, nil
}

// Open returns actor's conversation with a bot in the place of a person, and begins it where there is none. Faults: as of may,
// BOT_NOT_FOUND.
func (s *Service) Open(ctx context.Context, actor user.Ref, botID, asID int64, group bool) (Session, error) {
	out, err := s.Find(ctx, actor, botID, asID, group)
	if err != nil || out.ID != 0 {
		return out, err
	}
	if err := s.begin(ctx, &out); err != nil {
		return out, err
	}
	return out, s.calm(ctx, out, greetingTime) // its greeting comes before what is said to it
}

// greetingTime is how long a new conversation waits for the greeting of the bot.
const greetingTime = 3 * time.Second

// Find is Open without beginning a conversation: its ID is 0 where there is none.
func (s *Service) Find(ctx context.Context, actor user.Ref, botID, asID int64, group bool) (Session, error) {
	as, err := s.may(ctx, actor, asID)
	if err != nil {
		return Session{}, err
	}
	b, err := s.Bots.Get(ctx, botID)
	if err != nil {
		return Session{}, ErrNoBot.Because(err)
	}
	about, err := s.Users.Get(ctx, botID)
	if err != nil {
		return Session{}, err
	}
	out := Session{Bot: b, BotName: about.DisplayName(), ActorID: actor.ID, As: as, Group: group}
	return out, s.load(ctx, &out)
}

// load reads the rest of a conversation, unless its chat is gone or the people have left it.
func (s *Service) load(ctx context.Context, p *Session) error {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT id, chat_id, since FROM bot_play WHERE bot_id = ? AND actor_id = ? AND as_id = ? AND in_group = ?",
			p.Bot.ID, p.ActorID, p.As.ID, db.Bit(p.Group)).Scan(&p.ID, &p.ChatID, &p.Since)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read conversation: %w", err)
	}
	if p.ID == 0 {
		return nil
	}
	for _, id := range []int64{p.As.ID, p.Bot.ID} {
		if _, err := s.IM.Get(ctx, id, p.ChatID); errors.Is(err, im.ErrAccess) || errors.Is(err, im.ErrNoChat) {
			p.ID = 0
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// begin makes or finds the chat, says there who talks in whose place, and stores the conversation.
func (s *Service) begin(ctx context.Context, p *Session) error {
	last := int64(0)
	if p.Group {
		members := []int64{p.As.ID, p.Bot.ID}
		c, err := s.IM.CreateGroup(ctx, im.NewGroup{OwnerID: p.ActorID, Title: "Playground", MemberIDs: members})
		if err != nil {
			return err
		}
		p.ChatID = c.ID
	} else {
		before, err := s.IM.Resolve(ctx, strconv.FormatInt(p.Bot.ID, 10), p.As.ID)
		if err != nil {
			return err
		}
		last = before.LastMessageID
		c, err := s.IM.OpenPrivate(ctx, p.As.ID, p.Bot.ID)
		if err != nil {
			return err
		}
		p.ChatID = c.ID
	}
	p.Since = last
	return s.store(ctx, p)
}

// Restart begins the conversation anew in the same chat: what was said before is no part of it.
func (s *Service) Restart(ctx context.Context, p *Session) error {
	c, err := s.IM.Get(ctx, p.As.ID, p.ChatID)
	if err != nil {
		return err
	}
	p.Since = c.LastMessageID
	return s.store(ctx, p)
}

func (s *Service) store(ctx context.Context, p *Session) error {
	who, err := s.Users.Get(ctx, p.ActorID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if p.ActorID != p.As.ID {
			note := im.NewMessage{ChatID: p.ChatID, System: true, Silent: true, Unheard: true, Text: fmt.Sprintf(
				"%s talks to the bot here in the place of %s, to test it.", mention(p.ActorID, who.DisplayName()), mention(p.As.ID, p.As.DisplayName()))}
			if _, err := s.IM.SendTx(ctx, tx, note); err != nil {
				return fmt.Errorf("say who talks: %w", err)
			}
		}
		err := tx.QueryRow(ctx, `INSERT INTO bot_play (bot_id, actor_id, as_id, in_group, chat_id, since, created) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (bot_id, actor_id, as_id, in_group) DO UPDATE SET chat_id = excluded.chat_id, since = excluded.since
			RETURNING id`, p.Bot.ID, p.ActorID, p.As.ID, db.Bit(p.Group), p.ChatID, p.Since, db.Micro(s.Clock.Now())).Scan(&p.ID)
		if err != nil {
			return fmt.Errorf("store conversation: %w", err)
		}
		if p.ActorID == p.As.ID {
			return nil
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Severity: audit.Warning, Type: "BOT_PLAYED_AS", Module: "bot", Item: strconv.FormatInt(p.Bot.ID, 10), UserID: p.ActorID,
			Description: fmt.Sprintf("Talks to bot %d in the place of user %d, to test it.", p.Bot.ID, p.As.ID),
		})
	})
}

// mention leads to a person or a bot.
func mention(id int64, name string) string {
	return "[USER=" + strconv.FormatInt(id, 10) + "]" + strings.NewReplacer("[", "(", "]", ")").Replace(name) + "[/USER]"
}

// Say writes a message in the place of the person and returns its id. In a group the bot is mentioned where it would not hear it
// otherwise.
func (s *Service) Say(ctx context.Context, p Session, text string) (int64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, ErrEmpty
	}
	m, err := s.IM.Send(ctx, im.NewMessage{ChatID: p.ChatID, AuthorID: p.As.ID, Text: p.addressed(text), Platform: "web"})
	return m.ID, err
}

// addressed is a text with the mention that the bot needs to hear it.
func (p Session) addressed(text string) string {
	hears := p.Bot.Type == bot.Supervisor || p.Bot.Type == bot.Personal
	tag := "[USER=" + strconv.FormatInt(p.Bot.ID, 10)
	if !p.Group || hears || strings.HasPrefix(text, "/") || strings.Contains(strings.ToUpper(text), tag) {
		return text
	}
	return mention(p.Bot.ID, p.BotName) + ", " + text
}

// Plain is a text without the mention that Say adds.
func (p Session) Plain(text string) string {
	return strings.TrimPrefix(text, mention(p.Bot.ID, p.BotName)+", ")
}

// Press presses a button of a message in the place of the person, and returns the newest message before its effect.
func (s *Service) Press(ctx context.Context, p Session, messageID int64, index int) (after int64, err error) {
	m, c, err := s.IM.Message(ctx, p.As.ID, messageID)
	if err != nil || m.ChatID != p.ChatID || m.ID <= p.Since {
		return 0, ErrNoButton
	}
	k := m.Extra.Buttons()
	if index < 0 || index >= len(k) || k[index].Type != attach.TypeButton || k[index].Disabled == "Y" {
		return 0, ErrNoButton
	}
	b := k[index]
	switch {
	case b.Command != "":
		last := c.LastMessageID
		return last, s.Bots.Invoke(ctx, bot.Invocation{
			UserID: p.As.ID, MessageID: m.ID, BotID: b.BotID, Command: b.Command, Params: b.CommandParams, Context: bot.FromKeyboard, Platform: "web",
		})
	case b.Action == attach.ActionSend:
		return s.Say(ctx, p, b.ActionValue)
	}
	return 0, ErrNoButton.Because(errors.New("the button does nothing that a bot hears of"))
}

// MaxShown is how many messages of a conversation are returned at most.
const MaxShown = 100

// Messages returns the newest messages of a conversation, the oldest of them first.
func (s *Service) Messages(ctx context.Context, p Session) ([]im.Message, error) {
	if p.ID == 0 {
		return nil, nil
	}
	page, err := s.IM.Messages(ctx, p.As.ID, im.History{ChatID: p.ChatID, Limit: MaxShown})
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(page.Messages, func(m im.Message) bool { return m.ID <= p.Since })
	slices.Reverse(out)
	return out, nil
}

// since is when the deliveries of a conversation are looked for at the earliest.
const since = 15 * time.Minute

// working reports whether events for the bot wait, and what its handler said to the first of them.
func (s *Service) working(ctx context.Context, b bot.Bot) (bool, string, error) {
	page, err := s.Events.Deliveries(ctx, event.DeliveryQuery{
		BotID: b.ID, State: new(event.Pending), From: s.Clock.Now().Add(-since), Limit: event.MaxDeliveries,
	})
	if err != nil || len(page.Items) == 0 {
		return false, "", err
	}
	first := page.Items[len(page.Items)-1]
	switch {
	case first.Attempts == 0:
		return true, "The event was not sent yet: the handler is paused, or no server of this portal runs.", nil
	case first.Status != 0:
		return true, fmt.Sprintf("The handler answered %d to %s: %s", first.Status, first.Event, strings.TrimSpace(first.Answer)), nil
	}
	return true, "The handler cannot be reached: " + strings.TrimSpace(first.Answer), nil
}
