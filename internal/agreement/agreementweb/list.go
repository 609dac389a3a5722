package agreementweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/web"
)

// listView is the list of agreements.
type listView struct{ Agreements []row }

// row is an agreement in the list.
type row struct {
	agreement.Agreement

	URL, ConsentsURL string
	KindIs, Language string
	Consents         int64
}

func (h pages) list(ctx context.Context, _ *web.Request) (web.Page, error) {
	all, err := h.Agreements.List(ctx)
	if err != nil {
		return web.Page{}, err
	}
	counts, err := h.Agreements.Counts(ctx)
	v := listView{}
	for _, a := range all {
		v.Agreements = append(v.Agreements, row{a, at(a.ID, ""), at(a.ID, "consents/"), kindWord(a.Kind), languageName(a.Language), counts[a.ID]})
	}
	p := page("Settings", "list", v)
	p.Actions = []web.Action{{Title: "New agreement", URL: url + "new", Icon: "plus", Primary: true, Slider: true, Key: "n"}}
	return p, err
}

// kinds asks which kind of agreement it is to be.
func (h pages) kinds(context.Context, *web.Request) (web.Page, error) {
	p := page("New agreement", "kinds", map[string]string{"Standard": url + "new/standard/", "Custom": url + "new/custom/"})
	p.Layout, p.Slider, p.Behind, p.Tabs = web.Narrow, true, url, nil
	return p, nil
}

// at returns the address of a page of an agreement.
func at(id int64, rest string) string { return url + strconv.FormatInt(id, 10) + "/" + rest }

func kindWord(k agreement.Kind) string {
	if k == agreement.Custom {
		return "Own text"
	}
	return "Standard"
}

func languageName(code string) string {
	for _, l := range agreement.Languages() {
		if l.Code == code {
			return l.Name
		}
	}
	return ""
}
