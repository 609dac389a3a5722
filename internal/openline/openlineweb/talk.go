package openlineweb

import (
	"context"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/web"
)

// inbox is the page: the list and, when one is open, a conversation with its client.
type inbox struct {
	List listView
	Talk *talkView
	Show string        // the pane that a phone shows
	Menu template.HTML // of messages
	Me   person
	Host string
}

// talkView is an open conversation.
type talkView struct {
	Main   template.HTML
	Client clientView
	ID     int64
	ChatID int64
	Member bool
	Last   bool
	Door   bool // the viewer does not read it: there is a way in alone
	Title  string
}

var keys = []web.Key{
	{Keys: "J / K", Does: "Next, previous conversation"},
	{Keys: "Enter", Does: "Open it; in the message field: send"},
	{Keys: "U", Does: "To the client who waits longest for you"},
	{Keys: "A", Does: "Answer; begin a new conversation"},
	{Keys: "X", Does: "Skip: it goes to the next operator"},
	{Keys: "T", Does: "Transfer to somebody, or to another line"},
	{Keys: "D", Does: "Finish"},
	{Keys: "O / Y", Does: "Join, intercept the conversation of somebody else"},
	{Keys: "W", Does: "Whisper: the client does not see what you write"},
	{Keys: "H", Does: "Silent mode: nothing goes to the client, on and off"},
	{Keys: "G / V", Does: "Pin, ask for a rating"},
	{Keys: "B", Does: "Spam: end it and block the client, and back"},
	{Keys: "Z", Does: "Pause and resume taking conversations"},
	{Keys: "/", Does: "Search; in an empty message field: canned answers, yours and those of the line"},
	{Keys: "C", Does: "To the message field"},
	{Keys: "I", Does: "Show or hide the client"},
	{Keys: "Esc", Does: "From the message field to the list"},
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	sc, err := h.Conversations.Scope(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	return h.page(ctx, r, sc, nil)
}

// conversation shows one with the list beside it. What has another address by now is led there.
func (h pages) conversation(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	s, t, err := h.panes(ctx, r, id)
	if err != nil {
		return web.Page{}, err
	}
	return h.page(ctx, r, s.Scope, &t)
}

// panes returns a conversation that the viewer may see, or the door to it.
func (h pages) panes(ctx context.Context, r *web.Request, sessionID int64) (s openline.Standing, t talkView, err error) {
	if s, err = h.Conversations.Standing(ctx, r.Viewer.Ref(), sessionID); err == nil {
		var closed bool
		if t, closed, err = h.door(ctx, r, s); closed || err != nil {
			return s, t, err
		}
	}
	if err = h.seen(ctx, s, err); err != nil {
		return s, t, err
	}
	t, err = h.talk(ctx, r, s)
	return s, t, err
}

func (h pages) page(ctx context.Context, r *web.Request, sc openline.Scope, t *talkView) (web.Page, error) {
	m := inbox{Talk: t, Show: "list", Host: r.Host, Me: person{ID: r.Viewer.ID, Name: r.Viewer.Name}}
	current, title := int64(0), "Channels"
	if t != nil {
		m.Show, current = "main", t.ID
	}
	var err error
	if m.List, err = h.listOf(ctx, r, sc, current); err != nil {
		return web.Page{}, err
	}
	if m.Menu, err = h.Talks.Menu(r); err != nil {
		return web.Page{}, err
	}
	p := web.Page{
		Title: title, Section: nav, Template: "channels/inbox", Body: m, AnyImages: true, Keys: keys, Whole: "im-pending",
		Modules: []string{"channels/channels.js"}, Styles: append(imweb.Styles(), BarStyle, "channels/channels.css"),
	}
	if m.List.Queue {
		p.Actions = append(p.Actions, web.Action{Title: "Queue", URL: URL + "queue/", Icon: "clock"})
	}
	p.Actions = append(p.Actions, web.Action{Title: "Canned answers", URL: AnswersURL, Icon: "text"})
	return p, nil
}

// talk returns an open conversation.
func (h pages) talk(ctx context.Context, r *web.Request, s openline.Standing) (t talkView, err error) {
	t = talkView{ID: s.ID, ChatID: s.ChatID, Member: s.Member && s.Last, Last: s.Last}
	place := imweb.Place{ListURL: backOf(r)}
	if !t.Member {
		place.Source = URL + "messages"
		if place.Closed, err = h.closed(ctx, r, s); err != nil {
			return t, err
		}
	}
	if place.Message = max(r.Int("m", 0), 0); !s.Last && place.Message == 0 {
		if place.Message, err = h.Chats.FirstSince(ctx, s.ChatID, s.Created); err != nil {
			return t, err
		}
	}
	if place.Bar, err = h.bar(ctx, r, s, false); err != nil {
		return t, err
	}
	shown, err := h.Talks.Open(ctx, r, s.ChatID, place)
	if err != nil {
		return t, err
	}
	t.Main = shown.Main
	t.Client, err = h.client(ctx, r, s)
	t.Title = t.Client.Client.Name
	return t, err
}

// backOf is the address of the list that a request was made from.
func backOf(r *web.Request) string {
	if q := readQuery(r).values().Encode(); q != "" {
		return URL + "?" + q
	}
	return URL
}

// closed says why the viewer does not write here, and what became of what they had begun to.
func (h pages) closed(ctx context.Context, r *web.Request, s openline.Standing) (string, error) {
	text := "You read along. Answer or join to write."
	switch {
	case !s.Last:
		text = "This conversation is over, and a newer one followed."
	case s.State == openline.StateSpam:
		text = "The client is blocked."
	case !s.State.Open():
		text = "This conversation is over."
	case s.State == openline.StateActive:
		who, err := h.people(ctx, s.OperatorID)
		if err != nil {
			return "", err
		}
		text = who(s.OperatorID).Name + " answers here."
	}
	draft, err := h.draftIn(ctx, r, s.ChatID)
	if draft != "" {
		text += " Your draft is kept: “" + draft + "”"
	}
	return text, err
}

// draftIn is what the viewer had begun to write in a chat.
func (h pages) draftIn(ctx context.Context, r *web.Request, chatID int64) (string, error) {
	d, err := h.Chats.Draft(ctx, r.Viewer.ID, "chat"+strconv.FormatInt(chatID, 10))
	return d.Text, err
}

// openFragment answers /channels/open?id=: the panes of a conversation, for a page that is open already.
func (h pages) openFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	_, t, err := h.panes(ctx, r, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	side := ""
	if !t.Door {
		side, err = r.Render("channels/client", t.Client)
	}
	return web.JSON{Value: map[string]any{
		"main": string(t.Main), "side": side, "id": t.ID, "chat": t.ChatID, "member": t.Member, "door": t.Door, "title": t.Title,
	}}, err
}

// messagesFragment answers /channels/messages?chat=: the rows of a conversation, for who reads along.
func (h pages) messagesFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.standingIn(ctx, r, r.Int("chat", 0))
	if err != nil {
		return nil, err
	}
	return h.Talks.Rows(ctx, r, s.ChatID)
}

// deed is something that can be done, as a button of the bar.
type deed struct {
	Name             openline.Deed
	Title, Icon, Key string
	Primary, Danger  bool
	On               bool   // a switch that is on
	Confirm          string // what is asked before
	URL              string // of a page that goes on with it; empty: it is done at once
	More             bool   // in the menu
}

// barView is what stands above a conversation: its state and what can be done.
type barView struct {
	openline.Standing

	Inbox    bool // shown in the messenger, from which it leads to the inbox
	Waits    *wait
	StateIs  string
	Who      string // has it, or is asked
	Position string // in the queue
	Viewers  viewersView
	Deeds    []deed
	More     []deed
}

func (h pages) bar(ctx context.Context, r *web.Request, s openline.Standing, messenger bool) (template.HTML, error) {
	v := barView{Standing: s, Inbox: messenger, StateIs: stateWords[s.State]}
	if since, ok := s.Waits(); ok && s.Last {
		w := waitAt(since, r.Now)
		v.Waits = &w
	}
	if s.State == openline.StateWaiting {
		n, err := h.Conversations.Position(ctx, s.ID)
		if err != nil {
			return "", err
		}
		if n > 0 {
			v.Position = ordinal(n) + " in the queue"
		}
	}
	who, err := h.people(ctx, append(slices.Clone(s.Asked), s.OperatorID, s.BotID)...)
	if err != nil {
		return "", err
	}
	v.Who = h.holder(s, who)
	if v.Viewers, err = h.viewers(ctx, r, s.ChatID); err != nil {
		return "", err
	}
	pinned, err := h.pinned(ctx, s)
	if err != nil {
		return "", err
	}
	for _, d := range deedsOf(s, pinned) {
		if d.More {
			v.More = append(v.More, d)
		} else {
			v.Deeds = append(v.Deeds, d)
		}
	}
	html, err := r.Render("channels/bar", v)
	return template.HTML(html), err //nolint:gosec // a template made it
}

// holder says who has a conversation, or who is asked.
func (h pages) holder(s openline.Standing, who func(int64) person) string {
	switch {
	case s.Own():
		return "You"
	case s.State == openline.StateOffered && len(s.Asked) == 1 && s.AskedMe():
		return "You are asked"
	case s.State == openline.StateOffered && len(s.Asked) == 1:
		return who(s.Asked[0]).Name + " is asked"
	case s.State == openline.StateOffered:
		return strconv.Itoa(len(s.Asked)) + " people are asked"
	case s.State == openline.StateBot && s.BotID != 0:
		return who(s.BotID).Name
	case s.OperatorID != 0 && s.OperatorID == s.Scope.UserID:
		return "You"
	case s.OperatorID != 0:
		return who(s.OperatorID).Name
	}
	return ""
}

// pinned reports whether the viewer has the conversation at the top of their list.
func (h pages) pinned(ctx context.Context, s openline.Standing) (bool, error) {
	if !offered(s, openline.DoPin) {
		return false, nil
	}
	pinned, err := h.Conversations.Pinned(ctx, s.Scope.UserID)
	return pinned[s.ID], err
}

// deedsOf are the buttons of a bar.
func deedsOf(s openline.Standing, pinned bool) (out []deed) {
	chat := strconv.FormatInt(s.ChatID, 10)
	pin := deed{Name: openline.DoPin, Title: "Pin", Icon: "pin", Key: "g", More: true, On: pinned}
	if pinned {
		pin.Title = "Unpin"
	}
	silent := deed{Name: openline.DoSilent, Title: "Silent mode", Icon: "eye-off", Key: "h", More: true, On: s.Silent}
	if s.Silent {
		silent.Title = "End silent mode"
	}
	finish := deed{Name: openline.DoFinish, Title: "Finish", Icon: "check", Key: "d"}
	if s.Line.ConfirmClose {
		finish.Confirm = "Finish the conversation? The client is told that it is over."
	}
	if s.CategoryID == 0 && s.May(openline.DoSort) {
		finish.URL = URL + "finish?chat=" + chat
	}
	for _, d := range []deed{
		{Name: openline.DoAnswer, Title: "Answer", Icon: "reply", Key: "a", Primary: true},
		{Name: openline.DoNew, Title: "New conversation", Icon: "plus", Key: "a", Primary: true},
		{Name: openline.DoUnblock, Title: "Unblock", Icon: "refresh", Key: "b", Primary: true},
		{Name: openline.DoSkip, Title: "Skip", Icon: "chevron-right", Key: "x"},
		{Name: openline.DoIntercept, Title: "Intercept", Icon: "bolt", Key: "y"},
		{Name: openline.DoJoin, Title: "Join", Icon: "user-plus", Key: "o"},
		{Name: openline.DoTransfer, Title: "Transfer", Icon: "forward", Key: "t", URL: URL + "transfer?chat=" + chat},
		finish, pin, silent,
		{Name: openline.DoVote, Title: "Ask for a rating", Icon: "star", Key: "v", More: true},
		{Name: openline.DoSpam, Title: "Spam", Icon: "warning", Key: "b", Danger: true, More: true},
	} {
		if offered(s, d.Name) {
			out = append(out, d)
		}
	}
	return out
}

// barOf returns the bar of the newest conversation of a chat; empty where the viewer does not see it.
func (h pages) barOf(ctx context.Context, r *web.Request, chatID int64, messenger bool) (template.HTML, error) {
	s, err := h.standingIn(ctx, r, chatID)
	if err != nil {
		return "", onlyInternal(err)
	}
	return h.bar(ctx, r, s, messenger)
}

// barFragment answers /channels/bar?chat=: the bar, for a page that is open already.
func (h pages) barFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	html, err := h.barOf(ctx, r, r.Int("chat", 0), r.FormValue("messenger") == "1")
	return web.JSON{Value: map[string]any{"html": string(html)}}, err
}

// Cap is the key as it stands on the keyboard.
func (d deed) Cap() string { return strings.ToUpper(d.Key) }
