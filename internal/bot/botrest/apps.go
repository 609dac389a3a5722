package botrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

const appPages = "api-reference/chats/outdated/create-app/"

func (h handlers) registerApps(r *rest.Registry) {
	r.Add(
		rest.M("imbot.app.register", "imbot", rest.Everyone, "Adds an application to a chat bot, which shows in the messenger.", h.appRegister,
			rest.Doc(appPages+"imbot-app-register.md"), rest.Reads(appWords("LANG.")...)),
		rest.M("imbot.app.update", "imbot", rest.Everyone, "Changes an application of a chat bot.", h.appUpdate,
			rest.Doc(appPages+"imbot-app-update.md"), rest.Reads(append(appWords("LANG."), appWords("FIELDS.LANG.")...)...)),
		rest.M("imbot.app.unregister", "imbot", rest.Everyone, "Removes an application of a chat bot.", h.appUnregister,
			rest.Doc(appPages+"imbot-app-unregister.md")),
	)
}

// appWords are the fields of a language of an application.
func appWords(prefix string) []string {
	return []string{prefix + "LANGUAGE_ID*", prefix + "TITLE*", prefix + "DESCRIPTION", prefix + "COPYRIGHT"}
}

// appRegisterParams are the parameters of imbot.app.register. What is needed depends on what the application is.
type appRegisterParams struct {
	BotID    int64         `b24:"BOT_ID"`
	Code     string        `b24:"CODE"`
	Method   string        `b24:"JS_METHOD"`
	Param    string        `b24:"JS_PARAM"`
	Frame    string        `b24:"IFRAME"`
	Width    int64         `b24:"IFRAME_WIDTH"`
	Height   int64         `b24:"IFRAME_HEIGHT"`
	Hash     string        `b24:"HASH"`
	Icon     phpform.Value `b24:"ICON_FILE"`
	Context  string        `b24:"CONTEXT"`
	Hidden   bool          `b24:"HIDDEN"`
	Extranet bool          `b24:"EXTRANET_SUPPORT"`
	LiveChat bool          `b24:"LIVECHAT_SUPPORT"`
	Popup    bool          `b24:"IFRAME_POPUP"`
	Lang     phpform.Value `b24:"LANG"`
	ClientID string        `b24:"CLIENT_ID"`
}

func (h handlers) appRegister(ctx context.Context, c *rest.Call, p appRegisterParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	switch {
	case err != nil:
		return 0, err
	case p.BotID <= 0:
		return 0, bot.ErrNoBot
	}
	n := bot.NewChatApp{
		ChatApp: bot.ChatApp{
			BotID: p.BotID, Code: p.Code, Method: methodOf(p.Method), Param: strings.TrimSpace(p.Param), URL: strings.TrimSpace(p.Frame),
			Width: p.Width, Height: p.Height, Popup: p.Popup, Hidden: p.Hidden, Extranet: p.Extranet, LiveChat: p.LiveChat,
		},
		Secret: strings.TrimSpace(p.Hash),
	}
	n.SetPlace(p.Context)
	if _, n.Icon, err = rest.File(p.Icon); err != nil {
		return 0, bot.ErrAppParams.Because(err).At("ICON_FILE")
	}
	if n.Words, err = wordsOf(p.Lang); err != nil {
		return 0, err
	}
	return h.bots.RegisterChatApp(ctx, o, n)
}

func methodOf(word string) bot.AppMethod {
	return bot.AppMethod(strings.ToUpper(strings.TrimSpace(word)))
}

// wordsOf reads LANG.
func wordsOf(v phpform.Value) ([]bot.AppWords, error) {
	list, ok := languages(v)
	if !ok {
		return nil, bot.ErrLang
	}
	out := make([]bot.AppWords, len(list))
	for i, e := range list {
		out[i] = bot.AppWords{
			Language: e.Key, Title: titleOf(e.Value), Description: helpText(e.Value, "DESCRIPTION"), Copyright: helpText(e.Value, "COPYRIGHT"),
		}
	}
	return out, nil
}

// appFields are what of an application can be changed.
type appFields struct {
	Method   *string        `b24:"JS_METHOD"`
	Param    *string        `b24:"JS_PARAM"`
	Frame    *string        `b24:"IFRAME"`
	Width    *int64         `b24:"IFRAME_WIDTH"`
	Height   *int64         `b24:"IFRAME_HEIGHT"`
	Hash     *string        `b24:"HASH"`
	Icon     *phpform.Value `b24:"ICON_FILE"`
	Context  *string        `b24:"CONTEXT"`
	Extranet *bool          `b24:"EXTRANET_SUPPORT"`
	LiveChat *bool          `b24:"LIVECHAT_SUPPORT"`
	Popup    *bool          `b24:"IFRAME_POPUP"`
	Lang     phpform.Value  `b24:"LANG"`
}

// appUpdateParams are the parameters of imbot.app.update. The page lists the fields beside APP_ID, and its example has them in
// FIELDS: both are taken.
type appUpdateParams struct {
	AppID    int64          `b24:"APP_ID,needed"`
	Fields   *appFields     `b24:"FIELDS"`
	Method   *string        `b24:"JS_METHOD"`
	Param    *string        `b24:"JS_PARAM"`
	Frame    *string        `b24:"IFRAME"`
	Width    *int64         `b24:"IFRAME_WIDTH"`
	Height   *int64         `b24:"IFRAME_HEIGHT"`
	Hash     *string        `b24:"HASH"`
	Icon     *phpform.Value `b24:"ICON_FILE"`
	Context  *string        `b24:"CONTEXT"`
	Extranet *bool          `b24:"EXTRANET_SUPPORT"`
	LiveChat *bool          `b24:"LIVECHAT_SUPPORT"`
	Popup    *bool          `b24:"IFRAME_POPUP"`
	Lang     phpform.Value  `b24:"LANG"`
	ClientID string         `b24:"CLIENT_ID"`
}

func (p *appUpdateParams) fields() appFields {
	if p.Fields != nil {
		return *p.Fields
	}
	return appFields{
		p.Method, p.Param, p.Frame, p.Width, p.Height, p.Hash, p.Icon, p.Context, p.Extranet, p.LiveChat, p.Popup, p.Lang,
	}
}

func (h handlers) appUpdate(ctx context.Context, c *rest.Call, p appUpdateParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	f := p.fields()
	ch := bot.ChatAppChange{
		Param: trimmed(f.Param), URL: trimmed(f.Frame), Width: f.Width, Height: f.Height, Secret: trimmed(f.Hash), Context: f.Context,
		Extranet: f.Extranet, LiveChat: f.LiveChat, Popup: f.Popup,
	}
	if f.Method != nil {
		ch.Method = new(methodOf(*f.Method))
	}
	if f.Icon != nil {
		_, picture, err := rest.File(*f.Icon)
		if err != nil {
			return false, bot.ErrAppUpdate.Because(err).At("ICON_FILE")
		}
		ch.Icon = &picture
	}
	if ch.Words, err = wordsOf(f.Lang); err != nil {
		return false, bot.ErrAppUpdate.Because(err).At("LANG")
	}
	err = h.bots.UpdateChatApp(ctx, o, p.AppID, ch)
	return err == nil, err
}

func trimmed(s *string) *string {
	if s == nil {
		return nil
	}
	return new(strings.TrimSpace(*s))
}

// appUnregisterParams are the parameters of imbot.app.unregister.
type appUnregisterParams struct {
	AppID    int64  `b24:"APP_ID"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) appUnregister(ctx context.Context, c *rest.Call, p appUnregisterParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.UnregisterChatApp(ctx, o, p.AppID)
	return err == nil, err
}
