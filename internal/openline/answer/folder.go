package answer

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Folders returns the folders of an owner (0: the shared ones) by their names.
func (s *Service) Folders(ctx context.Context, ownerID int64) (out []Folder, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, owner_id, name FROM answer_folder WHERE owner_id = ? ORDER BY folded", ownerID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var f Folder
			if err := rows.Scan(&f.ID, &f.OwnerID, &f.Name); err != nil {
				return err
			}
			out = append(out, f)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("folders of answers: %w", err)
	}
	return out, nil
}

// SaveFolder stores f, a new one where its ID is 0. Faults: ACCESS_DENIED, ANSWER_FOLDER_NOT_FOUND, INVALID_FOLDER, FOLDER_BUSY,
// TOO_MANY_ANSWERS.
func (s *Service) SaveFolder(ctx context.Context, actor user.Ref, f Folder) (Folder, error) {
	f.Name = strings.TrimSpace(f.Name)
	switch {
	case !mayChange(actor, f.OwnerID):
		return f, ErrDenied
	case f.Name == "" || !plain(f.Name, MaxName):
		return f, fault.New(fault.Invalid, "INVALID_FOLDER", "Enter a name of at most "+strconv.Itoa(MaxName)+" characters.").At("name")
	}
	var out Folder
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		out, err = s.saveFolderTx(ctx, tx, f)
		return err
	})
	return out, err
}

func (s *Service) saveFolderTx(ctx context.Context, tx *db.Tx, f Folder) (Folder, error) {
	if err := tx.Lock(ctx, "canned_answer:"+strconv.FormatInt(f.OwnerID, 10)); err != nil {
		return f, err
	}
	var taken int64
	err := tx.QueryRow(ctx, "SELECT id FROM answer_folder WHERE owner_id = ? AND folded = ?", f.OwnerID, strings.ToLower(f.Name)).Scan(&taken)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return f, fmt.Errorf("look for folder: %w", err)
	}
	if taken != 0 && taken != f.ID {
		return f, fault.New(fault.Conflict, "FOLDER_BUSY", "Another folder has this name.").At("name")
	}
	if f.ID == 0 {
		n, err := countTx(ctx, tx, "answer_folder", f.OwnerID)
		if err != nil {
			return f, err
		}
		if n >= MaxFolders {
			return f, ErrTooMany
		}
		f.ID, err = tx.Insert(ctx, "INSERT INTO answer_folder (owner_id, name, folded) VALUES (?, ?, ?)", f.OwnerID, f.Name, strings.ToLower(f.Name))
		return f, err
	}
	n, err := tx.Exec(ctx, "UPDATE answer_folder SET name = ?, folded = ? WHERE id = ? AND owner_id = ?", f.Name, strings.ToLower(f.Name), f.ID, f.OwnerID)
	if err == nil && n == 0 {
		return f, ErrNoFolder
	}
	return f, err
}

// DeleteFolder deletes a folder; its answers stay, in none. Faults: ACCESS_DENIED, ANSWER_FOLDER_NOT_FOUND.
func (s *Service) DeleteFolder(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		f, err := folderTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !mayChange(actor, f.OwnerID) {
			return ErrDenied
		}
		if err := tx.Later(ctx, "UPDATE canned_answer SET folder_id = 0 WHERE folder_id = ?", id); err != nil {
			return fmt.Errorf("empty folder: %w", err)
		}
		if err := deleteTx(ctx, tx, "answer_folder", id); err != nil || f.OwnerID != 0 {
			return err
		}
		for _, hook := range s.onFolder {
			if err := hook(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Severity: audit.Notice, Type: "ANSWER_FOLDER_DELETED", Module: "openline", Item: strconv.FormatInt(id, 10),
			Description: "Deleted the folder of canned answers " + f.Name + ".",
		})
	})
}

// ListExistsTx reports whether there is a shared folder id.
func (s *Service) ListExistsTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	f, err := folderTx(ctx, tx, id)
	if errors.Is(err, ErrNoFolder) {
		return false, nil
	}
	return f.OwnerID == 0, err
}

func folderTx(ctx context.Context, tx *db.Tx, id int64) (f Folder, err error) {
	err = tx.QueryRow(ctx, "SELECT id, owner_id, name FROM answer_folder WHERE id = ?", id).Scan(&f.ID, &f.OwnerID, &f.Name)
	if errors.Is(err, db.ErrNoRows) {
		return f, ErrNoFolder
	}
	if err != nil {
		return f, fmt.Errorf("read folder of answers: %w", err)
	}
	return f, nil
}
