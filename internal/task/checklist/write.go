package checklist

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// firstTitle is what the checklist is called that is made for an item without one.
const firstTitle = "Checklist 1"

// Add stores an item and gives its people roles in the owner. Faults: ErrDenied, ErrTitle, ErrLong, ErrMembers, ErrFull, ErrDepth.
func (s *Service) Add(ctx context.Context, actor user.Ref, ownerID int64, n New) (out Item, err error) {
	if n.Title, err = cleanTitle(n.Title); err != nil {
		return Item{}, err
	}
	members, err := cleanMembers(n.Members)
	if err != nil {
		return Item{}, err
	}
	err = s.edit(ctx, actor, ownerID, func(tx *db.Tx) error {
		out = Item{
			OwnerID: ownerID, Title: n.Title, Complete: n.Complete, Important: n.Important, CreatedBy: actor.ID, Members: members,
		}
		if n.Complete {
			out.ToggledBy, out.Toggled = actor.ID, s.clock.Now().UTC()
		}
		if err := s.roomTx(ctx, tx, ownerID); err != nil {
			return err
		}
		if out.ParentID, err = s.parentOfNew(ctx, tx, actor, ownerID, n.ParentID); err != nil {
			return err
		}
		if out.Sort, err = s.place(ctx, tx, ownerID, out.ParentID, n.Sort); err != nil {
			return err
		}
		if err := s.insertTx(ctx, tx, &out); err != nil {
			return err
		}
		return s.tellTx(ctx, tx, actor, ownerID, out.Members, task.Note{Field: task.NoteChecklistAdd, To: out.Title})
	})
	return out, err
}

// edit runs f where actor may edit the checklists of an owner.
func (s *Service) edit(ctx context.Context, actor user.Ref, ownerID int64, f func(tx *db.Tx) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		r, err := s.owners.OpenTx(ctx, tx, actor, ownerID, true)
		if err != nil {
			return err
		}
		if !r.Edit {
			return ErrDenied
		}
		return f(tx)
	})
}

// tellTx shares the owner with people of an item and writes the history.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, actor user.Ref, ownerID int64, members []Member, notes ...task.Note) error {
	var accomplices, auditors []int64
	for _, m := range members {
		if m.Role == Accomplice {
			accomplices = append(accomplices, m.UserID)
		} else {
			auditors = append(auditors, m.UserID)
		}
	}
	if len(members) > 0 {
		if err := s.owners.ShareTx(ctx, tx, actor, ownerID, accomplices, auditors); err != nil {
			return err
		}
	}
	return s.owners.ChangedTx(ctx, tx, actor, ownerID, notes...)
}

func cleanTitle(title string) (string, error) {
	title = strings.TrimSpace(title)
	switch {
	case title == "":
		return "", ErrTitle
	case utf8.RuneCountInString(title) > MaxTitle:
		return "", ErrLong
	}
	return title, nil
}

// cleanMembers sorts members by their ids; who is there twice keeps the role that says more.
func cleanMembers(in []Member) (out []Member, err error) {
	roles := map[int64]Role{}
	for _, m := range in {
		if roles[m.UserID] != Accomplice {
			roles[m.UserID] = m.Role
		}
	}
	if len(roles) > MaxMembers {
		return nil, ErrMembers
	}
	for id, role := range roles {
		out = append(out, Member{id, role})
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Compare(a.UserID, b.UserID) })
	return out, nil
}

// roomTx returns ErrFull where an owner has all the items that it can have.
func (s *Service) roomTx(ctx context.Context, tx *db.Tx, ownerID int64) error {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_checklist WHERE kind = ? AND owner_id = ?", string(s.kind), ownerID).Scan(&n)
	if err != nil {
		return fmt.Errorf("count items of checklists: %w", err)
	}
	if n >= MaxItems {
		return ErrFull
	}
	return nil
}

// parentOfNew returns the parent of a new item: the first checklist, made where there is none, if the caller names none.
func (s *Service) parentOfNew(ctx context.Context, tx *db.Tx, actor user.Ref, ownerID int64, given *int64) (int64, error) {
	if given != nil {
		return s.parentTx(ctx, tx, ownerID, *given, 1)
	}
	var id int64
	err := tx.QueryRow(ctx, "SELECT id FROM task_checklist WHERE kind = ? AND owner_id = ? AND parent_id = 0 ORDER BY sort, id LIMIT 1",
		string(s.kind), ownerID).Scan(&id)
	if err == nil || !errors.Is(err, db.ErrNoRows) {
		return id, err
	}
	root := Item{OwnerID: ownerID, Title: firstTitle, CreatedBy: actor.ID}
	if err := s.insertTx(ctx, tx, &root); err != nil {
		return 0, err
	}
	return root.ID, s.tellTx(ctx, tx, actor, ownerID, nil, task.Note{Field: task.NoteChecklistAdd, To: root.Title})
}

// parentTx returns given where the owner has such an item, else 0. ErrDepth where height levels do not fit below it.
func (s *Service) parentTx(ctx context.Context, tx *db.Tx, ownerID, given int64, height int) (int64, error) {
	path, err := s.pathTx(ctx, tx, ownerID, given)
	if err != nil || len(path) == 0 {
		return 0, err
	}
	if len(path)+height > MaxDepth+1 {
		return 0, ErrDepth
	}
	return given, nil
}

// pathTx returns the items above and with id, the lowest first; none where the owner has no such item.
func (s *Service) pathTx(ctx context.Context, tx *db.Tx, ownerID, id int64) (path []int64, err error) {
	for id > 0 {
		var up int64
		err := tx.QueryRow(ctx, "SELECT parent_id FROM task_checklist WHERE id = ? AND kind = ? AND owner_id = ?", id, string(s.kind), ownerID).Scan(&up)
		if errors.Is(err, db.ErrNoRows) {
			return path, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read parent in checklist: %w", err)
		}
		path, id = append(path, id), up
	}
	return path, nil
}

// place returns the sort index of a new part of parent: the given one, or the end.
func (s *Service) place(ctx context.Context, tx *db.Tx, ownerID, parent int64, given *int64) (int64, error) {
	if given != nil {
		return *given, nil
	}
	var last sql.NullInt64
	err := tx.QueryRow(ctx, "SELECT MAX(sort) FROM task_checklist WHERE kind = ? AND owner_id = ? AND parent_id = ?",
		string(s.kind), ownerID, parent).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("read last of checklist: %w", err)
	}
	if !last.Valid {
		return 0, nil
	}
	return last.Int64 + 1, nil
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, i *Item) (err error) {
	i.ID, err = tx.Insert(ctx, `INSERT INTO task_checklist (kind, owner_id, parent_id, title, sort, complete, important,
		created_by, toggled_by, toggled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, string(s.kind), i.OwnerID, i.ParentID, i.Title, i.Sort,
		db.Bit(i.Complete), db.Bit(i.Important), i.CreatedBy, i.ToggledBy, db.Micro(i.Toggled))
	if err != nil {
		return fmt.Errorf("insert item of checklist: %w", err)
	}
	return insertMembers(ctx, tx, i.ID, i.Members)
}

func insertMembers(ctx context.Context, tx *db.Tx, id int64, members []Member) error {
	if len(members) == 0 {
		return nil
	}
	var args []any
	for _, m := range members {
		args = append(args, id, m.UserID, string(m.Role))
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(members)), ", ")
	if _, err := tx.Exec(ctx, "INSERT INTO task_checklist_member (item_id, user_id, role) VALUES "+rows, args...); err != nil {
		return fmt.Errorf("insert members of checklist: %w", err)
	}
	return nil
}

// Update changes an item. Faults: ErrDenied, ErrNotFound, ErrTitle, ErrLong, ErrMembers, ErrDepth, ErrCycle.
func (s *Service) Update(ctx context.Context, actor user.Ref, ownerID, id int64, c Change) (out Item, err error) {
	if c.Title != nil {
		title, err := cleanTitle(*c.Title)
		if err != nil {
			return Item{}, err
		}
		c.Title = &title
	}
	err = s.edit(ctx, actor, ownerID, func(tx *db.Tx) error {
		before, err := s.itemTx(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		out = before
		if err := s.applyTx(ctx, tx, actor, &out, c); err != nil {
			return err
		}
		if err := s.updateTx(ctx, tx, before, out); err != nil {
			return err
		}
		var members []Member
		if c.Members != nil {
			members = out.Members
		}
		return s.tellTx(ctx, tx, actor, ownerID, members, notesOf(before, out)...)
	})
	return out, err
}

func (s *Service) applyTx(ctx context.Context, tx *db.Tx, actor user.Ref, i *Item, c Change) (err error) {
	if c.Title != nil {
		i.Title = *c.Title
	}
	if c.Important != nil {
		i.Important = *c.Important
	}
	if c.Complete != nil && *c.Complete != i.Complete {
		s.toggle(actor, i)
	}
	if c.Members != nil {
		if i.Members, err = cleanMembers(*c.Members); err != nil {
			return err
		}
	}
	if c.ParentID != nil && *c.ParentID != i.ParentID {
		if err := s.moveBelowTx(ctx, tx, i, *c.ParentID); err != nil {
			return err
		}
	}
	if c.Sort != nil {
		i.Sort = *c.Sort
	}
	return nil
}

func (s *Service) toggle(actor user.Ref, i *Item) {
	i.Complete, i.ToggledBy, i.Toggled = !i.Complete, actor.ID, s.clock.Now().UTC()
}

// moveBelowTx makes i the last part of another item, with all that is below it.
func (s *Service) moveBelowTx(ctx context.Context, tx *db.Tx, i *Item, parent int64) error {
	if err := s.fitTx(ctx, tx, i, parent); err != nil {
		return err
	}
	var err error
	i.Sort, err = s.place(ctx, tx, i.OwnerID, i.ParentID, nil)
	return err
}

// fitTx makes parent, or 0 where it is not there, the parent of i. Faults: ErrCycle, ErrDepth.
func (s *Service) fitTx(ctx context.Context, tx *db.Tx, i *Item, parent int64) (err error) {
	path, err := s.pathTx(ctx, tx, i.OwnerID, parent)
	if err != nil {
		return err
	}
	if slices.Contains(path, i.ID) {
		return ErrCycle
	}
	_, height, err := s.belowTx(ctx, tx, *i)
	if err != nil {
		return err
	}
	i.ParentID, err = s.parentTx(ctx, tx, i.OwnerID, parent, height)
	return err
}

// belowTx returns i and all that is below it, and how many levels that are.
func (s *Service) belowTx(ctx context.Context, tx *db.Tx, i Item) (ids []int64, height int, err error) {
	items, err := query(ctx, tx, "i.kind = ? AND i.owner_id = ?", string(s.kind), i.OwnerID)
	if err != nil {
		return nil, 0, err
	}
	parts := map[int64][]int64{}
	for _, x := range items {
		parts[x.ParentID] = append(parts[x.ParentID], x.ID)
	}
	for level := []int64{i.ID}; len(level) > 0; height++ {
		ids = append(ids, level...)
		var next []int64
		for _, id := range level {
			next = append(next, parts[id]...)
		}
		level = next
	}
	return ids, height, nil
}

func (s *Service) updateTx(ctx context.Context, tx *db.Tx, before, after Item) error {
	_, err := tx.Exec(ctx, `UPDATE task_checklist SET parent_id = ?, title = ?, sort = ?, complete = ?, important = ?,
		toggled_by = ?, toggled = ? WHERE id = ?`, after.ParentID, after.Title, after.Sort,
		db.Bit(after.Complete), db.Bit(after.Important), after.ToggledBy, db.Micro(after.Toggled), after.ID)
	if err != nil {
		return fmt.Errorf("update item of checklist: %w", err)
	}
	if slices.Equal(before.Members, after.Members) {
		return nil
	}
	if _, err := tx.Exec(ctx, "DELETE FROM task_checklist_member WHERE item_id = ?", after.ID); err != nil {
		return fmt.Errorf("delete members of checklist: %w", err)
	}
	return insertMembers(ctx, tx, after.ID, after.Members)
}

// notesOf are what a change leaves in the history.
func notesOf(before, after Item) (notes []task.Note) {
	if before.Title != after.Title {
		notes = append(notes, task.Note{Field: task.NoteChecklistName, From: before.Title, To: after.Title})
	}
	switch {
	case after.Complete && !before.Complete:
		notes = append(notes, task.Note{Field: task.NoteChecklistDone, From: after.Title, To: after.Title})
	case before.Complete && !after.Complete:
		notes = append(notes, task.Note{Field: task.NoteChecklistAgain, From: after.Title, To: after.Title})
	}
	return notes
}

// SetComplete completes an item, whichever owner it has, or opens it again. It reports false where there is no item that actor
// sees. What is so already stays untouched.
func (s *Service) SetComplete(ctx context.Context, actor user.Ref, id int64, complete bool) (out Item, found bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out, found = Item{}, false
		i, err := s.anyTx(ctx, tx, id)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		r, err := s.owners.OpenTx(ctx, tx, actor, i.OwnerID, true)
		if errors.Is(err, task.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if !r.Toggle {
			return ErrDenied
		}
		if i, err = s.anyTx(ctx, tx, id); err != nil { // as it is under the lock
			return err
		}
		out, found = i, true
		if i.Complete == complete {
			return nil
		}
		s.toggle(actor, &out)
		if err := s.updateTx(ctx, tx, i, out); err != nil {
			return err
		}
		return s.owners.ChangedTx(ctx, tx, actor, i.OwnerID, notesOf(i, out)...)
	})
	return out, found, err
}
