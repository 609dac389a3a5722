package userfield_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/userfield"
)

// shelf keeps files by their numbers. The name "broken" cannot be received.
type shelf struct {
	last int64
	kept map[int64]string
}

func (s *shelf) Receive(_ context.Context, name string, _ io.Reader) (string, error) {
	if name == "broken" {
		return "", fault.New(fault.TooLarge, "FILE_TOO_LARGE", "The file is too large.")
	}
	return userfield.TicketPrefix + name, nil
}

func (s *shelf) KeepTx(_ context.Context, _ *db.Tx, entity string, ownerID int64, ticket string) (int64, string, error) {
	name := strings.TrimPrefix(ticket, userfield.TicketPrefix)
	if name == "forged" {
		return 0, "", fault.New(fault.Invalid, "FILE_TICKET_INVALID", "The file was not kept.")
	}
	s.last++
	s.kept[s.last] = fmt.Sprintf("%s %d: %s", entity, ownerID, name)
	return s.last, name, nil
}

func (s *shelf) DropTx(_ context.Context, _ *db.Tx, ids []int64) error {
	for _, id := range ids {
		delete(s.kept, id)
	}
	return nil
}

func (s *shelf) numbers() []int64 { return slices.Sorted(maps.Keys(s.kept)) }

func TestFilesOfAField(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{userfield.Schema()}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		files := &shelf{kept: map[int64]string{}}
		s := userfield.New(userfield.Config{DB: d, Clock: clock.NewManual(noon), Files: files})
		add := func(name string, multiple bool) int64 {
			id, err := s.Add(ctx, userfield.Field{Entity: "TASK", Name: name, Type: userfield.File, Multiple: multiple}, 0)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		many := add("UF_MANY", true)
		add("UF_ONE", false)
		set := func(owner int64, field string, values ...string) error {
			return d.Write(ctx, func(tx *db.Tx) error { return s.SetTx(ctx, tx, "TASK", owner, userfield.Values{field: values}, false) })
		}
		has := func(owner int64, field, want string, kept ...int64) {
			t.Helper()
			values, err := s.Values(ctx, "TASK", []int64{owner})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(values[owner][field], " "); got != want || !slices.Equal(files.numbers(), kept) {
				t.Errorf("%s of %d is %q, want %q; files %v, want %v", field, owner, got, want, files.numbers(), kept)
			}
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		refused := func(err error, text string) {
			t.Helper()
			if f := fault.Of(err); f.Code != "FIELD_VALUE_WRONG" || !strings.Contains(f.Text, text) {
				t.Errorf("%v, want %q", err, text)
			}
		}
		ok(set(5, "UF_MANY", "upload:a.txt", "upload:b.txt", "upload:c.txt"))
		has(5, "UF_MANY", "1 2 3", 1, 2, 3)
		if files.kept[2] != "TASK 5: b.txt" {
			t.Errorf("the file is %q", files.kept[2])
		}
		ok(set(5, "UF_MANY", "3", "1", "1"))
		has(5, "UF_MANY", "3 1", 1, 3)
		ok(set(5, "UF_MANY", "-3", "upload:d.txt"))
		has(5, "UF_MANY", "1 4", 1, 4)
		refused(set(5, "UF_MANY", "77"), "there is no file 77")
		refused(set(6, "UF_MANY", "1"), "there is no file 1") // another task's
		refused(set(5, "UF_MANY", "a text"), "choose a file")
		refused(set(5, "UF_MANY", "upload:forged"), "The file was not kept.")
		has(5, "UF_MANY", "1 4", 1, 4)

		ok(set(5, "UF_ONE", "upload:x.pdf"))
		ok(set(5, "UF_ONE", "upload:y.pdf"))
		has(5, "UF_ONE", "6", 1, 4, 6)
		ok(set(5, "UF_ONE", "-6", "upload:z.pdf"))
		has(5, "UF_ONE", "7", 1, 4, 7)
		refused(set(5, "UF_ONE", "7", "upload:x.pdf"), "one file is enough")
		ok(set(5, "UF_ONE", "-7"))
		has(5, "UF_ONE", "", 1, 4)
		ok(set(5, "UF_MANY"))
		has(5, "UF_MANY", "")

		ok(set(8, "UF_MANY", "upload:gone with the record.txt"))
		ok(set(8, "UF_ONE", "upload:gone too.txt"))
		ok(set(9, "UF_MANY", "upload:Gone with the field.txt"))
		ok(set(9, "UF_ONE", "upload:stays.txt"))
		if n := len(files.kept); n != 4 {
			t.Fatalf("%d files", n)
		}
		found := func(values ...string) int {
			sql, args := userfield.Field{ID: many, Type: userfield.File}.SQL("o.owner_id", userfield.Condition{Op: userfield.Contains, Values: values})
			var n int
			err := d.Read(ctx, func(tx *db.Tx) error {
				return tx.QueryRow(ctx, "SELECT COUNT(DISTINCT owner_id) FROM userfield_value o WHERE "+sql, args...).Scan(&n)
			})
			ok(err)
			return n
		}
		if found("gone with") != 2 || found("RECORD") != 1 || found("nothing") != 0 {
			t.Errorf("by name are found %d, %d, %d", found("gone with"), found("RECORD"), found("nothing"))
		}
		ok(d.Write(ctx, func(tx *db.Tx) error { return s.RemoveTx(ctx, tx, "TASK", 8) }))
		ok(s.Delete(ctx, "TASK", many))
		if len(files.kept) != 1 || files.kept[files.last] != "TASK 9: stays.txt" {
			t.Errorf("left are %v", files.kept)
		}
		f := userfield.Field{Name: "UF_X", Type: userfield.File}
		_, err := s.Upload(ctx, f, "broken", strings.NewReader(""))
		refused(err, "The file is too large.")
	})
}

func TestThereAreNoFileFieldsWithoutAPlaceForFiles(t *testing.T) {
	t.Parallel()
	s := userfield.New(userfield.Config{DB: dbtest.SQLite(t, userfield.Schema()), Clock: clock.NewManual(noon)})
	_, err := s.Add(t.Context(), userfield.Field{Entity: "TASK", Name: "UF_A", Type: userfield.File}, 0)
	if fault.Of(err).Text != "Invalid user type specified" {
		t.Error(err)
	}
}
