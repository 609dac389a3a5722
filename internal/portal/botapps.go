package portal

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// botApps shows the applications of bots in the messenger.
type botApps struct{ p *Portal }

var _ imweb.BotApps = botApps{}

// errNoBotApp is what somebody reads whose button opens an application that is gone.
var errNoBotApp = fault.New(fault.NotFound, "APP_BUTTON", "The application of this button is gone, or is not for you.")

func (a botApps) who(ctx context.Context, v web.Viewer) (bot.AppUser, error) {
	u, err := a.p.Users.Get(ctx, v.ID)
	return bot.AppUser{ID: v.ID, Admin: v.Admin, Outsider: u.Kind == user.Extranet}, err
}

// Offered returns the applications above the field for messages of a chat.
func (a botApps) Offered(ctx context.Context, v web.Viewer, c im.Chat) ([]imweb.BotApp, error) {
	who, err := a.who(ctx, v)
	if err != nil {
		return nil, err
	}
	list, err := a.p.Bots.ChatApps(ctx, bot.Chat{
		ID: c.ID, Type: string(c.Type), EntityType: c.EntityType, EntityID: c.EntityID, UserA: c.UserA, UserB: c.UserB,
	}, who)
	out := make([]imweb.BotApp, len(list))
	for i, app := range list {
		out[i] = viewOfApp(app, v)
	}
	return out, err
}

func viewOfApp(a bot.ChatApp, v web.Viewer) imweb.BotApp {
	w := a.In(v.Language)
	text := w.Description
	if w.Copyright != "" {
		text = strings.TrimSpace(text + "\n© " + w.Copyright)
	}
	return imweb.BotApp{
		ID: a.ID, Title: w.Title, Text: text, Method: strings.ToLower(string(a.Method)), Param: a.Param, Icon: a.Icon, Pair: a.IconPair,
		Width: a.Width, Height: a.Height, Popup: a.Popup,
	}
}

// OfButton returns the application that a button opens.
func (a botApps) OfButton(ctx context.Context, v web.Viewer, b attach.Button) (imweb.BotApp, error) {
	who, err := a.who(ctx, v)
	if err != nil {
		return imweb.BotApp{}, err
	}
	found, err := a.p.Bots.ButtonApp(ctx, b.BotID, b.AppID, who)
	if errors.Is(err, bot.ErrNoChatApp) {
		err = errNoBotApp.Because(err)
	}
	return viewOfApp(found, v), err
}

// PageURL returns the address of the page of an application, signed for the viewer.
func (a botApps) PageURL(ctx context.Context, v web.Viewer, o imweb.BotAppOpening) (string, error) {
	who, err := a.who(ctx, v)
	if err != nil {
		return "", err
	}
	app, err := a.p.Bots.ChatApp(ctx, o.App)
	if err != nil {
		return "", errNoBotApp.Because(err)
	}
	lang := v.Language
	if lang == "" {
		lang = language
	}
	return a.p.Bots.FrameURL(ctx, app, bot.Opening{
		Portal: a.p.publicURL(""), User: who, DialogID: o.DialogID, Language: lang, Chrome: o.Chrome, Message: o.Message, Params: o.Params,
	})
}

// Support joins an open channel of the Network, where the portal has not yet, and returns its bot.
func (a botApps) Support(ctx context.Context, v web.Viewer, code string) (int64, error) {
	id, err := a.p.Network.Join(ctx, user.Ref{ID: v.ID, Admin: v.Admin}, code)
	if err != nil && fault.KindOf(err) != fault.Internal {
		err = fault.New(fault.NotFound, "APP_SUPPORT", "The support that this application leads to cannot be reached now.").Because(err)
	}
	return id, err
}

// Icon returns the picture of an application.
func (a botApps) Icon(ctx context.Context, id int64, name string) ([]byte, error) {
	return a.p.Bots.AppIcon(ctx, id, name)
}
