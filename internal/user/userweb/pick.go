package userweb

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

var (
	errNobody  = fault.New(fault.Invalid, "PERSON_NOT_FOUND", "Nobody is found by that. Type a login, an e-mail address or a whole name.").At("person")
	errSeveral = fault.New(fault.Invalid, "PERSON_UNCLEAR", "Several people have that name. Type the login or the e-mail address.").At("person")
	errNoOne   = fault.New(fault.Invalid, "PERSON_MISSING", "Type whom you mean.").At("person")
)

// personSaid returns who a form means: the number in "user", or who is typed into "person".
func (h pages) personSaid(ctx context.Context, r *web.Request) (user.User, error) {
	if id := r.Int("user", 0); id != 0 {
		return h.users.Get(ctx, id)
	}
	return h.personTyped(ctx, r.PostFormValue("person"))
}

// personTyped finds an active person by a login, an address or a whole name.
func (h pages) personTyped(ctx context.Context, text string) (user.User, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return user.User{}, errNoOne
	}
	u, err := h.users.ByLogin(ctx, text)
	if err == nil && u.CanSignIn() {
		return u, nil
	}
	if err != nil && !errors.Is(err, user.ErrNotFound) {
		return user.User{}, err
	}
	found, err := h.users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee, user.Extranet}, ActiveOnly: true, Search: text, Limit: 20})
	if err != nil {
		return user.User{}, err
	}
	var match []user.User
	for _, u := range found {
		if strings.EqualFold(u.DisplayName(), text) {
			match = append(match, u)
		}
	}
	switch {
	case len(match) == 1:
		return match[0], nil
	case len(match) > 1:
		return user.User{}, errSeveral
	}
	return user.User{}, errNobody
}

// suggestion is a person whom a field offers.
type suggestion struct {
	Value string `json:"value"` // what the field takes
	Label string `json:"label"`
}

// suggest answers who a field may mean by what was typed so far.
func (h pages) suggest(ctx context.Context, r *web.Request) (web.Result, error) {
	out := []suggestion{}
	if q := strings.TrimSpace(r.FormValue("q")); q != "" {
		found, err := h.users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Search: q, Sort: user.FieldName, Limit: 8})
		if err != nil {
			return nil, err
		}
		for _, u := range found {
			out = append(out, suggestion{u.Login, joinNotEmpty(" · ", u.DisplayName(), u.Position)})
		}
	}
	return web.JSON{Value: out}, nil
}

// foundPerson is somebody whom a field for people offers.
type foundPerson struct {
	ID                               int64
	Name, Color, AvatarURL, Position string
}

// maxFound is how many people a field shows at once, maxChosen how many that were chosen it leaves out.
const maxFound, maxChosen = 8, 100

// find shows the people whom a field offers by what was typed so far, without those who were chosen.
func (h pages) find(ctx context.Context, r *web.Request) (web.Result, error) {
	q, but := strings.TrimSpace(r.FormValue("q")), map[string]bool{}
	for _, id := range r.Form["but"] {
		if len(but) < maxChosen {
			but[id] = true
		}
	}
	found, err := h.users.List(ctx, user.Query{
		Kinds: []user.Kind{user.Employee, user.Extranet}, ActiveOnly: true, Search: q, Sort: user.FieldName, Limit: int64(maxFound + len(but)),
	})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(u user.User) bool { return but[strconv.FormatInt(u.ID, 10)] })
	out := make([]foundPerson, 0, maxFound)
	for _, u := range found[:min(len(found), maxFound)] {
		out = append(out, foundPerson{u.ID, u.DisplayName(), u.Color, thumb(u), u.Position})
	}
	return web.HTML{Template: "user/found", Body: out}, nil
}

func joinNotEmpty(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// DepartmentOptions returns departments as choices of a select, indented as they are below each other.
func DepartmentOptions(all []user.Department) []ui.Option { return departmentOptions(all, nil) }

// departmentOptions returns departments as choices of a select, indented as they are below each other, without those in but.
func departmentOptions(all []user.Department, but map[int64]bool) (out []ui.Option) {
	for _, d := range tree(all, nil, 0) {
		if !but[d.ID] {
			out = append(out, ui.Option{Value: strconv.FormatInt(d.ID, 10), Title: strings.Repeat("– ", d.Depth) + d.Name})
		}
	}
	return out
}
