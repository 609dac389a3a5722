package cli

import (
	"context"
	"flag"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
)

// methodOut is a method as it is printed.
type methodOut struct {
	Name    string       `json:"name"`
	API     int          `json:"api"`    // 2, or 3 where it is called below /rest/api/
	Scopes  []string     `json:"scopes"` // any one of them is enough
	Access  []string     `json:"access"`
	Params  []rest.Param `json:"params"`
	Summary string       `json:"summary"`
	Doc     string       `json:"doc"` // the page in the documentation repository
}

// accessNames are the restrictions of methods in words.
var accessNames = []struct {
	bit  rest.Access
	name string
}{
	{rest.AdminOnly, "admin"}, {rest.AppOnly, "app"}, {rest.NoWebhook, "no-webhook"}, {rest.NoBatch, "no-batch"},
}

func methodsCommand() command {
	return command{
		name: "methods", summary: "Lists the REST methods that a portal has.",
		help: `API is 3 for the methods of REST 3.0, which are called below /rest/api/, and 2 for the others.
ACCESS restricts who may call: admin (administrators), app (applications only), no-webhook, no-batch; without one
of them everybody with the scope may.`,
		define: func(*flag.FlagSet) runner {
			return func(_ context.Context, e *env, _ []string) error { return e.methods() }
		},
	}
}

func (e *env) methods() error {
	out, rows := []methodOut{}, [][]string{}
	for _, m := range slices.Concat(portal.Methods(), portal.MethodsV3()) {
		api := 2
		if m.V3 {
			api = 3
		}
		access := []string{}
		for _, a := range accessNames {
			if m.Access&a.bit != 0 {
				access = append(access, a.name)
			}
		}
		params := m.Params
		if params == nil {
			params = []rest.Param{}
		}
		out = append(out, methodOut{m.Name, api, m.Scopes, access, params, m.Summary, m.Doc})
		rows = append(rows, []string{m.Name, strconv.Itoa(api), strings.Join(m.Scopes, ","), strings.Join(access, ","), m.Summary})
	}
	return e.print(out, func() {
		e.table("There are no methods.", []string{"METHOD", "API", "SCOPE", "ACCESS", "WHAT IT DOES"}, rows)
	})
}
