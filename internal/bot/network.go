package bot

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// AddNetworkTx makes the bot for a line of the network, which is the portal's own: no application hears of it or may change it.
// Its code is that of the line.
func (s *Service) AddNetworkTx(ctx context.Context, tx *db.Tx, code string, c user.BotChange) (int64, error) {
	id, err := s.users.AddBotTx(ctx, tx, s.profile(c))
	if err != nil {
		return 0, err
	}
	b := Bot{
		ID: id, Owner: Owner{Portal: true}, Code: code, Type: Network, Created: s.clock.Now(), Second: &Second{Mode: Fetch, Reactions: true},
	}
	return id, s.storeTx(ctx, tx, b)
}

// RestNetworkTx has such a bot found and written to no more, as if it were removed, or again. Fault: BOT_ID_ERROR.
func (s *Service) RestNetworkTx(ctx context.Context, tx *db.Tx, id int64, rest bool) error {
	if _, err := ownedTx(ctx, tx, Owner{Portal: true}, id); err != nil {
		return err
	}
	if rest {
		return s.users.RemoveBotTx(ctx, tx, id)
	}
	return s.users.RestoreBotTx(ctx, tx, id)
}

// ChangeNetworkTx changes the profile of such a bot. Fault: BOT_ID_ERROR.
func (s *Service) ChangeNetworkTx(ctx context.Context, tx *db.Tx, id int64, c user.BotChange) error {
	if _, err := ownedTx(ctx, tx, Owner{Portal: true}, id); err != nil {
		return err
	}
	return s.users.UpdateBotTx(ctx, tx, id, c)
}
