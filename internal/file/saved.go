package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/db"
)

// The folder for what people keep from chats: its name, and the code by which it is found after they renamed it.
const (
	SavedFolder = "Saved Files"
	savedCode   = "FOR_SAVED_FILES"
)

// The folder for what applications send to be attached to something: its name and code.
const (
	UploadedFolder = "Uploaded files"
	uploadedCode   = "FOR_UPLOADED_FILES"
)

// KeepUpload stores what r holds as a file in the folder for uploaded files on actor's own drive. Its name may get a number. Faults: those of
// Receive and Add.
func (s *Service) KeepUpload(ctx context.Context, a Actor, name string, r io.Reader) (n Node, err error) {
	if _, err := CleanName(name); err != nil {
		return n, err
	}
	t, err := s.StorageOf(ctx, a, OfUser)
	if err != nil {
		return n, err
	}
	c, err := s.Receive(ctx, r)
	if err != nil {
		return n, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		folder, err := s.codedFolderTx(ctx, tx, a, t, UploadedFolder, uploadedCode)
		if err != nil {
			return err
		}
		n, err = s.AddTx(ctx, tx, a, folder.ID, NewFile{Name: name, Content: c, Unique: true})
		return err
	})
	return n, err
}

// UploadFolder returns the folder for uploaded files on actor's own drive, which is made where there is none. Faults: those of Add.
func (s *Service) UploadFolder(ctx context.Context, a Actor) (n Node, err error) {
	t, err := s.StorageOf(ctx, a, OfUser)
	if err != nil {
		return n, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.codedFolderTx(ctx, tx, a, t, UploadedFolder, uploadedCode)
		return err
	})
	return n, err
}

// Save puts a copy of a file into the folder for saved files on actor's own drive. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Save(ctx context.Context, a Actor, id int64) (folder, saved Node, err error) {
	t, err := s.StorageOf(ctx, a, OfUser)
	if err != nil {
		return folder, saved, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := s.withRightTx(ctx, tx, a, id, Read)
		if err == nil && n.Folder {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if folder, err = s.codedFolderTx(ctx, tx, a, t, SavedFolder, savedCode); err != nil {
			return err
		}
		saved, err = s.CopyTx(ctx, tx, a, id, folder.ID, true)
		return err
	})
	return folder, saved, err
}

// codedFolderTx returns the folder with a code in the root folder of a drive, and makes it where it is not there.
func (s *Service) codedFolderTx(ctx context.Context, tx *db.Tx, a Actor, t Storage, name, code string) (Node, error) {
	root, err := s.folderTx(ctx, tx, a, t.RootID, Add)
	if err != nil {
		return Node{}, err
	}
	var id int64
	const find = "SELECT id FROM file_node WHERE parent_id = ? AND code = ? AND folder = 1 AND deleted_type = 0 ORDER BY id LIMIT 1"
	err = notFound(tx.QueryRow(ctx, find, root.ID, code).Scan(&id), "find folder")
	if err == nil {
		return nodeTx(ctx, tx, id)
	}
	if !errors.Is(err, ErrNotFound) {
		return Node{}, err
	}
	n, err := s.makeFolderTx(ctx, tx, a, root, name, true)
	if err != nil {
		return n, err
	}
	if _, err := tx.Exec(ctx, "UPDATE file_node SET code = ? WHERE id = ?", code, n.ID); err != nil {
		return n, fmt.Errorf("mark folder: %w", err)
	}
	return nodeTx(ctx, tx, n.ID)
}

// PlacesOf returns what a file is attached to under the name of an entity, in the order in which it was. It asks nobody's leave.
func (s *Service) PlacesOf(ctx context.Context, id int64, entity string) (ids []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT entity_id FROM file_attached WHERE node_id = ? AND entity = ? ORDER BY id", id, entity)
		if err != nil {
			return fmt.Errorf("read attachments: %w", err)
		}
		ids, err = scanAll(rows, func(n *int64) []any { return []any{n} })
		return err
	})
	return ids, err
}

// IntoChat returns the file with the number id where it is in the folder of a chat already; otherwise a copy of it that is put there.
// Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) IntoChat(ctx context.Context, a Actor, id, chatID int64) (Node, error) {
	n, err := s.Get(ctx, a, id)
	if err == nil && (n.Folder || n.Trash != Kept) {
		err = ErrNotFound
	}
	if err != nil || n.ChatOf() == chatID {
		return n, err
	}
	folder, err := s.ChatFolder(ctx, a, chatID)
	if err != nil {
		return n, err
	}
	return s.Copy(ctx, a, id, folder.ID, true)
}
