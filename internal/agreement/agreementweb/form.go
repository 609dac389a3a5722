package agreementweb

import (
	"context"
	"html/template"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// versionsShown is how many versions the form lists.
const versionsShown = 20

// formView is the form of an agreement.
type formView struct {
	agreement.Words

	ID        int64
	Custom    bool
	Active    bool
	Languages []ui.Option
	Errors    map[string]string
	Save      string
	Switch    string
	Consents  string
	Count     int64
	Address   string // where everybody reads it
	Shown     *shown
	Preview   bool // Shown is of what is typed, not of what is stored
	Versions  []versionRow
}

// shown is what people see of an agreement.
type shown struct {
	Label, Button string
	Title         string
	Body          body
}

// body is the text of an agreement: paragraphs, or HTML.
type body struct {
	HTML       template.HTML
	Paragraphs []string
}

type versionRow struct {
	agreement.Version

	Author  string
	Current bool
}

func bodyOf(v agreement.Version) body {
	if v.Kind == agreement.Custom {
		return body{HTML: template.HTML(v.Text)} //nolint:gosec // agreement.Safe let it through
	}
	return body{Paragraphs: strings.Split(v.Text, "\n\n")[1:]} // the first is the title
}

func titleOf(v agreement.Version) string {
	if v.Kind == agreement.Custom {
		return v.Name
	}
	title, _, _ := strings.Cut(v.Text, "\n\n")
	return title
}

func shownOf(v agreement.Version) *shown {
	return &shown{Label: v.ShownLabel, Button: v.ShownButton, Title: titleOf(v), Body: bodyOf(v)}
}

func (h pages) newForm(kind agreement.Kind) web.PageFunc {
	return func(ctx context.Context, _ *web.Request) (web.Page, error) {
		w := agreement.Words{Kind: kind}
		if kind == agreement.Standard {
			w.Language, w.Name = "en", "Consent to the processing of personal data"
		}
		return h.formPage(ctx, agreement.Agreement{}, w, nil, nil)
	}
}

func (h pages) form(ctx context.Context, r *web.Request) (web.Page, error) {
	a, err := h.agreement(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.formPage(ctx, a, a.Words, shownOf(a.Version), nil)
}

func (h pages) agreement(ctx context.Context, r *web.Request) (agreement.Agreement, error) {
	id, err := r.PathID("id")
	if err != nil {
		return agreement.Agreement{}, err
	}
	return h.Agreements.Get(ctx, id)
}

func (h pages) formPage(ctx context.Context, a agreement.Agreement, w agreement.Words, s *shown, wrong map[string]string) (web.Page, error) {
	v := formView{Words: w, ID: a.ID, Custom: w.Kind == agreement.Custom, Active: a.Active, Errors: wrong, Shown: s}
	if v.Custom {
		v.Languages = []ui.Option{{Title: "Not said"}}
	}
	for _, l := range agreement.Languages() {
		v.Languages = append(v.Languages, ui.Option{Value: l.Code, Title: l.Name})
	}
	title := "New agreement"
	v.Save = url + "new/" + string(w.Kind) + "/save"
	if a.ID != 0 {
		title, v.Save, v.Switch, v.Consents = "Agreement", at(a.ID, "save"), at(a.ID, "switch"), at(a.ID, "consents/")
		v.Address = h.PublicURL(agreement.Path + a.Code + "/")
		var err error
		if v.Count, err = h.Agreements.Count(ctx, agreement.Query{AgreementID: a.ID}); err != nil {
			return web.Page{}, err
		}
		if v.Versions, err = h.versions(ctx, a); err != nil {
			return web.Page{}, err
		}
	}
	p := page(title, "form", v)
	p.Tabs, p.Back = nil, url
	if wrong != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) versions(ctx context.Context, a agreement.Agreement) ([]versionRow, error) {
	all, err := h.Agreements.Versions(ctx, a.ID, versionsShown)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, v := range all {
		ids = append(ids, v.AuthorID)
	}
	who, err := h.People.People(ctx, ids)
	out := make([]versionRow, len(all))
	for i, v := range all {
		out[i] = versionRow{v, who[v.AuthorID].Name, v.ID == a.Version.ID}
	}
	return out, err
}

// typed is what the form holds.
func typed(r *web.Request, kind agreement.Kind) agreement.Words {
	w := agreement.Words{Kind: kind, Name: r.FormValue("name"), Language: r.FormValue("language"), Label: r.FormValue("label"), Button: r.FormValue("button")}
	if kind == agreement.Custom {
		w.HTML = r.FormValue("html")
		return w
	}
	w.Fields = agreement.Fields{
		Company: r.FormValue("company"), Address: r.FormValue("address"), Purposes: r.FormValue("purposes"), Parties: r.FormValue("parties"), Email: r.FormValue("email"),
	}
	return w
}

func (h pages) add(kind agreement.Kind) web.ResultFunc {
	return func(ctx context.Context, r *web.Request) (web.Result, error) {
		return h.store(ctx, r, agreement.Agreement{}, typed(r, kind))
	}
}

func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.agreement(ctx, r)
	if err != nil {
		return nil, err
	}
	return h.store(ctx, r, a, typed(r, a.Kind))
}

// store stores what was typed, or shows how it would look.
func (h pages) store(ctx context.Context, r *web.Request, a agreement.Agreement, w agreement.Words) (web.Result, error) {
	if r.FormValue("op") == "preview" {
		v, err := agreement.Preview(w)
		if wrong := web.FieldErrors(err); wrong != nil {
			return h.formPage(ctx, a, w, nil, wrong)
		}
		p, err := h.formPage(ctx, a, w, shownOf(v), nil)
		if f, ok := p.Body.(formView); ok {
			f.Preview = true
			p.Body = f
		}
		return p, err
	}
	stored, saved, err := h.Agreements.Save(ctx, r.Viewer.Ref(), a.ID, w)
	if wrong := web.FieldErrors(err); wrong != nil {
		return h.formPage(ctx, a, w, nil, wrong)
	}
	if err != nil {
		return nil, err
	}
	toast := "Nothing changed"
	switch {
	case a.ID == 0:
		toast = "Agreement added"
	case saved:
		toast = "Saved as a new version. Who agreed before agreed to the earlier one."
	}
	return web.Redirect{To: at(stored.ID, ""), Toast: toast}, nil
}

// turn switches an agreement on or off.
func (h pages) turn(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.agreement(ctx, r)
	if err != nil {
		return nil, err
	}
	on := r.Checked("on")
	err = h.Agreements.Switch(ctx, r.Viewer.Ref(), a.ID, on)
	if fault.Of(err).Code == "AGREEMENT_USED" && !r.Fetched() {
		return h.formPage(ctx, a, a.Words, shownOf(a.Version), map[string]string{"": fault.Of(err).Text})
	}
	toast := "Switched off: it can be chosen nowhere any more"
	if on {
		toast = "Switched on"
	}
	return web.Redirect{To: at(a.ID, ""), Toast: toast}, err
}
