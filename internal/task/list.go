package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
)

// Records are the tasks as records: what their fields are, and the language in which they are asked for.
func (s *Service) Records() *record.Store { return s.records }

// View returns the fields of tasks, with those that were added.
func (s *Service) View(ctx context.Context) (*record.View, error) { return s.records.View(ctx) }

// List returns the tasks that fit q and that actor may see; q's Scope may narrow that, its Viewer is set here.
func (s *Service) List(ctx context.Context, actor user.Ref, q record.Query) (page record.Page, err error) {
	q.Viewer = actor.ID
	// What somebody does or handed out they may see: a check of roles would only cost time.
	q.Granted = q.Filter.Requires("RESPONSIBLE_ID", actor.ID) || q.Filter.Requires("CREATED_BY", actor.ID)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		seen, err := s.SeenTx(ctx, tx, actor, "t.id")
		if err != nil {
			return err
		}
		inner := q
		switch {
		case q.Scope.Text == "":
			inner.Scope = seen
		case seen.Text != "":
			inner.Scope = record.SQL{Text: "(" + q.Scope.Text + ") AND " + seen.Text, Args: append(slices.Clone(q.Scope.Args), seen.Args...)}
		}
		inner.Granted = q.Granted && q.Scope.Text == ""
		if inner.Filter, err = s.peopleTx(ctx, tx, actor, q.Filter); err != nil {
			return err
		}
		page, err = s.records.ListTx(ctx, tx, inner)
		return err
	})
	return page, err
}

// Row returns fields of the task id as actor sees them. ErrNotFound where they do not see it.
func (s *Service) Row(ctx context.Context, actor user.Ref, id int64, fields []*record.Field) (row []any, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		rows, err := s.records.RowsTx(ctx, tx, actor.ID, fields, []int64{id})
		if err == nil {
			row = rows[0]
		}
		return err
	})
	return row, err
}

// Rows returns fields of the tasks ids as actor sees them, in the order of ids. Whether they see them is not looked at: ids come from
// a List.
func (s *Service) Rows(ctx context.Context, actor user.Ref, ids []int64, fields []*record.Field) (rows [][]any, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err = s.records.RowsTx(ctx, tx, actor.ID, fields, ids)
		return err
	})
	return rows, err
}

// Labels returns the numbers of tags, by the tags in lower case.
func (s *Service) Labels(ctx context.Context, tags []string) (map[string]int64, error) {
	out := map[string]int64{}
	if len(tags) == 0 {
		return out, nil
	}
	b := &builder{}
	b.add("SELECT tag_lower, id FROM task_label WHERE tag_lower IN ")
	folded := make([]any, len(tags))
	for i, tag := range tags {
		folded[i] = record.Fold(tag)
	}
	b.in(folded)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, b.sql.String(), b.args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var tag string
			var id int64
			if err := rows.Scan(&tag, &id); err != nil {
				return err
			}
			out[tag] = id
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("numbers of tags: %w", err)
	}
	return out, nil
}

// IsFavorite reports whether the task id is a favourite of the user.
func (s *Service) IsFavorite(ctx context.Context, userID, id int64) (favorite bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_view WHERE task_id = ? AND user_id = ? AND favorite = 1", id, userID).Scan(&n)
		favorite = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("favourite: %w", err)
	}
	return favorite, nil
}
