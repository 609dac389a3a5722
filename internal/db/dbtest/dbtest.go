// Package dbtest opens databases for tests: a fresh one for each test, of both kinds.
package dbtest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/portico-hq/portico/internal/db"
)

// PostgresEnv names the variable that holds the URL of a PostgreSQL server on which tests may create schemas.
const PostgresEnv = "PORTICO_TEST_POSTGRES"

// NoSkipEnv names the variable that forbids skipping: set where everything a test may need is installed.
const NoSkipEnv = "PORTICO_TEST_NO_SKIP"

// Run runs test on an empty SQLite database and on an empty PostgreSQL one, both migrated to schemas. The second is
// skipped where no server is named.
func Run(t *testing.T, schemas []db.Schema, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t, schemas...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t, schemas...))
	})
}

// RunPair runs test on two handles of one database, as two processes have, on both kinds.
func RunPair(t *testing.T, schemas []db.Schema, test func(t *testing.T, here, there *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := SQLiteConfig(t, schemas...)
		test(t, open(t, c, schemas), open(t, c, schemas))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := PostgresConfig(t, schemas...)
		test(t, open(t, c, schemas), open(t, c, schemas))
	})
}

// SQLite opens a new SQLite database in the test's folder, migrated to schemas; the test's end closes it.
func SQLite(t testing.TB, schemas ...db.Schema) *db.DB {
	t.Helper()
	return open(t, SQLiteConfig(t, schemas...), schemas)
}

// Postgres opens a new PostgreSQL database, or a schema in one, migrated to schemas; the test's end drops it. Without a server the test is
// skipped, or fails where skipping is forbidden.
func Postgres(t testing.TB, schemas ...db.Schema) *db.DB {
	t.Helper()
	return open(t, PostgresConfig(t, schemas...), schemas)
}

// PostgresConfig names a schema of its own for the test, dropped at its end, in which the tables of schemas are, or can be made by
// Migrate; with none it is empty. It skips like Postgres.
func PostgresConfig(t testing.TB, schemas ...db.Schema) db.Config {
	t.Helper()
	url := os.Getenv(PostgresEnv)
	if url == "" {
		Skip(t, "set "+PostgresEnv+" to the URL of a PostgreSQL server to run this test")
	}
	if c, ok := copyDatabase(t, url, schemas); ok {
		return c
	}
	schema := "test_" + strings.ToLower(rand.Text())
	t.Cleanup(func() { dropSchema(t, url, schema) })
	return db.Config{URL: url, Schema: schema, Unsafe: true}
}

// Skip skips the test for want of something that this machine lacks, or fails it where skipping is forbidden.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv(NoSkipEnv) != "" {
		t.Fatal("may not be skipped here: " + why)
	}
	t.Skip(why)
}

func open(t testing.TB, c db.Config, schemas []db.Schema) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context(), schemas...); err != nil {
		t.Fatal(err)
	}
	return d
}

func dropSchema(t testing.TB, url, schema string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "DROP SCHEMA "+pgx.Identifier{schema}.Sanitize()+" CASCADE"); err != nil {
		t.Error(err)
	}
}
