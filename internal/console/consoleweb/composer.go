package consoleweb

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// maxComposed is the largest form of the composer in bytes.
const maxComposed = 10 << 20

// composerView is the composer.
type composerView struct {
	Methods []methodLine
	Method  *rest.Method // nil: none is chosen yet
	Called  string
	Scopes  string // what the method needs, in words
	Changes bool   // it does more than read
	Fields  []composerField
	Raw     bool   // the parameters are written as JSON
	JSON    string // in the raw form
	From    string // where the parameters are from: "a call of …", with what is missing
	As      string
	Callers []ui.Option
	Limit   string // scopes, separated by commas; empty is all of them
	Errors  map[string]string
	Answer  *answerView
}

// methodLine is a method in the list.
type methodLine struct {
	Name, Summary, URL string
	Current            bool
}

// composerField is an input for one parameter.
type composerField struct {
	Name, Label, Type, Value string
	Help                     string
	Required, Long           bool
	Options                  []ui.Option // of a choice
}

// answerView is what a composed call was answered.
type answerView struct {
	Status    int
	Tone      string
	Took      string
	RequestID string
	Body      string
	URL       string // the call in the timeline; empty where it is not kept
	Snippets  []snippet
}

func (h pages) composer(ctx context.Context, r *web.Request) (web.Page, error) {
	q := r.URL.Query()
	name, params, from := q.Get("method"), phpform.ListOf(), ""
	raw := q.Get("mode") == "raw"
	if id := q.Get("call"); id != "" {
		c, err := h.composedCall(ctx, r, id)
		if err != nil {
			return web.Page{}, err
		}
		name, from = c.Name, originOf(c)
		if params, err = paramsOf(c.Params); err != nil {
			v, err := h.composerView(ctx, r, name, phpform.ListOf())
			v.Raw, v.JSON, v.From = true, c.Params, from // it was cut: shown as it is, to be mended
			return composerPage(r, v), err
		}
	}
	v, err := h.composerView(ctx, r, name, params)
	v.Raw, v.From = raw || !fits(v, params), from
	return composerPage(r, v), err
}

func composerPage(r *web.Request, v composerView) web.Page {
	p := devops.Page("Console", "composer", v)
	p.Tabs = Tabs(ComposerURL, r.Viewer)
	p.Modules = append(p.Modules, "console/composer.js")
	return p
}

func (h pages) composedCall(ctx context.Context, r *web.Request, id string) (console.Call, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return console.Call{}, console.ErrNotFound
	}
	return h.Log.Call(ctx, r.Viewer.Ref(), n)
}

// originOf says which call the parameters are from, and what of them is missing.
func originOf(c console.Call) string {
	text := "From a call of " + c.Start.UTC().Format("2 January 2006, 15:04:05 MST") + "."
	switch {
	case c.ParamsSize > int64(len(c.Params)):
		text += " Its parameters were too long to be kept whole: mend what was cut."
	case c.Masked > 0:
		text += " Secrets were hidden: put them in the places of " + console.Hidden + "."
	}
	return text
}

// composerView makes the composer for a method, with parameters filled in.
func (h pages) composerView(ctx context.Context, r *web.Request, name string, params phpform.Value) (composerView, error) {
	v := composerView{JSON: indented(object(params)), As: "session"}
	v.Method = h.method(strings.TrimSpace(name))
	for _, m := range h.Methods() {
		v.Methods = append(v.Methods, methodLine{called(m), m.Summary, ComposerURL + "?method=" + url.QueryEscape(called(m)), m == v.Method})
	}
	slices.SortFunc(v.Methods, func(a, b methodLine) int { return strings.Compare(a.Name, b.Name) })
	if name != "" && v.Method == nil {
		v.Errors = map[string]string{"method": "There is no method " + name + "."}
	}
	if v.Method != nil {
		v.Called, v.Changes = called(v.Method), !readsOnly(v.Method.Name)
		v.Scopes = strings.Join(v.Method.Scopes, " or ")
		v.Fields = composerFields(v.Method.Params, params)
	}
	var err error
	v.Callers, err = h.callers(ctx, r)
	return v, err
}

// callers are as whom the viewer may call.
func (h pages) callers(ctx context.Context, r *web.Request) ([]ui.Option, error) {
	hooks, err := h.Apps.Webhooks(ctx, r.Viewer.Ref())
	out := []ui.Option{{Value: "session", Title: "Myself"}}
	for _, w := range hooks {
		if w.UserID == r.Viewer.ID {
			out = append(out, ui.Option{Value: "webhook-" + strconv.FormatInt(w.ID, 10), Title: "My webhook " + w.Title})
		}
	}
	return out, err
}

// composerFields makes the inputs of a method's parameters, the required ones first. An object whose parts are known is
// shown by them.
func composerFields(params []rest.Param, values phpform.Value) []composerField {
	var out []composerField
	for i, p := range params {
		if i+1 < len(params) && strings.HasPrefix(params[i+1].Name, p.Name+".") {
			continue
		}
		f := composerField{Name: "p." + p.Name, Label: p.Name, Type: p.Type, Required: p.Required, Help: p.Type}
		f.Long = structured(p.Type)
		if p.Type == "boolean" {
			f.Options = []ui.Option{{Value: "", Title: "Not given"}, {Value: "Y", Title: "Yes"}, {Value: "N", Title: "No"}}
		}
		if v, ok := lookup(values, p.Name); ok {
			f.Value = fieldText(v, f)
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b composerField) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return out
}

// lookup finds the value at a path of names with dots between.
func lookup(v phpform.Value, path string) (phpform.Value, bool) {
	for name := range strings.SplitSeq(path, ".") {
		next, ok := v.GetFold(name)
		if !ok {
			return v, false
		}
		v = next
	}
	return v, true
}

func fieldText(v phpform.Value, f composerField) string {
	switch {
	case v.IsArray():
		return indented(phpform.AppendJSON(nil, v))
	case f.Options != nil && v.Truthy():
		return "Y"
	case f.Options != nil:
		return "N"
	}
	return v.Text()
}

// fits reports whether the inputs show every parameter; else they are shown as JSON.
func fits(v composerView, params phpform.Value) bool {
	for _, e := range params.Entries() {
		known := slices.ContainsFunc(v.Fields, func(f composerField) bool {
			name, _, _ := strings.Cut(strings.TrimPrefix(f.Name, "p."), ".")
			return strings.EqualFold(name, e.Key)
		})
		if !known {
			return false
		}
	}
	return true
}

var (
	errJSON   = fault.New(fault.Invalid, "BROKEN_JSON", "This is no JSON object.").At("json")
	errCaller = fault.New(fault.Invalid, "UNKNOWN_CALLER", "Choose as whom to call.").At("as")
)

// run calls a method as the form says.
func (h pages) run(ctx context.Context, r *web.Request) (web.Result, error) {
	m := h.method(strings.TrimSpace(r.FormValue("method")))
	params, err := composed(r, m)
	if m == nil {
		err = fault.New(fault.Invalid, "UNKNOWN_METHOD", "There is no such method.").At("method")
	}
	var p rest.Principal
	if err == nil {
		p, err = h.caller(ctx, r)
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		v, err := h.composed(ctx, r, params)
		v.Errors = errs
		page := composerPage(r, v)
		page.Status = http.StatusUnprocessableEntity
		return page, err
	}
	if err != nil {
		return nil, err
	}
	a := h.REST.Execute(ctx, p, r.RemoteIP(), called(m), params)
	shown := &answerView{
		Status: a.Status, Tone: tone(a.Status), Took: took(a.Took), RequestID: a.RequestID, Body: indent(string(a.Body)),
		Snippets: snippets(called(m), string(object(params)), h.Endpoint(), console.ByWebhook, r.Viewer.ID),
	}
	if shown.URL, err = h.recorded(ctx, r, a); err != nil {
		return nil, err
	}
	if shown.URL == TimelineURL {
		shown.URL = ""
	}
	if r.Fetched() {
		return web.HTML{Template: "console/answer", Body: shown}, nil
	}
	v, err := h.composed(ctx, r, params)
	v.Answer = shown
	return composerPage(r, v), err
}

// edit shows what the form holds in its other form: as JSON or as fields. What is no JSON stays as it is.
func (h pages) edit(ctx context.Context, r *web.Request) (web.Result, error) {
	m := h.method(strings.TrimSpace(r.FormValue("method")))
	params, err := composed(r, m)
	v, failed := h.composed(ctx, r, params)
	if failed != nil {
		return nil, failed
	}
	if errs := web.FieldErrors(err); errs != nil {
		v.Errors = errs
		page := composerPage(r, v)
		page.Status = http.StatusUnprocessableEntity
		return page, nil
	}
	v.JSON = indented(object(params))
	v.Raw = !v.Raw || !fits(v, params)
	return composerPage(r, v), err
}

// composed makes the composer as it was sent.
func (h pages) composed(ctx context.Context, r *web.Request, params phpform.Value) (composerView, error) {
	v, err := h.composerView(ctx, r, r.FormValue("method"), params)
	v.As, v.Limit = r.FormValue("as"), r.FormValue("scopes")
	if v.Raw = r.FormValue("mode") == "raw"; v.Raw {
		v.JSON = r.FormValue("json")
	}
	return v, err
}

// composed reads the parameters of m from the form. Fault: BROKEN_JSON.
func composed(r *web.Request, m *rest.Method) (phpform.Value, error) {
	if r.FormValue("mode") == "raw" {
		text := strings.TrimSpace(r.FormValue("json"))
		v, err := paramsOf(text)
		if err != nil {
			return phpform.ListOf(), errJSON.Because(err)
		}
		if !v.IsArray() {
			return phpform.ListOf(), errJSON
		}
		return v, nil
	}
	tree := map[string]any{}
	for name, values := range r.PostForm {
		path, ok := strings.CutPrefix(name, "p.")
		if !ok || len(values) == 0 || values[0] == "" {
			continue
		}
		put(tree, strings.Split(path, "."), inputValue(values[0], typeOf(m, path)))
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return phpform.ListOf(), err
	}
	return paramsOf(string(raw))
}

// typeOf returns the type of a parameter of m; empty where there is none.
func typeOf(m *rest.Method, name string) string {
	if m == nil {
		return ""
	}
	i := slices.IndexFunc(m.Params, func(p rest.Param) bool { return p.Name == name })
	if i < 0 {
		return ""
	}
	return m.Params[i].Type
}

// inputValue is what an input of a type holds: JSON where the parameter may be an object or a list, else text.
func inputValue(text, kind string) any {
	trimmed := strings.TrimSpace(text)
	if structured(kind) && (strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[")) && json.Valid([]byte(trimmed)) {
		return json.RawMessage(trimmed)
	}
	return text
}

// structured reports whether parameters of a type may be more than one value.
func structured(kind string) bool { return kind == "array" || kind == "object" || kind == "any" }

func put(tree map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		next, ok := tree[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			tree[name] = next
		}
		tree = next
	}
	tree[path[len(path)-1]] = value
}

// caller returns as whom the form calls: the viewer, in a session or through a webhook of theirs, with the scopes that they
// chose. Nobody gets more than they have: the rights are the viewer's own.
func (h pages) caller(ctx context.Context, r *web.Request) (rest.Principal, error) {
	p := rest.Principal{Kind: rest.BySession, UserID: r.Viewer.ID, Admin: r.Viewer.Admin, Scopes: []string{app.AllScopes}}
	if id, ok := strings.CutPrefix(r.FormValue("as"), "webhook-"); ok {
		n, _ := strconv.ParseInt(id, 10, 64)
		w, err := h.Apps.Webhook(ctx, r.Viewer.Ref(), n)
		if err != nil || w.UserID != r.Viewer.ID {
			return p, errCaller
		}
		p.Kind, p.WebhookID, p.ClientID, p.Scopes = rest.ByWebhook, w.ID, webhookClient(w.ID), w.Scopes
	} else if r.FormValue("as") != "session" {
		return p, errCaller
	}
	if scopes := strings.FieldsFunc(r.FormValue("scopes"), func(c rune) bool { return c == ',' || c == ' ' }); len(scopes) > 0 {
		all := slices.Contains(p.Scopes, app.AllScopes)
		p.Scopes = slices.DeleteFunc(scopes, func(s string) bool { return !all && !slices.Contains(p.Scopes, s) })
	}
	return p, nil
}
