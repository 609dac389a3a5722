package file

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// trashPage is how much of the trash a page lists.
const trashPage = 50

// Discarded returns a page of what is in the trash by itself, the latest first: what actor threw away, what lies in the trash of their own
// drive and, for an administrator, in that of the company.
func (s *Service) Discarded(ctx context.Context, a Actor, start int64) (p Page[Node], err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p = Page[Node]{}
		drives, err := s.trashDrivesTx(ctx, tx, a)
		if err != nil {
			return err
		}
		where := "n.deleted_type = 3 AND n.deleted_by = ?"
		args := []any{a.UserID}
		if len(drives) > 0 {
			where = "n.deleted_type = 3 AND (n.deleted_by = ? OR n.storage_id IN (" + db.Marks(len(drives)) + "))"
			args = append(args, drives...)
		}
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM file_node n WHERE "+where, args...).Scan(&p.Total); err != nil {
			return fmt.Errorf("count trash: %w", err)
		}
		rows, err := tx.Query(ctx, "SELECT "+nodeColumns+" FROM "+nodeTables+" WHERE "+where+" ORDER BY n.deleted DESC, n.id DESC LIMIT ? OFFSET ?",
			append(args, trashPage, start)...)
		if err != nil {
			return fmt.Errorf("list trash: %w", err)
		}
		p.Items, err = scanNodes(rows)
		if next := start + trashPage; next < p.Total {
			p.Next = next
		}
		return err
	})
	return p, err
}

// trashDrivesTx returns the numbers of the drives whose whole trash is actor's to empty.
func (s *Service) trashDrivesTx(ctx context.Context, tx *db.Tx, a Actor) (out []any, err error) {
	person, err := s.people.PersonTx(ctx, tx, a.UserID)
	if err != nil {
		return nil, err
	}
	kinds := map[Type]int64{OfUser: a.UserID}
	if person.Admin {
		kinds[OfAll] = 0
	}
	for kind, entity := range kinds {
		t, err := storageTx(ctx, tx, kind, entity)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, t.ID)
	}
	return out, nil
}
