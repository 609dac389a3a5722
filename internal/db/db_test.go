package db_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

var schemas = []db.Schema{{Area: "note", FS: fstest.MapFS{
	"001_note.sql": {Data: []byte("CREATE TABLE note (id {{id}}, text TEXT NOT NULL UNIQUE, raw {{blob}});\n")},
}}}

func add(ctx context.Context, d *db.DB, text string) (id int64, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		id, err = tx.Insert(ctx, "INSERT INTO note (text, raw) VALUES (?, ?)", text, []byte{0, 1})
		return err
	})
	return id, err
}

func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM note").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteKeepsAndReturnsIDs(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		for want := int64(1); want <= 3; want++ {
			id, err := add(t.Context(), d, string(rune('a'+want)))
			if err != nil || id != want {
				t.Fatalf("id %d, %v; want %d", id, err, want)
			}
		}
		if n := count(t, d); n != 3 {
			t.Errorf("%d rows, want 3", n)
		}
	})
}

func TestFailedWriteLeavesNothingAndItsNeighboursEverything(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		var wg sync.WaitGroup
		var kept, after atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				ctx := t.Context()
				err := d.Write(ctx, func(tx *db.Tx) error {
					tx.AfterCommit(func() { after.Add(1) })
					if _, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", "n"+string(rune('A'+i))); err != nil {
						return err
					}
					if i%3 == 0 {
						return boom
					}
					return nil
				})
				switch {
				case i%3 == 0 && !errors.Is(err, boom):
					t.Errorf("write %d: %v, want its own error", i, err)
				case i%3 != 0 && err != nil:
					t.Errorf("write %d: %v", i, err)
				case err == nil:
					kept.Add(1)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); int64(n) != kept.Load() || after.Load() != kept.Load() {
			t.Errorf("%d rows and %d after-commit calls, want %d of both", n, after.Load(), kept.Load())
		}
	})
}

func TestAFailedWriteWithAnAnswerIsUndone(t *testing.T) {
	t.Parallel()
	statements := map[db.Dialect]string{
		db.SQLite:   "INSERT INTO note (text) VALUES ('x') RETURNING id",
		db.Postgres: "WITH n AS (INSERT INTO note (text) VALUES ('x') RETURNING id) SELECT id FROM n",
	}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			var id int64
			if err := tx.QueryRow(t.Context(), statements[d.Dialect()]).Scan(&id); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || count(t, d) != 0 {
			t.Errorf("%v, %d rows; want its own error and none", err, count(t, d))
		}
	})
}

func TestPanicReachesItsCallerOnly(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		func() {
			defer func() {
				if recover() != "bug" {
					t.Error("the panic did not reach the caller")
				}
			}()
			_ = d.Write(t.Context(), func(tx *db.Tx) error {
				_, _ = tx.Exec(t.Context(), "INSERT INTO note (text) VALUES ('x')")
				panic("bug")
			})
		}()
		if _, err := add(t.Context(), d, "y"); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows, want the one written after the panic", n)
		}
	})
}

// TestACallerThatGoesAwayInterruptsNobody cancels callers in the middle of their writes: each write is kept whole, since it had
// begun, and so is every neighbour's.
func TestACallerThatGoesAwayInterruptsNobody(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				err := d.Write(ctx, func(tx *db.Tx) error {
					if i%2 == 0 {
						cancel()
					}
					_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", strconv.Itoa(i))
					return err
				})
				if err != nil {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 200 {
			t.Errorf("%d rows, want 200", n)
		}
	})
}

// TestAStatementThatFailsSpoilsNobodysWrites has writes whose SQL is refused, in reads and in writes, among others that must be
// kept.
func TestAStatementThatFailsSpoilsNobodysWrites(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				ctx := t.Context()
				err := d.Write(ctx, func(tx *db.Tx) error {
					switch i % 4 {
					case 1: // refused by a constraint
						_, err := tx.Exec(ctx, "INSERT INTO note (text) VALUES (NULL)")
						return err
					case 2: // refused before anything was written
						var n int
						return tx.QueryRow(ctx, "SELECT no_such_column FROM note").Scan(&n)
					}
					_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", strconv.Itoa(i))
					return err
				})
				if wantError := i%4 == 1 || i%4 == 2; wantError != (err != nil) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 150 {
			t.Errorf("%d rows, want 150", n)
		}
	})
}

// TestAWriteThatGoesOnAfterARefusedStatementHarmsNobody: a function that goes on after a refused statement keeps nothing on either database
// unless it can; what it must not do is take others with it.
func TestAWriteThatGoesOnAfterARefusedStatementHarmsNobody(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				ctx := t.Context()
				err := d.Write(ctx, func(tx *db.Tx) error {
					if i%5 == 0 {
						_, _ = tx.Exec(ctx, "INSERT INTO note (text) VALUES (NULL)")
						return nil
					}
					_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", strconv.Itoa(i))
					return err
				})
				if err != nil && i%5 != 0 {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 80 {
			t.Errorf("%d rows, want 80", n)
		}
	})
}

// TestPostgresComesBack breaks the writer's connection: one write may fail, later ones do not.
func TestPostgresComesBack(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t, schemas...)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	if err == nil {
		t.Error("a write on a connection that broke was acknowledged")
	}
	if _, err := add(t.Context(), d, "after"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestReadRefusesWrites(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO note (text) VALUES ('x')")
			return err
		})
		if err == nil || count(t, d) != 0 {
			t.Errorf("a write inside Read: %v, %d rows", err, count(t, d))
		}
	})
}

func TestReadSeesOneState(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			var before, after int
			if err := tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM note").Scan(&before); err != nil {
				return err
			}
			if _, err := add(t.Context(), d, "meanwhile"); err != nil {
				return err
			}
			if err := tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM note").Scan(&after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("the state moved from %d to %d rows inside one Read", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestMigrateTwiceAndRefuseOlderProgram(t *testing.T) {
	t.Parallel()
	two := []db.Schema{{Area: "note", FS: fstest.MapFS{
		"001_note.sql":          {Data: []byte("CREATE TABLE note (id {{id}}, text TEXT NOT NULL UNIQUE, raw {{blob}});\n")},
		"002_mark.sqlite.sql":   {Data: []byte("ALTER TABLE note ADD COLUMN mark TEXT NOT NULL DEFAULT 'sqlite'")},
		"002_mark.postgres.sql": {Data: []byte("ALTER TABLE note ADD COLUMN mark TEXT NOT NULL DEFAULT 'postgres'")},
	}}}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		if _, err := add(t.Context(), d, "old"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Migrate(t.Context(), two...); err != nil {
				t.Fatal(err)
			}
		}
		var mark string
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT mark FROM note WHERE text = 'old'").Scan(&mark)
		})
		if err != nil || mark != d.Dialect().String() {
			t.Errorf("mark %q, %v; want the dialect's own migration", mark, err)
		}
		if err := d.Migrate(t.Context(), schemas...); err == nil {
			t.Error("a program with fewer migrations opened the database")
		}
	})
}

func TestWatchNoticesAnotherProcess(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, schemas, func(t *testing.T, here, there *db.DB) {
		seen := make(chan struct{}, 100)
		here.Watch(func() { seen <- struct{}{} })
		if _, err := add(t.Context(), there, "from outside"); err != nil {
			t.Fatal(err)
		}
		for count(t, here) == 0 {
			<-seen
		}
		<-seen
	})
}

func TestClosedDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := add(t.Context(), d, "late"); !errors.Is(err, db.ErrClosed) {
		t.Errorf("write on a closed database: %v", err)
	}
}
