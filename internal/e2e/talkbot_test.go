package e2e

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/phpform"
)

// talkBots are four bots of one application, one of each type, behind one handler.
type talkBots struct {
	t     *testing.T
	url   string
	call  caller
	ids   map[string]string // the bot's number by its type
	may   chan struct{}     // H answers once it may
	mu    sync.Mutex
	heard []string // "S message: …", in order
	faces string   // the address of a picture
}

// newTalkBots registers the bots of an application on a site.
func newTalkBots(t *testing.T, s *site) *talkBots {
	t.Helper()
	b := &talkBots{t: t, ids: map[string]string{}, may: make(chan struct{}, 8)}
	mux := http.NewServeMux()
	mux.HandleFunc("/bot", b.event)
	mux.HandleFunc("/face.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="#4a90d9"/></svg>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.url, b.faces = server.URL+"/bot", server.URL+"/face.svg"
	b.call = s.as(s.token(s.application("Desk bots", everything...).ID, s.admin.ID))
	for _, kind := range []string{"B", "H", "O", "S"} {
		var id int64
		b.call.must("imbot.register", params{
			"CODE": "talk-" + kind, "TYPE": kind, "EVENT_HANDLER": b.url,
			"PROPERTIES": params{"NAME": "Robo" + kind, "WORK_POSITION": "Of type " + kind, "COLOR": "AZURE"},
		}, &id)
		b.ids[kind] = dialogOf(id)
	}
	return b
}

// kindOf is the type of the bot with a number.
func (b *talkBots) kindOf(id string) string {
	for kind, own := range b.ids {
		if own == id {
			return kind
		}
	}
	return ""
}

// event takes what the portal tells the bots.
func (b *talkBots) event(_ http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e, err := phpform.ParseStr(raw, phpform.Limits{})
	if err != nil {
		b.t.Errorf("an event that cannot be read: %v", err)
		return
	}
	name := at(e, "event")
	dialog, text := at(e, "data", "PARAMS", "DIALOG_ID"), at(e, "data", "PARAMS", "MESSAGE")
	if name == "ONIMCOMMANDADD" {
		commands, _ := e.Get("data")
		commands, _ = commands.Get("COMMAND")
		for _, c := range commands.Entries() {
			b.command(c.Value, dialog)
		}
		return
	}
	bots, _ := e.Get("data")
	bots, _ = bots.Get("BOT")
	for _, one := range bots.Entries() {
		kind := b.kindOf(at(one.Value, "BOT_ID"))
		b.note(kind + " " + strings.TrimPrefix(strings.ToLower(name), "onimbot") + ": " + text)
		b.answer(kind, name, dialog, text)
	}
}

func (b *talkBots) answer(kind, event, dialog, text string) {
	switch {
	case event == "ONIMBOTJOINCHAT":
		b.say(kind, dialog, "I am Robo"+kind+". [send=show me]Show me[/send] or [put=/echo ]write an echo[/put]", nil)
	case event != "ONIMBOTMESSAGEADD":
	case kind == "H":
		<-b.may
		b.say(kind, dialog, "I thought about it: "+text, nil)
	case kind == "B" && text == "show me":
		b.say(kind, dialog, "All that I can show", b.everything())
	case kind == "B":
		b.say(kind, dialog, "RoboB heard: "+text, nil)
	}
}

// command answers a command with how it came.
func (b *talkBots) command(c phpform.Value, dialog string) {
	text := at(c, "COMMAND") + "/" + at(c, "COMMAND_CONTEXT") + "/" + at(c, "COMMAND_PARAMS")
	b.note("command: " + text)
	b.say("B", dialog, "Command "+text, nil)
}

func (b *talkBots) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = append(b.heard, what)
}

// told reports whether the bots were told something, as note writes it.
func (b *talkBots) told(what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.heard, what)
}

// say sends a message of a bot and returns its number.
func (b *talkBots) say(kind, dialog, text string, more params) (id int64) {
	p := params{"BOT_ID": b.ids[kind], "DIALOG_ID": dialog, "MESSAGE": text}
	maps.Copy(p, more)
	b.call.must("imbot.message.add", p, &id)
	return id
}

// everything is a keyboard with every action, a menu and an attachment with every block.
func (b *talkBots) everything() params {
	return params{
		"KEYBOARD": []params{
			{"TEXT": "Site", "LINK": "https://example.com/desk", "DISPLAY": "LINE", "BG_COLOR_TOKEN": "primary"},
			{"TEXT": "Run", "COMMAND": "echo", "COMMAND_PARAMS": "from the keyboard", "BLOCK": "Y", "DISPLAY": "LINE"},
			{"TYPE": "NEWLINE"},
			{"TEXT": "Send", "ACTION": "SEND", "ACTION_VALUE": "sent by a button", "DISPLAY": "LINE"},
			{"TEXT": "Put", "ACTION": "PUT", "ACTION_VALUE": "put by a button", "DISPLAY": "LINE"},
			{"TYPE": "NEWLINE"},
			{"TEXT": "Copy", "ACTION": "COPY", "ACTION_VALUE": "copied by a button", "DISPLAY": "LINE"},
			{"TEXT": "Ring", "ACTION": "CALL", "ACTION_VALUE": "+4930123456", "DISPLAY": "LINE"},
			{"TEXT": "Ask H", "ACTION": "DIALOG", "ACTION_VALUE": b.ids["H"], "DISPLAY": "LINE", "BG_COLOR_TOKEN": "alert"},
			{"TEXT": "Not now", "COMMAND": "echo", "DISABLED": "Y"},
		},
		"MENU": []params{
			{"TEXT": "Echo of the menu", "COMMAND": "echo", "COMMAND_PARAMS": "from the menu"},
			{"TEXT": "Handbook", "LINK": "https://example.com/handbook"},
		},
		"ATTACH": params{"COLOR_TOKEN": "primary", "BLOCKS": []params{
			{"USER": params{"NAME": "Rosa Robot", "AVATAR": b.faces, "LINK": "https://example.com/rosa"}},
			{"MESSAGE": "A [B]bold[/B] word"},
			{"LINK": params{"NAME": "The report", "LINK": "https://example.com/report", "DESC": "All of the week", "PREVIEW": b.faces, "WIDTH": 320, "HEIGHT": 180}},
			{"RICH_LINK": params{"NAME": "The film", "LINK": "https://example.com/film", "DESC": "Three minutes"}},
			{"DELIMITER": params{"SIZE": 200, "COLOR": "#c6c6c6"}},
			{"GRID": []params{{"DISPLAY": "ROW", "NAME": "Open", "VALUE": "12"}, {"DISPLAY": "ROW", "NAME": "Late", "VALUE": "[B]3[/B]"}}},
			{"GRID": []params{{"DISPLAY": "LINE", "NAME": "Priority", "VALUE": "High", "COLOR": "#ff0000", "WIDTH": 120}}},
			{"GRID": []params{{"DISPLAY": "BLOCK", "NAME": "Where", "VALUE": "Hamburg"}}},
			{"IMAGE": params{"NAME": "Stand", "LINK": b.faces, "PREVIEW": b.faces, "WIDTH": 320, "HEIGHT": 180}},
			{"FILE": params{"NAME": "week.pdf", "LINK": "https://example.com/week.pdf", "SIZE": 428736}},
		}},
	}
}
