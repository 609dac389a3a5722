package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
)

// restCall is a call that the bot made, as it went over the wire.
type restCall struct {
	method, url, body string
	answer            phpform.Value
	raw               string
}

// botConfig is what the bot keeps for a portal after its installation.
type botConfig struct {
	botID, language string
}

// reportBot is the report bot of the tutorial: it reads what that reads of an event, and answers with the same bytes.
type reportBot struct {
	t      testing.TB
	url    string
	client *http.Client // trusts the portal
	today  func() time.Time

	mu      sync.Mutex
	changed chan struct{}                   // closed when anything below has changed
	configs map[string]map[string]botConfig // by the name of the file, then by application_token
	events  []phpform.Value
	ignored int // events of an application that it does not know
	calls   []restCall
}

// newReportBot serves the bot at an address of its own.
func newReportBot(t testing.TB, client *http.Client, today func() time.Time) *reportBot {
	t.Helper()
	b := &reportBot{t: t, today: today, changed: make(chan struct{}), configs: map[string]map[string]botConfig{}}
	transport := client.Transport.(*http.Transport).Clone()
	transport.DisableCompression = true // curl does not ask for it
	b.client = &http.Client{Transport: transport}
	server := httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	b.url = "http://" + server.Listener.Addr().String() + "/reportbot/bot.php"
	server.Start()
	t.Cleanup(server.Close)
	return b
}

func (b *reportBot) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
		return
	}
	request, err := phpform.ParseStr(raw, phpform.Limits{})
	if err != nil {
		b.t.Errorf("an event that cannot be read: %v in %q", err, raw)
		return
	}
	if kind := r.Header.Get("Content-Type"); kind != "application/x-www-form-urlencoded" || r.Method != http.MethodPost {
		b.t.Errorf("an event came by %s as %q", r.Method, kind)
	}
	if err := b.handle(request); err != nil {
		b.t.Errorf("%s: %v", at(request, "event"), err)
		w.WriteHeader(http.StatusInternalServerError) // what PHP makes of a fatal error
	}
	b.change(func() { b.events = append(b.events, request) })
}

// change changes the bot's state and wakes who waits for it.
func (b *reportBot) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	close(b.changed)
	b.changed = make(chan struct{})
}

// at returns the text at a path of an array; "" where there is nothing, as PHP has it.
func at(v phpform.Value, path ...string) string {
	for _, key := range path {
		v, _ = v.Get(key)
	}
	return v.Text()
}

func entry(key string, v phpform.Value) phpform.Entry { return phpform.Entry{Key: key, Value: v} }

func text(key, value string) phpform.Entry { return entry(key, phpform.StringOf(value)) }

// configName is the name of the file in which the bot keeps what it knows of a portal.
func configName(request phpform.Value) string {
	return "/config_" + strings.TrimSpace(strings.ReplaceAll(at(request, "auth", "domain"), ".", "_")) + ".php"
}

func (b *reportBot) handle(request phpform.Value) error {
	token, name := at(request, "auth", "application_token"), configName(request)
	b.mu.Lock()
	_, known := b.configs[name][token]
	b.mu.Unlock()
	event := at(request, "event")
	if !known && (event == "ONIMBOTMESSAGEADD" || event == "ONIMBOTJOINCHAT" || event == "ONIMBOTDELETE") {
		b.change(func() { b.ignored++ })
		return nil
	}
	switch event {
	case "ONIMBOTMESSAGEADD":
		return b.answer(request)
	case "ONIMBOTJOINCHAT":
		return b.welcome(request)
	case "ONIMBOTDELETE":
		b.change(func() { delete(b.configs[name], token) })
	case "ONAPPINSTALL":
		return b.install(request, name, token)
	}
	return nil
}

func (b *reportBot) install(request phpform.Value, name, token string) error {
	result, err := b.call("imbot.register", []phpform.Entry{
		text("CODE", "ReportBot"),
		text("TYPE", "B"),
		text("EVENT_MESSAGE_ADD", b.url),
		text("EVENT_WELCOME_MESSAGE", b.url),
		text("EVENT_BOT_DELETE", b.url),
		entry("PROPERTIES", phpform.ArrayOf(
			text("NAME", "ReportBot"),
			text("LAST_NAME", ""),
			text("COLOR", "AQUA"),
			text("EMAIL", "no@mail.com"),
			text("PERSONAL_BIRTHDAY", "2016-03-23"),
			text("WORK_POSITION", "Reporting on tasks"),
			text("PERSONAL_WWW", ""),
			text("PERSONAL_GENDER", "M"),
			text("PERSONAL_PHOTO", photo),
		)),
	}, request)
	if err != nil {
		return err
	}
	b.change(func() {
		if b.configs[name] == nil {
			b.configs[name] = map[string]botConfig{}
		}
		b.configs[name][token] = botConfig{at(result, "result"), at(request, "data", "LANGUAGE_ID")}
	})
	return nil
}

func (b *reportBot) welcome(request phpform.Value) error {
	_, err := b.call("imbot.message.add", []phpform.Entry{
		text("DIALOG_ID", at(request, "data", "PARAMS", "DIALOG_ID")),
		text("MESSAGE", "Hello! I am ReportBot, reporting everything as it is."),
		entry("ATTACH", phpform.ListOf(phpform.ArrayOf(text("MESSAGE", "[send=what is burning]What's burning?[/send]")))),
	}, request)
	return err
}

func (b *reportBot) answer(request phpform.Value) error {
	title, report, attach := "I'm confused", "I don't understand what you want to know. Or maybe I just can't...", []phpform.Value{}
	if strings.ToLower(at(request, "data", "PARAMS", "MESSAGE")) == "what is burning" {
		var err error
		if title, report, attach, err = b.badTasks(request); err != nil {
			return err
		}
	}
	attach = append(attach, phpform.ArrayOf(text("MESSAGE",
		"Once you deal with these tasks, just ask again [send=what is burning]What's burning?[/send] and I will provide a new summary!")))
	_, err := b.call("imbot.message.add", []phpform.Entry{
		text("DIALOG_ID", at(request, "data", "PARAMS", "DIALOG_ID")),
		text("MESSAGE", title+"\n"+report+"\n"),
		entry("ATTACH", phpform.ListOf(attach...)),
	}, request)
	return err
}

func (b *reportBot) badTasks(request phpform.Value) (title, report string, attach []phpform.Value, err error) {
	tasks, err := b.call("task.item.list", []phpform.Entry{
		entry("ORDER", phpform.ArrayOf(text("DEADLINE", "desc"))),
		entry("FILTER", phpform.ArrayOf(
			text("RESPONSIBLE_ID", at(request, "data", "PARAMS", "FROM_USER_ID")),
			text("<DEADLINE", b.today().UTC().Format(time.DateOnly)),
		)),
		entry("PARAMS", phpform.ListOf()),
		entry("SELECT", phpform.ListOf()),
	}, request)
	if err != nil {
		return "", "", nil, err
	}
	result, _ := tasks.Get("result")
	if !result.IsArray() {
		return "", "", nil, errors.New("count(): Argument #1 ($value) must be of type Countable|array, null given")
	}
	if result.Len() == 0 {
		return "You are doing great!", "Nothing to worry about - no overdue tasks", nil, nil
	}
	for _, e := range result.Entries() {
		link := "https://" + at(request, "auth", "domain") + "/company/personal/user/" + at(e.Value, "RESPONSIBLE_ID") +
			"/tasks/task/view/" + at(e.Value, "ID") + "/"
		attach = append(attach,
			phpform.ArrayOf(entry("LINK", phpform.ArrayOf(text("NAME", at(e.Value, "TITLE")), text("LINK", link)))),
			phpform.ArrayOf(entry("DELIMITER", phpform.ArrayOf(entry("SIZE", phpform.IntOf(400)), text("COLOR", "#c6c6c6")))),
		)
	}
	return "Yes, some tasks are overdue, for example:", "", attach, nil
}

// call is restCommand of the tutorial: a form with the token as its last field, without a User-Agent, over HTTPS whatever
// the event says.
func (b *reportBot) call(method string, p []phpform.Entry, request phpform.Value) (phpform.Value, error) {
	c := restCall{method: method, url: "https://" + at(request, "auth", "domain") + "/rest/" + method}
	c.body = string(phpform.AppendForm(nil, phpform.ArrayOf(append(p, text("auth", at(request, "auth", "access_token")))...)))
	req, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(c.body))
	if err != nil {
		return phpform.Value{}, err
	}
	req.Header = http.Header{"Accept": {"*/*"}, "Content-Type": {"application/x-www-form-urlencoded"}, "User-Agent": {""}}
	res, err := b.client.Do(req)
	if err != nil {
		return phpform.Value{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return phpform.Value{}, err
	}
	c.raw = string(raw)
	if c.answer, err = phpform.ParseJSON(raw, phpform.Limits{}); err != nil {
		return phpform.Value{}, fmt.Errorf("%s answered %q", method, raw)
	}
	b.change(func() { b.calls = append(b.calls, c) })
	return c.answer, nil
}

// wait waits until cond, which is called under the bot's lock, holds.
func (b *reportBot) wait(what string, cond func() bool) {
	b.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		b.mu.Lock()
		done, changed := cond(), b.changed
		b.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			b.t.Fatalf("waited %s in vain for: %s", patience, what)
		}
	}
}

// event waits for the n-th event of a name, counted from 1, to have been handled.
func (b *reportBot) event(name string, n int) (found phpform.Value) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%s number %d", name, n), func() bool {
		count := 0
		for _, e := range b.events {
			if at(e, "event") == name {
				if count++; count == n {
					found = e
				}
			}
		}
		return count >= n
	})
	return found
}

// lastCall returns the newest call of a method.
func (b *reportBot) lastCall(method string) (last restCall) {
	b.t.Helper()
	b.wait("a call of "+method, func() bool {
		for _, c := range b.calls {
			if c.method == method {
				last = c
			}
		}
		return last.method != ""
	})
	return last
}

// count returns how many events of a name have come; "" counts all.
func (b *reportBot) count(name string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if name == "" || at(e, "event") == name {
			n++
		}
	}
	return n
}

// resultOf returns the result of a call as it was written.
func resultOf(t testing.TB, c restCall) string {
	t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(c.raw), &a); err != nil || a.Error != "" {
		t.Fatalf("%s: %v %s", c.method, err, c.raw)
	}
	return string(a.Result)
}

// withoutToken cuts the token, which must be the last field, off a form.
func withoutToken(t testing.TB, body string) string {
	t.Helper()
	head, token, found := strings.Cut(body, "&auth=")
	if !found || token == "" || strings.Contains(token, "&") {
		t.Errorf("the token is not the last field of %s", body)
	}
	if token != url.QueryEscape(token) {
		t.Errorf("clients take tokens of letters, digits and dots only: %s", token)
	}
	return head
}
