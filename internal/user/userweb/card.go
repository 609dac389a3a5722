package userweb

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// cardView is what the card of a person shows.
type cardView struct {
	person
	User      user.User
	Kind      string // in words; empty for an employee
	PhotoURL  string
	LocalTime string // "14:05" where they are; empty when it is the viewer's own
	Birthday  string // "10 March"
	Website   string // an address that may be followed
	Heads     []user.Department
	Login     string // shown to who manages the person
	Open      bool   // a link of theirs works
	Manage    bool   // the viewer may dismiss the person, take them back, and make them a link
	LinkTitle string // of the button that makes the link; empty for a new password
	Details   []fact
	Custom    []userfieldweb.Fact // of the fields that were added to profiles
	MoreURL   string              // where they are filled in; empty: the viewer may not, or there are none
}

// fact is a line of the card.
type fact struct{ Label, Value string }

var kindNames = map[user.Kind]string{
	user.Extranet: "External", user.Email: "Mail user", user.Visitor: "Visitor", user.Bot: "Bot",
}

// shownDetails are the seldom used texts that the card shows.
var shownDetails = []struct {
	field user.Field
	label string
}{
	{"work_company", "Company"},
	{"personal_profession", "Profession"},
	{"personal_phone", "Personal phone"},
	{"uf_skills", "Skills"},
	{"uf_interests", "Interests"},
	{"personal_notes", "Notes"},
}

func (h pages) card(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	found, err := h.users.Profiles(ctx, []int64{id})
	if err != nil {
		return web.Page{}, err
	}
	u, ok := found[id]
	if !ok || u.Kind == user.Visitor {
		return web.Page{}, user.ErrNotFound
	}
	v, err := h.cardView(ctx, r, u)
	return web.Page{
		Title: v.Name, Section: section, Template: "user/card", Body: v, Layout: web.Wide, Styles: []string{"user/people.css"},
		Slider: true, Behind: "/company/",
	}, err
}

func (h pages) cardView(ctx context.Context, r *web.Request, u user.User) (cardView, error) {
	names := map[int64]user.Department{}
	departments, _, err := h.users.Departments(ctx, user.DepartmentQuery{IDs: append([]int64{0}, u.DepartmentIDs...)})
	if err != nil {
		return cardView{}, err
	}
	for _, d := range departments {
		names[d.ID] = d
	}
	v := cardView{person: line(u, r, names), User: u, Kind: kindNames[u.Kind], Website: website(u.WWW)}
	if v.Heads, _, err = h.users.Departments(ctx, user.DepartmentQuery{HeadIDs: []int64{u.ID}}); err != nil {
		return cardView{}, err
	}
	if u.AvatarHash != "" {
		v.PhotoURL = u.AvatarPath() + "?size=300"
	}
	if z := zone(u.TimeZone); z != nil {
		if there := r.Now.In(z).Format(ui.Layout("15:04", r.Viewer.Clock12)); there != r.Viewer.Format(r.Now, "15:04") {
			v.LocalTime = there
		}
	}
	if t, err := time.Parse(time.DateOnly, u.Birthday); err == nil {
		v.Birthday = t.Format("2 January") // the year is nobody's business
	}
	if u.Kind == user.Employee || u.Kind == user.Extranet {
		if err := h.manageable(ctx, r, u, &v); err != nil {
			return cardView{}, err
		}
	}
	var has bool
	if v.Custom, has, err = h.customFacts(ctx, r, u); err != nil {
		return cardView{}, err
	}
	if has && mayEdit(r, u) {
		v.MoreURL = moreURL(u)
	}
	for _, d := range shownDetails {
		if text := u.Details[d.field]; text != "" {
			v.Details = append(v.Details, fact{d.label, text})
		}
	}
	return v, nil
}

// website returns www as an address that a browser may follow, "" when it is none.
func website(www string) string {
	if www == "" {
		return ""
	}
	if !strings.Contains(www, "://") {
		www = "https://" + www
	}
	a, err := url.Parse(www)
	if err != nil || a.Host == "" || a.Scheme != "http" && a.Scheme != "https" {
		return ""
	}
	return a.String()
}

// manageable fills in what who manages the person sees.
func (h pages) manageable(ctx context.Context, r *web.Request, u user.User, v *cardView) error {
	_, err := h.users.Managed(ctx, h.actor(r), u.ID)
	if err != nil {
		if fault.KindOf(err) == fault.Denied {
			return nil // they do not
		}
		return err
	}
	v.Manage, v.Login = true, u.Login
	if u.LastLogin.IsZero() {
		v.LinkTitle = "Invitation link"
	}
	links, err := h.users.Links(ctx, []int64{u.ID})
	v.Open = links[u.ID].Expires.After(r.Now)
	return err
}
