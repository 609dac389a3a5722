package telegram

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// MaxUpdate is how many bytes an update may have that Telegram brings.
const MaxUpdate = 1 << 20

// Hook takes in an update that Telegram brings to the address with a code, with the secret that it was told. Faults: ErrNoBot, ErrSecret, and
// one of the kind Unavailable where it is to bring it again.
func (s *Service) Hook(ctx context.Context, code, secret string, raw []byte) error {
	var b Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		b, err = oneBot(ctx, tx, "WHERE code = ?", code)
		return err
	})
	switch {
	case err != nil:
		return err
	case b.Gone || b.Way != Hook:
		return ErrNoBot
	case !b.fits(secret):
		return ErrSecret
	}
	return s.take(ctx, b.ID, raw)
}
