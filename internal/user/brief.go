package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
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

// AccessTx returns whether a user may act on the portal and as whom; the zero values for one who does not exist. It reads
// the database, not what is remembered.
func (s *Service) AccessTx(ctx context.Context, tx *db.Tx, id int64) (active bool, who Ref, err error) {
	var kind Kind
	err = tx.QueryRow(ctx, "SELECT active, admin, kind FROM portal_user WHERE id = ?", id).Scan(&active, &who.Admin, &kind)
	if errors.Is(err, db.ErrNoRows) {
		return false, Ref{}, nil
	}
	if err != nil {
		return false, Ref{}, fmt.Errorf("read access: %w", err)
	}
	who.ID = id
	switch {
	case !active || kind != Employee:
	case who.Admin:
		who.Access = access.Everything
	default:
		who.Access, err = accessTx(ctx, tx, id)
	}
	return active, who, err
}

// accessTx returns what the roles of an employee allow.
func accessTx(ctx context.Context, tx *db.Tx, id int64) (set access.Set, err error) {
	const text = `SELECT r.permissions FROM role r WHERE r.code = 'employee'
		OR r.id IN (SELECT p.role_id FROM role_person p WHERE p.user_id = ?)
		OR r.id IN (SELECT g.role_id FROM role_department g WHERE g.department_id IN (
			WITH RECURSIVE up (id) AS (SELECT department_id FROM user_department WHERE user_id = ?
				UNION SELECT d.parent_id FROM department d JOIN up ON d.id = up.id)
			SELECT id FROM up))`
	err = each(ctx, tx, text, []any{id, id}, func(rows *sql.Rows) error {
		var permissions string
		err := rows.Scan(&permissions)
		set |= access.Parse(permissions)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read access: %w", err)
	}
	return set, nil
}
