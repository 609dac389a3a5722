package imweb

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// face is what a person, a bot or a group looks like.
type face struct {
	Name      string
	Color     string
	AvatarURL string
	Presence  string // "online" or empty
	Icon      string // instead of initials
	Square    bool
	Bot       bool
}

// person is a user as a page shows them.
type person struct {
	face

	ID       int64
	Position string
	Left     bool // dismissed, or a removed bot
	Seen     time.Time
}

// URL returns the address of the conversation with the person.
func (p person) URL() string { return dialogURL(strconv.FormatInt(p.ID, 10)) }

// id writes a number as addresses and forms do.
func id(n int64) string { return strconv.FormatInt(n, 10) }

func dialogURL(dialog string) string { return "/online/" + dialog }

func newPerson(u user.User, now time.Time) person {
	p := person{
		ID: u.ID, Position: u.Position, Left: !u.Active, Seen: u.LastActivity,
		face: face{Name: u.DisplayName(), Color: u.Color, Bot: u.Kind == user.Bot},
	}
	if path := u.AvatarPath(); path != "" {
		p.AvatarURL = path + "?size=150"
	}
	switch {
	case p.Bot:
		p.Icon = "bot"
	case u.Online(now):
		p.Presence = "online"
	}
	return p
}

func groupFace(c im.Chat) face {
	f := face{Name: c.Title, Color: c.Color(), Square: true, AvatarURL: c.AvatarPath()}
	switch {
	case c.General():
		f.Icon = "users"
	case c.Type.Channel():
		f.Icon = "channels"
	}
	return f
}

// people remembers who is needed for one answer, so that everybody is read once.
type people struct {
	ctx   context.Context //nolint:containedctx // lives as long as one request
	h     pages
	r     *web.Request
	known map[int64]person
	chats map[int64]bbcode.Mention
	// carried are files of messages; asked are those that were looked for.
	carried map[int64]im.File
	asked   map[int64]bool
	// editTime is how long a message may be changed; 0 is for ever.
	editTime time.Duration
	inside   bool // nothing of what is shown goes out to clients

	failed error // of a look-up inside a template's text
}

func (h pages) people(ctx context.Context, r *web.Request) *people {
	return &people{ctx: ctx, h: h, r: r, known: map[int64]person{}, chats: map[int64]bbcode.Mention{}, carried: map[int64]im.File{}, asked: map[int64]bool{}}
}

// load reads those of ids who are not known yet. Who does not exist is remembered as such.
func (p *people) load(ids ...int64) error {
	var missing []int64
	for _, id := range ids {
		if _, ok := p.known[id]; !ok && id > 0 {
			p.known[id] = person{}
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	users, err := p.h.users.Many(p.ctx, missing)
	if err != nil {
		return err
	}
	var hidden map[int64]bool
	if p.h.invisible != nil {
		if hidden, err = p.h.invisible(p.ctx, missing); err != nil {
			return err
		}
	}
	for id, u := range users {
		who := newPerson(u, p.r.Now)
		if hidden[id] && id != p.r.Viewer.ID {
			who.Presence, who.Seen = "", time.Time{}
		}
		p.known[id] = who
	}
	return nil
}

// get returns a person; one without a name's meaning, "Unknown", where nobody has the id.
func (p *people) get(id int64) person {
	if err := p.load(id); err != nil {
		p.failed = err
	}
	who := p.known[id]
	if who.ID == 0 {
		return person{ID: id, Left: true, face: face{Name: "Unknown"}}
	}
	return who
}

// options resolves the references of messages for the viewer.
func (p *people) options() bbcode.Options {
	return bbcode.Options{Host: p.r.Host, Location: p.r.Viewer.Zone(), User: p.mention, Chat: p.chat, Message: p.message}
}

func (p *people) mention(id int64) (bbcode.Mention, bool) {
	who := p.get(id)
	if who.Name == "Unknown" {
		return bbcode.Mention{}, false
	}
	return bbcode.Mention{Name: who.Name, URL: who.URL()}, true
}

// chat resolves [chat=12]: only chats that the viewer is in are named.
func (p *people) chat(id string) (bbcode.Mention, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return bbcode.Mention{}, false
	}
	m, known := p.chats[n]
	if !known {
		if c, err := p.h.im.Get(p.ctx, p.r.Viewer.ID, n); err == nil {
			m = bbcode.Mention{Name: c.Title, URL: dialogURL(c.DialogID(p.r.Viewer.ID))}
		}
		p.chats[n] = m
	}
	return m, m.URL != ""
}

// message resolves [context=chat12/345].
func (p *people) message(dialog string, id int64) (bbcode.Mention, bool) {
	if _, ok := im.ParseDialog(dialog); !ok {
		return bbcode.Mention{}, false
	}
	return bbcode.Mention{Name: "message " + strconv.FormatInt(id, 10), URL: dialogURL(dialog) + "?m=" + strconv.FormatInt(id, 10)}, true
}
