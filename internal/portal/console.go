package portal

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/console/consoleweb"
	"github.com/portico-hq/portico/internal/rest"
)

// consolePages is what the pages of the console need.
func (p *Portal) consolePages() consoleweb.Config {
	return consoleweb.Config{
		Log: p.Console, Events: p.Events, Apps: p.Apps, Audit: p.Audit, People: people{p.Users}, Stories: stories{p}, REST: p.rest,
		Methods:  func() []*rest.Method { return slices.Concat(p.methods.Methods(), p.methods.MethodsV3()) },
		Endpoint: func() string { return p.endpoints().ClientEndpoint },
		Access: func(ctx context.Context, userID int64) (active, admin bool, err error) {
			a, err := appUsers{p.Users}.Access(ctx, userID)
			return a.Active, a.Admin, err
		},
	}
}
