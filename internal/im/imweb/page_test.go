package imweb_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

func TestPage(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	c := b.private(1, 2)
	b.say(c.ID, 2, "Did you see the [b]numbers[/b]?")
	clk.Advance(time.Minute)
	b.say(c.ID, 2, "Ask [send=report]for the report[/send]")
	clk.Advance(10 * time.Minute)
	mine := b.say(c.ID, 1, "Yes")

	a := b.anna.get("/online/2").is(http.StatusOK)
	a.has(
		`<strong class="truncate">Ben Ode`, `Did you see the <b>numbers</b>?`, `class="bb-send" data-send="report"`,
		`action="/online/send" method="post"`, `data-show="main"`, `aria-current="page"`,
	)
	// The list shows text without marks, and whose it is.
	a.has(`<span class="im-prefix">You:</span> Yes</span>`)
	rows := regexp.MustCompile(`<li class="(msg[^"]*)" id="m\d+"`).FindAllStringSubmatch(a.body, -1)
	var got []string
	for _, r := range rows {
		got = append(got, r[1])
	}
	want := []string{"msg msg-first msg-joined msg-day", "msg", "msg msg-own msg-first"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("rows %q, want %q", got, want)
	}
	if got := a.header.Get("Content-Security-Policy"); !strings.Contains(got, "img-src *") {
		t.Errorf("pictures of messages are refused: %s", got)
	}
	// Ben has read it: the same row then says so.
	if _, err := b.im.Read(t.Context(), 2, c.ID, mine.ID); err != nil {
		t.Fatal(err)
	}
	b.anna.get("/online/2").has(`<li class="msg msg-own msg-first msg-seen" id="m` + num(mine.ID) + `"`)
}

func TestDialogAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	for from, to := range map[string]string{
		"/online/?IM_DIALOG=2":                    "/online/2",
		"/online/?IM_DIALOG=Chat" + num(g.ID):     "/online/chat" + num(g.ID),
		"/online/?IM_HISTORY=chat" + num(g.ID):    "/online/chat" + num(g.ID),
		"/online/?IM_DIALOG=//evil.example/chat1": "",
	} {
		a := b.anna.get(from)
		if got := a.header.Get("Location"); got != to {
			t.Errorf("%s leads to %q, want %q", from, got, to)
		}
	}
	b.anna.get("/online/?IM_DIALOG=nonsense").is(http.StatusNotFound)
	b.anna.get("/online/chat"+num(g.ID)).is(http.StatusOK).has("2 members", "Leave the chat")
}

// Somebody from outside finds who shares a group with them, and nobody else, bots included.
func TestOutsidersFindWhomTheyKnow(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	out := b.person(user.NewUser{Login: "olga", FirstName: "Olga", LastName: "Outside", Kind: user.Extranet})
	b.group("Shared", 1, out.id)
	out.get("/online/find?q=be").is(http.StatusOK).has("Anna Berg").lacks("Ben Ode")
	out.get("/online/find?q=report").lacks(`aria-label="Bot"`)
	out.get("/search?q=report").lacks("Report")
	out.get("/search?q=ben").lacks(`href="/online/2"`)
	b.anna.get("/online/find?q=olga").has("Olga Outside")
}

func TestForeignChatIsNotFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Salaries", 1, 2)
	m := b.send(im.NewMessage{ChatID: g.ID, AuthorID: 1, Text: "secret figures", Keyboard: attach.Keyboard{{
		Type: attach.TypeButton, Text: "Ok", Do: attach.Do{Action: attach.ActionSend, ActionValue: "ok"},
	}}})
	chat, id := num(g.ID), num(m.ID)
	for _, path := range []string{
		"/online/chat" + chat, "/online/chat999", "/online/open?dialog=chat" + chat, "/online/messages?chat=" + chat,
		"/online/messages?chat=" + chat + "&after=0", "/online/message?id=" + id, "/online/members?chat=" + chat,
		"/online/people?chat=" + chat, "/online/999",
	} {
		b.cleo.get(path).is(http.StatusNotFound).lacks("secret figures", "Salaries")
	}
	for path, form := range map[string][]string{
		"/online/read":   {"chat", chat},
		"/online/typing": {"chat", chat},
		"/online/mark":   {"chat", chat, "what", "pin", "on", "1"},
		"/online/leave":  {"chat", chat},
		"/online/press":  {"message", id, "button", "0"},
		"/online/start":  {"dialog", "chat" + chat},
	} {
		b.cleo.fetch(path, form...).is(http.StatusNotFound)
	}
	b.cleo.fetch("/online/send", "dialog", "chat"+chat, "text", "let me in").is(http.StatusForbidden)
	b.cleo.fetch("/online/edit", "message", id, "text", "hacked").is(http.StatusForbidden)
	b.cleo.fetch("/online/delete", "message", id).is(http.StatusForbidden)
	b.anna.get("/online/chat"+chat).has("secret figures").lacks("let me in", "hacked")
	b.cleo.get("/online/find?q=Sal").is(http.StatusOK).lacks("Salaries")
	b.cleo.get("/search?q=Sal").is(http.StatusOK).lacks("Salaries")
	b.cleo.get("/online/recent?chats=" + chat).is(http.StatusOK).lacks("Salaries")
}

func TestSignedOut(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	nobody := person{b: b, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if to := nobody.get("/online/2").is(http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(to, "/login") {
		t.Errorf("leads to %q", to)
	}
	nobody.get("/online/messages?chat=1").is(http.StatusUnauthorized)
}

// evil is put into every field that somebody can fill.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`

func TestScriptsAreHarmless(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	mallory := b.person(user.NewUser{ID: 9, Login: "mallory", FirstName: evil, LastName: "</title>", Position: evil})
	g := b.group("Group "+evil, 9, 1)
	c := b.private(1, 9)
	text := evil + `[url=javascript:alert(3)]x[/url][send=` + evil + `]s[/send][put]` + evil + `[/put][img]javascript:alert(4)[/img]` +
		`[user=9 REPLACE]x[/user][chat=` + num(g.ID) + `][/chat][color=red;background:url(x)]c[/color]`
	evilText := evil
	quoted := b.say(c.ID, 9, text)
	b.send(im.NewMessage{
		ChatID: c.ID, AuthorID: 9, Text: text, ReplyID: quoted.ID,
		Attach: attach.Attach{{Color: evil, Description: evil, Blocks: []attach.Block{
			{Message: &evilText},
			{Link: []attach.Link{{Name: evil, Link: "javascript:alert(5)", HTML: evil, Preview: evil}}},
			{Image: []attach.Image{{Name: evil, Link: "data:text/html," + evil}}},
			{File: []attach.File{{Name: evil, Link: "javascript:alert(6)"}}},
		}}},
		Keyboard: attach.Keyboard{{Type: attach.TypeButton, Text: evil, BgColor: evil, Do: attach.Do{Link: "javascript:alert(7)"}}},
	})
	b.say(g.ID, 9, text)
	for _, path := range []string{
		"/online/", "/online/9", "/online/chat" + num(g.ID), "/online/open?dialog=9", "/online/messages?chat=" + num(c.ID),
		"/online/message?id=" + num(quoted.ID), "/online/recent", "/online/find?q=script", "/online/?q=" + "%22%3E%3Cscript%3E",
		"/online/group?title=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&member=9", "/online/people?q=script", "/search?q=script",
	} {
		a := b.anna.get(path).is(http.StatusOK)
		body := a.body
		if strings.Contains(a.header.Get("Content-Type"), "json") { // what of it becomes part of the page
			var v struct{ HTML, Main, Side string }
			a.json(&v)
			body = v.HTML + v.Main + v.Side
		}
		for _, bad := range []string{"<script>alert", "<img src=x", `href="javascript:`, `src="javascript:`, "background:url(x)\""} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", path, bad)
			}
		}
	}
	_ = mallory
}

func TestRecentAndSearch(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	c := b.private(1, 2)
	b.say(c.ID, 2, "[b]one[/b]\ntwo")
	b.say(c.ID, 2, "three")
	clk.Advance(time.Minute)
	g := b.group("Spring campaign", 3, 1)
	b.say(g.ID, 3, "in the group")

	var v struct {
		HTML  string
		Total int64
	}
	a := b.anna.get("/online/recent").is(http.StatusOK)
	a.json(&v)
	if v.Total != 3 {
		t.Errorf("%d unread, want 3", v.Total)
	}
	if i, j := strings.Index(v.HTML, "Spring campaign"), strings.Index(v.HTML, "Ben Ode"); i < 0 || j < i {
		t.Errorf("the newest chat is not first:\n%s", v.HTML)
	}
	a = b.anna.get("/online/recent?chats=" + num(c.ID))
	a.lacks("Spring").has("three", `aria-label=\"2 unread\"`)
	b.anna.get("/online/find?q=spring").has("Spring campaign", "2 members").lacks("Ben")
	b.anna.get("/online/find?q=be").has("Ben Ode", "/online/2").lacks("Spring")
	b.anna.get("/online/find?q=report").has("Report", `aria-label="Bot"`)
	b.anna.get("/online/find?q=zzzz").has("Nobody found")
	b.anna.get("/online/?q=spring").is(http.StatusOK).has("Spring campaign", `value="spring"`)
	b.anna.get("/search?q=ben").has(`href="/online/2"`)
	b.anna.get("/search?q=new+group").has(`href="/online/group"`)
	b.anna.get("/online/counter").has(`"count":3`)
}

func TestOpensAtTheFirstUnread(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	for range 60 {
		b.say(c.ID, 1, "old")
	}
	first := b.say(c.ID, 2, "first unread")
	for range 99 {
		b.say(c.ID, 2, "unread")
	}
	a := b.anna.get("/online/2").is(http.StatusOK)
	a.has(`data-target="`+num(first.ID)+`"`, `data-newer`, `data-older`, `data-unread="100"`)
	if !regexp.MustCompile(`<li class="msg[^"]* msg-unread" id="m` + num(first.ID) + `"`).MatchString(a.body) {
		t.Error("the line is not above the first unread message")
	}
	if n := strings.Count(a.body, "msg-unread\""); n != 1 {
		t.Errorf("%d unread lines", n)
	}
}
