package file_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
)

func (b *bundle) found(t testing.TB, user int64, q file.Search) string {
	t.Helper()
	page, err := b.Search(t.Context(), as(user), q)
	must(t, err)
	var names []string
	for _, n := range page.Items {
		names = append(names, n.Name)
	}
	return strings.Join(names, ", ")
}

// A search finds by the beginnings of words what somebody may read, the latest changed first.
func TestSearch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ctx := t.Context()
		reports := b.folder(t, anna, 0, "Reports 2026")
		deep := b.folder(t, anna, reports.ID, "Deep")
		var nodes []file.Node
		for _, name := range []string{"Annual-Report_2026.pdf", "Übersicht Kosten.txt", "report.txt", "报告.txt", "it's a \"report\" & more.txt"} {
			b.clock.Advance(time.Second)
			nodes = append(nodes, b.put(t, anna, deep.ID, name))
		}
		b.upload(t, anna, chat, "report in a chat.txt", "x")
		all := file.Search{Kinds: file.FilesAndFolders}
		for text, want := range map[string]string{
			"rep": "it's a _report_ & more.txt, report.txt, Annual-Report_2026.pdf, Reports 2026", "2026 REPORT": "Annual-Report_2026.pdf, Reports 2026",
			"port": "", "ubersicht": "Übersicht Kosten.txt", "ÜBER": "Übersicht Kosten.txt", "报告": "报告.txt", "'; DROP *": "", "!!!": "", "it s more": "it's a _report_ & more.txt",
		} {
			all.Text = text
			if got := b.found(t, anna, all); got != want {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
		}
		for what, c := range map[string]struct {
			user int64
			q    file.Search
			want string
		}{
			"files":           {anna, file.Search{Text: "2026"}, "Annual-Report_2026.pdf"},
			"folders":         {anna, file.Search{Text: "2026", Kinds: file.OnlyFolders}, "Reports 2026"},
			"below a folder":  {anna, file.Search{Text: "rep", Kinds: file.FilesAndFolders, FolderID: reports.ID}, "it's a _report_ & more.txt, report.txt, Annual-Report_2026.pdf"},
			"in a drive":      {anna, file.Search{Text: "kosten", StorageID: reports.StorageID}, "Übersicht Kosten.txt"},
			"somebody else":   {boris, file.Search{Text: "rep"}, ""},
			"administrator":   {dora, file.Search{Text: "kosten"}, "Übersicht Kosten.txt"},
			"nobody":          {99, file.Search{Text: "kosten"}, ""},
			"the drive's own": {anna, file.Search{Text: "person", Kinds: file.FilesAndFolders}, ""},
		} {
			if got := b.found(t, c.user, c.q); got != c.want {
				t.Errorf("%s: %q, want %q", what, got, c.want)
			}
		}
		must(t, b.Give(ctx, as(anna), reports.ID, []file.Given{{Code: "U2", Right: file.Read}}))
		if got := b.found(t, boris, file.Search{Text: "kosten"}); got != "Übersicht Kosten.txt" {
			t.Errorf("by a right on a folder above: %q", got)
		}
		for what, q := range map[string]file.Search{
			"a drive that is not there": {Text: "x", StorageID: 999}, "another's folder": {Text: "x", FolderID: deep.ID},
			"a folder of another drive": {Text: "x", FolderID: deep.ID, StorageID: reports.StorageID + 1},
		} {
			if _, err := b.Search(ctx, as(clara), q); !errors.Is(err, file.ErrScope) {
				t.Errorf("%s: %v", what, err)
			}
		}

		_, err := b.Rename(ctx, as(anna), nodes[2].ID, "summary.txt")
		must(t, err)
		_, err = b.Discard(ctx, as(anna), nodes[0].ID)
		must(t, err)
		must(t, b.Delete(ctx, as(anna), nodes[4].ID))
		if got := b.found(t, anna, file.Search{Text: "report"}); got != "" {
			t.Errorf("renamed, thrown away, deleted: still %q", got)
		}
		if got := b.found(t, anna, file.Search{Text: "summ"}); got != "summary.txt" {
			t.Errorf("renamed: %q", got)
		}
	})
}

// Pages begin where they are told, at most a thousand further on.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		folder := b.folder(t, anna, 0, "F")
		for i := range 52 {
			b.put(t, anna, folder.ID, fmt.Sprintf("n %02d.txt", i))
			b.clock.Advance(time.Second)
		}
		page, err := b.Search(t.Context(), as(anna), file.Search{Text: "txt"})
		if err != nil || len(page.Items) != 50 || page.Next != 50 || page.Items[0].Name != "n 51.txt" {
			t.Errorf("first page: %d, %d, %v", len(page.Items), page.Next, err)
		}
		if got := b.found(t, anna, file.Search{Text: "txt", Start: 50}); got != "n 01.txt, n 00.txt" {
			t.Errorf("second page: %s", got)
		}
	})
}

// What is not indexed yet, as after an upgrade, is before somebody searches.
func TestSearchAfterUpgrade(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.put(t, anna, b.folder(t, anna, 0, "F").ID, "Old.txt")
		must(t, d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM file_word")
			return err
		}))
		if got := b.found(t, anna, file.Search{Text: "old"}); got != "" {
			t.Fatalf("found %q in an empty index", got)
		}
		must(t, file.Schema().Rebuild(t.Context(), d))
		if got := b.found(t, anna, file.Search{Text: "old"}); got != "Old.txt" {
			t.Errorf("found %q", got)
		}
	})
}
