package portal

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/app/appweb"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// belongings tells the pages of applications what these have on the portal.
type belongings struct{ portal *Portal }

var _ appweb.Belongings = belongings{}

// Belonging returns the events, bots and places of an application.
func (b belongings) Belonging(ctx context.Context, actor user.Ref, appID int64) (out appweb.Belonging, err error) {
	everything := user.Ref{ID: actor.ID, Admin: true} // who looks has been asked for the permission already
	if out.Events, err = b.events(ctx, everything, appID); err != nil {
		return out, err
	}
	if out.Bots, err = b.bots(ctx, appID); err != nil {
		return out, err
	}
	out.Places, err = b.places(ctx, everything, appID)
	return out, err
}

// shownTypes is how many types of fields are listed.
const shownTypes = 100

// places returns what an application shows in the portal's pages: its handlers, and its types of fields.
func (b belongings) places(ctx context.Context, actor user.Ref, appID int64) (out []appweb.Place, err error) {
	handlers, err := b.portal.Placements.OfApp(ctx, actor, appID)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, h := range handlers {
		if h.UserID != 0 {
			ids = append(ids, h.UserID)
		}
	}
	who, err := people{b.portal.Users}.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, h := range handlers {
		place, _ := placement.Find(h.Code)
		out = append(out, appweb.Place{Code: h.Code, Where: place.Where, Later: !place.Shown, For: who[h.UserID].Name, Title: h.Title, Handler: h.URL})
	}
	types, _, err := b.portal.Placements.FieldTypes(ctx, actor, appID, 0, shownTypes)
	for _, f := range types {
		out = append(out, appweb.Place{Code: placement.UserFieldType, Where: "Fields of the type " + f.FullCode(), Title: f.Title, Handler: f.URL})
	}
	return out, err
}

func (b belongings) events(ctx context.Context, actor user.Ref, appID int64) ([]appweb.BoundEvent, error) {
	bindings, err := b.portal.Events.Bindings(ctx, actor, appID)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, x := range bindings {
		if x.AuthUser != 0 {
			ids = append(ids, x.AuthUser)
		}
	}
	who, err := people{b.portal.Users}.People(ctx, ids)
	out := make([]appweb.BoundEvent, len(bindings))
	for i, x := range bindings {
		out[i] = appweb.BoundEvent{Name: x.Event, Handler: x.Handler, As: who[x.AuthUser].Name}
	}
	return out, err
}

func (b belongings) bots(ctx context.Context, appID int64) (out []appweb.BotLine, err error) {
	all, err := b.portal.Bots.List(ctx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, x := range all {
		if x.Owner.AppID == appID {
			ids = append(ids, x.ID)
			out = append(out, appweb.BotLine{ID: x.ID, Code: x.Code})
		}
	}
	who, err := people{b.portal.Users}.People(ctx, ids)
	for i := range out {
		out[i].Person = who[out[i].ID]
	}
	return out, err
}

// Methods returns the names of the methods that scopes open, of both forms of the API.
func (b belongings) Methods(scopes []string) []string {
	caller := rest.Principal{Scopes: scopes}
	var out []string
	for _, m := range slices.Concat(b.portal.methods.Methods(), b.portal.methods.MethodsV3()) {
		if slices.ContainsFunc(m.Scopes, caller.Has) {
			out = append(out, m.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Belonging returns what an application has on the portal besides tokens.
func (p *Portal) Belonging(ctx context.Context, appID int64) (appweb.Belonging, error) {
	return belongings{p}.Belonging(ctx, user.Ref{Admin: true}, appID)
}
