package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/event/eventweb"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// hooks delivers events to outbound webhooks.
type hooks struct{ *event.Service }

var _ app.Hooks = hooks{}

// HookEvents returns the events that outbound webhooks may have.
func (h hooks) HookEvents() []app.HookEvent {
	defs := h.Service.HookEvents()
	out := make([]app.HookEvent, len(defs))
	for i, d := range defs {
		out[i] = app.HookEvent{Name: d.Name, Scope: d.Scope}
	}
	return out
}

// SaveHookTx binds an outbound webhook to its events.
func (h hooks) SaveHookTx(ctx context.Context, tx *db.Tx, actor user.Ref, hook app.Hook) error {
	return h.Service.SaveHookTx(ctx, tx, actor, event.Hook(hook))
}

// TestHookTx sends ONAPPTEST.
func (h hooks) TestHookTx(ctx context.Context, tx *db.Tx, id int64, language string) error {
	_, err := h.Service.TestHookTx(ctx, tx, id, phpform.ArrayOf(phpform.Entry{Key: "LANGUAGE_ID", Value: phpform.StringOf(language)}))
	return err
}

// HookStatesTx returns how the deliveries of outbound webhooks are doing.
func (h hooks) HookStatesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]app.HookState, error) {
	lanes, err := h.HookLanesTx(ctx, tx, ids)
	out := make(map[int64]app.HookState, len(lanes))
	for _, l := range lanes {
		out[l.HookID] = app.HookState{
			Handler: l.ID, Paused: l.Paused != nil, Failed: l.Paused != nil && l.Paused.Failed, Failures: l.Failures, Waiting: l.Waiting, Dead: l.Dead,
			LastOK: l.LastOK, LastFailed: l.LastFailed,
		}
	}
	return out, err
}

// originOf tells under which call an event happens.
func originOf(ctx context.Context) event.Origin { return event.Origin(rest.OriginOf(ctx)) }

// eventApps tells the page of the settings of deliveries which applications there are.
type eventApps struct{ apps *app.Service }

var _ eventweb.Apps = eventApps{}

// Apps returns the applications, the newest first.
func (a eventApps) Apps(ctx context.Context) ([]eventweb.App, error) {
	all, err := a.apps.List(ctx, user.Ref{Admin: true})
	out := make([]eventweb.App, len(all))
	for i, x := range all {
		out[i] = eventweb.App{ID: x.ID, Name: x.Name}
	}
	return out, err
}
