// Package frameweb shows the pages of applications: in a page of their own, in sliders, in tabs and hidden.
//
// A page of the portal holds an element <app-frame>, which holds a frame with a small document of the portal, the host. The
// host holds the frame with the application's page, opens it by a form, and answers its messages; its policy lets in the
// origin of this one application and no other. What concerns the page around, such as sliders and dialogs, the host hands on.
package frameweb

import (
	"context"
	"embed"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Frames *frame.Service
	Users  *user.Service
	Places *placement.Service
	// Options are what applications keep; nil keeps nothing.
	Options Options
	// Settings opens the page with the settings of a connector on a line; nil: there are no connectors. Unlike other pages it is
	// told nothing that the address says: what it is told decides what its application switches on.
	Settings func(ctx context.Context, v web.Viewer, appID int64, connector string, line int64) (frame.Request, error)
}

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("frame", files)
	h := pages{c}
	s.Everywhere("frame/frames.js")
	s.Widgets(h.widgets)
	s.Page("/marketplace/app/{id}/{$}", web.SignedIn, h.app)
	s.Page("/marketplace/placement/{id}/{$}", web.SignedIn, h.place)
	s.Page("/marketplace/view/{code}/{$}", web.SignedIn, h.view)
	s.Page("/marketplace/frame/{id}/{$}", web.Public, h.host)
	s.Action("/marketplace/frame/{id}/auth", web.SignedIn, h.auth)
	s.Action("/marketplace/frame/{id}/installed", web.SignedIn, h.installed)
	s.Action("/marketplace/frame/{id}/started", web.SignedIn, h.started)
	s.Action("/marketplace/frame/{id}/option", web.SignedIn, h.setOption)
	s.Action("/marketplace/placement/{id}/slow", web.SignedIn, h.slow)
	s.Raw(frame.SitePath+"{key}/{path...}", h.siteFile)
	s.Page("/devops/app/{id}/files", web.Admin, h.files)
	s.Action("/devops/app/{id}/files", web.Admin, h.upload, web.MaxBody(frame.MaxUpload+(1<<20)))
	s.Fragment("/marketplace/people", web.SignedIn, h.people)
}

type pages struct{ Config }

func actor(r *web.Request) user.Ref { return user.Ref{ID: r.Viewer.ID, Admin: r.Viewer.Admin} }

func appURL(id int64) string { return "/marketplace/app/" + strconv.FormatInt(id, 10) + "/" }

// SettingsURL returns the address of the document around the page with the settings of a connector on a line.
func SettingsURL(appID int64, connector string, line int64) string {
	return withQuery(hostURL(appID), url.Values{"connector": {connector}, "line": {strconv.FormatInt(line, 10)}})
}

func hostURL(id int64) string { return "/marketplace/frame/" + strconv.FormatInt(id, 10) + "/" }

func navID(id int64) string { return "app-" + strconv.FormatInt(id, 10) }

// frameView is an element <app-frame>.
type frameView struct {
	Title string
	Src   string // of the host
	// How the slider around it looks, where the application says so.
	Width, Left int64
	Label       label
}

// label is a note at the head of a slider.
type label struct{ Text, Back, Color string }

// app is the page of an application, or a slider with it where it was opened with options.
func (h pages) app(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	a, err := h.Frames.May(ctx, actor(r), id)
	if err != nil {
		return web.Page{}, err
	}
	if !a.HasPage {
		return web.Page{}, frame.ErrNoPage
	}
	query, wanted := url.Values{}, r.URL.Query().Get("options")
	if wanted != "" {
		query.Set("options", wanted)
	}
	p := framePage(r, a.Title(), frameView{Title: a.Name, Src: withQuery(hostURL(id), query)})
	p.Section = navID(id)
	if wanted != "" {
		p = openedWith(p, wanted)
		p.Slider, p.Behind = true, appURL(id)
	}
	return p, nil
}

// framePage returns a page that holds nothing but a frame.
func framePage(r *web.Request, title string, v frameView) web.Page {
	return web.Page{
		Title: title, Template: "frame/page", Body: v, Styles: []string{"frame/frame.css"},
		AnyImages: !r.InSlider(), // so that sliders with pictures open over it without loading it again
	}
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// cleanPath returns path as an address of the portal's own pages; "" where it is none.
func cleanPath(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") || len(path) > 2000 {
		return ""
	}
	return path
}
