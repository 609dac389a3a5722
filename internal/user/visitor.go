package user

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// VisitorProfile is what is known of a client of an open channel.
type VisitorProfile struct {
	FirstName, LastName string
	Gender              string // "M", "F" or ""
	WWW                 string // of their profile in the channel
	Email, Phone        string // shown only; need not be unique
	Position            string // in the company that they write from
	ColorCode           string // empty or unknown: one by the name
	Avatar              []byte // empty: none
}

// AddVisitorTx creates a client of an open channel and returns their id. They cannot sign in. Faults of validation and of the picture have
// Field set.
func (s *Service) AddVisitorTx(ctx context.Context, tx *db.Tx, p VisitorProfile) (int64, error) {
	u, err := s.createTx(ctx, tx, User{
		Kind: Visitor, Active: true, Login: "visitor_" + strings.ToLower(rand.Text()), Email: p.Email,
		FirstName: p.FirstName, LastName: p.LastName, Gender: p.Gender, WWW: p.WWW, Mobile: p.Phone, Position: p.Position, ColorCode: p.ColorCode,
	}, "")
	if err != nil {
		return 0, err
	}
	if len(p.Avatar) > 0 {
		err = s.SetAvatarTx(ctx, tx, u.ID, p.Avatar)
	}
	return u.ID, err
}

// UpdateVisitorTx changes what is known of the client id; a nil Avatar leaves their picture. Faults as of AddVisitorTx, and USER_NOT_FOUND.
func (s *Service) UpdateVisitorTx(ctx context.Context, tx *db.Tx, id int64, p VisitorProfile) error {
	u, err := s.GetTx(ctx, tx, id)
	if err != nil {
		return err
	}
	if u.Kind != Visitor {
		return fault.New(fault.NotFound, "USER_NOT_FOUND", fmt.Sprintf("There is no client %d.", id))
	}
	_, err = s.updateTx(ctx, tx, id, Change{
		FirstName: &p.FirstName, LastName: &p.LastName, Gender: &p.Gender, WWW: &p.WWW, Email: &p.Email, Mobile: &p.Phone,
		Position: &p.Position,
	})
	if err != nil || len(p.Avatar) == 0 {
		return err
	}
	return s.SetAvatarTx(ctx, tx, id, p.Avatar)
}
