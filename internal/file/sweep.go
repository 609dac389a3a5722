package file

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

const (
	// grace is how long a content stays that no file has: what is about to become one, and what a backup that runs has still to read.
	grace = 24 * time.Hour
	// sweepEvery is how often is looked for what can be removed.
	sweepEvery = time.Hour
	// objectsEvery is how often is looked for what can be removed until the objects of the store are looked through.
	objectsEvery = 24
	// sweepBatch is how many contents are removed in one transaction.
	sweepBatch = 200
)

// Keep sweeps once an hour until ctx ends. The objects of the store are looked through once a day: of a million that takes a thousand
// requests to a bucket.
func (s *Service) Keep(ctx context.Context) {
	for round := 0; ; round++ {
		t := s.clock.NewTimer(sweepEvery)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C():
		}
		err := errors.Join(s.sweepRows(ctx), s.index(ctx))
		if round%objectsEvery == 0 {
			err = errors.Join(err, s.sweepObjects(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "remove contents without files", "error", err)
		}
	}
}

// Sweep removes what nobody needs any longer: uploads that were not continued for a day, contents that no file has had for a day, and
// objects of the store that no row names, which a crash left.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.sweepRows(ctx), s.sweepObjects(ctx))
}

func (s *Service) sweepRows(ctx context.Context) error {
	before := db.Micro(s.now().Add(-grace))
	err := s.db.Write(ctx, func(tx *db.Tx) error { return dropUploadsTx(ctx, tx, "touched < ?", before) })
	for err == nil {
		var objects []string
		if objects, err = s.sweepBlobs(ctx, before); err != nil || len(objects) == 0 {
			break
		}
		for _, key := range objects {
			err = errors.Join(err, s.store.Delete(ctx, key))
		}
	}
	return err
}

// unused says which rows b of file_blob nothing refers to.
const unused = `NOT EXISTS (SELECT 1 FROM file_version v WHERE v.sum = b.sum) AND NOT EXISTS (SELECT 1 FROM file_preview p WHERE p.sum = b.sum)
	AND NOT EXISTS (SELECT 1 FROM file_part p WHERE p.sum = b.sum) AND NOT EXISTS (SELECT 1 FROM file_field f WHERE f.sum = b.sum)`

type unusedBlob struct {
	sum, object string
	size        int64
}

// sweepBlobs removes rows and returns the objects that they named: nothing can refer to these any more, since a key is never used
// twice.
func (s *Service) sweepBlobs(ctx context.Context, before int64) (objects []string, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		objects = nil
		// The row is touched by whoever makes it part of a file, in the same transaction: on PostgreSQL the lock on the row lets one
		// of the two see what the other did.
		q := `SELECT b.sum, b.object, b.size FROM file_blob b WHERE b.touched < ? AND ` + unused + " ORDER BY b.touched LIMIT ?"
		if tx.Dialect() == db.Postgres {
			q += " FOR UPDATE SKIP LOCKED"
		}
		rows, err := tx.Query(ctx, q, before, sweepBatch)
		if err != nil {
			return fmt.Errorf("find unused contents: %w", err)
		}
		list, err := scanAll(rows, func(b *unusedBlob) []any { return []any{&b.sum, &b.object, &b.size} })
		if err != nil || len(list) == 0 {
			return err
		}
		var sums []any
		var freed int64
		for _, b := range list {
			sums, objects, freed = append(sums, b.sum), append(objects, b.object), freed+b.size
		}
		return removeBlobsTx(ctx, tx, sums, freed)
	})
	return objects, err
}

func removeBlobsTx(ctx context.Context, tx *db.Tx, sums []any, freed int64) error {
	in := " IN (" + db.Marks(len(sums)) + ")"
	if err := dropTextsTx(ctx, tx, in, sums); err != nil {
		return err
	}
	for _, q := range []string{"DELETE FROM file_preview WHERE source" + in, "DELETE FROM file_blob WHERE sum" + in} {
		if _, err := tx.Exec(ctx, q, sums...); err != nil {
			return fmt.Errorf("remove contents: %w", err)
		}
	}
	_, err := tx.Exec(ctx, "UPDATE file_usage SET bytes = bytes - ? WHERE id = 1", freed)
	return err
}

// sweepObjects removes objects without a row. They are stamped by the machine's clock, or the store's own, not by the portal's.
func (s *Service) sweepObjects(ctx context.Context) error {
	before := clock.System{}.Now().Add(-grace)
	if f, ok := s.store.(interface{ SweepDrafts(before time.Time) error }); ok {
		if err := f.SweepDrafts(before); err != nil {
			return err
		}
	}
	var batch []string
	flush := func() error {
		lost, err := s.lost(ctx, batch)
		for _, key := range lost {
			err = errors.Join(err, s.store.Delete(ctx, key))
		}
		batch = batch[:0]
		return err
	}
	err := s.store.Each(ctx, func(i blob.Info) error {
		if i.Modified.After(before) {
			return nil
		}
		if batch = append(batch, i.Key); len(batch) < sweepBatch {
			return nil
		}
		return flush()
	})
	return errors.Join(err, flush())
}

// lost returns those of keys that no row names.
func (s *Service) lost(ctx context.Context, keys []string) (out []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	args := db.Args(keys)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT object FROM file_blob WHERE object IN ("+db.Marks(len(keys))+")", args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				return err
			}
			known[k] = true
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for lost objects: %w", err)
	}
	for _, k := range keys {
		if !known[k] {
			out = append(out, k)
		}
	}
	return out, nil
}
