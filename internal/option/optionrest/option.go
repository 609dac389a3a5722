// Package optionrest is the wire side of what applications keep: app.option.* and user.option.*.
package optionrest

import (
	"context"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/option"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The documented faults.
var (
	errApp   = fault.New(fault.Invalid, "AccessException", "Application context required")
	errAdmin = fault.New(fault.Invalid, "AccessException", "Administrator authorization required")
	errEmpty = fault.New(fault.Invalid, "ArgumentNullException", "options is empty")
)

// Register adds the methods.
func Register(r *rest.Registry, s *option.Service) {
	ofApp := handlers{s, func(c *rest.Call) option.Owner { return option.Owner{AppID: c.AppID} }}
	ofUser := handlers{s, func(c *rest.Call) option.Owner { return option.Owner{AppID: c.AppID, UserID: c.UserID} }}
	const pages = "api-reference/common/settings/"
	refuses := rest.Refuses(errApp, errAdmin)
	r.Add(
		rest.M("app.option.get", rest.Basic, rest.Everyone|rest.AppOnly, "Reads what the application keeps for everybody.", ofApp.get,
			rest.Doc(pages+"app-option-get.md"), refuses),
		rest.M("app.option.set", rest.Basic, rest.Everyone|rest.AppOnly|rest.AdminOnly, "Keeps something for everybody who uses the application.",
			ofApp.set, rest.Doc(pages+"app-option-set.md"), refuses),
		rest.M("user.option.get", rest.Basic, rest.Everyone|rest.AppOnly, "Reads what the application keeps for the user.", ofUser.get,
			rest.Doc(pages+"user-option-get.md"), refuses),
		rest.M("user.option.set", rest.Basic, rest.Everyone|rest.AppOnly, "Keeps something for the user of the application.", ofUser.set,
			rest.Doc(pages+"user-option-set.md"), refuses),
	)
}

type handlers struct {
	options *option.Service
	owner   func(*rest.Call) option.Owner
}

// getParams are the parameters of app.option.get and user.option.get.
type getParams struct {
	Option string `b24:"option"`
}

// get answers one option, null where there is none, or all of them as an object.
func (h handlers) get(ctx context.Context, c *rest.Call, p getParams) (any, error) {
	if p.Option != "" {
		return h.options.Get(ctx, h.owner(c), p.Option)
	}
	all, err := h.options.All(ctx, h.owner(c))
	if err == nil && all.Len() == 0 {
		return struct{}{}, nil
	}
	return object(all), err
}

// object writes v as an object even where its keys are 0, 1, 2.
func object(v phpform.Value) map[string]phpform.Value {
	out := make(map[string]phpform.Value, v.Len())
	for _, e := range v.Entries() {
		out[e.Key] = e.Value
	}
	return out
}

// setParams are the parameters of app.option.set and user.option.set.
type setParams struct {
	Options phpform.Value `b24:"options,needed"`
}

func (h handlers) set(ctx context.Context, c *rest.Call, p setParams) (bool, error) {
	switch {
	case p.Options.Empty():
		return false, errEmpty
	case !p.Options.IsArray():
		return false, fault.Argument("options", "Argument 'options' must be an object")
	}
	err := h.options.Set(ctx, h.owner(c), p.Options)
	return err == nil, err
}
