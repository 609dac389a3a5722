package file

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// NewFile is a file to be added.
type NewFile struct {
	Name    string // cleaned
	Content Content
	Sound   Sound
	// Unique gives it another name where the folder has one of this; otherwise that is ErrNameTaken.
	Unique bool
	Rights []Given // on the file, besides those of its folder
}

// maxDuration is the longest sound that is believed, maxWave the most points of its wave.
const (
	maxDuration = 24 * time.Hour
	maxWave     = 100
)

func (s Sound) check() error {
	if s.Duration < 0 || s.Duration > maxDuration || len(s.Wave) > maxWave || strings.Trim(s.Wave, "0123456789") != "" {
		return ErrSound
	}
	return nil
}

// Add puts a file into a folder. Faults: FILE_NOT_FOUND of the folder, FILE_ACCESS_DENIED, FILE_NAME_INVALID, FILE_NAME_TAKEN,
// FILE_SOUND_INVALID.
func (s *Service) Add(ctx context.Context, a Actor, folderID int64, f NewFile) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.AddTx(ctx, tx, a, folderID, f)
		return err
	})
	return n, err
}

// AddTx is Add inside a transaction.
func (s *Service) AddTx(ctx context.Context, tx *db.Tx, a Actor, folderID int64, f NewFile) (Node, error) {
	folder, err := s.folderTx(ctx, tx, a, folderID, Add)
	if err != nil {
		return Node{}, err
	}
	if err := f.Sound.check(); err != nil {
		return Node{}, err
	}
	if err := s.mayGiveTx(ctx, tx, a, folder, f.Rights); err != nil {
		return Node{}, err
	}
	return s.putTx(ctx, tx, a, folder, f)
}

// folderTx returns a folder on which actor has a right, and keeps others from adding to it until the transaction ends.
func (s *Service) folderTx(ctx context.Context, tx *db.Tx, a Actor, id int64, want Right) (Node, error) {
	if err := tx.Lock(ctx, "file:folder:"+strconv.FormatInt(id, 10)); err != nil {
		return Node{}, err
	}
	n, err := s.withRightTx(ctx, tx, a, id, want)
	switch {
	case err != nil:
		return n, err
	case !n.Folder || n.Trash != Kept:
		return n, ErrNotFound
	}
	return n, nil
}

// nameTx returns the name that something gets in a folder.
func nameTx(ctx context.Context, tx *db.Tx, folder int64, name string, unique bool) (string, error) {
	name, err := CleanName(name)
	if err != nil {
		return "", err
	}
	free, err := freeNameTx(ctx, tx, folder, name)
	if err == nil && free != name && !unique {
		err = ErrNameTaken
	}
	return free, err
}

// putTx adds a file without a look at rights.
func (s *Service) putTx(ctx context.Context, tx *db.Tx, a Actor, folder Node, f NewFile) (Node, error) {
	name, err := nameTx(ctx, tx, folder.ID, f.Name, f.Unique)
	if err != nil {
		return Node{}, err
	}
	n := Node{
		StorageID: folder.StorageID, ParentID: folder.ID, Name: name, CreatedBy: a.UserID, UpdatedBy: a.UserID, Content: f.Content, Version: 1,
		Sound: f.Sound,
	}
	now := db.Micro(s.now())
	if n.ID, err = insertNodeTx(ctx, tx, n, now); err != nil {
		return Node{}, err
	}
	if err := s.versionTx(ctx, tx, n, a, now); err != nil {
		return Node{}, err
	}
	if err := giveTx(ctx, tx, n.ID, f.Rights); err != nil {
		return Node{}, err
	}
	return nodeTx(ctx, tx, n.ID)
}

// errGone is returned where a content was removed because nobody made a file of it for a day.
var errGone = errors.New("the content of the file is not stored any more")

// versionTx notes the content of n as its newest version.
func (s *Service) versionTx(ctx context.Context, tx *db.Tx, n Node, a Actor, now int64) error {
	known, err := s.touchTx(ctx, tx, n.Sum)
	if err != nil {
		return err
	}
	if !known {
		return errGone
	}
	const add = "INSERT INTO file_version (node_id, number, name, sum, size, created, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)"
	id, err := tx.Insert(ctx, add, n.ID, n.Version, n.Name, n.Sum, n.Size, now, a.UserID)
	if err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE file_node SET version_id = ? WHERE id = ?", id, n.ID); err != nil {
		return fmt.Errorf("note version: %w", err)
	}
	return s.queueTextTx(ctx, tx, n.Sum)
}

// AddFolder makes a folder in a folder. Faults: those of Add.
func (s *Service) AddFolder(ctx context.Context, a Actor, parentID int64, name string, rights []Given) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		parent, err := s.folderTx(ctx, tx, a, parentID, Add)
		if err != nil {
			return err
		}
		if err := s.mayGiveTx(ctx, tx, a, parent, rights); err != nil {
			return err
		}
		if n, err = s.makeFolderTx(ctx, tx, a, parent, name, false); err != nil {
			return err
		}
		return giveTx(ctx, tx, n.ID, rights)
	})
	return n, err
}

func (s *Service) makeFolderTx(ctx context.Context, tx *db.Tx, a Actor, parent Node, name string, unique bool) (Node, error) {
	name, err := nameTx(ctx, tx, parent.ID, name, unique)
	if err != nil {
		return Node{}, err
	}
	n := Node{StorageID: parent.StorageID, ParentID: parent.ID, Folder: true, Name: name, CreatedBy: a.UserID, UpdatedBy: a.UserID}
	id, err := insertNodeTx(ctx, tx, n, db.Micro(s.now()))
	if err != nil {
		return Node{}, err
	}
	return nodeTx(ctx, tx, id)
}
