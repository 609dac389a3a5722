package rest

import (
	"context"
	"encoding/json"
	"strings"
)

// addSystemV3 registers the methods by which REST 3.0 speaks of itself.
func (r *Registry) addSystemV3() {
	const page = "api-reference/rest-v3.md"
	whole := func(m *Method) { m.rawBody = true }
	r.Add(
		M("batch", Basic, Everyone|NoBatch, "Runs up to 50 calls of REST 3.0 in one request.", r.batchV3,
			Doc(page), V3(), Changes(), func(m *Method) { m.unmetered = true }),
		M("rest.documentation.openapi", Basic, Everyone|NoBatch, "Describes the methods of REST 3.0 as an OpenAPI document.", r.openAPI,
			Doc(page), V3(), whole),
		M("documentation", Basic, Everyone|NoBatch, "Describes the methods of REST 3.0 as an OpenAPI document.", r.openAPI,
			Doc(page), V3(), whole),
		M("rest.scope.list", Basic, Everyone, "Tells which scope each method of REST 3.0 needs.", r.scopeList,
			Doc(page), V3()),
	)
}

// scopeListParams narrow down rest.scope.list.
type scopeListParams struct {
	Module     string `b24:"filterModule"`
	Controller string `b24:"filterController"`
	Method     string `b24:"filterMethod"`
}

// scopeItem is a method in the answer of rest.scope.list.
type scopeItem struct {
	Scope       string   `json:"scope"` // the method's whole name
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Fields      []string `json:"fields"`
}

// scopeList answers the methods below the scope that opens them, then below the part of their name between, then by its
// last word: main → eventlog.field → list.
func (r *Registry) scopeList(_ context.Context, _ *Call, p scopeListParams) (map[string]map[string]map[string]scopeItem, error) {
	out := map[string]map[string]map[string]scopeItem{}
	for _, m := range r.MethodsV3() {
		first, rest, ok := strings.Cut(m.Name, ".")
		last := strings.LastIndexByte(rest, '.')
		if !ok || last < 0 {
			continue // batch and documentation belong to no module
		}
		module, controller, method := first, rest[:last], rest[last+1:]
		if m.Scopes[0] != Basic {
			module = m.Scopes[0]
		}
		if !wanted(p.Module, module) || !wanted(p.Controller, controller) || !wanted(p.Method, method) {
			continue
		}
		if out[module] == nil {
			out[module] = map[string]map[string]scopeItem{}
		}
		if out[module][controller] == nil {
			out[module][controller] = map[string]scopeItem{}
		}
		out[module][controller][method] = scopeItem{Scope: m.Name, Title: m.Name, Description: m.Summary}
	}
	return out, nil
}

func wanted(filter, name string) bool { return filter == "" || strings.EqualFold(filter, name) }

// openAPI answers the OpenAPI document, made at the first call.
func (r *Registry) openAPI(context.Context, *Call, None) (json.RawMessage, error) {
	r.documentOnce.Do(func() { r.document, r.documentErr = r.describeV3() })
	return r.document, r.documentErr
}
