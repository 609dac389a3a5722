package portal_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	blobs "github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// networked is a portal that is reached under a name, and can be down.
type networked struct {
	*portal.Portal
	t     *testing.T
	url   string
	down  bool
	admin user.User
	ben   user.User
	line  line.Line
}

// wires leads requests to portals by their names, over TLS.
type wires struct {
	clock  *clock.Manual
	client *http.Client
	all    map[string]*networked
	server *httptest.Server
}

func newWires(t *testing.T) *wires {
	t.Helper()
	w := &wires{clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), all: map[string]*networked{}}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if p := w.all["https://"+r.Host]; p != nil && !p.down {
			p.ServeHTTP(rw, r)
			return
		}
		rw.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(w.server.Close)
	address := w.server.Listener.Addr().String()
	w.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of the test
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}}
	return w
}

func (w *wires) portal(t *testing.T, name string, database db.Config) *networked {
	t.Helper()
	n := &networked{t: t, url: "https://" + name + ".test"}
	p, err := portal.Open(t.Context(), portal.Config{
		DB: database, Name: strings.ToUpper(name[:1]) + name[1:], PublicURL: func() string { return n.url }, Key: make([]byte, seal.KeySize),
		Clock: w.clock, Handlers: w.client, Blobs: blobs.NewFolder(t.TempDir()),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Portal = p
	t.Cleanup(func() { _ = p.Close(context.WithoutCancel(t.Context())) })
	n.admin, _, err = p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berg", Password: "correct horse battery"})
	n.must(err)
	n.ben, err = p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben", LastName: "Ode", Position: "Accountant"})
	n.must(err)
	w.all[n.url] = n
	return n
}

func (n *networked) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *networked) ref() user.Ref { return user.Ref{ID: n.admin.ID, Admin: true} }

// publish makes a line and publishes it.
func (n *networked) publish() network.Published {
	n.t.Helper()
	var err error
	n.line, err = n.Lines.Add(n.t.Context(), n.ref(), func(l *line.Line) error {
		l.Name, l.Active, l.Welcome = "Support", true, false
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: n.admin.ID}}
		return nil
	})
	n.must(err)
	p, err := n.Network.Save(n.t.Context(), n.ref(), network.Published{
		LineID: n.line.ID, Name: "Desk of Support", Description: "We help with the portal.", Welcome: "Welcome! How can we help?", Active: true,
	})
	n.must(err)
	return p
}

// texts are the messages of a chat, the oldest first, each with who is its author.
func (n *networked) texts(viewer, chatID int64) []string {
	n.t.Helper()
	page, err := n.IM.Messages(n.t.Context(), viewer, im.History{ChatID: chatID, First: true})
	n.must(err)
	var out []string
	for _, m := range page.Messages {
		if m.Deleted.IsZero() && !strings.HasSuffix(m.Text, " joined the conversation.") {
			out = append(out, fmt.Sprintf("%d %s", m.AuthorID, m.Text))
		}
	}
	return out
}

func (n *networked) wantTexts(viewer, chatID int64, want ...string) {
	n.t.Helper()
	if got := n.texts(viewer, chatID); strings.Join(got, "|") != strings.Join(want, "|") {
		n.t.Errorf("chat %d of %s:\n got %q\nwant %q", chatID, n.url, got, want)
	}
}

func (n *networked) say(chatID, author int64, text string, files ...int64) int64 {
	n.t.Helper()
	m, err := n.IM.Send(n.t.Context(), im.NewMessage{ChatID: chatID, AuthorID: author, Text: text, Files: files})
	n.must(err)
	return m.ID
}

func (n *networked) deliver(want int) {
	n.t.Helper()
	got, err := n.Network.Deliver(n.t.Context())
	n.must(err)
	if got != want {
		n.t.Errorf("%s delivered %d, want %d", n.url, got, want)
	}
}

// exchange delivers what both sides have.
func exchange(a, b *networked, want int) {
	a.t.Helper()
	here, err := a.Network.Deliver(a.t.Context())
	a.must(err)
	there, err := b.Network.Deliver(b.t.Context())
	b.must(err)
	if here+there != want {
		a.t.Errorf("%s and %s delivered %d, want %d", a.url, b.url, here+there, want)
	}
}

// clientChat is the chat of the line's newest client.
func (n *networked) clientChat() (chatID, visitor int64) {
	n.t.Helper()
	n.must(n.DB.Read(n.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(n.t.Context(), "SELECT chat_id, visitor_id FROM openline_chat ORDER BY chat_id DESC LIMIT 1").Scan(&chatID, &visitor)
	}))
	return chatID, visitor
}

func bothDatabases(t *testing.T, test func(t *testing.T, database func(name string) db.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, func(string) db.Config { return dbtest.SQLiteConfig(t, portal.Schemas()...) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, func(string) db.Config { return dbtest.PostgresConfig(t, portal.Schemas()...) })
	})
}

// talk leads a conversation between Ben of b and an operator of a. peer is b, as a names it.
func talk(t *testing.T, a, b *networked, bot int64) {
	t.Helper()
	ctx := t.Context()
	c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
	b.must(err)
	b.wantTexts(b.ben.ID, c.ID, fmt.Sprintf("%d Welcome! How can we help?", bot))
	asked := b.say(c.ID, b.ben.ID, "The [USER=1]Anna Berg[/USER] page is empty.")
	b.say(c.ID, b.ben.ID, "And slow.")
	b.deliver(2)
	chat, visitor := a.clientChat()
	who, err := a.Users.Get(ctx, visitor)
	a.must(err)
	if got := fmt.Sprint(who.DisplayName(), "; ", who.Position, "; ", who.WWW, "; ", who.Kind == user.Visitor); got != "Ben Ode; Accountant, "+b.name()+"; "+b.url+"; true" {
		t.Errorf("the client is %q", got)
	}
	a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
	a.wantTexts(a.admin.ID, chat, fmt.Sprintf("%d The Anna Berg page is empty.", visitor), fmt.Sprintf("%d And slow.", visitor))

	answer := a.say(chat, a.admin.ID, "Which page?")
	a.deliver(1)
	b.wantTexts(b.ben.ID, c.ID, fmt.Sprintf("%d Welcome! How can we help?", bot), fmt.Sprintf("%d The [USER=1]Anna Berg[/USER] page is empty.", b.ben.ID),
		fmt.Sprintf("%d And slow.", b.ben.ID), fmt.Sprintf("%d [b]Anna Berg:[/b]\nWhich page?", bot))

	text := "The first page is empty."
	b.must(b.IM.Update(ctx, b.ben.ID, asked, im.Change{Text: &text}))
	better := "Which page is it?"
	a.must(a.IM.Update(ctx, a.admin.ID, answer, im.Change{Text: &better}))
	exchange(a, b, 2)
	if got := a.texts(a.admin.ID, chat); got[0] != fmt.Sprintf("%d The first page is empty.", visitor) {
		t.Errorf("a changed message is %q with the operator", got[0])
	}
	if got := b.texts(b.ben.ID, c.ID); got[3] != fmt.Sprintf("%d [b]Anna Berg:[/b]\nWhich page is it?", bot) {
		t.Errorf("a changed answer is %q with the client", got[3])
	}
	b.must(b.IM.Delete(ctx, b.ben.ID, asked, false))
	a.must(a.IM.Delete(ctx, a.admin.ID, answer, false))
	exchange(a, b, 2)
	a.wantTexts(a.admin.ID, chat, fmt.Sprintf("%d And slow.", visitor))
	b.wantTexts(b.ben.ID, c.ID, fmt.Sprintf("%d Welcome! How can we help?", bot), fmt.Sprintf("%d And slow.", b.ben.ID))

	n, err := b.Files.Upload(ctx, file.Actor{UserID: b.ben.ID}, c.ID, "screen.txt", strings.NewReader("nothing to see"))
	b.must(err)
	b.say(c.ID, b.ben.ID, "Look:", n.ID)
	b.deliver(1)
	m, err := a.Files.Upload(ctx, file.Actor{UserID: a.admin.ID}, chat, "guide.txt", strings.NewReader("turn it on"))
	a.must(err)
	a.say(chat, a.admin.ID, "", m.ID)
	a.deliver(1)
	a.wantFile(chat, "screen.txt", "nothing to see")
	b.wantFile(c.ID, "guide.txt", "turn it on")
}

// wantFile reads the file of the last message that has one.
func (n *networked) wantFile(chatID int64, name, content string) {
	n.t.Helper()
	var id int64
	n.must(n.DB.Read(n.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(n.t.Context(), `SELECT a.node_id FROM file_attached a JOIN message m ON m.id = a.entity_id WHERE a.entity = ? AND m.chat_id = ?
			AND a.node_id IN (SELECT id FROM file_node WHERE name = ?)`, file.Message, chatID, name).Scan(&id)
	}))
	nodes, err := n.Files.Many(n.t.Context(), []int64{id})
	n.must(err)
	o, err := n.Files.Open(n.t.Context(), nodes[id])
	n.must(err)
	defer func() { _ = o.Close() }()
	b := make([]byte, 100)
	k, _ := o.Read(b)
	if string(b[:k]) != content {
		n.t.Errorf("%s holds %q", name, b[:k])
	}
}

// name is what the portal is called.
func (n *networked) name() string {
	host := strings.TrimSuffix(strings.TrimPrefix(n.url, "https://"), ".test")
	return strings.ToUpper(host[:1]) + host[1:]
}

// TestALineOfTheSamePortal joins a line where it is published.
func TestALineOfTheSamePortal(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		a := newWires(t).portal(t, "north", database("north"))
		p := a.publish()
		if !network.IsCode(p.Code) {
			t.Fatalf("the code is %q", p.Code)
		}
		bot, err := a.Network.Join(t.Context(), user.Ref{ID: a.ben.ID}, p.Code)
		a.must(err)
		again, err := a.Network.Join(t.Context(), user.Ref{ID: a.admin.ID}, p.Code)
		a.must(err)
		if again != bot {
			t.Errorf("joined again it is bot %d, before %d", again, bot)
		}
		u, err := a.Users.Get(t.Context(), bot)
		a.must(err)
		if u.DisplayName() != "Desk of Support" || u.Position != "We help with the portal." || u.Kind != user.Bot {
			t.Errorf("the bot is %+v", u)
		}
		a.wantJoined(network.Joined{BotID: bot, Code: p.Code, Name: "Desk of Support", Description: "We help with the portal."})
		talk(t, a, a, bot)
		leave(t, a, a, p, bot)
	})
}

// TestALineThatIsNotThere refuses what cannot be joined.
func TestALineThatIsNotThere(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		a := newWires(t).portal(t, "north", database("north"))
		p := a.publish()
		off := p
		off.Active = false
		_, err := a.Network.Save(ctx, a.ref(), off)
		a.must(err)
		for code, want := range map[string]error{
			"": network.ErrCode, "a588e1a88baaf301b9d0b0b33b1eefc2b": network.ErrCode, strings.ToUpper(p.Code): network.ErrCode,
			strings.Repeat("0", 32): network.ErrNotFound, p.Code: network.ErrInactive,
		} {
			if _, err := a.Network.Join(ctx, a.ref(), code); !errors.Is(err, want) {
				t.Errorf("join %q: %v, want %v", code, err, want)
			}
		}
		_, err = a.Network.Save(ctx, a.ref(), p)
		a.must(err)
		bot, err := a.Network.Join(ctx, a.ref(), p.Code)
		a.must(err)
		_, err = a.Network.Save(ctx, a.ref(), off)
		a.must(err)
		if again, err := a.Network.Join(ctx, a.ref(), p.Code); err != nil || again != bot {
			t.Errorf("a joined line that is off: %d, %v", again, err)
		}
		c, err := a.IM.OpenPrivate(ctx, a.ben.ID, bot)
		a.must(err)
		a.say(c.ID, a.ben.ID, "Hello?")
		a.deliver(0)
		a.wantTexts(a.ben.ID, c.ID, fmt.Sprintf("%d Welcome! How can we help?", bot), fmt.Sprintf("%d Hello?", a.ben.ID),
			"0 The message was not delivered. The channel is switched off at the moment.")
		p.Name, p.Active = "Desk of Help", true
		_, err = a.Network.Save(ctx, a.ref(), p)
		a.must(err)
		a.say(c.ID, a.ben.ID, "Hello again?")
		a.deliver(1)
		if u, err := a.Users.Get(ctx, bot); err != nil || u.DisplayName() != "Desk of Help" {
			t.Errorf("the bot of a renamed line is %q, %v", u.DisplayName(), err)
		}
		if _, err := a.Network.Save(ctx, user.Ref{ID: a.ben.ID}, p); !errors.Is(err, network.ErrDenied) {
			t.Errorf("an employee publishes: %v", err)
		}
		a.must(a.Lines.Delete(ctx, a.ref(), a.line.ID))
		a.say(c.ID, a.ben.ID, "Anybody?")
		a.deliver(0)
		if got := a.texts(a.ben.ID, c.ID); got[len(got)-1] != "0 The message was not delivered. The channel does not exist any more." {
			t.Errorf("a line that was deleted: %q", got)
		}
	})
}

// TestACopyLeavesParcelsToTheOriginal has a portal become a copy while a message waits for another one.
func TestACopyLeavesParcelsToTheOriginal(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		a := newWires(t).portal(t, "north", database("north"))
		p := a.publish()
		bot, err := a.Network.Join(ctx, a.ref(), p.Code)
		a.must(err)
		c, err := a.IM.OpenPrivate(ctx, a.ben.ID, bot)
		a.must(err)
		a.say(c.ID, a.ben.ID, "Waits in both.")
		a.must(a.LeaveToOriginal(ctx))
		a.deliver(0)
		a.wantTexts(a.ben.ID, c.ID, fmt.Sprintf("%d Welcome! How can we help?", bot), fmt.Sprintf("%d Waits in both.", a.ben.ID))
		if due, err := a.Network.Due(ctx); err != nil || !due.IsZero() {
			t.Errorf("something is due at %s, %v", due, err)
		}
	})
}

// TestAnApplicationWritesInTheNameOfALine does so once a week, and begins no conversation.
func TestAnApplicationWritesInTheNameOfALine(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a := w.portal(t, "north", database("north"))
		p := a.publish()
		told := network.Told{Code: p.Code, UserID: a.ben.ID, Text: "Thank you for setting up."}
		if err := a.Network.Tell(ctx, told); !errors.Is(err, network.ErrNotFound) {
			t.Errorf("in the name of a line that was not joined: %v", err)
		}
		bot, err := a.Network.Join(ctx, a.ref(), p.Code)
		a.must(err)
		a.must(a.Network.Tell(ctx, told))
		c, err := a.IM.OpenPrivate(ctx, a.ben.ID, bot)
		a.must(err)
		a.wantTexts(a.ben.ID, c.ID, fmt.Sprintf("%d Thank you for setting up.", bot))
		a.deliver(0)
		w.clock.Advance(7*24*time.Hour - time.Second)
		if err := a.Network.Tell(ctx, told); !errors.Is(err, network.ErrLimit) {
			t.Errorf("a second before the week is over: %v", err)
		}
		w.clock.Advance(time.Second)
		a.must(a.Network.Tell(ctx, told))
		told.UserID = a.admin.ID
		a.must(a.Network.Tell(ctx, told))
		told.UserID = bot
		if err := a.Network.Tell(ctx, told); fault.Of(err).Code != "WRONG_REQUEST" {
			t.Errorf("to a bot: %v", err)
		}
		a.say(c.ID, a.ben.ID, "You are welcome.")
		a.deliver(1)
		chat, visitor := a.clientChat()
		a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
		a.wantTexts(a.admin.ID, chat, fmt.Sprintf("%d You are welcome.", visitor))
	})
}

// TestAnApplicationOfABotLeadsToSupport opens the chat with a line of the Network for who chooses the application.
func TestAnApplicationOfABotLeadsToSupport(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		a := newWires(t).portal(t, "north", database("north"))
		p := a.publish()
		owner := bot.Owner{ClientID: "desk"}
		robot, err := a.Bots.Register(ctx, bot.Registration{
			Owner: owner, Code: "robot", Type: bot.Standard, Profile: user.BotChange{FirstName: new("Robo")}, Handlers: bot.Handlers{MessageAdd: a.url + "/hook", Join: a.url + "/hook", Delete: a.url + "/hook"},
		})
		a.must(err)
		app := func(code, param string) int64 {
			id, err := a.Bots.RegisterChatApp(ctx, owner, bot.NewChatApp{ChatApp: bot.ChatApp{
				BotID: robot, Code: code, Method: bot.AppSupport, Param: param, Words: []bot.AppWords{{Language: "en", Title: "Help"}},
			}})
			a.must(err)
			return id
		}
		works, broken := app("works", p.Code), app("broken", strings.Repeat("0", 32))
		post := func(path, cookie string, values url.Values) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(values.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Portico-Fetch", "1")
			if cookie != "" {
				r.AddCookie(&http.Cookie{Name: "portico_session", Value: cookie})
			}
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			return w
		}
		in := post("/login", "", url.Values{"login": {"anna"}, "password": {"correct horse battery"}}).Result().Cookies()
		if len(in) == 0 {
			t.Fatal("Anna cannot sign in")
		}
		choose := func(id int64, dialog string) *httptest.ResponseRecorder {
			return post(fmt.Sprintf("/online/botapp/%d/support?dialog=%s", id, dialog), in[0].Value, nil)
		}
		dialog := strconv.FormatInt(robot, 10)
		w := choose(works, dialog)
		desk, err := a.Network.BotOf(ctx, p.Code)
		a.must(err)
		if want := fmt.Sprintf(`{"dialog":"%d"}`, desk); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
		if w := choose(broken, dialog); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "cannot be reached now") {
			t.Errorf("a line that is not there: %d %s", w.Code, w.Body)
		}
		if w := choose(4711, dialog); w.Code != http.StatusNotFound {
			t.Errorf("an application that is not there: %d %s", w.Code, w.Body)
		}
	})
}
