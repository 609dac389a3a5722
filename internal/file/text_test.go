package file_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
)

// letter returns a document of a word processor.
func letter(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<w:document><w:p><w:t>" + text + "</w:t></w:p></w:document>"}} {
		w, err := z.Create(part[0])
		must(t, err)
		_, err = io.WriteString(w, part[1])
		must(t, err)
	}
	must(t, z.Close())
	return b.String()
}

// own puts a file into somebody's own drive.
func (b *bundle) own(t testing.TB, user int64, name, content string) file.Node {
	t.Helper()
	n, err := b.KeepUpload(t.Context(), as(user), name, strings.NewReader(content))
	must(t, err)
	return n
}

// finds checks what somebody finds, the latest first.
func (b *bundle) finds(t testing.TB, user int64, text, want string) {
	t.Helper()
	p, err := b.Search(t.Context(), as(user), file.Search{Text: text, Kinds: file.FilesAndFolders})
	must(t, err)
	var names []string
	for _, n := range p.Items {
		if file.Named(n, text) {
			names = append(names, n.Name)
		} else {
			names = append(names, "("+n.Name+")")
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%d finds %q for %q, want %q", user, got, text, want)
	}
}

func (b *bundle) state(t testing.TB, n file.Node, want file.TextState, reason string) {
	t.Helper()
	if state, why, err := b.TextOf(t.Context(), n); err != nil || state != want || why != reason {
		t.Errorf("%s is in the state %d %q, %v, want %d %q", n.Name, state, why, err, want, reason)
	}
}

func TestFilesAreFoundByWhatTheySay(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		doc := b.own(t, anna, "one.docx", letter(t, "Budget für Zürich"))
		b.clock.Advance(time.Minute)
		budget := b.own(t, anna, "budget.bin", "\x00\x01")
		b.clock.Advance(time.Minute)
		page := b.own(t, anna, "page.html", "<!doctype html><html><body><p>Our budget plan</p></body></html>")
		b.own(t, boris, "theirs.txt", "a budget of Boris")
		broken := b.own(t, anna, "broken.pdf", "%PDF-1.7 nothing")
		archive := b.own(t, anna, "files.zip", strings.Replace(letter(t, "budget"), "word/document.xml", "word/documents.xm", 2))
		b.state(t, doc, file.TextWaits, "")
		b.finds(t, anna, "budget", "budget.bin")
		must(t, b.ReadTexts(t.Context()))
		b.finds(t, anna, "budget", "(page.html) budget.bin (one.docx)")
		b.finds(t, anna, "zurich budg", "(one.docx)")
		b.finds(t, anna, "budget nothing", "")
		b.finds(t, boris, "budget", "(theirs.txt)")
		b.state(t, doc, file.TextRead, "")
		b.state(t, page, file.TextRead, "")
		b.state(t, budget, file.TextNever, "")
		b.state(t, broken, file.TextFailed, "It is broken.")
		b.state(t, archive, file.TextNone, "")
		if c, err := b.TextCounts(t.Context()); err != nil || c != (file.TextCounts{Read: 3, None: 1, Failed: 1}) {
			t.Errorf("%+v, %v", c, err)
		}
		if n, err := b.RetryTexts(t.Context(), as(dora)); err != nil || n != 1 {
			t.Errorf("%d are tried again, %v", n, err)
		}
		b.state(t, broken, file.TextWaits, "")

		c, err := b.Receive(t.Context(), strings.NewReader("nothing of the kind"))
		must(t, err)
		_, err = b.AddVersion(t.Context(), as(anna), page.ID, c)
		must(t, err)
		must(t, b.ReadTexts(t.Context()))
		b.finds(t, anna, "budget", "budget.bin (one.docx)")
		b.finds(t, anna, "kind", "(page.html)")
	})
}

func TestMessagesAreFoundByTheirDocuments(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.upload(t, anna, chat, "a.docx", letter(t, "the contract"))
		for _, id := range []int64{40, 50, 60} {
			_, err := b.attach(t, anna, file.Place{Entity: file.Message, ID: id}, n.ID)
			must(t, err)
		}
		must(t, b.ReadTexts(t.Context()))
		found := func(text string, after, before int64, oldest bool, want ...int64) {
			t.Helper()
			must(t, d.Read(t.Context(), func(tx *db.Tx) error {
				ids, whole, err := b.MessagesWithTextTx(t.Context(), tx, text, after, before, oldest)
				if err == nil && (!whole || !slices.Equal(ids, want)) {
					t.Errorf("found %v, %v, want %v", ids, whole, want)
				}
				return err
			}))
		}
		found("contr", 0, 60, false, 50, 40)
		found("the contract", 40, 99, true, 50, 60)
		found("other", 0, 99, false)
	})
}

// A document that is begun again and again and never ended is left alone, one that was cut off is read by the next process.
func TestDocumentThatTakesTheProcessWithItIsGivenUp(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.own(t, anna, "a.txt", "words")
		crash := func() {
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "UPDATE file_text SET state = 1, tries = tries + 1, due = ?", db.Micro(b.clock.Now().Add(5*time.Minute)))
				return err
			}))
		}
		crash()
		must(t, b.ReadTexts(t.Context()))
		b.state(t, n, file.TextReading, "")
		b.clock.Advance(6 * time.Minute)
		must(t, b.ReadTexts(t.Context()))
		b.state(t, n, file.TextRead, "")

		gone := b.own(t, anna, "b.txt", "other words")
		for range 3 {
			crash()
			b.clock.Advance(6 * time.Minute)
		}
		must(t, b.ReadTexts(t.Context()))
		b.state(t, gone, file.TextFailed, "Reading it never came to an end.")
		ctx, cancel := context.WithCancel(t.Context())
		last := b.own(t, anna, "c.txt", "last words")
		cancel()
		if err := b.ReadTexts(ctx); err == nil {
			t.Error("a document was read after the end")
		}
		must(t, b.ReadTexts(t.Context()))
		b.state(t, last, file.TextRead, "")
	})
}

func TestDocumentsAreReadAsTheyComeIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, dbtest.SQLite(t, schemas...))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { b.RunTexts(ctx); close(done) }()
		synctest.Wait()
		n := b.own(t, anna, "a.txt", "words")
		synctest.Wait()
		b.state(t, n, file.TextRead, "")
		cancel()
		<-done
	})
}

// Words of contents that are removed are forgotten; a copied portal reads its documents anew.
func TestTextsGoWithTheirContentsAndComeBackInACopy(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		n := b.upload(t, anna, chat, "a.txt", "words")
		b.own(t, anna, "b.txt", "others")
		must(t, b.ReadTexts(t.Context()))
		must(t, b.Delete(t.Context(), as(anna), n.ID))
		b.clock.Advance(25 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if c, err := b.TextCounts(t.Context()); err != nil || c.Read != 1 {
			t.Errorf("%+v, %v", c, err)
		}
		must(t, d.Write(t.Context(), func(tx *db.Tx) error {
			for _, q := range []string{"DELETE FROM file_text", "DELETE FROM file_text_word"} {
				if _, err := tx.Exec(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}))
		b.finds(t, anna, "others", "")
		must(t, file.Schema().Rebuild(t.Context(), d))
		must(t, b.ReadTexts(t.Context()))
		b.finds(t, anna, "others", "(b.txt)")
	})
}
