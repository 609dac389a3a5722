package consoleweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Stories tells what is known of a message and a bot.
type Stories interface {
	// Story returns what became of a message for a bot; botID 0 is the bot that the message is most likely for. It fails with
	// a fault NotFound for a message that viewer may not see.
	Story(ctx context.Context, viewer user.Ref, messageID, botID int64) (console.Story, error)
	// LastTo returns the newest message of viewer in their chat with the bot; 0 where they have not written to it. It fails
	// with a fault NotFound where there is no such bot.
	LastTo(ctx context.Context, viewer user.Ref, botID int64) (messageID int64, err error)
}

// whyURL returns the page that explains why a bot did not answer a message.
func whyURL(messageID, botID int64) string {
	return "/devops/console/why/" + strconv.FormatInt(messageID, 10) + "/?bot=" + strconv.FormatInt(botID, 10)
}

// whyView is what the page shows.
type whyView struct {
	Story   console.Story
	Verdict console.Verdict
	Bot     string
	Tone    string
	Links   []whyLink
	Calls   []row
	Again   string // the address of this page
}

// whyLink is a link of the chain with what to look at.
type whyLink struct {
	console.Link

	Icon string
	URL  string
	Look string
}

var markIcons = map[console.Mark]string{console.Good: "check-circle", console.Bad: "warning", console.Open: "minus"}

func (h pages) why(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	s, err := h.Stories.Story(ctx, r.Viewer.Ref(), id, r.Int("bot", 0))
	if err != nil {
		return web.Page{}, err
	}
	v := whyView{Story: s, Verdict: s.Explain(), Tone: "danger", Again: r.URL.RequestURI()}
	switch {
	case v.Verdict.Good:
		v.Tone = "success"
	case v.Verdict.Code == "working" || v.Verdict.Code == "under_way":
		v.Tone = "info"
	}
	for _, l := range v.Verdict.Links {
		link := whyLink{Link: l, Icon: markIcons[l.Mark]}
		switch {
		case l.CallID != 0:
			link.URL, link.Look = callURL(l.CallID), "Look at the call"
		case l.DeliveryID != 0:
			link.URL, link.Look = deliveryURL(l.DeliveryID), "Look at the delivery"
		}
		v.Links = append(v.Links, link)
	}
	shown := append(append([]console.Call{}, s.Calls...), s.Strangers...)
	n, err := h.names(ctx, r, usersOf(linesOf(shown)))
	if err != nil {
		return web.Page{}, err
	}
	for _, c := range shown {
		v.Calls = append(v.Calls, callRow(c, n))
	}
	title := "Why did the bot not answer?"
	if s.Bot != nil {
		v.Bot = s.Bot.Name
		title = "Why did " + s.Bot.Name + " not answer?"
	}
	if v.Verdict.Code == "by_bot" {
		title = "How this message came about"
	}
	return devops.Slider(title, "why", TimelineURL, v), nil
}

// whyBot leads to the newest message to a bot, which is what its profile asks about.
func (h pages) whyBot(ctx context.Context, r *web.Request) (web.Page, error) {
	bot, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	id, err := h.Stories.LastTo(ctx, r.Viewer.Ref(), bot)
	if err != nil {
		return web.Page{}, err
	}
	if id == 0 {
		return devops.Slider("Why does it not answer?", "why-none", TimelineURL, bot), nil
	}
	return h.whyOf(ctx, r, id, bot)
}

func (h pages) whyOf(ctx context.Context, r *web.Request, id, bot int64) (web.Page, error) {
	r.SetPathValue("id", strconv.FormatInt(id, 10))
	if r.Form == nil {
		if err := r.ParseForm(); err != nil {
			return web.Page{}, err
		}
	}
	r.Form.Set("bot", strconv.FormatInt(bot, 10))
	return h.why(ctx, r)
}

// cause returns the delivery that a call was most likely made because of: the last one to the application that was sent
// before it.
func (h pages) cause(ctx context.Context, r *web.Request, c console.Call) (*row, error) {
	if c.AppID == 0 || !r.Viewer.May(access.ViewConsole) {
		return nil, nil
	}
	page, err := h.Events.Deliveries(ctx, event.DeliveryQuery{
		AppID: c.AppID, From: c.Start.Add(-afterwards), To: c.Start, State: new(event.Sent), Limit: 1,
	})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	n, err := h.names(ctx, r, []int64{page.Items[0].UserID})
	out := deliveryRow(page.Items[0], n)
	return &out, err
}
