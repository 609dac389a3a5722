package portal

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/console/consoleweb"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// stories tells the console what became of messages to bots.
type stories struct{ p *Portal }

var _ consoleweb.Stories = stories{}

// How far around a message its traces are looked for.
const (
	storyEvents = time.Minute     // an event of the message is recorded within it
	storyCalls  = 2 * time.Minute // calls after the handler took the event
	storyLimit  = 20              // calls and deliveries
)

// everything sees every call: what of it is shown is decided before.
var everything = user.Ref{Admin: true}

// Story returns what became of a message for a bot.
func (s stories) Story(ctx context.Context, viewer user.Ref, messageID, botID int64) (console.Story, error) {
	m, chat, err := s.message(ctx, viewer, messageID, botID)
	if err != nil {
		return console.Story{}, err
	}
	out := console.Story{Now: s.p.config.Clock.Now(), Message: console.StoryMessage{
		ID: m.ID, ChatID: m.ChatID, At: m.Date, System: m.System || m.AuthorID == 0, Deleted: !m.Deleted.IsZero(),
		Private: chat.Type == im.Private, Lines: chat.Type == im.Lines,
	}}
	b, member, err := s.bot(ctx, m, botID)
	if err != nil || b.ID == 0 {
		return out, err
	}
	out.Message.ByBot = m.AuthorID == b.ID
	out.Message.Mentions = mentions(m.Text, b.ID)
	if out.Bot, err = s.about(ctx, b, member); err != nil {
		return out, err
	}
	if _, err := s.p.Bots.Get(ctx, m.AuthorID); err == nil && !out.Message.ByBot {
		if out.Bot.Cut, err = s.p.Bots.Cut(ctx, m.ChatID); err != nil {
			return out, err
		}
	}
	if out.Message.ByBot {
		return out, s.origin(ctx, &out, b)
	}
	for _, name := range []string{"ONIMBOTMESSAGEADD", "ONIMCOMMANDADD"} {
		if out.Delivery, err = s.delivery(ctx, b, event.DeliveryQuery{
			Event: name, From: m.Date.Add(-storyEvents), To: m.Date.Add(storyEvents), Text: `"MESSAGE_ID":` + strconv.FormatInt(m.ID, 10) + ",",
		}); err != nil || out.Delivery != nil {
			break
		}
	}
	if err != nil || out.Delivery == nil || !out.Delivery.Sent {
		return out, err
	}
	return out, s.calls(ctx, &out, b)
}

// message returns a message that viewer may see: as a member of its chat, or who has the console, as the bot sees it.
func (s stories) message(ctx context.Context, viewer user.Ref, id, botID int64) (im.Message, im.Chat, error) {
	m, c, err := s.p.IM.Message(ctx, viewer.ID, id)
	if errors.Is(err, im.ErrNoMessage) && viewer.May(access.ViewConsole) && botID != 0 {
		if _, err := s.p.Bots.Get(ctx, botID); err == nil {
			return s.p.IM.Message(ctx, botID, id)
		}
	}
	return m, c, err
}

// bot returns the bot that a story is about, and its membership in the chat: the one that is asked for, who wrote the
// message, one that it mentions, one that hears everything, or the first. The zero bot is none.
func (s stories) bot(ctx context.Context, m im.Message, botID int64) (b bot.Bot, member *im.Member, err error) {
	list, err := s.p.Bots.List(ctx)
	if err != nil {
		return b, nil, err
	}
	members, err := s.p.IM.BotsOf(ctx, m.ChatID)
	if err != nil {
		return b, nil, err
	}
	best := 0
	for _, candidate := range list {
		i := slices.IndexFunc(members, func(m im.Member) bool { return m.UserID == candidate.ID })
		rank := 0
		switch {
		case candidate.ID == botID:
			rank = 5
		case i < 0:
			continue
		case candidate.ID == m.AuthorID:
			rank = 4
		case mentions(m.Text, candidate.ID):
			rank = 3
		case candidate.Type == bot.Supervisor:
			rank = 2
		default:
			rank = 1
		}
		if rank > best {
			best, b, member = rank, candidate, nil
			if i >= 0 {
				member = &members[i]
			}
		}
	}
	return b, member, nil
}

// mentions reports whether a text mentions a user.
func mentions(text string, id int64) bool {
	text, tag := strings.ToUpper(text), "[USER="+strconv.FormatInt(id, 10)
	return strings.Contains(text, tag+"]") || strings.Contains(text, tag+" ")
}

func (s stories) about(ctx context.Context, b bot.Bot, member *im.Member) (*console.StoryBot, error) {
	out := &console.StoryBot{
		ID: b.ID, Name: "Bot " + strconv.FormatInt(b.ID, 10), HearsAll: b.Type == bot.Supervisor, LinesOnly: b.Type == bot.OpenLine,
		InLines: b.OpenLine, Handler: b.Handlers.MessageAdd, AppID: b.Owner.AppID,
	}
	if member != nil {
		out.Member, out.Joined = true, member.Joined
	}
	found, err := people{s.p.Users}.People(ctx, []int64{b.ID})
	if err != nil {
		return nil, err
	}
	if p, ok := found[b.ID]; ok {
		out.Name = p.Name
	}
	apps, err := s.p.Apps.List(ctx, everything)
	for _, a := range apps {
		if a.ID == b.Owner.AppID {
			out.AppName = a.Name
		}
	}
	return out, err
}

// delivery returns the first delivery to a bot that q describes; nil where there is none.
func (s stories) delivery(ctx context.Context, b bot.Bot, q event.DeliveryQuery) (*console.StoryDelivery, error) {
	q.AppID, q.BotID, q.Limit = b.Owner.AppID, b.ID, event.MaxDeliveries
	page, err := s.p.Events.Deliveries(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, d := range page.Items {
		if d.ReplayOf != 0 {
			continue
		}
		full, err := s.p.Events.Delivery(ctx, d.ID)
		if err != nil {
			return nil, err
		}
		out := storyDelivery(full)
		if out.Attempts == 0 && out.Ahead > 1 {
			out.First, err = s.first(ctx, d.Lane.ID)
		}
		return out, err
	}
	return nil, nil
}

// first returns the delivery that waits at the head of a handler's queue; nil where the queue is too long to see its head.
func (s stories) first(ctx context.Context, laneID int64) (*console.StoryDelivery, error) {
	page, err := s.p.Events.Deliveries(ctx, event.DeliveryQuery{LaneID: laneID, State: new(event.Pending), Limit: event.MaxDeliveries})
	if err != nil || page.Next != 0 || len(page.Items) == 0 {
		return nil, err
	}
	full, err := s.p.Events.Delivery(ctx, page.Items[len(page.Items)-1].ID)
	if err != nil {
		return nil, err
	}
	return storyDelivery(full), nil
}

func storyDelivery(d event.DeliveryDetails) *console.StoryDelivery {
	out := &console.StoryDelivery{
		ID: d.ID, Event: d.Event, URL: d.Lane.URL, Sent: d.State == event.Sent, Dead: d.State == event.Dead, Attempts: d.Attempts, Status: d.Status,
		LastAt: d.LastAt, Took: d.Took, NextAt: d.Handler.NextAt, Ahead: d.Handler.Waiting,
	}
	if n := len(d.Log); n > 0 {
		out.Problem, out.Answer = d.Log[n-1].Problem, d.Log[n-1].Text
	}
	switch p := d.Handler.Paused; {
	case p != nil && p.Failed:
		out.PausedBy = "failed"
	case p != nil:
		out.PausedBy = "person"
	}
	return out
}

// calls adds what the owner of the bot called after it took the event, and the messages that it made.
func (s stories) calls(ctx context.Context, out *console.Story, b bot.Bot) (err error) {
	from := out.Delivery.LastAt
	f := console.Filter{AppID: b.Owner.AppID, From: from, Until: from.Add(out.Delivery.Took + storyCalls)}
	if f.AppID == 0 { // registered through a webhook: whose calls are its own is known by the methods only
		f.Kind, f.Method = console.ByWebhook, "imbot"
	}
	if out.Calls, err = s.p.Console.CallsFrom(ctx, everything, f, storyLimit); err != nil {
		return err
	}
	for _, c := range out.Calls {
		id := c.MadeMessage()
		if id == 0 {
			continue
		}
		m, _, err := s.p.IM.Message(ctx, b.ID, id)
		if err != nil {
			continue // a message that the bot does not see is no answer of its
		}
		if m.AuthorID == b.ID {
			out.Replies = append(out.Replies, console.StoryReply{MessageID: id, ChatID: m.ChatID, CallID: c.ID, At: m.Date})
		}
	}
	if len(out.Calls) > 0 {
		return nil
	}
	for _, code := range []string{"expired_token", "invalid_token", "NO_AUTH_FOUND"} {
		some, err := s.p.Console.CallsFrom(ctx, everything, console.Filter{Error: code, From: f.From, Until: f.Until}, 3)
		if err != nil {
			return err
		}
		out.Strangers = append(out.Strangers, some...)
	}
	return nil
}

// origin adds the call that wrote a bot's own message, and the event that the bot took before it.
func (s stories) origin(ctx context.Context, out *console.Story, b bot.Bot) error {
	around := console.Filter{MadeID: out.Message.ID, From: out.Message.At.Add(-storyEvents), Until: out.Message.At.Add(storyEvents)}
	list, err := s.p.Console.CallsFrom(ctx, everything, around, storyLimit)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.MadeMessage() == out.Message.ID {
			out.Calls = []console.Call{c}
			out.Replies = []console.StoryReply{{MessageID: out.Message.ID, ChatID: out.Message.ChatID, CallID: c.ID, At: out.Message.At}}
		}
	}
	if len(out.Calls) == 0 {
		return nil
	}
	start := out.Calls[0].Start
	out.Delivery, err = s.delivery(ctx, b, event.DeliveryQuery{From: start.Add(-storyCalls), To: start})
	return err
}

// errNoBot is the fault of a bot that is not there.
var errNoBot = fault.New(fault.NotFound, "BOT_NOT_FOUND", "There is no such bot. It may have been removed.")

// LastTo returns the newest message of viewer in their chat with a bot.
func (s stories) LastTo(ctx context.Context, viewer user.Ref, botID int64) (int64, error) {
	if _, err := s.p.Bots.Get(ctx, botID); err != nil {
		return 0, errNoBot
	}
	chat, err := s.p.IM.Resolve(ctx, strconv.FormatInt(botID, 10), viewer.ID)
	if err != nil || chat.ID == 0 {
		return 0, err
	}
	page, err := s.p.IM.Messages(ctx, viewer.ID, im.History{ChatID: chat.ID, Limit: 50})
	if err != nil {
		return 0, err
	}
	last := int64(0)
	for _, m := range page.Messages {
		if m.AuthorID == viewer.ID && m.Deleted.IsZero() {
			last = max(last, m.ID)
		}
	}
	return last, nil
}
