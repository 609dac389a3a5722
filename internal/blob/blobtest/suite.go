// Package blobtest holds what every blob.Store must do.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/blob"
)

// Run runs the suite; open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	t.Helper()
	t.Run("keep and read", func(t *testing.T) { keepAndRead(t, open(t)) })
	t.Run("limit", func(t *testing.T) { limit(t, open(t)) })
	t.Run("delete", func(t *testing.T) { deleted(t, open(t)) })
	t.Run("each", func(t *testing.T) { each(t, open(t)) })
	t.Run("foreign keys", func(t *testing.T) { foreign(t, open(t)) })
	t.Run("put", func(t *testing.T) { put(t, open(t)) })
	t.Run("copy", func(t *testing.T) { copied(t, open(t), open(t)) })
}

// Keep stores a content and returns its key.
func Keep(t testing.TB, s blob.Store, content string) string {
	t.Helper()
	d, err := s.NewDraft(int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	if _, err := io.WriteString(d, content); err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey(d.Sum())
	if err := s.Keep(t.Context(), key, d); err != nil {
		t.Fatal(err)
	}
	return key
}

// Read returns a whole object.
func Read(t testing.TB, s blob.Store, key string) string {
	t.Helper()
	o, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatalf("open %s: %v", key, err)
	}
	defer func() { _ = o.Close() }()
	raw, err := io.ReadAll(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Size() != int64(len(raw)) {
		t.Errorf("Size() = %d, content has %d bytes", o.Size(), len(raw))
	}
	return string(raw)
}

func keepAndRead(t *testing.T, s blob.Store) {
	t.Parallel()
	content := strings.Repeat("0123456789", 20_000)
	key := Keep(t, s, content)
	if got := Read(t, s, key); got != content {
		t.Errorf("read %d bytes that differ from the %d written", len(got), len(content))
	}
	if got := Read(t, s, Keep(t, s, "")); got != "" {
		t.Errorf("the empty object holds %q", got)
	}
	o, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.Close() }()
	part := make([]byte, 6)
	for _, at := range []struct {
		offset int64
		whence int
		want   string
	}{{7, io.SeekStart, "789012"}, {-6, io.SeekEnd, "456789"}, {100_003, io.SeekStart, "345678"}, {4, io.SeekCurrent, "345678"}} {
		if _, err := o.Seek(at.offset, at.whence); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(o, part); err != nil || string(part) != at.want {
			t.Errorf("at %d from %d: %q, %v; want %q", at.offset, at.whence, part, err, at.want)
		}
	}
}

func limit(t *testing.T, s blob.Store) {
	t.Parallel()
	d, err := s.NewDraft(4)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	if _, err := io.Copy(d, strings.NewReader("12345")); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("5 bytes into a draft of 4: %v", err)
	}
}

func deleted(t *testing.T, s blob.Store) {
	t.Parallel()
	key := Keep(t, s, "gone soon")
	for range 2 {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Open(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open a deleted object: %v", err)
	}
}

func each(t *testing.T, s blob.Store) {
	t.Parallel()
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("an empty store holds %v", got)
	}
	d, err := s.NewDraft(10) // a draft is no object
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	want := []string{Keep(t, s, "a"), Keep(t, s, "b"), Keep(t, s, "a")}
	slices.Sort(want)
	if got := keys(t, s); !slices.Equal(got, want) {
		t.Errorf("keys %v, want %v", got, want)
	}
	stop := errors.New("enough")
	if err := s.Each(t.Context(), func(blob.Info) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each returned %v, not what f did", err)
	}
	if err := blob.Clear(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("a cleared store holds %v", got)
	}
}

func keys(t *testing.T, s blob.Store) (out []string) {
	t.Helper()
	err := s.Each(t.Context(), func(i blob.Info) error {
		if i.Size > 1 || i.Modified.IsZero() {
			t.Errorf("object %+v", i)
		}
		out = append(out, i.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func foreign(t *testing.T, s blob.Store) {
	t.Parallel()
	for _, key := range []string{"", "x", "../../etc/passwd", strings.Repeat("a", 64), strings.Repeat("a", 64) + "-../..aaaaa"} {
		if _, err := s.Open(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("open %q: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err == nil {
			t.Errorf("%q was taken for a key", key)
		}
	}
}

func put(t *testing.T, s blob.Store) {
	t.Parallel()
	const sumOfABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	key := blob.NewKey(sumOfABC)
	if err := blob.Put(t.Context(), s, key, strings.NewReader("abd"), 3); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("another content: %v", err)
	}
	if err := blob.Put(t.Context(), s, key, strings.NewReader("abc"), 4); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("a shorter content: %v", err)
	}
	if err := blob.Put(t.Context(), s, key, bytes.NewReader([]byte("abc")), 3); err != nil {
		t.Fatal(err)
	}
	if got := Read(t, s, key); got != "abc" {
		t.Errorf("read %q", got)
	}
}

func copied(t *testing.T, from, to blob.Store) {
	t.Parallel()
	one, two := Keep(t, from, "one"), Keep(t, from, "two")
	if err := blob.Copy(context.WithoutCancel(t.Context()), from, to); err != nil {
		t.Fatal(err)
	}
	if err := blob.Clear(t.Context(), from); err != nil { // what was copied does not depend on it
		t.Fatal(err)
	}
	if a, b := Read(t, to, one), Read(t, to, two); a != "one" || b != "two" {
		t.Errorf("copied %q and %q", a, b)
	}
}
