package openlineweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

const (
	sameFound  = 20 // clients that a search offers
	sameLooked = 60 // clients that it looks at
	sameMaybe  = 3  // suggestions beside a conversation
)

// personView is who else a client is.
type personView struct {
	Same  []sameView // the others who are the same person
	Maybe []sameView // who may be

	clients []int64 // all of the person, that of the conversation among them
}

// sameView is a client beside another one.
type sameView struct {
	ID       int64
	Client   person
	Email    string
	Phone    string
	Profile  string
	Channels []string
	Blocked  bool
	Why      string            // they may be the same
	Newest   *openline.Session // that the viewer may see; nil: there is none
	Session  int64             // of the conversation that they are shown beside
}

// Through names the channels.
func (s sameView) Through() string { return strings.Join(s.Channels, ", ") }

// CompareURL is the address where both are shown side by side.
func (s sameView) CompareURL() string {
	return URL + "same?id=" + strconv.FormatInt(s.Session, 10) + "&with=" + strconv.FormatInt(s.ID, 10)
}

// personOf reads who else the client of a conversation is, and who they may be.
func (h pages) personOf(ctx context.Context, s openline.Standing, u user.User, names map[string]string) (v personView, err error) {
	if v.clients, err = h.Conversations.Person(ctx, s.Channel.VisitorID); err != nil {
		return v, err
	}
	others := slices.DeleteFunc(slices.Clone(v.clients), func(id int64) bool { return id == s.Channel.VisitorID })
	if v.Same, err = h.describe(ctx, s, others, names); err != nil {
		return v, err
	}
	v.Maybe, err = h.alike(ctx, s, u, v.clients, names)
	return v, err
}

// describe reads what is shown of clients.
func (h pages) describe(ctx context.Context, s openline.Standing, ids []int64, names map[string]string) ([]sameView, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	users, err := h.Users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	identities, err := h.Conversations.Identities(ctx, ids)
	if err != nil {
		return nil, err
	}
	seen, err := h.Conversations.Seen(ctx, s.Scope, ids)
	if err != nil {
		return nil, err
	}
	out := make([]sameView, 0, len(ids))
	for _, id := range ids {
		u := users[id]
		v := sameView{ID: id, Client: personOf(u, id), Email: u.Email, Phone: u.Mobile, Profile: u.WWW, Session: s.ID}
		if v.Blocked, err = h.Conversations.Blocked(ctx, id); err != nil {
			return nil, err
		}
		for _, i := range identities {
			if name := channelName(names, i.Connector); i.VisitorID == id && !slices.Contains(v.Channels, name) {
				v.Channels = append(v.Channels, name)
			}
		}
		if newest, ok := seen[id]; ok {
			v.Newest = &newest
		}
		out = append(out, v)
	}
	return out, nil
}

// alike returns clients with the same e-mail address or telephone number, whose conversations the viewer may see.
func (h pages) alike(ctx context.Context, s openline.Standing, u user.User, known []int64, names map[string]string) (out []sameView, err error) {
	var byMail []int64
	if u.Email != "" {
		if byMail, err = h.clients(ctx, user.Condition{Field: user.FieldEmail, Op: user.Equal, Values: []string{u.Email}}, known); err != nil {
			return nil, err
		}
	}
	byPhone, err := h.Conversations.WithPhone(ctx, u.Mobile, sameLooked)
	if err != nil {
		return nil, err
	}
	byPhone = slices.DeleteFunc(byPhone, func(id int64) bool { return slices.Contains(known, id) || slices.Contains(byMail, id) })
	out, err = h.visible(ctx, s, slices.Concat(byMail, byPhone), names)
	if err != nil {
		return nil, err
	}
	out = out[:min(len(out), sameMaybe)]
	for i := range out {
		out[i].Why = "the same e-mail address"
		if slices.Contains(byPhone, out[i].ID) {
			out[i].Why = "the same telephone number"
		}
	}
	return out, nil
}

// clients returns the newest clients of whom a condition holds, without some.
func (h pages) clients(ctx context.Context, c user.Condition, without []int64) (ids []int64, err error) {
	return h.clientsOf(ctx, user.Query{Conditions: []user.Condition{c}}, without)
}

func (h pages) clientsOf(ctx context.Context, q user.Query, without []int64) (ids []int64, err error) {
	q.Kinds, q.Sort, q.Descending, q.Limit = []user.Kind{user.Visitor}, user.FieldID, true, sameLooked
	found, err := h.Users.List(ctx, q)
	for _, u := range found {
		if !slices.Contains(without, u.ID) {
			ids = append(ids, u.ID)
		}
	}
	return ids, err
}

// visible are those of clients whose conversations the viewer may see.
func (h pages) visible(ctx context.Context, s openline.Standing, ids []int64, names map[string]string) ([]sameView, error) {
	seen, err := h.Conversations.Seen(ctx, s.Scope, ids)
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool {
		_, ok := seen[id]
		return !ok
	})
	return h.describe(ctx, s, ids[:min(len(ids), sameFound)], names)
}

// samePage is where another client is found and compared.
type samePage struct {
	Session int64
	Name    string // of the client
	Query   string
	Found   []sameView
	Looked  bool

	With   *pairView // both side by side
	Error  string
	Merged bool // they are one person already
}

// pairView is two clients side by side.
type pairView struct{ This, Other sameView }

// Both are the clients in the order in which they are shown.
func (p pairView) Both() []sameView { return []sameView{p.This, p.Other} }

func (h pages) samePage(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.same(ctx, r, "")
}

// same shows the search for another client, or two side by side; problem is what was wrong with merging them.
func (h pages) same(ctx context.Context, r *web.Request, problem string) (web.Page, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return web.Page{}, err
	}
	names, err := h.Connectors(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := samePage{Session: s.ID, Query: strings.TrimSpace(user.CleanText(r.FormValue("q"), 200)), Error: problem}
	this, err := h.describe(ctx, s, []int64{s.Channel.VisitorID}, names)
	if err != nil {
		return web.Page{}, err
	}
	v.Name = this[0].Client.Name
	if other := r.Int("with", 0); other != 0 {
		o, err := h.other(ctx, s, other, names)
		if err != nil {
			return web.Page{}, err
		}
		v.With = &pairView{this[0], o}
		known, err := h.Conversations.Person(ctx, this[0].ID)
		if err != nil {
			return web.Page{}, err
		}
		v.Merged = slices.Contains(known, o.ID)
	} else if v.Query != "" {
		v.Looked = true
		if v.Found, err = h.findClients(ctx, s, v.Query, names); err != nil {
			return web.Page{}, err
		}
	}
	p := slider("Same person as…", "same", s.ID, v)
	if problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// other returns a client whom the viewer may see.
func (h pages) other(ctx context.Context, s openline.Standing, id int64, names map[string]string) (sameView, error) {
	found, err := h.visible(ctx, s, []int64{id}, names)
	if err == nil && len(found) == 0 {
		err = openline.ErrNoClient
	}
	if err != nil {
		return sameView{}, err
	}
	return found[0], nil
}

// findClients looks for clients by name, e-mail address and telephone number.
func (h pages) findClients(ctx context.Context, s openline.Standing, text string, names map[string]string) ([]sameView, error) {
	known, err := h.Conversations.Person(ctx, s.Channel.VisitorID)
	if err != nil {
		return nil, err
	}
	ids, err := h.clientsOf(ctx, user.Query{Search: text}, known)
	if err != nil {
		return nil, err
	}
	if strings.Contains(text, "@") {
		found, err := h.clients(ctx, user.Condition{Field: user.FieldEmail, Op: user.Contains, Values: []string{text}}, slices.Concat(known, ids))
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	byPhone, err := h.Conversations.WithPhone(ctx, text, sameLooked)
	if err != nil {
		return nil, err
	}
	for _, id := range byPhone {
		if !slices.Contains(known, id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return h.visible(ctx, s, ids, names)
}

// merge says that the client of a conversation and another one are the same person.
func (h pages) merge(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	names, err := h.Connectors(ctx)
	if err != nil {
		return nil, err
	}
	o, err := h.other(ctx, s, r.Int("with", 0), names)
	if err != nil {
		return nil, err
	}
	err = h.Conversations.Merge(ctx, r.Viewer.ID, s.Channel.VisitorID, o.ID)
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		return h.same(ctx, r, errs[""])
	}
	return web.Redirect{To: URL + strconv.FormatInt(s.ID, 10), Toast: "Shown as one person"}, err
}

// separate takes it back, for the client of a conversation or one of the others of the person.
func (h pages) separate(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	known, err := h.Conversations.Person(ctx, s.Channel.VisitorID)
	if err != nil {
		return nil, err
	}
	with := r.Int("with", 0)
	if !slices.Contains(known, with) {
		return nil, openline.ErrNotSame
	}
	return web.Redirect{To: URL + strconv.FormatInt(s.ID, 10), Toast: "Separated"}, h.Conversations.Separate(ctx, r.Viewer.ID, with)
}
