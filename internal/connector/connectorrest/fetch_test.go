package connectorrest_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// TestFilesAreFetchedInTheBackground sends files that are there, that are there later, and that are not, with the picture of the client.
// Its time is that of a bubble.
func TestFilesAreFetchedInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.SQLite(t, audit.Schema(), setting.Schema(), event.Schema(), connector.Schema(), talkSchema)
		b := &bench{t: t, db: d, places: places{}, talks: &talks{}, outside: &outside{asked: map[string]int{}}, events: event.New(d, clock.System{}, connector.Events())}
		b.connectors = connector.New(connector.Config{
			DB: d, Clock: clock.System{}, Events: b.events, Audit: audit.New(d, clock.System{}), Places: b.places, Outside: b.outside, Talks: b.talks,
			Lines: lines{2: {ID: 2, Name: "Sales", Active: true}},
		})
		c := connector.Connector{
			AppID: 3, Code: "site_chat", Name: "Site", Handler: "https://app.example/", Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"}, DeleteIncoming: true,
		}
		if err := b.connectors.Register(t.Context(), 1, c); err != nil {
			t.Fatal(err)
		}
		if err := b.connectors.Connect(t.Context(), admin, "site_chat", 2); err != nil {
			t.Fatal(err)
		}
		face := "https://x.example/face/good"
		send := func(do func(context.Context, int64, string, int64, []connector.Message) ([]connector.Result, error), id, text string, files ...string) {
			t.Helper()
			m := connector.Message{User: connector.Person{ID: "u", Picture: face}, ID: id, Text: text, ChatID: "c"}
			for i, f := range files {
				m.Files = append(m.Files, connector.Attachment{URL: "https://x.example/" + f, Name: fmt.Sprintf("%d.txt", i)})
			}
			r, err := do(t.Context(), 3, "site_chat", 2, []connector.Message{m})
			if err != nil || r[0].Problem != "" {
				t.Fatal(r, err)
			}
		}
		send(b.connectors.Receive, "1", "Look", "a/good", "b/none", "c/later")
		send(b.connectors.Receive, "2", "", "d/good")
		send(b.connectors.Receive, "3", "Never", "never/later")
		send(b.connectors.Delete, "3", "")
		const waiting = "[url=https://x.example/a/good]0.txt[/url]\n[url=https://x.example/b/none]1.txt[/url]\n[url=https://x.example/c/later]2.txt[/url]"
		if want := "c|u|Look\n" + waiting + "\nc|u|[url=https://x.example/d/good]0.txt[/url]\nc|u|(gone)"; b.said() != want {
			t.Errorf("before anything is fetched\n%s\nwant\n%s", b.said(), want)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.connectors.Run(ctx, slog.New(slog.DiscardHandler)) }()
		time.Sleep(time.Second)
		const broken = "[url=https://x.example/b/none]1.txt[/url] [i]The file could not be fetched: it answered 404.[/i]"
		if want := "c|u|Look\n" + broken + "\n[url=https://x.example/c/later]2.txt[/url][71]\nc|u|[72]\nc|u|(gone)"; b.said() != want {
			t.Errorf("after a second\n%s\nwant\n%s", b.said(), want)
		}
		send(b.connectors.Change, "2", "With words")
		time.Sleep(time.Minute)
		if want := "c|u|Look\n" + broken + "[71 74]\nc|u|With words[72]\nc|u|(gone)"; b.said() != want {
			t.Errorf("after a minute\n%s\nwant\n%s", b.said(), want)
		}
		send(b.connectors.Change, "2", "Other files", "e/later", "f/good")
		time.Sleep(time.Second)                  // f is there, e is waited for
		face = "https://x.example/face/new/good" // a change brings the client's new picture
		send(b.connectors.Change, "2", "Other words")
		time.Sleep(time.Hour)
		if err := b.connectors.Unregister(t.Context(), 1, 3, "site_chat"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		var left int64
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM connector_in) + (SELECT COUNT(*) FROM connector_removed)").Scan(&left)
		})
		if err != nil || left != 0 {
			t.Errorf("of the removed connector %d rows are left, %v", left, err)
		}
		stop()
		<-done
		if want := "c|u|Look\n" + broken + "[71 74]\nc|u|Other words[76 75]\nc|u|(gone)"; b.said() != want {
			t.Errorf("at last\n%s\nwant\n%s", b.said(), want)
		}
		if n := b.outside.asked["https://x.example/face/good"]; n != 1 || b.outside.asked["https://x.example/face/new/good"] != 1 || !slices.Contains(b.outside.kept, "picture of 900: content") || b.outside.asked["https://x.example/never/later"] != 0 {
			t.Errorf("the picture was fetched %d times; kept is %q, asked for %v", n, b.outside.kept, b.outside.asked)
		}
	})
}

// TestDoctor looks at a connector in good and in bad days.
func TestDoctor(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		examine := func() (connector.Health, string) {
			t.Helper()
			h, err := b.connectors.Examine(t.Context(), admin, "site_chat", 2)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, a := range h.Advice(b.clock.Now()) {
				mark := "note: "
				if a.Wrong {
					mark = "wrong: "
				}
				out = append(out, mark+a.Text[:min(len(a.Text), 40)])
			}
			return h, strings.Join(out, "\n")
		}
		b.connect()
		b.post(outgoing(31, "One"))
		h, advice := examine()
		if want := "wrong: The application does not listen to OnImC\nwrong: Messages that did not reach the applicat\nnote: The application has not said that its ch\nnote: No client has written yet."; advice != want || h.Failed != 1 || !h.LastOut.Equal(b.clock.Now()) || !h.LastIn.IsZero() {
			t.Errorf("%+v\n%s", h, advice)
		}
		b.bind("OnImConnectorMessageAdd")
		if n, err := b.connectors.RetryFailed(t.Context(), admin, "site_chat", 2); err != nil || n != 1 {
			t.Errorf("%d were sent again, %v", n, err)
		}
		b.steps([]step{
			{"person", "imconnector.connector.data.set", `CONNECTOR=site_chat&LINE=2&DATA[id]=c1`, yes},
			{"person", "imconnector.send.messages", of(`{"user":{"id":"u"},"message":{"id":"m","text":"Hello"},"chat":{"id":"c"}}`), sent + `{"user":"900","message":{"id":"m","date":{},"text":"Hello","files":[]},"chat":{"id":"c"},"SUCCESS":true,"session":{"ID":"500","CHAT_ID":"100"}}` + end},
		})
		b.post(outgoing(32, "Two"))
		b.post(outgoing(33, "Three"))
		b.steps([]step{{"person", "imconnector.send.status.delivery", `{"CONNECTOR":"site_chat","LINE":2,"MESSAGES":[{"im":{"chat_id":100,"message_id":32}}]}`, `200 {"result":{"SUCCESS":true,"DATA":[]}`}})
		h, advice = examine()
		if advice != "" || h.Failed != 0 || h.Waiting != 2 || h.Delivered != 1 || h.Sent != 0 || len(h.Handlers) != 1 || h.Handlers[0].Lane.Waiting != 3 || h.LastIn.IsZero() {
			t.Errorf("%+v\n%s", h, advice)
		}
		if err := b.events.Pause(t.Context(), admin, h.Handlers[0].Lane.ID); err != nil {
			t.Fatal(err)
		}
		b.steps([]step{{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=0`, yes}})
		if _, advice = examine(); advice != "wrong: The connector is not switched on here: m\nwrong: Somebody paused the deliveries to http:/" {
			t.Error(advice)
		}
		if _, err := b.connectors.Examine(t.Context(), user.Ref{ID: 5}, "site_chat", 2); err != connector.ErrDenied { //nolint:errorlint // the fault itself
			t.Errorf("an employee: %v", err)
		}
	})
}
