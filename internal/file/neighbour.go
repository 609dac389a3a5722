package file

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Neighbours returns the pictures that were put into the folder of n before and after it, for somebody who may read it; 0 where there
// is none.
func (s *Service) Neighbours(ctx context.Context, a Actor, n Node) (before, after int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.withRightTx(ctx, tx, a, n.ParentID, Read); err != nil {
			if errors.Is(err, ErrAccess) {
				return nil // the file was shared with them, not its folder
			}
			return err
		}
		args := append([]any{n.ParentID}, db.Args(pictures)...)
		q := `SELECT COALESCE(%s(n.id), 0) FROM file_node n JOIN file_blob b ON b.sum = n.sum
			WHERE n.parent_id = ? AND n.deleted_type = 0 AND n.folder = 0 AND b.type IN (` + db.Marks(len(pictures)) + ") AND n.id %s ?"
		args = append(args, n.ID)
		if err := tx.QueryRow(ctx, fmt.Sprintf(q, "MAX", "<"), args...).Scan(&before); err != nil {
			return fmt.Errorf("find picture before: %w", err)
		}
		if err := tx.QueryRow(ctx, fmt.Sprintf(q, "MIN", ">"), args...).Scan(&after); err != nil {
			return fmt.Errorf("find picture after: %w", err)
		}
		return nil
	})
	return before, after, err
}
