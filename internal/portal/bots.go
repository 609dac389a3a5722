package portal

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// botCommands tells people what bots understand, and bots which of their buttons were pressed.
type botCommands struct {
	bots   *bot.Service
	im     *im.Service
	users  *user.Service
	second *botv2.Service
}

var _ imweb.Commands = botCommands{}

// errNoCommand is what somebody reads whose button leads nowhere.
var errNoCommand = fault.New(fault.NotFound, "NO_COMMAND", "The bot does not know this command any more.")

// Press tells the bot of a button that somebody pressed it.
func (c botCommands) Press(ctx context.Context, p imweb.Press) error {
	how := bot.FromKeyboard
	if p.Item {
		how = bot.FromMenu
	}
	err := c.bots.Invoke(ctx, bot.Invocation{
		UserID: p.UserID, MessageID: p.Message.ID, BotID: p.Button.BotID, Command: p.Button.Command, Params: p.Button.CommandParams,
		Context: how, Platform: p.Platform,
	})
	if errors.Is(err, bot.ErrInvokeBot) || errors.Is(err, bot.ErrInvokeCommand) || errors.Is(err, bot.ErrInvokeEmpty) {
		return errNoCommand.Because(err)
	}
	return err
}

// PassContext passes on what a link to a bot's dialog carried.
func (c botCommands) PassContext(ctx context.Context, actor int64, dialogID, data string) error {
	return c.second.PassContext(ctx, c.bots, actor, dialogID, data)
}

// background returns the background that a bot chose.
func (c botCommands) background(ctx context.Context, botID int64) (string, error) {
	b, err := c.bots.FindSecond(ctx, botID)
	switch {
	case errors.Is(err, bot.ErrNotFound): // one of the first generation
		return "", nil
	case err != nil:
		return "", err
	}
	return b.Second.Background, nil
}

// Offered returns the commands that a person may write in a chat.
func (c botCommands) Offered(ctx context.Context, v web.Viewer, chat im.Chat) ([]imweb.Command, error) {
	who, err := c.users.Get(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	var members []int64
	switch {
	case chat.ID != 0:
		bots, err := c.im.BotsOf(ctx, chat.ID)
		if err != nil {
			return nil, err
		}
		for _, b := range bots {
			members = append(members, b.UserID)
		}
	case chat.Type == im.Private:
		members = append(members, chat.Peer(v.ID)) // nothing has been said yet
	}
	found, err := c.bots.Offered(ctx, bot.Chat{ID: chat.ID, Type: string(chat.Type), EntityType: chat.EntityType}, members, who.Kind == user.Extranet)
	if err != nil {
		return nil, err
	}
	out := make([]imweb.Command, len(found))
	for i, f := range found {
		help := f.In(v.Language)
		out[i] = imweb.Command{BotID: f.BotID, Name: strings.TrimPrefix(f.Name, "/"), Title: help.Title, Params: help.Params}
	}
	return out, nil
}

// botNotes tells the messenger's methods what bots are.
type botNotes struct{ bots *bot.Service }

var _ imrest.Bots = botNotes{}

// wireTypes are the types of bots as the messenger's answers name them.
var wireTypes = map[bot.Type]string{
	bot.Standard: "bot", bot.Human: "bot", bot.Supervisor: "supervisor", bot.OpenLine: "openline",
	bot.Network: "network",
}

// Describe returns what the users of ids are as bots; those who are none are missing.
func (n botNotes) Describe(ctx context.Context, ids []int64) (map[int64]imrest.Bot, error) {
	all, err := n.bots.List(ctx)
	if err != nil {
		return nil, err
	}
	out := map[int64]imrest.Bot{}
	for _, b := range all {
		if slices.Contains(ids, b.ID) {
			out[b.ID] = imrest.Bot{
				Code: b.Code, Type: wireTypes[b.Type], AppID: b.Owner.ClientID, OpenLine: b.OpenLine,
			}
		}
	}
	return out, nil
}
