// Package connectorweb is the Contact Center: the channels by which clients reach the portal, each with its tile, and where they
// are connected to open lines.
package connectorweb

import (
	"context"
	"embed"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// Tile is a channel that another area brings.
type Tile struct {
	Title, Text, URL, Icon string
	Connected              bool
	Slider                 bool // its page opens in a slider
}

// App is an application as these pages see it.
type App struct {
	Name     string
	Works    bool      // it is installed, and its page may be opened
	LastCall time.Time // when it last used a token; zero: never
}

// Config is what the pages need.
type Config struct {
	Connectors *connector.Service
	// FrameURL returns the address of the document around the application's page with the settings of a connector on a line.
	FrameURL func(appID int64, code string, line int64) string
	// App tells of the application of a connector.
	App func(ctx context.Context, id int64) (App, error)
	// Tiles returns the channels that the portal brings itself; nil: there are none.
	Tiles func(ctx context.Context, v web.Viewer) ([]Tile, error)
	// LinesURL is where open lines are added; empty: nowhere.
	LinesURL string
	// Tabs are those of the pages beside the Contact Center; nil: there are none.
	Tabs func(v web.Viewer, current string) []web.Tab
}

// URL is the address of the Contact Center.
const URL = "/contact_center/"

const (
	nav          = "contact_center"
	connectorURL = URL + "connector/"
)

var section = web.Section{Nav: nav, Area: "connector", Styles: []string{"connector/contact.css", "frame/frame.css"}}

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("connector", files)
	h := pages{c}
	s.Page(URL+"{$}", web.Needs(access.ManageConnectors), h.home)
	s.Page(connectorURL+"{$}", web.Needs(access.ManageConnectors), h.connector)
	s.Page(doctorURL, web.Needs(access.ManageConnectors), h.doctor)
	s.Action(connectorURL+"retry", web.Needs(access.ManageConnectors), h.retry)
	s.Action(connectorURL+"connect", web.Needs(access.ManageConnectors), h.connect)
	s.Action(connectorURL+"move", web.Needs(access.ManageConnectors), h.move)
	s.Action(connectorURL+"disconnect", web.Needs(access.ManageConnectors), h.disconnect)
}

// NavItem returns the entry of the rail; false for people who may not manage connectors.
func NavItem(v web.Viewer) (web.NavItem, bool) {
	return web.NavItem{ID: nav, Title: "Contact Center", URL: URL, Icon: "channels"}, connector.May(v.Ref())
}

type pages struct{ Config }

func actor(r *web.Request) user.Ref { return r.Viewer.Ref() }

// homeView is the Contact Center.
type homeView struct {
	Tiles    []Tile
	Channels []channelTile
	NoLines  bool
	LinesURL string
}

// channelTile is the tile of a connector.
type channelTile struct {
	iconView

	Title, URL, Text string
	Connected        bool
	Failing          bool
}

func (h pages) home(ctx context.Context, r *web.Request) (web.Page, error) {
	all, err := h.Connectors.All(ctx, actor(r))
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Connectors.Lines.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := homeView{NoLines: len(lines) == 0, LinesURL: h.LinesURL}
	for _, j := range all {
		v.Channels = append(v.Channels, tileOf(j, lines))
	}
	if h.Tiles != nil {
		if v.Tiles, err = h.Tiles(ctx, r.Viewer); err != nil {
			return web.Page{}, err
		}
	}
	p := section.Page("Contact Center", "contact", v)
	if h.Tabs != nil {
		p.Tabs = h.Tabs(r.Viewer, URL)
	}
	return p, nil
}

func tileOf(j connector.Joined, lines []connector.Line) channelTile {
	t := channelTile{iconView: iconOf(j), Title: j.Name, URL: pageURL(j.Code, 0), Connected: j.Connected(), Text: "Not connected"}
	var on []string
	for _, l := range lines {
		if st := j.On(l.ID); st.Active {
			on = append(on, l.Name)
			t.Failing = t.Failing || st.Failing
		}
	}
	if len(on) > 0 {
		t.Text = "Connected to " + strings.Join(on, ", ")
	}
	return t
}

// pageURL returns the address of the page of a connector; line is 0 before one is chosen.
func pageURL(code string, line int64) string {
	q := url.Values{"ID": {code}}
	if line != 0 {
		q.Set("LINE", strconv.FormatInt(line, 10))
	}
	return connectorURL + "?" + q.Encode()
}

func doctorOf(code string, line int64) string {
	return doctorURL + "?" + url.Values{"ID": {code}, "LINE": {strconv.FormatInt(line, 10)}}.Encode()
}

// connectorView is the page of a connector.
type connectorView struct {
	iconView
	connector.Connector

	App      App
	Lines    []lineView // that it is connected to
	Free     []ui.Option
	LinesURL string

	// Of one line:
	Line               *lineView
	Frame              string
	BackURL, DoctorURL string
	Others             []ui.Option // the line itself, and those that it may be moved to
}

// lineView is a line with how the connector stands there.
type lineView struct {
	ID     int64
	Name   string
	Active bool // the line itself, not only the connector on it
	connector.Status

	URL     string
	Current bool
}

// Outside is where clients find the channel, as its application says; "" where it says nothing that can be opened.
func (l lineView) Outside() string { return l.Channel.Opened().URL }

func (h pages) connector(ctx context.Context, r *web.Request) (web.Page, error) {
	j, err := h.Connectors.Find(ctx, actor(r), r.URL.Query().Get("ID"))
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Connectors.Lines.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := connectorView{iconView: iconOf(j), Connector: j.Connector, LinesURL: h.LinesURL, BackURL: pageURL(j.Code, 0)}
	if v.App, err = h.App(ctx, j.AppID); err != nil {
		return web.Page{}, err
	}
	v.arrange(j, lines, r.Int("LINE", 0))
	if v.Line != nil {
		v.DoctorURL = doctorOf(j.Code, v.Line.ID)
	}
	if v.Line != nil && v.App.Works {
		v.Frame = h.FrameURL(j.AppID, j.Code, v.Line.ID)
	}
	p := section.Slider(j.Name, "connector", URL, v)
	p.Layout, p.WideSlider = web.Wide, v.Line != nil
	return p, nil
}

// arrange puts the lines where they belong; chosen is the one that the page is about.
func (v *connectorView) arrange(j connector.Joined, lines []connector.Line, chosen int64) {
	for _, l := range lines {
		st := j.On(l.ID)
		option := ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name}
		if !st.Active {
			v.Free, v.Others = append(v.Free, option), append(v.Others, option)
			continue
		}
		one := lineView{ID: l.ID, Name: l.Name, Active: l.Active, Status: st, URL: pageURL(j.Code, l.ID), Current: l.ID == chosen}
		v.Lines = append(v.Lines, one)
		if one.Current {
			v.Line, v.Others = &one, append(v.Others, option)
		}
	}
}

// lineIn reads the line of a form.
func lineIn(r *web.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.PostFormValue(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, fault.New(fault.Invalid, "LINE_REQUIRED", "Choose an open channel.").At(name)
	}
	return n, nil
}

// connect connects a connector to a line, and leads to the application's settings there.
func (h pages) connect(ctx context.Context, r *web.Request) (web.Result, error) {
	code := r.PostFormValue("ID")
	line, err := lineIn(r, "LINE")
	if err == nil {
		err = h.Connectors.Connect(ctx, actor(r), code, line)
	}
	return web.Redirect{To: pageURL(code, line)}, err
}

// move takes a connector from one line to another.
func (h pages) move(ctx context.Context, r *web.Request) (web.Result, error) {
	code := r.PostFormValue("ID")
	from, err := lineIn(r, "FROM")
	if err != nil {
		return nil, err
	}
	to, err := lineIn(r, "LINE")
	if err == nil {
		err = h.Connectors.Move(ctx, actor(r), code, from, to)
	}
	return web.Redirect{To: pageURL(code, to), Toast: "Open channel changed"}, err
}

// disconnect takes a connector off a line.
func (h pages) disconnect(ctx context.Context, r *web.Request) (web.Result, error) {
	code := r.PostFormValue("ID")
	line, err := lineIn(r, "LINE")
	if err == nil {
		err = h.Connectors.Disconnect(ctx, actor(r), code, line)
	}
	return web.Redirect{To: pageURL(code, 0), Toast: "Disconnected"}, err
}
