package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
)

// limit lets the database grow to n more pages than it has; 0 is without a limit.
func limit(t *testing.T, d *DB, n int64) {
	t.Helper()
	err := d.engine.(*sqliteEngine).writer.outside(t.Context(), func(c session) error {
		var pages, got int64
		if err := c.queryRow(t.Context(), "PRAGMA page_count", nil).Scan(&pages); err != nil {
			return err
		}
		most := pages + n
		if n == 0 {
			most = 1 << 30
		}
		return c.queryRow(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", most), nil).Scan(&got)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFullDiskLosesNothing fills the space that a database has while several write: each write is either there or refused in clear
// words, reads go on, and with new space so do writes.
func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "full.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	ctx := t.Context()
	insert := func(text string) error {
		return d.Write(ctx, func(tx *Tx) error {
			_, err := tx.Insert(ctx, "INSERT INTO note (text) VALUES (?)", text)
			return err
		})
	}
	err = d.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	limit(t, d, 20)
	big := strings.Repeat("x", 3000)
	var (
		mu      sync.Mutex
		kept    int64
		refused []error
		wg      sync.WaitGroup
	)
	for range 8 {
		wg.Go(func() {
			for range 10 {
				err := insert(big)
				mu.Lock()
				if err == nil {
					kept++
				} else {
					refused = append(refused, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if kept == 0 || len(refused) == 0 {
		t.Fatalf("%d kept, %d refused: the disk was not filled", kept, len(refused))
	}
	for _, err := range refused {
		if !errors.Is(err, ErrFull) || fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("refused with %v, want ErrFull", err)
		}
	}
	expectNotes(t, d, kept)
	limit(t, d, 0)
	if err := insert("there is space again"); err != nil {
		t.Fatal(err)
	}
	expectNotes(t, d, kept+1)
	err = d.Read(ctx, func(tx *Tx) error { return CheckIntegrity(ctx, tx) })
	if err != nil {
		t.Error(err)
	}
}

func expectNotes(t *testing.T, d *DB, want int64) {
	t.Helper()
	var got int64
	err := d.Read(context.WithoutCancel(t.Context()), func(tx *Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM note").Scan(&got)
	})
	if err != nil || got != want {
		t.Errorf("%d notes are there (%v), want the %d that were acknowledged", got, err, want)
	}
}
