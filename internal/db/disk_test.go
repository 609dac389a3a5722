package db_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// diskOf returns a database whose requests to wait for the disk are seen by ask before the server has them, and another on the same data.
func diskOf(t *testing.T, ask func() (cut bool)) (d, direct *db.DB) {
	t.Helper()
	c := dbtest.PostgresConfig(t)
	open := func(c db.Config) *db.DB {
		d, err := db.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	direct = open(c)
	if err := direct.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	return open(through(t, c, func() func([]byte) bool {
		disk := false // this connection is the one that waits
		return func(sent []byte) bool {
			disk = disk || bytes.Contains(sent, []byte("pg_logical_emit_message"))
			return disk && ask()
		}
	})), direct
}

func notes(t *testing.T, d *db.DB) (all []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var text string
		err := tx.QueryRow(t.Context(), "SELECT COALESCE(STRING_AGG(text, ' ' ORDER BY id), '') FROM note").Scan(&text)
		all = strings.Fields(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTheDiskIsWaitedForBesideTheNextWrite holds the disk up: the next write is made meanwhile, and nobody hears that theirs is kept, before
// the disk has it.
func TestTheDiskIsWaitedForBesideTheNextWrite(t *testing.T) {
	t.Parallel()
	var held atomic.Bool
	release := make(chan struct{})
	d, direct := diskOf(t, func() bool {
		if held.Load() {
			<-release
		}
		return false
	})
	if _, err := add(t.Context(), d, "before"); err != nil {
		t.Fatal(err)
	}
	held.Store(true)
	answers := make(chan error, 2)
	var remembered, told atomic.Int64
	for i, text := range []string{"first", "second"} {
		go func() {
			answers <- d.Write(t.Context(), func(tx *db.Tx) error {
				if got := remembered.Load(); got != int64(i) {
					t.Errorf("the write %q finds what %d writes remembered, want %d", text, got, i)
				}
				tx.OnCommit(func() { remembered.Add(1) })
				tx.AfterCommit(func() { told.Add(1) })
				_, err := tx.Insert(t.Context(), "INSERT INTO note (text) VALUES (?)", text)
				return err
			})
		}()
		for !slices.Contains(notes(t, direct), text) { // until others see it
			runtime.Gosched()
		}
	}
	if len(answers) > 0 || told.Load() > 0 {
		t.Errorf("%d were answered and %d told before the disk had it", len(answers), told.Load())
	}
	close(release)
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

// TestADiskThatDoesNotAnswer loses the answer of the disk: whoever waited for it hears of it, though the write may have been kept, and those
// who come later are on sound connections.
func TestADiskThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	var cut atomic.Bool
	d, direct := diskOf(t, func() bool { return cut.CompareAndSwap(true, false) })
	if _, err := add(t.Context(), d, "before"); err != nil {
		t.Fatal(err)
	}
	for !db.TakeChanged(t.Context(), d) { // it has found that it listens to the others
		runtime.Gosched()
	}
	cut.Store(true)
	told := false
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		tx.AfterCommit(func() { told = true })
		return tx.Later(t.Context(), "INSERT INTO note (text) VALUES (?)", "perhaps")
	})
	if err == nil || errors.Is(err, db.ErrClosed) || told {
		t.Errorf("%v, told %v; want an error of the connection and nobody told", err, told)
	}
	if !db.TakeChanged(t.Context(), d) {
		t.Error("what is remembered of the data is not forgotten, though it may be lost")
	}
	for _, text := range []string{"after", "later"} {
		if _, err := add(t.Context(), d, text); err != nil {
			t.Errorf("write %q: %v", text, err)
		}
	}
	if got := notes(t, direct); !slices.Equal(got, []string{"before", "perhaps", "after", "later"}) {
		t.Errorf("kept %q", got)
	}
}
