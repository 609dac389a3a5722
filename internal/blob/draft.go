package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
)

// Draft is a content on its way in: bytes in a file of the local disk, counted and summed while they are written. It is used by
// one goroutine at a time.
type Draft struct {
	file  *os.File
	sum   hash.Hash
	size  int64
	limit int64
}

// newDraft returns a draft in the folder dir.
func newDraft(dir string, limit int64) (*Draft, error) {
	f, err := os.CreateTemp(dir, "draft-")
	if err != nil {
		return nil, err
	}
	return &Draft{file: f, sum: sha256.New(), limit: limit}, nil
}

var _ io.Writer = (*Draft)(nil)

// Write adds bytes; ErrTooLarge where they would pass the limit, and then none of them is written.
func (d *Draft) Write(p []byte) (int, error) {
	if int64(len(p)) > d.limit-d.size {
		return 0, ErrTooLarge
	}
	n, err := d.file.Write(p)
	d.sum.Write(p[:n])
	d.size += int64(n)
	return n, err
}

// Size returns how many bytes were written.
func (d *Draft) Size() int64 { return d.size }

// Sum returns the SHA-256 of what was written, in hex.
func (d *Draft) Sum() string { return hex.EncodeToString(d.sum.Sum(nil)) }

// Content returns what was written, from its beginning.
func (d *Draft) Content() io.ReadSeeker { return io.NewSectionReader(d.file, 0, d.size) }

// Discard gives the draft up. After Keep, and a second time, it does nothing.
func (d *Draft) Discard() {
	if d.file == nil {
		return
	}
	_ = d.file.Close()
	_ = os.Remove(d.file.Name())
	d.file = nil
}

// moveTo makes the draft durable under a name on the same file system. The folder of the name must be synced by the caller.
func (d *Draft) moveTo(path string) error {
	name := d.file.Name()
	err := errors.Join(d.file.Sync(), d.file.Close())
	if err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		_ = os.Remove(name)
	}
	d.file = nil
	return err
}
