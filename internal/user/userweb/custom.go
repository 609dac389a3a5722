package userweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// moreForm is the form of the fields that were added to profiles.
type moreForm struct {
	Name, Action, Back string
	Inputs             []userfieldweb.Input
	Fixed              []userfieldweb.Fact // what the viewer may see and not change
	Error              string              // of the form as a whole
}

var errNotYours = fault.New(fault.Denied, "PROFILE_NOT_YOURS", "Only the person and those who manage people change a profile.")

// mayEdit reports whether the viewer may change the profile of a person.
func mayEdit(r *web.Request, u user.User) bool {
	return u.Kind != user.Bot && u.Kind != user.Visitor &&
		(u.ID == r.Viewer.ID || r.Viewer.Admin || r.Viewer.May(access.ManagePeople) && !u.Admin)
}

// filledBy returns those of fields that the viewer fills in: EDIT_IN_LIST leaves the others to who manages people.
func filledBy(r *web.Request, fields []userfield.Field) (filled, fixed []userfield.Field) {
	for _, f := range fields {
		if f.EditInList || r.Viewer.May(access.ManagePeople) {
			filled = append(filled, f)
		} else {
			fixed = append(fixed, f)
		}
	}
	return filled, fixed
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
	env, err := h.customEnv(ctx, r, u, fields, values[u.ID])
	return userfieldweb.Facts(fields, values[u.ID], env), true, err
}

// OwnFields tells how fields of the types that applications made show: code is that of the type, options the JSON object that
// the application is told. It is false where the viewer cannot use the application.
type OwnFields func(ctx context.Context, v web.Viewer, code, options string) (userfieldweb.Frame, bool, error)

// Option adds to the pages.
type Option func(*pages)

// WithOwnFields shows fields of the types that applications made.
func WithOwnFields(f OwnFields) Option { return func(h *pages) { h.ownFields = f } }

// WithFieldFiles shows the files of fields.
func WithFieldFiles(f userfieldweb.ShownFiles) Option { return func(h *pages) { h.fieldFiles = f } }

// ownFrame returns the frame for a field of a type that an application made.
// Page: api-reference/widgets/user-field/userfieldtype-add.md.
func (h pages) ownFrame(ctx context.Context, r *web.Request, u user.User, f userfield.Field, values []string, edit bool) (userfieldweb.Frame, bool) {
	if h.ownFields == nil {
		return userfieldweb.Frame{}, false
	}
	id := strconv.FormatInt(u.ID, 10)
	value := valueOf(f, values)
	b := &phpform.Builder{}
	text := func(name, v string) { b.Set(name, phpform.StringOf(v)) }
	text("MODE", map[bool]string{true: "edit", false: "view"}[edit])
	text("ENTITY_ID", user.Entity)
	text("FIELD_NAME", f.Name)
	text("ENTITY_VALUE_ID", id)
	b.Set("VALUE", value)
	text("MULTIPLE", phpform.YesNo(f.Multiple))
	text("MANDATORY", phpform.YesNo(f.Mandatory))
	if f.XMLID == "" {
		b.Set("XML_ID", phpform.NullValue())
	} else {
		text("XML_ID", f.XMLID)
	}
	b.Set("ENTITY_DATA", phpform.ArrayOf(
		phpform.Entry{Key: "entityId", Value: phpform.StringOf(id)}, phpform.Entry{Key: "module", Value: phpform.StringOf("main")},
	))
	frame, ok, err := h.ownFields(ctx, r.Viewer, string(f.Type), string(phpform.AppendJSON(nil, b.Value())))
	frame.Value = string(phpform.AppendJSON(nil, value))
	return frame, ok && err == nil // else the value shows as a text
}

// valueOf returns the value that an application is told: a text, null for none, a list where there may be several.
func valueOf(f userfield.Field, values []string) phpform.Value {
	switch {
	case f.Multiple:
		list := make([]phpform.Value, len(values))
		for i, v := range values {
			list[i] = phpform.StringOf(v)
		}
		return phpform.ListOf(list...)
	case len(values) > 0:
		return phpform.StringOf(values[0])
	}
	return phpform.NullValue()
}

// customEnv returns how values of a person are shown to the viewer.
func (h pages) customEnv(ctx context.Context, r *web.Request, of user.User, fields []userfield.Field, values ...userfield.Values,
) (userfieldweb.Env, error) {
	var ids []int64
	for _, v := range values {
		ids = append(ids, userfield.People(fields, v)...)
	}
	people, err := h.users.Many(ctx, ids)
	if err != nil {
		return userfieldweb.Env{}, err
	}
	env := userfieldweb.Env{
		Language: r.Viewer.Language, Zone: r.Viewer.Zone(), Clock12: r.Viewer.Clock12,
		Person: func(id int64) userfieldweb.Person {
			u, ok := people[id]
			if !ok {
				return userfieldweb.Person{}
			}
			return userfieldweb.Person{Name: u.DisplayName(), Login: u.Login, URL: u.ProfilePath()}
		},
		Own: func(f userfield.Field, values []string, edit bool) (userfieldweb.Frame, bool) {
			return h.ownFrame(ctx, r, of, f, values, edit)
		},
	}
	return env.With(ctx, h.fieldFiles, fields, values...)
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
	return h.morePage(ctx, r, u, fields, values[u.ID], values[u.ID], nil)
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

func (h pages) morePage(ctx context.Context, r *web.Request, u user.User, fields []userfield.Field, typed, kept userfield.Values,
	errs map[string]string,
) (web.Page, error) {
	filled, fixed := filledBy(r, fields)
	env, err := h.customEnv(ctx, r, u, fields, typed, kept)
	p := web.Page{
		Title: "More about " + u.DisplayName(), Section: section, Template: "user/more", Layout: web.Narrow, Back: u.ProfilePath(),
		Slider: true, Behind: "/company/", Styles: []string{"user/people.css"}, Modules: []string{"ui/inputs/pick.js", "ui/inputs/inputs.js"},
		Body: moreForm{
			Name: u.DisplayName(), Action: moreURL(u), Back: u.ProfilePath(), Error: errs[""],
			Inputs: userfieldweb.Inputs(filled, typed, errs, env), Fixed: userfieldweb.Facts(fixed, kept, env),
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
	env, err := h.customEnv(ctx, r, u, fields)
	if err != nil {
		return nil, err
	}
	filled, _ := filledBy(r, fields)
	broken, err := userfieldweb.Receive(ctx, r, filled, h.users.Custom())
	if err != nil {
		return nil, err
	}
	values, errs := userfieldweb.Parse(r.PostForm, filled, env, func(text string) (int64, error) {
		found, err := h.personTyped(ctx, text)
		return found.ID, err
	})
	errs = userfieldweb.Both(errs, broken)
	if errs == nil {
		_, err = h.users.Update(ctx, u.ID, user.Change{Custom: values})
		if errs = web.FieldErrors(err); errs == nil && err != nil {
			return nil, err
		}
	}
	if errs != nil {
		kept, err := h.users.CustomValues(ctx, []int64{u.ID})
		if err != nil {
			return nil, err
		}
		return h.morePage(ctx, r, u, fields, values, kept[u.ID], errs)
	}
	return web.Redirect{To: u.ProfilePath(), Toast: "Saved."}, nil
}
