// Package blob keeps the bytes of files: objects that never change, each under a key that is used once.
//
// A key is the SHA-256 of the content and a random part, so what lies in a store can be checked without anything else, and a key
// that was given up never comes back with something behind it: what removes an object cannot race what adds one. Which objects
// are needed, and by whom, is for the caller to know.
package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"time"
)

// ErrNotFound is returned for a key under which nothing is kept.
var ErrNotFound = errors.New("blob: no such object")

// ErrTooLarge is returned by a Draft that was written past its limit.
var ErrTooLarge = errors.New("blob: the content is larger than its limit")

// errKey is returned for what is no key: keys become names of files.
var errKey = errors.New("blob: not a key")

// Store keeps objects. It is safe for use by several goroutines.
type Store interface {
	// NewDraft returns an empty draft that takes up to limit bytes. The caller must Discard it.
	NewDraft(limit int64) (*Draft, error)
	// Keep stores what was written to a draft under a key; it is durable when Keep returns. The draft is used up.
	Keep(ctx context.Context, key string, d *Draft) error
	// Open returns the object of a key; ErrNotFound where there is none. The caller must Close it.
	Open(ctx context.Context, key string) (Object, error)
	// Delete removes the object of a key. One that does not exist is no error.
	Delete(ctx context.Context, key string) error
	// Each calls f for every object, in no order, until f returns an error. One that is stored or removed meanwhile may be
	// missing.
	Each(ctx context.Context, f func(Info) error) error
}

// Object is an open object.
type Object interface {
	io.ReadSeekCloser
	// Size is in bytes.
	Size() int64
}

// Info describes an object.
type Info struct {
	Key      string
	Size     int64 // in bytes
	Modified time.Time
}

var keyForm = regexp.MustCompile(`^[0-9a-f]{64}-[a-z2-7]{10}$`)

// NewKey returns a key for a content with the SHA-256 sum, in hex.
func NewKey(sum string) string { return sum + "-" + strings.ToLower(rand.Text()[:10]) }

// IsKey reports whether key may name an object.
func IsKey(key string) bool { return keyForm.MatchString(key) }

// Sum returns the SHA-256 of the content, in hex, that a key promises; "" for what is no key.
func Sum(key string) string {
	if !IsKey(key) {
		return ""
	}
	sum, _, _ := strings.Cut(key, "-")
	return sum
}

// Copy puts every object of from into to, which has none of them.
func Copy(ctx context.Context, from, to Store) error {
	if linked, err := link(ctx, from, to); linked || err != nil {
		return err
	}
	return from.Each(ctx, func(i Info) error {
		o, err := from.Open(ctx, i.Key)
		if errors.Is(err, ErrNotFound) {
			return nil // removed meanwhile, as what named it
		}
		if err != nil {
			return err
		}
		err = Put(ctx, to, i.Key, o, o.Size())
		return errors.Join(err, o.Close())
	})
}

// ErrDamaged is returned where a content is not the one that its key promises.
var ErrDamaged = errors.New("blob: the content is not what its key promises")

// Put stores what r holds, size bytes or with -1 all of it, under a key. It fails with ErrDamaged where that is not what the key promises.
func Put(ctx context.Context, s Store, key string, r io.Reader, size int64) error {
	limit := size
	if size < 0 {
		limit = math.MaxInt64
	}
	d, err := s.NewDraft(limit)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := io.Copy(d, r); err != nil {
		return err
	}
	if d.Sum() != Sum(key) || size >= 0 && d.Size() != size {
		return ErrDamaged
	}
	return s.Keep(ctx, key, d)
}

// Clear removes every object of a store.
func Clear(ctx context.Context, s Store) error {
	return s.Each(ctx, func(i Info) error { return s.Delete(ctx, i.Key) })
}
