package frameweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// chooseLimit bounds what a search in a dialog of choice shows of people, and of departments.
const chooseLimit = 50

// choice is a line of a dialog of choice.
type choice struct {
	ID       string // of a person, or an access code
	Name     string
	Sub      string // under the name
	Color    string
	Picture  string // path
	Icon     string // instead of a picture
	Off      bool   // may not be chosen
	Person   bool
	Position string
	// Above and Below say that the person leads the viewer, or the viewer them.
	Above, Below bool
}

// URL returns the address of the person's card.
func (c choice) URL() string { return "/company/personal/user/" + c.ID + "/" }

// chooseView is the list of a dialog of choice.
type chooseView struct {
	Query   string
	Choices []choice
	More    bool
}

// people answers /marketplace/people?q=&of=: who may be chosen by BX24.selectUser, or with of=access what by
// BX24.selectAccess; off names codes that may not.
// Pages: sdk/bx24-js-sdk/system-dialogues/bx24-select-user.md, sdk/bx24-js-sdk/system-dialogues/bx24-select-access.md.
func (h pages) people(ctx context.Context, r *web.Request) (web.Result, error) {
	v := chooseView{Query: strings.TrimSpace(r.FormValue("q"))}
	var err error
	if r.FormValue("of") == "access" {
		v.Choices, err = h.groups(ctx, v.Query)
	}
	if err != nil {
		return nil, err
	}
	users, err := h.Users.List(ctx, user.Query{
		Search: v.Query, ActiveOnly: true, Kinds: []user.Kind{user.Employee}, Sort: user.FieldName, Limit: chooseLimit + 1,
	})
	if err != nil {
		return nil, err
	}
	if v.More = len(users) > chooseLimit; v.More {
		users = users[:chooseLimit]
	}
	line, err := h.lineOf(ctx, r.Viewer.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		v.Choices = append(v.Choices, personChoice(u, line, r.FormValue("of") == "access"))
	}
	off := r.Form["off"]
	for i, c := range v.Choices {
		v.Choices[i].Off = slices.Contains(off, c.ID)
	}
	return web.HTML{Template: "frame/choices", Body: v}, nil
}

func personChoice(u user.User, l line, access bool) choice {
	id := strconv.FormatInt(u.ID, 10)
	if access {
		id = "U" + id
	}
	c := choice{
		ID: id, Name: u.DisplayName(), Sub: u.Position, Position: u.Position, Color: u.Color, Picture: u.AvatarPath(), Person: !access,
	}
	c.Above, c.Below = l.leads(u.ID), u.ID != l.of && l.follows(u.DepartmentIDs)
	return c
}

// groups returns the access codes of everybody and of departments, each with and without those below it.
func (h pages) groups(ctx context.Context, q string) ([]choice, error) {
	var out []choice
	const everybody = "All authorized users"
	if strings.HasPrefix(strings.ToLower(everybody), strings.ToLower(q)) {
		out = append(out, choice{ID: "AU", Name: everybody, Sub: "Everybody who is signed in", Icon: "users"})
	}
	list, _, err := h.Users.Departments(ctx, user.DepartmentQuery{Search: q, Limit: chooseLimit})
	for _, d := range list {
		id := strconv.FormatInt(d.ID, 10)
		out = append(out,
			choice{ID: "D" + id, Name: d.Name, Sub: "Department", Icon: "people"},
			choice{ID: "DR" + id, Name: d.Name, Sub: "Department with those below it", Icon: "people"})
	}
	return out, err
}

// line is who leads whom, as seen by one person.
type line struct {
	of    int64
	heads map[int64]bool // who leads the person
	led   map[int64]bool // the departments that the person leads, with those below them
}

func (l line) leads(userID int64) bool { return l.heads[userID] }

func (l line) follows(departments []int64) bool {
	return slices.ContainsFunc(departments, func(id int64) bool { return l.led[id] })
}

// lineOf reads the structure of the company around a person.
func (h pages) lineOf(ctx context.Context, userID int64) (line, error) {
	l := line{of: userID, heads: map[int64]bool{}, led: map[int64]bool{}}
	me, err := h.Users.Get(ctx, userID)
	if err != nil {
		return l, err
	}
	list, _, err := h.Users.Departments(ctx, user.DepartmentQuery{})
	byID := make(map[int64]user.Department, len(list))
	for _, d := range list {
		byID[d.ID] = d
	}
	for _, d := range list {
		for _, up := range upwards(byID, d.ID) {
			if up.HeadID == userID {
				l.led[d.ID] = true
			}
			if up.HeadID != 0 && up.HeadID != userID && slices.Contains(me.DepartmentIDs, d.ID) {
				l.heads[up.HeadID] = true
			}
		}
	}
	return l, err
}

// upwards returns a department and those that it is in. The structure has no loops, but a broken one must not hang the page.
func upwards(byID map[int64]user.Department, id int64) []user.Department {
	var out []user.Department
	for d, ok := byID[id]; ok && len(out) < len(byID); d, ok = byID[d.ParentID] {
		out = append(out, d)
	}
	return out
}
