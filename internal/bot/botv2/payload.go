package botv2

import (
	"context"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
)

// Payload returns the event of a new message as it is posted to a bot of the second generation, without access tokens: its name
// and its data. It is made by what makes the event itself, whatever the generation of b is.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/events.md#onimbotv2messageadd.
func (s *Service) Payload(ctx context.Context, b bot.Bot, m im.Message, chat im.Chat) (name string, data phpform.Value, err error) {
	h := happening{name: messageAdd, chat: chat, userID: m.AuthorID, specific: s.about(m)}
	background := ""
	if b.Second != nil {
		background = b.Second.Background
	}
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		person, err := s.userTx(ctx, tx, m.AuthorID)
		if err != nil {
			return err
		}
		h.folder, err = s.folderTx(ctx, tx, chat.ID)
		data = posted(s.payload(h, b.ID, background, person, put("bot", postedBot(b))))
		return err
	})
	return botPrefix + h.name, data, err
}
