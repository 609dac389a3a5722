// Package networkweb is where lines are published in the network, and where servers are trusted.
package networkweb

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Network *network.Service
	// Lines returns the open lines, in the order in which people see them.
	Lines func(ctx context.Context) ([]connector.Line, error)
	// URL returns the public address of the portal.
	URL func() string
}

// The addresses of the pages.
const (
	URL        = connectorweb.URL + "network/"
	lineURL    = URL + "line/"
	serversURL = URL + "servers/"
)

var section = web.Section{Nav: "contact_center", Area: "network", Styles: []string{"network/network.css"}}

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("network", files)
	h := pages{c}
	manage := web.Needs(access.ManageConnectors)
	s.Page(URL+"{$}", manage, h.home)
	s.Action(URL+"shown", manage, h.show)
	s.Action(URL+"join", manage, h.join)
	s.Action(URL+"leave", manage, h.leave)
	s.Page(lineURL+"{$}", manage, h.line)
	s.Action(lineURL+"save", manage, h.save)
	s.Page(serversURL+"{$}", web.Admin, h.servers)
	s.Action(serversURL+"add", web.Admin, h.trust)
	s.Action(serversURL+"remove", web.Admin, h.distrust)
}

// Tile returns the tile of the Contact Center.
func Tile(ctx context.Context, n *network.Service) (connectorweb.Tile, error) {
	t := connectorweb.Tile{Title: "Network", Text: "Employees of other portals write to you", URL: URL, Icon: "globe", Slider: true}
	all, err := n.Published(ctx)
	on := 0
	for _, p := range all {
		if p.Active {
			on++
		}
	}
	switch {
	case on == 1:
		t.Text = "1 line is published"
	case on > 1:
		t.Text = fmt.Sprintf("%d lines are published", on)
	}
	t.Connected = on > 0
	return t, err
}

type pages struct{ Config }

func actor(r *web.Request) user.Ref { return r.Viewer.Ref() }

func pageURL(lineID int64) string {
	return lineURL + "?" + url.Values{"LINE": {strconv.FormatInt(lineID, 10)}}.Encode()
}

// homeView is the list of lines.
type homeView struct {
	Lines   []lineRow // published
	Free    []ui.Option
	Joined  []network.Joined
	Servers string // where servers are trusted; empty for people who may not
	Shown   network.Shown
	Code    string // as typed
	Errors  map[string]string
}

type lineRow struct {
	network.Published

	Line, URL string
	LineOff   bool // the open channel itself is switched off
}

func (h pages) home(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.homePage(ctx, r, homeView{}, 0)
}

func (h pages) homePage(ctx context.Context, r *web.Request, v homeView, status int) (web.Page, error) {
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	all, err := h.Network.Published(ctx)
	if err != nil {
		return web.Page{}, err
	}
	byLine := map[int64]network.Published{}
	for _, p := range all {
		byLine[p.LineID] = p
	}
	for _, l := range lines {
		if p, ok := byLine[l.ID]; ok {
			v.Lines = append(v.Lines, lineRow{p, l.Name, pageURL(l.ID), !l.Active})
			continue
		}
		v.Free = append(v.Free, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
	}
	if r.Viewer.Admin {
		v.Servers = serversURL
	}
	if v.Joined, err = h.Network.JoinedLines(ctx); err != nil {
		return web.Page{}, err
	}
	v.Shown, err = h.Network.Shown(ctx)
	p := section.Slider("Network", "home", connectorweb.URL, v)
	p.Status = status
	return p, err
}

// join makes the line of a code one to which everybody may write.
func (h pages) join(ctx context.Context, r *web.Request) (web.Result, error) {
	code := strings.ToLower(strings.TrimSpace(r.FormValue("code")))
	_, err := h.Network.Join(ctx, actor(r), code)
	err = atCode(err)
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() { // else the form shows it by itself
		return h.homePage(ctx, r, homeView{Code: code, Errors: errs}, http.StatusUnprocessableEntity)
	}
	return web.Redirect{To: URL, Toast: "Joined: everybody can write to the line now"}, err
}

// leave ends that people can write to a joined line.
func (h pages) leave(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := strconv.ParseInt(r.FormValue("BOT"), 10, 64)
	if err != nil {
		return nil, network.ErrNoLine
	}
	return web.Redirect{To: URL, Toast: "Left: the conversations with the line have ended"}, h.Network.LeaveLine(ctx, actor(r), id)
}

// atCode says at the field what the method says with a code.
func atCode(err error) error {
	var text string
	silent := new(network.SilentError)
	switch {
	case errors.As(err, &silent):
		text = "The line was not found. " + strings.Join(silent.Servers, ", ") + " did not answer: try again later, and look under Trusted servers."
	case errors.Is(err, network.ErrCode):
		text = "A code has 32 digits and letters from a to f."
	case errors.Is(err, network.ErrNotFound):
		text = "No portal of this server, nor of a trusted one, has published a line with this code."
	case errors.Is(err, network.ErrInactive):
		text = "This line takes no messages at the moment."
	default:
		return err
	}
	return fault.New(fault.Invalid, "CODE", text).At("code").Because(err)
}

func (h pages) show(ctx context.Context, r *web.Request) (web.Result, error) {
	err := h.Network.SetShown(ctx, actor(r), network.Shown{Typing: r.Checked("typing"), Read: r.Checked("read")})
	return web.Redirect{To: URL, Toast: "Saved"}, err
}

// lineView is the form of a line.
type lineView struct {
	network.Published

	Line    string // the open channel
	Picture bool   // it has one
	Errors  map[string]string
	BackURL string
}

func (h pages) lineName(ctx context.Context, id int64) (string, error) {
	lines, err := h.Lines(ctx)
	for _, l := range lines {
		if l.ID == id {
			return l.Name, err
		}
	}
	return "", cmpErr(err, network.ErrNoLine)
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (h pages) line(ctx context.Context, r *web.Request) (web.Page, error) {
	id := r.Int("LINE", 0)
	name, err := h.lineName(ctx, id)
	if err != nil {
		return web.Page{}, err
	}
	p, err := h.Network.OfLine(ctx, actor(r), id)
	if errors.Is(err, network.ErrNoLine) {
		p, err = network.Published{LineID: id, Name: name, Active: true}, nil
	}
	return linePage(lineView{Published: p, Line: name, Picture: len(p.Avatar) > 0}, 0), err
}

func linePage(v lineView, status int) web.Page {
	v.BackURL = URL
	p := section.Slider("Network: "+v.Line, "line", URL, v)
	p.Status = status
	return p
}

// maxPicture bounds what is read of a picture, in bytes; the network says what is too large.
const maxPicture = 2 << 20

func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := strconv.ParseInt(r.FormValue("LINE"), 10, 64)
	if err != nil {
		return nil, network.ErrNoLine
	}
	name, err := h.lineName(ctx, id)
	if err != nil {
		return nil, err
	}
	p := network.Published{
		LineID: id, Name: r.FormValue("name"), Description: r.FormValue("description"), Welcome: r.FormValue("welcome"), Active: r.Checked("active"),
	}
	old, err := h.Network.OfLine(ctx, actor(r), id)
	if err != nil && !errors.Is(err, network.ErrNoLine) {
		return nil, err
	}
	if p.Avatar, err = picture(r); err == nil {
		_, err = h.Network.Save(ctx, actor(r), p)
	}
	if errs := web.FieldErrors(err); errs != nil {
		p.Code = old.Code
		return linePage(lineView{Published: p, Line: name, Picture: len(old.Avatar) > 0, Errors: errs}, http.StatusUnprocessableEntity), nil
	}
	return web.Redirect{To: pageURL(id), Toast: "Saved"}, err
}

// picture reads the picture of a form: nil leaves the one that is there, an empty one removes it.
func picture(r *web.Request) ([]byte, error) {
	f, head, err := r.FormFile("avatar")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && head.Size == 0 {
		if r.Checked("no_avatar") {
			return []byte{}, nil
		}
		return nil, nil
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "AVATAR", "The picture could not be read.").At("avatar")
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxPicture))
}

// serversView is the page of trusted servers.
type serversView struct {
	URL, Key string // of this portal
	NoKey    bool
	Unsafe   bool // it has no address with https, so that nobody can trust it
	Servers  []network.Trusted
	Form     serverForm
	Errors   map[string]string
	BackURL  string
}

type serverForm struct{ URL, Name, Key string }

func (h pages) servers(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.serversPage(ctx, r, serversView{}, 0)
}

func (h pages) serversPage(ctx context.Context, r *web.Request, v serversView, status int) (web.Page, error) {
	var err error
	v.URL, v.BackURL = h.URL(), URL
	v.Unsafe = !network.Reachable(v.URL)
	v.Key, err = h.Network.PublicKey(ctx)
	if errors.Is(err, network.ErrNoKey) {
		v.NoKey, err = true, nil
	}
	if err != nil {
		return web.Page{}, err
	}
	if v.Servers, err = h.Network.Servers(ctx, actor(r)); err != nil {
		return web.Page{}, err
	}
	p := section.Slider("Trusted servers", "servers", URL, v)
	p.Status = status
	return p, nil
}

func (h pages) trust(ctx context.Context, r *web.Request) (web.Result, error) {
	f := serverForm{r.FormValue("url"), r.FormValue("name"), r.FormValue("key")}
	_, err := h.Network.Trust(ctx, actor(r), f.URL, f.Name, f.Key)
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() { // else the form shows it by itself
		return h.serversPage(ctx, r, serversView{Form: f, Errors: errs}, http.StatusUnprocessableEntity)
	}
	return web.Redirect{To: serversURL, Toast: "Server trusted"}, err
}

func (h pages) distrust(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := strconv.ParseInt(r.FormValue("ID"), 10, 64)
	if err == nil {
		err = h.Network.Distrust(ctx, actor(r), id)
	}
	return web.Redirect{To: serversURL, Toast: "The trust has ended"}, err
}
