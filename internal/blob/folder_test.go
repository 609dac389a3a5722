package blob_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/blob/blobtest"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		t.Helper()
		return blob.NewFolder(filepath.Join(t.TempDir(), "blobs"))
	})
}

// What a draft leaves when its process dies is removed, what is being written is not.
func TestSweepDrafts(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := blob.NewFolder(root)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	stamp := func(at time.Time, skip string) string {
		d, err := f.NewDraft(10)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Discard)
		entries, err := os.ReadDir(filepath.Join(root, "drafts"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() == skip {
				continue
			}
			if err := os.Chtimes(filepath.Join(root, "drafts", e.Name()), at, at); err != nil {
				t.Fatal(err)
			}
			return e.Name()
		}
		return ""
	}
	old := stamp(now.Add(-25*time.Hour), "")
	young := stamp(now.Add(-time.Hour), old)
	if err := f.SweepDrafts(now.Add(-24 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(root, "drafts"))
	if err != nil || len(left) != 1 || left[0].Name() != young {
		t.Errorf("left %v, %v; want the young draft", left, err)
	}
}

// An object appears whole or not at all: a draft that is given up leaves nothing.
func TestDiscardLeavesNothing(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	f := blob.NewFolder(root)
	d, err := f.NewDraft(100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	d.Discard()
	d.Discard()
	left, err := os.ReadDir(filepath.Join(root, "drafts"))
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
