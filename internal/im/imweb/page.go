package imweb

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// messenger is the page: the list and, when one is open, a conversation.
type messenger struct {
	List   listView
	Talk   *talk
	Show   string // the pane that a phone shows: "list" or "main"
	Side   bool   // the details are open
	Unread int64
	Hosts  string
}

// detailsCookie remembers whether the person closed the details.
const detailsCookie = "im_details"

// keys are what the "?" dialog says.
var keys = []web.Key{
	{Keys: "/", Does: "Find a person or a chat"},
	{Keys: "J / K", Does: "Next, previous chat"},
	{Keys: "U", Does: "To the next chat with something new"},
	{Keys: "N", Does: "To the first new message of the chat"},
	{Keys: "Enter", Does: "Open the chat; in the message field: send"},
	{Keys: "Shift Enter", Does: "A new line in the message"},
	{Keys: "Esc", Does: "Back to the message field, then to the list of chats"},
	{Keys: "@ / :", Does: "While writing: people, emoji"},
	{Keys: "Ctrl B / Ctrl I / Ctrl E", Does: "Bold, italic, code"},
	{Keys: "↑", Does: "In an empty message field: change your last message"},
	{Keys: "Ctrl ↑", Does: "From the message field to the messages; ↑ and ↓ go on"},
	{Keys: "R / Q / E", Does: "Reply to, quote, edit the message"},
	{Keys: "F / P / +", Does: "Forward, pin, like the message"},
	{Keys: "Ctrl C / L", Does: "Copy the text, the link of the message"},
	{Keys: "Del", Does: "Delete the message"},
	{Keys: "M", Does: "All that can be done with the message"},
	{Keys: "C", Does: "Write a message"},
	{Keys: "S", Does: "Search in the open chat"},
	{Keys: "I", Does: "Show or hide the details"},
	{Keys: "End", Does: "To the newest message"},
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	for _, name := range []string{"IM_DIALOG", "IM_HISTORY"} {
		if d := strings.TrimSpace(r.FormValue(name)); d != "" {
			if _, ok := im.ParseDialog(d); !ok && h.renamed == nil {
				return web.Page{}, errNoDialog
			}
			to := dialogURL(url.PathEscape(strings.ToLower(d)))
			if c := r.FormValue("BOT_CONTEXT"); c != "" {
				to += "?" + url.Values{"BOT_CONTEXT": {c}}.Encode()
			}
			return web.Page{Redirect: to}, nil
		}
	}
	return h.page(ctx, r, nil)
}

func (h pages) dialog(ctx context.Context, r *web.Request) (web.Page, error) {
	t, err := h.open(ctx, r, r.PathValue("dialog"), r.Int("m", 0))
	if err != nil {
		return web.Page{}, err
	}
	return h.page(ctx, r, &t)
}

// page puts the list and the conversation t together; nil shows the list alone.
func (h pages) page(ctx context.Context, r *web.Request, t *talk) (web.Page, error) {
	m := messenger{Talk: t, Show: "list", Side: true, Hosts: h.ownHosts(r)}
	current := ""
	if t != nil {
		m.Show, current = "main", t.Dialog
	}
	if c, err := r.Cookie(detailsCookie); err == nil && c.Value == "0" {
		m.Side = false
	}
	var err error
	if m.List, err = h.recentList(ctx, r, im.RecentQuery{Offset: r.Int("offset", 0)}, current); err != nil {
		return web.Page{}, err
	}
	if q := strings.TrimSpace(r.FormValue("q")); q != "" && r.Method == "GET" {
		m.List.Query = q
		if m.List.Found, err = h.findAll(ctx, r, q); err != nil {
			return web.Page{}, err
		}
	}
	if m.Unread, err = h.im.Unread(ctx, r.Viewer.ID); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: "Messenger", Section: "messenger", Template: "im/messenger", Body: m, AnyImages: true, Keys: keys, Whole: "im-pending",
		Modules: []string{"im/im.js"}, Styles: h.styles,
	}, nil
}

// ownHosts are the names of this portal, for links that lead back to it.
func (h pages) ownHosts(r *web.Request) string {
	hosts := []string{r.Host}
	if h.hosts != nil {
		hosts = append(hosts, h.hosts()...)
	}
	return strings.Join(hosts, " ")
}

// openFragment answers /online/open?dialog=: the panes of a conversation, for a page that is open already.
func (h pages) openFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	t, err := h.open(ctx, r, r.FormValue("dialog"), r.Int("m", 0))
	if err != nil {
		return nil, err
	}
	main, err := r.Render("im/main", &t)
	if err != nil {
		return nil, err
	}
	side, err := r.Render("im/side", &t)
	return web.JSON{Value: map[string]any{"main": main, "side": side, "dialog": t.Dialog}}, err
}

// messagesFragment answers /online/messages?chat=: with after= what is newer than that message, with before= what is older,
// with around= what stands about it, else the newest. The rows come oldest first.
func (h pages) messagesFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	w, err := h.stretch(ctx, r)
	if err != nil {
		return nil, hide(err)
	}
	return h.rowsJSON(ctx, r, w)
}

// rowsJSON is the answer that carries a stretch of a conversation.
func (h pages) rowsJSON(ctx context.Context, r *web.Request, w window) (web.Result, error) {
	p := h.people(ctx, r)
	p.inside = w.inside
	rows, err := p.rows(ctx, w.messages, r.Int("seen", 0))
	if err != nil {
		return nil, err
	}
	html, err := r.Render("im/messages", rows)
	return web.JSON{Value: map[string]any{"html": html, "count": len(rows), "older": w.older, "newer": w.newer}}, err
}

func (h pages) stretch(ctx context.Context, r *web.Request) (window, error) {
	viewer, chatID := r.Viewer.ID, r.Int("chat", 0)
	after, before := r.Int("after", -1), r.Int("before", 0)
	switch {
	case after >= 0:
		p, err := h.im.Messages(ctx, viewer, im.History{ChatID: chatID, After: after, First: after == 0, Limit: r.Int("limit", 200)})
		return window{messages: p.Messages, newer: p.More, inside: insideOnly(p.Chat)}, err
	case before > 0:
		p, err := h.im.Messages(ctx, viewer, im.History{ChatID: chatID, Before: before, Limit: pageSize})
		slices.Reverse(p.Messages)
		return window{messages: p.Messages, older: p.More, inside: insideOnly(p.Chat)}, err
	}
	return h.window(ctx, viewer, chatID, r.Int("around", 0))
}

// messageFragment answers /online/message?id=: one message as a row, and its text as it was written, for who changes it.
func (h pages) messageFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	m, _, err := h.im.Message(ctx, r.Viewer.ID, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	return h.messageJSON(ctx, r, m)
}

// messageJSON is the answer that carries one message.
func (h pages) messageJSON(ctx context.Context, r *web.Request, m im.Message) (web.Result, error) {
	p := h.people(ctx, r)
	rows, err := p.rows(ctx, []im.Message{m}, r.Int("seen", 0))
	if err != nil {
		return nil, err
	}
	html, err := r.Render("im/messages", rows)
	if err != nil {
		return nil, err
	}
	return web.JSON{Value: map[string]any{"html": html, "id": m.ID, "chat": m.ChatID, "text": m.Text}}, nil
}
