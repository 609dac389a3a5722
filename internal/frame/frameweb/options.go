package frameweb

import (
	"context"
	"encoding/json"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Options keeps what applications store on the portal.
type Options interface {
	// App returns the options of an application, User those that it keeps for a user: JSON objects.
	App(ctx context.Context, appID int64) (json.RawMessage, error)
	User(ctx context.Context, appID, userID int64) (json.RawMessage, error)
	// SetApp and SetUser set one option to a JSON value. Faults: those of app.option.set and user.option.set.
	SetApp(ctx context.Context, actor user.Ref, appID int64, name string, value json.RawMessage) error
	SetUser(ctx context.Context, actor user.Ref, appID int64, name string, value json.RawMessage) error
}

var noOptions = json.RawMessage("{}")

func (h pages) options(ctx context.Context, appID, userID int64) (app, own json.RawMessage, err error) {
	if h.Options == nil {
		return noOptions, noOptions, nil
	}
	if app, err = h.Options.App(ctx, appID); err != nil {
		return nil, nil, err
	}
	own, err = h.Options.User(ctx, appID, userID)
	return app, own, err
}

var (
	errNoOptions  = fault.New(fault.Unavailable, "ERROR_CORE", "This portal keeps no options of applications.")
	errOptionName = fault.New(fault.Invalid, "ERROR_ARGUMENT", "Name the option, and give its value as JSON.").At("name")
)

// setOption sets an option of the application, or of the application for the viewer, and answers with all of them.
func (h pages) setOption(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if _, err := h.Frames.May(ctx, actor(r), id); err != nil {
		return nil, err
	}
	name, value := r.PostForm.Get("name"), json.RawMessage(r.PostForm.Get("value"))
	switch {
	case h.Options == nil:
		return nil, errNoOptions
	case name == "" || !json.Valid(value):
		return nil, errOptionName
	}
	set, of := h.Options.SetUser, func() (json.RawMessage, error) { return h.Options.User(ctx, id, r.Viewer.ID) }
	if r.PostForm.Get("of") == "app" {
		set, of = h.Options.SetApp, func() (json.RawMessage, error) { return h.Options.App(ctx, id) }
	}
	if err := set(ctx, actor(r), id, name, value); err != nil {
		return nil, err
	}
	all, err := of()
	if err != nil {
		return nil, err
	}
	return web.JSON{Value: all}, nil
}
