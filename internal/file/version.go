package file

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Version is a content that a file has, or had.
type Version struct {
	ID        int64
	NodeID    int64
	Number    int64 // 1 is the first
	Name      string
	Size      int64
	Created   time.Time
	CreatedBy int64

	sum string
}

const versionColumns = "v.id, v.node_id, v.number, v.name, v.size, v.created, v.created_by, v.sum"

func scanVersion(scan func(...any) error) (v Version, err error) {
	var created int64
	err = scan(&v.ID, &v.NodeID, &v.Number, &v.Name, &v.Size, &created, &v.CreatedBy, &v.sum)
	v.Created = db.Time(created)
	return v, err
}

func versionByIDTx(ctx context.Context, tx *db.Tx, id int64) (Version, error) {
	v, err := scanVersion(tx.QueryRow(ctx, "SELECT "+versionColumns+" FROM file_version v WHERE v.id = ?", id).Scan)
	return v, notFound(err, "read version")
}

// versionsTx returns versions in the order of ids.
func versionsTx(ctx context.Context, tx *db.Tx, ids []int64) ([]Version, error) {
	args := db.Args(ids)
	rows, err := tx.Query(ctx, "SELECT "+versionColumns+" FROM file_version v WHERE v.id IN ("+db.Marks(len(ids))+")", args...)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	byID := map[int64]Version{}
	for rows.Next() {
		v, err := scanVersion(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read versions: %w", err)
		}
		byID[v.ID] = v
	}
	out := make([]Version, 0, len(ids))
	for _, id := range ids {
		out = append(out, byID[id])
	}
	return out, rows.Err()
}

// asOfTx returns a file as it was in one of its versions.
func (s *Service) asOfTx(ctx context.Context, tx *db.Tx, n Node, versionID int64) (Node, error) {
	v, err := versionByIDTx(ctx, tx, versionID)
	if err != nil || v.NodeID != n.ID {
		return n, orNotFound(err)
	}
	n.Name, n.VersionID, n.Version, n.Content = v.Name, v.ID, v.Number, Content{Sum: v.sum, Size: v.Size}
	const q = "SELECT object, type, width, height FROM file_blob WHERE sum = ?"
	if err := tx.QueryRow(ctx, q, v.sum).Scan(&n.object, &n.Type, &n.Width, &n.Height); err != nil {
		return n, fmt.Errorf("read content of version: %w", err)
	}
	return n, nil
}

func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

// Version returns a version of a file that actor may read. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) Version(ctx context.Context, a Actor, id int64) (v Version, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if v, err = versionByIDTx(ctx, tx, id); err != nil {
			return err
		}
		_, err = s.withRightTx(ctx, tx, a, v.NodeID, Read)
		return err
	})
	return v, err
}

// AddVersion gives a file a new content. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) AddVersion(ctx context.Context, a Actor, id int64, c Content) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.fileTx(ctx, tx, a, id, Edit); err == nil {
			err = s.replaceTx(ctx, tx, a, &n, c)
		}
		return err
	})
	return n, err
}

// fileTx returns a file that is not in the trash, on which actor has a right, and keeps others from changing it until the transaction
// ends.
func (s *Service) fileTx(ctx context.Context, tx *db.Tx, a Actor, id int64, want Right) (Node, error) {
	if err := tx.Lock(ctx, "file:node:"+strconv.FormatInt(id, 10)); err != nil {
		return Node{}, err
	}
	n, err := s.withRightTx(ctx, tx, a, id, want)
	if err == nil && (n.Folder || n.Trash != Kept) {
		err = ErrNotFound
	}
	return n, err
}

// maxVersions is how many contents of a file are kept; the oldest give way.
const maxVersions = 100

// replaceTx makes c the newest version of n.
func (s *Service) replaceTx(ctx context.Context, tx *db.Tx, a Actor, n *Node, c Content) error {
	n.Content, n.Version = c, n.Version+1
	if err := s.versionTx(ctx, tx, *n, a, db.Micro(s.now())); err != nil {
		return err
	}
	if err := s.updateTx(ctx, tx, a, n, "sum = ?, size = ?, version = ?", c.Sum, c.Size, n.Version); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM file_version WHERE node_id = ? AND number <= ?", n.ID, n.Version-maxVersions)
	return err
}

// RestoreVersion makes what a file held in a version its newest content. Faults: FILE_NOT_FOUND, FILE_ACCESS_DENIED, VERSION_FOREIGN.
func (s *Service) RestoreVersion(ctx context.Context, a Actor, id, versionID int64) (n Node, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if n, err = s.fileTx(ctx, tx, a, id, Full); err != nil {
			return err
		}
		v, err := versionByIDTx(ctx, tx, versionID)
		if err != nil {
			return err
		}
		if v.NodeID != id {
			return ErrForeignVersion
		}
		return s.replaceTx(ctx, tx, a, &n, Content{Sum: v.sum, Size: v.Size})
	})
	return n, err
}
