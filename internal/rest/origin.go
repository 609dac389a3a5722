package rest

import (
	"context"

	"github.com/portico-hq/portico/internal/phpform"
)

// Origin is the call under which something happens: who must not hear of their own change, and what belongs to one request.
type Origin struct {
	AppID int64 // the calling application; 0 for a webhook
	// Connector is the call's auth_connector: changes made with it are not queued for the application that bound its offline
	// events with the same one. Page: api-reference/events/offline-events.md.
	Connector string
	Request   string // the id of the request; the calls of a batch share it
}

type originKey struct{}

// OriginOf returns the call that ctx belongs to; the zero value outside of one.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

// maxConnector is the longest auth_connector in bytes.
const maxConnector = 100

// withOrigin notes the call in ctx. A call inside batch without an auth_connector of its own has that of the batch.
func withOrigin(ctx context.Context, c *Call, params phpform.Value) context.Context {
	o := Origin{AppID: c.AppID, Request: c.asked.id, Connector: OriginOf(ctx).Connector}
	if v, ok := params.GetFold("auth_connector"); ok && !v.IsArray() && len(v.Text()) <= maxConnector {
		o.Connector = v.Text()
	}
	return context.WithValue(ctx, originKey{}, o)
}
