package frameweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// The places that this package shows itself.
const (
	leftMenu = "LEFT_MENU"
	appURI   = "REST_APP_URI"
)

// NavItems returns the entries of the rail that lead to the pages of applications, and to those that they bound to the menu.
// Page: api-reference/widgets/left-menu.md.
func NavItems(ctx context.Context, c Config, v web.Viewer) ([]web.NavItem, error) {
	apps, err := c.Frames.Menu(ctx, user.Ref{ID: v.ID, Admin: v.Admin})
	if err != nil {
		return nil, err
	}
	handlers, err := pages{c}.handlers(ctx, v, placement.Where{Code: leftMenu})
	if err != nil {
		return nil, err
	}
	out := make([]web.NavItem, 0, len(apps)+len(handlers))
	for _, a := range apps {
		out = append(out, web.NavItem{ID: navID(a.ID), Title: a.Title(), URL: appURL(a.ID), App: true})
	}
	for _, h := range handlers {
		out = append(out, web.NavItem{ID: placeNavID(h.ID), Title: h.Title, URL: placeURL(h.ID, ""), App: true})
	}
	return out, nil
}

func placeNavID(id int64) string { return "place-" + strconv.FormatInt(id, 10) }

// placeURL returns the address of a handler's page; options is the JSON text that it is told.
func placeURL(id int64, options string) string {
	return withOptions("/marketplace/placement/"+strconv.FormatInt(id, 10)+"/", url.Values{}, options)
}

// placeHostURL returns the address of the document around a handler's frame.
func placeHostURL(h placement.Handler, options string) string {
	return withOptions(hostURL(h.AppID), url.Values{"place": {strconv.FormatInt(h.ID, 10)}}, options)
}

func withOptions(path string, query url.Values, options string) string {
	if options != "" {
		query.Set("options", options)
	}
	return withQuery(path, query)
}

// placeViewer returns a viewer as the places see them.
func (h pages) placeViewer(ctx context.Context, v web.Viewer) (placement.Viewer, error) {
	u, err := h.Users.Get(ctx, v.ID)
	return placement.Viewer{UserID: v.ID, Admin: v.Admin, Extranet: u.Kind == user.Extranet, Language: v.Language}, err
}

func (h pages) handlers(ctx context.Context, v web.Viewer, at placement.Where) ([]placement.Handler, error) {
	viewer, err := h.placeViewer(ctx, v)
	if err != nil {
		return nil, err
	}
	return h.Places.For(ctx, viewer, at)
}

// widgets returns the pages of applications that a page of the portal offers at a place.
func (h pages) widgets(ctx context.Context, v web.Viewer, q web.WidgetQuery) ([]web.Widget, error) {
	found, err := h.handlers(ctx, v, placement.Where{Code: q.Place, ProjectID: q.Project, Chat: placement.ChatKind(q.Chat)})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := make([]web.Widget, len(found))
	for i, p := range found {
		options := jsonOf(withID(q.Options, p.ID))
		out[i] = web.Widget{
			Title: p.Title, Text: p.Description, App: p.App.Name, URL: placeURL(p.ID, options), Frame: placeHostURL(p, options),
			Icon: p.Option.Get("iconName"), Color: user.ColorOf(p.Option.Get("color")), Width: percent(p.Option.Get("width")), Height: percent(p.Option.Get("height")),
		}
	}
	return out, nil
}

// ownID stands for the number of the handler itself among what it is told.
const ownID = ":id"

// withID returns names and values with the number of a handler in the place of ownID.
func withID(pairs []string, id int64) []string {
	if !slices.Contains(pairs, ownID) {
		return pairs
	}
	out := slices.Clone(pairs)
	for i := range out {
		if out[i] == ownID {
			out[i] = strconv.FormatInt(id, 10)
		}
	}
	return out
}

// percent reads the share of the room that a handler wants; 0 where it does not say, 100 at most.
func percent(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return min(max(n, 0), 100)
}

// jsonOf writes names and values as an object of texts; "" for none.
func jsonOf(pairs []string) string {
	if len(pairs) == 0 {
		return ""
	}
	b := &phpform.Builder{}
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Set(pairs[i], phpform.StringOf(pairs[i+1]))
	}
	return string(phpform.AppendJSON(nil, b.Value()))
}

// place shows what an application bound to a place: an item of the menu as a page, everything else in a slider.
func (h pages) place(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	viewer, err := h.placeViewer(ctx, r.Viewer)
	if err != nil {
		return web.Page{}, err
	}
	found, err := h.Places.Open(ctx, viewer, id)
	if err != nil {
		return web.Page{}, err
	}
	p := framePage(r, found.Title, frameView{Title: found.Title, Src: placeHostURL(found, r.URL.Query().Get("options"))})
	p.Section = placeNavID(id)
	if found.Code != leftMenu {
		p.Slider, p.WideSlider = true, true
	}
	return p, nil
}

// placed returns the request that opens the handler of a place for the viewer.
func (h pages) placed(ctx context.Context, r *web.Request, appID, id int64) (frame.Request, error) {
	viewer, err := h.placeViewer(ctx, r.Viewer)
	if err != nil {
		return frame.Request{}, err
	}
	found, err := h.Places.Open(ctx, viewer, id)
	if err == nil && found.AppID != appID {
		err = placement.ErrHandlerNotFound
	}
	return frame.Request{AppID: appID, Place: found.Code, URL: found.URL}, err
}

// view opens an application by a link that it wrote itself: /marketplace/view/<client_id>/?params[name]=value. One that bound
// nothing to such links opens its own page, which is told the same. Page: api-reference/widgets/universal/app-url.md.
func (h pages) view(ctx context.Context, r *web.Request) (web.Page, error) {
	found, err := h.handlers(ctx, r.Viewer, placement.Where{Code: appURI})
	if err != nil {
		return web.Page{}, err
	}
	options, err := paramsOf(r.URL.RawQuery)
	if err != nil {
		return web.Page{}, err
	}
	code := r.PathValue("code")
	for _, p := range found {
		if strings.EqualFold(p.App.ClientID, code) {
			return viewPage(r, p.App.Name, placeHostURL(p, options)), nil
		}
	}
	apps, err := h.Frames.Menu(ctx, actor(r))
	if err != nil {
		return web.Page{}, err
	}
	for _, a := range apps {
		if strings.EqualFold(a.ClientID, code) {
			return viewPage(r, a.Title(), withOptions(hostURL(a.ID), url.Values{}, options)), nil
		}
	}
	return web.Page{}, placement.ErrHandlerNotFound
}

func viewPage(r *web.Request, title, src string) web.Page {
	p := framePage(r, title, frameView{Title: title, Src: src})
	p.Slider, p.WideSlider = true, true
	return p
}

// paramsOf returns the values in the key params of an address as JSON text.
func paramsOf(query string) (string, error) {
	tree, err := phpform.ParseForm(query, phpform.Limits{})
	if err != nil {
		return "", err
	}
	params, ok := tree.Get("params")
	if !ok || !params.IsArray() || params.Len() == 0 {
		return "", nil
	}
	return string(phpform.AppendJSON(nil, params)), nil
}
