package botweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// botView is the page of a bot.
type botView struct {
	web.Person

	Bot        bot.Bot
	URL        string
	Type, Text string
	Owner      string
	Generation int
	Health     health
	Speed      speed
	Median     string
	Slow       string
	Chart      *chart
	Deliveries []deliveryLine
	Errors     []deliveryLine
	Waits      []waitLine
	Notes      []noteLine
	Commands   []commandLine
	Places     []Place
	MorePlaces bool
	Handlers   []string
	Shared     []string // other bots with the same handlers: they are paused with it
	Manage     bool
	Deadline   string
	DeadlineAt string // in words; empty: none
	Error      string // of the form
}

// deliveryLine is an event that was sent to a bot.
type deliveryLine struct {
	URL, Event, State, Tone, Took, Answer string
	At                                    time.Time
}

// waitLine is somebody who waits for an answer.
type waitLine struct {
	Who, URL string
	Since    time.Time
	Told     bool
}

// noteLine is a note in words.
type noteLine struct {
	Icon, Tone, Text, URL string
	At                    time.Time
}

// commandLine is a command as people read it.
type commandLine struct {
	Name, Params, Title, Handler string
	Common, Hidden, Extranet     bool
}

const (
	shownDeliveries = 20
	shownErrors     = 5
	shownNotes      = 20
	shownWaits      = 20
	shownPlaces     = 20
)

func deliveryURL(id int64) string {
	return "/devops/console/delivery/" + strconv.FormatInt(id, 10) + "/"
}

func messageURL(chatID, messageID int64) string {
	return fmt.Sprintf("/online/chat%d?m=%d", chatID, messageID)
}

// found returns the bot that the address names.
func (h pages) found(ctx context.Context, r *web.Request) (bot.Bot, error) {
	id, err := r.PathID("id")
	if err != nil {
		return bot.Bot{}, err
	}
	b, err := h.Bots.Get(ctx, id)
	if err != nil {
		return bot.Bot{}, fault.New(fault.NotFound, "BOT_NOT_FOUND", "There is no such bot. It may have been removed.").Because(err)
	}
	return b, nil
}

func (h pages) bot(ctx context.Context, r *web.Request) (web.Page, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.view(ctx, r, b)
	if err != nil {
		return web.Page{}, err
	}
	p := h.page(r, v.Name, "bot", v)
	p.Back = ListURL
	return p, nil
}

func (h pages) view(ctx context.Context, r *web.Request, b bot.Bot) (v botView, err error) {
	v = botView{
		Bot: b, URL: URL(b.ID), Type: typeNames[b.Type], Text: typeTexts[b.Type], Generation: 1, Handlers: handlersOf(b),
		Manage: r.Viewer.Admin, Deadline: strconv.FormatInt(int64(b.Deadline/time.Second), 10),
	}
	if b.Second != nil {
		v.Generation = 2
	}
	if b.Deadline > 0 {
		v.DeadlineAt = b.Deadline.String()
	}
	if v.Owner, err = h.Desk.Owner(ctx, b); err != nil {
		return v, err
	}
	lanes, err := h.lanes(ctx, b)
	if err != nil {
		return v, err
	}
	v.Health = healthOf(b, lanes, r.Now)
	if err := h.deliveries(ctx, &v); err != nil {
		return v, err
	}
	for _, c := range b.Commands {
		help := c.In("en")
		v.Commands = append(v.Commands, commandLine{
			Name: c.Name, Params: help.Params, Title: help.Title, Handler: c.Handler, Common: c.Common, Hidden: c.Hidden, Extranet: c.Extranet,
		})
	}
	if v.Places, v.MorePlaces, err = h.Desk.Places(ctx, b.ID, shownPlaces); err != nil {
		return v, err
	}
	return v, h.people(ctx, &v)
}

// deliveries fills in what was sent to the bot.
func (h pages) deliveries(ctx context.Context, v *botView) error {
	recent, err := h.Events.Deliveries(ctx, event.DeliveryQuery{BotID: v.Bot.ID, Limit: recentDeliveries})
	if err != nil {
		return err
	}
	v.Speed, v.Chart = speedOf(recent.Items), chartOf(recent.Items)
	v.Median, v.Slow = words(v.Speed.Median), words(v.Speed.Slow)
	for i, d := range recent.Items {
		l := lineOf(d)
		if i < shownDeliveries {
			v.Deliveries = append(v.Deliveries, l)
		}
		if d.State != event.Sent && d.Attempts > 0 && len(v.Errors) < shownErrors {
			v.Errors = append(v.Errors, l)
		}
	}
	return nil
}

func lineOf(d event.Sending) deliveryLine {
	l := deliveryLine{URL: deliveryURL(d.ID), Event: d.Event, At: d.Created, Answer: strings.TrimSpace(d.Answer)}
	if d.Attempts > 0 {
		l.Took = words(d.Took)
	}
	switch {
	case d.State == event.Sent:
		l.State, l.Tone = strconv.Itoa(d.Status), "success"
	case d.State == event.Dead:
		l.State, l.Tone = "Put aside", "danger"
	case d.Attempts > 0:
		l.State, l.Tone = fmt.Sprintf("Failed %d×", d.Attempts), "warning"
		if d.Status != 0 {
			l.State += fmt.Sprintf(", %d", d.Status)
		}
	default:
		l.State, l.Tone = "Waiting", "neutral"
	}
	return l
}

// people fills in who waits, what was noted and which bots share its handlers, with names.
func (h pages) people(ctx context.Context, v *botView) error {
	waits, err := h.Bots.Waiting(ctx, v.Bot.ID, shownWaits)
	if err != nil {
		return err
	}
	notes, err := h.Bots.Notes(ctx, v.Bot.ID, shownNotes)
	if err != nil {
		return err
	}
	all, err := h.Bots.List(ctx)
	if err != nil {
		return err
	}
	ids := []int64{v.Bot.ID}
	for _, w := range waits {
		ids = append(ids, w.UserID)
	}
	for _, n := range notes {
		ids = append(ids, n.OtherID)
	}
	var shared []int64
	for _, b := range all {
		if b.ID != v.Bot.ID && b.Owner == v.Bot.Owner && overlap(handlersOf(b), v.Handlers) {
			shared = append(shared, b.ID)
		}
	}
	who, err := h.Desk.People(ctx, append(ids, shared...))
	if err != nil {
		return err
	}
	v.Person = who[v.Bot.ID]
	for _, w := range waits {
		v.Waits = append(v.Waits, waitLine{Who: who[w.UserID].Name, URL: messageURL(w.ChatID, w.MessageID), Since: w.Asked, Told: w.Told})
	}
	for _, n := range notes {
		v.Notes = append(v.Notes, noteOf(n, who[n.OtherID].Name))
	}
	for _, id := range shared {
		v.Shared = append(v.Shared, who[id].Name)
	}
	return nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func noteOf(n bot.Note, other string) noteLine {
	if other == "" {
		other = "somebody who is gone"
	}
	l := noteLine{At: n.At, URL: messageURL(n.ChatID, n.MessageID)}
	switch n.Kind {
	case bot.NoteLate:
		l.Icon, l.Tone, l.Text = "clock", "warning", "Had not answered "+other+" after "+words(n.Took)+". The chat was told."
	case bot.NoteAfter:
		l.Icon, l.Tone, l.Text = "check", "success", "Answered "+other+" after the deadline, in "+words(n.Took)+"."
	case bot.NoteLoop:
		l.Icon, l.Tone = "refresh", "danger"
		l.Text = "Talked with " + other + " and nobody else for " + strconv.Itoa(bot.MaxTurns) + " turns. They do not hear each other until a person writes."
	}
	return l
}

// pause stops the deliveries to the handlers of a bot. They wait, and none is lost.
func (h pages) pause(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.each(ctx, r, "Paused. What is for the bot waits.", h.Events.Pause)
}

// resume lets the deliveries to the handlers of a bot go on.
func (h pages) resume(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.each(ctx, r, "Resumed", h.Events.Resume)
}

// deadline stores after how long people are told that the bot has not answered yet.
func (h pages) deadline(ctx context.Context, r *web.Request) (web.Result, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(r.FormValue("deadline"))
	if text == "" {
		text = "0"
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		err = bot.ErrDeadline
	} else {
		err = h.Desk.SetDeadline(ctx, actor(r), b.ID, seconds)
	}
	if errs := web.FieldErrors(err); errs != nil {
		v, err := h.view(ctx, r, b)
		if err != nil {
			return nil, err
		}
		v.Deadline, v.Error = r.FormValue("deadline"), errs["deadline"]
		p := h.page(r, v.Name, "bot", v)
		p.Back, p.Status = ListURL, 422
		return p, nil
	}
	return web.Redirect{To: URL(b.ID), Toast: "Saved"}, err
}

// errNothing is the fault of a pause of what does not exist yet.
var errNothing = fault.New(fault.Conflict, "NOTHING_TO_PAUSE", "Nothing was sent to this bot yet, so there is nothing to pause.")

func (h pages) each(ctx context.Context, r *web.Request, done string, f func(context.Context, user.Ref, int64) error) (web.Result, error) {
	b, err := h.found(ctx, r)
	if err != nil {
		return nil, err
	}
	lanes, err := h.lanes(ctx, b)
	if err != nil {
		return nil, err
	}
	if len(lanes) == 0 {
		return nil, errNothing
	}
	for _, l := range lanes {
		if err := f(ctx, actor(r), l.ID); err != nil {
			return nil, err
		}
	}
	return web.Redirect{To: URL(b.ID), Toast: done}, nil
}
