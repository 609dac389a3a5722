// Package telegramtest is a Bot API server for tests: bots, what people write to them, and what they see of the bots.
package telegramtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
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

// ServeHTTP answers a call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
		return
	}
	path, isFile := strings.CutPrefix(r.URL.Path, "/file")
	token, method, _ := strings.Cut(strings.TrimPrefix(path, "/bot"), "/")
	b := s.bots[token]
	switch {
	case b == nil:
		refuse(w, 401, "Unauthorized", 0)
	case isFile:
		content, ok := b.files[strings.TrimPrefix(method, "files/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, content)
	default:
		b.answer(w, r, method)
	}
}

func refuse(w http.ResponseWriter, code int, text string, wait int) {
	a := Object{"ok": false, "error_code": code, "description": text}
	if wait > 0 {
		a["parameters"] = Object{"retry_after": wait}
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(a)
}

// answer answers a call of a method. The server is locked.
func (b *Bot) answer(w http.ResponseWriter, r *http.Request, method string) {
	if f := b.fails[method]; len(f) > 0 {
		b.fails[method] = f[1:]
		refuse(w, f[0].code, f[0].text, f[0].wait)
		return
	}
	params, file, err := read(r)
	if err != nil {
		refuse(w, 400, "Bad Request: "+err.Error(), 0)
		return
	}
	result, problem := b.do(method, params, file)
	if problem != "" {
		code := 400
		if strings.HasPrefix(problem, "Conflict") {
			code = 409
		}
		refuse(w, code, problem, 0)
		return
	}
	b.calls = append(b.calls, Call{method, params})
	_ = json.NewEncoder(w).Encode(Object{"ok": true, "result": result})
}

// upload is a file of a call.
type upload struct{ field, name, content string }

// read reads the parameters of a call, as JSON or as a form.
func read(r *http.Request) (params Object, file upload, err error) {
	params = Object{}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return params, file, json.NewDecoder(r.Body).Decode(&params)
	}
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		return params, file, err
	}
	for k, v := range r.MultipartForm.Value {
		params[k] = v[0]
	}
	for k, v := range r.MultipartForm.File {
		f, err := v[0].Open()
		if err != nil {
			return params, file, err
		}
		content, err := io.ReadAll(f)
		if err != nil {
			return params, file, err
		}
		file = upload{k, v[0].Filename, string(content)}
	}
	return params, file, nil
}

func number(v any) int64 {
	switch n := v.(type) {
	case float64:
		return int64(n)
	case string:
		i, _ := strconv.ParseInt(n, 10, 64)
		return i
	}
	return 0
}

// do does what a method does, and returns its result or what is wrong.
func (b *Bot) do(method string, p Object, f upload) (result any, problem string) {
	chat, id := number(p["chat_id"]), number(p["message_id"])
	switch method {
	case "getMe":
		return Object{"id": b.Number, "is_bot": true, "first_name": b.Name, "username": b.Username}, ""
	case "getWebhookInfo":
		return b.hook, ""
	case "setWebhook":
		b.hook = p
	case "deleteWebhook":
		b.hook = Object{"url": ""}
	case "getUpdates":
		return b.getUpdates(p)
	case "getUserProfilePhotos":
		face := b.faces[number(p["user_id"])]
		if face == "" {
			return Object{"total_count": 0, "photos": []any{}}, ""
		}
		return Object{"photos": []any{[]any{Object{"file_id": face, "file_unique_id": "u" + face, "width": 160, "file_size": len(b.files[face])}}}}, ""
	case "getFile":
		key, _ := p["file_id"].(string)
		content, ok := b.files[key]
		if !ok {
			return nil, "Bad Request: invalid file_id"
		}
		return Object{"file_id": key, "file_size": len(content), "file_path": "files/" + key}, ""
	case "sendMessage", "sendPhoto", "sendDocument":
		return b.send(method, chat, p, f)
	case "editMessageText", "editMessageCaption", "editMessageReplyMarkup", "deleteMessage":
		return true, b.change(method, chat, id, p)
	}
	return true, ""
}

func (b *Bot) getUpdates(p Object) (any, string) {
	if b.hook["url"] != "" {
		return nil, "Conflict: can't use getUpdates method while webhook is active"
	}
	offset := number(p["offset"])
	b.updates = slices.DeleteFunc(b.updates, func(u Object) bool { return u["update_id"].(int64) < offset })
	return append([]Object{}, b.updates...), ""
}

func (b *Bot) send(method string, chat int64, p Object, f upload) (any, string) {
	b.next++
	m := Message{Number: b.next}
	m.Text, _ = p["text"].(string)
	if method != "sendMessage" {
		m.Text, _ = p["caption"].(string)
		m.File, m.Content, m.Photo = f.name, f.content, method == "sendPhoto"
		if want := map[bool]string{true: "photo", false: "document"}[m.Photo]; f.field != want {
			return nil, fmt.Sprintf("Bad Request: there is no %s in the request", want)
		}
	} else if strings.TrimSpace(m.Text) == "" {
		return nil, "Bad Request: message text is empty"
	}
	m.Buttons = buttons(p["reply_markup"])
	b.seen[chat] = append(b.seen[chat], m)
	return Object{"message_id": m.Number}, ""
}

func buttons(v any) [][]Object {
	if text, ok := v.(string); ok {
		var o Object
		if json.Unmarshal([]byte(text), &o) != nil {
			return nil
		}
		v = o
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var k struct {
		Rows [][]Object `json:"inline_keyboard"`
	}
	_ = json.Unmarshal(raw, &k)
	return k.Rows
}

func (b *Bot) change(method string, chat, id int64, p Object) string {
	i := slices.IndexFunc(b.seen[chat], func(m Message) bool { return m.Number == id })
	if i < 0 {
		return "Bad Request: message to edit not found"
	}
	m := &b.seen[chat][i]
	text, keys := m.Text, buttons(p["reply_markup"])
	switch method {
	case "deleteMessage":
		b.seen[chat] = slices.Delete(b.seen[chat], i, i+1)
		return ""
	case "editMessageText":
		text, _ = p["text"].(string)
	case "editMessageCaption":
		text, _ = p["caption"].(string)
	}
	if text == m.Text && len(keys) == 0 && len(m.Buttons) == 0 {
		return "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
	}
	m.Text, m.Buttons = text, keys
	return ""
}
