package file

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
)

// Right is what somebody may do with a node; each includes those before it.
type Right int64

// The rights.
const (
	None Right = iota
	Read
	Add  // put something into a folder
	Edit // change, rename, delete
	Full // give others rights
)

// Right returns what actor may do with a node. Fault: FILE_NOT_FOUND.
func (s *Service) Right(ctx context.Context, a Actor, id int64) (r Right, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err := nodeTx(ctx, tx, id)
		if err == nil {
			r, err = s.rightTx(ctx, tx, a, n)
		}
		return err
	})
	return r, err
}

// rightTx returns what actor may do with n: the most of what its storage, given rights and, for a file, what it is attached to allow.
func (s *Service) rightTx(ctx context.Context, tx *db.Tx, a Actor, n Node) (Right, error) {
	p, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return None, err
	}
	if !p.Active {
		return None, nil
	}
	r, err := s.storageRightTx(ctx, tx, a, p, n)
	if err != nil || r == Full {
		return r, err
	}
	given, err := s.givenTx(ctx, tx, a, p, n.ID)
	if err != nil {
		return None, err
	}
	r = max(r, given)
	if r >= Add && n.CreatedBy == a.UserID && n.ParentID != 0 { // their own, in a place where they may put things
		r = max(r, Edit)
	}
	if r >= Read || n.Folder {
		return r, nil
	}
	return s.attachedRightTx(ctx, tx, a, n.ID)
}

// storageRightTx is what somebody may do in a storage. Administrators may see what belongs to people and to the company; the files of
// a chat are its members' alone, as its messages are.
func (s *Service) storageRightTx(ctx context.Context, tx *db.Tx, a Actor, p Person, n Node) (Right, error) {
	switch n.storageType {
	case OfUser:
		if n.entityID == a.UserID || p.Admin {
			return Full, nil
		}
	case OfAll:
		if p.Admin {
			return Full, nil
		}
		if p.Employee {
			return Edit, nil
		}
	case OfApp:
		if n.entityID == a.AppID && a.AppID != 0 {
			return Full, nil
		}
	case OfChat:
		member, err := s.mayReadTx(ctx, tx, Chat, a.UserID, n.entityID)
		switch {
		case err != nil || !member:
			return None, err
		case n.CreatedBy == a.UserID && n.ParentID != 0:
			return Full, nil
		}
		return Add, nil
	}
	return None, nil
}

func (s *Service) mayReadTx(ctx context.Context, tx *db.Tx, entity string, userID, id int64) (bool, error) {
	e := s.entities[entity]
	if e == nil {
		return false, nil
	}
	return e.MayReadTx(ctx, tx, userID, id)
}

// givenTx returns the most that was given to somebody on a node or above it.
func (s *Service) givenTx(ctx context.Context, tx *db.Tx, a Actor, p Person, id int64) (Right, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE up (id, parent_id) AS (
			SELECT id, parent_id FROM file_node WHERE id = ?
			UNION ALL SELECT n.id, n.parent_id FROM file_node n JOIN up ON n.id = up.parent_id
		) SELECT r.code, r.level FROM up JOIN file_right r ON r.node_id = up.id`, id)
	if err != nil {
		return None, fmt.Errorf("read rights: %w", err)
	}
	given, err := scanAll(rows, func(g *Given) []any { return []any{&g.Code, &g.Right} })
	if err != nil || len(given) == 0 {
		return None, err
	}
	codes, err := s.people.CodesTx(ctx, tx, a.UserID)
	if err != nil {
		return None, err
	}
	most := None
	for _, g := range given {
		if g.Code == "U"+strconv.FormatInt(a.UserID, 10) || g.Code == "*" && p.Employee || slices.Contains(codes, g.Code) {
			most = max(most, g.Right)
		}
	}
	return most, nil
}

// attachedRightTx returns Read where somebody may see one of the things that a file is attached to.
func (s *Service) attachedRightTx(ctx context.Context, tx *db.Tx, a Actor, id int64) (Right, error) {
	rows, err := tx.Query(ctx, "SELECT entity, entity_id FROM file_attached WHERE node_id = ? ORDER BY id DESC", id)
	if err != nil {
		return None, fmt.Errorf("read attachments: %w", err)
	}
	places, err := scanAll(rows, func(p *Place) []any { return []any{&p.Entity, &p.ID} })
	if err != nil {
		return None, err
	}
	for _, p := range places {
		may, err := s.mayReadTx(ctx, tx, p.Entity, a.UserID, p.ID)
		if err != nil {
			return None, err
		}
		if may {
			return Read, nil
		}
	}
	return None, nil
}

// Given is a right that was given to somebody.
type Given struct {
	Code  string // "U5", "D3", "DR3" or "*"
	Right Right  // None takes it away
}

// giveTx stores rights on a node.
func giveTx(ctx context.Context, tx *db.Tx, id int64, list []Given) error {
	for _, g := range list {
		if g.Right == None {
			if _, err := tx.Exec(ctx, "DELETE FROM file_right WHERE node_id = ? AND code = ?", id, g.Code); err != nil {
				return fmt.Errorf("take right: %w", err)
			}
			continue
		}
		const add = `INSERT INTO file_right (node_id, code, level) VALUES (?, ?, ?)
			ON CONFLICT (node_id, code) DO UPDATE SET level = excluded.level`
		if _, err := tx.Exec(ctx, add, id, g.Code, g.Right); err != nil {
			return fmt.Errorf("give right: %w", err)
		}
	}
	return nil
}

// Give gives others rights on a node. Nobody can give more than they have. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Give(ctx context.Context, a Actor, id int64, list []Given) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := nodeTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.mayGiveTx(ctx, tx, a, n, list); err != nil {
			return err
		}
		return giveTx(ctx, tx, id, list)
	})
}

// mayGiveTx returns ErrAccess where actor must not give rights on a node, or on what they put into it.
func (s *Service) mayGiveTx(ctx context.Context, tx *db.Tx, a Actor, n Node, list []Given) error {
	if len(list) == 0 {
		return nil
	}
	own, err := s.rightTx(ctx, tx, a, n)
	if err != nil {
		return err
	}
	for _, g := range list {
		if own < Edit || g.Right > own {
			return ErrAccess
		}
	}
	return nil
}
