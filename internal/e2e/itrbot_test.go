package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
)

// itrWalk is a portal with a line that the bot of the tutorial answers first in: bob and carol are its operators, in this order.
type itrWalk struct {
	*site

	bot                *itrBot
	app                caller // the application, for the administrator
	boss, bob1, carol1 caller // webhooks of people
	itr, mia           int64  // the bots
	line               int64
	messages           int // of clients
}

// TestItrBot follows the bot with menus through all that its lines do, on both databases.
func TestItrBot(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		w := newItrWalk(t, s)
		w.meets()
		w.menus()
		w.toQueue()
		w.toPerson()
		w.toBot()
		w.ends()
		w.zero()
		w.handlerDown()
		w.tooLong()
		w.bothAnswer()
		w.dismissed()
	})
}

func newItrWalk(t *testing.T, s *site) *itrWalk {
	t.Helper()
	w := &itrWalk{site: s, bot: newItrBot(t, s.http)}
	w.bot.person = dialogOf(s.bob.ID)
	made, err := s.portal.Apps.Create(t.Context(), s.admin.Ref(), app.Form{
		Name: "ITR", APIOnly: true, HandlerURL: w.bot.url, Scopes: []string{"im", "imbot", "imopenlines", "imconnector"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.app = s.as(s.token(made.ID, s.admin.ID))
	w.boss, w.bob1, w.carol1 = s.webhook(s.admin, app.AllScopes), s.webhook(s.bob, app.AllScopes), s.webhook(s.carol, app.AllScopes)
	register := func(code, name string, id *int64) {
		url := w.bot.url // the bots of an application share their handlers
		w.app.must("imbot.register", params{
			"CODE": code, "TYPE": "O", "OPENLINE": "Y", "EVENT_MESSAGE_ADD": url, "EVENT_WELCOME_MESSAGE": url, "EVENT_BOT_DELETE": url,
			"PROPERTIES": params{"NAME": name, "WORK_POSITION": "Answers first", "COLOR": "RED"},
		}, id)
	}
	register("itrbot", "ITR Bot", &w.itr)
	register("marta", "Marta", &w.mia)
	w.bot.setMia(dialogOf(w.mia))
	w.app.must("imconnector.register", params{"ID": "itrsite", "NAME": "Site", "ICON": params{"DATA_IMAGE": "data:image/svg+xml,%3Csvg/%3E"}, "PLACEMENT_HANDLER": "http://127.0.0.1:9/"}, nil)
	w.app.must("imopenlines.config.add", params{"PARAMS": params{
		"LINE_NAME": "Support", "CHECK_AVAILABLE": "N", "QUEUE_TYPE": "strictly", "QUEUE_TIME": 0, "WELCOME_MESSAGE": "N", "WORKTIME_ENABLE": "N",
		"WELCOME_BOT_ENABLE": "Y", "WELCOME_BOT_ID": w.itr, "WELCOME_BOT_JOIN": "always", "WELCOME_BOT_TIME": 180, "WELCOME_BOT_LEFT": "queue",
		"CLOSE_RULE": "none", "FULL_CLOSE_TIME": 0, "VOTE_MESSAGE": "N", "NO_ANSWER_RULE": "none",
		"QUEUE": []params{{"ENTITY_TYPE": "user", "ENTITY_ID": s.bob.ID}, {"ENTITY_TYPE": "user", "ENTITY_ID": s.carol.ID}},
	}}, &w.line)
	w.app.must("imconnector.activate", params{"CONNECTOR": "itrsite", "LINE": w.line, "ACTIVE": 1}, nil)
	return w
}

// visitor is a client of the line.
type visitor struct {
	*itrWalk

	name string
	chat int64
}

// visitor writes for the first time and waits for the menu.
func (w *itrWalk) visitor(name string) *visitor {
	w.t.Helper()
	v := &visitor{itrWalk: w, name: name}
	v.write("Hello")
	var opened struct {
		ChatID string `json:"chatId"`
	}
	w.boss.must("imopenlines.session.open", params{"USER_CODE": fmt.Sprintf("itrsite|%d|%s|%s", w.line, name, name)}, &opened)
	v.chat, _ = strconv.ParseInt(opened.ChatID, 10, 64)
	return v
}

func (v *visitor) write(text string) {
	v.t.Helper()
	v.messages++
	v.app.must("imconnector.send.messages", params{"CONNECTOR": "itrsite", "LINE": v.line, "MESSAGES": []params{{
		"user": params{"id": v.name, "name": v.name}, "message": params{"id": strconv.Itoa(v.messages), "text": text}, "chat": params{"id": v.name},
	}}}, nil)
}

// session is the newest conversation of the client.
func (v *visitor) session() openline.Session {
	v.t.Helper()
	s, err := v.portal.Conversations.Last(v.t.Context(), v.chat)
	if err != nil {
		v.t.Fatal(err)
	}
	return s
}

// stands waits until the conversation is in a state, with an operator.
func (v *visitor) stands(state openline.State, operator int64) {
	v.t.Helper()
	eventually(v.t, fmt.Sprintf("%s to be %s with %d", v.name, state, operator), func() bool {
		s := v.session()
		return s.State == state && s.OperatorID == operator
	})
}

// said returns what was said in the client's newest conversation, the first first.
func (v *visitor) said() (out []string) {
	v.t.Helper()
	var h struct {
		Message map[string]struct{ Text string }
		Order   map[string][]string `json:"usersMessage"`
	}
	v.boss.must("imopenlines.session.history.get", params{"CHAT_ID": v.chat}, &h)
	for _, id := range h.Order[v.dialog()] {
		out = append(out, h.Message[id].Text)
	}
	slices.Reverse(out)
	return out
}

func (v *visitor) dialog() string { return "chat" + strconv.FormatInt(v.chat, 10) }

// hears waits until something that contains text was said after the client's last words.
func (v *visitor) hears(text string) {
	v.t.Helper()
	var said []string
	eventually(v.t, v.name+" to hear "+text, func() bool {
		said = v.said()
		return strings.Contains(said[len(said)-1], text)
	})
}

// heard returns the newest event of a name in the client's chat.
func (v *visitor) heard(name string) (found phpform.Value) {
	v.t.Helper()
	v.bot.wait(name+" of "+v.name, func() bool {
		ok := false
		for _, e := range v.bot.events {
			if at(e, "event") == name && at(e, "data", "PARAMS", "DIALOG_ID") == v.dialog() {
				found, ok = e, true
			}
		}
		return ok
	})
	return found
}

// meets checks what the bot is told of a client.
func (w *itrWalk) meets() {
	w.t.Helper()
	v := w.visitor("Vera")
	v.stands(openline.StateBot, 0)
	visitorID := strconv.FormatInt(v.session().Channel.VisitorID, 10)
	code := "itrsite|" + strconv.FormatInt(w.line, 10) + "|Vera|" + visitorID
	join, message := v.heard("ONIMBOTJOINCHAT"), v.heard("ONIMBOTMESSAGEADD")
	var d map[string]any
	w.boss.must("imopenlines.dialog.get", params{"CHAT_ID": v.chat}, &d)
	for _, c := range []struct {
		event phpform.Value
		path  string
		want  string
	}{
		{join, "data PARAMS CHAT_ENTITY_TYPE", "LINES"},
		{join, "data PARAMS CHAT_ENTITY_ID", code},
		{join, "data PARAMS USER_ID", visitorID},
		{join, "data PARAMS BOT_ID", dialogOf(w.itr)},
		{join, "data USER NAME", "Vera"},
		{message, "data PARAMS CHAT_ENTITY_TYPE", "LINES"},
		{message, "data PARAMS CHAT_ENTITY_ID", code},
		{message, "data PARAMS FROM_USER_ID", visitorID},
		{message, "data PARAMS MESSAGE", "Hello"},
		{message, "data PARAMS CHAT_ID", strconv.FormatInt(v.chat, 10)},
		{message, "data USER NAME", "Vera"},
		{message, "data USER IS_CONNECTOR", "Y"},
		{message, "data PARAMS CHAT_ENTITY_DATA_1", fmt.Sprint(d["entity_data_1"])},
		{message, "data PARAMS CHAT_ENTITY_DATA_2", fmt.Sprint(d["entity_data_2"])},
		{message, "data PARAMS CHAT_ENTITY_DATA_3", fmt.Sprint(d["entity_data_3"])},
		{join, "auth user_id", dialogOf(w.itr)}, // a client has no rights to give
		{message, "auth user_id", dialogOf(w.itr)},
	} {
		if got := at(c.event, strings.Fields(c.path)...); got != c.want {
			w.t.Errorf("%s: %s is %q, want %q", at(c.event, "event"), c.path, got, c.want)
		}
	}
	if !strings.Contains(fmt.Sprint(d["entity_data_1"]), "|"+strconv.FormatInt(v.session().ID, 10)+"|") {
		w.t.Errorf("entity_data_1 is %v", d["entity_data_1"])
	}
	c := w.bot.lastCall("imbot.message.add")
	if head := withoutToken(w.t, c.body); !strings.HasPrefix(head, "DIALOG_ID="+v.dialog()+"&MESSAGE=Hello%2C+Vera%21+How+can+we+help%3F%5Bbr%5D%5Bsend%3D1%5D1.+When+do+you+open%3F%5B%2Fsend%5D") {
		w.t.Errorf("the bot sent %s", head)
	}
	v.hears("[send=3]3. Somebody who is free[/send]")
}

// menus checks that lines answer, lead deeper and back, and that each client stands where they went.
func (w *itrWalk) menus() {
	w.t.Helper()
	a, b := w.visitor("Adam"), w.visitor("Beth")
	a.hears("Hello, Adam!")
	b.hears("Hello, Beth!")
	a.write("2")
	a.hears("More about us:")
	b.write("1")
	b.hears("We are open from nine to five.")
	a.write("1")
	a.hears("In the old town.")
	a.write("2")
	a.hears("Hello, Adam!")
	a.write("1")
	a.hears("We are open from nine to five.")
	a.write("7")
	a.hears("You are in " + a.dialog() + ".")
}

// toQueue checks that after the hand-over the portal keeps the bot silent.
func (w *itrWalk) toQueue() {
	w.t.Helper()
	v := w.visitor("Quinn")
	v.hears("Hello, Quinn!")
	v.write("3")
	v.stands(openline.StateOffered, w.bob.ID)
	for method, p := range map[string]params{
		"imbot.message.add":                    {"DIALOG_ID": v.dialog(), "MESSAGE": "I am still here"},
		"imopenlines.bot.session.operator":     {"CHAT_ID": v.chat},
		"imopenlines.bot.session.finish":       {"CHAT_ID": v.chat},
		"imopenlines.bot.session.message.send": {"CHAT_ID": v.chat, "NAME": "DEFAULT", "MESSAGE": "I am still here"},
	} {
		c := w.app
		if method == "imopenlines.bot.session.message.send" {
			c = w.as(w.token(w.itrApp(), w.itr))
		}
		if a := c.call(method, p); a.Error == "" {
			w.t.Errorf("%s after the hand-over: %s", method, a.Raw)
		}
	}
	if said := v.said(); slices.Contains(said, "I am still here") {
		w.t.Errorf("said: %q", said)
	}
	w.bob1.must("imopenlines.operator.answer", params{"CHAT_ID": v.chat}, nil)
	v.write("1")
	v.stands(openline.StateActive, w.bob.ID)
	if said := v.said(); said[len(said)-1] != "1" {
		w.t.Errorf("somebody answered for the operator: %q", said)
	}
}

// itrApp is the application that registered the bots.
func (w *itrWalk) itrApp() int64 {
	bots, err := w.portal.Bots.Get(w.t.Context(), w.itr)
	if err != nil {
		w.t.Fatal(err)
	}
	return bots.Owner.AppID
}

// toPerson checks the transfer to somebody, in which the bot stays until they answer.
func (w *itrWalk) toPerson() {
	w.t.Helper()
	v := w.visitor("Paul")
	v.hears("Hello, Paul!")
	v.write("4")
	v.stands(openline.StateOffered, w.bob.ID)
	if got := v.bots(); !slices.Equal(got, []int64{w.itr}) {
		w.t.Errorf("before the answer the bots in the chat are %v", got)
	}
	w.bob1.must("im.message.add", params{"DIALOG_ID": v.dialog(), "MESSAGE": "This is Bob"}, nil)
	v.stands(openline.StateActive, w.bob.ID)
	if got := v.bots(); len(got) != 0 {
		w.t.Errorf("after the answer the bots in the chat are %v", got)
	}
}

func (v *visitor) bots() (ids []int64) {
	v.t.Helper()
	bots, err := v.portal.IM.BotsOf(v.t.Context(), v.chat)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, b := range bots {
		ids = append(ids, b.UserID)
	}
	return ids
}

// toBot checks that the bot that was brought in leads, and that the one who left is not heard any more.
func (w *itrWalk) toBot() {
	w.t.Helper()
	v := w.visitor("Mark")
	v.hears("Hello, Mark!")
	v.write("5")
	eventually(w.t, "Marta to lead", func() bool {
		s := v.session()
		return s.State == openline.StateBot && s.BotID == w.mia && slices.Equal(v.bots(), []int64{w.mia})
	})
	v.write("1")
	v.hears("Marta heard: 1")
	if a := w.app.call("imbot.message.add", params{"BOT_ID": w.itr, "DIALOG_ID": v.dialog(), "MESSAGE": "And I?"}); a.Error == "" {
		w.t.Errorf("the bot that left spoke: %s", a.Raw)
	}
	v.write("0")
	v.stands(openline.StateOffered, w.bob.ID)
	if got := v.bots(); len(got) != 0 {
		w.t.Errorf("the bots in the chat are %v", got)
	}
}

// ends checks that a bot ends a conversation, and that the client's next word begins another one in the same dialog.
func (w *itrWalk) ends() {
	w.t.Helper()
	v := w.visitor("Finn")
	v.hears("Hello, Finn!")
	v.write("6")
	v.stands(openline.StateClosed, 0)
	first := v.session()
	if first.Reason != openline.ByBot {
		w.t.Errorf("it ended by %s", first.Reason)
	}
	v.hears("Goodbye!")
	v.write("Once more")
	v.stands(openline.StateBot, 0)
	if next := v.session(); next.ID == first.ID || next.ParentID != first.ID {
		w.t.Errorf("the next conversation is %d after %d", next.ID, next.ParentID)
	}
	v.hears("Hello, Finn!")
	if said := v.said(); said[0] != "Once more" {
		w.t.Errorf("the next conversation begins with %q", said)
	}
}

// zero checks that a client gets a person without the bot's help, and that the bot is told.
func (w *itrWalk) zero() {
	w.t.Helper()
	v := w.visitor("Zoe")
	v.hears("Hello, Zoe!")
	v.write("0")
	v.stands(openline.StateOffered, w.bob.ID)
	w.bot.wait("the bot to be told of 0", func() bool {
		return slices.ContainsFunc(w.bot.events, func(e phpform.Value) bool {
			return at(e, "data", "PARAMS", "MESSAGE") == "0" && at(e, "data", "PARAMS", "DIALOG_ID") == v.dialog()
		})
	})
}

// handlerDown checks that a bot that does not answer keeps nobody from a person.
func (w *itrWalk) handlerDown() {
	w.t.Helper()
	w.bot.setDown(true)
	v := w.visitor("Dora")
	v.stands(openline.StateBot, 0)
	v.write("0")
	v.stands(openline.StateOffered, w.bob.ID)
	eventually(w.t, "a delivery to fail", func() (failed bool) { // one that fails later would wait for another hour
		err := w.portal.DB.Read(w.t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(w.t.Context(), "SELECT COUNT(*) > 0 FROM event_lane WHERE failures > 0 AND not_before > ?", db.Micro(w.clock.Now())).Scan(&failed)
		})
		return err == nil && failed
	})
	w.bot.setDown(false)
	w.clock.Advance(time.Hour) // what was not delivered is sent again, in its order
	w.app = w.as(w.token(w.itrApp(), w.admin.ID))
	w.bot.wait("what came while the handler was down", func() bool {
		var words []string
		for _, e := range w.bot.events {
			if at(e, "data", "PARAMS", "DIALOG_ID") == v.dialog() {
				words = append(words, at(e, "event")+" "+at(e, "data", "PARAMS", "MESSAGE"))
			}
		}
		return slices.Equal(words, []string{"ONIMBOTJOINCHAT ", "ONIMBOTMESSAGEADD Hello", "ONIMBOTMESSAGEADD 0"})
	})
	if said := v.said(); slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "Hello, Dora!") }) {
		w.t.Errorf("the bot came late and was heard: %q", said)
	}
}

// tooLong checks that a bot hands over when its time is up.
func (w *itrWalk) tooLong() {
	w.t.Helper()
	v := w.visitor("Lena")
	v.hears("Hello, Lena!")
	w.clock.Advance(170 * time.Second)
	v.stands(openline.StateBot, 0)
	w.clock.Advance(11 * time.Second)
	v.stands(openline.StateOffered, w.bob.ID)
}

// bothAnswer checks that of two operators who answer at once one wins and the other is told.
func (w *itrWalk) bothAnswer() {
	w.t.Helper()
	v := w.visitor("Otto")
	v.write("0")
	v.stands(openline.StateOffered, w.bob.ID)
	answers := make([]answer, 2)
	var wg sync.WaitGroup
	for i, c := range []caller{w.bob1, w.carol1} {
		wg.Go(func() { answers[i] = c.call("imopenlines.operator.answer", params{"CHAT_ID": v.chat}) })
	}
	wg.Wait()
	winner := 0
	if answers[0].Error != "" {
		winner = 1
	}
	lost := answers[1-winner]
	if string(answers[winner].Result) != "true" || lost.Status != http.StatusBadRequest || lost.Error != "ACCESS_DENIED" || lost.Text != "Somebody else has taken this conversation." {
		w.t.Errorf("the answers are %s and %s", answers[0].Raw, answers[1].Raw)
	}
	v.stands(openline.StateActive, []int64{w.bob.ID, w.carol.ID}[winner])
}

// dismissed checks that the conversation of an operator who leaves the company goes to another one.
func (w *itrWalk) dismissed() {
	w.t.Helper()
	v := w.visitor("Dick")
	v.write("0")
	v.stands(openline.StateOffered, w.bob.ID)
	w.bob1.must("imopenlines.operator.answer", params{"CHAT_ID": v.chat}, nil)
	w.boss.must("user.update", params{"ID": w.bob.ID, "ACTIVE": "N"}, nil)
	v.stands(openline.StateOffered, w.carol.ID)
	w.carol1.must("im.message.add", params{"DIALOG_ID": v.dialog(), "MESSAGE": "Carol goes on"}, nil)
	v.stands(openline.StateActive, w.carol.ID)
	raw, err := json.Marshal(v.said())
	if err != nil || !strings.HasSuffix(string(raw), `"Carol goes on"]`) {
		w.t.Errorf("said: %s, %v", raw, err)
	}
}
