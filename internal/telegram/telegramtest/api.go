package telegramtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

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
