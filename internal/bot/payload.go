package bot

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// Payload returns the event of a new message as the handler of a bot of the first generation gets it, without access tokens: its
// name and its data. It is made by what makes the event itself, whatever the generation of b is.
// Page: api-reference/chat-bots/outdated/messages/events/on-imbot-message-add.md.
func (s *Service) Payload(ctx context.Context, b Bot, e MessageEvent) (name string, data phpform.Value, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		about, err := s.authorTx(ctx, tx, e.Message.AuthorID, true)
		data = envelope(&b, added.params(s, &b, &e), about)
		return err
	})
	return added.name, data, err
}
