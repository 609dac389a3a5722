package rest

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// addSystem registers the methods that speak of the protocol itself.
func (r *Registry) addSystem() {
	r.Add(
		M("batch", Basic, Everyone|NoBatch, "Runs up to 50 calls in one request.", r.batch,
			Doc("settings/how-to-call-rest-api/batch.md"), func(m *Method) { m.unmetered = true }),
		M("methods", Basic, Everyone, "Lists the methods that the caller may call.", r.methods,
			Doc("api-reference/common/system/methods.md")),
		M("method.get", Basic, Everyone, "Tells whether a method exists and whether the caller may call it.", r.methodGet,
			Doc("api-reference/common/system/method-get.md")),
		M("scope", Basic, Everyone, "Lists the scopes of the caller, or all there are.", r.scope,
			Doc("api-reference/common/system/scope.md")),
		M("server.time", Basic, Everyone, "Tells the time of the server.", serverTime,
			Doc("api-reference/common/system/server-time.md")),
	)
}

// serverTime answers when the call began, by the portal's clock.
func serverTime(_ context.Context, c *Call, _ None) (string, error) { return c.Start.Format(atom), nil }

// methodsParams are the parameters of methods.
type methodsParams struct {
	Full  bool           `b24:"full"`
	Scope *phpform.Value `b24:"scope"`
}

// methods answers the names of the methods: those that the caller's scopes open, those of one scope (an empty one means the
// methods that need none), or with full all.
func (r *Registry) methods(_ context.Context, c *Call, p methodsParams) ([]string, error) {
	out := []string{}
	for _, m := range r.Methods() {
		open := slices.ContainsFunc(m.Scopes, c.Has)
		switch {
		case p.Full:
			open = true
		case p.Scope != nil:
			scope := strings.ToLower(p.Scope.Text())
			if scope == "" {
				scope = Basic
			}
			open = slices.Contains(m.Scopes, scope)
		}
		if open {
			out = append(out, m.Name)
		}
	}
	return out, nil
}

// methodGetParams are the parameters of method.get. Without a name the answer is that there is no such method.
type methodGetParams struct {
	Name string `b24:"name"`
}

// methodState is the answer of method.get.
type methodState struct {
	IsExisting  bool `json:"isExisting"`
	IsAvailable bool `json:"isAvailable"`
}

// methodGet answers what the scopes of the caller open; that a method is for administrators is no matter of these.
func (r *Registry) methodGet(_ context.Context, c *Call, p methodGetParams) (methodState, error) {
	m := r.Method(p.Name)
	if m == nil {
		return methodState{}, nil
	}
	return methodState{IsExisting: true, IsAvailable: slices.ContainsFunc(m.Scopes, c.Has)}, nil
}

// scopeParams are the parameters of scope.
type scopeParams struct {
	Full bool `b24:"full"`
}

func (r *Registry) scope(_ context.Context, c *Call, p scopeParams) ([]string, error) {
	if p.Full || slices.Contains(c.Scopes, "*") {
		return r.Scopes(), nil
	}
	out := slices.Clone(c.Scopes)
	slices.Sort(out)
	if out == nil {
		out = []string{}
	}
	return out, nil
}
