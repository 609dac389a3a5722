package appweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

const allowedURL = "/devops/allowed/"

// allowedLine is an application that acts for the viewer.
type allowedLine struct {
	app.Allowed
	URL      string // takes its tokens back
	Titles   []string
	MoreThan int
}

// allowed lists the applications that hold tokens of the viewer.
func (h pages) allowed(ctx context.Context, r *web.Request) (web.Page, error) {
	list, err := h.apps.Allowed(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	var lines []allowedLine
	for _, a := range list {
		line := allowedLine{Allowed: a, URL: allowedURL + strconv.FormatInt(a.ID, 10) + "/revoke"}
		line.Titles, line.MoreThan = brief(a.Scopes)
		lines = append(lines, line)
	}
	p := devops.Page("Developer resources", "allowed", lines)
	p.Tabs = tabs(allowedURL)
	return p, nil
}

// disallow takes the viewer's tokens back.
func (h pages) disallow(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	a, err := h.apps.Disallow(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: allowedURL, Toast: a.Name + " can no longer act for you with the tokens it had."}, nil
}

// revokeAll takes back the tokens of an application, whoever they act for.
func (h pages) revokeAll(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if _, err := h.apps.RevokeTokens(ctx, r.Viewer.Ref(), id); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(id), Toast: "All its tokens were revoked."}, nil
}

// revokeFrom takes back the tokens with which an application acts for one person.
func (h pages) revokeFrom(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	person, err := r.PathID("person")
	if err != nil {
		return nil, err
	}
	if _, err := h.apps.RevokeFrom(ctx, r.Viewer.Ref(), id, person); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(id), Toast: "Its tokens of this person were revoked."}, nil
}
