package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// built is the program, made once for all tests.
var built struct {
	sync.Once
	dir, path string
	err       error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// buildProgram returns the path of the program.
func buildProgram(t testing.TB) string {
	t.Helper()
	built.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "portico-e2e-") //nolint:usetesting // outlives the test that needs it first
		if built.err != nil {
			return
		}
		built.path = filepath.Join(built.dir, "portico")
		cmd := exec.Command("go", "build", "-o", built.path, "./cmd/portico")
		cmd.Dir = moduleRoot
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// moduleRoot is where tests of this package find the module.
const moduleRoot = "../.."

// installation is a data folder, or a database, with the program on it.
type installation struct {
	t           testing.TB
	data        string
	databaseURL string // of PostgreSQL
	server      *exec.Cmd
	log         *bytes.Buffer // of the server that ran last; read it once that has ended
	exited      chan struct{} // closed when the server has ended
	started     startedOut
}

// startedOut is what `portico serve --json` prints.
type startedOut struct {
	URLs      []string `json:"urls"`
	Addresses []string `json:"addresses"`
	CA        string   `json:"ca"`
	Admin     *struct {
		Login, Password string
	} `json:"admin"`
}

func newInstallation(t testing.TB, databaseURL string) *installation {
	t.Helper()
	buildProgram(t)
	in := &installation{t: t, data: t.TempDir(), databaseURL: databaseURL}
	t.Cleanup(func() { in.stop(syscall.SIGKILL) })
	return in
}

// onBoth runs test with installations of both kinds.
func onBoth(t *testing.T, test func(t *testing.T, in *installation)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newInstallation(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newInstallation(t, postgresDatabase(t)))
	})
}

// postgresDatabase makes a database of its own for the test, since the program names its schemas itself.
func postgresDatabase(t testing.TB) string {
	t.Helper()
	server := os.Getenv(dbtest.PostgresEnv)
	if server == "" {
		dbtest.Skip(t, "set "+dbtest.PostgresEnv+" to the URL of a PostgreSQL server to run this test")
	}
	name := "e2e_" + strings.ToLower(rand.Text())
	quoted := pgx.Identifier{name}.Sanitize()
	execute(t, server, "CREATE DATABASE "+quoted)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func (in *installation) args(args []string) []string {
	args = append(args, "--data", in.data, "--json")
	if in.databaseURL != "" {
		args = append(args, "--database-url", in.databaseURL)
	}
	return args
}

// serve starts the server and waits until it says that it answers.
func (in *installation) serve(flags ...string) {
	in.t.Helper()
	in.log, in.exited = &bytes.Buffer{}, make(chan struct{})
	in.server = exec.Command(buildProgram(in.t), in.args(append([]string{"serve"}, flags...))...)
	in.server.Stderr = in.log
	stdout, err := in.server.StdoutPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	if err := in.server.Start(); err != nil {
		in.t.Fatal(err)
	}
	in.started = startedOut{}
	err = json.NewDecoder(stdout).Decode(&in.started)
	go func(cmd *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		_ = cmd.Wait() // killed servers end with an error
	}(in.server, in.exited)
	if err != nil {
		in.stop(syscall.SIGKILL)
		in.t.Fatalf("the server did not start: %v\n%s", err, in.log)
	}
}

// stop ends the server with a signal and waits until it is gone.
func (in *installation) stop(signal os.Signal) {
	if in.server == nil {
		return
	}
	_ = in.server.Process.Signal(signal)
	select {
	case <-in.exited:
	case <-time.After(patience):
		_ = in.server.Process.Kill()
		<-in.exited
		in.t.Errorf("the server did not end on %s", signal)
	}
	in.server = nil
	if in.t.Failed() {
		in.t.Logf("the server's log:\n%s", in.log)
	}
}

// cli runs a command beside the server and decodes what it prints.
func (in *installation) cli(out any, args ...string) {
	in.t.Helper()
	ctx, cancel := context.WithTimeout(in.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, buildProgram(in.t), in.args(args)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		in.t.Fatalf("portico %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		in.t.Fatalf("portico %s printed %s: %v", strings.Join(args, " "), &stdout, err)
	}
}
