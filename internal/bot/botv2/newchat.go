package botv2

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// NewChat creates a group chat, in which its bot may manage even where somebody else is the owner, and writes a first message
// of the bot's unless it is empty. Faults are those of im.Service.CreateGroup and Send.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/chats/chat-add.md.
func (s *Service) NewChat(ctx context.Context, botID int64, g im.NewGroup, message string) (im.Chat, error) {
	g.MemberIDs, g.ManagerIDs = append(g.MemberIDs, botID), []int64{botID}
	return s.cfg.IM.CreateGroupAnd(ctx, g, func(tx *db.Tx, c im.Chat) error {
		if message == "" {
			return nil
		}
		if _, err := s.cfg.IM.SendTx(ctx, tx, im.NewMessage{ChatID: c.ID, AuthorID: botID, Text: message}); err != nil {
			return err
		}
		return addTx(ctx, tx, botID, 1, 0)
	})
}
