// Package eventrest holds the REST methods events and event.*, those of the queue of offline events among them.
package eventrest

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Register adds the methods of this package. Handlers are told the portal's language, e.g. "en".
func Register(r *rest.Registry, s *event.Service, language string) {
	h := handlers{s, language}
	const access = rest.Everyone | rest.NoWebhook | rest.AppOnly
	r.Add(
		rest.M("event.bind", rest.Basic, access, "Binds a handler to an event.", h.bind,
			rest.Doc("api-reference/events/event-bind.md")),
		rest.M("event.unbind", rest.Basic, access, "Removes handlers from an event.", h.unbind,
			rest.Doc("api-reference/events/event-unbind.md")),
		rest.M("event.get", rest.Basic, access, "Lists the application's handlers.", h.get,
			rest.Doc("api-reference/events/event-get.md")),
		rest.M("event.test", rest.Basic, access, "Sends ONAPPTEST to the application's own handlers.", h.test,
			rest.Doc("api-reference/events/test-handler.md")),
		rest.M("event.offline.get", rest.Basic, access, "Fetches events from the application's queue.", h.offlineGet,
			rest.Doc("api-reference/events/event-offline-get.md")),
		rest.M("event.offline.list", rest.Basic, access, "Lists the application's queue and leaves it as it is.", h.offlineList,
			rest.Doc("api-reference/events/event-offline-list.md")),
		rest.M("event.offline.clear", rest.Basic, access, "Confirms events that were fetched.", h.offlineClear,
			rest.Doc("api-reference/events/event-offline-clear.md")),
		rest.M("event.offline.error", rest.Basic, access, "Marks events that were fetched as erroneous.", h.offlineError,
			rest.Doc("api-reference/events/event-offline-error.md")),
		rest.M("events", rest.Basic, access|rest.WebhookToo, "Lists the events that can be bound.", h.events,
			rest.Doc("api-reference/events/events.md")),
	)
}

type handlers struct {
	service  *event.Service
	language string
}

func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin} }

// bindParams are the parameters of event.bind.
type bindParams struct {
	Event     string        `b24:"event,required"`
	Handler   string        `b24:"handler"` // not of an offline event
	AuthType  int64         `b24:"auth_type"`
	EventType string        `b24:"event_type"`
	Connector string        `b24:"auth_connector"`
	Options   phpform.Value `b24:"options"`
}

// options are the additional settings of ONOFFLINEEVENT.
type options struct {
	MinTimeout *int64 `b24:"minTimeout"`
}

func (h handlers) bind(ctx context.Context, c *rest.Call, p bindParams) (bool, error) {
	offline, err := isOffline(p.EventType)
	if err != nil {
		return false, err
	}
	if !offline && p.Handler == "" {
		return false, errNoHandler
	}
	b := event.Binding{
		AppID: c.AppID, Event: p.Event, Handler: p.Handler, AuthUser: p.AuthType, Offline: offline, Connector: p.Connector,
	}
	if b.MinTimeout, err = minTimeout(p.Options); err != nil {
		return false, err
	}
	err = h.service.Bind(ctx, actor(c), b, c.Has)
	return err == nil, err
}

// minTimeout reads the one option there is. One that no event has is refused.
func minTimeout(v phpform.Value) (*int64, error) {
	for _, e := range v.Entries() {
		if !strings.EqualFold(e.Key, "minTimeout") {
			return nil, fault.Argument("options", "There is no option '"+e.Key+"'")
		}
	}
	if v.Empty() {
		return nil, nil //nolint:nilnil // no option is no fault
	}
	var o options
	err := rest.Decode(v, &o)
	return o.MinTimeout, err
}

// errNoHandler is the fault of an online event without an address.
var errNoHandler = fault.Argument("handler", "Argument 'handler' is null or empty")

// isOffline reads event_type.
func isOffline(eventType string) (bool, error) {
	switch strings.ToLower(eventType) {
	case "", "online":
		return false, nil
	case "offline":
		return true, nil
	}
	return false, fault.Argument("event_type", "event_type must be online or offline")
}

// unbindParams are the parameters of event.unbind. An empty auth_type means the handlers without one.
type unbindParams struct {
	Event     string         `b24:"event,required"`
	Handler   string         `b24:"handler"` // not of an offline event
	AuthType  *phpform.Value `b24:"auth_type"`
	EventType string         `b24:"event_type"`
}

// unbound is the answer of event.unbind.
type unbound struct {
	Count int64 `json:"count"`
}

func (h handlers) unbind(ctx context.Context, c *rest.Call, p unbindParams) (unbound, error) {
	offline, err := isOffline(p.EventType)
	if err != nil {
		return unbound{}, err
	}
	if !offline && p.Handler == "" {
		return unbound{}, errNoHandler
	}
	var authUser *int64
	if p.AuthType != nil {
		n, ok := p.AuthType.Int()
		if !ok && p.AuthType.Text() != "" {
			return unbound{}, fault.Argument("auth_type", "Argument 'auth_type' must be an integer")
		}
		authUser = &n
	}
	n, err := h.service.Unbind(ctx, actor(c), event.Binding{AppID: c.AppID, Event: p.Event, Handler: p.Handler, Offline: offline}, authUser)
	return unbound{n}, err
}

// boundHandler is one row of the answer of event.get.
type boundHandler struct {
	Event    string `json:"event"`
	Handler  string `json:"handler"`
	AuthType string `json:"auth_type"`
	Offline  int    `json:"offline"`
}

func (h handlers) get(ctx context.Context, c *rest.Call, _ rest.None) ([]boundHandler, error) {
	bindings, err := h.service.Bindings(ctx, actor(c), c.AppID)
	out := make([]boundHandler, len(bindings))
	for i, b := range bindings {
		out[i] = boundHandler{Event: b.Event, Handler: b.Handler, AuthType: strconv.FormatInt(b.AuthUser, 10)}
		if b.Offline {
			out[i].Offline = 1
		}
	}
	return out, err
}

// testParams are the parameters of event.test: whatever the application wants to find again in its handler.
type testParams struct {
	Query phpform.Value `b24:"*"`
}

// test answers 1 once the event is recorded, whether or not the application has a handler for it.
func (h handlers) test(ctx context.Context, c *rest.Call, p testParams) (int64, error) {
	err := h.service.Emit(ctx, event.Event{
		Name: event.Test, AppID: c.AppID, UserID: c.UserID,
		Data: phpform.ArrayOf(
			phpform.Entry{Key: "QUERY", Value: p.Query},
			phpform.Entry{Key: "LANGUAGE_ID", Value: phpform.StringOf(h.language)},
		),
	})
	return 1, err
}

// eventsParams are the parameters of events.
type eventsParams struct {
	Scope *phpform.Value `b24:"SCOPE"`
	Full  bool           `b24:"FULL"`
}

// events lists the events of one scope, of all scopes with FULL, or of the scopes that the application has.
func (h handlers) events(_ context.Context, c *rest.Call, p eventsParams) ([]string, error) {
	out := []string{}
	for _, d := range h.service.Catalog() {
		open := p.Full || c.Has(d.Scope)
		if p.Scope != nil {
			scope := strings.ToLower(p.Scope.Text())
			open = scope == d.Scope || scope == "" && d.Scope == rest.Basic
		}
		if open {
			out = append(out, d.Name)
		}
	}
	return out, nil
}
