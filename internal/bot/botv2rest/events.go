package botv2rest

import (
	"context"
	"encoding/json"

	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerEvents(r *rest.Registry) {
	r.Add(
		rest.M("imbot.v2.Event.get", "imbot", rest.Everyone, "Fetches the events of a bot.", h.botEvents, rest.Doc(pages+"imbot.v2/events/event-get.md")),
		rest.M("im.v2.Event.get", "im", rest.Everyone, "Fetches the events of the caller's chats.", h.userEvents, rest.Doc(pages+"im.v2/events/event-get.md")),
		rest.M("im.v2.Event.subscribe", "im", rest.Everyone, "Begins to record the events of the caller's chats.", h.subscribe,
			rest.Doc(pages+"im.v2/events/event-subscribe.md")),
		rest.M("im.v2.Event.unsubscribe", "im", rest.Everyone, "Ends to record the events of the caller's chats.", h.unsubscribe,
			rest.Doc(pages+"im.v2/events/event-unsubscribe.md")),
		rest.M("im.v2.Chat.Bot.sendContext", "im", rest.Everyone, "Passes a context to the bot of a dialog, as a link to it does.", h.sendContext,
			rest.Doc(pages+"imbot.v2/bot-context.md")),
	)
}

// contextParams are the parameters of im.v2.Chat.Bot.sendContext.
type sendContextParams struct {
	DialogID string        `b24:"dialogId,required"`
	Context  phpform.Value `b24:"context,required"`
}

// sendContext does what opening a link to a bot does.
func (h handlers) sendContext(ctx context.Context, c *rest.Call, p sendContextParams) (bool, error) {
	err := h.Second.PassContext(ctx, h.Bots, c.UserID, p.DialogID, string(phpform.AppendJSON(nil, p.Context)))
	return err == nil, err
}

type eventsView struct {
	Events []eventView `json:"events"`
	Next   int64       `json:"nextOffset"`
	More   bool        `json:"hasMore"`
}

type eventView struct {
	ID   int64           `json:"eventId"`
	Type string          `json:"type"`
	Date string          `json:"date"`
	Data json.RawMessage `json:"data"`
}

func (h handlers) fetch(ctx context.Context, c *rest.Call, q botv2.FetchQuery) (eventsView, error) {
	b, err := h.Second.Fetch(ctx, q)
	if err != nil {
		return eventsView{}, err
	}
	out := eventsView{Events: make([]eventView, len(b.Events)), Next: b.Next, More: b.More}
	for i, e := range b.Events {
		out.Events[i] = eventView{ID: e.ID, Type: e.Name, Date: atom(e.Date, c), Data: e.Data}
	}
	return out, nil
}

// botEventsParams are the parameters of imbot.v2.Event.get.
type botEventsParams struct {
	BotID  int64  `b24:"botId,needed"`
	Token  string `b24:"botToken"`
	Offset int64  `b24:"offset"`
	Limit  int64  `b24:"limit"`
	User   bool   `b24:"withUserEvents"`
}

var errScope = fault.New(fault.Denied, "SCOPE_ERROR", "The scope im is required for user events")

func (h handlers) botEvents(ctx context.Context, c *rest.Call, p botEventsParams) (eventsView, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return eventsView{}, err
	}
	q := botv2.FetchQuery{BotID: b.ID, Offset: p.Offset, Limit: p.Limit}
	if !p.User {
		return h.fetch(ctx, c, q)
	}
	if !c.Has("im") {
		return eventsView{}, errScope
	}
	subscribed, err := h.Second.Subscribed(ctx, c.UserID)
	if err != nil {
		return eventsView{}, err
	}
	if !subscribed {
		return eventsView{}, botv2.ErrNotSubscribed
	}
	q.UserID = c.UserID
	return h.fetch(ctx, c, q)
}

// userEventsParams are the parameters of im.v2.Event.get.
type userEventsParams struct {
	Offset int64 `b24:"offset"`
	Limit  int64 `b24:"limit"`
}

func (h handlers) userEvents(ctx context.Context, c *rest.Call, p userEventsParams) (eventsView, error) {
	return h.fetch(ctx, c, botv2.FetchQuery{UserID: c.UserID, Offset: p.Offset, Limit: p.Limit})
}

func (h handlers) subscribe(ctx context.Context, c *rest.Call, _ rest.None) (bool, error) {
	err := h.Second.Subscribe(ctx, c.UserID)
	return err == nil, err
}

func (h handlers) unsubscribe(ctx context.Context, c *rest.Call, _ rest.None) (bool, error) {
	err := h.Second.Unsubscribe(ctx, c.UserID)
	return err == nil, err
}
