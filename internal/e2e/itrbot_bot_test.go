package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// itrItem is what a line of a menu does.
type itrItem struct {
	title string
	do    func(b *itrBot, request phpform.Value) error
}

// itrMenu is a text with numbered lines.
type itrMenu struct {
	text  string
	items []itrItem // the first is line 1
}

// itrBot is the bot of the tutorial that meets clients of open channels with menus. It reads what that reads of an event, and answers
// with the same bytes; where a client stands in the menus it keeps by the application's token and the dialog.
type itrBot struct {
	*reportBot

	menus  map[string]itrMenu
	person string // to whom it transfers

	mu    sync.Mutex
	where map[string]string
	down  bool
	mia   string          // the other bot of the application
	met   []phpform.Value // events that came, also while it was down
}

// newItrBot serves the bot at an address of its own.
func newItrBot(t testing.TB, client *http.Client) *itrBot {
	t.Helper()
	transport := client.Transport.(*http.Transport).Clone()
	transport.DisableCompression = true
	b := &itrBot{where: map[string]string{}, reportBot: &reportBot{t: t, changed: make(chan struct{}), client: &http.Client{Transport: transport}}}
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	b.url = server.URL + "/itr/itr.php"
	t.Cleanup(server.Close)
	b.menus = map[string]itrMenu{
		"0": {"Hello, #USER_NAME#! How can we help?", []itrItem{
			{"When do you open?", say("We are open from nine to five.")},
			{"More", menu("1")},
			{"Somebody who is free", (*itrBot).queue},
			{"Bob", (*itrBot).transfer},
			{"Marta", (*itrBot).marta},
			{"That is all", (*itrBot).finish},
			{"Where am I?", (*itrBot).exec},
		}},
		"1": {"More about us:", []itrItem{{"Where are you?", say("In the old town.")}, {"Back", menu("0")}}},
	}
	return b
}

// serve reads an event. Those for Marta, the other bot of the application, come to the same address.
func (b *itrBot) serve(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Error(err)
		return
	}
	request, err := phpform.ParseStr(raw, phpform.Limits{})
	if err != nil {
		b.t.Errorf("an event that cannot be read: %v in %q", err, raw)
		return
	}
	b.mu.Lock()
	down, mia := b.down, b.mia
	b.met = append(b.met, request)
	b.mu.Unlock()
	if down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if told(request) == mia {
		err = b.beMarta(request, mia)
	} else {
		err = b.meet(request)
	}
	if err != nil {
		b.t.Errorf("%s: %v", at(request, "event"), err)
	}
	b.change(func() { b.events = append(b.events, request) })
}

// told is the bot that an event is for.
func told(request phpform.Value) string {
	data, _ := request.Get("data")
	bot, _ := data.Get("BOT")
	if bot.Len() == 0 {
		return ""
	}
	return bot.Entries()[0].Key
}

func (b *itrBot) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

func (b *itrBot) setMia(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mia = id
}

// isAbout reports whether an event is about somebody of a conversation of an open channel.
func isAbout(request phpform.Value, who string) bool {
	id := at(request, "data", "PARAMS", who)
	return at(request, "data", "PARAMS", "CHAT_ENTITY_TYPE") == "LINES" && id != "" && id != "0" && !strings.HasPrefix(id, "-")
}

func (b *itrBot) meet(request phpform.Value) error {
	switch event := at(request, "event"); {
	case event == "ONIMBOTJOINCHAT" && isAbout(request, "USER_ID"):
		return b.show("0", request)
	case event == "ONIMBOTMESSAGEADD" && isAbout(request, "FROM_USER_ID"):
		return b.choose(request)
	}
	return nil
}

func (b *itrBot) key(request phpform.Value) string {
	return at(request, "auth", "application_token") + at(request, "data", "PARAMS", "DIALOG_ID")
}

// choose does what the client's number says in the menu where they are; anything else shows the menu again.
func (b *itrBot) choose(request phpform.Value) error {
	b.mu.Lock()
	where, known := b.where[b.key(request)]
	b.mu.Unlock()
	if !known {
		where = "0"
	}
	word := strings.TrimSpace(at(request, "data", "PARAMS", "MESSAGE"))
	items := b.menus[where].items
	if len(word) == 1 && word[0] >= '1' && int(word[0]-'1') < len(items) {
		return items[word[0]-'1'].do(b, request)
	}
	if word == "0" { // the portal calls a person
		return nil
	}
	return b.show(where, request)
}

// show sends a menu and remembers that the client is there.
func (b *itrBot) show(where string, request phpform.Value) error {
	b.mu.Lock()
	b.where[b.key(request)] = where
	b.mu.Unlock()
	m := b.menus[where]
	lines := []string{strings.ReplaceAll(m.text, "#USER_NAME#", at(request, "data", "USER", "NAME"))}
	for i, item := range m.items {
		n := string(rune('1' + i))
		lines = append(lines, "[send="+n+"]"+n+". "+item.title+"[/send]")
	}
	lines = append(lines, "[send=0]0. Wait for a person[/send]")
	return b.send(request, strings.Join(lines, "[br]"))
}

func (b *itrBot) send(request phpform.Value, words string) error {
	_, err := b.call("imbot.message.add", []phpform.Entry{
		text("DIALOG_ID", at(request, "data", "PARAMS", "DIALOG_ID")), text("MESSAGE", words),
	}, request)
	return err
}

func say(words string) func(b *itrBot, request phpform.Value) error {
	return func(b *itrBot, request phpform.Value) error { return b.send(request, words) }
}

func menu(where string) func(b *itrBot, request phpform.Value) error {
	return func(b *itrBot, request phpform.Value) error { return b.show(where, request) }
}

// chat is the number of the chat, as the tutorial cuts it off the dialog.
func chat(request phpform.Value) phpform.Entry {
	return text("CHAT_ID", at(request, "data", "PARAMS", "DIALOG_ID")[len("chat"):])
}

func (b *itrBot) queue(request phpform.Value) error {
	_, err := b.call("imopenlines.bot.session.operator", []phpform.Entry{chat(request)}, request)
	return err
}

func (b *itrBot) transfer(request phpform.Value) error {
	_, err := b.call("imopenlines.bot.session.transfer", []phpform.Entry{chat(request), text("USER_ID", b.person), text("LEAVE", "N")}, request)
	return err
}

func (b *itrBot) finish(request phpform.Value) error {
	if err := b.send(request, "Goodbye!"); err != nil {
		return err
	}
	_, err := b.call("imopenlines.bot.session.finish", []phpform.Entry{chat(request)}, request)
	return err
}

// marta looks for the other bot, brings her in and leaves.
func (b *itrBot) marta(request phpform.Value) error {
	bots, err := b.call("imbot.bot.list", nil, request)
	if err != nil {
		return err
	}
	all, _ := bots.Get("result")
	for _, e := range all.Entries() {
		if at(e.Value, "CODE") != "marta" || at(e.Value, "OPENLINE") != "Y" {
			continue
		}
		if _, err := b.call("imbot.chat.user.add", []phpform.Entry{
			chat(request), entry("USERS", phpform.ListOf(phpform.StringOf(at(e.Value, "ID")))),
		}, request); err != nil {
			return err
		}
		_, err := b.call("imbot.chat.leave", []phpform.Entry{chat(request)}, request)
		return err
	}
	return b.send(request, "Marta is not here.")
}

// exec is a line that runs a function of the bot's.
func (b *itrBot) exec(request phpform.Value) error {
	return b.send(request, "You are in "+at(request, "data", "PARAMS", "DIALOG_ID")+".")
}

// beMarta answers for the other bot, who has no menus.
func (b *itrBot) beMarta(request phpform.Value, id string) error {
	if at(request, "event") != "ONIMBOTMESSAGEADD" || !isAbout(request, "FROM_USER_ID") {
		return nil
	}
	_, err := b.call("imbot.message.add", []phpform.Entry{
		text("BOT_ID", id), text("DIALOG_ID", at(request, "data", "PARAMS", "DIALOG_ID")), text("MESSAGE", "Marta heard: "+at(request, "data", "PARAMS", "MESSAGE")),
	}, request)
	return err
}
