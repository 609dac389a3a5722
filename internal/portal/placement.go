package portal

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// placementApps tells the places which applications there are.
type placementApps struct{ apps *app.Service }

var _ placement.Apps = placementApps{}

// Usable returns the applications that a user may use now.
func (a placementApps) Usable(ctx context.Context, _ int64) (map[int64]placement.App, error) {
	apps, err := a.apps.Usable(ctx)
	out := make(map[int64]placement.App, len(apps))
	for id, app := range apps {
		out[id] = placement.App{ID: id, ClientID: app.ClientID, Name: app.Name, Scopes: rest.CurrentScopes(app.Scopes)}
	}
	return out, err
}

// URL returns the address of an application's own page.
func (a placementApps) URL(ctx context.Context, appID int64) (string, error) {
	found, err := a.apps.Find(ctx, appID)
	return found.HandlerURL, err
}

// placementUsers tells the places who is there.
type placementUsers struct{ users *user.Service }

var _ placement.Users = placementUsers{}

// Exists reports whether somebody who may act has the id.
func (u placementUsers) Exists(ctx context.Context, id int64) (bool, error) {
	found, err := u.users.Get(ctx, id)
	if errors.Is(err, user.ErrNotFound) {
		return false, nil
	}
	return found.Active && found.Kind != user.Bot, err
}

// removePlacementsTx removes what an application bound to places.
func (p *Portal) removePlacementsTx(ctx context.Context, tx *db.Tx, appID int64) error {
	return p.Placements.RemoveAppTx(ctx, tx, appID)
}

// employeeTx reports whether there is a user whom a field may name.
func (p *Portal) employeeTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	found, err := p.Users.ManyTx(ctx, tx, []int64{id})
	_, ok := found[id]
	return ok, err
}

// ownFieldType reports whether an application made a type of fields.
func (p *Portal) ownFieldType(ctx context.Context, code string, appID int64) (bool, error) {
	return p.Placements.FieldTypeExists(ctx, code, appID)
}

// handlerRemovedTx tells an application that a handler of its was removed. The delivery carries no tokens, as documented.
func (p *Portal) handlerRemovedTx(ctx context.Context, tx *db.Tx, r placement.Removal) error {
	return p.Events.SendTx(ctx, tx, event.Delivery{
		AppID: r.AppID, URL: r.URL, Name: r.Code, NoAuth: true,
		Data: phpform.ArrayOf(
			phpform.Entry{Key: "error", Value: phpform.StringOf(r.Code)},
			phpform.Entry{Key: "error_description", Value: phpform.StringOf(r.Reason)},
			phpform.Entry{Key: "placement", Value: phpform.StringOf(r.Place)},
			phpform.Entry{Key: "handler", Value: phpform.StringOf(r.Handler)},
		),
	})
}

// taskPlacements returns for projects, 0 being none, whether applications show a user pages of theirs at tasks in them.
func (p *Portal) taskPlacements(ctx context.Context, userID int64, projects []int64) (map[int64]bool, error) {
	u, err := p.Users.Get(ctx, userID)
	if err != nil {
		return nil, err
	}
	v := placement.Viewer{UserID: u.ID, Admin: u.Admin, Extranet: u.Kind == user.Extranet}
	out := map[int64]bool{}
	for _, project := range projects {
		if _, known := out[project]; known {
			continue
		}
		for _, code := range []string{"TASK_VIEW_TAB", "TASK_VIEW_SIDEBAR", "TASK_VIEW_TOP_PANEL"} {
			list, err := p.Placements.For(ctx, v, placement.Where{Code: code, ProjectID: project})
			if err != nil {
				return nil, err
			}
			out[project] = out[project] || len(list) > 0
		}
	}
	return out, nil
}
