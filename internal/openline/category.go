package openline

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Categories tells what conversations can be about.
type Categories interface {
	// NameTx returns the name of a category that conversations can get; "" where there is none.
	NameTx(ctx context.Context, tx *db.Tx, id int64) (string, error)
}

// SetCategory says what a conversation is about, whether it goes on or is over; 0: nobody knows. Who may is for the caller to check; see
// DoSort. Faults: ErrNoSession, ErrCategory.
func (s *Service) SetCategory(ctx context.Context, actor, sessionID, categoryID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := s.lockedTx(ctx, tx, sessionID)
		if err != nil || v.CategoryID == categoryID {
			return err
		}
		name := ""
		if categoryID != 0 && s.categories != nil {
			if name, err = s.categories.NameTx(ctx, tx, categoryID); err != nil {
				return fmt.Errorf("category of session: %w", err)
			}
		}
		if categoryID != 0 && name == "" {
			return ErrCategory
		}
		v.CategoryID = categoryID
		if err := saveSession(ctx, tx, &v); err != nil {
			return err
		}
		if err := s.countTx(ctx, tx, v); err != nil {
			return err
		}
		if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepSorted, ActorID: actor, Detail: Detail{Text: name}}); err != nil {
			return err
		}
		s.hintTx(tx, v)
		return nil
	})
}
