package imweb

import (
	"context"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// searchFields are the fields of a search, as its address has them.
var searchFields = []string{"q", "chat", "author", "from", "until", "files", "links"}

// searchValues returns the fields of a request's search that are filled.
func searchValues(r *web.Request) url.Values {
	v := url.Values{}
	for _, name := range searchFields {
		if s := strings.TrimSpace(r.FormValue(name)); s != "" {
			v.Set(name, s)
		}
	}
	return v
}

// savedSearch is a search that the viewer keeps.
type savedSearch struct {
	im.SavedSearch

	Back string // the search that is on the page, to come back to
}

// URL is the address of the search.
func (s savedSearch) URL() string { return "/online/search?" + s.Query }

func (h pages) savedSearches(ctx context.Context, r *web.Request) ([]savedSearch, error) {
	all, err := h.im.SavedSearches(ctx, r.Viewer.ID)
	out := make([]savedSearch, len(all))
	for i, s := range all {
		out[i] = savedSearch{s, searchValues(r).Encode()}
	}
	return out, err
}

// savedFragment answers /online/saved-searches: those that the viewer keeps.
func (h pages) savedFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	all, err := h.savedSearches(ctx, r)
	return web.HTML{Template: "im/saved-searches", Body: all}, err
}

// saveSearch keeps the search of a form under a name that says what it looks for.
func (h pages) saveSearch(ctx context.Context, r *web.Request) (web.Result, error) {
	v := searchValues(r)
	name, err := h.searchName(ctx, r, v)
	if err != nil {
		return nil, err
	}
	if err := h.im.SaveSearch(ctx, r.Viewer.ID, name, v.Encode()); err != nil {
		return nil, err
	}
	return web.Redirect{To: "/online/search?" + v.Encode(), Toast: "Search saved"}, nil
}

func (h pages) forgetSearch(ctx context.Context, r *web.Request) (web.Result, error) {
	if err := h.im.ForgetSearch(ctx, r.Viewer.ID, r.Int("id", 0)); err != nil {
		return nil, err
	}
	back, err := url.ParseQuery(r.FormValue("back"))
	to := "/online/search"
	if err == nil && len(back) > 0 {
		to += "?" + back.Encode()
	}
	return web.Redirect{To: to, Toast: "Search removed"}, nil
}

// searchName says what a search looks for: "budget from Mark Novak with files".
func (h pages) searchName(ctx context.Context, r *web.Request, v url.Values) (string, error) {
	p := h.people(ctx, r)
	var parts []string
	add := func(prefix, text string) {
		if text != "" {
			parts = append(parts, strings.TrimSpace(prefix+" "+text))
		}
	}
	add("", v.Get("q"))
	if who := r.Int("author", 0); who > 0 {
		if err := p.load(who); err != nil {
			return "", err
		}
		add("from", p.get(who).Name)
	}
	if dialog := v.Get("chat"); dialog != "" {
		c, err := h.im.Resolve(ctx, dialog, r.Viewer.ID)
		if err != nil || c.ID == 0 {
			return "", errNoDialog.Because(err)
		}
		add("in", h.face(p, c).Name)
	}
	add("since", v.Get("from"))
	add("until", v.Get("until"))
	if v.Has("files") {
		add("with", "files")
	}
	if v.Has("links") {
		add("with", "links")
	}
	return shorten(strings.Join(parts, " "), savedNameMax), p.failed
}

// savedNameMax is how many characters of a saved search's name are kept.
const savedNameMax = 60

// shorten cuts a text behind n characters.
func shorten(text string, n int) string {
	if end := forwardBy(text, 0, n); end < len(text) {
		return text[:end] + "…"
	}
	return text
}
