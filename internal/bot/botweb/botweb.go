// Package botweb is the pages on which developers look after chat bots: how they do, what they were told, why they did not
// answer, and a playground to talk to them and to keep dialogues as tests.
package botweb

import (
	"context"
	"embed"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botplay"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// section is the navigation item of these pages: bots belong to applications.
const section = "apps"

// ListURL is the page of all bots.
const ListURL = "/devops/bots/"

// URL returns the page of a bot.
func URL(botID int64) string { return ListURL + strconv.FormatInt(botID, 10) + "/" }

// Place is a chat that a bot is in.
type Place struct {
	Title   string // of a private chat, the person's name
	Private bool
	Members int64
}

// Desk is what the pages ask of the rest of the portal.
type Desk interface {
	// People tells who users are. Those who are unknown are left out.
	People(ctx context.Context, ids []int64) (map[int64]web.Person, error)
	// Owner says whose a bot is, in words.
	Owner(ctx context.Context, b bot.Bot) (string, error)
	// Places returns the chats of a bot, those with the latest message first, at most limit, and whether there are more.
	Places(ctx context.Context, botID int64, limit int64) (list []Place, more bool, err error)
	// SetDeadline stores a bot's deadline, in seconds, and who did so.
	SetDeadline(ctx context.Context, actor user.Ref, botID int64, seconds int64) error
	// Choices are the people in whose place actor may talk to a bot, themselves first.
	Choices(ctx context.Context, actor user.Ref) ([]Choice, error)
	// Tabs are those of the console, with the page of bots among them.
	Tabs(current string, v web.Viewer) []web.Tab
}

// Config is what the pages need.
type Config struct {
	Bots    *bot.Service
	Events  *event.Service
	Play    *botplay.Service
	Stories Stories
	Desk    Desk

	Payloads Payloads
}

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("bot", files)
	s.Share("attach", attach.Files)
	h := pages{c}
	see := web.Needs(access.ViewConsole)
	s.Page("/devops/bots/{$}", see, h.list)
	s.Page("/devops/bots/{id}/{$}", see, h.bot)
	s.Page("/devops/bots/{id}/payloads", see, h.payloads)
	s.Action("/devops/bots/{id}/pause", web.Admin, h.pause)
	s.Action("/devops/bots/{id}/resume", web.Admin, h.resume)
	s.Action("/devops/bots/{id}/deadline", web.Admin, h.deadline)
	h.registerPlay(s)
	s.Command(web.Command{Title: "Chat bots", URL: ListURL, Icon: "bot", Keywords: "bots health latency playground", Needs: access.ViewConsole})
}

func actor(r *web.Request) user.Ref {
	return user.Ref{ID: r.Viewer.ID, Admin: r.Viewer.Admin, Access: r.Viewer.Access}
}

func (h pages) page(r *web.Request, title, template string, body any) web.Page {
	return web.Page{
		Title: title, Section: section, Template: "bot/" + template, Body: body, Layout: web.Wide, Tabs: h.Desk.Tabs(ListURL, r.Viewer),
		Styles: []string{"bot/bot.css"},
	}
}

// handlersOf returns the addresses that anything of a bot goes to, each once.
func handlersOf(b bot.Bot) (urls []string) {
	add := func(url string) {
		if url != "" && !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	if b.Second != nil {
		if b.Second.Mode == bot.Webhook {
			add(b.Second.WebhookURL)
		}
		return urls
	}
	for _, url := range []string{b.Handlers.MessageAdd, b.Handlers.MessageUpdate, b.Handlers.MessageDelete, b.Handlers.Join, b.Handlers.Delete} {
		add(url)
	}
	for _, c := range b.Commands {
		add(c.Handler)
	}
	return urls
}

// lanes returns the handlers of a bot to which something was sent.
func (h pages) lanes(ctx context.Context, b bot.Bot) (out []event.Lane, err error) {
	for _, url := range handlersOf(b) {
		found, err := h.Events.Lanes(ctx, event.LaneQuery{AppID: b.Owner.AppID, URL: url})
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			if l.AppID == b.Owner.AppID && l.HookID == 0 { // of a webhook's bot there is no number to ask by
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// typeNames say what the types of bots hear.
var typeNames = map[bot.Type]string{
	bot.Standard: "Bot", bot.Human: "Bot that is seen to type", bot.Supervisor: "Supervisor", bot.OpenLine: "Bot of open channels",
	bot.Personal: "Personal bot", bot.Network: "Network bot",
}

var typeTexts = map[bot.Type]string{
	bot.Standard:   "It hears what is written to it in private, and mentions of it in groups.",
	bot.Human:      "It hears what is written to it in private, and mentions of it in groups, and is seen to type before it answers.",
	bot.Supervisor: "It hears every message of its chats.",
	bot.OpenLine:   "It hears the conversations of open channels that it is in.",
	bot.Personal:   "It hears every message of its chats.",
	bot.Network:    "It hears what is written to it in private, and mentions of it in groups.",
}
