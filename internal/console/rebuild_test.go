package console_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestCopiesAreSearchable shows that a call is found in a copy of the database, of either kind, by the words of the original.
func TestCopiesAreSearchable(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run("to "+kind, func(t *testing.T) {
			t.Parallel()
			run(t, func(t *testing.T, b *bench) {
				b.fill(t)
				c := db.Config{Path: filepath.Join(t.TempDir(), "copy.db")}
				if kind == "postgres" {
					c = dbtest.PostgresConfig(t)
				}
				copyRows(t, b.db, c)
				d, err := db.Open(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = d.Close() })
				twin := open(t, d)
				if found, err := b.Calls(t.Context(), admin, console.Filter{Text: "wörld"}, 10); err != nil || len(found) != 1 {
					t.Fatalf("the original finds %v, %v", found, err)
				}
				for _, f := range []console.Filter{{Text: "wörld"}, {Text: "chat5"}, {Text: "nothing of that"}, {}} {
					want, err := b.Calls(t.Context(), admin, f, 10)
					if err != nil {
						t.Fatal(err)
					}
					got, err := twin.Calls(t.Context(), admin, f, 10)
					if err != nil || names(got) != names(want) {
						t.Errorf("%+v finds %q (%v), want %q", f, names(got), err, names(want))
					}
				}
			})
		})
	}
}

func copyRows(t *testing.T, from *db.DB, to db.Config) {
	t.Helper()
	err := from.Read(t.Context(), func(tx *db.Tx) error {
		reached, err := db.ReadReached(t.Context(), tx)
		if err != nil {
			return err
		}
		tables, err := db.ReadTables(t.Context(), tx, schemas)
		if err != nil {
			return err
		}
		l, err := db.NewLoader(t.Context(), to, reached, schemas)
		if err != nil {
			return err
		}
		for _, table := range tables {
			err = errors.Join(err, l.Table(table), table.Rows(t.Context(), tx, func(values []any) error {
				return l.Add(t.Context(), table.Name, [][]any{append([]any{}, values...)})
			}))
		}
		return errors.Join(err, l.Done(t.Context()))
	})
	if err != nil {
		t.Fatal(err)
	}
}
