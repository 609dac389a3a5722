package user

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// AddBotTx creates a bot and returns its id. The e-mail address must not be that of a person: EMAIL_BUSY. Faults of
// validation and of the picture have Field set.
func (s *Service) AddBotTx(ctx context.Context, tx *db.Tx, p BotProfile) (int64, error) {
	u, err := s.createTx(ctx, tx, User{
		Kind: Bot, Active: true, Login: "bot_" + strings.ToLower(rand.Text()), Email: p.Email,
		FirstName: p.FirstName, LastName: p.LastName, Position: p.Position, Gender: p.Gender, Birthday: p.Birthday,
		WWW: p.WWW, ColorCode: p.ColorCode, TimeZone: p.TimeZone, Language: p.Language,
	}, "")
	if err != nil {
		return 0, err
	}
	if len(p.Avatar) > 0 {
		err = s.SetAvatarTx(ctx, tx, u.ID, p.Avatar)
	}
	return u.ID, err
}

// UpdateBotTx changes the profile of the bot id. Faults as of AddBotTx, and USER_NOT_FOUND.
func (s *Service) UpdateBotTx(ctx context.Context, tx *db.Tx, id int64, c BotChange) error {
	if err := s.mustBeBot(ctx, tx, id); err != nil {
		return err
	}
	_, err := s.updateTx(ctx, tx, id, Change{
		Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Position: c.Position, Gender: c.Gender,
		Birthday: c.Birthday, WWW: c.WWW, ColorCode: c.ColorCode, TimeZone: c.TimeZone, Language: c.Language,
	})
	if err != nil || c.Avatar == nil {
		return err
	}
	return s.SetAvatarTx(ctx, tx, id, *c.Avatar)
}

// HideBotTx keeps the bot id out of what people find (Query.Findable), or lets it be found again. Fault: USER_NOT_FOUND.
func (s *Service) HideBotTx(ctx context.Context, tx *db.Tx, id int64, hidden bool) error {
	if err := s.mustBeBot(ctx, tx, id); err != nil {
		return err
	}
	value := int64(0)
	if hidden {
		value = 1
	}
	if err := tx.Later(ctx, "UPDATE portal_user SET hidden = ? WHERE id = ?", value, id); err != nil {
		return fmt.Errorf("hide bot: %w", err)
	}
	return nil
}

// RemoveBotTx deactivates the bot id; it stays as the author of what it wrote. Fault: USER_NOT_FOUND.
func (s *Service) RemoveBotTx(ctx context.Context, tx *db.Tx, id int64) error {
	return s.setBotActiveTx(ctx, tx, id, 0)
}

// RestoreBotTx makes a bot active again that RemoveBotTx deactivated. Fault: USER_NOT_FOUND.
func (s *Service) RestoreBotTx(ctx context.Context, tx *db.Tx, id int64) error {
	return s.setBotActiveTx(ctx, tx, id, 1)
}

func (s *Service) setBotActiveTx(ctx context.Context, tx *db.Tx, id, active int64) error {
	if err := s.mustBeBot(ctx, tx, id); err != nil {
		return err
	}
	s.changedTx(tx, id)
	err := tx.Later(ctx, "UPDATE portal_user SET active = ?, updated = ? WHERE id = ?", active, db.Micro(s.now()), id)
	if err != nil {
		return fmt.Errorf("set whether bot is active: %w", err)
	}
	return nil
}

func (s *Service) mustBeBot(ctx context.Context, tx *db.Tx, id int64) error {
	u, err := s.GetTx(ctx, tx, id)
	if err == nil && u.Kind != Bot {
		return ErrNotFound
	}
	return err
}
