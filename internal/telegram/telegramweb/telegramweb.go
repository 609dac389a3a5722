// Package telegramweb is the pages on which people connect bots of Telegram to open lines, and what Telegram itself calls.
package telegramweb

import (
	"context"
	"embed"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// Line is an open channel as these pages see it.
type Line struct {
	ID     int64
	Name   string
	Active bool
}

// Config is what the pages need.
type Config struct {
	Bots *telegram.Service
	// Lines returns the open channels that a bot may be connected to.
	Lines func(ctx context.Context) ([]Line, error)
	// LinesURL is where open channels are added.
	LinesURL string
}

// URL is the address of the bots in the Contact Center.
const URL = "/contact_center/telegram/"

var section = web.Section{Nav: "contact_center", Area: "telegram", Styles: []string{"telegram/telegram.css"}}

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("telegram", files)
	h := pages{c}
	s.Action(telegram.HookPath+"{code}", web.Public, h.hook, web.RawBody(), web.MaxBody(telegram.MaxUpdate))
	may := web.Needs(access.ManageConnectors)
	s.Page(URL+"{$}", may, h.list)
	s.Page(URL+"new", may, h.form)
	s.Action(URL+"new", may, h.connect)
	s.Action(URL+"server", may, h.server)
	s.Page(URL+"{id}/{$}", may, h.bot)
	s.Action(URL+"{id}/{$}", may, h.change)
	s.Action(URL+"{id}/token", may, h.renew)
	s.Action(URL+"{id}/check", may, h.check)
	s.Action(URL+"{id}/retry", may, h.retry)
	s.Action(URL+"{id}/disconnect", may, h.disconnect)
	s.Fragment(URL+"{id}/picture", may, h.picture)
}

// hook takes what Telegram brings.
func (h pages) hook(ctx context.Context, r *web.Request) (web.Result, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, fault.New(fault.TooLarge, "UPDATE_TOO_LARGE", "The update is too large.").Because(tooLarge)
		}
		return nil, err
	}
	return web.NoContent{}, h.Bots.Hook(ctx, r.PathValue("code"), r.Header.Get("X-Telegram-Bot-Api-Secret-Token"), raw)
}

func pageURL(id int64) string { return URL + strconv.FormatInt(id, 10) + "/" }

// botView is a bot in the list, and on its page.
type botView struct {
	telegram.Bot

	Line       string
	LineOff    bool
	URL        string
	PictureURL string
}

func viewOf(b telegram.Bot, lines []Line) botView {
	v := botView{Bot: b, Line: "an open channel that is gone", URL: pageURL(b.ID)}
	if b.Pictured {
		v.PictureURL = v.URL + "picture"
	}
	for _, l := range lines {
		if l.ID == b.LineID {
			v.Line, v.LineOff = l.Name, !l.Active
		}
	}
	return v
}

type listView struct {
	Bots     []botView
	NoLines  bool
	LinesURL string
	Server   string
	Errors   map[string]string
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	server, err := h.Bots.Server(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	return h.listPage(ctx, r, listView{Server: server})
}

func (h pages) listPage(ctx context.Context, r *web.Request, v listView) (web.Page, error) {
	all, err := h.Bots.All(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v.NoLines, v.LinesURL = len(lines) == 0, h.LinesURL
	for _, b := range all {
		v.Bots = append(v.Bots, viewOf(b, lines))
	}
	p := section.Page("Telegram", "list", v)
	p.Back = "/contact_center/"
	if !v.NoLines && len(all) > 0 {
		p.Actions = []web.Action{{Title: "Connect a bot", URL: URL + "new", Icon: "plus", Primary: true}}
	}
	if v.Errors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) server(ctx context.Context, r *web.Request) (web.Result, error) {
	address := r.PostFormValue("server")
	err := h.Bots.SetServer(ctx, r.Viewer.Ref(), address)
	if errs := web.FieldErrors(err); errs != nil {
		return h.listPage(ctx, r, listView{Server: address, Errors: errs})
	}
	return web.Redirect{To: URL, Toast: "Saved"}, err
}

// formView is the form of a bot that is to be connected.
type formView struct {
	Line   string
	Lines  []ui.Option
	WayIs  string
	MayWay bool // Telegram could bring messages
	Signed bool
	Taken  bool // the bot's messages go elsewhere now
	Errors map[string]string
}

// Ways are how messages come in.
func (formView) Ways() []ui.Option { return ways }

var ways = []ui.Option{{Value: string(telegram.Poll), Title: "The portal fetches them"}, {Value: string(telegram.Hook), Title: "Telegram brings them"}}

func (h pages) form(ctx context.Context, _ *web.Request) (web.Page, error) {
	return h.formPage(ctx, formView{WayIs: string(telegram.Poll), Signed: true})
}

func (h pages) formPage(ctx context.Context, v formView) (web.Page, error) {
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	for _, l := range lines {
		v.Lines = append(v.Lines, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
	}
	if v.Line == "" && len(v.Lines) == 1 {
		v.Line = v.Lines[0].Value
	}
	v.MayWay = h.Bots.MayHook()
	p := section.Page("Connect a bot", "new", v)
	p.Back, p.Layout = URL, web.Narrow
	if v.Errors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) connect(ctx context.Context, r *web.Request) (web.Result, error) {
	v := formView{Line: r.PostFormValue("line"), WayIs: r.PostFormValue("way"), Signed: r.Checked("signed")}
	if v.WayIs == "" {
		v.WayIs = string(telegram.Poll)
	}
	lineID, err := strconv.ParseInt(v.Line, 10, 64)
	if err != nil {
		err = telegram.ErrLine
	}
	var b telegram.Bot
	if err == nil {
		b, err = h.Bots.Connect(ctx, r.Viewer.Ref(), telegram.NewBot{
			Token: r.PostFormValue("token"), LineID: lineID, Way: telegram.Way(v.WayIs), Signed: v.Signed, Take: r.Checked("take"),
		})
	}
	if v.Errors = fieldErrors(err); v.Errors != nil {
		v.Taken = v.Errors["take"] != ""
		return h.formPage(ctx, v)
	}
	return web.Redirect{To: pageURL(b.ID), Toast: "Bot connected"}, err
}

// fieldErrors are the errors of a form; that of a server that is not there stands above it.
func fieldErrors(err error) map[string]string {
	if errs := web.FieldErrors(err); errs != nil {
		return errs
	}
	if f := fault.Of(err); err != nil && (f.Kind == fault.Unavailable || f.Kind == fault.Conflict) {
		return map[string]string{"": f.Text}
	}
	return nil
}
