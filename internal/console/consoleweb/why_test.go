package consoleweb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// echo is a bot whose handler does what the test says with each event.
type echo struct {
	b    *bench
	id   int64
	does atomic.Value // func(w http.ResponseWriter, r *http.Request)
}

func (b *bench) echo(scopes ...string) *echo {
	b.t.Helper()
	e := &echo{b: b}
	e.does.Store(func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.FormValue("event") == "ONIMBOTMESSAGEADD" {
			e.does.Load().(func(http.ResponseWriter, *http.Request))(w, r)
		}
	}))
	b.t.Cleanup(server.Close)
	a, err := b.Apps.Create(b.t.Context(), user.Ref{ID: b.anna.id, Admin: true}, app.Form{
		Name: "Echo app", Kind: app.Server, APIOnly: true, HandlerURL: server.URL, Scopes: scopes,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	name := "EchoBot"
	e.id, err = b.Bots.Register(b.t.Context(), bot.Registration{
		Owner: bot.Owner{AppID: a.ID, ClientID: a.ClientID}, Code: "echo", Handlers: bot.Handlers{MessageAdd: server.URL, Join: server.URL, Delete: server.URL},
		Profile: user.BotChange{FirstName: &name},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// call calls a method with the token of an event.
func (e *echo) call(r *http.Request, method string, pairs ...string) {
	form := url.Values{"auth": {r.FormValue("auth[access_token]")}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, e.b.server.URL+"/rest/"+method, strings.NewReader(form.Encode()))
	if err != nil {
		e.b.t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.b.t.Error(err)
		return
	}
	_ = res.Body.Close()
}

// told has Anna write to the bot, waits until the handler took it, or did not, and returns the page's address.
func (e *echo) told(want event.State, does func(w http.ResponseWriter, r *http.Request)) string {
	e.b.t.Helper()
	e.does.Store(does)
	a := e.b.anna.call("im.message.add", "DIALOG_ID", strconv.FormatInt(e.id, 10), "MESSAGE", "hello").is(http.StatusOK)
	var sent struct{ Result int64 }
	if err := json.Unmarshal([]byte(a.body), &sent); err != nil {
		e.b.t.Fatal(err)
	}
	e.b.until("the handler has it", func() bool {
		p, err := e.b.Events.Deliveries(e.b.t.Context(), event.DeliveryQuery{Event: "ONIMBOTMESSAGEADD", Text: fmt.Sprintf(`"MESSAGE_ID":%d,`, sent.Result)})
		return err == nil && len(p.Items) == 1 && p.Items[0].State == want && p.Items[0].Attempts > 0
	})
	e.b.Console.Flush()
	return fmt.Sprintf("/devops/console/why/%d/", sent.Result)
}

func TestThePageNamesTheFirstBrokenLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.echo("im", "imbot")
	e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) {
		e.call(r, "imbot.message.add", "DIALOG_ID", r.FormValue("data[PARAMS][DIALOG_ID]"), "MESSAGE", "You said hello")
	})
	b.anna.get("/devops/console/why/bot/"+strconv.FormatInt(e.id, 10)+"/").is(http.StatusOK).has("The bot answered", "EchoBot", "Echo app", "imbot.message.add", "Look at the call")
	page := e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) {
		e.call(r, "imbot.message.add", "DIALOG_ID", strconv.FormatInt(b.ben.id, 10), "MESSAGE", "In the wrong place")
	})
	b.anna.get(page).is(http.StatusOK).has("The bot answered in another chat", "data[PARAMS][DIALOG_ID]")
	page = e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) { e.call(r, "task.item.list") })
	b.anna.get(page).is(http.StatusOK).has("refused: insufficient_scope", "Give the application the permission")
	page = e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) { e.call(r, "profile") })
	b.anna.get(page).is(http.StatusOK).has("The bot wrote no message")
	page = e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "wrong application_token") })
	b.anna.get(page).is(http.StatusOK).has("The handler has just taken the event", "wrong application_token")
	page = e.told(event.Pending, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "PHP Fatal error", http.StatusInternalServerError)
	})
	b.anna.get(page).is(http.StatusOK).has("The handler did not take the event", "answered 500", "look into its log", "PHP Fatal error", "Look at the delivery")

	b.ben.get(page).is(http.StatusForbidden)
	b.anna.get("/devops/console/why/999/").is(http.StatusNotFound)
	b.anna.get("/devops/console/why/bot/999/").is(http.StatusNotFound)
}

func TestTheChainIsFollowedFromTheAnswerBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.echo("im", "imbot")
	e.told(event.Sent, func(w http.ResponseWriter, r *http.Request) {
		e.call(r, "imbot.message.add", "DIALOG_ID", r.FormValue("data[PARAMS][DIALOG_ID]"), "MESSAGE", "You said hello")
	})
	c := b.last()
	if c.Method != "imbot.message.add" {
		t.Fatalf("the last call is %+v", c)
	}
	why := "/devops/console/why/" + strconv.FormatInt(c.MadeMessage(), 10) + "/?bot=0"
	b.anna.get("/devops/console/call/"+c.IDText()+"/").is(http.StatusOK).has("ONIMBOTMESSAGEADD", why)
	b.anna.get(why).is(http.StatusOK).has("How this message came about", "The bot wrote this message", "Look at the call", "Look at the delivery")
	page, err := b.Events.Deliveries(t.Context(), event.DeliveryQuery{Event: "ONIMBOTMESSAGEADD"})
	if err != nil {
		t.Fatal(err)
	}
	b.anna.get("/devops/console/delivery/"+strconv.FormatInt(page.Items[0].ID, 10)+"/").is(http.StatusOK).has(
		"What the application called then", "imbot.message.add", "Why did the bot not answer?",
	)
}

func TestAMessageThatNoBotHears(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.echo("im", "imbot")
	chat, err := b.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna.id, Title: "Group", MemberIDs: []int64{b.anna.id, b.ben.id, e.id}})
	if err != nil {
		t.Fatal(err)
	}
	send := func(chatID int64) string {
		m, err := b.IM.Send(t.Context(), im.NewMessage{ChatID: chatID, AuthorID: b.anna.id, Text: "hello all"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("/devops/console/why/%d/", m.ID)
	}
	b.anna.get(send(chat.ID)).is(http.StatusOK).has("The message does not mention the bot", "TYPE=S")
	alone, err := b.IM.OpenPrivate(t.Context(), b.anna.id, b.ben.id)
	if err != nil {
		t.Fatal(err)
	}
	page := send(alone.ID)
	b.anna.get(page).is(http.StatusOK).has("There is no bot in this chat")
	b.anna.get(page + "?bot=" + strconv.FormatInt(e.id, 10)).is(http.StatusOK).has("The bot is not in this chat")
	b.anna.get("/devops/console/why/bot/" + strconv.FormatInt(e.id, 10) + "/").is(http.StatusOK).has("You have not written to this bot")
}
