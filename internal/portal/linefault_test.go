package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	blobs "github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// channelApp answers in the place of an application's handler; it is down for a while.
type channelApp struct {
	mu   sync.Mutex
	down bool
	got  map[string][]string // what it was told to pass on, by the chat outside
}

// RoundTrip takes an event.
func (h *channelApp) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errors.New("connection refused")
	}
	form, err := url.ParseQuery(string(raw))
	if chat := form.Get("data[MESSAGES][0][chat][id]"); chat != "" {
		_, text, _ := strings.Cut(form.Get("data[MESSAGES][0][message][text]"), "[br]")
		h.got[chat] = append(h.got[chat], text)
	}
	return httptest.NewRecorder().Result(), err
}

func (h *channelApp) set(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
}

func (h *channelApp) count() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, all := range h.got {
		n += len(all)
	}
	return n
}

// lineBench is a portal with an application that carries a channel, which can be closed and opened anew, and two operators.
type lineBench struct {
	*portal.Portal
	t         *testing.T
	config    portal.Config
	clock     *clock.Manual
	app       *channelApp
	appID     int64
	line      int64
	anna, ben user.User
}

func newLineBench(t *testing.T, database db.Config, change func(l *line.Line)) *lineBench {
	t.Helper()
	b := &lineBench{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), app: &channelApp{got: map[string][]string{}}}
	b.config = portal.Config{
		DB: database, PublicURL: func() string { return "https://portal.test" }, Clock: b.clock, Log: slog.New(slog.DiscardHandler),
		Handlers: &http.Client{Transport: b.app}, Blobs: blobs.NewFolder(t.TempDir()), Key: make([]byte, seal.KeySize),
	}
	b.open()
	t.Cleanup(func() { b.must(b.Close(context.WithoutCancel(t.Context()))) })
	ctx := t.Context()
	var err error
	b.anna, _, err = b.EnsureAdmin(ctx, user.NewUser{Login: "anna", FirstName: "Anna", Password: "correct horse battery"})
	b.must(err)
	b.ben, err = b.CreateUser(ctx, user.NewUser{Login: "ben", FirstName: "Ben"})
	b.must(err)
	l, err := b.Lines.Add(ctx, b.anna.Ref(), func(l *line.Line) error {
		l.Name, l.Welcome, l.CheckAvailable, l.AutoCloseTime, l.NoAnswerTime = "Support", false, false, 0, 0
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna.ID}, {Kind: line.EntryUser, ID: b.ben.ID}}
		change(l)
		return nil
	})
	b.must(err)
	b.line = l.ID
	a, err := b.Apps.Create(ctx, b.anna.Ref(), app.Form{
		Name: "Channel", Kind: app.Server, APIOnly: true, HandlerURL: "https://app.test/", Scopes: []string{"imopenlines", "imconnector", "im"},
	})
	b.must(err)
	b.appID = a.ID
	b.call("imconnector.register", url.Values{"ID": {"shop"}, "NAME": {"Shop"}, "ICON[DATA_IMAGE]": {"data:image/svg+xml,<svg/>"}, "PLACEMENT_HANDLER": {"https://app.test/"}})
	b.call("event.bind", url.Values{"event": {"OnImConnectorMessageAdd"}, "handler": {"https://app.test/"}})
	b.call("imconnector.activate", url.Values{"CONNECTOR": {"shop"}, "LINE": {strconv.FormatInt(b.line, 10)}, "ACTIVE": {"1"}})
	return b
}

// open opens the portal, the first time or anew.
func (b *lineBench) open() {
	b.t.Helper()
	p, err := portal.Open(b.t.Context(), b.config)
	b.must(err)
	b.Portal = p
	b.must(p.Start(b.t.Context()))
}

func (b *lineBench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// call calls a method as the application, and expects success.
func (b *lineBench) call(method string, form url.Values) string {
	b.t.Helper()
	grant, err := b.Apps.Issue(b.t.Context(), b.appID, b.anna.ID)
	b.must(err)
	form.Set("auth", grant.AccessToken)
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "https://portal.test/rest/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"SUCCESS":false`) || strings.Contains(w.Body.String(), `"result":false`) {
		b.t.Fatalf("%s: %d %s", method, w.Code, w.Body)
	}
	return w.Body.String()
}

// write is a message of a client in their chat, sent twice as an application does that got no answer.
func (b *lineBench) write(client, id, text string) {
	b.t.Helper()
	form := func() url.Values {
		return url.Values{
			"CONNECTOR": {"shop"}, "LINE": {strconv.FormatInt(b.line, 10)}, "MESSAGES[0][user][id]": {client}, "MESSAGES[0][user][name]": {""},
			"MESSAGES[0][message][id]": {id}, "MESSAGES[0][message][text]": {text}, "MESSAGES[0][chat][id]": {client},
		}
	}
	first := b.call("imconnector.send.messages", form())
	again := b.call("imconnector.send.messages", form())
	if cut := func(s string) string { s, _, _ = strings.Cut(s, `,"time"`); return s }; cut(first) != cut(again) {
		b.t.Errorf("the same message again is answered %s, before %s", again, first)
	}
}

// chat is the portal's chat with a client.
func (b *lineBench) chat(client string) (id int64) {
	b.t.Helper()
	b.must(b.DB.Read(b.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(b.t.Context(), "SELECT chat_id FROM openline_chat WHERE external_id = ?", client).Scan(&id)
	}))
	return id
}

func (b *lineBench) say(author, chatID int64, text string) int64 {
	b.t.Helper()
	m, err := b.IM.Send(b.t.Context(), im.NewMessage{ChatID: chatID, AuthorID: author, Text: text})
	b.must(err)
	return m.ID
}

// heard are the words of the client of a chat, as an operator reads them.
func (b *lineBench) heard(viewer, chatID int64) (out []string) {
	b.t.Helper()
	page, err := b.IM.Messages(b.t.Context(), viewer, im.History{ChatID: chatID, First: true, Limit: 100})
	b.must(err)
	v, err := b.Conversations.Last(b.t.Context(), chatID)
	b.must(err)
	for _, m := range page.Messages {
		if m.AuthorID == v.Channel.VisitorID {
			out = append(out, m.Text)
		}
	}
	return out
}

// eventually waits until check holds; other goroutines bring it about.
func (b *lineBench) eventually(what string, check func() bool) {
	b.t.Helper()
	late, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-tick.C:
		case <-late:
			b.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestAChannelIsDownForAnHour while three clients and an operator go on writing, and the portal is closed and opened anew in the middle: each
// client gets every answer once and in order, and nothing of theirs is lost or doubled.
func TestAChannelIsDownForAnHour(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		b := newLineBench(t, database("portal"), func(*line.Line) {})
		ctx := t.Context()
		clients := []string{"0", "chat" + strings.Repeat("0123456789abcdef", 4), "c&lt;3&gt;"} // ids as they come
		var ids []int64
		var want []string
		for round := range 7 {
			for _, c := range clients {
				b.write(c, strconv.Itoa(round), fmt.Sprint("Question ", round)) // the first id is 0
				if round == 0 {
					b.must(b.Conversations.Intercept(ctx, b.anna.ID, b.chat(c)))
				}
				ids = append(ids, b.say(b.anna.ID, b.chat(c), fmt.Sprint("Answer ", round)))
			}
			want = append(want, fmt.Sprint("Answer ", round))
			b.app.set(round < 6) // down from the second answer on
			if round == 3 {
				b.must(b.Close(ctx))
				b.open()
			}
			b.clock.Advance(10 * time.Minute)
		}
		b.eventually("all answers to arrive", func() bool {
			b.clock.Advance(time.Minute)
			return b.app.count() >= len(ids)
		})
		b.app.mu.Lock()
		for _, c := range clients {
			if got := b.app.got[c]; !slices.Equal(got, want) {
				t.Errorf("the client %s got %q, want %q", c, got, want)
			}
		}
		b.app.mu.Unlock()
		b.eventually("the marks of the messages", func() bool {
			states, err := b.Connectors.States(ctx, ids)
			b.must(err)
			return !slices.ContainsFunc(ids, func(id int64) bool { return states[id].State != connector.Sent })
		})
		for _, c := range clients {
			var asked []string
			for round := range 7 {
				asked = append(asked, fmt.Sprint("Question ", round))
			}
			if got := b.heard(b.anna.ID, b.chat(c)); !slices.Equal(got, asked) {
				t.Errorf("of %s the operator reads %q", c, got)
			}
		}
	})
}

// TestAnOperatorIsDismissed in the middle of a conversation: the other one gets it with all that was said, and the client notices nothing.
func TestAnOperatorIsDismissed(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		b := newLineBench(t, database("portal"), func(l *line.Line) { l.Distribution = line.Strictly })
		b.write("c1", "1", "Hello")
		chat := b.chat("c1")
		b.must(b.Conversations.Transfer(ctx, b.anna.ID, chat, openline.Target{UserID: b.ben.ID}))
		b.must(b.Conversations.Answer(ctx, b.ben.ID, chat))
		b.say(b.ben.ID, chat, "One moment")
		_, err := b.Users.Update(ctx, b.ben.ID, user.Change{Active: new(false)})
		b.must(err)
		v, err := b.Conversations.Last(ctx, chat)
		b.must(err)
		if v.State != openline.StateOffered || v.OperatorID != b.anna.ID {
			t.Errorf("the conversation is %s with %d, want offered to %d", v.State, v.OperatorID, b.anna.ID)
		}
		if _, err := b.IM.Get(ctx, b.ben.ID, chat); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who was dismissed still reads the chat: %v", err)
		}
		if err := b.Conversations.Answer(ctx, b.ben.ID, chat); err == nil {
			t.Error("who was dismissed takes the conversation")
		}
		b.write("c1", "2", "Are you there?")
		b.must(b.Conversations.Answer(ctx, b.anna.ID, chat))
		b.say(b.anna.ID, chat, "Yes")
		if got, want := b.heard(b.anna.ID, chat), []string{"Hello", "Are you there?"}; !slices.Equal(got, want) {
			t.Errorf("the other one reads %q, want %q", got, want)
		}
		b.eventually("both answers to arrive", func() bool { return b.app.count() == 2 })
		b.must(b.Conversations.Finish(ctx, b.anna.ID, chat))
	})
}

// TestATimerFiresAfterARestart by itself: whoever was asked before the portal was closed is asked no more once it is open again.
func TestATimerFiresAfterARestart(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		b := newLineBench(t, database("portal"), func(l *line.Line) { l.QueueTime = time.Minute })
		b.write("c1", "1", "Hello")
		v, err := b.Conversations.Last(ctx, b.chat("c1"))
		b.must(err)
		b.must(b.Close(ctx))
		b.clock.Advance(90 * time.Second)
		b.open()
		other := b.anna.ID + b.ben.ID - v.OperatorID
		b.eventually("the other operator to be asked", func() bool {
			v, err := b.Conversations.Get(ctx, v.ID)
			b.must(err)
			return v.State == openline.StateOffered && v.OperatorID == other
		})
		steps, err := b.Conversations.Steps(ctx, v.ID)
		b.must(err)
		missed := 0
		for _, s := range steps {
			if s.Kind == openline.StepMissed {
				missed++
			}
		}
		if missed != 1 {
			t.Errorf("the timer fired %d times", missed)
		}
	})
}

// TestNobodyCanAnswer tells who manages open channels, though they are not in the queue, and leads them to the conversation.
func TestNobodyCanAnswer(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		b := newLineBench(t, database("portal"), func(l *line.Line) {
			l.CheckAvailable, l.TellEmptyQueue = true, true
			l.Queue = l.Queue[1:] // Ben, who is not there
		})
		b.write("c1", "1", "Hello")
		v, err := b.Conversations.Last(t.Context(), b.chat("c1"))
		b.must(err)
		where := "/channels/" + strconv.FormatInt(v.ID, 10)
		for _, who := range []user.User{b.anna, b.ben} {
			list, err := b.Notify.List(t.Context(), who.ID, notify.Query{})
			b.must(err)
			if len(list) != 1 || list[0].Title != "Support" || list[0].URL != where || !strings.Contains(list[0].Text, "nobody can answer") {
				t.Errorf("%s is told %+v", who.FirstName, list)
			}
		}
	})
}
