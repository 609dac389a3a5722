package portal

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botweb"
	"github.com/portico-hq/portico/internal/console/consoleweb"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// botDesk is what the pages of bots ask of the portal.
type botDesk struct{ p *Portal }

var _ botweb.Desk = botDesk{}

// People returns those of ids who exist.
func (d botDesk) People(ctx context.Context, ids []int64) (map[int64]web.Person, error) {
	return people{d.p.Users}.People(ctx, ids)
}

// Owner says whose a bot is.
func (d botDesk) Owner(ctx context.Context, b bot.Bot) (string, error) {
	switch {
	case b.Owner.Portal:
		return "this portal, for a line of the Network", nil
	case b.Owner.TokenHash != "":
		return "a webhook with a botToken", nil
	case b.Owner.AppID == 0:
		return "a webhook as " + b.Owner.ClientID, nil
	}
	apps, err := d.p.Apps.List(ctx, everything) // names of applications are no secret
	for _, a := range apps {
		if a.ID == b.Owner.AppID {
			return a.Name, err
		}
	}
	return "application " + strconv.FormatInt(b.Owner.AppID, 10), err
}

// Places returns the chats of a bot.
func (d botDesk) Places(ctx context.Context, botID, limit int64) (out []botweb.Place, more bool, err error) {
	items, more, err := d.p.IM.Recent(ctx, botID, im.RecentQuery{Limit: limit})
	if err != nil {
		return nil, false, err
	}
	var ids []int64
	for _, it := range items {
		ids = append(ids, it.Peer)
	}
	who, err := d.People(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	for _, it := range items {
		p := botweb.Place{Title: it.Chat.Title, Members: it.Chat.MemberCount, Private: it.Peer != 0}
		if p.Private {
			p.Title = who[it.Peer].Name
		}
		out = append(out, p)
	}
	return out, more, nil
}

// SetDeadline stores a bot's deadline.
func (d botDesk) SetDeadline(ctx context.Context, actor user.Ref, botID, seconds int64) error {
	if seconds > int64(bot.MaxDeadline/time.Second) {
		return bot.ErrDeadline
	}
	return d.p.DB.Write(ctx, func(tx *db.Tx) error {
		if err := d.p.Bots.SetDeadline(ctx, tx, botID, time.Duration(seconds)*time.Second); err != nil {
			return err
		}
		return d.p.Audit.RecordTx(ctx, tx, audit.Entry{
			Type: "BOT_DEADLINE", Module: "bot", Item: strconv.FormatInt(botID, 10), UserID: actor.ID,
			Description: fmt.Sprintf("Set the deadline of the answers of bot %d to %d seconds.", botID, seconds),
		})
	})
}

// manyChoices is how many people are offered.
const manyChoices = 200

// Choices are the people in whose place actor may talk to a bot.
func (d botDesk) Choices(ctx context.Context, actor user.Ref) ([]botweb.Choice, error) {
	list, err := d.p.Users.List(ctx, user.Query{ActiveOnly: true, Kinds: []user.Kind{user.Employee, user.Extranet}, Limit: manyChoices})
	if err != nil {
		return nil, err
	}
	var out []botweb.Choice
	for _, u := range list {
		if u.ID == actor.ID {
			out = append([]botweb.Choice{{ID: u.ID, Name: u.DisplayName()}}, out...)
			continue
		}
		theirs, err := d.p.Users.RefOf(ctx, u)
		if err != nil {
			return nil, err
		}
		if actor.Admin || !theirs.Admin && actor.Access.Has(theirs.Access) {
			out = append(out, botweb.Choice{ID: u.ID, Name: u.DisplayName()})
		}
	}
	return out, nil
}

// Tabs are those of the console.
func (d botDesk) Tabs(current string, v web.Viewer) []web.Tab { return consoleweb.Tabs(current, v) }
