package connectorrest_test

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
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/setting"
)

// outgoing is a message for the client of a conversation on line 2.
func outgoing(id int64, text string) openline.Outgoing {
	return openline.Outgoing{
		Channel: openline.Address{Connector: "site_chat", LineID: 2, ChatID: "c1", ClientID: "17", VisitorID: 900},
		ChatID:  100, MessageID: id, SessionID: 500, AuthorID: 27, Author: "Klaus [W]", Text: text, Date: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	}
}

// out does something with the outlet.
func (b *bench) out(do func(ctx context.Context, tx *db.Tx, ch openline.Channel) error) {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *db.Tx) error { return do(b.t.Context(), tx, connector.Outlet{Service: b.connectors}) })
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) post(m openline.Outgoing) {
	b.t.Helper()
	b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.SendTx(ctx, tx, m) })
}

// state returns what has become of a message.
func (b *bench) state(id int64) string {
	b.t.Helper()
	states, err := b.connectors.States(b.t.Context(), []int64{id})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimSpace(string(states[id].State) + " " + states[id].Why)
}

var every = []string{
	"OnImConnectorMessageAdd", "OnImConnectorMessageUpdate", "OnImConnectorMessageDelete", "OnImConnectorDialogStart", "OnImConnectorDialogFinish",
	"OnOpenLineMessageAdd", "OnOpenLineMessageUpdate", "OnOpenLineMessageDelete", "OnSessionStart", "OnSessionFinish",
}

// TestWhatGoesOut holds the events of a conversation to their pages.
func TestWhatGoesOut(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind(every...)
		session := openline.Session{ID: 500, LineID: 2, ChatID: 100, ParentID: 3, Channel: outgoing(0, "").Channel}
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.StartedTx(ctx, tx, session) })
		const led = `"connector":{"connector_id":"site_chat","line_id":2,"chat_id":"c1","user_id":17}`
		talk := func(closed string) string {
			return `[{` + led + `,"session":{"id":500,"closed":"` + closed + `","parent_id":3,"close_term":60},"chat":{"id":100},"user":{"id":17}}]`
		}
		want := []string{
			`3 ONIMCONNECTORDIALOGSTART {"CONNECTOR":"site_chat","LINE":"2","DATA":` + talk("N") + `}`,
			`3 ONSESSIONSTART {"DATA":` + talk("N") + `}`,
		}
		m := outgoing(31, "Guten\nTag!")
		m.Files = []int64{8}
		b.post(m)
		const im = `"MESSAGES":[{"im":{"chat_id":100,"message_id":31}`
		const file = `[{"name":"a.txt","type":"text/plain","link":"https://portal.example/f/8","size":7}]`
		want = append(want,
			`3 ONIMCONNECTORMESSAGEADD {"CONNECTOR":"site_chat","LINE":2,`+im+`,"message":{"user_id":27,"text":"[b]Klaus (W):[/b] [br]Guten[br]Tag!","files":`+file+`},"chat":{"id":"c1"}}]}`,
			`3 ONOPENLINEMESSAGEADD {"DATA":[{`+led+`,"chat":{"id":100},"message":{"id":31,"date":"2026-11-23T09:00:00Z","text":"Guten\nTag!","files":`+file+`,"attach":"","system":"N","user_id":27},"ref":[],"extra":{"EXTRA_URL":""}}]}`)
		b.steps([]step{{
			"person", "imconnector.send.status.delivery", `CONNECTOR=site_chat&LINE=2&MESSAGES[0][im][chat_id]=100&MESSAGES[0][im][message_id]=31&MESSAGES[0][message][id][0]=ext-5&MESSAGES[0][chat][id]=c1`,
			`200 {"result":{"SUCCESS":true,"DATA":[]}`,
		}})
		m.Text, m.Files = "Changed", nil
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.ChangeTx(ctx, tx, m) })
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.RemoveTx(ctx, tx, m) })
		moved := `{"CONNECTOR":"site_chat","LINE":2,"DATA":[{"im":{"chat_id":100,"message_id":31},"message":{"id":31},"chat":{"id":100}}]}`
		want = append(want,
			`3 ONIMCONNECTORMESSAGEUPDATE {"CONNECTOR":"site_chat","LINE":2,`+im+`,"message":{"id":["ext-5"],"text":"[b]Klaus (W):[/b] [br]Changed"},"chat":{"id":"c1"}}]}`,
			"3 ONOPENLINEMESSAGEUPDATE "+moved,
			`3 ONIMCONNECTORMESSAGEDELETE {"CONNECTOR":"site_chat","LINE":2,`+im+`,"message":{"id":"ext-5"},"chat":{"id":"c1"}}]}`,
			"3 ONOPENLINEMESSAGEDELETE "+moved)
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error {
			return ch.FinishedTx(ctx, tx, session)
		})
		want = append(want, `3 ONIMCONNECTORDIALOGFINISH {"CONNECTOR":"site_chat","LINE":"2","DATA":`+talk("Y")+`}`, `3 ONSESSIONFINISH {"DATA":`+talk("Y")+`}`)
		if got := b.sent(); got != strings.Join(want, "\n") {
			t.Errorf("sent\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// TestWhatAConnectorDoesNotWant leaves out what it was registered without.
func TestWhatAConnectorDoesNotWant(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind("OnImConnectorMessageAdd", "OnImConnectorMessageUpdate", "OnImConnectorMessageDelete")
		b.steps([]step{{"person", "imconnector.register", with("{", `{"NEED_SYSTEM_MESSAGES":"N","NEED_SIGNATURE":0,"EDIT_INTERNAL_MESSAGES":false,"DEL_INTERNAL_MESSAGES":"",`), registered}})
		m := outgoing(31, "Hello")
		b.post(m)
		system := outgoing(32, "Everybody is busy.")
		system.AuthorID, system.Author = 0, ""
		b.post(system)
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.ChangeTx(ctx, tx, m) })
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error { return ch.RemoveTx(ctx, tx, m) })
		want := `3 ONIMCONNECTORMESSAGEADD {"CONNECTOR":"site_chat","LINE":2,"MESSAGES":[{"im":{"chat_id":100,"message_id":31},"message":{"user_id":27,"text":"Hello"},"chat":{"id":"c1"}}]}`
		if got := b.sent(); got != want || b.state(31) != "waiting" || b.state(32) != "" {
			t.Errorf("sent\n%s\nwant\n%s; the messages are %q and %q", got, want, b.state(31), b.state(32))
		}
	})
}

// TestMarks tells from what an application says of its messages which of them arrived.
func TestMarks(t *testing.T) {
	t.Parallel()
	of := func(chat, message int64, more string) string {
		return fmt.Sprintf(`{"CONNECTOR":"site_chat","LINE":2,"MESSAGES":[{"im":{"chat_id":%d,"message_id":%d}%s}]}`, chat, message, more)
	}
	const all, notAll = `200 {"result":{"SUCCESS":true,"DATA":[]}`, `200 {"result":{"SUCCESS":false,"DATA":[]}`
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind("OnImConnectorMessageAdd")
		b.post(outgoing(31, "One"))
		b.post(outgoing(32, "Two"))
		for _, m := range []string{"imconnector.send.status.delivery", "imconnector.send.status.reading"} {
			b.steps([]step{
				{"webhook", m, of(100, 31, ""), authType},
				{"other", m, of(100, 31, ""), noProvider},
				{"person", m, `{"CONNECTOR":"site_chat","LINE":2}`, missing("MESSAGES")},
				{"person", m, `{"CONNECTOR":"site_chat","MESSAGES":[{"im":{"chat_id":1}}]}`, missing("LINE")},
				{"person", m, `{"LINE":2,"MESSAGES":[{"im":{"chat_id":1}}]}`, missing("CONNECTOR")},
				{"person", m, of(100, 31, `,"message":{"id":[["a"]]}`), argument("MESSAGES", "The incorrect structure of a message inside MESSAGES parameter")},
				{"person", m, of(100, 31, `,"message":{"id":["`+strings.Repeat("a", 1001)+`"]}`), argument("MESSAGES", "A message in MESSAGES must have at most 50 ids of 1000 bytes")},
				{"person", m, of(100, 31, `,"message":{"id":["b"`+strings.Repeat(`,"a"`, 50)+`]}`), argument("MESSAGES", "A message in MESSAGES must have at most 50 ids of 1000 bytes")},
				{"person", m, of(100, 31, `,"message":{"id":["a"],"date":"yesterday"}`), argument("MESSAGES", "A date in MESSAGES must be a Unix time in seconds")},
				{"person", m, of(100, 39, ""), notAll},
				{"person", m, of(101, 31, ""), notAll},
				{"person", m, of(100, 31, `,"chat":{"id":"c2"}`), notAll},
				{"person", m, strings.Replace(of(100, 31, ""), `"LINE":2`, `"LINE":7`, 1), notAll},
			})
		}
		if b.state(31) != "waiting" || len(b.outside.seen) != 0 {
			t.Errorf("message 31 is %s; seen were %v", b.state(31), b.outside.seen)
		}
		b.steps([]step{
			{"person", "imconnector.send.status.delivery", of(100, 31, `,"message":{"id":["a"],"date":1795424000},"chat":{"id":"c1"}`), all},
			{"person", "imconnector.send.status.reading", of(100, 32, `,"message":{"id":"b"}`), all},
		})
		if b.state(31) != "delivered" || b.state(32) != "read" || fmt.Sprint(b.outside.seen) != "[900 100 31 900 100 32]" {
			t.Errorf("the messages are %s and %s; seen were %v", b.state(31), b.state(32), b.outside.seen)
		}
		if want := "[100 31 100 32 100 31 100 32]"; fmt.Sprint(b.states) != want {
			t.Errorf("the changes are %v, want %s", b.states, want)
		}
	})
}

// TestWhereThereIsNoWay tells of messages that cannot even be tried, and tries them once there is a way.
func TestWhereThereIsNoWay(t *testing.T) {
	t.Parallel()
	const (
		unheard = "failed The application does not listen to the event OnImConnectorMessageAdd, or its installation is not complete."
		cut     = "failed The channel is not connected any more."
	)
	code := func(err error) string { return fault.Of(err).Code }
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.connect()
		b.post(outgoing(31, "One"))
		if err := b.connectors.Retry(ctx, 31); b.state(31) != unheard || code(err) != "DELIVERY_LOST" {
			t.Errorf("it is %s; retry: %v", b.state(31), err)
		}
		b.bind("OnImConnectorMessageAdd")
		b.steps([]step{{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=0`, yes}})
		b.post(outgoing(32, "Two"))
		if err := b.connectors.Retry(ctx, 31); b.state(32) != cut || code(err) != "DELIVERY_LOST" {
			t.Errorf("it is %s; retry: %v", b.state(32), err)
		}
		b.steps([]step{{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=1`, yes}})
		for _, id := range []int64{31, 32} {
			if err := b.connectors.Retry(ctx, id); err != nil || b.state(id) != "waiting" {
				t.Errorf("%d is %s; retry: %v", id, b.state(id), err)
			}
		}
		if got := b.sent(); strings.Count(got, "ONIMCONNECTORMESSAGEADD") != 2 || strings.Index(got, "]One") > strings.Index(got, "]Two") {
			t.Errorf("sent %s", got)
		}
		if err := b.connectors.Retry(ctx, 32); code(err) != "MESSAGE_NOT_FAILED" {
			t.Errorf("retry of what is on its way: %v", err)
		}
		if err := b.connectors.Retry(ctx, 33); code(err) != "MESSAGE_NOT_FOUND" {
			t.Errorf("retry of what did not go out: %v", err)
		}
		b.steps([]step{{"person", "imconnector.unregister", `{"ID":"site_chat"}`, registered}})
		b.post(outgoing(34, "Three"))
		if want := "failed The application that carried this channel was removed."; b.state(34) != want {
			t.Errorf("it is %s", b.state(34))
		}
	})
}

// anonymous signs with nothing.
type anonymous struct{}

func (anonymous) Auth(context.Context, int64, int64) (phpform.Value, error) {
	return phpform.EmptyObject(), nil
}

func (anonymous) Portal(context.Context, string) (phpform.Value, error) {
	return phpform.EmptyObject(), nil
}

func (anonymous) Hook(context.Context, int64) (phpform.Value, error) {
	return phpform.EmptyObject(), nil
}

func (anonymous) SigningKeys(context.Context, int64, int64) ([]string, error) {
	return nil, nil
}

// handler is that of an application; it is down for a while.
type handler struct {
	mu    sync.Mutex
	down  bool
	got   []string
	calls chan string // what was asked of it, "" while it was down; nil: nobody waits for it
}

func (h *handler) called(text string) {
	if h.calls != nil {
		h.calls <- text
	}
}

// RoundTrip answers in the handler's place.
func (h *handler) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		h.called("")
		return nil, errors.New("connection refused")
	}
	form, err := url.ParseQuery(string(raw))
	h.got = append(h.got, form.Get("data")+form.Get("data[MESSAGES][0][message][text]"))
	h.called(h.got[len(h.got)-1])
	w := httptest.NewRecorder()
	return w.Result(), err
}

func (h *handler) set(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
}

// TestAHandlerThatIsDown writes to a client while their application is down for an hour, and until the last attempt. Its time is that
// of a bubble.
func TestAHandlerThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.SQLite(t, audit.Schema(), setting.Schema(), event.Schema(), connector.Schema(), talkSchema)
		b := &bench{t: t, db: d, places: places{}, outside: &outside{asked: map[string]int{}}, events: event.New(d, clock.System{}, connector.Events())}
		b.connectors = connector.New(connector.Config{
			DB: d, Clock: clock.System{}, Events: b.events, Audit: audit.New(d, clock.System{}), Places: b.places, Outside: b.outside,
			Lines: lines{2: {ID: 2, Name: "Sales", Active: true}},
		})
		b.events.SetOutcomes(b.connectors.OutcomesTx)
		c := connector.Connector{AppID: 3, Code: "site_chat", Name: "Site", Handler: "https://app.example/", Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"}}
		if err := errors.Join(b.connectors.Register(t.Context(), 1, c), b.connectors.Connect(t.Context(), admin, "site_chat", 2)); err != nil {
			t.Fatal(err)
		}
		b.bind("OnImConnectorMessageAdd", "OnImConnectorLineDelete")
		h := &handler{down: true}
		dispatcher := event.NewDispatcher(b.events, anonymous{}, &http.Client{Transport: h}, slog.New(slog.DiscardHandler))
		dispatcher.Start()
		defer dispatcher.Close()
		failing := func() bool {
			st, err := b.connectors.Status(t.Context(), 3, "site_chat", 2)
			if err != nil {
				t.Fatal(err)
			}
			return st.Failing
		}
		for i := range int64(6) {
			b.post(outgoing(31+i, strconv.FormatInt(i, 10)))
			time.Sleep(10 * time.Minute)
		}
		if b.state(31) != "waiting" || b.state(36) != "waiting" {
			t.Errorf("after an hour they are %s and %s", b.state(31), b.state(36))
		}
		h.set(false)
		time.Sleep(30 * time.Minute) // the longest wait ends 86 minutes after the first attempt
		if want := "[0 1 2 3 4 5]"; fmt.Sprint(h.got) != want || b.state(31) != "sent" || b.state(36) != "sent" {
			t.Errorf("the handler got %v; they are %s and %s", h.got, b.state(31), b.state(36))
		}
		h.set(true)
		b.out(func(ctx context.Context, tx *db.Tx, ch openline.Channel) error {
			if err := ch.SendTx(ctx, tx, outgoing(41, "late")); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "UPDATE event_delivery SET tries = 11 WHERE state = 0") // half a day later
			return err
		})
		time.Sleep(time.Minute)
		if want := "failed The application could not be reached: "; !strings.HasPrefix(b.state(41), want) || !failing() {
			t.Errorf("it is %s, and the connector is failing: %t", b.state(41), failing())
		}
		h.set(false)
		if err := b.connectors.Retry(t.Context(), 41); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if b.state(41) != "sent" || failing() || h.got[len(h.got)-1] != "late" {
			t.Errorf("it is %s, failing: %t; the handler got %v", b.state(41), failing(), h.got)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return b.connectors.LineDeletedTx(t.Context(), tx, 2, 1) }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if last := h.got[len(h.got)-1]; last != "2" {
			t.Errorf("of the line that was deleted the handler got %q", last)
		}
	})
}

// TestAHandlerIsDownAndThePortalIsStartedAnew writes to a client for an hour in which their application is down and the portal ends. All
// of it arrives once, in its order.
func TestAHandlerIsDownAndThePortalIsStartedAnew(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind("OnImConnectorMessageAdd")
		h := &handler{down: true, calls: make(chan string, 100)}
		dispatch := func() *event.Dispatcher {
			d := event.NewDispatcher(b.events, anonymous{}, &http.Client{Transport: h}, slog.New(slog.DiscardHandler))
			d.Start()
			return d
		}
		first := dispatch()
		for i := range int64(6) {
			b.post(outgoing(31+i, strconv.FormatInt(i, 10)))
			if i == 0 {
				<-h.calls
			}
			b.clock.Advance(10 * time.Minute)
		}
		first.Close()
		if b.state(31) != "waiting" || b.state(36) != "waiting" || len(h.got) != 0 {
			t.Errorf("after an hour they are %s and %s; the handler got %v", b.state(31), b.state(36), h.got)
		}
		h.set(false)
		b.clock.Advance(90 * time.Minute) // the longest wait ends 86 minutes after the first attempt
		second := dispatch()
		for got := 0; got < 6; {
			if text := <-h.calls; text != "" {
				got++
			}
		}
		second.Close()
		const by = "[b]Klaus (W):[/b] [br]"
		if want := []string{by + "0", by + "1", by + "2", by + "3", by + "4", by + "5"}; !slices.Equal(h.got, want) || b.state(31) != "sent" || b.state(36) != "sent" {
			t.Errorf("the handler got %q; they are %s and %s", h.got, b.state(31), b.state(36))
		}
	})
}

// TestAnAttachmentIsSaidInWords where a message has none of its own: the events of connectors have no place for it. Buttons are left out.
func TestAnAttachmentIsSaidInWords(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.connect()
		b.bind("OnImConnectorMessageAdd")
		words := "[b]Tables[/b] and chairs"
		m := outgoing(31, "")
		m.Author, m.Attach = "", attach.Attach{{Blocks: []attach.Block{{Message: &words}, {Link: []attach.Link{{Name: "Guide", Link: "https://example.com/"}}}}}}
		m.Keyboard = attach.Keyboard{{Type: attach.TypeButton, Text: "Prices", Do: attach.Do{Command: "prices"}}}
		b.post(m)
		m.MessageID, m.Text = 32, "Choose:"
		b.post(m)
		const event = `3 ONIMCONNECTORMESSAGEADD {"CONNECTOR":"site_chat","LINE":2,"MESSAGES":[{"im":{"chat_id":100,"message_id":%d},"message":{"user_id":27,"text":%q},"chat":{"id":"c1"}}]}`
		want := fmt.Sprintf(event, 31, "Tables and chairs Guide") + "\n" + fmt.Sprintf(event, 32, "Choose:")
		if got := b.sent(); got != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
	})
}
