package appweb

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// appView is the page of one application.
type appView struct {
	App      app.App
	URL      string
	What     string
	Creator  web.Person
	Form     appForm
	Has      Belonging
	Races    []race
	Signed   bool      // its deliveries are signed
	OldUntil time.Time // until when the secret before works too; zero: it does not

	OldSigning   []ui.Option // for how long the old signing secret may sign beside a new one
	SigningUntil time.Time   // until when the one before does

	Holders        []holder
	People         int64 // how many holders there are
	From, To       int64
	Earlier, Later string // addresses of the pages of holders
}

// holder is a person whom the application acts for.
type holder struct {
	app.Holder
	web.Person
	RevokeURL string
}

// Alive reports whether the application can act for the person.
func (h holder) Alive() bool { return h.Tokens > 0 || h.Renewable > 0 }

// race is a race of tokens with whose they are.
type race struct {
	app.Race
	web.Person
}

// AtOnce reports whether several processes refreshed at once, rather than one being late.
func (r race) AtOnce() bool { return r.Kind == app.AtOnce }

func (h pages) app(ctx context.Context, r *web.Request) (web.Page, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.appView(ctx, r, a)
	return devops.Slider(a.Name, "app-view", listURL, v), err
}

func (h pages) appView(ctx context.Context, r *web.Request, a app.App) (v appView, err error) {
	v = appView{App: a, URL: appURL(a.ID), What: kindTitle(a), Form: newAppForm(a.Form(), nil)}
	v.Form.Action = v.URL + "save"
	if v.Signed, err = h.apps.Signed(ctx, a.ID); err != nil {
		return v, err
	}
	v.OldSigning = oldSigningOptions
	if v.SigningUntil, err = h.apps.OldSigningUntil(ctx, a.ID, 0); err != nil {
		return v, err
	}
	if v.Creator, err = h.person(ctx, a.OwnerID); err != nil {
		return v, err
	}
	if v.Has, err = h.has.Belonging(ctx, r.Viewer.Ref(), a.ID); err != nil {
		return v, err
	}
	if v.OldUntil, err = h.apps.OldSecretUntil(ctx, a.ID); err != nil {
		return v, err
	}
	if err := h.holders(ctx, r, &v); err != nil {
		return v, err
	}
	return v, h.races(ctx, &v)
}

// holders puts a page of the people whom the application acts for into v.
func (h pages) holders(ctx context.Context, r *web.Request, v *appView) error {
	offset := max(0, r.Int("from", 0))
	list, total, err := h.apps.Holders(ctx, r.Viewer.Ref(), v.App.ID, offset, pageSize)
	if err != nil {
		return err
	}
	ids := make([]int64, len(list))
	for i, p := range list {
		ids[i] = p.UserID
	}
	people, err := h.named(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range list {
		v.Holders = append(v.Holders, holder{p, people[p.UserID], v.URL + "revoke/" + strconv.FormatInt(p.UserID, 10)})
	}
	v.People, v.From, v.To = total, offset+1, offset+int64(len(list))
	v.Earlier, v.Later = pagesAround(v.URL, nil, offset, total)
	return nil
}

// races puts the races of the application's tokens into v.
func (h pages) races(ctx context.Context, v *appView) error {
	list, err := h.apps.Races(ctx, v.App.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	const shown = 10
	list = list[:min(shown, len(list))]
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.UserID
	}
	people, err := h.named(ctx, ids)
	for _, x := range list {
		v.Races = append(v.Races, race{x, people[x.UserID]})
	}
	return err
}

// scopeChange is what is asked before permissions are taken away.
type scopeChange struct {
	App     app.App
	URL     string
	Form    app.Form
	Added   []app.Scope
	Removed []app.Scope
	Lost    []string // methods that the application can no longer call
	More    int      // lost methods that are not in Lost
	Gained  int      // methods that it can call in addition
}

// Answers are the fields of the form once more, for the one that is sent when the person is sure.
func (c scopeChange) Answers() [][2]string {
	out := [][2]string{
		{"name", c.Form.Name},
		{"kind", string(c.Form.Kind)},
		{"handler_url", c.Form.HandlerURL},
		{"install_url", c.Form.InstallURL},
		{"menu_title", c.Form.MenuTitle},
	}
	if c.Form.APIOnly {
		out = append(out, [2]string{"api_only", "1"})
	}
	for _, s := range c.Form.Scopes {
		out = append(out, [2]string{"scopes", s})
	}
	return out
}

// scopeChange returns what a form changes of the permissions, and which methods that concerns.
func (h pages) scopeChange(a app.App, f app.Form) scopeChange {
	added, removed := app.ScopeChange(a.Scopes, f.Scopes)
	c := scopeChange{App: a, URL: appURL(a.ID), Form: f, Added: described(added), Removed: described(removed)}
	before, after := h.has.Methods(a.Scopes), h.has.Methods(f.Scopes)
	for _, m := range before {
		if !slices.Contains(after, m) {
			c.Lost = append(c.Lost, m)
		}
	}
	c.Gained = len(after) - len(before) + len(c.Lost)
	const shown = 12
	if len(c.Lost) > shown {
		c.Lost, c.More = c.Lost[:shown], len(c.Lost)-shown
	}
	return c
}
