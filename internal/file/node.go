package file

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// The columns of a node and where they come from: its storage, and its blob where it is a file.
const (
	nodeColumns = `n.id, n.storage_id, n.parent_id, n.folder, n.name, n.code, n.handle, n.created, n.updated, n.deleted, n.created_by,
		n.updated_by, n.deleted_by, n.deleted_type, n.version_id, n.version, n.sum, n.size, n.duration, n.wave, n.voice, t.type, t.entity_id,
		COALESCE(b.type, ''), COALESCE(b.width, 0), COALESCE(b.height, 0), COALESCE(b.object, ''), COALESCE(b.plain, 0)`
	nodeTables = "file_node n JOIN file_storage t ON t.id = n.storage_id LEFT JOIN file_blob b ON b.sum = n.sum"
)

// nodeRow holds the columns of nodeColumns while they are scanned.
type nodeRow struct {
	Node

	folder, created, updated, deleted, duration, voice, plain int64
}

func (r *nodeRow) dest() []any {
	return []any{
		&r.ID, &r.StorageID, &r.ParentID, &r.folder, &r.Name, &r.Code, &r.Handle, &r.created, &r.updated, &r.deleted, &r.CreatedBy, &r.UpdatedBy,
		&r.DeletedBy, &r.Trash, &r.VersionID, &r.Version, &r.Sum, &r.Size, &r.duration, &r.Wave, &r.voice, &r.storageType, &r.entityID,
		&r.Type, &r.Width, &r.Height, &r.object, &r.plain,
	}
}

func (r *nodeRow) node() Node {
	n := r.Node
	n.Folder, n.Voice, n.plain = r.folder != 0, r.voice != 0, r.plain != 0
	n.Created, n.Updated, n.Deleted = db.Time(r.created), db.Time(r.updated), db.Time(r.deleted)
	n.Duration = time.Duration(r.duration) * time.Millisecond
	return n
}

// nodeTx returns a node, also one in the trash; ErrNotFound.
func nodeTx(ctx context.Context, tx *db.Tx, id int64) (Node, error) {
	var r nodeRow
	err := tx.QueryRow(ctx, "SELECT "+nodeColumns+" FROM "+nodeTables+" WHERE n.id = ?", id).Scan(r.dest()...)
	return r.node(), notFound(err, "read file")
}

// scanNodes reads rows of nodeColumns to their end.
func scanNodes(rows *sql.Rows) (out []Node, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r nodeRow
		if err := rows.Scan(r.dest()...); err != nil {
			return nil, fmt.Errorf("read files: %w", err)
		}
		out = append(out, r.node())
	}
	return out, rows.Err()
}

// nodesTx returns those of ids that exist, by their numbers.
func nodesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Node, error) {
	out := make(map[int64]Node, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	args := db.Args(ids)
	rows, err := tx.Query(ctx, "SELECT "+nodeColumns+" FROM "+nodeTables+" WHERE n.id IN ("+db.Marks(len(ids))+")", args...)
	if err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	list, err := scanNodes(rows)
	for _, n := range list {
		out[n.ID] = n
	}
	return out, err
}

// scanAll reads rows to their end; dest returns where the columns of a row go.
func scanAll[T any](rows *sql.Rows, dest func(*T) []any) (out []T, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v T
		if err := rows.Scan(dest(&v)...); err != nil {
			return nil, fmt.Errorf("read rows: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Get returns a file or folder that actor may see, also one in the trash. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Get(ctx context.Context, a Actor, id int64) (n Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err = s.withRightTx(ctx, tx, a, id, Read)
		return err
	})
	return n, err
}

// withRightTx returns a node on which actor has a right; ErrNotFound, ErrAccess.
func (s *Service) withRightTx(ctx context.Context, tx *db.Tx, a Actor, id int64, want Right) (Node, error) {
	n, err := nodeTx(ctx, tx, id)
	if err != nil {
		return n, err
	}
	got, err := s.rightTx(ctx, tx, a, n)
	if err == nil && got < want {
		err = ErrAccess
	}
	return n, err
}

// Path returns the folders from the root of a drive to a folder, which is the last, for somebody who may read that; those above it that
// they may not read are left out. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Path(ctx context.Context, a Actor, id int64) (path []Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err := s.withRightTx(ctx, tx, a, id, Read)
		if err == nil && (!n.Folder || n.Trash != Kept) {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		path = []Node{n}
		for n.ParentID != 0 && len(path) < maxDepth {
			if n, err = s.withRightTx(ctx, tx, a, n.ParentID, Read); errors.Is(err, ErrAccess) {
				return nil
			} else if err != nil {
				return err
			}
			path = append([]Node{n}, path...)
		}
		return nil
	})
	return path, err
}

// maxDepth bounds the folders that a path shows.
const maxDepth = 100

// StorageKind returns whose the drive is in which the node lies, StorageEntity the number of that person, chat or application.
func (n Node) StorageKind() Type { return n.storageType }

// StorageEntity returns the number of who the drive belongs to.
func (n Node) StorageEntity() int64 { return n.entityID }
