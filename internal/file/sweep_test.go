package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/blob/blobtest"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
)

// What nothing needs is removed after a day, what something needs never.
func TestSweep(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		kept := b.upload(t, anna, chat, "kept", "kept")
		gone := b.upload(t, anna, chat, "gone", "gone")
		shared := b.upload(t, anna, chat, "shared", "shared")
		b.upload(t, boris, chat, "shared too", "shared")
		_, err := b.Receive(t.Context(), strings.NewReader("never a file"))
		must(t, err)
		root, err := b.ChatFolder(t.Context(), as(anna), chat)
		must(t, err)
		u, err := b.Begin(t.Context(), as(anna), file.NewUpload{FolderID: root.ID, Name: "half", Size: 8})
		must(t, err)
		_, err = b.Part(t.Context(), as(anna), u.ID, 0, strings.NewReader("half"))
		must(t, err)
		must(t, b.Delete(t.Context(), as(anna), gone.ID))
		must(t, b.Delete(t.Context(), as(anna), shared.ID))

		b.clock.Advance(23 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if n := b.objects(t); n != 5 {
			t.Fatalf("%d objects after 23 hours, want all 5", n)
		}
		if _, err := b.Part(t.Context(), as(anna), u.ID, 4, strings.NewReader("way.")); err != nil {
			t.Errorf("an upload cannot be continued after 23 hours: %v", err)
		}
		b.clock.Advance(2 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if n := b.objects(t); n != 4 {
			t.Errorf("%d objects, want kept, shared and two parts", n)
		}
		n, err := b.Finish(t.Context(), as(anna), u.ID)
		must(t, err)
		if b.read(t, n) != "halfway." || b.read(t, kept) != "kept" {
			t.Error("what is needed was removed")
		}
		b.clock.Advance(25 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if used, err := b.Used(t.Context()); err != nil || b.objects(t) != 3 || used != int64(len("kept"+"shared"+"halfway.")) {
			t.Errorf("%d objects of %d bytes, %v; want those of the three files", b.objects(t), used, err)
		}
		_, err = b.Progress(t.Context(), as(anna), u.ID)
		wantFault(t, "an upload of two days ago", err, file.ErrUpload)
	})
}

// An object that no row names, which a crash leaves, is removed when it is a day old by the machine's clock.
func TestSweepLostObjects(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.upload(t, anna, chat, "a", "a")
		lost, fresh := blobtest.Keep(t, b.store, "lost"), blobtest.Keep(t, b.store, "about to be a row")
		old := time.Now().Add(-25 * time.Hour)
		must(t, b.store.Each(t.Context(), func(i blob.Info) error {
			if i.Key == fresh {
				return nil
			}
			return os.Chtimes(filepath.Join(b.root, i.Key[:2], i.Key), old, old)
		}))
		must(t, b.Sweep(t.Context()))
		if _, err := b.store.Open(t.Context(), lost); err == nil {
			t.Error("a lost object stays")
		}
		if b.objects(t) != 2 || b.read(t, n) != "a" {
			t.Errorf("%d objects are left, want that of the file and the young one", b.objects(t))
		}
	})
}

// A content that is uploaded again while it is removed is there in the end: the row or a new one names it.
func TestSweepWhileUploading(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		for range 15 {
			n := b.upload(t, anna, chat, "same", "the same content")
			must(t, b.Delete(t.Context(), as(anna), n.ID))
			b.clock.Advance(25 * time.Hour)
			swept := make(chan error, 1)
			go func() { swept <- b.Sweep(t.Context()) }()
			again := b.upload(t, anna, chat, "same", "the same content")
			must(t, <-swept)
			if got := b.read(t, again); got != "the same content" {
				t.Fatalf("read %q", got)
			}
			must(t, b.Delete(t.Context(), as(anna), again.ID))
		}
	})
}
