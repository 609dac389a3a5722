package portal

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
)

// inbox is what the pages of conversations with clients need.
func (p *Portal) inbox(talks imweb.Embedded) openlineweb.Config {
	return openlineweb.Config{
		Conversations: p.Conversations, Lines: p.Lines, Answers: p.Answers, SharedAnswersURL: lineweb.AnswersURL, Users: p.Users, Chats: p.IM, Talks: talks,
		Connectors: p.connectorNames, Online: p.onlineOperators, Invisible: p.invisible, Find: p.findInConversations, Bots: p.lineBotIDs, Outside: p.channelOutside, Agreed: p.agreedTo, Categories: p.inboxCategories,
	}
}

// channelOutside returns what an application calls its channel on a line, and where operators find it.
func (p *Portal) channelOutside(ctx context.Context, connector string, lineID int64) (name, url string, err error) {
	ch, err := p.Connectors.ChannelOn(ctx, connector, lineID)
	return ch.Name, ch.ForOperators(), err
}

// findInConversations looks for words in conversations with clients: the messenger finds the messages, the conversations say which of them
// may be read.
func (p *Portal) findInConversations(ctx context.Context, sc openline.Scope, w openlineweb.Words) (out openlineweb.Found, err error) {
	out.Sessions = map[int64]openline.Session{}
	allow := func(ctx context.Context, tx *db.Tx, found []im.Spot) (map[int64]bool, error) {
		at := make([]openline.Spot, len(found))
		for i, f := range found {
			at[i] = openline.Spot(f)
		}
		readable, err := p.Conversations.ReadableTx(ctx, tx, sc, at)
		may := make(map[int64]bool, len(readable))
		for id, v := range readable {
			if w.Keep(v) {
				out.Sessions[id], may[id] = v, true
			}
		}
		return may, err
	}
	found, err := p.IM.SearchMessages(ctx, sc.UserID, im.SearchQuery{Text: w.Text, Before: w.Before, Limit: w.Limit, EntityType: openline.EntityType, Allow: allow})
	if errors.Is(err, im.ErrParams) { // signs alone
		return out, nil
	}
	if out.Messages = found.Messages; found.More {
		out.Next = found.Next
	}
	return out, err
}

// connectorNames returns the names of the channels by their ids.
func (p *Portal) connectorNames(ctx context.Context) (map[string]string, error) {
	out, err := p.Telegram.Names(ctx)
	if err != nil {
		return nil, err
	}
	all, err := p.Connectors.Names(ctx)
	for _, c := range all {
		out[c.Code] = c.Name
	}
	return out, err
}

// onlineOperators returns who can be asked to take a conversation.
func (p *Portal) onlineOperators(ctx context.Context, ids []int64) (out map[int64]bool, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = operators{p}.OnlineTx(ctx, tx, ids)
		return err
	})
	return out, err
}
