package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portico-hq/portico/internal/db"
)

// The tables of a portal take seconds to make, most of all under the race detector, so that they are made once: later tests, those of
// other packages too, begin with a copy. What is copied is named by the text of the migrations and by the day; whoever makes a new one
// removes those of days long past.
//
// Few tables are quicker to make than to copy: those of tests of package db itself, which so go through Migrate each time.
const (
	worthCopyFile     = 20 // statements from which on a SQLite file is copied
	worthCopyDatabase = 60 // the same for a PostgreSQL database
	keptDays          = 2  // templates of earlier days are removed
	templatePrefix    = "portico_template_"
)

// templates are those that this process has found or made, by name.
var templates struct {
	sync.Mutex
	ready map[string]*template
}

type template struct {
	sync.Mutex
	done bool
}

// once runs build for name unless it succeeded before. Who comes meanwhile waits.
func once(name string, build func() error) error {
	templates.Lock()
	if templates.ready == nil {
		templates.ready = map[string]*template{}
	}
	x := templates.ready[name]
	if x == nil {
		x = &template{}
		templates.ready[name] = x
	}
	templates.Unlock()
	x.Lock()
	defer x.Unlock()
	if x.done {
		return nil
	}
	err := build()
	x.done = err == nil
	return err
}

// day returns the name of a day, so many days ago; names sort as the days do.
func day(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format("20060102") }

// started is the day on which the process began: its templates keep their name over midnight.
var started = day(0)

// fingerprint returns a name for what schemas make, and about how many statements they are.
func fingerprint(schemas []db.Schema) (name string, statements int, err error) {
	h := sha256.New()
	for _, s := range schemas {
		fmt.Fprintf(h, "area %q\n", s.Area)
		err := fs.WalkDir(s.FS, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := fs.ReadFile(s.FS, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "file %q %d\n%s", path, len(text), text)
			if !strings.HasSuffix(path, ".postgres.sql") { // those of one dialect are there twice
				statements += strings.Count(string(text), ";\n")
			}
			return nil
		})
		if err != nil {
			return "", 0, err
		}
	}
	return templatePrefix + started + "_" + hex.EncodeToString(h.Sum(nil)[:12]), statements, nil
}

// SQLiteConfig names a new SQLite file in a folder of the test's, in which the tables of schemas are, or can be made by Migrate.
func SQLiteConfig(t testing.TB, schemas ...db.Schema) db.Config {
	t.Helper()
	c := db.Config{Path: filepath.Join(t.TempDir(), "portal.db"), Unsafe: true}
	if err := copyFile(t.Context(), c.Path, schemas); err != nil {
		t.Fatal(err)
	}
	return c
}

// copyFile makes the file at path with the tables of schemas, or leaves them to Migrate where they are few.
func copyFile(ctx context.Context, path string, schemas []db.Schema) error {
	name, statements, err := fingerprint(schemas)
	if err != nil || statements < worthCopyFile {
		return err
	}
	dir, err := templateDir()
	if err != nil {
		return err
	}
	from := filepath.Join(dir, name+".db")
	if err := once(from, func() error { return buildFile(ctx, from, schemas) }); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// templateDir is the user's own folder for templates.
func templateDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil { // no home
		cache = filepath.Join(os.TempDir(), fmt.Sprintf("portico-%d", os.Getuid()))
	}
	dir := filepath.Join(cache, "portico-test")
	return dir, os.MkdirAll(dir, 0o700)
}

// buildFile makes the template at path unless another process did. Two that do it at once make the same.
func buildFile(ctx context.Context, path string, schemas []db.Schema) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	removeOldFiles(filepath.Dir(path))
	draft, err := os.MkdirTemp(filepath.Dir(path), "draft")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }()
	file := filepath.Join(draft, "portal.db")
	if err := build(ctx, db.Config{Path: file, Unsafe: true}, schemas); err != nil {
		return err
	}
	return os.Rename(file, path) // closing it has left nothing beside the file
}

// removeOldFiles removes what nobody needs any more; what cannot be removed stays.
func removeOldFiles(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), templatePrefix) && e.Name() < templatePrefix+day(keptDays) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

func build(ctx context.Context, c db.Config, schemas []db.Schema) error {
	d, err := db.Open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx, schemas...), d.Close())
}

// templateSchema is the schema in which the tables of copied databases are.
const templateSchema = "portal"

// copyDatabase makes a database of the test's own with the tables of schemas, and names it. ok is false where a schema that Migrate
// fills serves better: for few tables, and where the server does not let its user make databases.
func copyDatabase(t testing.TB, server string, schemas []db.Schema) (c db.Config, ok bool) {
	t.Helper()
	name, statements, err := fingerprint(schemas)
	if err != nil {
		t.Fatal(err)
	}
	if statements < worthCopyDatabase {
		return c, false
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var may bool
	if err := conn.QueryRow(ctx, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&may); err != nil {
		t.Fatal(err)
	}
	if !may {
		return c, false
	}
	if err := once(name, func() error { return buildDatabase(ctx, conn, server, name, schemas) }); err != nil {
		t.Fatal(err)
	}
	copied := "portico_test_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quoted(copied)+" TEMPLATE "+quoted(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropDatabase(t, server, copied) })
	c = db.Config{Schema: templateSchema, Unsafe: true}
	if c.URL, err = databaseURL(server, copied); err != nil {
		t.Fatal(err)
	}
	return c, true
}

// buildDatabase makes the template name unless another process did. A lock holds those back that want the same.
func buildDatabase(ctx context.Context, conn *pgx.Conn, server, name string, schemas []db.Schema) error {
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", templatePrefix); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock(hashtext($1))", templatePrefix) }()
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	if err := dropOldDatabases(ctx, conn); err != nil {
		return err
	}
	draft := strings.Replace(name, templatePrefix, "portico_draft_", 1)
	for _, q := range []string{"DROP DATABASE IF EXISTS " + quoted(draft) + " WITH (FORCE)", "CREATE DATABASE " + quoted(draft)} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	to, err := databaseURL(server, draft)
	if err != nil {
		return err
	}
	if err := build(ctx, db.Config{URL: to, Schema: templateSchema, Unsafe: true}, schemas); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quoted(draft)+" RENAME TO "+quoted(name))
	return err
}

// dropOldDatabases drops what nobody needs any more.
func dropOldDatabases(ctx context.Context, conn *pgx.Conn) error {
	const old = `SELECT datname FROM pg_database WHERE datname COLLATE "C" < $1 || $2 AND starts_with(datname, $1)`
	rows, err := conn.Query(ctx, old, templatePrefix, day(keptDays))
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted(name)); err != nil {
			return err
		}
	}
	return nil
}

func dropDatabase(t testing.TB, server, name string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "DROP DATABASE "+quoted(name)+" WITH (FORCE)"); err != nil {
		t.Error(err)
	}
}

// databaseURL returns the URL, or the words, that lead to another database of the same server.
func databaseURL(server, database string) (string, error) {
	if !strings.Contains(server, "://") {
		return server + " dbname=" + database, nil // the last one counts
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + database
	return u.String(), nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
