package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// attacks are texts that try to become more than text on a page.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg/onload=alert(1)>`,
	`[url=javascript:alert(1)]click[/url]`,
	`[url=JaVa` + "\t" + `Script:alert(1)]click[/url]`,
	`[url=data:text/html,<script>alert(1)</script>]click[/url]`,
	`[url="https://a.test/" onmouseover="alert(1)]click[/url]`,
	`[url]vbscript:msgbox(1)[/url]`,
	`[img]javascript:alert(1)[/img]`,
	`[img]https://a.test/x.png" onerror="alert(1)[/img]`,
	`[send=" onclick="alert(1)]press[/send]`,
	`[put='"><script>alert(1)</script>]press[/put]`,
	`[call=javascript:alert(1)]call[/call]`,
	`[user=1" onclick="alert(1)]me[/user]`,
	`[user=1]<script>alert(1)</script>[/user]`,
	`[color=red;background:url(javascript:alert(1))]red[/color]`,
	`[size=10" onload="alert(1)]big[/size]`,
	`[icon=javascript:alert(1) title=x]`,
	`[code]<script>alert(1)</script>[/code]`,
	`{{template "x"}}${alert(1)}<!--`,
}

// TestScriptsBecomeText puts scripts into everything that a page shows, and parses the pages as a browser does.
func TestScriptsBecomeText(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		bob, evil := s.webhook(s.bob, app.AllScopes), s.as(s.token(s.application("evil", everything...).ID, s.bob.ID))
		var botID, id int64
		evil.must("imbot.register", params{
			"CODE": "evil", "EVENT_MESSAGE_ADD": nowhere, "EVENT_WELCOME_MESSAGE": nowhere, "EVENT_BOT_DELETE": nowhere,
			"PROPERTIES": params{"NAME": attacks[0], "WORK_POSITION": attacks[1], "PERSONAL_WWW": "https://a.test/"},
		}, &botID)
		for _, attack := range attacks {
			bob.must("im.message.add", params{"DIALOG_ID": dialogOf(s.admin.ID), "MESSAGE": attack}, &id)
			evil.must("imbot.message.add", params{"DIALOG_ID": dialogOf(s.admin.ID), "MESSAGE": attack, "ATTACH": []params{{"MESSAGE": attack}}}, &id)
		}
		s.hostileParts(evil)
		group, err := s.portal.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: s.admin.ID, Title: attacks[2], MemberIDs: []int64{s.bob.ID}})
		if err != nil {
			t.Fatal(err)
		}
		x, err := s.portal.Tasks.Create(t.Context(), s.admin.Ref(), task.Task{
			Title: attacks[0], Description: strings.Join(attacks, "\n"), ResponsibleID: s.admin.ID, Tags: []string{attacks[1]},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.person(user.NewUser{Login: "x", FirstName: attacks[0], LastName: attacks[1], Position: attacks[2], City: attacks[1]})
		s.application(attacks[0], "im")
		admin, me := s.signIn("admin"), dialogOf(s.admin.ID)
		for _, path := range []string{
			"/online/" + dialogOf(s.bob.ID), "/online/" + dialogOf(botID), "/online/chat" + strconv.FormatInt(group.ID, 10), "/online/",
			"/company/personal/user/" + me + "/tasks/", "/company/personal/user/" + me + "/tasks/task/view/" + strconv.FormatInt(x.ID, 10) + "/",
			"/company/", "/devops/integrations/", "/online/?q=" + `%22%3E%3Cscript%3E`, "/%3Cscript%3Ealert(1)%3C/script%3E",
		} {
			res := admin.get(path)
			if res.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
			checkPage(t, path, res)
		}
		stranger := &browser{t: t, http: s.http, url: s.url}
		checkPage(t, "/login", stranger.get("/login?next=/online/%22%3E%3Cscript%3E"))
		checkPage(t, "a failed sign-in", stranger.post("/login", "login", `"><script>alert(1)</script>`, "password", "x", "next", "javascript:alert(1)"))
		res := admin.get("/online/" + dialogOf(s.bob.ID))
		if !strings.Contains(res.body, "&lt;img src=x onerror=alert(1)&gt;") {
			t.Error("the attack is not shown as the text that it is")
		}
	})
}

// hostileParts sends attachments and keyboards whose every address is an attack. They may be refused or cleaned.
func (s *site) hostileParts(evil caller) {
	for _, address := range []string{"javascript:alert(1)", "data:text/html,x", `https://a.test/" onclick="alert(1)`, " javascript:alert(1)", "//a.test/\"><script>"} {
		for _, block := range []params{
			{"LINK": params{"NAME": "<script>", "LINK": address, "PREVIEW": address, "HTML": `<b onclick=alert(1)>x</b><script>alert(1)</script>`}},
			{"USER": params{"NAME": `"><script>`, "AVATAR": address, "LINK": address}},
			{"IMAGE": params{"NAME": `" onerror="alert(1)`, "LINK": address, "PREVIEW": address}},
			{"FILE": params{"NAME": "<script>", "LINK": address}},
			{"GRID": []params{{"NAME": "<script>", "VALUE": "[url=" + address + "]x[/url]", "COLOR": `red" onclick="`, "LINK": address}}},
			{"DELIMITER": params{"SIZE": `1" onclick="alert(1)`, "COLOR": "url(javascript:alert(1))"}},
		} {
			evil.call("imbot.message.add", params{"DIALOG_ID": dialogOf(s.admin.ID), "MESSAGE": "block", "ATTACH": []params{block}})
		}
		evil.call("imbot.message.add", params{"DIALOG_ID": dialogOf(s.admin.ID), "MESSAGE": "button", "KEYBOARD": []params{
			{"TEXT": "<script>", "LINK": address, "BG_COLOR": `red" onclick="alert(1)`, "TEXT_COLOR": "url(x)"},
			{"TEXT": "press", "COMMAND": `" onclick="alert(1)`, "COMMAND_PARAMS": "<script>", "ACTION": "SEND", "ACTION_VALUE": `"><script>`},
		}})
	}
}

// checkPage fails for whatever could run on a page without having been put there by the portal.
func checkPage(t *testing.T, path string, res page) {
	t.Helper()
	csp := res.Header.Get("Content-Security-Policy")
	_, scripts, _ := strings.Cut(csp, "script-src ")
	scripts, _, _ = strings.Cut(scripts, ";")
	if !strings.Contains(scripts, "'nonce-") || strings.Contains(scripts, "unsafe") || !strings.Contains(csp, "object-src 'none'") {
		t.Errorf("%s: the content security policy %q does not hold scripts back", path, csp)
	}
	root, err := html.Parse(strings.NewReader(res.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		nonce := ""
		for _, a := range n.Attr {
			if a.Key == "nonce" {
				nonce = a.Val
			}
			value := strings.ToLower(strings.Map(func(r rune) rune {
				if r <= ' ' {
					return -1
				}
				return r
			}, a.Val))
			address := a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" || a.Key == "data"
			bad := strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:")
			if strings.HasPrefix(a.Key, "on") || address && bad || a.Key == "srcdoc" {
				t.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "script", "iframe", "object", "embed", "base":
			if nonce == "" {
				t.Errorf("%s: a foreign <%s>", path, n.Data)
			}
		}
	}
}

// listener is a handler of events that behaves as a test tells it.
type listener struct {
	url   string
	mu    sync.Mutex
	texts []string // data[PARAMS][MESSAGE] of the events, in order
	got   chan struct{}
}

// newListener serves events; misbehave, unless it is nil, answers the n-th one, counted from 1.
func newListener(t *testing.T, misbehave func(w http.ResponseWriter, r *http.Request, n int)) *listener {
	t.Helper()
	l := &listener{got: make(chan struct{}, 1000)}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		request, err := phpform.ParseStr(raw, phpform.Limits{})
		if err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		l.texts = append(l.texts, at(request, "data", "PARAMS", "MESSAGE"))
		l.mu.Unlock()
		l.got <- struct{}{}
		if misbehave != nil {
			misbehave(w, r, int(n.Add(1)))
		}
	}))
	t.Cleanup(server.Close)
	l.url = server.URL + "/"
	return l
}

// await waits for the next event.
func (l *listener) await(t *testing.T) {
	t.Helper()
	select {
	case <-l.got:
	case <-time.After(patience):
		t.Fatalf("no event came; so far %q", l.list())
	}
}

func (l *listener) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.texts...)
}

// botOf registers a bot of an application of its own that listens at an address, and opens Bob's chat with it.
func (s *site) botOf(name, url string) (dialog string) {
	s.t.Helper()
	var id int64
	s.as(s.token(s.application(name, everything...).ID, s.admin.ID)).must("imbot.register", params{
		"CODE": name, "EVENT_MESSAGE_ADD": url, "EVENT_WELCOME_MESSAGE": nowhere, "EVENT_BOT_DELETE": nowhere, "PROPERTIES": params{"NAME": name},
	}, &id)
	return dialogOf(id)
}

// TestHandlerHangs has a handler that never answers: nobody waits for it, neither the writer nor the other handlers nor
// the end of the portal.
func TestHandlerHangs(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		free := make(chan struct{})
		hanging := newListener(t, func(_ http.ResponseWriter, r *http.Request, _ int) {
			select {
			case <-free:
			case <-r.Context().Done():
			}
		})
		t.Cleanup(func() { close(free) })
		good := newListener(t, nil)
		bob, slow, quick := s.webhook(s.bob, app.AllScopes), s.botOf("slow", hanging.url), s.botOf("quick", good.url)
		for i := range 50 {
			bob.must("im.message.add", params{"DIALOG_ID": slow, "MESSAGE": strconv.Itoa(i)}, nil)
		}
		hanging.await(t)
		bob.must("im.message.add", params{"DIALOG_ID": quick, "MESSAGE": "hello"}, nil)
		good.await(t)
		if n := len(hanging.list()); n != 1 {
			t.Errorf("the hanging handler was called %d times at once; its events come in order", n)
		}
		begun := time.Now()
		if err := s.portal.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("the portal waited %s for a handler that hangs", took)
		}
	})
}

// TestHandlerFails has a handler that answers 500 for a while: what it did not take comes again, and in order.
func TestHandlerFails(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		l := newListener(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			if n <= 2 {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		bob, dialog := s.webhook(s.bob, app.AllScopes), s.botOf("broken", l.url)
		for _, text := range []string{"a", "b", "c"} {
			bob.must("im.message.add", params{"DIALOG_ID": dialog, "MESSAGE": text}, nil)
		}
		eventually(t, "the events to be taken after two failures", func() bool {
			s.clock.Advance(5 * time.Second)
			return len(l.list()) >= 5
		})
		if got := fmt.Sprint(l.list()); got != "[a a a b c]" {
			t.Errorf("the handler was called for %s", got)
		}
	})
}

// TestHandlerNeverEnds has a handler that answers 1 GB: the portal reads little of it and goes on.
func TestHandlerNeverEnds(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		written := make(chan int64, 10)
		l := newListener(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			if n != 1 {
				return
			}
			sent, block := int64(0), make([]byte, 1<<20)
			for sent < 1<<30 {
				k, err := w.Write(block)
				if sent += int64(k); err != nil {
					break
				}
			}
			written <- sent
		})
		bob, dialog := s.webhook(s.bob, app.AllScopes), s.botOf("endless", l.url)
		bob.must("im.message.add", params{"DIALOG_ID": dialog, "MESSAGE": "a"}, nil)
		l.await(t)
		select {
		case n := <-written:
			if n > 64<<20 {
				t.Errorf("the portal took %d MB of an answer", n>>20)
			}
		case <-time.After(patience):
			t.Fatal("the portal still reads")
		}
		bob.must("im.message.add", params{"DIALOG_ID": dialog, "MESSAGE": "b"}, nil)
		eventually(t, "the next event", func() bool { s.clock.Advance(5 * time.Second); return len(l.list()) >= 2 })
		if got := fmt.Sprint(l.list()); got != "[a b]" {
			t.Errorf("the handler was called for %s; 200 with a long answer is still 200", got)
		}
	})
}
