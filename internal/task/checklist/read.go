package checklist

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

const (
	itemColumns = "i.id, i.owner_id, i.parent_id, i.title, i.sort, i.complete, i.important, i.created_by, i.toggled_by, i.toggled"
	chunk       = 500 // ids in one statement
)

// Query says which items to read, in which order; none is the newest first.
type Query struct {
	Filter []part.Condition
	Order  []part.Order
}

// List returns the items of an owner's checklists that fit q.
func (s *Service) List(ctx context.Context, actor user.Ref, ownerID int64, q Query) (out []Item, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.owners.OpenTx(ctx, tx, actor, ownerID, false); err != nil {
			return err
		}
		out, err = s.listTx(ctx, tx, ownerID, q)
		return err
	})
	return out, err
}

// AllTx returns the items of an owner's checklists, the parents before their parts, whoever asks.
func (s *Service) AllTx(ctx context.Context, tx *db.Tx, ownerID int64) ([]Item, error) {
	return s.listTx(ctx, tx, ownerID, Query{Order: []part.Order{{Name: "PARENT_ID"}, {Name: "SORT_INDEX"}, {Name: "ID"}}})
}

func (s *Service) listTx(ctx context.Context, tx *db.Tx, ownerID int64, q Query) ([]Item, error) {
	where, args := columns.Where(q.Filter)
	items, err := query(ctx, tx, "i.kind = ? AND i.owner_id = ?"+where+columns.OrderBy(q.Order, "i.id DESC"),
		append([]any{string(s.kind), ownerID}, args...)...)
	if err != nil {
		return nil, err
	}
	return items, s.fillTx(ctx, tx, items)
}

// query reads items without their members.
func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Item, error) {
	rows, err := tx.Query(ctx, "SELECT "+itemColumns+" FROM task_checklist i WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read checklist: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Item
	for rows.Next() {
		var i Item
		var complete, important, toggled int64
		err := rows.Scan(&i.ID, &i.OwnerID, &i.ParentID, &i.Title, &i.Sort, &complete, &important, &i.CreatedBy, &i.ToggledBy, &toggled)
		if err != nil {
			return nil, fmt.Errorf("read checklist: %w", err)
		}
		i.Complete, i.Important, i.Toggled = complete != 0, important != 0, db.Time(toggled)
		out = append(out, i)
	}
	return out, rows.Err()
}

// fillTx reads what belongs to items: their people and files.
func (s *Service) fillTx(ctx context.Context, tx *db.Tx, items []Item) error {
	if err := readMembers(ctx, tx, items); err != nil {
		return err
	}
	return s.readFilesTx(ctx, tx, items)
}

func readMembers(ctx context.Context, tx *db.Tx, items []Item) error {
	at := make(map[int64]*Item, len(items))
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
		at[items[i].ID] = &items[i]
	}
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		if err := readMembersOf(ctx, tx, at, ids[:n]); err != nil {
			return fmt.Errorf("read members of checklist: %w", err)
		}
		ids = ids[n:]
	}
	return nil
}

func readMembersOf(ctx context.Context, tx *db.Tx, at map[int64]*Item, ids []int64) error {
	rows, err := tx.Query(ctx, "SELECT item_id, user_id, role FROM task_checklist_member WHERE item_id IN "+part.Marks(len(ids))+
		" ORDER BY item_id, user_id", db.Args(ids)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var m Member
		if err := rows.Scan(&id, &m.UserID, &m.Role); err != nil {
			return err
		}
		at[id].Members = append(at[id].Members, m)
	}
	return rows.Err()
}

// Get returns an item of an owner's checklists. ErrNotFound where it belongs elsewhere.
func (s *Service) Get(ctx context.Context, actor user.Ref, ownerID, id int64) (out Item, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.owners.OpenTx(ctx, tx, actor, ownerID, false); err != nil {
			return err
		}
		out, err = s.itemTx(ctx, tx, ownerID, id)
		return err
	})
	return out, err
}

// itemTx returns an item of an owner.
func (s *Service) itemTx(ctx context.Context, tx *db.Tx, ownerID, id int64) (Item, error) {
	i, err := s.anyTx(ctx, tx, id)
	if err == nil && i.OwnerID != ownerID {
		return Item{}, ErrNotFound
	}
	return i, err
}

// anyTx returns an item of any owner.
func (s *Service) anyTx(ctx context.Context, tx *db.Tx, id int64) (Item, error) {
	items, err := query(ctx, tx, "i.id = ? AND i.kind = ?", id, string(s.kind))
	if err != nil {
		return Item{}, err
	}
	if len(items) == 0 {
		return Item{}, ErrNotFound
	}
	err = s.fillTx(ctx, tx, items)
	return items[0], err
}

// Action is something that may be done with an item.
type Action int64

// The actions, as api-reference/tasks/checklist-item/task-checklist-item-is-action-allowed.md numbers them.
const (
	Add Action = iota + 1
	Modify
	Remove
	Toggle
	Reorder
)

// May reports whether actor may do something with an item of an owner; false too where there is no such item, owner or action.
func (s *Service) May(ctx context.Context, actor user.Ref, ownerID, id int64, a Action) (may bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err := s.owners.OpenTx(ctx, tx, actor, ownerID, false)
		if err != nil {
			return err
		}
		if _, err := s.itemTx(ctx, tx, ownerID, id); err != nil {
			return err
		}
		may = a == Toggle && r.Toggle || a >= Add && a <= Reorder && a != Toggle && r.Edit
		return nil
	})
	return may, err
}

// Node is an item with its parts.
type Node struct {
	Item

	Parts       []*Node
	Done, Total int // of the items below it, on all levels
}

// Percent returns how much is done, 0 to 100.
func (n *Node) Percent() int {
	if n.Total == 0 {
		return 0
	}
	return 100 * n.Done / n.Total
}

// Trees returns the checklists of an owner, each with its items in their order and how much of them is done, and what actor may do.
func (s *Service) Trees(ctx context.Context, actor user.Ref, ownerID int64) (roots []*Node, r Rights, err error) {
	var items []Item
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if r, err = s.owners.OpenTx(ctx, tx, actor, ownerID, false); err != nil {
			return err
		}
		items, err = s.AllTx(ctx, tx, ownerID)
		return err
	})
	return grow(items), r, err
}

// grow makes trees of items.
func grow(items []Item) (roots []*Node) {
	nodes := make(map[int64]*Node, len(items))
	for _, i := range items {
		nodes[i.ID] = &Node{Item: i}
	}
	for _, i := range items {
		n := nodes[i.ID]
		if up := nodes[i.ParentID]; up != nil {
			up.Parts = append(up.Parts, n)
		} else {
			roots = append(roots, n)
		}
	}
	for _, n := range roots {
		n.count()
	}
	return roots
}

func (n *Node) count() {
	for _, p := range n.Parts {
		p.count()
		n.Total += p.Total + 1
		n.Done += p.Done
		if p.Complete {
			n.Done++
		}
	}
}

// Progress is how much of a task's checklists is done.
type Progress struct{ Done, Total int64 }

// ProgressTx returns the progress of those of ownerIDs that have items, whoever asks.
func (s *Service) ProgressTx(ctx context.Context, tx *db.Tx, ownerIDs []int64) (map[int64]Progress, error) {
	out := map[int64]Progress{}
	for len(ownerIDs) > 0 {
		n := min(len(ownerIDs), chunk)
		rows, err := tx.Query(ctx, "SELECT owner_id, SUM(complete), COUNT(*) FROM task_checklist WHERE kind = ? AND owner_id IN "+
			part.Marks(n)+" AND parent_id <> 0 GROUP BY owner_id", append([]any{string(s.kind)}, db.Args(ownerIDs[:n])...)...)
		if err != nil {
			return nil, fmt.Errorf("read progress of checklists: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			var p Progress
			if err := rows.Scan(&id, &p.Done, &p.Total); err != nil {
				return nil, fmt.Errorf("read progress of checklists: %w", err)
			}
			out[id] = p
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read progress of checklists: %w", err)
		}
		ownerIDs = ownerIDs[n:]
	}
	return out, nil
}

// IDs returns the items of the checklists of ownerIDs, the checklists themselves among them, by owner and in the order in which they were
// added. Whether somebody may see them is not looked at.
func (s *Service) IDs(ctx context.Context, ownerIDs []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		for ids := range slices.Chunk(ownerIDs, chunk) {
			rows, err := tx.Query(ctx, "SELECT owner_id, id FROM task_checklist WHERE kind = ? AND owner_id IN "+part.Marks(len(ids))+" ORDER BY id",
				append([]any{string(s.kind)}, db.Args(ids)...)...)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var owner, id int64
				if err := rows.Scan(&owner, &id); err != nil {
					return err
				}
				out[owner] = append(out[owner], id)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("items of checklists: %w", err)
	}
	return out, nil
}
