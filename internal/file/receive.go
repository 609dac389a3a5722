package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/setting"
)

// Limits are the portal's limits on files.
type Limits struct {
	MaxMB   int64 `json:"max_mb"`   // the largest file, in megabytes of 1,048,576 bytes
	QuotaMB int64 `json:"quota_mb"` // all files together; 0 is no limit
}

// The bounds of the limits.
const (
	MaxFileMB  = 10_240
	MaxQuotaMB = 1 << 30
	mb         = 1 << 20
)

// LimitsKey is the setting.
var LimitsKey = setting.Key[Limits]{Name: "file.limits", Default: Limits{MaxMB: 100}, Check: Limits.check}

// Limits returns the portal's limits.
func (s *Service) Limits(ctx context.Context) (Limits, error) {
	return setting.Load(ctx, s.settings, LimitsKey)
}

// Receive reads a content to its end and stores it. It uses little memory, whatever the size. What is not made part of a file within
// a day is removed again. Faults: FILE_TOO_LARGE, FILE_QUOTA_EXCEEDED.
func (s *Service) Receive(ctx context.Context, r io.Reader) (Content, error) {
	l, err := s.Limits(ctx)
	if err != nil {
		return Content{}, err
	}
	return s.receive(ctx, r, l.MaxMB*mb, counted)
}

// counting says whether a content must find room in the portal's quota.
type counting bool

const (
	counted   counting = true
	uncounted counting = false // previews: a portal that is full still shows what it has
)

func (s *Service) receive(ctx context.Context, r io.Reader, limit int64, room counting) (Content, error) {
	d, err := s.store.NewDraft(limit)
	if err != nil {
		return Content{}, fmt.Errorf("make draft: %w", err)
	}
	defer d.Discard()
	if _, err := io.Copy(d, r); errors.Is(err, blob.ErrTooLarge) {
		return Content{}, ErrTooLarge
	} else if err != nil {
		return Content{}, err
	}
	c := Content{Sum: d.Sum(), Size: d.Size()}
	if c.Type, err = sniff(d.Content()); err != nil {
		return Content{}, err
	}
	if KindOf(c.Type) == Picture {
		c.Width, c.Height = measure(d.Content())
	}
	known, err := s.touch(ctx, c.Sum)
	if err != nil || known {
		return c, err
	}
	return c, s.keep(ctx, c, d, room)
}

// touch makes a blob that is there already safe for another day.
func (s *Service) touch(ctx context.Context, sum string) (known bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		known, err = s.touchTx(ctx, tx, sum)
		return err
	})
	return known, err
}

func (s *Service) touchTx(ctx context.Context, tx *db.Tx, sum string) (known bool, err error) {
	n, err := tx.Exec(ctx, "UPDATE file_blob SET touched = ? WHERE sum = ?", db.Micro(s.now()), sum)
	if err != nil {
		return false, fmt.Errorf("touch blob: %w", err)
	}
	return n > 0, nil
}

// keep stores the bytes, then the row that names them: a crash between leaves an object that Sweep removes. Who comes second with
// the same content gives theirs up.
func (s *Service) keep(ctx context.Context, c Content, d *blob.Draft, room counting) error {
	object := blob.NewKey(c.Sum)
	if room == counted {
		if err := s.roomFor(ctx, c.Size); err != nil {
			return err
		}
	}
	if err := s.store.Keep(ctx, object, d); err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	var kept bool
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		kept, err = s.insertBlobTx(ctx, tx, c, object)
		if err == nil && kept && room == counted {
			err = s.roomTx(ctx, tx, 0) // others may have taken it meanwhile
		}
		return err
	})
	if err == nil && kept {
		return nil
	}
	return errors.Join(err, s.store.Delete(context.WithoutCancel(ctx), object))
}

// roomFor looks whether there is room before anything is stored; keep looks again.
func (s *Service) roomFor(ctx context.Context, size int64) error {
	return s.db.Read(ctx, func(tx *db.Tx) error { return s.roomTx(ctx, tx, size) })
}

func (s *Service) roomTx(ctx context.Context, tx *db.Tx, size int64) error {
	l, err := setting.LoadTx(ctx, tx, LimitsKey)
	if err != nil || l.QuotaMB == 0 {
		return err
	}
	used, err := usedTx(ctx, tx)
	if err == nil && used+size > l.QuotaMB*mb {
		err = ErrNoSpace
	}
	return err
}

func usedTx(ctx context.Context, tx *db.Tx) (bytes int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT bytes FROM file_usage WHERE id = 1").Scan(&bytes); err != nil {
		return 0, fmt.Errorf("read usage: %w", err)
	}
	return bytes, nil
}

// Used returns how many bytes the contents of all files take, each counted once.
func (s *Service) Used(ctx context.Context) (bytes int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		bytes, err = usedTx(ctx, tx)
		return err
	})
	return bytes, err
}

// insertBlobTx reports false where the content is known already.
func (s *Service) insertBlobTx(ctx context.Context, tx *db.Tx, c Content, object string) (bool, error) {
	const add = `INSERT INTO file_blob (sum, object, size, type, width, height, touched) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (sum) DO UPDATE SET touched = excluded.touched RETURNING object`
	var kept string
	if err := tx.QueryRow(ctx, add, c.Sum, object, c.Size, c.Type, c.Width, c.Height, db.Micro(s.now())).Scan(&kept); err != nil {
		return false, fmt.Errorf("insert blob: %w", err)
	}
	if kept != object {
		return false, nil
	}
	if _, err := tx.Exec(ctx, "UPDATE file_usage SET bytes = bytes + ? WHERE id = 1", c.Size); err != nil {
		return false, fmt.Errorf("count usage: %w", err)
	}
	return true, nil
}

// Open opens the content of a file. The caller must Close it.
func (s *Service) Open(ctx context.Context, n Node) (blob.Object, error) {
	o, err := s.store.Open(ctx, n.object)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("the content %s of file %d is missing: %w", n.object, n.ID, err)
	}
	return o, err
}
