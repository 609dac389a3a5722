package connectorrest

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// messagesParams are the parameters of the methods that handle messages.
type messagesParams struct {
	Connector string        `b24:"CONNECTOR,required"`
	Line      phpform.Value `b24:"LINE,needed"`
	Messages  phpform.Value `b24:"MESSAGES,needed"`
}

// The faults of MESSAGES. Page: api-reference/imopenlines/imconnector/imconnector-send-messages.md.
var (
	errNoArray   = fault.Argument("MESSAGES", "The value of an argument 'MESSAGES' must be of type array")
	errNoArrays  = fault.Argument("MESSAGES", "The MESSAGES parameter must be an array of messages (arrays)")
	errStructure = fault.Argument("MESSAGES", "The incorrect structure of a message inside MESSAGES parameter")
	errMarkDate  = fault.Argument("MESSAGES", "A date in MESSAGES must be a Unix time in seconds")
	errMarkIDs   = fault.Argument("MESSAGES", "A message in MESSAGES must have at most "+strconv.Itoa(maxExternals)+" ids of "+strconv.Itoa(maxExternal)+" bytes")
	errTooMany   = fault.Argument("MESSAGES", "MESSAGES must have at most "+strconv.Itoa(connector.MaxMessages)+" messages")
)

// elements returns the messages of a call, which have the blocks.
func elements(v phpform.Value, blocks ...string) ([]phpform.Entry, error) {
	switch {
	case v.IsNull(), v.IsArray() && v.Len() == 0, v.Kind() == phpform.String && v.Text() == "":
		return nil, missing("MESSAGES")
	case !v.IsArray():
		return nil, errNoArray
	case v.Len() > connector.MaxMessages:
		return nil, errTooMany
	}
	for _, e := range v.Entries() {
		if !e.Value.IsArray() {
			return nil, errNoArrays
		}
		for _, name := range blocks {
			if b, ok := e.Value.GetFold(name); !ok || !b.IsArray() || b.Len() == 0 {
				return nil, errStructure
			}
		}
	}
	return v.Entries(), nil
}

// Message reads an element of MESSAGES.
func Message(v phpform.Value) connector.Message {
	u, _ := v.GetFold("user")
	m, _ := v.GetFold("message")
	ch, _ := v.GetFold("chat")
	picture, _ := u.GetFold("picture")
	out := connector.Message{
		User: connector.Person{
			ID: textIn(u, "id"), FirstName: textIn(u, "name"), LastName: textIn(u, "last_name"), URL: textIn(u, "url"), Gender: textIn(u, "gender"),
			Email: textIn(u, "email"), Phone: textIn(u, "phone"), Picture: textIn(picture, "url"), AnyPhone: isY(u, "skip_phone_validate"),
		},
		ID: textIn(m, "id"), Text: connector.Plain(rawIn(m, "text")), ChatID: textIn(ch, "id"), ChatName: chatName(ch), ChatURL: textIn(ch, "url"),
	}
	if textIn(m, "user_id") != "" {
		var ok bool
		if out.UserID, ok = intIn(m, "user_id"); !ok || out.UserID < 0 {
			out.UserID = nobody
		}
	}
	out.Written, out.BadDate = dateIn(m)
	files, _ := m.GetFold("files")
	out.NoFiles = !files.IsArray() && strings.TrimSpace(files.Text()) != ""
	for _, e := range files.Entries() {
		if !e.Value.IsArray() {
			out.Files, out.NoFiles = nil, true
			break
		}
		f := connector.Attachment{URL: textIn(e.Value, "url"), Name: fileName(textIn(e.Value, "name"), textIn(e.Value, "url"))}
		out.Files = append(out.Files, f)
	}
	return out
}

// chatName returns what a chat is called, as far as it is kept, and answered.
func chatName(ch phpform.Value) string {
	r := []rune(connector.Plain(textIn(ch, "name")))
	return string(r[:min(len(r), connector.MaxTitle)])
}

// dateIn returns when a message was written; bad: what stands there is no time.
func dateIn(m phpform.Value) (at time.Time, bad bool) {
	v, ok := m.GetFold("date")
	if !ok || v.IsNull() || !v.IsArray() && textIn(m, "date") == "" || v.IsArray() && v.Len() == 0 {
		return at, false // applications pass the date of an answer on, an empty object
	}
	switch seconds, ok := intIn(m, "date"); {
	case !ok || seconds < 0:
		return at, true
	case seconds == 0:
		return at, false
	default:
		return time.Unix(min(seconds, lastSecond), 0), false
	}
}

// lastSecond is one that lies ahead whenever this runs, and that all clocks can count to.
const lastSecond = 1 << 33

// nobody is no user: what is written in their name is refused.
const nobody = -1

// fileName returns what a file is called: as the application says, or by its address.
func fileName(name, url string) string {
	if name == "" {
		path, _, _ := strings.Cut(url, "?")
		name = path[strings.LastIndexByte(path, '/')+1:]
	}
	if r := []rune(name); len(r) > 200 {
		name = string(r[len(r)-200:]) // its ending says what it is
	}
	if name == "" {
		return "file"
	}
	return name
}

func rawIn(v phpform.Value, name string) string {
	m, _ := v.GetFold(name)
	if m.IsArray() {
		return ""
	}
	return m.Text()
}

func textIn(v phpform.Value, name string) string { return strings.TrimSpace(rawIn(v, name)) }

func intIn(v phpform.Value, name string) (int64, bool) {
	m, _ := v.GetFold(name)
	n, err := strconv.ParseInt(strings.TrimSpace(m.Text()), 10, 64)
	return n, err == nil && !m.IsArray()
}

func isY(v phpform.Value, name string) bool { return strings.EqualFold(textIn(v, name), "Y") }

// answer is that of the methods that handle messages.
type answer struct {
	Success bool       `json:"SUCCESS"`
	Data    answerData `json:"DATA"`
}

type answerData struct {
	Result any `json:"RESULT"`
}

// line is what became of one message.
type line struct {
	User    string        `json:"user,omitempty"`
	Message phpform.Value `json:"message"`
	Chat    phpform.Value `json:"chat"`
	Extra   *extra        `json:"extra,omitempty"`
	Success bool          `json:"SUCCESS"`
	Errors  []string      `json:"ERRORS,omitempty"`
	Session *session      `json:"session,omitempty"`
}

// extra are flags that the message came with.
type extra struct {
	SkipPhone string `json:"skip_phone_validate,omitempty"`
	NoTracker string `json:"disable_tracker,omitempty"`
}

// session is the conversation that a message belongs to.
type session struct {
	ID     string `json:"ID"`
	ChatID string `json:"CHAT_ID"`
}

// method is what a method does with its messages, and what it answers of them.
type method struct {
	do func(ctx context.Context, appID int64, code string, lineID int64, messages []connector.Message) ([]connector.Result, error)
	// message writes what of a message is answered.
	message func(m phpform.Value, read connector.Message) phpform.Value
	session bool
	named   bool // with the name of the chat
}

func (h handlers) sendMessages(ctx context.Context, c *rest.Call, p messagesParams) (answer, error) {
	return h.handle(ctx, c, p, method{do: h.connectors.Receive, message: processed(true), session: true, named: true})
}

func (h handlers) updateMessages(ctx context.Context, c *rest.Call, p messagesParams) (answer, error) {
	return h.handle(ctx, c, p, method{do: h.connectors.Change, message: processed(false), named: true})
}

func (h handlers) deleteMessages(ctx context.Context, c *rest.Call, p messagesParams) (answer, error) {
	return h.handle(ctx, c, p, method{do: h.connectors.Delete, message: given})
}

func (h handlers) handle(ctx context.Context, c *rest.Call, p messagesParams, m method) (answer, error) {
	lineID, err := lineOf(p.Line)
	if err != nil {
		return answer{}, err
	}
	all, err := elements(p.Messages, "user", "message", "chat")
	if err != nil {
		return answer{}, err
	}
	messages := make([]connector.Message, len(all))
	for i, e := range all {
		messages[i] = Message(e.Value)
	}
	results, err := m.do(ctx, c.AppID, p.Connector, lineID, messages)
	if err != nil {
		return answer{}, err
	}
	out, lines := answer{Success: true}, make([]line, len(all))
	for i, r := range results {
		lines[i] = m.line(all[i].Value, messages[i], r)
		out.Success = out.Success && lines[i].Success
	}
	out.Data.Result = lines
	return out, nil
}

// line writes what became of a message.
func (m method) line(v phpform.Value, read connector.Message, r connector.Result) line {
	in, _ := v.GetFold("message")
	u, _ := v.GetFold("user")
	out := line{Message: m.message(in, read), Chat: chatOf(v, read, m.named), Success: r.Problem == ""}
	var e extra
	if isY(u, "skip_phone_validate") {
		e.SkipPhone = "Y"
	}
	if isY(in, "disable_crm") {
		e.NoTracker = "Y"
	}
	if e != (extra{}) {
		out.Extra = &e
	}
	if r.VisitorID != 0 {
		out.User = strconv.FormatInt(r.VisitorID, 10)
	}
	if r.Problem != "" {
		out.Errors = []string{r.Problem}
	}
	if m.session && r.SessionID != 0 {
		out.Session = &session{strconv.FormatInt(r.SessionID, 10), strconv.FormatInt(r.ChatID, 10)}
	}
	return out
}

// processed writes a message as it was understood. Its date is an object without anything, as documented. Its files are left out where
// files is false and there are none.
func processed(files bool) func(phpform.Value, connector.Message) phpform.Value {
	return func(_ phpform.Value, m connector.Message) phpform.Value {
		b := (&phpform.Builder{}).Set("id", phpform.StringOf(m.ID)).Set("date", phpform.EmptyObject()).Set("text", phpform.StringOf(m.Text))
		if files || len(m.Files) > 0 {
			list := make([]phpform.Value, len(m.Files))
			for i, f := range m.Files {
				list[i] = phpform.ArrayOf(
					phpform.Entry{Key: "url", Value: phpform.StringOf(f.URL)}, phpform.Entry{Key: "name", Value: phpform.StringOf(f.Name)},
				)
			}
			b.Set("files", phpform.ListOf(list...))
		}
		return b.Value()
	}
}

// given writes a message as it came.
func given(in phpform.Value, m connector.Message) phpform.Value {
	b := (&phpform.Builder{}).Set("id", phpform.StringOf(m.ID))
	for _, name := range []string{"date", "text", "files"} {
		if v, ok := in.GetFold(name); ok {
			b.Set(name, v)
		}
	}
	return b.Value()
}

// chatOf writes the chat of a message, with its name where named.
func chatOf(v phpform.Value, m connector.Message, named bool) phpform.Value {
	ch, _ := v.GetFold("chat")
	b := (&phpform.Builder{}).Set("id", phpform.StringOf(m.ChatID))
	if _, ok := ch.GetFold("name"); ok && named {
		b.Set("name", phpform.StringOf(m.ChatName))
	}
	if m.ChatURL != "" {
		b.Set("description", phpform.StringOf("Link to the original post: "+m.ChatURL))
	}
	return b.Value()
}

// marked is the answer of the methods that mark messages.
type marked struct {
	Success bool  `json:"SUCCESS"`
	Data    []any `json:"DATA"`
}

func (h handlers) delivered(ctx context.Context, c *rest.Call, p messagesParams) (marked, error) {
	return h.mark(ctx, c, p, false)
}

func (h handlers) read(ctx context.Context, c *rest.Call, p messagesParams) (marked, error) {
	return h.mark(ctx, c, p, true)
}

func (h handlers) mark(ctx context.Context, c *rest.Call, p messagesParams, read bool) (marked, error) {
	lineID, err := lineOf(p.Line)
	if err != nil {
		return marked{}, err
	}
	all, err := elements(p.Messages, "im")
	if err != nil {
		return marked{}, err
	}
	marks := make([]connector.Mark, len(all))
	for i, e := range all {
		if marks[i], err = markOf(e.Value); err != nil {
			return marked{}, err
		}
	}
	ok, err := h.connectors.Mark(ctx, c.AppID, p.Connector, lineID, marks, read)
	return marked{ok, []any{}}, err
}

// markOf reads an element of MESSAGES that marks a message.
func markOf(v phpform.Value) (out connector.Mark, err error) {
	im, _ := v.GetFold("im")
	m, _ := v.GetFold("message")
	ch, _ := v.GetFold("chat")
	out.ChatID, _ = intIn(im, "chat_id")
	out.MessageID, _ = intIn(im, "message_id")
	out.Chat = textIn(ch, "id")
	bad := false
	if out.Date, bad = dateIn(m); bad {
		return out, errMarkDate
	}
	ids, _ := m.GetFold("id")
	if !ids.IsArray() && !ids.IsNull() {
		ids = phpform.ListOf(ids)
	}
	for _, e := range ids.Entries() {
		id := e.Value.Text()
		switch {
		case e.Value.IsArray():
			return out, errStructure
		case len(id) > maxExternal || len(out.External) == maxExternals:
			return out, errMarkIDs
		}
		out.External = append(out.External, id)
	}
	return out, nil
}

// The limits of the ids by which an application knows a message that it delivered.
const (
	maxExternal  = 1000 // bytes
	maxExternals = 50
)

// renameParams are the parameters of imconnector.chat.name.set.
type renameParams struct {
	Connector string        `b24:"CONNECTOR,required"`
	Line      phpform.Value `b24:"LINE,needed"`
	ChatID    string        `b24:"CHAT_ID,required"`
	Name      string        `b24:"NAME,required"`
	UserID    string        `b24:"USER_ID"`
}

func (h handlers) rename(ctx context.Context, c *rest.Call, p renameParams) (answer, error) {
	lineID, err := lineOf(p.Line)
	if err != nil {
		return answer{}, err
	}
	err = h.connectors.Rename(ctx, c.AppID, p.Connector, lineID, strings.TrimSpace(p.ChatID), strings.TrimSpace(p.UserID), connector.Plain(p.Name))
	return answer{Success: err == nil, Data: answerData{phpform.EmptyObject()}}, err
}
