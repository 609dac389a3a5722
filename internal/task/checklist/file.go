package checklist

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// MaxFiles is how many files an item can have.
const MaxFiles = 100

// The faults of files at items.
var (
	ErrFile      = fault.New(fault.Denied, "CHECKLIST_FILE", "A file does not exist or is not yours to show.").At("files")
	ErrManyFiles = fault.Newf(fault.TooLarge, "CHECKLIST_FILES", "An item can have %d files at most.", MaxFiles).At("files")
)

// Tie is the tie between an item and a file.
type Tie struct {
	ID     int64 // of the tie
	FileID int64
}

// Files tie files to items. Who sees an item may see them.
type Files interface {
	// TiesTx returns the ties of items, by item, each in the order in which they were made.
	TiesTx(ctx context.Context, tx *db.Tx, kind Kind, items []int64) (map[int64][]Tie, error)
	// AttachTx ties files that the user may read to an item; ErrFile where one is none of these.
	AttachTx(ctx context.Context, tx *db.Tx, userID int64, kind Kind, item int64, files []int64) error
	DetachTx(ctx context.Context, tx *db.Tx, kind Kind, item int64, files []int64) error
	// CopyTx ties the files of an item to its copy at another kind of owner, in the name of a user, whoever may read them.
	CopyTx(ctx context.Context, tx *db.Tx, userID int64, from Kind, fromItem int64, to Kind, toItem int64) error
	// DetachAllTx takes all files off items that are removed.
	DetachAllTx(ctx context.Context, tx *db.Tx, kind Kind, items []int64) error
}

// Attach ties files that actor may read to an item of an owner. Faults: ErrDenied, ErrNotFound, ErrFile, ErrManyFiles.
func (s *Service) Attach(ctx context.Context, actor user.Ref, ownerID, id int64, files []int64) (out Item, err error) {
	return s.editFiles(ctx, actor, ownerID, id, func(tx *db.Tx, i Item) error {
		if len(files)+len(i.Files) > MaxFiles {
			return ErrManyFiles
		}
		return s.files.AttachTx(ctx, tx, actor.ID, s.kind, id, files)
	})
}

// Detach takes ties off an item of an owner; the files themselves stay, and ties that the item does not have are passed over. Faults:
// ErrDenied, ErrNotFound.
func (s *Service) Detach(ctx context.Context, actor user.Ref, ownerID, id int64, ties []int64) (out Item, err error) {
	gone := make(map[int64]bool, len(ties))
	for _, t := range ties {
		gone[t] = true
	}
	return s.editFiles(ctx, actor, ownerID, id, func(tx *db.Tx, i Item) error {
		var files []int64
		for _, t := range i.Files {
			if gone[t.ID] {
				files = append(files, t.FileID)
			}
		}
		return s.files.DetachTx(ctx, tx, s.kind, id, files)
	})
}

// MayEdit returns an item of an owner for somebody who may change it. Faults: ErrDenied, ErrNotFound.
func (s *Service) MayEdit(ctx context.Context, actor user.Ref, ownerID, id int64) (i Item, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err := s.owners.OpenTx(ctx, tx, actor, ownerID, false)
		if err == nil && !r.Edit {
			err = ErrDenied
		}
		if err == nil {
			i, err = s.itemTx(ctx, tx, ownerID, id)
		}
		return err
	})
	return i, err
}

func (s *Service) editFiles(ctx context.Context, actor user.Ref, ownerID, id int64, f func(*db.Tx, Item) error) (out Item, err error) {
	if s.files == nil {
		return out, ErrFile
	}
	err = s.edit(ctx, actor, ownerID, func(tx *db.Tx) error {
		i, err := s.itemTx(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		if err := f(tx, i); err != nil {
			return err
		}
		if out, err = s.itemTx(ctx, tx, ownerID, id); err != nil {
			return err
		}
		return s.owners.ChangedTx(ctx, tx, actor, ownerID)
	})
	return out, err
}

// MayReadTx reports whether a user sees an item, and hence its files.
func (s *Service) MayReadTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (bool, error) {
	i, err := s.anyTx(ctx, tx, id)
	if err == nil {
		_, err = s.owners.OpenTx(ctx, tx, actor, i.OwnerID, false)
	}
	if err != nil && fault.KindOf(err) != fault.Internal {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) readFilesTx(ctx context.Context, tx *db.Tx, items []Item) error {
	if s.files == nil || len(items) == 0 {
		return nil
	}
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	ties, err := s.files.TiesTx(ctx, tx, s.kind, ids)
	for i := range items {
		items[i].Files = ties[items[i].ID]
	}
	return err
}

func (s *Service) dropFilesTx(ctx context.Context, tx *db.Tx, items []int64) error {
	if s.files == nil {
		return nil
	}
	return s.files.DetachAllTx(ctx, tx, s.kind, items)
}

func (s *Service) dropAllFilesTx(ctx context.Context, tx *db.Tx, ownerID int64) error {
	if s.files == nil {
		return nil
	}
	items, err := query(ctx, tx, "i.kind = ? AND i.owner_id = ?", string(s.kind), ownerID)
	if err != nil {
		return err
	}
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	return s.dropFilesTx(ctx, tx, ids)
}
