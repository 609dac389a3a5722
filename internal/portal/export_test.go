package portal

import (
	"context"
	"net/http"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Execute calls a method as a page of the portal does.
func Execute(ctx context.Context, p *Portal, who rest.Principal, method string, params phpform.Value) rest.Answer {
	return p.rest.Execute(ctx, who, "10.0.0.9", method, params)
}

// Fetch reads what is outside with a client.
func Fetch(ctx context.Context, client func(context.Context) (*http.Client, error), address string, limit int64) ([]byte, error) {
	return fetcher{client}.Fetch(ctx, address, limit)
}
