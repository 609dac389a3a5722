package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// writers is how many write at once when the server is killed.
const writers = 64

// killAfter is how many messages are acknowledged before that.
const killAfter = 3000

// collector is the handler of a bot: it registers the bot and notes every message that it is told of.
type collector struct {
	url string

	mu    sync.Mutex
	botID string
	told  map[int64]int // how often, by MESSAGE_ID
}

func newCollector(t testing.TB) *collector {
	t.Helper()
	c := &collector{told: map[int64]int{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return // the server was killed while it sent
		}
		e, err := phpform.ParseStr(raw, phpform.Limits{})
		if err != nil {
			t.Error(err)
			return
		}
		if err := c.take(e); err != nil {
			t.Errorf("%s: %v", at(e, "event"), err)
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	c.url = "http://" + server.Listener.Addr().String() + "/"
	server.Start()
	t.Cleanup(server.Close)
	return c
}

func (c *collector) take(e phpform.Value) error {
	switch at(e, "event") {
	case "ONAPPINSTALL":
		form := phpform.AppendForm(nil, phpform.ArrayOf(
			text("CODE", "collector"), text("EVENT_HANDLER", c.url), text("EVENT_MESSAGE_ADD", c.url), text("EVENT_WELCOME_MESSAGE", c.url),
			text("EVENT_BOT_DELETE", c.url), entry("PROPERTIES", phpform.ArrayOf(text("NAME", "Collector"))),
			text("auth", at(e, "auth", "access_token")),
		))
		res, err := http.Post(at(e, "auth", "client_endpoint")+"imbot.register", formType, strings.NewReader(string(form)))
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		a, err := phpform.ParseJSON(raw, phpform.Limits{})
		if err != nil || at(a, "result") == "" {
			return fmt.Errorf("imbot.register answered %s", raw)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.botID = at(a, "result")
	case "ONIMBOTMESSAGEADD":
		id, err := strconv.ParseInt(at(e, "data", "PARAMS", "MESSAGE_ID"), 10, 64)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.told[id]++
	}
	return nil
}

func (c *collector) bot() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.botID
}

// missing returns how many of the messages the bot was not told of.
func (c *collector) missing(ids []int64) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if c.told[id] == 0 {
			n++
		}
	}
	return n
}

// TestKill9 kills the server under load. What it acknowledged is there after the next start, and its events arrive.
func TestKill9(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "127.0.0.1:0", "--https", "")
		c := newCollector(t)
		var made struct {
			ID int64 `json:"id"`
		}
		in.cli(&made, "app", "add", "--name", "Collector", "--handler", c.url, "--install", c.url, "--scope", "im,imbot", "--api-only")
		var hook struct{ URL string }
		in.cli(&hook, "webhook", "add", "--scope", "im")
		eventually(t, "the bot to be registered", func() bool { return c.bot() != "" })

		acknowledged := in.load(t, hook.URL, c.bot())
		in.serve("--http", "127.0.0.1:0", "--https", "")
		in.cli(&hook, "webhook", "add", "--scope", "im") // the port is another one
		stored := in.readAll(t, hook.URL, c.bot())
		lost := 0
		for _, id := range acknowledged {
			if !stored[id] {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%d of %d acknowledged messages are gone", lost, len(acknowledged))
		}
		left := c.missing(acknowledged)
		eventually(t, "the events of all acknowledged messages", func() bool { return c.missing(acknowledged) == 0 })
		c.mu.Lock()
		defer c.mu.Unlock()
		for id := range c.told {
			if !stored[id] {
				t.Errorf("the bot was told of message %d, which does not exist", id)
			}
		}
		t.Logf("%d messages acknowledged, %d stored, %d events still to be sent when the server was started again", len(acknowledged), len(stored), left)
		in.stop(syscall.SIGTERM)
	})
}

// load writes to the bot with many connections and kills the server in the middle. It returns what was acknowledged.
func (in *installation) load(t *testing.T, hook, dialog string) []int64 {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}}
	defer client.CloseIdleConnections()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		ids   []int64
		count atomic.Int64
		dead  = make(chan struct{})
	)
	call := caller{t: t, http: client, base: hook}
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				body := "DIALOG_ID=" + dialog + "&MESSAGE=" + fmt.Sprintf("writer+%d+line+%d", w, i)
				a, err := call.trySend("im.message.add", formType, strings.NewReader(body))
				if err != nil {
					select {
					case <-dead:
					default:
						t.Errorf("before the server was killed: %v", err)
					}
					return
				}
				id, err := strconv.ParseInt(string(a.Result), 10, 64)
				if err != nil {
					t.Errorf("im.message.add: %s", a.Raw)
					return
				}
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
				if count.Add(1) == killAfter {
					close(dead)
					_ = in.server.Process.Signal(os.Kill)
				}
			}
		})
	}
	wg.Wait()
	in.stop(os.Kill)
	if len(ids) < killAfter {
		t.Fatalf("only %d messages were acknowledged", len(ids))
	}
	return ids
}

// readAll returns the ids of all messages of a dialog.
func (in *installation) readAll(t *testing.T, hook, dialog string) map[int64]bool {
	t.Helper()
	out, call := map[int64]bool{}, caller{t: t, http: http.DefaultClient, base: hook}
	for first := int64(0); ; {
		var page struct {
			Messages []message `json:"messages"`
		}
		call.must("im.dialog.messages.get", params{"DIALOG_ID": dialog, "FIRST_ID": first, "LIMIT": 50}, &page)
		fresh := false
		for _, m := range page.Messages {
			if !out[m.ID] {
				out[m.ID], fresh = true, true
			}
			first = max(first, m.ID)
		}
		if !fresh {
			return out
		}
	}
}
