// Package botv2rest holds the REST methods of the second generation of bots, imbot.v2.*, and of the messenger for those who
// fetch its events, im.v2.*.
package botv2rest

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

const pages = "api-reference/chat-bots/chat-bots-v2/"

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Config is what the methods need.
type Config struct {
	Bots   *bot.Service
	Second *botv2.Service
	IM     *im.Service
	Files  *file.Service
	Users  Users
	// Language is the portal's, in which commands are described.
	Language string
	BaseURL  func() string // the portal's address, without a slash at the end
}

type handlers struct{ Config }

// Register adds the methods of this package.
func Register(r *rest.Registry, c Config) {
	h := handlers{c}
	h.registerBots(r)
	h.registerEvents(r)
	h.registerChats(r)
	h.registerMessages(r)
	h.registerCommands(r)
	h.registerFiles(r)
}

// The faults that every method of a bot documents.
var (
	errToken  = fault.New(fault.Invalid, "BOT_TOKEN_NOT_SPECIFIED", "Bot token is not specified")
	errBotID  = fault.New(fault.Invalid, "BOT_ID_REQUIRED", "Bot ID is required")
	errDenied = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied")
)

// owner returns whose bots a caller may work with: those of their application or, through a webhook, those of the botToken that it
// names.
func owner(c *rest.Call, token string) (bot.Owner, error) {
	switch {
	case c.AppID != 0:
		return bot.Owner{AppID: c.AppID, ClientID: c.ClientID}, nil
	case strings.TrimSpace(token) == "":
		return bot.Owner{}, errToken
	}
	return bot.Owner{TokenHash: bot.TokenHash(token)}, nil
}

// owned returns the bot in whose name a method acts.
func (h handlers) owned(ctx context.Context, c *rest.Call, id int64, token string) (bot.Bot, error) {
	o, err := owner(c, token)
	if err != nil {
		return bot.Bot{}, err
	}
	if id <= 0 {
		return bot.Bot{}, errBotID
	}
	return h.Bots.OwnedSecond(ctx, o, id)
}

// done is the answer of methods that have nothing else to say.
type done struct {
	Result bool `json:"result"`
}

// answer is done where err is nil.
func answer(err error) (done, error) { return done{Result: err == nil}, err }

// view is how objects look to a caller.
func (h handlers) view(c *rest.Call) botv2.View {
	return botv2.View{BaseURL: h.BaseURL(), Zone: c.Start.Location()}
}

// people returns users as they are shown, in the order of ids; who does not exist is missing.
func (h handlers) people(ctx context.Context, v botv2.View, ids []int64) ([]phpform.Value, error) {
	users, err := h.Users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	if v.Statuses, err = h.Second.Statuses(ctx, ids); err != nil {
		return nil, err
	}
	out := []phpform.Value{}
	for _, id := range ids {
		if u, ok := users[id]; ok {
			out = append(out, v.User(u))
		}
	}
	return out, nil
}

// dialog returns the chat that a dialog id names for a bot, which has to be in it.
func (h handlers) dialog(ctx context.Context, b bot.Bot, dialogID string) (im.Chat, error) {
	chat, err := h.IM.Resolve(ctx, dialogID, b.ID)
	if err == nil && chat.ID == 0 {
		return im.Chat{}, errDenied
	}
	return chat, denied(err)
}

// denied gives what the messenger refuses the one code that the methods document for it.
func denied(err error) error {
	switch f := fault.Of(err); {
	case err == nil:
		return nil
	case f.Kind == fault.Internal, f.Kind == fault.Unavailable, f.Kind == fault.TooLarge:
		return err
	}
	return errDenied.Because(err)
}

// atom writes a time as the documentation does.
func atom(t time.Time, c *rest.Call) string { return botv2.Atom(t, c.Start.Location()) }

// picture reads a picture; nil is none that was sent.
func picture(v *phpform.Value) (*[]byte, error) {
	if v == nil {
		return nil, nil
	}
	_, raw, err := rest.File(*v)
	return &raw, err
}

// colorCode is the name that a colour, e.g. "lightBlue", has inside: "LIGHT_BLUE". The names of the first generation are those inside.
func colorCode(name string) string {
	if upper := strings.ToUpper(name); user.ColorOf(upper) != "" {
		return upper
	}
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// wordOf is the text of a word of a list of choices; nothing is "".
func wordOf(v *phpform.Value) string {
	if v == nil || v.IsNull() || v.IsArray() {
		return ""
	}
	return v.Text()
}

// tooLong reports whether a botToken is longer than allowed.
func tooLong(token string) bool { return utf8.RuneCountInString(token) > bot.MaxToken }
