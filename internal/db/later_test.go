package db_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestStatementsForLater writes from many callers at once, some of whom leave a statement that fails, as the last one or before another:
// each hears of their own failure only, and what they see of their own writes is what they wrote.
func TestStatementsForLater(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		const insert = "INSERT INTO note (id, text) VALUES (?, ?)"
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.Later(t.Context(), insert, 1, "taken") }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var kept atomic.Int64
		for i := range 120 {
			wg.Go(func() {
				ctx := t.Context()
				err := d.Write(ctx, func(tx *db.Tx) error {
					id := 10 + i
					if err := tx.Later(ctx, insert, id, "left "+strconv.Itoa(id)); err != nil {
						return err
					}
					if i%4 == 1 { // fails, as the last one
						return tx.Later(ctx, insert, 1, "again")
					}
					if i%4 == 2 { // fails, and another follows
						if err := tx.Later(ctx, insert, 1, "again"); err != nil {
							return err
						}
					}
					var text string
					if err := tx.QueryRow(ctx, "SELECT text FROM note WHERE id = ?", id).Scan(&text); err != nil || text != "left "+strconv.Itoa(id) {
						return errors.Join(err, errors.New("what was left is not seen: "+text))
					}
					n, err := tx.Exec(ctx, "UPDATE note SET text = ? WHERE id = ?", "changed "+strconv.Itoa(id), id)
					if err == nil && n != 1 {
						return errors.New("nothing was changed")
					}
					return err
				})
				if bad := i%4 == 1 || i%4 == 2; bad != (err != nil) {
					t.Errorf("write %d: %v", i, err)
				}
				if err == nil {
					kept.Add(1)
				}
			})
		}
		wg.Wait()
		if n := count(t, d); n != 61 || kept.Load() != 60 {
			t.Errorf("%d rows of %d writes, want 61 of 60", n, kept.Load())
		}
	})
}

// TestManyStatementsForLater leaves more than are sent at once.
func TestManyStatementsForLater(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range 250 {
				if err := tx.Later(t.Context(), "INSERT INTO note (id, text) VALUES (?, ?)", 1+i, strconv.Itoa(1+i)); err != nil {
					return err
				}
			}
			rows, err := tx.Query(t.Context(), "SELECT id, text, id > 100, NULL FROM note WHERE id > ? ORDER BY id", 245)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			n := int64(245)
			for rows.Next() {
				var id int64
				var text string
				var large bool
				var none *string
				if err := rows.Scan(&id, &text, &large, &none); err != nil {
					return err
				}
				if n++; id != n || text != strconv.FormatInt(n, 10) || !large || none != nil {
					t.Errorf("row %d, %q, %v, %v", id, text, large, none)
				}
			}
			if n != 250 {
				t.Errorf("the last row is %d", n)
			}
			return rows.Err()
		})
		if err != nil || count(t, d) != 250 {
			t.Errorf("%v, %d rows", err, count(t, d))
		}
	})
}

// TestAside undoes what fails, keeps what does not, and on PostgreSQL does not wait for a write that is under way.
func TestAside(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		const insert = "INSERT INTO note (id, text) VALUES (?, ?)"
		told := 0
		aside := func() error {
			return d.Aside(ctx, func(tx *db.Tx) error {
				tx.AfterCommit(func() { told++ })
				return tx.Later(ctx, insert, 1, "aside")
			})
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if d.Dialect() == db.Postgres {
				if err := aside(); err != nil {
					return err
				}
			}
			return tx.Later(ctx, insert, 2, "write")
		})
		if err != nil {
			t.Fatal(err)
		}
		if d.Dialect() == db.SQLite {
			if err := aside(); err != nil {
				t.Fatal(err)
			}
		}
		boom := errors.New("boom")
		err = d.Aside(ctx, func(tx *db.Tx) error {
			tx.AfterCommit(func() { told++ })
			return errors.Join(tx.Later(ctx, insert, 3, "undone"), boom)
		})
		if !errors.Is(err, boom) || count(t, d) != 2 || told != 1 {
			t.Errorf("%v, %d rows, %d told; want its own error, 2 and 1", err, count(t, d), told)
		}
	})
}
