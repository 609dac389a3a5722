package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// Links looks up what the links in messages lead to.
type Links interface {
	// AskTx asks for what the address in a message leads to. It must be quick.
	AskTx(ctx context.Context, tx *db.Tx, address string, chatID, messageID int64) error
}

// SetLinks names who looks links up. It must be called before the service is used; without it nobody does.
func (s *Service) SetLinks(l Links) { s.links = l }

// Link returns the address of which a card is shown below the message: the first that its text leads to. It is empty where no card is
// shown.
func (m Message) Link() string {
	if m.System || m.NoPreview || m.Unlinked || !m.Deleted.IsZero() {
		return ""
	}
	return firstLink(m.Text)
}

func firstLink(text string) string {
	if links := bbcode.Links(text, 1); len(links) > 0 {
		return links[0].URL
	}
	return ""
}

// askTx has the link of a message looked up.
func (s *Service) askTx(ctx context.Context, tx *db.Tx, m Message) error {
	if s.links == nil {
		return nil
	}
	address := m.Link()
	if address == "" {
		return nil
	}
	if err := s.links.AskTx(ctx, tx, address, m.ChatID, m.ID); err != nil {
		return fmt.Errorf("look up link: %w", err)
	}
	return nil
}

// Unlink takes the card of its link away from a message, on behalf of who sent it, however old it is: what it says stays as it was. It
// returns ErrCannotEdit, also for a message that does not exist or has no card.
func (s *Service) Unlink(ctx context.Context, actor, messageID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := messageTx(ctx, tx, messageID)
		if errors.Is(err, ErrNoMessage) || err == nil && (actor == 0 || m.SenderID != actor || m.Link() == "") {
			return ErrCannotEdit
		}
		if err != nil {
			return err
		}
		st, err := s.loadState(ctx, tx, m.ChatID)
		if err != nil {
			return err
		}
		if !st.has(actor) {
			return ErrCannotEdit
		}
		m.Unlinked = true
		if err := tx.Later(ctx, "UPDATE message SET flags = flags | ? WHERE id = ?", int64(flagUnlinked), m.ID); err != nil {
			return fmt.Errorf("take card away: %w", err)
		}
		d := sent{message: m, state: st, mentions: mentionsIn(m.Text)}
		tx.AfterCommit(func() { s.live.Publish(st.members, LiveChanged, liveMessage(d)) })
		return nil
	})
}
