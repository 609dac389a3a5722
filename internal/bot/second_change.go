package bot

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// SecondUpdate is what of a bot of the second generation to change; nil leaves it as it is.
type SecondUpdate struct {
	BotID      int64
	Mode       *Mode
	WebhookURL *string
	Hidden     *bool
	Reactions  *bool
	OpenLine   *bool
	Background *string // an unknown one is none
	Token      string  // a new botToken; empty: as it is
	Profile    user.BotChange
}

// UpdateSecond changes a bot of an owner. An application has no botToken: a new one for its bot is refused as a rotation that
// failed.
//
// Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR, BOT_INVALID_EVENT_MODE, BOT_INVALID_CALLBACK, BOT_WEBHOOK_URL_REQUIRED,
// BOT_PROPERTIES_REQUIRED, BOT_TOKEN_ROTATION_FAILED, BOT_UPDATE_FAILED where a bot of the first generation is to have what only
// the second knows, and those of a picture.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-update.md.
func (s *Service) UpdateSecond(ctx context.Context, o Owner, u SecondUpdate) (b Bot, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		b, err = s.updateSecondTx(ctx, tx, o, u)
		return err
	})
	return b, err
}

func (s *Service) updateSecondTx(ctx context.Context, tx *db.Tx, o Owner, u SecondUpdate) (Bot, error) {
	if err := o.lock(ctx, tx); err != nil {
		return Bot{}, err
	}
	b, err := ownedTx(ctx, tx, o, u.BotID)
	if err != nil {
		return Bot{}, secondOwner(err)
	}
	if err := s.setSecondTx(ctx, tx, &b, u); err != nil {
		return Bot{}, err
	}
	if set(&b.OpenLine, u.OpenLine); b.Type == OpenLine {
		b.OpenLine = true
	}
	if u.Token != "" {
		if err := rotateTx(ctx, tx, &b, u.Token); err != nil {
			return Bot{}, err
		}
	}
	if u.Profile != (user.BotChange{}) {
		if err := s.changeProfileTx(ctx, tx, b.ID, u.Profile); err != nil {
			return Bot{}, pictureOr(ErrSecondUpdate, err)
		}
	}
	return b, s.storeTx(ctx, tx, b)
}

// setSecondTx changes what only bots of the second generation have.
func (s *Service) setSecondTx(ctx context.Context, tx *db.Tx, b *Bot, u SecondUpdate) error {
	if b.Second == nil {
		if u.Mode != nil || u.WebhookURL != nil || u.Hidden != nil || u.Reactions != nil || u.Background != nil || u.Token != "" {
			return ErrSecondUpdate // it hears of events as it was registered
		}
		return nil
	}
	second := *b.Second
	set(&second.Mode, u.Mode)
	set(&second.WebhookURL, u.WebhookURL)
	set(&second.Hidden, u.Hidden)
	set(&second.Reactions, u.Reactions)
	set(&second.Background, u.Background)
	if err := second.complete(); err != nil {
		return err
	}
	if second.Hidden != b.Second.Hidden {
		if err := s.users.HideBotTx(ctx, tx, b.ID, second.Hidden || b.Type == OpenLine); err != nil {
			return err
		}
	}
	b.Second = &second
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// rotateTx makes another botToken open b. Why it cannot is not said, so that nobody learns of others' tokens.
func rotateTx(ctx context.Context, tx *db.Tx, b *Bot, token string) error {
	if b.Owner.AppID != 0 || utf8.RuneCountInString(token) > MaxToken {
		return ErrSecondRotation
	}
	next := Owner{TokenHash: TokenHash(token)}
	if next == b.Owner {
		return nil
	}
	if err := next.lock(ctx, tx); err != nil {
		return err
	}
	taken, err := queryBots(ctx, tx, "WHERE owner = ?", next.key())
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return ErrSecondRotation
	}
	b.Owner = next
	return nil
}

// UnregisterSecond removes a bot of an owner on behalf of a user. Faults: BOT_NOT_FOUND, BOT_OWNERSHIP_ERROR.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/bots/bot-unregister.md.
func (s *Service) UnregisterSecond(ctx context.Context, o Owner, actorID, botID int64) error {
	return secondOwner(s.Unregister(ctx, o, actorID, botID))
}

// secondOwner gives what is wrong with a bot's id the codes of the second generation.
func secondOwner(err error) error {
	switch {
	case errors.Is(err, ErrNoBot):
		return ErrNotFound.Because(err)
	case errors.Is(err, ErrForeignBot):
		return ErrOwnership.Because(err)
	}
	return err
}

// pictureOr gives a refused picture its documented codes, and what else is refused f.
func pictureOr(f *fault.Fault, err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		inner, ok := e.(*fault.Fault) //nolint:errorlint // each of the chain is looked at
		if !ok {
			continue
		}
		switch inner.Code {
		case "AVATAR_TYPE":
			return ErrSecondPicture.Because(err)
		case "AVATAR_DIMENSIONS", "AVATAR_SIZE":
			return ErrSecondLarge.Because(err)
		case ErrName.Code:
			return ErrSecondProperties.Because(err)
		}
	}
	return because(f, err)
}
