package db_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// library has what is hard to copy: rows that refer to later ones and to themselves, a trigger on one database, rows that a
// migration makes, and a table without a counter.
var library = []db.Schema{{Area: "library", FS: fstest.MapFS{
	"001_book.sql": {Data: []byte(`CREATE TABLE shelf (id {{id}}, parent BIGINT REFERENCES shelf (id), name TEXT NOT NULL);
CREATE TABLE a_book (id {{id}}, shelf_id BIGINT NOT NULL REFERENCES shelf (id), title TEXT NOT NULL UNIQUE, scan {{blob}} NOT NULL, note TEXT);
CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY, books BIGINT NOT NULL);
INSERT INTO tag (name, books) VALUES ('seeded', 1);
`)},
	"002_count.sqlite.sql": {Data: []byte("CREATE TRIGGER count AFTER INSERT ON a_book BEGIN UPDATE tag SET books = books + 1; END;\n")},
	"002_count.postgres.sql": {Data: []byte(`CREATE FUNCTION count_book() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE tag SET books = books + 1; RETURN NEW; END';
CREATE TRIGGER count AFTER INSERT ON a_book FOR EACH ROW EXECUTE FUNCTION count_book();
`)},
}}}

// fillLibrary leaves a counter ahead of the rows, and values that are easily lost.
func fillLibrary(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, s := range []string{
			"INSERT INTO shelf (id, parent, name) VALUES (7, NULL, 'root')",
			"INSERT INTO shelf (id, parent, name) VALUES (3, 7, 'child of a later number')",
			"UPDATE shelf SET parent = 3 WHERE id = 7",
			"UPDATE tag SET name = 'renamed', books = 40",
		} {
			if _, err := tx.Exec(t.Context(), s); err != nil {
				return err
			}
		}
		for i, scan := range [][]byte{{}, {0, 0xff, 0xfe}, []byte("plain")} {
			_, err := tx.Insert(t.Context(), "INSERT INTO a_book (shelf_id, title, scan, note) VALUES (3, ?, ?, ?)",
				fmt.Sprintf("\"Käse\" \U0001f600 \\ \n %d", i), scan, []any{nil, "", "x"}[i])
			if err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), "DELETE FROM a_book WHERE id = 3")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dump returns everything that is in a database, as text.
func dump(t *testing.T, d *db.DB) (tables []db.Table, rows map[string][][]any) {
	t.Helper()
	rows = map[string][][]any{}
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		if tables, err = db.ReadTables(t.Context(), tx, library); err != nil {
			return err
		}
		for _, table := range tables {
			err = table.Rows(t.Context(), tx, func(values []any) error {
				rows[table.Name] = append(rows[table.Name], append([]any{}, values...))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables, rows
}

// onEveryPair runs test for each kind of source with each kind of target.
func onEveryPair(t *testing.T, test func(t *testing.T, from *db.DB, to db.Config)) {
	t.Helper()
	target := map[string]func(t *testing.T) db.Config{
		"sqlite":   func(t *testing.T) db.Config { return db.Config{Path: filepath.Join(t.TempDir(), "new", "copy.db")} },
		"postgres": func(t *testing.T) db.Config { return dbtest.PostgresConfig(t) },
	}
	for name, config := range target {
		t.Run("to "+name, func(t *testing.T) {
			t.Parallel()
			dbtest.Run(t, library, func(t *testing.T, d *db.DB) { test(t, d, config(t)) })
		})
	}
}

func TestContentIsTheSameInEitherDatabase(t *testing.T) {
	t.Parallel()
	onEveryPair(t, func(t *testing.T, from *db.DB, to db.Config) {
		fillLibrary(t, from)
		tables, rows := dump(t, from)
		l, err := db.NewLoader(t.Context(), to, db.Reached{"library": 2}, library)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			if err := errors.Join(l.Table(table), l.Add(t.Context(), table.Name, rows[table.Name])); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Done(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := reopen(t, to)
		if err := d.Migrate(t.Context(), library...); err != nil {
			t.Fatal(err)
		}
		gotTables, gotRows := dump(t, d)
		if !reflect.DeepEqual(gotTables, tables) {
			t.Errorf("tables %v, want %v", gotTables, tables)
		}
		if !reflect.DeepEqual(gotRows, rows) {
			t.Errorf("rows %v, want %v", gotRows, rows)
		}
		expectAlive(t, d)
	})
}

// expectAlive checks that numbers go on where they were, and that triggers and references are back.
func expectAlive(t *testing.T, d *db.DB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := d.Write(ctx, func(tx *db.Tx) error {
		id, err := tx.Insert(ctx, "INSERT INTO a_book (shelf_id, title, scan) VALUES (7, 'new', ?)", []byte("s"))
		if err == nil && id != 4 {
			t.Errorf("the next book has number %d, want 4", id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var books int64
	err = d.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, "SELECT books FROM tag").Scan(&books) })
	if err != nil || books != 44 { // 40, three before the copy, one now
		t.Errorf("%d books counted (%v), want 44", books, err)
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Insert(ctx, "INSERT INTO a_book (shelf_id, title, scan) VALUES (99, 'nowhere', ?)", []byte("s"))
		return err
	})
	if err == nil {
		t.Error("a book on a shelf that does not exist was taken")
	}
}

func reopen(t *testing.T, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func TestLoaderRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, reached := range map[string]db.Reached{"a newer migration": {"library": 3}, "an unknown area": {"library": 2, "crm": 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := db.NewLoader(t.Context(), db.Config{Path: filepath.Join(t.TempDir(), "x.db")}, reached, library)
			if !errors.Is(err, db.ErrNewer) {
				t.Errorf("got %v, want ErrNewer", err)
			}
		})
	}
	dbtest.Run(t, nil, func(t *testing.T, d *db.DB) {
		c := db.Config{Path: filepath.Join(t.TempDir(), "x.db")}
		if d.Dialect() == db.Postgres {
			c = dbtest.PostgresConfig(t)
		}
		l, err := db.NewLoader(t.Context(), c, db.Reached{"library": 2}, library)
		if err != nil {
			t.Fatal(err)
		}
		for name, table := range map[string]db.Table{
			"table":  {Name: "order"},
			"column": {Name: "shelf", Columns: []string{"id", "name\" TEXT); DROP TABLE shelf; --"}},
		} {
			if err := l.Table(table); !errors.Is(err, db.ErrNewer) {
				t.Errorf("an unknown %s: %v", name, err)
			}
		}
		if err := l.Add(t.Context(), "tag", [][]any{{"only a name"}}); err == nil || !strings.Contains(err.Error(), "has 1 values, not 2") {
			t.Errorf("a short row: %v", err)
		}
		if err := l.Add(t.Context(), "a_book", [][]any{{int64(1), int64(9), "t", []byte("s"), nil}}); err != nil {
			t.Fatal(err)
		}
		if err := l.Done(t.Context()); err == nil || !strings.Contains(err.Error(), "refer") && !strings.Contains(err.Error(), "foreign key") {
			t.Errorf("a book without its shelf: %v", err)
		}
	})
}

func TestPendingNamesWhatMigrateWouldRun(t *testing.T) {
	t.Parallel()
	got, err := db.Pending(db.Reached{"library": 1}, db.SQLite, library)
	if err != nil || len(got) != 1 || got[0] != "library/002_count.sqlite.sql" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := db.Pending(db.Reached{"library": 3}, db.Postgres, library); !errors.Is(err, db.ErrNewer) {
		t.Errorf("newer: %v", err)
	}
}

func TestVirtualTablesAreRefusedRatherThanLost(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, db.Schema{Area: "search", FS: fstest.MapFS{
		"001_search.sql": {Data: []byte("CREATE VIRTUAL TABLE words USING fts5(text);\n")},
	}})
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := db.ReadTables(t.Context(), tx, library)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "words is a virtual table") {
		t.Errorf("got %v", err)
	}
}

func TestCloneIsWholeAndItsOwn(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		cloneAndCompare(t, db.Config{Path: filepath.Join(dir, "a.db")}, db.Config{Path: filepath.Join(dir, "copies", "b.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		cloneAndCompare(t, dbtest.PostgresConfig(t), dbtest.PostgresConfig(t))
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		err := db.Clone(t.Context(), db.Config{Path: filepath.Join(dir, "a.db")}, db.Config{Path: filepath.Join(dir, "b.db")}, nil)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a copy of nothing: %v", err)
		}
	})
}

func cloneAndCompare(t *testing.T, from, to db.Config) {
	t.Helper()
	d := reopen(t, from)
	if err := d.Migrate(t.Context(), library...); err != nil {
		t.Fatal(err)
	}
	fillLibrary(t, d)
	_, want := dump(t, d)
	if err := db.Clone(t.Context(), from, to, library); err != nil { // while d is open, with its log not written back
		t.Fatal(err)
	}
	c := reopen(t, to)
	if _, got := dump(t, c); !reflect.DeepEqual(got, want) {
		t.Errorf("the copy holds %v, want %v", got, want)
	}
	expectAlive(t, c)
	if _, got := dump(t, d); !reflect.DeepEqual(got, want) {
		t.Errorf("a write to the copy reached the original: %v", got)
	}
}
