package file

import (
	"context"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
)

// Rename gives a node another name. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED, FILE_NAME_INVALID, FILE_NAME_TAKEN, FOLDER_ROOT.
func (s *Service) Rename(ctx context.Context, a Actor, id int64, name string) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.changeableTx(ctx, tx, a, id, Edit); err != nil {
			return err
		}
		if err := lockFolder(ctx, tx, n.ParentID); err != nil {
			return err
		}
		clean, err := CleanName(name)
		if err != nil {
			return err
		}
		if fold(clean) != fold(n.Name) {
			if _, err := nameTx(ctx, tx, n.ParentID, clean, false); err != nil {
				return err
			}
		}
		if err := indexTx(ctx, tx, n.ID, clean); err != nil {
			return err
		}
		return s.updateTx(ctx, tx, a, &n, "name = ?, folded = ?", clean, fold(clean))
	})
	return n, err
}

func lockFolder(ctx context.Context, tx *db.Tx, id int64) error {
	return tx.Lock(ctx, "file:folder:"+strconv.FormatInt(id, 10))
}

// changeableTx returns a node that is not in the trash, no root folder, and on which actor has a right.
func (s *Service) changeableTx(ctx context.Context, tx *db.Tx, a Actor, id int64, want Right) (Node, error) {
	n, err := s.withRightTx(ctx, tx, a, id, want)
	switch {
	case err != nil:
		return n, err
	case n.Trash != Kept:
		return n, ErrNotFound
	case n.ParentID == 0:
		return n, ErrRoot
	}
	return n, nil
}

// updateTx changes columns of a node and reads it again.
func (s *Service) updateTx(ctx context.Context, tx *db.Tx, a Actor, n *Node, set string, args ...any) error {
	args = append(args, db.Micro(s.now()), a.UserID, n.ID)
	if _, err := tx.Exec(ctx, "UPDATE file_node SET "+set+", updated = ?, updated_by = ? WHERE id = ?", args...); err != nil {
		return fmt.Errorf("change file: %w", err)
	}
	var err error
	*n, err = nodeTx(ctx, tx, n.ID)
	return err
}

// Move puts a node into another folder of its storage. Faults: those of Rename, FOLDER_LOOP, FILE_OTHER_STORAGE.
func (s *Service) Move(ctx context.Context, a Actor, id, folderID int64) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		target, err := s.folderTx(ctx, tx, a, folderID, Add)
		if err != nil {
			return err
		}
		if n, err = s.changeableTx(ctx, tx, a, id, Edit); err != nil {
			return err
		}
		switch {
		case n.StorageID != target.StorageID:
			return ErrOtherStorage
		case n.ParentID == target.ID:
			return nil
		}
		if err := notInsideTx(ctx, tx, n, target); err != nil {
			return err
		}
		if _, err := nameTx(ctx, tx, target.ID, n.Name, false); err != nil {
			return err
		}
		return s.updateTx(ctx, tx, a, &n, "parent_id = ?", target.ID)
	})
	return n, err
}

// notInsideTx returns ErrLoop where target is n or below it.
func notInsideTx(ctx context.Context, tx *db.Tx, n, target Node) error {
	if !n.Folder {
		return nil
	}
	if err := tx.Lock(ctx, "file:tree:"+strconv.FormatInt(n.StorageID, 10)); err != nil { // two moves must not close a circle together
		return err
	}
	const q = `WITH RECURSIVE up (id, parent_id) AS (
			SELECT id, parent_id FROM file_node WHERE id = ?
			UNION ALL SELECT n.id, n.parent_id FROM file_node n JOIN up ON n.id = up.parent_id
		) SELECT COUNT(*) FROM up WHERE id = ?`
	var found int64
	if err := tx.QueryRow(ctx, q, target.ID, n.ID).Scan(&found); err != nil {
		return fmt.Errorf("look above folder: %w", err)
	}
	if found > 0 {
		return ErrLoop
	}
	return nil
}

// maxCopy is how many nodes are copied at once.
const maxCopy = 10_000

// Copy puts a copy of a node, with all that actor may read below it, into a folder. The contents are not stored again. Unique gives it
// another name where that is taken. Faults: those of Add, FOLDER_LOOP, FOLDER_TOO_LARGE.
func (s *Service) Copy(ctx context.Context, a Actor, id, folderID int64, unique bool) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.CopyTx(ctx, tx, a, id, folderID, unique)
		return err
	})
	return n, err
}

// CopyTx is Copy inside a transaction.
func (s *Service) CopyTx(ctx context.Context, tx *db.Tx, a Actor, id, folderID int64, unique bool) (Node, error) {
	src, err := s.withRightTx(ctx, tx, a, id, Read)
	if err == nil && src.Trash != Kept {
		err = ErrNotFound
	}
	if err != nil {
		return Node{}, err
	}
	target, err := s.folderTx(ctx, tx, a, folderID, Add)
	if err != nil {
		return Node{}, err
	}
	if !src.Folder {
		return s.putTx(ctx, tx, a, target, NewFile{Name: src.Name, Content: src.Content, Sound: src.Sound, Unique: unique})
	}
	if err := notInsideTx(ctx, tx, src, target); err != nil {
		return Node{}, err
	}
	left := maxCopy
	return s.copyFolderTx(ctx, tx, a, src, target, unique, &left)
}

func (s *Service) copyFolderTx(ctx context.Context, tx *db.Tx, a Actor, src, target Node, unique bool, left *int) (Node, error) {
	made, err := s.makeFolderTx(ctx, tx, a, target, src.Name, unique)
	if err != nil {
		return made, err
	}
	rows, err := tx.Query(ctx, "SELECT "+nodeColumns+" FROM "+nodeTables+" WHERE n.parent_id = ? AND n.deleted_type = 0 ORDER BY n.id LIMIT ?",
		src.ID, *left+1)
	if err != nil {
		return made, fmt.Errorf("read folder: %w", err)
	}
	children, err := scanNodes(rows)
	if err != nil {
		return made, err
	}
	if *left -= len(children); *left < 0 {
		return made, ErrFolderTooLarge
	}
	for _, c := range children {
		if c.Folder {
			_, err = s.copyFolderTx(ctx, tx, a, c, made, false, left)
		} else {
			_, err = s.putTx(ctx, tx, a, made, NewFile{Name: c.Name, Content: c.Content, Sound: c.Sound})
		}
		if err != nil {
			return made, err
		}
	}
	return made, nil
}

// below are a node and all nodes below it.
const below = `WITH RECURSIVE down (id) AS (
		SELECT id FROM file_node WHERE id = ?
		UNION ALL SELECT n.id FROM file_node n JOIN down ON n.parent_id = down.id
	) `

// Discard moves a node into the trash, with all that is below it. A file needs the right to edit, a folder that to give rights.
// Faults: those of Rename.
func (s *Service) Discard(ctx context.Context, a Actor, id int64) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.changeableTx(ctx, tx, a, id, Edit); err != nil {
			return err
		}
		if n.Folder {
			if _, err := s.changeableTx(ctx, tx, a, id, Full); err != nil {
				return err
			}
		}
		now := db.Micro(s.now())
		q := below + `UPDATE file_node SET deleted = ?, deleted_by = ?, deleted_type = CASE WHEN id = ? THEN 3 ELSE 4 END
			WHERE id IN (SELECT id FROM down) AND deleted_type = 0`
		if _, err := tx.Exec(ctx, q, id, now, a.UserID, id); err != nil {
			return fmt.Errorf("discard: %w", err)
		}
		n, err = nodeTx(ctx, tx, id)
		return err
	})
	return n, err
}

// Restore takes a node out of the trash, with what went there together with it. Where its name is taken it gets another one. Faults:
// FILE_NOT_FOUND for what is not in the trash by itself, or whose folder is gone; FILE_ACCESS_DENIED.
func (s *Service) Restore(ctx context.Context, a Actor, id int64) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.withRightTx(ctx, tx, a, id, Edit); err != nil {
			return err
		}
		if n.Trash != Trashed {
			return ErrNotFound
		}
		if err := lockFolder(ctx, tx, n.ParentID); err != nil {
			return err
		}
		parent, err := nodeTx(ctx, tx, n.ParentID)
		if err != nil {
			return err
		}
		if parent.Trash != Kept {
			return ErrNotFound
		}
		name, err := freeNameTx(ctx, tx, n.ParentID, n.Name)
		if err != nil {
			return err
		}
		// What was discarded before its folder was stays in the trash by itself, with what is below it.
		q := `WITH RECURSIVE down (id) AS (
				SELECT id FROM file_node WHERE id = ?
				UNION ALL SELECT n.id FROM file_node n JOIN down ON n.parent_id = down.id WHERE n.deleted_type = 4
			) UPDATE file_node SET deleted_type = 0 WHERE id IN (SELECT id FROM down)`
		if err := indexTx(ctx, tx, id, name); err != nil {
			return err
		}
		if err := s.updateTx(ctx, tx, a, &n, "name = ?, folded = ?", name, fold(name)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, q, id); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		n, err = nodeTx(ctx, tx, id)
		return err
	})
	return n, err
}

// Delete removes a node for ever, with all that is below it, from the trash too. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED, FOLDER_ROOT.
func (s *Service) Delete(ctx context.Context, a Actor, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.DeleteTx(ctx, tx, a, id) })
}

// DeleteTx is Delete inside a transaction.
func (s *Service) DeleteTx(ctx context.Context, tx *db.Tx, a Actor, id int64) error {
	n, err := s.withRightTx(ctx, tx, a, id, Full)
	if err == nil && n.ParentID == 0 {
		err = ErrRoot
	}
	if err != nil {
		return err
	}
	return s.eraseTx(ctx, tx, id)
}

// eraseTx removes a node and all below it. The contents get another day from now, for a backup that runs.
func (s *Service) eraseTx(ctx context.Context, tx *db.Tx, id int64) error {
	touch := below + "UPDATE file_blob SET touched = ? WHERE sum IN (SELECT v.sum FROM file_version v WHERE v.node_id IN (SELECT id FROM down))"
	if _, err := tx.Exec(ctx, touch, id, db.Micro(s.now())); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	if err := s.forgetTreeTx(ctx, tx, id); err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM file_version WHERE node_id", "DELETE FROM file_attached WHERE node_id", "DELETE FROM file_right WHERE node_id",
		"DELETE FROM file_public WHERE node_id", "DELETE FROM file_node WHERE id",
	} {
		if _, err := tx.Exec(ctx, below+q+" IN (SELECT id FROM down)", id); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
	}
	return nil
}

// forgetTreeTx takes a node and all below it out of the index.
func (s *Service) forgetTreeTx(ctx context.Context, tx *db.Tx, id int64) error {
	return forgetWordsTx(ctx, tx, "IN ("+below+"SELECT id FROM down)", id)
}
