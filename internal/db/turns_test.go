package db_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// atOnce runs writes that take turns in one transaction, and returns what became of each: they begin once all are waiting.
func atOnce(t *testing.T, d *db.DB, fns ...func(*db.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Write(t.Context(), func(*db.Tx) error {
			select {
			case <-held:
			default:
				close(held)
			}
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, len(fns))
	for i, fn := range fns {
		wg.Go(func() { errs[i] = d.WriteInTurns(t.Context(), fn) })
	}
	db.AwaitQueued(d, len(fns))
	close(release)
	wg.Wait()
	return errs
}

// TestTurns has many writes count up a few numbers, each by reading and writing: none may be lost among those that own what they count.
func TestTurns(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		addNumbers(t, d, 5)
		var fns []func(*db.Tx) error
		for i := range 60 {
			fns = append(fns, func(tx *db.Tx) error {
				if err := tx.Later(ctx, "INSERT INTO note (id, text) VALUES (?, ?)", 100+i, "writer "+strconv.Itoa(i)); err != nil {
					return err
				}
				if err := tx.Own(i % 5); err != nil {
					return err
				}
				return countUp(t, tx, i%5)
			})
		}
		for i, err := range atOnce(t, d, fns...) {
			if err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		}
		for id := range 5 {
			if got := number(t, d, id); got != 12 {
				t.Errorf("number %d is %d, want 12", id, got)
			}
		}
		if n := count(t, d); n != 60 {
			t.Errorf("%d notes, want 60", n)
		}
	})
}

// addNumbers makes numbers, from 0 on, that are 0.
func addNumbers(t *testing.T, d *db.DB, n int) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), "CREATE TABLE number (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)"); err != nil {
			return err
		}
		for id := range n {
			if err := tx.Later(t.Context(), "INSERT INTO number (id, n) VALUES (?, 0)", id); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, d *db.DB, id int) (n int) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT n FROM number WHERE id = ?", id).Scan(&n)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// countUp reads a number and writes the next.
func countUp(t *testing.T, tx *db.Tx, id int) error {
	var n int64
	if err := tx.QueryRow(t.Context(), "SELECT n FROM number WHERE id = ?", id).Scan(&n); err != nil {
		return err
	}
	changed, err := tx.Exec(t.Context(), "UPDATE number SET n = ? WHERE id = ?", n+1, id)
	if err == nil && changed != 1 {
		err = fmt.Errorf("%d rows changed", changed)
	}
	return err
}

// TestTurnsAlone lets writes that go on alone do so, with reads of several rows between their statements.
func TestTurnsAlone(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		addNumbers(t, d, 2)
		var fns []func(*db.Tx) error
		for range 20 {
			fns = append(fns, func(tx *db.Tx) error {
				rows, err := tx.Query(t.Context(), "SELECT id, n FROM number ORDER BY id")
				if err != nil {
					return err
				}
				for rows.Next() {
					var id, n int64
					if err := rows.Scan(&id, &n); err != nil {
						return err
					}
				}
				if err := errors.Join(rows.Err(), rows.Close(), tx.Alone()); err != nil {
					return err
				}
				return countUp(t, tx, 1)
			})
		}
		if err := errors.Join(atOnce(t, d, fns...)...); err != nil {
			t.Fatal(err)
		}
		if got := number(t, d, 1); got != 20 {
			t.Errorf("the number is %d, want 20", got)
		}
	})
}

// TestTurnsThatWaitForEachOther has writes own two things, in either order.
func TestTurnsThatWaitForEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		addNumbers(t, d, 2)
		var fns []func(*db.Tx) error
		for i := range 10 {
			fns = append(fns, func(tx *db.Tx) error {
				for _, id := range []int{i % 2, 1 - i%2} {
					if err := tx.Own(id); err != nil {
						return err
					}
					if err := countUp(t, tx, id); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := errors.Join(atOnce(t, d, fns...)...); err != nil {
			t.Fatal(err)
		}
		if a, b := number(t, d, 0), number(t, d, 1); a != 10 || b != 10 {
			t.Errorf("the numbers are %d and %d, want 10", a, b)
		}
	})
}

// TestTurnsFail has some writes of a round fail, each in another way: they undo nothing but themselves, and each is told of its own.
func TestTurnsFail(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			return tx.Later(ctx, "INSERT INTO note (id, text) VALUES (1, 'taken')")
		}); err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		var mu sync.Mutex
		after := map[int]int{}
		var fns []func(*db.Tx) error
		for i := range 40 {
			fns = append(fns, func(tx *db.Tx) error {
				tx.AfterCommit(func() {
					mu.Lock()
					defer mu.Unlock()
					after[i]++
				})
				if err := tx.Later(ctx, "INSERT INTO note (id, text) VALUES (?, ?)", 100+i, "kept "+strconv.Itoa(i)); err != nil {
					return err
				}
				var n int64
				if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM note WHERE id = ?", 100+i).Scan(&n); err != nil || n != 1 {
					return errors.Join(err, fmt.Errorf("write %d sees %d of its notes", i, n))
				}
				switch i % 4 {
				case 1: // after it has written
					return refused
				case 2: // what the database refuses
					_, err := tx.Exec(ctx, "INSERT INTO note (id, text) VALUES (1, 'again')")
					return err
				case 3: // what the database refuses, as the last
					return tx.Later(ctx, "INSERT INTO note (id, text) VALUES (1, 'again')")
				}
				return nil
			})
		}
		for i, err := range atOnce(t, d, fns...) {
			switch {
			case i%4 == 0 && err != nil, i%4 != 0 && err == nil, i%4 == 1 && !errors.Is(err, refused):
				t.Errorf("write %d: %v", i, err)
			}
			if want := map[bool]int{true: 1, false: 0}[i%4 == 0]; after[i] != want {
				t.Errorf("after write %d: %d, want %d", i, after[i], want)
			}
		}
		if n := count(t, d); n != 11 {
			t.Errorf("%d notes, want 11", n)
		}
	})
}

// TestTurnsPanic passes the panic of a write to its caller alone, and the next writes go on.
func TestTurnsPanic(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		addNumbers(t, d, 2)
		func() {
			defer func() {
				if got := recover(); got != "broken" {
					t.Errorf("the caller hears %v", got)
				}
			}()
			_ = d.WriteInTurns(t.Context(), func(tx *db.Tx) error {
				if err := countUp(t, tx, 1); err != nil {
					return err
				}
				panic("broken")
			})
		}()
		if err := d.WriteInTurns(t.Context(), func(tx *db.Tx) error { return countUp(t, tx, 1) }); err != nil {
			t.Fatal(err)
		}
		if got := number(t, d, 1); got != 1 {
			t.Errorf("the number is %d, want 1", got)
		}
	})
}

// TestOnce has many writes want the same thing to be read: in a transaction one of them reads it, and whose reading fails leaves it to the
// next.
func TestOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		addNumbers(t, d, 2)
		var read, failed atomic.Int64
		var fns []func(*db.Tx) error
		for range 20 {
			fns = append(fns, func(tx *db.Tx) error {
				type key struct{}
				v, err := tx.Once(key{}, func() (any, error) {
					var n int64
					if read.Add(1); failed.Add(1) == 1 {
						return nil, errors.New("not yet")
					}
					err := tx.QueryRow(t.Context(), "SELECT n FROM number WHERE id = 1").Scan(&n)
					return n, err
				})
				if err == nil && v != int64(0) {
					err = fmt.Errorf("read %v", v)
				}
				return err
			})
		}
		bad := 0
		for _, err := range atOnce(t, d, fns...) {
			if err != nil {
				bad++
			}
		}
		if bad != 1 || read.Load() != 2 {
			t.Errorf("read %d times, and %d failed; want 2 and 1", read.Load(), bad)
		}
	})
}
