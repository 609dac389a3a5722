// Package telegramtest is a Bot API server for tests: bots, what people write to them, and what they see of the bots.
package telegramtest

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Object is a JSON object.
type Object = map[string]any

// Server answers as Telegram does. It is safe for use by several goroutines.
type Server struct {
	*httptest.Server

	mu   sync.Mutex
	bots map[string]*Bot // by token
	down bool
}

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{bots: map[string]*Bot{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Down lets the server answer as one that is broken, or no longer.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Call is a call of a method that did something.
type Call struct {
	Method string
	Params Object
}

// Message is what somebody sees in their chat with a bot.
type Message struct {
	Number  int64
	Text    string // HTML; the caption of a file
	File    string // its name
	Photo   bool
	Content string // of the file
	Buttons [][]Object
}

// Bot is a bot of the server.
type Bot struct {
	Number         int64
	Name, Username string
	Token          string

	s       *Server
	next    int64 // number of the next message
	updates []Object
	update  int64 // number of the last update
	calls   []Call
	seen    map[int64][]Message // by chat
	fails   map[string][]failure
	files   map[string]string // contents by id
	faces   map[int64]string  // ids of files by person
	hook    Object
}

type failure struct {
	code, wait int
	text       string
}

// Add makes a bot.
func (s *Server) Add(number int64, name, username string) *Bot {
	b := &Bot{
		Number: number, Name: name, Username: username, s: s, next: 100, update: 1000, seen: map[int64][]Message{},
		fails: map[string][]failure{}, files: map[string]string{}, faces: map[int64]string{}, hook: Object{"url": ""},
	}
	b.Renew("A")
	return b
}

// Renew gives the bot a new token, made of a letter.
func (b *Bot) Renew(letter string) string {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	delete(b.s.bots, b.Token)
	b.Token = strconv.FormatInt(b.Number, 10) + ":" + strings.Repeat(letter, 35)
	b.s.bots[b.Token] = b
	return b.Token
}

// Person is somebody who writes.
func Person(id int64, first, last, username string) Object {
	return Object{"id": id, "is_bot": false, "first_name": first, "last_name": last, "username": username}
}

// Push has something happen, and returns the update.
func (b *Bot) Push(part string, what Object) Object {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.update++
	u := Object{"update_id": b.update, part: what}
	b.updates = append(b.updates, u)
	return u
}

// Write has somebody write to the bot in private; more are further fields of the message. It returns the update.
func (b *Bot) Write(who Object, text string, more Object) Object {
	b.s.mu.Lock()
	b.next++
	m := Object{"message_id": b.next, "from": who, "chat": Object{"id": who["id"], "type": "private"}, "date": 1700000000}
	b.s.mu.Unlock()
	if text != "" {
		m["text"] = text
	}
	maps.Copy(m, more)
	return b.Push("message", m)
}

// Edit has somebody change what they wrote in an update.
func (b *Bot) Edit(u Object, text string, at int64) Object {
	m := maps.Clone(u["message"].(Object))
	field := "text"
	if m["text"] == nil {
		field = "caption"
	}
	m[field], m["edit_date"] = text, at
	return b.Push("edited_message", m)
}

// Press has somebody press a button, by its text, under a message that they see.
func (b *Bot) Press(t testing.TB, who Object, number int64, text string) Object {
	t.Helper()
	for _, m := range b.Seen(who["id"].(int64)) {
		for _, row := range m.Buttons {
			for _, k := range row {
				if m.Number == number && k["text"] == text {
					return b.Push("callback_query", Object{"id": "press", "from": who, "data": k["callback_data"], "message": Object{
						"message_id": number, "chat": Object{"id": who["id"], "type": "private"},
					}})
				}
			}
		}
	}
	t.Fatalf("there is no button %q under message %d", text, number)
	return nil
}

// Keep has a file be there, to be fetched under an id.
func (b *Bot) Keep(id, content string) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.files[id] = content
}

// Face gives somebody a picture, a file.
func (b *Bot) Face(person int64, id string) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.faces[person] = id
}

// Fail has the next call of a method fail. wait is for how many seconds the bot is to be quiet; 0: nothing is said of that.
func (b *Bot) Fail(method string, code int, text string, wait int) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.fails[method] = append(b.fails[method], failure{code, wait, text})
}

// HookTo sets where the bot's messages are brought, as somebody else does.
func (b *Bot) HookTo(address string) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.hook = Object{"url": address}
}

// Hook returns where the bot's messages are brought, and with which secret.
func (b *Bot) Hook() (address, secret string) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	address, _ = b.hook["url"].(string)
	secret, _ = b.hook["secret_token"].(string)
	return address, secret
}

// Seen returns what somebody sees in their chat.
func (b *Bot) Seen(chat int64) []Message {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	return slices.Clone(b.seen[chat])
}

// Calls returns the calls of a method that did something.
func (b *Bot) Calls(method string) (out []Object) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	for _, c := range b.calls {
		if c.Method == method {
			out = append(out, c.Params)
		}
	}
	return out
}
