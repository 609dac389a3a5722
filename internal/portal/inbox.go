package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
)

// inbox is what the pages of conversations with clients need.
func (p *Portal) inbox(talks imweb.Embedded) openlineweb.Config {
	return openlineweb.Config{
		Conversations: p.Conversations, Lines: p.Lines, Users: p.Users, Chats: p.IM, Talks: talks,
		Connectors: p.connectorNames, Online: p.onlineOperators, Bots: p.lineBotIDs,
	}
}

// connectorNames returns the names of the channels by their ids.
func (p *Portal) connectorNames(ctx context.Context) (map[string]string, error) {
	all, err := p.Connectors.Names(ctx)
	out := make(map[string]string, len(all))
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
