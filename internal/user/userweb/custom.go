package userweb

import (
	"context"
	"net/http"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// moreForm is the form of the fields that were added to profiles.
type moreForm struct {
	Name, Action, Back string
	Inputs             []userfieldweb.Input
	Error              string // of the form as a whole
}

var errNotYours = fault.New(fault.Denied, "PROFILE_NOT_YOURS", "Only the person and those who manage people change a profile.")

// mayEdit reports whether the viewer may change the profile of a person.
func mayEdit(r *web.Request, u user.User) bool {
	return u.Kind != user.Bot && u.Kind != user.Visitor &&
		(u.ID == r.Viewer.ID || r.Viewer.Admin || r.Viewer.May(access.ManagePeople) && !u.Admin)
}

func moreURL(u user.User) string { return u.ProfilePath() + "more" }

// customFacts returns the lines of a card for the fields that were added, and whether there are such fields at all.
func (h pages) customFacts(ctx context.Context, r *web.Request, u user.User) (facts []userfieldweb.Fact, has bool, err error) {
	fields, err := h.users.CustomFields(ctx)
	if err != nil || len(fields) == 0 {
		return nil, false, err
	}
	values, err := h.users.CustomValues(ctx, []int64{u.ID})
	if err != nil {
		return nil, false, err
	}
	env, err := h.customEnv(ctx, r, fields, values[u.ID])
	return userfieldweb.Facts(fields, values[u.ID], env), true, err
}

// customEnv returns how values are shown to the viewer.
func (h pages) customEnv(ctx context.Context, r *web.Request, fields []userfield.Field, values userfield.Values) (userfieldweb.Env, error) {
	people, err := h.users.Many(ctx, userfield.People(fields, values))
	return userfieldweb.Env{
		Language: r.Viewer.Language, Zone: r.Viewer.Zone(),
		Person: func(id int64) userfieldweb.Person {
			u, ok := people[id]
			if !ok {
				return userfieldweb.Person{}
			}
			return userfieldweb.Person{Name: u.DisplayName(), Login: u.Login, URL: u.ProfilePath()}
		},
	}, err
}

// more shows the form.
func (h pages) more(ctx context.Context, r *web.Request) (web.Page, error) {
	u, fields, err := h.moreOf(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	values, err := h.users.CustomValues(ctx, []int64{u.ID})
	if err != nil {
		return web.Page{}, err
	}
	return h.morePage(ctx, r, u, fields, values[u.ID], nil)
}

// moreOf returns whose profile it is, with the fields that were added.
func (h pages) moreOf(ctx context.Context, r *web.Request) (user.User, []userfield.Field, error) {
	id, err := r.PathID("id")
	if err != nil {
		return user.User{}, nil, err
	}
	u, err := h.users.Get(ctx, id)
	if err != nil {
		return u, nil, err
	}
	if !mayEdit(r, u) {
		return u, nil, errNotYours
	}
	fields, err := h.users.CustomFields(ctx)
	return u, fields, err
}

func (h pages) morePage(ctx context.Context, r *web.Request, u user.User, fields []userfield.Field, values userfield.Values,
	errs map[string]string,
) (web.Page, error) {
	env, err := h.customEnv(ctx, r, fields, values)
	p := web.Page{
		Title: "More about " + u.DisplayName(), Section: section, Template: "user/more", Layout: web.Narrow, Back: u.ProfilePath(),
		Slider: true, Behind: "/company/", Styles: []string{"user/people.css"}, Modules: []string{"user/pick.js"},
		Body: moreForm{
			Name: u.DisplayName(), Action: moreURL(u), Back: u.ProfilePath(), Error: errs[""],
			Inputs: userfieldweb.Inputs(fields, values, errs, env),
		},
	}
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, err
}

// saveMore stores what the form says. A form that cannot be taken comes back with what was typed.
func (h pages) saveMore(ctx context.Context, r *web.Request) (web.Result, error) {
	u, fields, err := h.moreOf(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	env, err := h.customEnv(ctx, r, fields, nil)
	if err != nil {
		return nil, err
	}
	values, errs := userfieldweb.Parse(r.PostForm, fields, env, func(text string) (int64, error) {
		found, err := h.personTyped(ctx, text)
		return found.ID, err
	})
	if errs == nil {
		_, err = h.users.Update(ctx, u.ID, user.Change{Custom: values})
		if errs = web.FieldErrors(err); errs == nil && err != nil {
			return nil, err
		}
	}
	if errs != nil {
		return h.morePage(ctx, r, u, fields, values, errs)
	}
	return web.Redirect{To: u.ProfilePath(), Toast: "Saved."}, nil
}
