package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Brief is what is said of the author of a message.
type Brief struct {
	ID                  int64
	Kind                Kind
	Active, Admin       bool
	Name                string // as shown
	FirstName, LastName string
	Position, Gender    string
}

// BriefTx returns a user inside a transaction, from memory where they are known. ErrNotFound when there is none.
func (s *Service) BriefTx(ctx context.Context, tx *db.Tx, id int64) (Brief, error) {
	known, _, _ := s.memory.get([]int64{id}, false)
	u, ok := known[id]
	if !ok {
		var err error
		if u, err = s.GetTx(ctx, tx, id); err != nil {
			return Brief{}, err
		}
	}
	return Brief{
		ID: u.ID, Kind: u.Kind, Active: u.Active, Admin: u.Admin, Name: u.DisplayName(), FirstName: u.FirstName,
		LastName: u.LastName, Position: u.Position, Gender: u.Gender,
	}, nil
}

// AccessTx returns whether a user may act on the portal and whether they are an administrator; neither for one who does
// not exist. It reads the database, not what is remembered.
func (s *Service) AccessTx(ctx context.Context, tx *db.Tx, id int64) (active, admin bool, err error) {
	err = tx.QueryRow(ctx, "SELECT active, admin FROM portal_user WHERE id = ?", id).Scan(&active, &admin)
	if errors.Is(err, db.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read access: %w", err)
	}
	return active, admin, nil
}
