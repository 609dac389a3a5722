package portal

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/frame/frameweb"
	"github.com/portico-hq/portico/internal/option"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// frameApps tells the frames of applications which there are, and gives their pages tokens.
type frameApps struct{ apps *app.Service }

var _ frame.Apps = frameApps{}

func frameApp(a app.App) frame.App {
	return frame.App{
		ID: a.ID, ClientID: a.ClientID, Name: a.Name, MenuTitle: a.MenuTitle, HandlerURL: a.HandlerURL, InstallURL: a.InstallURL,
		Token: a.Token, Status: a.Status(), Scopes: a.Scopes, HasPage: !a.APIOnly, Static: a.Kind == app.Static, Installed: a.Installed,
	}
}

func frameTokens(g app.Grant) frame.Tokens {
	return frame.Tokens{Access: g.AccessToken, Refresh: g.RefreshToken, ExpiresIn: g.ExpiresIn, MemberID: g.MemberID}
}

// App returns an application.
func (f frameApps) App(ctx context.Context, id int64) (frame.App, error) {
	a, err := f.apps.Find(ctx, id)
	return frameApp(a), err
}

// WithPages returns the applications that have a page.
func (f frameApps) WithPages(ctx context.Context) ([]frame.App, error) {
	apps, err := f.apps.WithPages(ctx)
	out := make([]frame.App, len(apps))
	for i, a := range apps {
		out[i] = frameApp(a)
	}
	return out, err
}

// PageTokens returns tokens for a page.
func (f frameApps) PageTokens(ctx context.Context, appID, userID int64, renew bool) (frame.Tokens, error) {
	g, err := f.apps.PageTokens(ctx, appID, userID, renew)
	return frameTokens(g), err
}

// InstallTokens returns tokens for an installation page.
func (f frameApps) InstallTokens(ctx context.Context, appID, userID int64) (frame.Tokens, error) {
	g, err := f.apps.Issue(ctx, appID, userID)
	return frameTokens(g), err
}

// FinishInstall notes that an installation page is done.
func (f frameApps) FinishInstall(ctx context.Context, actor user.Ref, id int64) error {
	_, err := f.apps.FinishInstall(ctx, actor, id)
	return err
}

// SetPages gives a static application its pages.
func (f frameApps) SetPages(ctx context.Context, actor user.Ref, id int64, page, install string) error {
	a, err := f.apps.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	form, base := a.Form(), strings.TrimSuffix(f.apps.Endpoints().ClientEndpoint, "/rest/")
	form.HandlerURL, form.InstallURL = base+page, ""
	if install != "" {
		form.InstallURL = base + install
	}
	if _, err = f.apps.Update(ctx, actor, id, form); err != nil {
		return err
	}
	switch {
	case install != "":
		_, err = f.apps.Install(ctx, actor, id)
	case !a.Installed:
		_, err = f.apps.FinishInstall(ctx, actor, id)
	}
	return err
}

// Addresses are where the portal is reached.
func (f frameApps) Addresses() frame.Addresses {
	e := f.apps.Endpoints()
	return frame.Addresses{Domain: e.Domain, Secure: strings.HasPrefix(e.ClientEndpoint, "https://"), ServerEndpoint: e.ServerEndpoint}
}

// frames is what the pages of applications in frames need.
func (p *Portal) frames() frameweb.Config {
	return frameweb.Config{Frames: p.Frames, Users: p.Users, Places: p.Placements, Options: frameOptions{p.Options}, Settings: p.connectorSettings}
}

// removeFramesTx forgets what the frames keep of an application.
func (p *Portal) removeFramesTx(ctx context.Context, tx *db.Tx, appID int64) error {
	return p.Frames.RemoveAppTx(ctx, tx, appID)
}

// frameOptions keeps what pages of applications store.
type frameOptions struct{ options *option.Service }

var _ frameweb.Options = frameOptions{}

// App returns the options of an application.
func (f frameOptions) App(ctx context.Context, appID int64) (json.RawMessage, error) {
	return f.all(ctx, option.Owner{AppID: appID})
}

// User returns the options that an application keeps for a user.
func (f frameOptions) User(ctx context.Context, appID, userID int64) (json.RawMessage, error) {
	return f.all(ctx, option.Owner{AppID: appID, UserID: userID})
}

func (f frameOptions) all(ctx context.Context, o option.Owner) (json.RawMessage, error) {
	v, err := f.options.All(ctx, o)
	return phpform.AppendJSON(nil, v), err
}

// errOptionAdmin is the fault of app.option.set.
var errOptionAdmin = fault.New(fault.Denied, "AccessException", "Administrator authorization required")

// SetApp sets an option of an application.
func (f frameOptions) SetApp(ctx context.Context, actor user.Ref, appID int64, name string, value json.RawMessage) error {
	if !actor.Admin {
		return errOptionAdmin
	}
	return f.set(ctx, option.Owner{AppID: appID}, name, value)
}

// SetUser sets an option that an application keeps for actor.
func (f frameOptions) SetUser(ctx context.Context, actor user.Ref, appID int64, name string, value json.RawMessage) error {
	return f.set(ctx, option.Owner{AppID: appID, UserID: actor.ID}, name, value)
}

func (f frameOptions) set(ctx context.Context, o option.Owner, name string, value json.RawMessage) error {
	v, err := phpform.ParseJSON(value, phpform.Limits{})
	if err != nil {
		return err
	}
	b := &phpform.Builder{}
	return f.options.Set(ctx, o, b.Set(name, v).Value())
}

// ownFields tells the pages of people how fields of the types of applications show.
func (p *Portal) ownFields() userweb.OwnFields {
	frames := frameweb.FieldFrames(p.frames())
	return func(ctx context.Context, v web.Viewer, code, options string) (userfieldweb.Frame, bool, error) {
		f, ok, err := frames(ctx, v, code, options)
		return userfieldweb.Frame{Src: f.Src, App: f.App, Height: f.Height}, ok, err
	}
}
