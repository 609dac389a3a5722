package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
	"github.com/portico-hq/portico/internal/user"
)

// inbox is what the pages of conversations with clients need.
func (p *Portal) inbox(talks imweb.Embedded) openlineweb.Config {
	return openlineweb.Config{
		Conversations: p.Conversations, Lines: p.Lines, Users: p.Users, Chats: p.IM, Talks: talks,
		Scope: p.inboxScope, Connectors: p.connectorNames, Online: p.onlineOperators,
	}
}

// inboxScope returns which conversations somebody may see: those of the lines in which they answer, and what their roles allow.
func (p *Portal) inboxScope(ctx context.Context, actor user.Ref) (sc openline.Scope, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		sc = openline.Scope{UserID: actor.ID}
		if sc.Reach, err = p.Lines.HistoryTx(ctx, tx, actor); err != nil {
			return err
		}
		if sc.Reach.All {
			all, err := p.Lines.AllTx(ctx, tx)
			for _, l := range all {
				sc.Lines = append(sc.Lines, l.ID)
			}
			return err
		}
		sc.Lines, err = p.Lines.LinesOfTx(ctx, tx, actor.ID)
		return err
	})
	return sc, err
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
