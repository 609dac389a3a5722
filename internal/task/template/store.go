package template

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Get returns a template that actor sees: its people and administrators do. ErrNotFound.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (t Template, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = seenTx(ctx, tx, actor, id)
		return err
	})
	return t, err
}

func seenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Template, error) {
	t, err := readTx(ctx, tx, id)
	if err == nil && !t.sees(actor) {
		return Template{}, ErrNotFound
	}
	return t, err
}

func readTx(ctx context.Context, tx *db.Tx, id int64) (Template, error) {
	list, err := query(ctx, tx, "id = ?", id)
	if err != nil {
		return Template{}, err
	}
	if len(list) == 0 {
		return Template{}, ErrNotFound
	}
	return list[0], nil
}

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Template, error) {
	rows, err := tx.Query(ctx, "SELECT id, base_id, next_run, doc FROM task_template WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Template
	for rows.Next() {
		var t Template
		var id, base, next int64
		var doc string
		if err := rows.Scan(&id, &base, &next, &doc); err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &t); err != nil {
			return nil, fmt.Errorf("decode template %d: %w", id, err)
		}
		t.ID, t.BaseID, t.Next = id, base, db.Time(next)
		out = append(out, t)
	}
	return out, rows.Err()
}

// List returns the templates that actor made or is responsible for, administrators all, the newest first, at most limit after the
// first offset.
func (s *Service) List(ctx context.Context, actor user.Ref, offset, limit int64) (out []Template, err error) {
	where, args := "(created_by = ? OR responsible_id = ?)", []any{actor.ID, actor.ID}
	if actor.Admin {
		where, args = "1 = 1", nil
	}
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = query(ctx, tx, where+" ORDER BY id DESC LIMIT ? OFFSET ?", append(args, limit, offset)...)
		return err
	})
	return out, err
}

// Many returns those of the templates ids that actor sees, by their numbers.
func (s *Service) Many(ctx context.Context, actor user.Ref, ids []int64) (map[int64]Template, error) {
	out := map[int64]Template{}
	if len(ids) == 0 {
		return out, nil
	}
	err := s.c.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := query(ctx, tx, "id IN ("+db.Marks(len(ids))+")", db.Args(ids)...)
		for _, t := range list {
			if t.sees(actor) {
				out[t.ID] = t
			}
		}
		return err
	})
	return out, err
}

// Children returns how many templates are directly below one.
func (s *Service) Children(ctx context.Context, id int64) (n int64, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_template WHERE base_id = ?", id).Scan(&n)
	})
	return n, err
}

// Update changes a template as edit says: its creator may, and administrators. Faults: ErrNotFound, ErrDenied, ErrInvalid, and those of
// Attach for its files.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, edit func(t *Template) error) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.mineTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		creator := t.CreatedBy
		if err := edit(&t); err != nil {
			return err
		}
		if t.CreatedBy != creator && !actor.Admin {
			return ErrDenied
		}
		if err := t.clean(); err != nil {
			return err
		}
		if err := s.storeTx(ctx, tx, &t); err != nil {
			return err
		}
		return s.filesTx(ctx, tx, actor, &t)
	})
}

func (s *Service) storeTx(ctx context.Context, tx *db.Tx, t *Template) error {
	doc, err := s.readyTx(ctx, tx, t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE task_template SET created_by = ?, responsible_id = ?, base_id = ?, next_run = ?, doc = ? WHERE id = ?",
		t.CreatedBy, t.Responsibles[0], t.BaseID, db.Micro(t.Next), doc, t.ID)
	if err != nil {
		return fmt.Errorf("update template: %w", err)
	}
	return nil
}

// mineTx returns a template that actor may change, locked.
func (s *Service) mineTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Template, error) {
	if err := lockTx(ctx, tx, id); err != nil {
		return Template{}, err
	}
	t, err := seenTx(ctx, tx, actor, id)
	if err == nil && !t.edits(actor) {
		err = ErrDenied
	}
	return t, err
}

func lockTx(ctx context.Context, tx *db.Tx, id int64) error {
	return tx.Lock(ctx, fmt.Sprintf("task template %d", id))
}

// Delete removes a template with its checklists and takes its files off; those below it move up. Faults: ErrNotFound, ErrDenied.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.mineTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := s.lists.EraseTx(ctx, tx, id); err != nil {
			return err
		}
		if s.c.Attached != nil {
			if err := s.c.Attached.DetachAllTx(ctx, tx, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE task_template SET base_id = ? WHERE base_id = ?", t.BaseID, id); err != nil {
			return fmt.Errorf("move templates up: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_template WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete template: %w", err)
		}
		return nil
	})
}
