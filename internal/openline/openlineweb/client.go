package openlineweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// pastShown is how many conversations of a client are listed.
const pastShown = 20

// clientView is the pane of who writes.
type clientView struct {
	openline.Standing

	Client     person
	Post       string // what they are and where, as their channel says
	Email      string
	Phone      string
	Profile    string   // in the channel
	Page       pageView // from which they write
	Channel    string
	Outside    pageView
	Category   string      // what it is about; empty: nobody has said
	CategoryID string      // likewise, as the form says it
	Categories []ui.Option // what the viewer may say that it is about
	Agreed     Agreed      // to what the line wants of visitors of its sites
	Blocked    bool
	Past       []pastView
	Rating     bool // the viewer may rate the conversation
	HeadBy     string
	Took       string // until the first answer
	Mine       bool   // the viewer may change what is known
	personView
}

// pageView is a page outside: the one from which a client writes, or the channel's own.
type pageView struct{ Name, URL string }

// Shown is the name, or the address where there is none.
func (p pageView) Shown() string {
	if p.Name == "" {
		return p.URL
	}
	return p.Name
}

// pastView is one conversation of a client.
type pastView struct {
	openline.Session

	Operator string
	StateIs  string
	Through  string // the channel, where the person has several
	Current  bool
}

// VoteWord is the rating in words.
func (c clientView) VoteWord() string { return voteWord(c.Vote) }

// VoteWord is the rating in words.
func (p pastView) VoteWord() string { return voteWord(p.Vote) }

func voteWord(v openline.Vote) string {
	switch v {
	case openline.VoteLike:
		return "Good"
	case openline.VoteDislike:
		return "Bad"
	}
	return ""
}

func (h pages) client(ctx context.Context, r *web.Request, s openline.Standing) (v clientView, err error) {
	v = clientView{Standing: s, Mine: true, Rating: s.May(openline.DoRate)}
	id := s.Channel.VisitorID
	users, err := h.Users.Many(ctx, []int64{id})
	if err != nil {
		return v, err
	}
	u := users[id]
	v.Client, v.Post, v.Email, v.Phone, v.Profile = personOf(u, id), u.Position, u.Email, u.Mobile, u.WWW
	if err = h.tellApart(ctx, []guest{{s.ChatID, s.Line.Name, &v.Client}}); err != nil {
		return v, err
	}
	if v.Page.URL, v.Page.Name, err = h.Conversations.Page(ctx, s.ChatID); err != nil {
		return v, err
	}
	if v.Page == (pageView{URL: v.Profile}) {
		v.Page = pageView{} // once is enough
	}
	if h.Outside != nil {
		if v.Outside.Name, v.Outside.URL, err = h.Outside(ctx, s.Channel.Connector, s.Channel.LineID); err != nil {
			return v, err
		}
	}
	if h.Agreed != nil {
		if v.Agreed, err = h.Agreed(ctx, id, s.Channel.LineID); err != nil {
			return v, err
		}
	}
	all, err := h.categories(ctx)
	if err != nil {
		return v, err
	}
	v.Category, v.CategoryID = categoryName(all, s.CategoryID), strconv.FormatInt(s.CategoryID, 10)
	if s.May(openline.DoSort) {
		v.Categories = categoryOptions(all, s.CategoryID, "No category")
	}
	if v.Blocked, err = h.Conversations.Blocked(ctx, id); err != nil {
		return v, err
	}
	names, err := h.Connectors(ctx)
	if err != nil {
		return v, err
	}
	v.Channel = channelName(names, s.Channel.Connector)
	if d := took(s.Session); d > 0 {
		v.Took = waitText(d)
	}
	if v.personView, err = h.personOf(ctx, s, u, names); err != nil {
		return v, err
	}
	return v, h.past(ctx, &v, names)
}

// past reads the conversations with the client that the viewer may see.
func (h pages) past(ctx context.Context, v *clientView, names map[string]string) error {
	all, err := h.Conversations.Of(ctx, v.clients, pastShown)
	if err != nil {
		return err
	}
	ids := []int64{v.HeadID}
	for _, p := range all {
		ids = append(ids, p.OperatorID)
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return err
	}
	if v.HeadID != 0 {
		v.HeadBy = who(v.HeadID).Name
	}
	for _, p := range all {
		if p.ChatID != v.ChatID && !v.Scope.Sees(p, nil) {
			continue // of a line or an operator that is not the viewer's to see
		}
		past := pastView{Session: p, StateIs: stateWords[p.State], Current: p.ID == v.ID}
		if p.OperatorID != 0 {
			past.Operator = who(p.OperatorID).Name
		}
		if len(v.clients) > 1 {
			past.Through = channelName(names, p.Channel.Connector)
		}
		v.Past = append(v.Past, past)
	}
	return nil
}

// clientEdit is the form of what is known of a client.
type clientEdit struct {
	Session                   int64
	First, Last, Email, Phone string
	Errors                    map[string]string
}

func (h pages) clientForm(ctx context.Context, r *web.Request) (web.Page, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return web.Page{}, err
	}
	id := s.Channel.VisitorID
	users, err := h.Users.Many(ctx, []int64{id})
	if err != nil {
		return web.Page{}, err
	}
	u := users[id]
	return clientPage(clientEdit{Session: s.ID, First: u.FirstName, Last: u.LastName, Email: u.Email, Phone: u.Mobile}), nil
}

func clientPage(f clientEdit) web.Page {
	return slider("Client", "clientform", f.Session, f)
}

// slider is a page that opens over a conversation.
func slider(title, template string, session int64, body any) web.Page {
	return web.Page{
		Title: title, Section: nav, Template: "channels/" + template, Body: body, Layout: web.Narrow, Slider: true,
		Behind: URL + strconv.FormatInt(session, 10), Styles: []string{"channels/channels.css"},
	}
}

func (h pages) saveClient(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	field := func(name string) string { return strings.TrimSpace(user.CleanText(r.FormValue(name), 255)) }
	f := clientEdit{Session: s.ID, First: field("first_name"), Last: field("last_name"), Email: field("email"), Phone: field("phone")}
	err = h.Conversations.SetKnown(ctx, s.Channel.VisitorID, openline.Known{FirstName: f.First, LastName: f.Last, Email: f.Email, Phone: f.Phone})
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		f.Errors = errs
		p := clientPage(f)
		p.Status = 422
		return p, nil
	}
	return web.Redirect{To: URL + strconv.FormatInt(s.ID, 10), Toast: "Saved"}, err
}

// ratingView is the form of a supervisor's rating.
type ratingView struct {
	Session int64
	Vote    int64
	Comment string
	Marks   []int64
	Error   string
}

func (h pages) ratingForm(ctx context.Context, r *web.Request) (web.Page, error) {
	s, err := h.rated(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return slider("Rate the conversation", "rating", s.ID, ratingView{Session: s.ID, Vote: s.HeadVote, Comment: s.HeadComment, Marks: []int64{1, 2, 3, 4, 5}}), nil
}

// rated returns a conversation that ended and that the viewer may rate.
func (h pages) rated(ctx context.Context, r *web.Request) (openline.Standing, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err == nil && !s.May(openline.DoRate) {
		return s, errMayNot
	}
	return s, err
}

func (h pages) saveRating(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.rated(ctx, r)
	if err != nil {
		return nil, err
	}
	mark, comment := r.Int("vote", 0), strings.TrimSpace(user.CleanText(r.FormValue("comment"), 2000))
	if err := h.Conversations.HeadVote(ctx, r.Viewer.ID, s.ID, &mark, &comment); err != nil {
		if r.Fetched() {
			return nil, err
		}
		p := slider("Rate the conversation", "rating", s.ID, ratingView{
			Session: s.ID, Comment: comment, Marks: []int64{1, 2, 3, 4, 5}, Error: "Choose a mark from 1 to 5.",
		})
		p.Status = 422
		return p, onlyInternal(err)
	}
	return web.Redirect{To: URL + strconv.FormatInt(s.ID, 10), Toast: "Saved"}, nil
}

// since writes when something began, for a title.
func since(r *web.Request, t time.Time) string {
	return r.Viewer.Format(t.In(r.Viewer.Zone()), "15:04:05")
}
