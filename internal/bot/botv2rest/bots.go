package botv2rest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

func (h handlers) registerBots(r *rest.Registry) {
	const page = pages + "imbot.v2/bots/"
	r.Add(
		rest.M("imbot.v2.Bot.register", "imbot", rest.Everyone, "Registers a chat bot of the second generation.", h.register, rest.Doc(page+"bot-register.md")),
		rest.M("imbot.v2.Bot.update", "imbot", rest.Everyone, "Changes a chat bot of the second generation.", h.update, rest.Doc(page+"bot-update.md")),
		rest.M("imbot.v2.Bot.unregister", "imbot", rest.Everyone, "Removes a chat bot of the second generation.", h.unregister, rest.Doc(page+"bot-unregister.md")),
		rest.M("imbot.v2.Bot.get", "imbot", rest.Everyone, "Returns a chat bot of the second generation.", h.get, rest.Doc(page+"bot-get.md")),
		rest.M("imbot.v2.Bot.list", "imbot", rest.Everyone, "Lists the caller's chat bots of the second generation.", h.list, rest.Doc(page+"bot-list.md")),
		rest.M("imbot.v2.Revision.get", "imbot", rest.Everyone, "Returns which revisions of the protocols the portal speaks.", h.revision,
			rest.Doc(pages+"imbot.v2/revision-get.md")),
	)
}

// properties are a bot's profile.
type properties struct {
	Name     *string        `b24:"name"`
	LastName *string        `b24:"lastName"`
	Position *string        `b24:"workPosition"`
	Color    *string        `b24:"color"`
	Gender   *string        `b24:"gender"`
	Avatar   *phpform.Value `b24:"avatar"`
}

// newProperties are the properties of a new bot, which has a name.
type newProperties struct {
	Name     *string        `b24:"name,needed"`
	LastName *string        `b24:"lastName"`
	Position *string        `b24:"workPosition"`
	Color    *string        `b24:"color"`
	Gender   *string        `b24:"gender"`
	Avatar   *phpform.Value `b24:"avatar"`
}

func (p properties) change() (user.BotChange, error) {
	c := user.BotChange{FirstName: p.Name, LastName: p.LastName, Position: p.Position, Gender: p.Gender}
	if p.Color != nil {
		code := colorCode(*p.Color)
		c.ColorCode = &code
	}
	var err error
	if c.Avatar, err = picture(p.Avatar); err != nil {
		return c, bot.ErrSecondPicture.Because(err)
	}
	return c, nil
}

// registerParams are the parameters of imbot.v2.Bot.register. Its pages show the token in both places.
type registerParams struct {
	Token  string         `b24:"botToken"`
	Fields registerFields `b24:"fields,needed"`
}

type registerFields struct {
	Code       string         `b24:"code,needed"`
	Token      string         `b24:"botToken"`
	Properties newProperties  `b24:"properties,needed"`
	Type       string         `b24:"type"`
	EventMode  string         `b24:"eventMode"`
	WebhookURL string         `b24:"webhookUrl"`
	Hidden     bool           `b24:"isHidden"`
	Reactions  *bool          `b24:"isReactionsEnabled"`
	OpenLine   bool           `b24:"isSupportOpenline"`
	Background *phpform.Value `b24:"backgroundId"`
}

func (h handlers) register(ctx context.Context, c *rest.Call, p registerParams) (phpform.Value, error) {
	f := p.Fields
	token := f.Token
	if token == "" {
		token = p.Token
	}
	o, err := owner(c, token)
	if err != nil {
		return phpform.Value{}, err
	}
	if c.AppID == 0 && tooLong(token) {
		return phpform.Value{}, bot.ErrSecondToken
	}
	r := bot.SecondRegistration{
		Owner: o, Code: f.Code, Type: botv2.TypeOf(strings.TrimSpace(f.Type)), OpenLine: f.OpenLine,
		Second: bot.Second{
			Mode: bot.Mode(strings.TrimSpace(f.EventMode)), WebhookURL: strings.TrimSpace(f.WebhookURL), Hidden: f.Hidden,
			Reactions: f.Reactions == nil || *f.Reactions, Background: wordOf(f.Background),
		},
	}
	if r.Profile, err = properties(f.Properties).change(); err != nil {
		return phpform.Value{}, err
	}
	b, err := h.Bots.RegisterSecond(ctx, r)
	if err != nil {
		return phpform.Value{}, err
	}
	return h.own(ctx, c, b)
}

// own answers a bot as its owner sees it, with its user.
func (h handlers) own(ctx context.Context, c *rest.Call, b bot.Bot) (phpform.Value, error) {
	about, err := h.ownBot(ctx, b)
	if err != nil {
		return phpform.Value{}, err
	}
	return h.withUser(ctx, c, b, about)
}

func (h handlers) ownBot(ctx context.Context, b bot.Bot) (phpform.Value, error) {
	tally, err := h.Second.Tally(ctx, b)
	return h.Second.OwnBot(b, tally), err
}

func (h handlers) withUser(ctx context.Context, c *rest.Call, b bot.Bot, about phpform.Value) (phpform.Value, error) {
	users, err := h.people(ctx, h.view(c), []int64{b.ID})
	return phpform.ArrayOf(entry("bot", about), entry("users", phpform.ListOf(users...))), err
}

func entry(key string, v phpform.Value) phpform.Entry { return phpform.Entry{Key: key, Value: v} }

// updateParams are the parameters of imbot.v2.Bot.update.
type updateParams struct {
	BotID  int64        `b24:"botId,needed"`
	Token  string       `b24:"botToken"`
	Fields updateFields `b24:"fields,needed"`
}

type updateFields struct {
	Properties properties    `b24:"properties"`
	Hidden     *bool         `b24:"isHidden"`
	Reactions  *bool         `b24:"isReactionsEnabled"`
	OpenLine   *bool         `b24:"isSupportOpenline"`
	Background phpform.Value `b24:"backgroundId"`
	EventMode  *string       `b24:"eventMode"`
	WebhookURL *string       `b24:"webhookUrl"`
	Token      string        `b24:"botToken"`
	All        phpform.Value `b24:"*"`
}

// background returns the new background; nil where nothing is said about it. null takes it away.
func (f updateFields) background() *string {
	if _, said := f.All.GetFold("backgroundId"); !said {
		return nil
	}
	word := wordOf(&f.Background)
	return &word
}

func (h handlers) update(ctx context.Context, c *rest.Call, p updateParams) (phpform.Value, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	f := p.Fields
	u := bot.SecondUpdate{
		BotID: b.ID, Hidden: f.Hidden, Reactions: f.Reactions, OpenLine: f.OpenLine, WebhookURL: f.WebhookURL, Background: f.background(),
		Token: strings.TrimSpace(f.Token),
	}
	if f.EventMode != nil {
		mode := bot.Mode(strings.TrimSpace(*f.EventMode))
		u.Mode = &mode
	}
	if u.Profile, err = f.Properties.change(); err != nil {
		return phpform.Value{}, err
	}
	if b, err = h.Bots.UpdateSecond(ctx, b.Owner, u); err != nil {
		return phpform.Value{}, err
	}
	return h.own(ctx, c, b)
}

// botParams are the parameters of methods that name nothing but the bot.
type botParams struct {
	BotID int64  `b24:"botId,needed"`
	Token string `b24:"botToken"`
}

func (h handlers) unregister(ctx context.Context, c *rest.Call, p botParams) (done, error) {
	b, err := h.owned(ctx, c, p.BotID, p.Token)
	if err != nil {
		return done{}, err
	}
	return answer(h.Bots.UnregisterSecond(ctx, b.Owner, c.UserID, b.ID))
}

// getParams are the parameters of imbot.v2.Bot.get.
type getParams struct {
	BotID int64  `b24:"botId"`
	Code  string `b24:"code"`
	Token string `b24:"botToken"`
}

var errGet = fault.New(fault.Invalid, "PARAMS_REQUIRED", "Required parameters are missing")

func (h handlers) get(ctx context.Context, c *rest.Call, p getParams) (phpform.Value, error) {
	o, err := owner(c, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	if p.BotID <= 0 && strings.TrimSpace(p.Code) == "" {
		return phpform.Value{}, errGet
	}
	b, err := h.Bots.Find(ctx, p.BotID, strings.TrimSpace(p.Code))
	if err != nil {
		return phpform.Value{}, err
	}
	if o.Owns(b) {
		return h.own(ctx, c, b)
	}
	return h.withUser(ctx, c, b, phpform.ArrayOf(h.Second.Bot(b)...))
}

// listParams are the parameters of imbot.v2.Bot.list.
type listParams struct {
	Token  string     `b24:"botToken"`
	Filter listFilter `b24:"filter"`
	Limit  int64      `b24:"limit"`
	Offset int64      `b24:"offset"`
}

type listFilter struct {
	Type string `b24:"type"`
}

func (h handlers) list(ctx context.Context, c *rest.Call, p listParams) (phpform.Value, error) {
	o, err := owner(c, p.Token)
	if err != nil {
		return phpform.Value{}, err
	}
	limit := p.Limit
	if limit <= 0 {
		limit = 50
	}
	bots, err := h.Bots.SecondOf(ctx, o, botv2.TypeOf(strings.TrimSpace(p.Filter.Type)), max(p.Offset, 0), limit+1)
	if err != nil {
		return phpform.Value{}, err
	}
	more := int64(len(bots)) > limit
	bots = bots[:min(int64(len(bots)), limit)]
	list, ids := make([]phpform.Value, len(bots)), make([]int64, len(bots))
	for i, b := range bots {
		ids[i] = b.ID
		if list[i], err = h.ownBot(ctx, b); err != nil {
			return phpform.Value{}, err
		}
	}
	users, err := h.people(ctx, h.view(c), ids)
	return phpform.ArrayOf(entry("bots", phpform.ListOf(list...)), entry("users", phpform.ListOf(users...)), entry("hasNextPage", phpform.BoolOf(more))), err
}

// revisions are those of the documentation by which the methods were made.
type revisions struct {
	REST    int64 `json:"rest"`
	Web     int64 `json:"web"`
	Mobile  int64 `json:"mobile"`
	Desktop int64 `json:"desktop"`
}

func (h handlers) revision(context.Context, *rest.Call, rest.None) (revisions, error) {
	return revisions{REST: 36, Web: 130, Mobile: 23, Desktop: 6}, nil
}
