package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/metric"
	"github.com/portico-hq/portico/internal/server"
)

// fakePortal answers with its own name, and with what a test adds.
type fakePortal struct {
	name     string
	public   func() string
	owns     string
	asked    atomic.Int64 // how often it was asked whether a token is its own
	notReady error
	due      func() time.Time
	depth    metric.Depth
	serve    http.HandlerFunc
	started  atomic.Bool
	closed   atomic.Bool
}

func (p *fakePortal) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.serve != nil {
			p.serve(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, strings.Join([]string{p.name, p.public(), r.URL.Path, string(body), r.Proto}, "|"))
	})
}

func (p *fakePortal) Ready(context.Context) error { return p.notReady }

func (p *fakePortal) Owns(_ context.Context, token string) (bool, error) {
	p.asked.Add(1)
	return p.owns == token, nil
}

func (p *fakePortal) Start(context.Context) error { p.started.Store(true); return nil }

func (p *fakePortal) Due(context.Context) (time.Time, error) {
	if p.due == nil {
		return time.Time{}, nil
	}
	return p.due(), nil
}

func (p *fakePortal) Depth(context.Context) (metric.Depth, error) { return p.depth, nil }

func (p *fakePortal) Close(context.Context) error { p.closed.Store(true); return nil }

// running is a server under test.
type running struct {
	t       *testing.T
	started server.Started
	config  server.Config
	stop    context.CancelFunc
	done    chan error
	log     *lockedBuffer

	mu      sync.Mutex
	portals map[string]*fakePortal // by host
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// start runs a server whose portals are fakes, changed by set. It waits until the server answers.
func start(t *testing.T, c server.Config, set func(host string, p *fakePortal)) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{t: t, stop: stop, done: make(chan error, 1), log: &lockedBuffer{}, portals: map[string]*fakePortal{}}
	if c.Data == "" {
		c.Data = t.TempDir()
	}
	c.HTTP, c.HTTPS = "127.0.0.1:0", "127.0.0.1:0"
	c.Log = slog.New(slog.NewTextHandler(r.log, nil))
	if c.AccessLog {
		c.Log = slog.New(slog.NewJSONHandler(r.log, nil))
	}
	if c.Open == nil {
		c.Open = func(_ context.Context, e server.Entry, public func() string) (server.Portal, error) {
			p := &fakePortal{name: e.Host, public: public}
			if set != nil {
				set(e.Host, p)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.portals[e.Host] = p
			return p, nil
		}
	}
	ready := make(chan struct{})
	c.Started = func(s server.Started) { r.started = s; close(ready) }
	r.config = c
	go func() { r.done <- server.Run(ctx, c) }()
	t.Cleanup(func() {
		stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-r.done:
		r.done <- err
		t.Fatalf("server ended: %v", err)
	}
	return r
}

func (r *running) wait() error {
	err := <-r.done
	r.done <- err
	return err
}

// addresses returns host:port of the two listeners.
func (r *running) addresses() (https, http string) {
	return strings.TrimPrefix(r.started.Addresses[0], "https://"), strings.TrimPrefix(r.started.Addresses[1], "http://")
}

// client trusts the server's authority and connects to it whatever host it asks for.
func (r *running) client(h2 bool) *http.Client {
	r.t.Helper()
	pem, err := os.ReadFile(r.started.CA)
	if err != nil {
		r.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	secure, plain := r.addresses()
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirected") },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				to := secure
				if strings.HasSuffix(address, ":80") {
					to = plain
				}
				return (&net.Dialer{}).DialContext(ctx, network, to)
			},
		},
	}
}

// get asks for an address and returns the status and the body.
func (r *running) get(address string) (int, string) {
	r.t.Helper()
	res, err := r.client(false).Get(address)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer(r.t, res)
}

func answer(t *testing.T, res *http.Response) (int, string) {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func expect(t *testing.T, what string, status int, body string, wantStatus int, want string) {
	t.Helper()
	if status != wantStatus || !strings.Contains(body, want) {
		t.Errorf("%s: got %d %q, want %d with %q", what, status, body, wantStatus, want)
	}
}

func addPortals(t *testing.T, data string, hosts ...string) {
	t.Helper()
	d := openDirectory(t, server.DirectoryConfig{Data: data})
	for _, h := range hosts {
		if _, err := d.Add(t.Context(), h, nothing); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnlyPortalAnswersWhateverHostIsAsked(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	secure, _ := r.addresses()
	public := "https://" + secure // 127.0.0.1 and the port that was free
	for _, address := range []string{
		"https://127.0.0.1/x", "http://127.0.0.1/x", "https://portal.example.com/x", "http://anything/x", "https://oauth.bitrix.info/x",
	} {
		status, body := r.get(address)
		expect(t, address, status, body, 200, "127.0.0.1|"+public+"|/x|")
	}
	for _, path := range []string{"//oauth/token/", "/rest/1/abc//profile/"} {
		status, body := r.get("https://127.0.0.1" + path)
		expect(t, "a path with doubled slashes", status, body, 200, "|"+path+"|")
	}
	if got := r.started.Portals; len(got) != 1 || got[0] != public {
		t.Errorf("announced %v, want %s", got, public)
	}
}

func TestHTTP2AndMinimumTLS(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	res, err := r.client(true).Get("https://localhost/")
	if err != nil {
		t.Fatal(err)
	}
	status, body := answer(t, res)
	expect(t, "HTTP/2", status, body, 200, "HTTP/2.0")
	secure, _ := r.addresses()
	old := &tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}}
	if c, err := old.DialContext(t.Context(), "tcp", secure); err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestHostChoosesAmongPortals(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	r := start(t, server.Config{Data: data}, nil)
	for host, want := range map[string]string{
		"a.example.com": "a.example.com|", "b.example.com": "b.example.com|", "B.EXAMPLE.com": "b.example.com|", "b.example.com.": "b.example.com|",
	} {
		status, body := r.get("http://" + host + "/")
		expect(t, host, status, body, 200, want)
	}
	status, body := r.get("https://c.example.com/rest/profile")
	expect(t, "unknown host", status, body, 404, "There is no portal at c.example.com on this server.")

	addPortals(t, data, "c.example.com") // another process, beside the running server
	for status != 200 {
		status, body = r.get("https://c.example.com/")
	}
	expect(t, "a portal added beside the server", status, body, 200, "c.example.com|")
}

func TestURLMovesThePublicAddress(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	r := start(t, server.Config{Data: data, URL: "https://portal.example.com"}, nil)
	status, body := r.get("http://10.0.0.1/")
	expect(t, "behind a proxy", status, body, 200, "127.0.0.1|https://portal.example.com|")
	addPortals(t, data, "b.example.com")
	for !strings.HasPrefix(body, "b.example.com") {
		_, body = r.get("http://b.example.com/")
	}
	status, body = r.get("http://portal.example.com/")
	expect(t, "the first portal keeps the address", status, body, 200, "127.0.0.1|https://portal.example.com|")
}

func TestTokenHostsFindTheOwner(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	r := start(t, server.Config{Data: data}, func(host string, p *fakePortal) { p.owns = "token-of-" + host })
	const form = "grant_type=refresh_token&client_id=1&client_secret=2&refresh_token=token-of-b.example.com"
	status, body := r.get("https://oauth.bitrix.info/oauth/token/?" + form)
	expect(t, "GET", status, body, 200, "b.example.com|")
	status, body = r.get("https://oauth.bitrix24.tech//oauth/token/?" + form)
	expect(t, "GET with a doubled slash", status, body, 200, "b.example.com|")
	for contentType, content := range map[string]string{
		"application/x-www-form-urlencoded": form, "application/json": `{"refresh_token":"token-of-b.example.com"}`,
	} {
		res, err := r.client(false).Post("https://oauth.bitrix.info/oauth/token/", contentType, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		status, body = answer(t, res)
		expect(t, "POST of "+contentType, status, body, 200, "/oauth/token/|"+content+"|") // the body arrives whole
		expect(t, "POST of "+contentType, status, body, 200, "b.example.com|")
	}
	status, body = r.get("https://oauth.bitrix.info/oauth/token/?grant_type=authorization_code&code=token-of-b.example.com")
	expect(t, "authorization code", status, body, 200, "b.example.com|")
	status, body = r.get("https://oauth.bitrix24.tech/rest/app.info/?auth=token-of-b.example.com")
	expect(t, "app.info", status, body, 200, "b.example.com|")
	status, body = r.get("https://oauth.bitrix.info/oauth/token/?refresh_token=of-nobody")
	expect(t, "unknown token", status, body, 200, "a.example.com|")
	// Just over the limit: the server stops reading there, and what a client still has to send would be refused with a reset.
	large := url.Values{"refresh_token": {strings.Repeat("x", 64<<10)}}
	res, err := r.client(false).PostForm("https://oauth.bitrix.info/oauth/token/", large)
	if err != nil {
		t.Fatal(err)
	}
	status, body = answer(t, res)
	expect(t, "a body too large", status, body, 400, "could not be read")
}

func TestATokenLeadsToItsPortalAmongMany(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	hosts := make([]string, 100)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("p%d.example.com", i)
	}
	addPortals(t, data, hosts...)
	list, err := openDirectory(t, server.DirectoryConfig{Data: data}).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{"p1.example.com": "an-old-token"}
	for _, e := range list {
		if e.Host == "p77.example.com" {
			tokens[e.Host] = app.NewToken(e.Name)
		}
	}
	r := start(t, server.Config{Data: data}, func(host string, p *fakePortal) { p.owns = tokens[host] })
	asked := func() (n int64) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, p := range r.portals {
			n += p.asked.Swap(0)
		}
		return n
	}
	status, body := r.get("https://oauth.bitrix.info/oauth/token/?refresh_token=" + tokens["p77.example.com"])
	expect(t, "a tagged token", status, body, 200, "p77.example.com|")
	if n := asked(); n != 1 {
		t.Errorf("%d portals were asked for a token that leads to one", n)
	}
	status, body = r.get("https://oauth.bitrix.info/oauth/token/?refresh_token=an-old-token")
	expect(t, "an old token", status, body, 200, "p1.example.com|")
	if n := asked(); n != 2 {
		t.Errorf("%d portals were asked for a token of the second", n)
	}
	moved := app.NewToken("portal-of-another-server")
	status, body = r.get("https://oauth.bitrix.info/oauth/token/?refresh_token=" + moved)
	expect(t, "a token that leads to none", status, body, 200, "p0.example.com|")
	if n := asked(); n != 100 {
		t.Errorf("%d portals were asked for a token that leads to none", n)
	}
}

func TestReadyTellsTheReason(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "good.example.com", "ill.example.com")
	r := start(t, server.Config{Data: data}, func(host string, p *fakePortal) {
		if host == "ill.example.com" {
			p.notReady = errors.New("the disk is full")
		}
	})
	status, body := r.get("http://good.example.com/readyz")
	expect(t, "good", status, body, 200, "ready\n")
	status, body = r.get("http://ill.example.com/readyz")
	expect(t, "ill", status, body, 503, "not ready: the disk is full")
	status, body = r.get("http://10.0.0.1/readyz")
	expect(t, "by address", status, body, 200, "ready\n")
}

func TestPortalThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	broken := func(context.Context, server.Entry, func() string) (server.Portal, error) {
		return nil, errors.New("the database is newer than this program")
	}
	err := server.Run(t.Context(), server.Config{Data: t.TempDir(), HTTP: "127.0.0.1:0", Open: broken, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "newer than this program") {
		t.Errorf("the only portal: got %v", err)
	}

	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	r := start(t, server.Config{Data: data, Open: func(ctx context.Context, e server.Entry, public func() string) (server.Portal, error) {
		if e.Host == "b.example.com" {
			return broken(ctx, e, public)
		}
		return &fakePortal{name: e.Host, public: public}, nil
	}}, nil)
	status, body := r.get("http://b.example.com/rest/profile")
	expect(t, "one of two", status, body, 503, "cannot be opened")
	status, body = r.get("http://b.example.com/readyz")
	expect(t, "one of two", status, body, 503, "newer than this program")
	status, body = r.get("http://a.example.com/")
	expect(t, "the other one", status, body, 200, "a.example.com|")
}

func TestPrepareRunsBeforeTheFirstAnswerAndOnce(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	c := server.Config{Data: t.TempDir(), Prepare: func(_ context.Context, _ server.Entry, p server.Portal) error {
		runs.Add(1)
		if p.(*fakePortal).started.Load() {
			t.Error("the portal works unasked before it is prepared")
		}
		return nil
	}}
	for range 2 {
		r := start(t, c, nil)
		r.get("http://127.0.0.1/")
		if n := runs.Load(); n != 1 {
			t.Fatalf("prepared %d times", n)
		}
		if !r.portals["127.0.0.1"].started.Load() {
			t.Error("the portal was not started")
		}
		r.stop()
		if err := r.wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFailedPreparationIsRepeated(t *testing.T) {
	t.Parallel()
	c := server.Config{Data: t.TempDir(), HTTP: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
	var portal *fakePortal
	c.Open = func(_ context.Context, e server.Entry, public func() string) (server.Portal, error) {
		portal = &fakePortal{name: e.Host, public: public}
		return portal, nil
	}
	c.Prepare = func(context.Context, server.Entry, server.Portal) error { return errors.New("no space") }
	if err := server.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no space") || !portal.closed.Load() {
		t.Fatalf("got %v, portal closed: %v", err, portal.closed.Load())
	}
	ran := false
	c.Prepare = func(context.Context, server.Entry, server.Portal) error { ran = true; return nil }
	r := start(t, c, nil)
	if status, _ := r.get("http://127.0.0.1/"); status != 200 || !ran {
		t.Errorf("after a failure: got %d, prepared: %v", status, ran)
	}
}

func TestStopFinishesRequestsAndEndsStreams(t *testing.T) {
	t.Parallel()
	working, finish := make(chan struct{}), make(chan struct{})
	r := start(t, server.Config{}, func(_ string, p *fakePortal) {
		p.serve = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/live" {
				_, _ = io.WriteString(w, ": open\n\n")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				return
			}
			close(working)
			<-finish
			if p.closed.Load() {
				t.Error("the portal was closed under a request")
			}
			_, _ = io.WriteString(w, "done")
		}
	})
	client := r.client(false)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	stream, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Body.Close() }()
	lines := bufio.NewReader(stream.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != ": open\n" {
		t.Fatalf("stream: got %q, %v", line, err)
	}
	slow := make(chan string, 1)
	go func() {
		res, err := client.Get("http://127.0.0.1/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		slow <- string(body)
	}()
	<-working
	begin := time.Now()
	r.stop()
	if _, err := io.ReadAll(lines); err != nil { // ends by itself
		t.Errorf("stream: %v", err)
	}
	close(finish)
	if got := <-slow; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := r.wait(); err != nil {
		t.Error(err)
	}
	if !r.portals["127.0.0.1"].closed.Load() {
		t.Error("the portal was left open")
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("stopping took %v", d)
	}
}

func TestSecondServerOnTheSameFilesIsRefused(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	c := r.config
	c.HTTPS, c.Started = "", nil
	err := server.Run(t.Context(), c)
	if !errors.Is(err, server.ErrRunning) || !strings.Contains(err.Error(), "stop it first, or give this one another --data") {
		t.Errorf("got %v", err)
	}
	if status, body := r.get("http://127.0.0.1/"); status != 200 {
		t.Errorf("the first server suffered: %d %s", status, body)
	}
	r.stop()
	if err := r.wait(); err != nil {
		t.Fatal(err)
	}
	start(t, server.Config{Data: r.config.Data}, nil) // free again
}

func TestAddressInUseIsNamed(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	_, plain := r.addresses()
	err := server.Run(t.Context(), server.Config{Data: t.TempDir(), HTTP: plain, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), plain) {
		t.Errorf("got %v", err)
	}
	if err := server.Run(t.Context(), server.Config{Data: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "nothing to listen on") {
		t.Errorf("no listeners: got %v", err)
	}
}

// Pages of applications have the name of the script's host built in, however many portals a server has.
func TestScriptOfApplications(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	for path, want := range map[string]string{"/api/v1/": "200 text/javascript; charset=utf-8", "/": "404 text/plain; charset=utf-8"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.started.Addresses[1]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "API.bitrix24.com:80"
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := strings.TrimSuffix(res.Status[:3], " ") + " " + res.Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
