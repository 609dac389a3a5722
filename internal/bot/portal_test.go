package bot_test

import (
	"context"
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

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botim"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// dot is a picture of one point.
var dot = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// signer signs with what it is asked for.
type signer struct{}

func (signer) Auth(_ context.Context, appID, userID int64) (phpform.Value, error) {
	return phpform.ArrayOf(
		phpform.Entry{Key: "access_token", Value: phpform.StringOf(fmt.Sprint("token", userID))},
		phpform.Entry{Key: "domain", Value: phpform.StringOf("portal.test")},
		phpform.Entry{Key: "user_id", Value: phpform.IntOf(userID)},
		phpform.Entry{Key: "application_token", Value: phpform.StringOf(fmt.Sprint("app", appID))},
	), nil
}

func (signer) Portal(_ context.Context, token string) (phpform.Value, error) {
	return phpform.ArrayOf(phpform.Entry{Key: "application_token", Value: phpform.StringOf(token)}), nil
}

// small is a portal of the areas that a bot needs, and a handler that keeps what it is sent.
type small struct {
	users   *user.Service
	im      *im.Service
	bots    *bot.Service
	url     string
	posted  chan url.Values
	waiting time.Duration
}

func newSmall(t *testing.T, d *db.DB) *small {
	t.Helper()
	p := &small{posted: make(chan url.Values, 32), waiting: 20 * time.Second}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			t.Errorf("a delivery is no form: %v %s", err, raw)
		}
		p.posted <- form
	}))
	t.Cleanup(server.Close)
	p.url = server.URL + "/reportbot/bot.php"

	clk := clock.NewManual(noon)
	p.users = user.New(d, clk)
	p.im = im.New(im.Config{DB: d, Clock: clk, Users: p.users, GeneralTitle: "General"})
	events := event.New(d, clk, nil)
	p.bots = bot.New(bot.Config{
		DB: d, Clock: clk, Users: p.users, Messenger: botim.Messenger{IM: p.im}, Chats: botim.Messenger{IM: p.im}, Events: events, Language: "en",
	})
	p.im.SetListener(botim.Listener{Bots: p.bots})
	if err := p.bots.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	dispatcher := event.NewDispatcher(events, signer{}, nil, slog.New(slog.DiscardHandler))
	dispatcher.Start()
	t.Cleanup(dispatcher.Close)
	return p
}

// next returns the next delivery.
func (p *small) next(t *testing.T) url.Values {
	t.Helper()
	select {
	case form := <-p.posted:
		return form
	case <-time.After(p.waiting):
		t.Fatal("nothing was delivered")
		return nil
	}
}

func (p *small) person(t *testing.T, name string) int64 {
	t.Helper()
	u, err := p.users.Create(t.Context(), user.NewUser{Login: name, FirstName: name, LastName: "Lee", Gender: "F", Position: "Sales"})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

func (p *small) register(t *testing.T) int64 {
	t.Helper()
	id, err := p.bots.Register(t.Context(), bot.Registration{
		Owner: mine, Code: "ReportBot",
		Handlers: bot.Handlers{MessageAdd: p.url, Join: p.url, Delete: p.url},
		Profile:  user.BotChange{FirstName: new("ReportBot"), ColorCode: new("AQUA"), Email: new("no@mail.com")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// want fails the test unless the form has exactly these fields, apart from event_handler_id and ts.
func wantForm(t *testing.T, got url.Values, fields map[string]string) {
	t.Helper()
	for key, value := range fields {
		if !got.Has(key) || got.Get(key) != value {
			t.Errorf("%s is %q, want %q", key, got.Get(key), value)
		}
	}
	for key := range got {
		if _, ok := fields[key]; !ok && key != "event_handler_id" && key != "ts" && key != "data[PARAMS][TEMPLATE_ID]" {
			t.Errorf("%s=%s was not expected", key, got.Get(key))
		}
	}
}

// signed adds to fields what signer says of a user and a bot of application 3.
func signed(fields map[string]string, userID, botID int64) map[string]string {
	block := func(prefix string, id int64) {
		fields[prefix+"[access_token]"] = fmt.Sprint("token", id)
		fields[prefix+"[domain]"] = "portal.test"
		fields[prefix+"[user_id]"] = strconv.FormatInt(id, 10)
		fields[prefix+"[application_token]"] = "app3"
	}
	block("auth", userID)
	if botID != 0 {
		own := fmt.Sprintf("data[BOT][%d]", botID)
		block(own, botID)
		block(own+"[AUTH]", botID)
		fields[own+"[client_id]"] = "local.3"
		fields[own+"[AUTH][client_id]"] = "local.3"
		fields[own+"[BOT_ID]"] = strconv.FormatInt(botID, 10)
		fields[own+"[BOT_CODE]"] = "ReportBot"
	}
	return fields
}

func TestPortal(t *testing.T) {
	t.Parallel()
	schemas := []db.Schema{user.Schema(), event.Schema(), im.Schema(), bot.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		p := newSmall(t, d)
		annID := p.person(t, "Ann")
		err := d.Write(t.Context(), func(tx *db.Tx) error { return p.im.JoinGeneralTx(t.Context(), tx, annID) })
		if err != nil {
			t.Fatal(err)
		}
		id := p.register(t)
		p.seesAnnouncement(t, annID, id)
		p.opensChat(t, annID, id)
		p.talks(t, annID, id)
		p.groups(t, annID, id)
		p.deletes(t, annID, id)
		select {
		case form := <-p.posted:
			t.Errorf("delivered besides: %v", form)
		default:
		}
	})
}

// TestBotOfAWebhook registers a bot under a CLIENT_ID: its handler knows the portal by it and gets no tokens.
func TestBotOfAWebhook(t *testing.T) {
	t.Parallel()
	schemas := []db.Schema{user.Schema(), event.Schema(), im.Schema(), bot.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		p := newSmall(t, d)
		annID := p.person(t, "Ann")
		owner := bot.Owner{ClientID: "my own secret"}
		id, err := p.bots.Register(t.Context(), bot.Registration{
			Owner: owner, Code: "hook", Handlers: bot.Handlers{MessageAdd: p.url, Join: p.url, Delete: p.url},
			Profile: user.BotChange{FirstName: new("Hook")},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.im.OpenDialog(t.Context(), strconv.FormatInt(id, 10), annID); err != nil {
			t.Fatal(err)
		}
		got := p.next(t)
		if got.Get("event") != "ONIMBOTJOINCHAT" || got.Get("auth[application_token]") != "my own secret" ||
			got.Get(fmt.Sprintf("data[BOT][%d][BOT_CODE]", id)) != "hook" {
			t.Errorf("the handler got %v", got)
		}
		for key := range got {
			if strings.Contains(key, "access_token") {
				t.Errorf("%s was sent to who is no application", key)
			}
		}
		if err := p.bots.Unregister(t.Context(), owner, annID, id); err != nil {
			t.Fatal(err)
		}
		if got := p.next(t); got.Get("event") != "ONIMBOTDELETE" || got.Get("auth[application_token]") != "my own secret" {
			t.Errorf("the handler got %v", got)
		}
	})
}

func (p *small) seesAnnouncement(t *testing.T, annID, id int64) {
	t.Helper()
	general, err := p.im.General(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.im.Messages(t.Context(), annID, im.History{ChatID: general.ID})
	want := fmt.Sprintf("A new chatbot has joined: [USER=%d]ReportBot[/USER]", id)
	if err != nil || len(page.Messages) == 0 || page.Messages[0].Text != want || !page.Messages[0].System {
		t.Fatalf("the general chat says %+v, %v", page.Messages, err)
	}
}

func (p *small) opensChat(t *testing.T, annID, id int64) {
	t.Helper()
	for range 2 { // the second time nothing happens
		if _, err := p.im.OpenDialog(t.Context(), strconv.FormatInt(id, 10), annID); err != nil {
			t.Fatal(err)
		}
	}
	a, b := strconv.FormatInt(annID, 10), strconv.FormatInt(id, 10)
	wantForm(t, p.next(t), signed(map[string]string{
		"event":                      "ONIMBOTJOINCHAT",
		"data[PARAMS][CHAT_TYPE]":    "P",
		"data[PARAMS][MESSAGE_TYPE]": "P",
		"data[PARAMS][BOT_ID]":       b,
		"data[PARAMS][USER_ID]":      a,
		"data[PARAMS][TO_USER_ID]":   a,
		"data[PARAMS][FROM_USER_ID]": b,
		"data[PARAMS][DIALOG_ID]":    a,
		"data[PARAMS][LANGUAGE]":     "en",
		"data[USER][ID]":             a,
		"data[USER][NAME]":           "Ann Lee",
		"data[USER][FIRST_NAME]":     "Ann",
		"data[USER][LAST_NAME]":      "Lee",
		"data[USER][WORK_POSITION]":  "Sales",
		"data[USER][GENDER]":         "F",
	}, annID, id))
}

func (p *small) talks(t *testing.T, annID, id int64) {
	t.Helper()
	c, err := p.im.OpenDialog(t.Context(), strconv.FormatInt(id, 10), annID)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: annID, Text: "what is burning"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := strconv.FormatInt(annID, 10), strconv.FormatInt(id, 10)
	got := p.next(t)
	if got.Get("data[PARAMS][TEMPLATE_ID]") != m.UUID {
		t.Errorf("TEMPLATE_ID %q, want %q", got.Get("data[PARAMS][TEMPLATE_ID]"), m.UUID)
	}
	wantForm(t, got, signed(map[string]string{
		"event":                                 "ONIMBOTMESSAGEADD",
		"data[PARAMS][MESSAGE]":                 "what is burning",
		"data[PARAMS][MESSAGE_TYPE]":            "P",
		"data[PARAMS][FROM_USER_ID]":            a,
		"data[PARAMS][DIALOG_ID]":               a,
		"data[PARAMS][TO_CHAT_ID]":              strconv.FormatInt(c.ID, 10),
		"data[PARAMS][AUTHOR_ID]":               a,
		"data[PARAMS][SYSTEM]":                  "N",
		"data[PARAMS][TO_USER_ID]":              b,
		"data[PARAMS][CHAT_TYPE]":               "P",
		"data[PARAMS][PUSH]":                    "Y",
		"data[PARAMS][PUSH_IMPORTANT]":          "N",
		"data[PARAMS][SKIP_COMMAND]":            "N",
		"data[PARAMS][SILENT_CONNECTOR]":        "N",
		"data[PARAMS][SKIP_CONNECTOR]":          "N",
		"data[PARAMS][IMPORTANT_CONNECTOR]":     "N",
		"data[PARAMS][NO_SESSION_OL]":           "N",
		"data[PARAMS][FAKE_RELATION]":           "0",
		"data[PARAMS][RECENT_SKIP_AUTHOR]":      "N",
		"data[PARAMS][CONVERT]":                 "N",
		"data[PARAMS][SKIP_COUNTER_INCREMENTS]": "N",
		"data[PARAMS][SKIP_URL_INDEX]":          "N",
		"data[PARAMS][CHAT_USER_COUNT]":         "2",
		"data[PARAMS][MESSAGE_ID]":              strconv.FormatInt(m.ID, 10),
		"data[PARAMS][LANGUAGE]":                "en",
		"data[USER][ID]":                        a,
		"data[USER][NAME]":                      "Ann Lee",
		"data[USER][FIRST_NAME]":                "Ann",
		"data[USER][LAST_NAME]":                 "Lee",
		"data[USER][WORK_POSITION]":             "Sales",
		"data[USER][GENDER]":                    "F",
		"data[USER][IS_BOT]":                    "N",
		"data[USER][IS_CONNECTOR]":              "N",
		"data[USER][IS_NETWORK]":                "N",
		"data[USER][IS_EXTRANET]":               "N",
	}, annID, id))

	answer, err := p.bots.Send(t.Context(), mine, bot.Outgoing{DialogID: a, Text: "You are doing great!\n"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.im.Messages(t.Context(), annID, im.History{ChatID: c.ID})
	if err != nil || page.Messages[0].ID != answer || page.Messages[0].AuthorID != id || page.Messages[0].Text != "You are doing great!" {
		t.Errorf("Ann sees %+v, %v", page.Messages[0], err)
	}
}

func (p *small) groups(t *testing.T, annID, id int64) {
	t.Helper()
	boID := p.person(t, "Bo")
	c, err := p.im.CreateGroup(t.Context(), im.NewGroup{OwnerID: annID, Title: "Plans", MemberIDs: []int64{boID}, ColorCode: "MINT"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.im.AddMembers(t.Context(), annID, c.ID, []int64{id}, true); err != nil {
		t.Fatal(err)
	}
	if err := p.im.SetManager(t.Context(), annID, c.ID, []int64{boID}, true); err != nil {
		t.Fatal(err)
	}
	if err := p.im.SetAvatar(t.Context(), annID, c.ID, dot); err != nil {
		t.Fatal(err)
	}
	c, err = p.im.Get(t.Context(), annID, c.ID)
	if err != nil || c.Avatar == "" {
		t.Fatalf("the chat is %+v, %v", c, err)
	}
	join := p.next(t)
	dialog := fmt.Sprint("chat", c.ID)
	if join.Get("event") != "ONIMBOTJOINCHAT" || join.Get("data[PARAMS][DIALOG_ID]") != dialog ||
		join.Get("data[PARAMS][ACCESS_HISTORY]") != "0" || join.Get("data[PARAMS][USER_ID]") != strconv.FormatInt(annID, 10) {
		t.Errorf("joined with %v", join)
	}
	for _, text := range []string{"not for the bot", fmt.Sprintf("[USER=%d]ReportBot[/USER], what is burning", id)} {
		if _, err := p.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: boID, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	got := p.next(t)
	if got.Get("data[PARAMS][MESSAGE]") != "what is burning" || got.Get("data[PARAMS][DIALOG_ID]") != dialog ||
		got.Get("data[PARAMS][CHAT_TITLE]") != "Plans" || got.Get("data[PARAMS][CHAT_COLOR]") != "MINT" ||
		got.Get(fmt.Sprintf("data[PARAMS][MENTIONED_LIST][%d]", id)) != strconv.FormatInt(id, 10) ||
		!strings.HasPrefix(got.Get("data[PARAMS][MESSAGE_ORIGINAL]"), "[USER=") || got.Get("data[USER][FIRST_NAME]") != "Bo" ||
		got.Get("data[PARAMS][CHAT_AVATAR]") != c.Avatar || got.Get("data[PARAMS][IS_MANAGER]") != "Y" {
		t.Errorf("mentioned with %v", got)
	}
	if _, err := p.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: annID, Text: fmt.Sprintf("[USER=%d]ReportBot[/USER] hi", id)}); err != nil {
		t.Fatal(err)
	}
	if got := p.next(t); got.Get("data[PARAMS][IS_MANAGER]") != "N" {
		t.Errorf("the owner, who was not made a manager, is told as %q", got.Get("data[PARAMS][IS_MANAGER]"))
	}
	if _, err := p.bots.Send(t.Context(), mine, bot.Outgoing{DialogID: "chat999", Text: "x"}); err == nil {
		t.Error("a bot wrote to a chat that does not exist")
	}
}

func (p *small) deletes(t *testing.T, annID, id int64) {
	t.Helper()
	if err := p.bots.Unregister(t.Context(), mine, annID, id); err != nil {
		t.Fatal(err)
	}
	wantForm(t, p.next(t), signed(map[string]string{
		"event": "ONIMBOTDELETE", "data[BOT_ID]": strconv.FormatInt(id, 10), "data[BOT_CODE]": "ReportBot",
	}, annID, 0))
	if u, err := p.users.Get(t.Context(), id); err != nil || u.Active {
		t.Errorf("the bot's user is %+v, %v", u, err)
	}
}

func (signer) Hook(context.Context, int64) (phpform.Value, error) { return phpform.ListOf(), nil }

func (signer) SigningKeys(context.Context, int64, int64) ([]string, error) { return nil, nil }
