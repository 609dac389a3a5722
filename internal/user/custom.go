package user

import (
	"context"
	"io"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

// Entity is what the fields are of that administrators and applications add to the profiles of people.
const Entity = "USER"

// CustomFields returns the fields that were added to the profiles of people; they are not to be changed.
func (s *Service) CustomFields(ctx context.Context) ([]userfield.Field, error) {
	if s.custom == nil {
		return nil, nil
	}
	return s.custom.Fields(ctx, Entity)
}

// CustomValues returns what the users of ids have in the fields that were added; who has nothing is missing.
func (s *Service) CustomValues(ctx context.Context, ids []int64) (map[int64]userfield.Values, error) {
	if s.custom == nil {
		return nil, nil
	}
	return s.custom.Values(ctx, Entity, ids)
}

// Custom returns the fields that were added to profiles, as they are kept; nil: there are none.
func (s *Service) Custom() *userfield.Service { return s.custom }

// UploadCustom stores a file that a person is about to have in a field that was added, and returns its value for a change.
// Faults: those of userfield.Service.Upload.
func (s *Service) UploadCustom(ctx context.Context, f userfield.Field, name string, r io.Reader) (string, error) {
	return s.custom.Upload(ctx, f, name, r)
}

// storeCustomTx stores the values of a person in the fields that were added.
func (s *Service) storeCustomTx(ctx context.Context, tx *db.Tx, id int64, values userfield.Values, isNew bool) error {
	if s.custom == nil {
		return nil
	}
	return s.custom.SetTx(ctx, tx, Entity, id, values, isNew)
}
