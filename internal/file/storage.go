package file

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Type says whom a storage belongs to.
type Type string

// The types of storages.
const (
	OfUser Type = "user"    // a person's own drive; EntityID is their id
	OfAll  Type = "common"  // the company's drive; EntityID is 0
	OfChat Type = "chat"    // the files of a chat
	OfApp  Type = "restapp" // an application's own drive
)

// Storage is a drive.
type Storage struct {
	ID       int64
	Type     Type
	EntityID int64
	Name     string
	RootID   int64 // its root folder
	Created  int64 // microseconds since 1970
}

const storageColumns = "t.id, t.type, t.entity_id, t.name, t.root_id, t.created"

func (t *Storage) dest() []any {
	return []any{&t.ID, &t.Type, &t.EntityID, &t.Name, &t.RootID, &t.Created}
}

// storageTx returns the storage of an entity; ErrNotFound where it was never used.
func storageTx(ctx context.Context, tx *db.Tx, kind Type, entity int64) (t Storage, err error) {
	err = tx.QueryRow(ctx, "SELECT "+storageColumns+" FROM file_storage t WHERE t.type = ? AND t.entity_id = ?", kind, entity).Scan(t.dest()...)
	return t, notFound(err, "read storage")
}

func notFound(err error, what string) error {
	if errors.Is(err, db.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// ensureTx returns the storage of an entity and makes it where it does not exist.
func (s *Service) ensureTx(ctx context.Context, tx *db.Tx, kind Type, entity int64, name string) (Storage, error) {
	t, err := storageTx(ctx, tx, kind, entity)
	if !errors.Is(err, ErrNotFound) {
		return t, err
	}
	now := db.Micro(s.now())
	const add = `INSERT INTO file_storage (type, entity_id, name, root_id, created) VALUES (?, ?, ?, 0, ?) ON CONFLICT (type, entity_id) DO NOTHING`
	n, err := tx.Exec(ctx, add, kind, entity, name, now)
	if err != nil {
		return t, fmt.Errorf("make storage: %w", err)
	}
	if t, err = storageTx(ctx, tx, kind, entity); err != nil || n == 0 {
		return t, err
	}
	owner := int64(0)
	if kind == OfUser {
		owner = entity
	}
	t.RootID, err = insertNodeTx(ctx, tx, Node{StorageID: t.ID, Folder: true, Name: name, CreatedBy: owner, UpdatedBy: owner}, now)
	if err != nil {
		return t, err
	}
	if _, err := tx.Exec(ctx, "UPDATE file_storage SET root_id = ? WHERE id = ?", t.RootID, t.ID); err != nil {
		return t, fmt.Errorf("make storage: %w", err)
	}
	return t, nil
}

// insertNodeTx stores a node and returns its number.
func insertNodeTx(ctx context.Context, tx *db.Tx, n Node, now int64) (int64, error) {
	const add = `INSERT INTO file_node (storage_id, parent_id, folder, name, folded, code, handle, created, updated, created_by, updated_by,
		version, sum, size, duration, wave, voice) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	id, err := tx.Insert(ctx, add, n.StorageID, n.ParentID, db.Bit(n.Folder), n.Name, fold(n.Name), n.Code, rand.Text()[:20], now, now,
		n.CreatedBy, n.UpdatedBy, n.Version, n.Sum, n.Size, n.Duration.Milliseconds(), n.Wave, db.Bit(n.Voice))
	if err != nil {
		return 0, fmt.Errorf("insert file: %w", err)
	}
	return id, indexTx(ctx, tx, id, n.Name)
}
