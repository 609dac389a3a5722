package file

import (
	"context"
	"fmt"
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
