package consoleweb

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// callView is what the details of a call show.
type callView struct {
	Call       console.Call
	Row        row
	Kind       string
	App        string // the address of the application's page; empty for who may not open it
	Needs      []string
	Doc        string
	Params     string // indented
	ParamsCut  bool
	Answer     string
	AnswerCut  bool
	Snippets   []snippet
	Same       []row  // the other calls of the same request
	Cause      *row   // the event that it was most likely made because of
	Made       string // the address of the story of the message that it made
	CanReplay  bool
	WhyNot     string // why it cannot be made again
	AsksFirst  bool   // it changes something
	ComposeURL string
}

var kindNames = map[console.Kind]string{
	console.Nobody: "Nobody was recognised", console.ByToken: "Access token of an application", console.ByWebhook: "Inbound webhook",
	console.BySession: "A page of the portal",
}

func (h pages) call(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	c, err := h.Log.Call(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.callView(ctx, r, c)
	p := devops.Slider(v.Row.Title, "call", TimelineURL, v)
	return p, err
}

func (h pages) callView(ctx context.Context, r *web.Request, c console.Call) (callView, error) {
	n, err := h.names(ctx, r, []int64{c.UserID})
	if err != nil {
		return callView{}, err
	}
	v := callView{
		Call: c, Row: callRow(c, n), Kind: kindNames[c.Kind], Params: indent(c.Params), ParamsCut: c.ParamsSize > int64(len(c.Params)),
		Answer: indent(c.Answer), AnswerCut: c.AnswerSize > int64(len(c.Answer)),
		ComposeURL: ComposerURL + "?call=" + c.IDText(),
	}
	if r.Viewer.May(access.ManageApps) && c.AppID != 0 {
		v.App = fmt.Sprintf("/devops/app/%d/", c.AppID)
	}
	if m := h.method(c.Name); m != nil {
		v.Needs, v.Doc = m.Scopes, m.Doc
		v.AsksFirst = !readsOnly(m.Name)
	}
	v.Snippets = snippets(c.Name, c.Params, h.Endpoint(), c.Kind, c.UserID)
	same, err := h.Log.Request(ctx, r.Viewer.Ref(), c.RequestID)
	if err != nil {
		return callView{}, err
	}
	for _, s := range same {
		if s.ID != c.ID {
			v.Same = append(v.Same, callRow(s, n))
		}
	}
	if v.Cause, err = h.cause(ctx, r, c); err != nil {
		return callView{}, err
	}
	if id := c.MadeMessage(); id != 0 && r.Viewer.May(access.ViewConsole) {
		v.Made = whyURL(id, 0)
	}
	if _, err := h.principal(ctx, r, c); err != nil {
		v.WhyNot = fault.Of(err).Text
	}
	v.CanReplay = v.WhyNot == ""
	return v, nil
}

// called returns how a method is called: those of REST 3.0 below api/.
func called(m *rest.Method) string {
	if m.V3 {
		return "api/" + m.Name
	}
	return m.Name
}

// method returns the method that is called name, in any case; nil where there is none.
func (h pages) method(name string) *rest.Method {
	for _, m := range h.Methods() {
		if strings.EqualFold(called(m), name) {
			return m
		}
	}
	return nil
}

// Why a call cannot be made again.
var (
	errNotWhole = fault.New(fault.Conflict, "CALL_NOT_WHOLE",
		"Secrets of its parameters were hidden, or they were too long to be kept. Open it in the composer and fill them in.")
	errNoMethod   = fault.New(fault.Conflict, "CALL_WITHOUT_METHOD", "There is no such method.")
	errNoCaller   = fault.New(fault.Conflict, "CALL_WITHOUT_CALLER", "Nobody was recognised in it, so there is nobody to make it as. Open it in the composer.")
	errCallerGone = fault.New(fault.Conflict, "CALLER_GONE", "The application, the webhook or the person that made it is gone.")
)

// principal returns as whom a call is made again: the same person, with what the application or webhook may do now.
func (h pages) principal(ctx context.Context, r *web.Request, c console.Call) (rest.Principal, error) {
	switch {
	case c.Kind == console.Nobody || c.UserID == 0:
		return rest.Principal{}, errNoCaller
	case h.method(c.Name) == nil:
		return rest.Principal{}, errNoMethod
	case !c.Whole():
		return rest.Principal{}, errNotWhole
	}
	active, admin, err := h.Access(ctx, c.UserID)
	if err != nil {
		return rest.Principal{}, err
	}
	if !active || !r.Viewer.May(access.ViewConsole) && c.UserID != r.Viewer.ID {
		return rest.Principal{}, errCallerGone
	}
	p := rest.Principal{UserID: c.UserID, Admin: admin}
	switch c.Kind {
	case console.ByToken:
		a, err := h.application(ctx, c.AppID)
		p.Kind, p.AppID, p.ClientID, p.Scopes = rest.ByToken, a.ID, a.ClientID, a.Scopes
		return p, err
	case console.ByWebhook:
		w, err := h.Apps.Webhook(ctx, user.Ref{Admin: true}, c.WebhookID)
		if err != nil || w.UserID != c.UserID {
			return rest.Principal{}, errCallerGone
		}
		p.Kind, p.WebhookID, p.ClientID, p.Scopes = rest.ByWebhook, w.ID, webhookClient(w.ID), w.Scopes
	default:
		p.Kind, p.Scopes = rest.BySession, []string{app.AllScopes}
	}
	return p, nil
}

func (h pages) application(ctx context.Context, id int64) (app.App, error) {
	apps, err := h.Apps.List(ctx, user.Ref{Admin: true})
	if err != nil {
		return app.App{}, err
	}
	for _, a := range apps {
		if a.ID == id {
			return a, nil
		}
	}
	return app.App{}, errCallerGone
}

func webhookClient(id int64) string { return fmt.Sprintf("webhook.%d", id) }

// replay makes a call again, as whom it was made.
func (h pages) replay(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	c, err := h.Log.Call(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return nil, err
	}
	p, err := h.principal(ctx, r, c)
	if err != nil {
		return nil, err
	}
	params, err := paramsOf(c.Params)
	if err != nil {
		return nil, err
	}
	if p.UserID != r.Viewer.ID {
		err := h.Audit.Record(ctx, audit.Entry{
			Severity: audit.Security, Type: "REST_REPLAY", Module: "console", Item: c.IDText(),
			Description: fmt.Sprintf("Called %s again as user %d", c.Method, p.UserID),
		})
		if err != nil {
			return nil, err
		}
	}
	a := h.REST.Execute(ctx, p, r.RemoteIP(), c.Name, params)
	to, err := h.recorded(ctx, r, a)
	return web.Redirect{To: to, Toast: fmt.Sprintf("Called again: %d in %s", a.Status, took(a.Took))}, err
}

// recorded returns the address of the call that was answered with a: its details, or the timeline where it is not kept.
func (h pages) recorded(ctx context.Context, r *web.Request, a rest.Answer) (string, error) {
	h.Log.Flush()
	calls, err := h.Log.Request(ctx, user.Ref{ID: r.Viewer.ID, Admin: true}, a.RequestID) // who made it may see it
	if err != nil || len(calls) == 0 {
		return TimelineURL, err
	}
	last := calls[len(calls)-1]
	if !r.Viewer.May(access.ViewConsole) && last.UserID != r.Viewer.ID {
		return TimelineURL, nil
	}
	return callURL(last.ID), nil
}

// paramsOf reads parameters that were kept.
func paramsOf(text string) (phpform.Value, error) {
	if text == "" {
		return phpform.ListOf(), nil
	}
	return phpform.ParseJSON([]byte(text), phpform.Limits{})
}

// reading are the last parts of methods' names that change nothing, and whole names of such methods.
var reading = map[string]bool{
	"get": true, "list": true, "fields": true, "count": true, "search": true, "current": true, "info": true, "types": true,
	"profile": true, "scope": true, "methods": true, "events": true, "server.time": true, "user.admin": true, "user.access": true,
	"access.name": true, "getfields": true, "gettypes": true, "getlist": true,
}

// readsOnly reports whether calling a method changes nothing, as far as its name says.
func readsOnly(name string) bool {
	name = strings.ToLower(name)
	return reading[name] || reading[name[strings.LastIndexByte(name, '.')+1:]]
}
