package botv2

import (
	"context"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
)

// MaxContext is the longest context of a link, in bytes.
const MaxContext = 16 << 10

// The faults of passing a context.
var (
	ErrContext = fault.New(fault.Invalid, "CONTEXT_INVALID", "The context of the link is no JSON of at most 16 KB.")
	ErrNoBot   = fault.New(fault.Invalid, "BOT_NOT_FOUND", "There is no bot in this dialog that takes a context.")
)

// PassContext tells the bots of the second generation in a dialog what the link that a person followed carried. Faults:
// CONTEXT_INVALID, BOT_NOT_FOUND, and those of opening the dialog.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bot-context.md.
func (s *Service) PassContext(ctx context.Context, bots *bot.Service, userID int64, dialogID, text string) error {
	data, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil || len(text) > MaxContext {
		return ErrContext.Because(err)
	}
	chat, err := s.cfg.IM.OpenDialog(ctx, dialogID, userID)
	if err != nil {
		return err
	}
	told, err := s.takers(ctx, bots, chat)
	if err != nil {
		return err
	}
	if len(told) == 0 {
		return ErrNoBot
	}
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		for _, b := range told {
			if err := s.ContextTx(ctx, tx, b, chat, userID, data); err != nil {
				return err
			}
		}
		return nil
	})
}

// takers returns the bots of the second generation in a chat.
func (s *Service) takers(ctx context.Context, bots *bot.Service, chat im.Chat) (out []bot.Bot, err error) {
	members, err := s.cfg.IM.BotsOf(ctx, chat.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		b, err := bots.FindSecond(ctx, m.UserID)
		if fault.Of(err).Code == bot.ErrNotFound.Code && err != nil {
			continue // one of the first generation
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
