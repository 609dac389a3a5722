package file_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
)

// keep makes an upload a file of the record 3, which Clara sees.
func (b *bundle) keep(t testing.TB, ticket string) (id int64, name string, err error) {
	t.Helper()
	err = b.db.Write(t.Context(), func(tx *db.Tx) (err error) {
		id, name, err = b.KeepForFieldTx(t.Context(), tx, file.Place{Entity: "task", ID: 3}, ticket)
		return err
	})
	return id, name, err
}

func TestFileOfAFieldIsForThoseWhoSeeTheRecord(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ticket, err := b.ReceiveForField(t.Context(), "plan/b.txt", strings.NewReader("the plan"))
		must(t, err)
		if name, size, err := b.Uploaded(ticket); err != nil || name != "plan-b.txt" && name != "b.txt" && name != "plan_b.txt" || size != 8 {
			t.Errorf("the ticket is for %q of %d bytes, %v", name, size, err)
		}
		id, name, err := b.keep(t, ticket)
		must(t, err)
		f, err := b.FieldFile(t.Context(), as(clara), id)
		if err != nil || f.Name != name || f.Type != "text/plain" || f.Record != (file.Place{Entity: "task", ID: 3}) || b.read(t, f.Node) != "the plan" {
			t.Errorf("Clara gets %+v, %v", f, err)
		}
		_, err = b.FieldFile(t.Context(), as(anna), id)
		wantFault(t, "Anna, who does not see the task,", err, file.ErrAccess)
		_, err = b.FieldFile(t.Context(), as(77), id)
		wantFault(t, "nobody", err, file.ErrAccess)
		_, err = b.FieldFile(t.Context(), as(clara), id+1)
		wantFault(t, "a number of no file", err, file.ErrNotFound)

		link := func(user int64) file.Link {
			l, err := b.ReadLink(b.SignFor(file.Link{Action: file.OfField, Actor: as(user), NodeID: id}))
			must(t, err)
			return l
		}
		if n, err := b.Follow(t.Context(), link(clara)); err != nil || b.read(t, n) != "the plan" {
			t.Errorf("the link leads to %+v, %v", n, err)
		}
		_, err = b.Follow(t.Context(), link(anna))
		wantFault(t, "a link that Anna passes on", err, file.ErrAccess)

		b.clock.Advance(48 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if b.read(t, f.Node) != "the plan" {
			t.Error("the content of a file that a record has is gone")
		}
		must(t, d.Write(t.Context(), func(tx *db.Tx) error { return b.DropForFieldTx(t.Context(), tx, []int64{id}) }))
		_, err = b.FieldFile(t.Context(), as(clara), id)
		wantFault(t, "a file that was removed", err, file.ErrNotFound)
		must(t, b.Sweep(t.Context()))
		if n := b.objects(t); n != 1 {
			t.Errorf("%d objects right after the removal, want one that a backup may still read", n)
		}
		b.clock.Advance(25 * time.Hour)
		must(t, b.Sweep(t.Context()))
		if n := b.objects(t); n != 0 {
			t.Errorf("%d objects a day after the removal", n)
		}
	})
}

func TestTicketsOfUploadsAreOurOwnAndEnd(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		ticket, err := b.ReceiveForField(t.Context(), "a.txt", strings.NewReader("a"))
		must(t, err)
		for what, forged := range map[string]string{
			"nothing": "", "a number": "7", "no content": file.TicketPrefix, "other letters": file.TicketPrefix + "####",
			"a changed one": ticket[:len(ticket)-3] + "AAA", "a link": file.TicketPrefix + b.SignFor(file.Link{Action: file.Download, Actor: as(anna), NodeID: 1}),
		} {
			_, _, err := b.keep(t, forged)
			wantFault(t, what, err, file.ErrTicket)
		}
		b.clock.Advance(25 * time.Hour)
		_, _, err = b.keep(t, ticket)
		wantFault(t, "a ticket of yesterday", err, file.ErrTicket)
		_, err = b.ReceiveForField(t.Context(), "..", strings.NewReader("a"))
		wantFault(t, "a name that is none", err, file.ErrName)
	})
}

func FuzzTicket(f *testing.F) {
	b := setup(f, dbtest.SQLite(f, schemas...))
	ticket, err := b.ReceiveForField(f.Context(), "a.txt", strings.NewReader("a"))
	must(f, err)
	f.Add(ticket)
	f.Add(file.TicketPrefix + "e30")
	f.Fuzz(func(t *testing.T, text string) {
		if name, _, err := b.Uploaded(text); err == nil && (text != ticket || name != "a.txt") {
			t.Errorf("%q is taken for an upload of %q", text, name)
		}
	})
}
