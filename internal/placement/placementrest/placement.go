// Package placementrest is the wire side of places: placement.* and userfieldtype.*.
package placementrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Register adds the methods.
func Register(r *rest.Registry, s *placement.Service) {
	h := handlers{s}
	const (
		scope  = placement.Global
		anyone = rest.Everyone | rest.NoWebhook | rest.AppOnly
		admins = anyone | rest.AdminOnly
		pages  = "api-reference/widgets/"
	)
	r.Add(
		rest.M("placement.bind", scope, admins, "Shows a page of the application at a place in the portal.", h.bind,
			rest.Doc(pages+"placement-bind.md")),
		rest.M("placement.unbind", scope, admins, "Takes pages of the application away from a place.", h.unbind,
			rest.Doc(pages+"placement-unbind.md")),
		rest.M("placement.get", scope, admins, "Lists what the application bound to places.", h.get,
			rest.Doc(pages+"placement-get.md")),
		rest.M("placement.list", scope, anyone|rest.WebhookToo, "Lists the places that the application may use.", h.list,
			rest.Doc(pages+"placement-list.md")),
		rest.M("userfieldtype.add", scope, admins, "Registers a type of fields that the application shows itself.", h.addType,
			rest.Doc(pages+"user-field/userfieldtype-add.md")),
		rest.M("userfieldtype.update", scope, admins, "Changes a type of fields of the application.", h.updateType,
			rest.Doc(pages+"user-field/userfieldtype-update.md")),
		rest.M("userfieldtype.delete", scope, admins, "Removes a type of fields of the application.", h.deleteType,
			rest.Doc(pages+"user-field/userfieldtype-delete.md")),
		rest.M("userfieldtype.list", scope, admins, "Lists the types of fields of the application.", h.listTypes,
			rest.Doc(pages+"user-field/userfieldtype-list.md")),
	)
}

type handlers struct{ places *placement.Service }

func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin} }

// bindParams are the parameters of placement.bind.
type bindParams struct {
	Placement   string        `b24:"PLACEMENT,required"`
	Handler     string        `b24:"HANDLER,required"`
	Title       string        `b24:"TITLE"`
	Description string        `b24:"DESCRIPTION"`
	GroupName   string        `b24:"GROUP_NAME"`
	LangAll     phpform.Value `b24:"LANG_ALL"`
	Options     phpform.Value `b24:"OPTIONS"`
	UserID      int64         `b24:"USER_ID"`
}

func (h handlers) bind(ctx context.Context, c *rest.Call, p bindParams) (bool, error) {
	if !p.Options.Empty() && !p.Options.IsArray() {
		return false, fault.Argument("OPTIONS", "Argument 'OPTIONS' must be an object")
	}
	err := h.places.Bind(ctx, actor(c), placement.Binding{
		AppID: c.AppID, Code: p.Placement, UserID: p.UserID, URL: strings.TrimSpace(p.Handler), Langs: p.LangAll, Options: p.Options,
		Text: placement.Text{
			Title: strings.TrimSpace(p.Title), Description: strings.TrimSpace(p.Description), Group: strings.TrimSpace(p.GroupName),
		},
	}, c.Has)
	return err == nil, err
}

// unbindParams are the parameters of placement.unbind.
type unbindParams struct {
	Placement phpform.Value `b24:"PLACEMENT,required"`
	Handler   string        `b24:"HANDLER"`
	UserID    *int64        `b24:"USER_ID"`
}

// unbound is the answer of placement.unbind.
type unbound struct {
	Count int64 `json:"count"`
}

// unbind answers twice the number of removed handlers: the documented counter goes up for each that is found and once more
// when it is gone.
func (h handlers) unbind(ctx context.Context, c *rest.Call, p unbindParams) (unbound, error) {
	if p.Placement.IsArray() {
		return unbound{}, fault.Argument("PLACEMENT", "The value of an argument 'PLACEMENT' must be of type string")
	}
	n, err := h.places.Unbind(ctx, actor(c), c.AppID, p.Placement.Text(), strings.TrimSpace(p.Handler), p.UserID)
	return unbound{2 * n}, err
}

// boundHandler is a line of the answer of placement.get.
type boundHandler struct {
	Placement   string        `json:"placement"`
	UserID      int64         `json:"userId"`
	Handler     string        `json:"handler"`
	Options     phpform.Value `json:"options"`
	Title       string        `json:"title"`
	Description string        `json:"description"`
	LangAll     phpform.Value `json:"langAll"`
}

func (h handlers) get(ctx context.Context, c *rest.Call, _ rest.None) ([]boundHandler, error) {
	bound, err := h.places.OfApp(ctx, actor(c), c.AppID)
	out := make([]boundHandler, len(bound))
	for i, b := range bound {
		out[i] = boundHandler{
			Placement: b.Code, UserID: b.UserID, Handler: b.URL, Options: b.Option.Value(), Title: b.Title,
			Description: b.Description, LangAll: langAll(b.Langs),
		}
	}
	return out, err
}

func langAll(langs []placement.Lang) phpform.Value {
	if len(langs) == 0 {
		return phpform.ListOf()
	}
	b := &phpform.Builder{}
	for _, l := range langs {
		b.Set(l.Code, phpform.ArrayOf(
			phpform.Entry{Key: "TITLE", Value: phpform.StringOf(l.Title)},
			phpform.Entry{Key: "DESCRIPTION", Value: phpform.StringOf(l.Description)},
			phpform.Entry{Key: "GROUP_NAME", Value: phpform.StringOf(l.Group)},
		))
	}
	return b.Value()
}

// listParams are the parameters of placement.list.
type listParams struct {
	Scope string `b24:"SCOPE"`
	Full  bool   `b24:"FULL"`
}

// list answers the codes of the places that placement.bind takes: those of one scope, of all scopes with FULL, or else those
// that the application may use. Codes that hold the number of a type of records are not listed.
func (h handlers) list(_ context.Context, c *rest.Call, p listParams) ([]string, error) {
	out := []string{}
	scope := strings.ToLower(strings.TrimSpace(p.Scope))
	for _, place := range placement.Bindable() {
		var open bool
		switch {
		case scope != "":
			open = place.Scope == scope
		case p.Full:
			open = true
		default:
			open = c.Has(place.Scope)
		}
		if open {
			out = append(out, place.Code)
		}
	}
	return out, nil
}
