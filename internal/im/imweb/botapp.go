package imweb

import (
	"bytes"
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// BotApp is an application of a bot: what an icon above the field for messages does, or a button under a message.
type BotApp struct {
	ID            int64  `json:"id"`
	Title         string `json:"title"`
	Text          string `json:"-"`      // what it is for
	Method        string `json:"method"` // "put", "send", "call" or "support"; empty: it has a page
	Param         string `json:"param"`
	Icon          string `json:"-"` // names its picture; empty: none
	Pair          bool   `json:"-"` // the picture has the chosen icon beside the one at rest
	Width, Height int64  `json:"-"` // in pixels; 0: the room that there is
	Popup         bool   `json:"-"` // its window stays while conversations change
}

// IconURL returns the address of its picture.
func (a BotApp) IconURL() string {
	return "/online/botapp-icon/" + strconv.FormatInt(a.ID, 10) + "/" + a.Icon
}

// PageURL returns the address of its page in a conversation.
func (a BotApp) PageURL(dialog string) string {
	return "/online/botapp/" + strconv.FormatInt(a.ID, 10) + "?" + url.Values{"dialog": {dialog}}.Encode()
}

// BotAppOpening says where the page of an application is opened.
type BotAppOpening struct {
	App      int64
	DialogID string
	Message  int64 // of the button; 0: above the field
	Params   string
	Chrome   bool
}

// BotApps knows the applications of bots.
type BotApps interface {
	// Offered returns those that show to a viewer above the field for messages of a chat, which may have no ID yet.
	Offered(ctx context.Context, v web.Viewer, c im.Chat) ([]BotApp, error)
	// OfButton returns the one that a button opens.
	OfButton(ctx context.Context, v web.Viewer, b attach.Button) (BotApp, error)
	// PageURL returns the address of its page.
	PageURL(ctx context.Context, v web.Viewer, o BotAppOpening) (string, error)
	// Support returns the user to whom an application with the method "support" leads: the bot of an open channel.
	Support(ctx context.Context, v web.Viewer, code string) (userID int64, err error)
	// Icon returns a picture, a PNG.
	Icon(ctx context.Context, id int64, name string) ([]byte, error)
}

// errAppGone is what somebody reads whose button opens nothing.
var errAppGone = fault.New(fault.NotFound, "APP_BUTTON", "The application of this button is gone, or is not for you.")

// botApps are the applications that show above the field: those with an icon, and those that stand behind one button.
type botApps struct{ Icons, Others []BotApp }

func (h pages) botAppsIn(ctx context.Context, r *web.Request, c im.Chat) (out botApps, err error) {
	if h.botApps == nil {
		return out, nil
	}
	list, err := h.botApps.Offered(ctx, r.Viewer, c)
	for _, a := range list {
		if a.Icon != "" {
			out.Icons = append(out.Icons, a)
		} else {
			out.Others = append(out.Others, a)
		}
	}
	return out, err
}

// pressApp answers the press of a button that opens an application: with what the page is to do.
func (h pages) pressApp(ctx context.Context, r *web.Request, m im.Message, c im.Chat, b attach.Button) (web.Result, error) {
	if h.botApps == nil {
		return nil, errAppGone
	}
	a, err := h.botApps.OfButton(ctx, r.Viewer, b)
	if err != nil {
		return nil, err
	}
	which := url.Values{"dialog": {c.DialogID(r.Viewer.ID)}, "message": {strconv.FormatInt(m.ID, 10)}}
	for _, name := range []string{"button", "item"} {
		if v := r.FormValue(name); v != "" {
			which.Set(name, v)
		}
	}
	return web.JSON{Value: map[string]any{"app": a, "width": a.Width, "height": a.Height, "page": "/online/botapp/" + strconv.FormatInt(a.ID, 10) + "?" + which.Encode()}}, nil
}

// botAppView is the document between the messenger and the page of an application.
type botAppView struct {
	Title, URL string
	Problem    string // instead
}

// botAppPage shows /online/botapp/{id}?dialog=: the document around the page of an application. With message= and button= or
// item= it was opened by that button, whose parameters stand in the stored message.
func (h pages) botAppPage(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil || h.botApps == nil {
		return web.Page{}, errAppGone
	}
	p := web.Page{Title: "Application", Template: "im/botapp", Layout: web.Blank, Modules: []string{"im/botappframe.js"}, Styles: []string{"im/im.css"}}
	a, o, err := h.opened(ctx, r, id)
	if err == nil && a.Method != "" {
		err = errAppGone
	}
	to := ""
	if err == nil {
		o.App, o.Chrome = id, strings.Contains(r.UserAgent(), "Chrome")
		to, err = h.botApps.PageURL(ctx, r.Viewer, o)
	}
	if text := fault.Of(err).Text; err != nil && fault.KindOf(err) != fault.Internal {
		p.Body = botAppView{Problem: text} // an error page in a frame would be a portal inside the portal
		return p, nil
	}
	if err != nil {
		return web.Page{}, err
	}
	p.Body, p.Frames = botAppView{Title: a.Title, URL: to}, []string{to}
	return p, nil
}

// opened returns an application as a viewer may open it, and where they do.
func (h pages) opened(ctx context.Context, r *web.Request, id int64) (BotApp, BotAppOpening, error) {
	if r.FormValue("message") != "" {
		m, c, err := h.im.Message(ctx, r.Viewer.ID, r.Int("message", 0))
		if err != nil {
			return BotApp{}, BotAppOpening{}, words(err)
		}
		b, ok := pressed(m, r.Int("button", -1), r.Int("item", -1))
		if !ok || b.AppID != id {
			return BotApp{}, BotAppOpening{}, errNoButton
		}
		a, err := h.botApps.OfButton(ctx, r.Viewer, b)
		return a, BotAppOpening{DialogID: c.DialogID(r.Viewer.ID), Message: m.ID, Params: b.AppParams}, err
	}
	c, err := h.im.Resolve(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return BotApp{}, BotAppOpening{}, hide(err)
	}
	list, err := h.botApps.Offered(ctx, r.Viewer, c)
	if err != nil {
		return BotApp{}, BotAppOpening{}, err
	}
	for _, a := range list {
		if a.ID == id {
			return a, BotAppOpening{DialogID: c.DialogID(r.Viewer.ID)}, nil
		}
	}
	return BotApp{}, BotAppOpening{}, errAppGone
}

// botAppSupport opens the chat with the open channel that an application leads to. It answers {"dialog": …}.
func (h pages) botAppSupport(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil || h.botApps == nil {
		return nil, errAppGone
	}
	a, _, err := h.opened(ctx, r, id)
	if err == nil && a.Method != supportMethod {
		err = errAppGone
	}
	if err != nil {
		return nil, err
	}
	user, err := h.botApps.Support(ctx, r.Viewer, a.Param)
	return web.JSON{Value: map[string]any{"dialog": strconv.FormatInt(user, 10)}}, err
}

// supportMethod is that of applications that lead to an open channel.
const supportMethod = "support"

// botAppIcon answers with the picture of an application.
func (h pages) botAppIcon(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil || h.botApps == nil {
		return nil, errAppGone
	}
	picture, err := h.botApps.Icon(ctx, id, r.PathValue("hash"))
	if err != nil {
		return nil, err
	}
	return web.File{Content: bytes.NewReader(picture), Name: "icon.png", Type: "image/png", Inline: true, Forever: true}, nil
}
