package telegramweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/telegram/telegramtest"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with an administrator, Anna, who answers in a line, and an employee, Ben; and Telegram with a bot.
type bench struct {
	t        testing.TB
	portal   *portal.Portal
	server   *httptest.Server
	telegram *telegramtest.Server
	bot      *telegramtest.Bot
	line     line.Line
	anna     user.User
	tokens   map[string]string // of sessions, by login
}

func newBench(t testing.TB, public string) *bench {
	t.Helper()
	b := &bench{t: t, tokens: map[string]string{}, telegram: telegramtest.New(t)}
	b.bot = b.telegram.Add(77, "Shop", "shop_bot")
	var handler http.Handler
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	if public == "" {
		public = b.server.URL
	}
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return public }, Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32), Reach: event.Policy{},
	})
	must(t, err)
	b.portal, handler = p, p.Handler()
	t.Cleanup(func() {
		b.server.CloseClientConnections()
		b.server.Close()
		must(t, p.Close(context.WithoutCancel(t.Context())))
	})
	b.anna, _, err = p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Weber", Admin: true, Password: "correct horse battery"})
	must(t, err)
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben"})
	must(t, err)
	for login, id := range map[string]int64{"anna": b.anna.ID, "ben": ben.ID} {
		b.tokens[login], err = p.Users.OpenSession(t.Context(), user.NewSession{UserID: id, Method: user.ByPassword, UserAgent: "test", Address: "127.0.0.1"})
		must(t, err)
	}
	b.line, err = p.Lines.Add(t.Context(), b.admin(), func(l *line.Line) error {
		l.Name, l.Active, l.CheckAvailable, l.Welcome, l.NoAnswer.Rule = "Support", true, false, false, line.RuleNone
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna.ID}}
		return nil
	})
	must(t, err)
	return b
}

func (b *bench) admin() user.Ref { return user.Ref{ID: b.anna.ID, Admin: true} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what the portal said.
type answer struct {
	status int
	header http.Header
	body   string
}

// page asks for a page of the portal, or sends a form; header holds pairs.
func (b *bench) page(method, as, path, body string, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, strings.NewReader(body))
	must(b.t, err)
	if as != "" {
		req.Header.Set("Cookie", "portico_session="+b.tokens[as])
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	must(b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(b.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// is checks what the portal said: its status, and what the body has or, after "no ", has not.
func (a answer) is(t testing.TB, what string, status int, parts ...string) {
	t.Helper()
	if _, main, ok := strings.Cut(a.body, "<main"); ok {
		a.body, _, _ = strings.Cut(main, "</main>")
	}
	if a.status != status {
		t.Errorf("%s: %d, want %d: %s", what, a.status, status, a.body)
	}
	for _, p := range parts {
		if p, lacks := strings.CutPrefix(p, "no "); lacks == strings.Contains(a.body, p) {
			t.Errorf("%s: %q, wanted: %t, in\n%s", what, p, !lacks, a.body)
		}
	}
}

const at = "/contact_center/telegram/"

func (b *bench) form(values ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		v.Set(values[i], values[i+1])
	}
	return v.Encode()
}

// TestPages connects a bot as people do.
func TestPages(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	for _, path := range []string{at, at + "new", at + "1/"} {
		b.page(http.MethodGet, "ben", path, "").is(t, path+" for an employee", 403)
	}
	b.page(http.MethodPost, "ben", at+"new", b.form("token", b.bot.Token)).is(t, "an employee connects", 403)
	b.page(http.MethodGet, "anna", "/contact_center/", "").is(t, "the Contact Center", 200, at, "Telegram")
	b.page(http.MethodGet, "anna", at, "").is(t, "the list", 200, "No bot yet", "https://api.telegram.org")
	b.page(http.MethodPost, "anna", at+"server", b.form("server", "ftp://x")).is(t, "a wrong server", 422, "Write the address as", "ftp://x")
	b.page(http.MethodPost, "anna", at+"server", b.form("server", b.telegram.URL)).is(t, "the server", 303)
	lineID := strconv.FormatInt(b.line.ID, 10)
	b.page(http.MethodGet, "anna", at+"new", "").is(t, "the form", 200, ">Support</option>", "an address of the portal with https")
	b.page(http.MethodPost, "anna", at+"new", b.form("token", "abc", "line", lineID, "way", "poll")).is(t, "no token", 422, "Telegram does not know this token", `no value="abc"`)
	b.page(http.MethodPost, "anna", at+"new", b.form("token", b.bot.Token, "line", lineID, "way", "hook")).is(t, "no https", 422, "let the portal fetch them", "no "+b.bot.Token)
	b.bot.HookTo("https://elsewhere.example/x")
	b.page(http.MethodPost, "anna", at+"new", b.form("token", b.bot.Token, "line", lineID, "way", "poll")).is(t, "used elsewhere", 422, "elsewhere.example", `name="take"`)
	b.telegram.Down(true)
	b.page(http.MethodPost, "anna", at+"new", b.form("token", b.bot.Token, "line", lineID, "way", "poll")).is(t, "Telegram is away", 422, "Telegram cannot be reached from here")
	b.telegram.Down(false)
	a := b.page(http.MethodPost, "anna", at+"new", b.form("token", b.bot.Token, "line", lineID, "way", "poll", "take", "1", "signed", "1"))
	a.is(t, "connect", 303)
	page := a.header.Get("Location")
	b.page(http.MethodGet, "anna", page, "").is(t, "its page", 200, "@shop_bot", "https://t.me/shop_bot", "Support", "no "+b.bot.Token, "0 not delivered")
	b.page(http.MethodGet, "anna", at, "").is(t, "the list", 200, "@shop_bot · to Support", ">On<")
	b.page(http.MethodPost, "anna", page, b.form("way", "poll")).is(t, "save", 303)

	b.bot.Renew("B")
	b.page(http.MethodPost, "anna", page+"check", "").is(t, "check", 303)
	b.page(http.MethodGet, "anna", page, "").is(t, "after its token was replaced", 200, "Not working", "Give it the new one.")
	b.page(http.MethodPost, "anna", page+"token", b.form("token", "77:nothing")).is(t, "no token", 422, "Telegram does not know this token")
	b.page(http.MethodPost, "anna", page+"token", b.form("token", b.bot.Token)).is(t, "the new token", 303)
	b.page(http.MethodPost, "anna", page+"check", "").is(t, "check", 303)
	b.page(http.MethodGet, "anna", page, "").is(t, "with the new token", 200, ">On<", "no Not working")
	b.page(http.MethodPost, "anna", page+"disconnect", "").is(t, "disconnect by mistake", 422, "Tick the box")
	b.page(http.MethodPost, "anna", page+"disconnect", "sure=1").is(t, "disconnect", 303)
	b.page(http.MethodGet, "anna", page, "").is(t, "its page afterwards", 404)
}

// TestHook has Telegram bring a message to a portal that it can reach, and the operator see it in the inbox under the bot's name.
func TestHook(t *testing.T) {
	t.Parallel()
	b := newBench(t, "https://portal.example")
	must(t, b.portal.Telegram.SetServer(t.Context(), b.admin(), b.telegram.URL))
	a := b.page(http.MethodPost, "anna", at+"new", b.form("token", b.bot.Token, "line", strconv.FormatInt(b.line.ID, 10), "way", "hook"))
	a.is(t, "connect", 303)
	to, secret := b.bot.Hook()
	path, ok := strings.CutPrefix(to, "https://portal.example")
	if !ok {
		t.Fatalf("Telegram brings messages to %q", to)
	}
	raw, err := json.Marshal(b.bot.Write(telegramtest.Person(501, "Vera", "Lind", "vera"), "Are you there?", nil))
	must(t, err)
	const header = "X-Telegram-Bot-Api-Secret-Token"
	b.page(http.MethodPost, "", path, string(raw), "Content-Type", "application/json").is(t, "no secret", 403)
	b.page(http.MethodPost, "", path+"x", string(raw), "Content-Type", "application/json", header, secret).is(t, "another address", 404)
	b.page(http.MethodPost, "", path, string(raw), "Content-Type", "application/json", header, secret).is(t, "from Telegram", 204)
	b.page(http.MethodPost, "", path, string(raw), "Content-Type", "application/json", header, secret).is(t, "again", 204)
	b.page(http.MethodGet, "anna", "/channels/", "").is(t, "the inbox", 200, "Vera Lind", "Are you there?", "Telegram @shop_bot")
}

// TestAlive lets a portal fetch, answer and show what became of the answer, by itself.
func TestAlive(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	must(t, b.portal.Telegram.SetServer(t.Context(), b.admin(), b.telegram.URL))
	must(t, b.portal.Start(t.Context()))
	events, cancel := b.portal.Live.Subscribe(b.anna.ID)
	defer cancel()
	_, err := b.portal.Telegram.Connect(t.Context(), b.admin(), telegram.NewBot{Token: b.bot.Token, LineID: b.line.ID, Way: telegram.Poll})
	must(t, err)
	vera := telegramtest.Person(501, "Vera", "Lind", "vera")
	b.bot.Keep("p1", "not a picture, a file")
	b.bot.Write(vera, "", telegramtest.Object{"caption": "Look", "document": telegramtest.Object{"file_id": "p1", "file_unique_id": "p1", "file_name": "look.txt", "file_size": 21}})
	var chat int64
	b.until("the client's message with its file", events, func() bool {
		err := b.portal.DB.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT c.chat_id FROM openline_chat c JOIN message m ON m.chat_id = c.chat_id WHERE m.text = 'Look'").Scan(&chat)
		})
		return err == nil
	})
	must(t, b.portal.Conversations.Answer(t.Context(), b.anna.ID, chat))
	b.bot.Fail("sendMessage", 403, "Forbidden: bot was blocked by the user", 0)
	m, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "Thank you"})
	must(t, err)
	path := fmt.Sprintf("/online/chat%d", chat)
	b.until("that the message was not delivered", events, func() bool {
		states, err := b.portal.Telegram.States(t.Context(), []int64{m.ID})
		must(t, err)
		return states[m.ID].State == telegram.Failed
	})
	b.page(http.MethodGet, "anna", path, "").is(t, "the chat", 200, "look.txt", "Not delivered", "The client has blocked the bot.", "Retry")
	must(t, b.portal.Telegram.Retry(t.Context(), m.ID))
	b.until("the message at Telegram", events, func() bool { return len(b.bot.Seen(501)) == 1 })
}

// until waits for something of which Anna's pages are told.
func (b *bench) until(what string, events <-chan []byte, ok func() bool) {
	b.t.Helper()
	late := time.After(60 * time.Second)
	for !ok() {
		select {
		case _, open := <-events:
			if !open {
				b.t.Fatalf("the stream ended before %s", what)
			}
		case <-late:
			b.t.Fatalf("waited in vain for %s", what)
		}
	}
}
