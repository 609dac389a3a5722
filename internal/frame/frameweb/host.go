package frameweb

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/web"
)

// hostView is the document around a frame.
type hostView struct {
	frame.Opening
	Init string // JSON for host.js

	// Instead of the frame:
	Problem string
	SignIn  string // where to sign in
}

// host answers with the document around the frame of an application's page. It says itself what goes wrong: an error page of
// the portal inside a frame would be another portal inside the portal.
func (h pages) host(ctx context.Context, r *web.Request) (web.Page, error) {
	p := web.Page{Title: "Application", Template: "frame/host", Layout: web.Blank, Styles: []string{"frame/frame.css"}}
	if !r.Viewer.SignedIn() {
		p.Body = hostView{Problem: "Your session is over.", SignIn: "/login"}
		return p, nil
	}
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	q := frame.Request{AppID: id}
	if place := r.Int("place", 0); place != 0 {
		if q, err = h.placed(ctx, r, id, place); err != nil {
			return problem(p, err)
		}
	} else if kind := r.Int("type", 0); kind != 0 {
		if q, err = h.typed(ctx, r, id, kind); err != nil {
			return problem(p, err)
		}
	} else if code := r.URL.Query().Get("connector"); code != "" && h.Settings != nil {
		if q, err = h.Settings(ctx, r.Viewer, id, code, r.Int("line", 0)); err != nil {
			return problem(p, err)
		}
	}
	v, err := h.opening(ctx, r, q)
	if err != nil {
		return problem(p, err)
	}
	p.Title, p.Body, p.Modules, p.Frames = v.App.Name, v, []string{"frame/host.js"}, []string{v.Origin}
	return p, nil
}

// problem shows a fault that a person can understand, and hands on every other one.
func problem(p web.Page, err error) (web.Page, error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return web.Page{}, err
	}
	p.Body = hostView{Problem: f.Text}
	return p, nil
}

// opening prepares the page that q asks for, with what the address says besides.
func (h pages) opening(ctx context.Context, r *web.Request, q frame.Request) (hostView, error) {
	values := r.URL.Query()
	if q.From, q.Language = cleanPath(values.Get("from")), r.Viewer.Language; q.Options == "" {
		q.Options = values.Get("options")
	}
	o, err := h.Frames.Open(ctx, actor(r), q)
	if err != nil {
		return hostView{}, err
	}
	init, err := h.init(ctx, r, o)
	if err != nil {
		return hostView{}, err
	}
	b, err := json.Marshal(init)
	return hostView{Opening: o, Init: string(b)}, err
}

// initData is what the frame's script is told. Its names are those of the messages.
type initData struct {
	Domain   string `json:"DOMAIN"`
	Protocol string `json:"PROTOCOL"`
	Path     string `json:"PATH"`
	Lang     string `json:"LANG"`
	tokenData
	MemberID    string          `json:"MEMBER_ID"`
	Admin       bool            `json:"IS_ADMIN"`
	Install     bool            `json:"INSTALL"`
	First       bool            `json:"FIRST_RUN"`
	AppOptions  json.RawMessage `json:"APP_OPTIONS"`
	UserOptions json.RawMessage `json:"USER_OPTIONS"`
	Place       string          `json:"PLACEMENT"`
	Options     phpform.Value   `json:"PLACEMENT_OPTIONS"`
}

// tokenData are the tokens of a page.
type tokenData struct {
	Access  string `json:"AUTH_ID"`
	Refresh string `json:"REFRESH_ID"`
	Expires int64  `json:"AUTH_EXPIRES"` // seconds from now
}

func newTokenData(t frame.Tokens) tokenData {
	return tokenData{t.Access, t.Refresh, int64(t.ExpiresIn / time.Second)}
}

// hostInit is what host.js is told.
type hostInit struct {
	ID     int64    `json:"id"`
	SID    string   `json:"sid"`
	Origin string   `json:"origin"` // of the frame
	Portal string   `json:"portal"` // the origin under which the frame expects the portal
	Place  string   `json:"place"`
	Data   initData `json:"data"`
}

// restPath is where methods are called.
const restPath = "/rest"

func (h pages) init(ctx context.Context, r *web.Request, o frame.Opening) (hostInit, error) {
	app, own, err := h.options(ctx, o.App.ID, r.Viewer.ID)
	if err != nil {
		return hostInit{}, err
	}
	protocol, scheme := "0", "http"
	if o.At.Secure {
		protocol, scheme = "1", "https"
	}
	return hostInit{
		ID: o.App.ID, SID: o.SID, Origin: o.Origin, Place: o.Place, Portal: originOf(scheme + "://" + o.At.Domain),
		Data: initData{
			Domain: o.At.Domain, Protocol: protocol, Path: restPath, Lang: o.Lang, tokenData: newTokenData(o.Tokens),
			MemberID: o.Tokens.MemberID, Admin: r.Viewer.Admin, Install: o.Install, First: o.First,
			AppOptions: app, UserOptions: own, Place: o.Place, Options: o.Options,
		},
	}, nil
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// auth gives a page that is open new tokens.
func (h pages) auth(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	t, err := h.Frames.Renew(ctx, actor(r), id)
	if err != nil {
		return nil, err
	}
	return web.JSON{Value: newTokenData(t)}, nil
}

// installed notes that an installation page is done, and says where the application is.
func (h pages) installed(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if err := h.Frames.FinishInstall(ctx, actor(r), id); err != nil {
		return nil, err
	}
	return web.JSON{Value: map[string]string{"url": appURL(id)}}, nil
}

// started notes that the viewer used an application for the first time.
func (h pages) started(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if err := h.Frames.Started(ctx, actor(r), id); err != nil {
		return nil, err
	}
	return web.NoContent{}, nil
}
