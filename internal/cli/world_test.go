package cli_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/portico-hq/portico/internal/db"
)

// patience bounds what a script waits for; it is far beyond what anything takes.
const patience = 30 * time.Second

type worldKey struct{}

// world is what a script has started.
type world struct {
	server   *exec.Cmd
	requests chan string // the bodies that the listener got
}

func newWorld(env *testscript.Env) *world {
	w := &world{requests: make(chan string, 100)}
	env.Defer(func() {
		if w.server != nil {
			_ = w.server.Process.Kill()
			_ = w.server.Wait()
		}
	})
	return w
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// up starts a server on free ports, waits until it is ready and sets $URL, $HTTPS, $HTTP, $LOGIN and $PASSWORD (empty when
// no portal was made).
func up(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	if neg || w.server != nil {
		ts.Fatalf("usage: up [flags of serve], once")
	}
	exe, err := exec.LookPath("portico")
	ts.Check(err)
	c := exec.Command(exe, append([]string{"serve", "--json", "--data", "data", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"}, args...)...)
	c.Dir = ts.MkAbs(".")
	c.Env = append(os.Environ(), "PORTICO_DATABASE_URL="+ts.Getenv("PORTICO_DATABASE_URL"))
	log, err := os.OpenFile(ts.MkAbs("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	defer func() { _ = log.Close() }()
	c.Stderr = log
	out, err := c.StdoutPipe()
	ts.Check(err)
	ts.Check(c.Start())
	w.server = c
	var ready struct {
		URLs      []string
		Addresses []string
		Admin     struct{ Login, Password string }
	}
	if err := json.NewDecoder(out).Decode(&ready); err != nil {
		ts.Fatalf("the server did not start: %v\n%s", err, ts.ReadFile("server.log"))
	}
	ts.Setenv("URL", ready.URLs[0])
	ts.Setenv("HTTPS", ready.Addresses[0])
	ts.Setenv("HTTP", ready.Addresses[1])
	ts.Setenv("LOGIN", ready.Admin.Login)
	ts.Setenv("PASSWORD", ready.Admin.Password)
}

// down stops the server as an operator does; it must end well.
func down(ts *testscript.TestScript, neg bool, _ []string) {
	w := worldOf(ts)
	ts.Check(w.server.Process.Signal(syscall.SIGTERM))
	err := w.server.Wait()
	w.server = nil
	if err != nil || neg {
		ts.Fatalf("the server ended with %v\n%s", err, ts.ReadFile("server.log"))
	}
}

// crash kills the server without a warning.
func crash(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	ts.Check(w.server.Process.Kill())
	_ = w.server.Wait() // it was killed
	w.server = nil
}

// get asks the running server for an address, whatever its host, trusting the authority in the data folder, and checks the
// answer: get STATUS URL [PATTERN]. A host in front of the URL ("host=b.example.com") is named instead of the URL's.
func get(ts *testscript.TestScript, neg bool, args []string) {
	host := ""
	if len(args) > 0 && strings.HasPrefix(args[0], "host=") {
		host, args = strings.TrimPrefix(args[0], "host="), args[1:]
	}
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: get [host=HOST] STATUS URL [PATTERN]")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ts.ReadFile(filepath.Join("data", "ca.pem"))))
	to := strings.TrimPrefix(ts.Getenv("HTTP"), "http://")
	if strings.HasPrefix(args[1], "https:") {
		to = strings.TrimPrefix(ts.Getenv("HTTPS"), "https://")
	}
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, to)
			},
		},
	}
	req, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	req.Host = host
	res, err := client.Do(req)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("got %s, want %s: %s", res.Status, args[0], body)
	}
	if len(args) == 3 && !regexp.MustCompile(args[2]).Match(body) {
		ts.Fatalf("no match for %s in: %s", args[2], body)
	}
}

// keep sets a variable to a field of the JSON object that the last command printed: keep NAME field.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME field")
	}
	var out map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &out))
	switch v := out[args[1]].(type) {
	case string:
		ts.Setenv(args[0], v)
	case float64:
		ts.Setenv(args[0], strconv.FormatFloat(v, 'f', -1, 64))
	case map[string]any:
		for k, text := range v {
			ts.Setenv(args[0]+"_"+k, text.(string))
		}
	default:
		ts.Fatalf("no %s in %v", args[1], out)
	}
}

// listen starts an application's handler and sets $HANDLER to its address.
func listen(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ts.Check(errors.Join(r.ParseForm()))
		w.requests <- r.PostForm.Encode()
	}))
	ts.Defer(s.Close)
	ts.Setenv("HANDLER", s.URL+"/handler?x=1")
}

// received waits for a request to the handler whose body, a form with its keys in order, matches.
func received(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: received PATTERN")
	}
	select {
	case body := <-worldOf(ts).requests:
		if !regexp.MustCompile(args[0]).MatchString(body) {
			ts.Fatalf("no match for %s in: %s", args[0], body)
		}
	case <-time.After(patience):
		ts.Fatalf("nothing arrived\n%s", ts.ReadFile("server.log"))
	}
}

// old makes the only portal in a data folder what the first version of the program made: old DATA.
func old(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: old DATA")
	}
	raw, err := os.ReadFile(ts.Getenv("FIRST"))
	ts.Check(err)
	bytes := regexp.MustCompile(`\{\{bytes ([0-9a-f]*)\}\}`)
	text := bytes.ReplaceAllString(string(raw), "x'${1}'")
	text = strings.NewReplacer("{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{{blob}}", "BLOB").Replace(text)
	found, err := filepath.Glob(ts.MkAbs(filepath.Join(args[0], "portals", "*", "portal.db")))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("there are the portals %v", found)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		ts.Check(os.RemoveAll(found[0] + end))
	}
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{Path: found[0]})
	ts.Check(err)
	ts.Check(d.Write(ctx, func(tx *db.Tx) error {
		for part := range strings.SplitSeq(text, ";\n") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			if _, err := tx.Exec(ctx, part); err != nil {
				return err
			}
		}
		return nil
	}))
	ts.Check(d.Close())
}
