package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Execute calls a method as a page of the portal does.
func Execute(ctx context.Context, p *Portal, who rest.Principal, method string, params phpform.Value) rest.Answer {
	return p.rest.Execute(ctx, who, "10.0.0.9", method, params)
}
