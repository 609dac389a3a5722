package cli

import (
	"context"
	"flag"
	"strings"

	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
)

// methodOut is a method as it is printed.
type methodOut struct {
	Name    string       `json:"name"`
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
		help: `ACCESS restricts who may call: admin (administrators), app (applications only), no-webhook, no-batch; without one
of them everybody with the scope may.`,
		define: func(*flag.FlagSet) runner {
			return func(_ context.Context, e *env, _ []string) error { return e.methods() }
		},
	}
}

func (e *env) methods() error {
	out, rows := []methodOut{}, [][]string{}
	for _, m := range portal.Methods() {
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
		out = append(out, methodOut{m.Name, m.Scopes, access, params, m.Summary, m.Doc})
		rows = append(rows, []string{m.Name, strings.Join(m.Scopes, ","), strings.Join(access, ","), m.Summary})
	}
	return e.print(out, func() {
		e.table("There are no methods.", []string{"METHOD", "SCOPE", "ACCESS", "WHAT IT DOES"}, rows)
	})
}
