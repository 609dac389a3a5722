package appweb

import (
	"context"
	"net/http"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

func (h pages) newApp(context.Context, *web.Request) (web.Page, error) {
	return devops.Slider("Local application", "app-new", homeURL, newAppForm(app.Form{Kind: app.Server}, nil)), nil
}

// shown is what is shown once, after an application was added or got a new secret.
type shown struct {
	App      app.App
	URL      string
	Secret   string
	TestCall string // a command line that works for an hour; empty for a new secret
	OldWorks bool   // the secret before works for a while
}

func (h pages) addApp(ctx context.Context, r *web.Request) (web.Result, error) {
	f := readAppForm(r.PostForm)
	if problems := f.Problems(); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0] // a module puts it at its field and keeps the form as it is
		}
		return answer(r, "Local application", "app-new", http.StatusUnprocessableEntity, newAppForm(f, problems)), nil
	}
	c, err := h.apps.Create(ctx, r.Viewer.Ref(), f)
	if err != nil {
		return nil, err
	}
	g, err := h.apps.Issue(ctx, c.ID, r.Viewer.ID)
	if err != nil {
		return nil, err
	}
	test := "curl " + h.apps.Endpoints().ClientEndpoint + "app.info -d auth=" + g.AccessToken
	return answer(r, c.Name, "app-shown", 0, shown{App: c.App, URL: appURL(c.ID), Secret: c.ClientSecret, TestCall: test}), nil
}

func (h pages) findApp(ctx context.Context, r *web.Request) (app.App, error) {
	id, err := r.PathID("id")
	if err != nil {
		return app.App{}, err
	}
	return h.apps.Get(ctx, r.Viewer.Ref(), id)
}

func (h pages) saveApp(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	f := readAppForm(r.PostForm)
	if problems := f.Problems(); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0]
		}
		v, err := h.appView(ctx, r, a)
		v.Form = newAppForm(f, problems)
		v.Form.Action = v.URL + "save"
		return answer(r, a.Name, "app-view", http.StatusUnprocessableEntity, v), err
	}
	if c := h.scopeChange(a, f); len(c.Removed) > 0 && !r.Checked("sure") {
		return answer(r, a.Name, "app-change", 0, c), nil
	}
	if _, err := h.apps.Update(ctx, r.Viewer.Ref(), a.ID, f); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(a.ID), Toast: "Saved. New permissions hold from the next call on."}, nil
}

func (h pages) installApp(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	if a, err = h.apps.Install(ctx, r.Viewer.Ref(), a.ID); err != nil {
		return nil, err
	}
	toast := "The installation page opens the next time the application is opened."
	if a.APIOnly {
		toast = "ONAPPINSTALL is on its way to the application."
	}
	return web.Redirect{To: appURL(a.ID), Toast: toast}, nil
}

func (h pages) newSecret(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	keep := r.FormValue("old") == "keep"
	secret, err := h.apps.RotateSecret(ctx, r.Viewer.Ref(), a.ID, keep)
	if err != nil {
		return nil, err
	}
	return answer(r, a.Name, "app-shown", 0, shown{App: a, URL: appURL(a.ID), Secret: secret, OldWorks: keep}), nil
}

func (h pages) newToken(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	if _, err := h.apps.RotateToken(ctx, r.Viewer.Ref(), a.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(a.ID), Toast: "The application has a new application_token."}, nil
}

func (h pages) removeApp(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.apps.Remove(ctx, r.Viewer.Ref(), a.ID, r.Checked("clean")); err != nil {
		return nil, err
	}
	return web.Redirect{To: listURL, Toast: a.Name + " was deleted"}, nil
}
