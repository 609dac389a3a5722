package appweb

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
)

// errResponseType is shown to who comes with a form of authorization that there is not.
var errResponseType = fault.New(fault.Invalid, "invalid_request", "invalid_request: the response_type must be code.")

// consentView is what a person is asked before an application may act for them.
type consentView struct {
	App                          app.App
	ClientID, RedirectURI, State string
	Scopes                       []app.Scope
}

// consent asks whether an application may act for the viewer. Page: settings/oauth/index.md.
func (h pages) consent(ctx context.Context, r *web.Request) (web.Page, error) {
	q := r.URL.Query()
	if kind := q.Get("response_type"); kind != "" && kind != "code" {
		return web.Page{}, errResponseType
	}
	v := consentView{ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), State: q.Get("state")}
	var err error
	if v.App, err = h.apps.Ask(ctx, v.ClientID, v.RedirectURI); err != nil {
		return web.Page{}, err
	}
	v.Scopes = described(v.App.Scopes)
	return web.Page{
		Title: "Allow " + v.App.Name, Layout: web.Bare, Template: "app/consent", Body: v, Styles: []string{"app/consent.css"},
		Frames: []string{v.App.HandlerURL}, // the form leads there: the policy of the page names where forms may end
	}, nil
}

// described returns permissions with what they mean.
func described(codes []string) []app.Scope {
	known := app.Scopes()
	out := make([]app.Scope, 0, len(codes))
	for _, code := range codes {
		if i := slices.IndexFunc(known, func(s app.Scope) bool { return s.Code == code }); i >= 0 {
			out = append(out, known[i])
		} else {
			out = append(out, app.Scope{Code: code, Title: code, About: "An older permission."})
		}
	}
	return out
}

// allow sends the viewer on to the application with a code or, when they do not agree, back to the portal.
func (h pages) allow(ctx context.Context, r *web.Request) (web.Result, error) {
	f := r.PostForm
	if f.Get("answer") != "allow" {
		return web.Redirect{To: "/", Toast: "Nothing was allowed."}, nil
	}
	to, err := h.apps.Allow(ctx, r.Viewer.Ref(), f.Get("client_id"), f.Get("redirect_uri"), f.Get("state"))
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: to}, nil
}
