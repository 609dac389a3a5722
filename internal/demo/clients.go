package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/user"
)

// visit is a conversation with a client who writes on the company's site.
type visit struct {
	name, email, page string
	operator          string // who answers, by the first name; empty: nobody has yet
	category          string
	daysAgo           int // with hour and minute; 0: minute minutes ago
	hour, minute      int
	said              []saying
	rated             int  // 1: the client was content, -1: they were not
	open              bool // it goes on
}

// saying is a message of a visit.
type saying struct {
	after time.Duration // the message before it, or the beginning
	own   bool          // the operator wrote it
	text  string
}

// begin returns when the client wrote first.
func (v visit) begin(now time.Time) time.Time {
	if v.daysAgo == 0 {
		return now.Add(-time.Duration(v.minute) * time.Minute)
	}
	return line{daysAgo: v.daysAgo, hour: v.hour, minute: v.minute}.when(now)
}

// categories are what clients write about.
var categories = []string{"Delivery", "Orders", "Returns"}

// visits are in the order of their time.
var visits = []visit{
	{"Paul Meyer", "paul@client.example", "https://shop.northwind.example/delivery", "Lena", "Delivery", 6, 9, 41, []saying{
		{0, false, "Good morning! My parcel 3318 has been at customs for two days. Is something missing?"},
		{3 * time.Minute, true, "Good morning, Mr Meyer. I am asking our carrier, one moment please."},
		{6 * time.Minute, true, "They wanted the invoice once more and have it now. The parcel moves on today."},
		{time.Minute, false, "That was quick, thank you!"},
	}, 1, false},
	{"Ines Carvalho", "ines@client.example", "https://shop.northwind.example/bicycles/city-7", "Julia", "Orders", 5, 11, 12, []saying{
		{0, false, "Does the City 7 come with lights?"},
		{time.Minute, true, "Yes: front and rear, with a hub dynamo."},
		{2 * time.Minute, false, "Perfect, ordering it now."},
	}, 1, false},
	{"Oskar Lund", "", "https://shop.northwind.example/returns", "Lena", "Returns", 4, 16, 27, []saying{
		{0, false, "The saddle is the wrong colour. How do I send it back?"},
		{14 * time.Minute, true, "I am sorry about that. I have just sent you a label by e-mail: no postage to pay."},
		{9 * time.Minute, false, "14 minutes for an answer is long, but thanks."},
	}, -1, false},
	{"Mei Tanaka", "mei@client.example", "https://shop.northwind.example/", "Julia", "Orders", 2, 10, 3, []saying{
		{0, false, "Hello, do you ship to Japan?"},
		{2 * time.Minute, true, "Hello! We do, by air, in about eight days. To which city?"},
		{time.Minute, false, "Kobe."},
		{4 * time.Minute, true, "Then it is 39 euros for up to ten kilograms."},
	}, 0, false},
	{"Paul Meyer", "paul@client.example", "https://shop.northwind.example/account", "Lena", "Delivery", 1, 14, 19, []saying{
		{0, false, "It has arrived, everything is fine. Could I have the invoice with our VAT number?"},
		{2 * time.Minute, true, "Of course. Which number is it?"},
		{time.Minute, false, "DE 299 999 999"},
		{3 * time.Minute, true, "The new invoice is in your account."},
	}, 1, false},
	{"Greta Olsen", "greta@client.example", "https://shop.northwind.example/bicycles/cargo-2", "Lena", "", 0, 0, 9, []saying{
		{0, false, "Can two children sit in the Cargo 2?"},
		{2 * time.Minute, true, "Two up to six years of age, with belts for both. How old are yours?"},
		{3 * time.Minute, false, "Two and five. Is there a rain cover?"},
	}, 0, true},
	{"Yusuf Demir", "", "https://shop.northwind.example/delivery", "", "", 0, 0, 2, []saying{
		{0, false, "Hi, can I change the address of order 20514? I have moved."},
	}, 0, true},
}

// makeClients has clients write to the line from the company's site.
func (m *maker) makeClients(ctx context.Context) error {
	admin := user.Ref{ID: 1, Admin: true}
	lines, err := m.portal.Lines.All(ctx)
	if err != nil {
		return err
	}
	made, err := m.portal.LiveChat.All(ctx, admin)
	if err != nil || len(made) > 0 {
		return err // a run that was cut short began it
	}
	set := livechat.Defaults()
	set.Title, set.Continue = "Northwind Goods", false
	w, err := m.portal.LiveChat.Add(ctx, admin, lines[0].ID, set)
	if err != nil {
		return fmt.Errorf("make the chat of the site: %w", err)
	}
	topics, err := m.makeCategories(ctx, admin)
	if err != nil {
		return err
	}
	tokens := map[string]string{} // of browsers, by who sits there
	for _, v := range visits {
		if tokens[v.name] == "" {
			tokens[v.name] = (rand.Text() + rand.Text())[:43]
		}
		if err := m.makeVisit(ctx, livechat.Caller{Code: w.Code, Token: tokens[v.name], Address: "192.0.2.1"}, v, topics); err != nil {
			return fmt.Errorf("conversation with %s: %w", v.name, err)
		}
	}
	return nil
}

// makeCategories makes what conversations are about, and returns the ids by the names.
func (m *maker) makeCategories(ctx context.Context, admin user.Ref) (map[string]int64, error) {
	out := map[string]int64{}
	for _, name := range categories {
		c, err := m.portal.Categories.Save(ctx, admin, category.Category{Name: name})
		if err != nil {
			return nil, fmt.Errorf("make category %s: %w", name, err)
		}
		out[name] = c.ID
	}
	return out, nil
}

// makeVisit leads one conversation.
func (m *maker) makeVisit(ctx context.Context, c livechat.Caller, v visit, topics map[string]int64) error {
	m.clock.Set(v.begin(m.now))
	var s openline.Session
	for i, said := range v.said {
		m.clock.Advance(said.after)
		if err := m.fire(ctx); err != nil {
			return err
		}
		if said.own {
			if err := m.portal.Conversations.Answer(ctx, m.people[v.operator].ID, s.ChatID); err != nil {
				return fmt.Errorf("take: %w", err)
			}
			if _, err := m.portal.IM.Send(ctx, im.NewMessage{ChatID: s.ChatID, AuthorID: m.people[v.operator].ID, Text: said.text}); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			continue
		}
		_, err := m.portal.LiveChat.Send(ctx, c, livechat.NewMessage{
			UUID: "demo-" + strconv.Itoa(i) + "-" + strings.ToLower(rand.Text()), Text: said.text, Page: v.page, Profile: &livechat.Profile{Name: v.name, Email: v.email},
		})
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if s, err = m.newest(ctx); err != nil {
			return err
		}
	}
	if id := topics[v.category]; id != 0 {
		if err := m.portal.Conversations.SetCategory(ctx, m.people[v.operator].ID, s.ID, id); err != nil {
			return fmt.Errorf("set category: %w", err)
		}
	}
	if v.open {
		return nil
	}
	return m.endVisit(ctx, c, v, s)
}

// endVisit finishes a conversation, and has the client say how it was.
func (m *maker) endVisit(ctx context.Context, c livechat.Caller, v visit, s openline.Session) error {
	m.clock.Advance(time.Minute)
	if err := m.portal.Conversations.Finish(ctx, m.people[v.operator].ID, s.ChatID); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	if v.rated != 0 {
		m.clock.Advance(time.Minute)
		if err := m.portal.LiveChat.Rate(ctx, c, v.rated > 0); err != nil {
			return fmt.Errorf("rate: %w", err)
		}
	}
	m.clock.Advance(time.Hour)
	return m.fire(ctx)
}

// fire does what was due by now.
func (m *maker) fire(ctx context.Context) error {
	if _, err := m.portal.Conversations.FireDue(ctx); err != nil {
		return fmt.Errorf("what is due: %w", err)
	}
	return nil
}

// newest returns the conversation that began last.
func (m *maker) newest(ctx context.Context) (s openline.Session, err error) {
	sc, err := m.portal.Conversations.Scope(ctx, user.Ref{ID: 1, Admin: true})
	if err != nil {
		return s, err
	}
	all, _, err := m.portal.Conversations.List(ctx, openline.ListQuery{Scope: sc, Tab: openline.TabAll})
	for _, l := range all {
		if l.ID > s.ID {
			s = l.Session
		}
	}
	if err == nil && s.ID == 0 {
		err = errors.New("no conversation began")
	}
	return s, err
}
