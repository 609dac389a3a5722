package bot

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// AppUser is who looks at the applications of bots.
type AppUser struct {
	ID       int64
	Admin    bool
	Outsider bool // from outside the company
}

// may reports whether somebody may use an application, wherever it shows.
func (a *ChatApp) may(u AppUser) bool { return (u.Admin || !a.Admins) && (!u.Outsider || a.Extranet) }

// entityCalls is what chats belong to that telephony made.
const entityCalls = "CALL"

// shows reports whether an application shows above the field for messages of a chat.
func (a *ChatApp) shows(r *roster, c *Chat, u AppUser) bool {
	if a.Hidden || !a.may(u) {
		return false
	}
	switch peer := c.peer(u.ID); a.Place {
	case AppEverywhere:
		return true
	case AppWithPeople:
		return c.Type == chatPrivate && r.byID[peer] == nil
	case AppWithBot:
		return c.Type == chatPrivate && peer == a.BotID
	case AppInLines:
		return c.lines()
	case AppInCalls:
		return c.EntityType == entityCalls
	case AppInGroups:
		return c.Type != chatPrivate && !c.lines() && c.EntityType != entityCalls
	}
	return false
}

// ChatApps returns the applications of bots that show to somebody above the field for messages of a chat, which may have no
// ID yet, in the order in which they were made.
// Page: api-reference/chats/outdated/create-app/imbot-app-register.md.
func (s *Service) ChatApps(ctx context.Context, c Chat, u AppUser) ([]ChatApp, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	var out []ChatApp
	for _, b := range r.all {
		for i := range b.Apps {
			if b.Apps[i].shows(r, &c, u) {
				out = append(out, b.Apps[i])
			}
		}
	}
	slices.SortFunc(out, func(a, b ChatApp) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// ButtonApp returns the application that a button of a bot opens. The application must be that bot's, or of another bot of its
// owner, and for the one who presses. Fault: CHAT_APP_ID_ERROR.
// Page: api-reference/chats/outdated/context.md.
func (s *Service) ButtonApp(ctx context.Context, botID, appID int64, u AppUser) (ChatApp, error) {
	a, b, err := s.chatApp(ctx, appID)
	if err != nil {
		return ChatApp{}, err
	}
	presser, err := s.Get(ctx, botID)
	if err != nil || presser.Owner.key() != b.Owner.key() || !a.may(u) {
		return ChatApp{}, ErrNoChatApp.Because(err)
	}
	return a, nil
}

// VisitorButton returns what a visitor in the chat of a site gets in the place of a button that opens an application: a command or a
// number as an action of the button's own, a page as a link that is signed for them. It is false for an application without
// LIVECHAT_SUPPORT, and for what only the portal can do.
// Page: api-reference/chats/outdated/create-app/imbot-app-register.md.
func (s *Service) VisitorButton(ctx context.Context, b attach.Button, o Opening) (attach.Button, bool, error) {
	o.User.Outsider = false // that is for EXTRANET_SUPPORT to say; a visitor has LIVECHAT_SUPPORT
	a, err := s.ButtonApp(ctx, b.BotID, b.AppID, o.User)
	if errors.Is(err, ErrNoChatApp) || err == nil && !a.LiveChat {
		return b, false, nil
	}
	if err != nil {
		return b, false, err
	}
	o.Params = b.AppParams
	b.AppID, b.AppParams = 0, ""
	switch a.Method {
	case AppPut:
		b.Action, b.ActionValue = attach.ActionPut, a.Param
	case AppSend:
		b.Action, b.ActionValue = attach.ActionSend, a.Param
	case AppCall:
		b.Action, b.ActionValue = attach.ActionCall, a.Param
	case AppSupport:
		return b, false, nil
	default:
		b.Link, err = s.FrameURL(ctx, a, o)
		if fault.KindOf(err) == fault.Unavailable {
			return b, false, nil // its key was lost; whoever registered it is told
		}
	}
	return b, err == nil, err
}

// Opening says from where the page of an application is opened.
type Opening struct {
	Portal   string // the portal's address, e.g. "https://portal.example"
	User     AppUser
	DialogID string // as the user names the chat
	Language string
	Chrome   bool  // the browser is one
	Message  int64 // under which the button is; 0: it is opened from above the field for messages
	Params   string
}

// errNoSecret is what somebody reads whose application cannot be opened any more.
var errNoSecret = fault.New(fault.Unavailable, "APP_SECRET", "This application must be registered anew: the portal's key has changed since.")

// FrameURL returns the address at which the page of an application is opened. With the secret that the application chose the
// portal signs its own name and the user's, so that the page knows who asks: both hashes are MD5, which the documentation sets.
// Page: api-reference/chats/outdated/iframe.md.
func (s *Service) FrameURL(ctx context.Context, a ChatApp, o Opening) (string, error) {
	b, err := s.Get(ctx, a.BotID)
	if err != nil {
		return "", err
	}
	secret, err := s.secret(a)
	if err != nil {
		return "", errNoSecret.Because(err)
	}
	portal, err := url.Parse(o.Portal)
	if err != nil {
		return "", fmt.Errorf("address of the portal: %w", err)
	}
	page, err := url.Parse(a.URL)
	if err != nil {
		return "", fmt.Errorf("address of application %d: %w", a.ID, err)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	from := "textarea"
	if o.Message != 0 {
		from = "button"
	}
	values := page.Query()
	for _, v := range [][2]string{
		{"BOT_ID", number(b.ID)},
		{"BOT_CODE", b.Code},
		{"APP_ID", number(a.ID)},
		{"APP_CODE", a.Code},
		{"DOMAIN", o.Portal},
		{"DOMAIN_HASH", signature(portal.Hostname(), secret)},
		{"USER_ID", number(o.User.ID)},
		{"USER_HASH", signature(number(o.User.ID), secret)},
		{"DIALOG_ID", o.DialogID},
		{"CONTEXT", from},
		{"LANG", o.Language},
		{"IS_CHROME", phpform.YesNo(o.Chrome)},
	} {
		values.Set(v[0], v[1])
	}
	if o.Message != 0 {
		values.Set("MESSAGE_ID", number(o.Message))
		values.Set("BUTTON_PARAMS", o.Params)
	}
	page.RawQuery = values.Encode()
	return page.String(), nil
}

// signature is what a page compares a name with.
func signature(name, secret string) string {
	sum := md5.Sum([]byte(name + secret))
	return hex.EncodeToString(sum[:])
}
