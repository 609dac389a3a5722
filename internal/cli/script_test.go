package cli_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestMain builds the program once for the scripts, which run it in processes of their own. It is built without the race detector,
// under which a command that takes 50 ms takes a second: the areas' own tests run with it.
func TestMain(m *testing.M) {
	code, err := withProgram(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram runs f with the program portico in the search path.
func withProgram(f func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "portico-cli")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", dir+string(filepath.Separator), "../../cmd/portico").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		return 0, err
	}
	return f(), nil
}

func TestScripts(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		runScripts(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := os.Getenv(dbtest.PostgresEnv)
		if server == "" {
			dbtest.Skip(t, "set "+dbtest.PostgresEnv+" to the URL of a PostgreSQL server to run this test")
		}
		runScripts(t, server)
	})
}

// runScripts runs every script, on a PostgreSQL server when its address is given, each on a database of its own.
func runScripts(t *testing.T, postgres string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = newWorld(env)
			first, err := filepath.Abs("../portal/testdata/first.sql")
			if err != nil {
				return err
			}
			env.Setenv("FIRST", first)
			if postgres == "" {
				return nil
			}
			address, drop, err := newDatabase(t.Context(), postgres)
			if err != nil {
				return err
			}
			env.Defer(drop)
			env.Setenv("PORTICO_DATABASE_URL", address)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "postgres" {
				return postgres != "", nil
			}
			return false, errors.New("unknown condition " + cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"up": up, "down": down, "crash": crash, "get": get, "fails": fails, "keep": keep, "listen": listen, "received": received, "old": old,
		},
	})
}

// newDatabase makes a database on the server, since the directory of portals has a fixed name in it.
func newDatabase(ctx context.Context, server string) (address string, drop func(), err error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", nil, err
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(err, conn.Close(ctx))
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, errors.Join(err, conn.Close(ctx))
	}
	u.Path = "/" + name
	return u.String(), func() {
		ctx := context.WithoutCancel(ctx)
		_, _ = conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		_ = conn.Close(ctx)
	}, nil
}

// fails runs a program that must end with an exit code: fails 2 portico serve --htpp.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails CODE program args…")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		ts.Fatalf("it did not fail: %v", err)
	}
	if got := exit.String(); got != "exit status "+args[0] {
		ts.Fatalf("%s, want %s", got, args[0])
	}
}
