package imweb

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// What a person may be told, beside the field in which they write.
var (
	errEmpty    = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Write something first.")
	errNoPost   = fault.New(fault.Denied, "NO_POST", "You cannot write in this chat.")
	errGone     = fault.New(fault.NotFound, "MESSAGE_GONE", "The message has been deleted.")
	errNoReply  = fault.New(fault.Invalid, "NO_REPLY", "The message that you answer has been deleted. Send yours without it.")
	errTooOld   = fault.New(fault.Denied, "TOO_OLD", "The time to change this message is over, or it is not yours.")
	errLeft     = fault.New(fault.NotFound, "PERSON_LEFT", "This person no longer works here.")
	errNoButton = fault.New(fault.NotFound, "NO_BUTTON", "The button is gone: the message has been changed.")
	errForward  = fault.New(fault.NotFound, "NO_FORWARD", "The message that you forward has been deleted.")
	errFile     = fault.New(fault.Invalid, "NO_FILE", "A file is gone, or is not yours to send.")
	errReaction = fault.New(fault.Invalid, "NO_REACTION", "There is no such reaction.")
	errWhisper  = fault.New(fault.Invalid, "NO_WHISPER", "Nobody from outside is in this chat: write it as usual.")
	errPins     = fault.New(fault.Conflict, "PIN_LIMIT", "At most 20 messages of a chat are pinned. Unpin one first.")
)

// words says in a person's words what the messenger's faults say to applications.
func words(err error) error {
	for _, w := range []struct {
		is  error
		say *fault.Fault
	}{
		{im.ErrMessageEmpty, errEmpty},
		{im.ErrAccess, errNoPost},
		{im.ErrNoChat, errNoDialog},
		{im.ErrNoMessage, errGone},
		{im.ErrReplyAccess, errNoReply},
		{im.ErrReplyForeign, errNoReply},
		{im.ErrCannotEdit, errTooOld},
		{im.ErrNoUser, errLeft},
		{im.ErrForward, errForward},
		{im.ErrFile, errFile},
		{im.ErrReaction, errReaction},
		{im.ErrPins, errPins},
	} {
		if errors.Is(err, w.is) {
			return w.say.Because(err)
		}
	}
	return err
}

// start opens a private chat before anybody has written: a bot hears of it and greets.
func (h pages) start(ctx context.Context, r *web.Request) (web.Result, error) {
	c, err := h.im.OpenDialog(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return nil, hide(words(err))
	}
	if !r.Fetched() {
		return web.Redirect{To: dialogURL(c.DialogID(r.Viewer.ID))}, nil
	}
	return web.JSON{Value: map[string]any{"chat": c.ID}}, nil
}

// send stores a message and answers with its row. Sent as a plain form it leads back to the conversation; what could not be
// sent stands in the field again.
func (h pages) send(ctx context.Context, r *web.Request) (web.Result, error) {
	m, err := h.post(ctx, r)
	if err != nil && !r.Fetched() {
		return h.sendFailed(ctx, r, words(err))
	}
	if err != nil {
		return nil, words(err)
	}
	if !r.Fetched() {
		draft := im.Draft{DialogID: r.FormValue("dialog")}
		return web.Redirect{To: dialogURL(draft.DialogID)}, h.im.SaveDraft(ctx, r.Viewer.ID, draft)
	}
	return h.messageJSON(ctx, r, m)
}

func (h pages) post(ctx context.Context, r *web.Request) (im.Message, error) {
	text, files := strings.TrimSpace(r.FormValue("text")), numbers(r.FormValue("files"))
	if text == "" && len(files) == 0 {
		return im.Message{}, errEmpty
	}
	c, err := h.im.OpenDialog(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return im.Message{}, err
	}
	inner := r.FormValue("inner") == "1"
	if inner && c.Type != im.Lines {
		return im.Message{}, errWhisper
	}
	return h.im.Send(ctx, im.NewMessage{
		ChatID: c.ID, AuthorID: r.Viewer.ID, Text: text, UUID: strings.ToLower(r.FormValue("uuid")), ReplyID: r.Int("reply", 0),
		Files: files, Platform: platform(r), Inner: inner,
	})
}

// numbers reads a list of numbers: "3,14".
func numbers(list string) []int64 {
	var out []int64
	for text := range strings.SplitSeq(list, ",") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}

// platform says where a person types, as bots are told.
func platform(r *web.Request) string {
	if strings.Contains(r.UserAgent(), "Mobi") {
		return "mobile"
	}
	return "web"
}

// sendFailed shows the conversation again with what was typed and why it was not sent.
func (h pages) sendFailed(ctx context.Context, r *web.Request, cause error) (web.Result, error) {
	f := fault.Of(cause)
	if f.Kind == fault.Internal {
		return nil, cause
	}
	t, err := h.open(ctx, r, r.FormValue("dialog"), 0)
	if err != nil {
		return nil, err
	}
	t.Draft, t.Error = r.FormValue("text"), f.Text
	p, err := h.page(ctx, r, &t)
	p.Status = 422
	return p, err
}

func (h pages) edit(ctx context.Context, r *web.Request) (web.Result, error) {
	text, id := strings.TrimSpace(r.FormValue("text")), r.Int("message", 0)
	err := error(errEmpty)
	if text != "" {
		err = h.im.Update(ctx, r.Viewer.ID, id, im.Change{Text: &text})
	}
	if err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}

// refused says why something was not done to a message: to a module as the fault, else on the message's page.
func (h pages) refused(ctx context.Context, r *web.Request, id int64, err error) (web.Result, error) {
	if r.Fetched() || faultText(err) == "" {
		return nil, err
	}
	page, failed := h.message(ctx, r, id, err)
	if failed != nil {
		return nil, err
	}
	return page, nil
}

// faultText returns what a person is told of an error; "" where it is none of theirs.
func faultText(err error) string {
	f := fault.Of(err)
	if f.Kind == fault.Internal || f.Kind == fault.NotFound {
		return ""
	}
	return f.Text
}

func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	if err := h.im.Delete(ctx, r.Viewer.ID, id, false); err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}

// changed answers with a message as it is now.
func (h pages) changed(ctx context.Context, r *web.Request, id int64) (web.Result, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, id)
	if err != nil {
		return nil, words(err)
	}
	if !r.Fetched() {
		return web.Redirect{To: dialogURL(c.DialogID(r.Viewer.ID))}, nil
	}
	return h.messageJSON(ctx, r, m)
}

// read moves the viewer's reading mark and answers with what remains, in the chat and in all.
func (h pages) read(ctx context.Context, r *web.Request) (web.Result, error) {
	unread, err := h.im.Read(ctx, r.Viewer.ID, r.Int("chat", 0), r.Int("upto", 0))
	if err != nil {
		return nil, hide(err)
	}
	total, err := h.im.Unread(ctx, r.Viewer.ID)
	return web.JSON{Value: map[string]any{"unread": unread, "total": total}}, err
}

func (h pages) typing(ctx context.Context, r *web.Request) (web.Result, error) {
	if err := h.im.Typing(ctx, r.Viewer.ID, r.Int("chat", 0)); err != nil {
		return nil, hide(err)
	}
	return web.NoContent{}, nil
}

// passContext passes on what the link to a bot's dialog carried.
func (h pages) passContext(ctx context.Context, r *web.Request) (web.Result, error) {
	if h.commands == nil {
		return web.NoContent{}, nil
	}
	return web.NoContent{}, hide(h.commands.PassContext(ctx, r.Viewer.ID, r.FormValue("dialog"), r.FormValue("context")))
}

// press does what a button under a message, or an item of its menu, says. What that is stands in the stored message, never in
// the request.
func (h pages) press(ctx context.Context, r *web.Request) (web.Result, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, r.Int("message", 0))
	if err != nil {
		return nil, words(err)
	}
	b, ok := pressed(m, r.Int("button", -1), r.Int("item", -1))
	if !ok {
		return nil, errNoButton
	}
	switch {
	case b.Command != "" && h.commands != nil:
		p := Press{UserID: r.Viewer.ID, Message: m, Button: b, Item: r.FormValue("item") != "", Platform: platform(r)}
		if err := h.commands.Press(ctx, p); err != nil {
			return nil, words(err)
		}
		return web.NoContent{}, nil
	case b.Command != "":
		return h.say(ctx, r, c.ID, strings.TrimSpace("/"+strings.TrimPrefix(b.Command, "/")+" "+b.CommandParams))
	case b.Action == attach.ActionSend:
		return h.say(ctx, r, c.ID, b.ActionValue)
	case b.AppID != 0:
		return h.pressApp(ctx, r, m, c, b)
	}
	return nil, errNoButton // links, texts for the field, numbers and chats are the page's own work
}

// pressed returns the button of m that has an index, or the item of its menu as one.
func pressed(m im.Message, button, item int64) (attach.Button, bool) {
	if k := m.Extra.Buttons(); button >= 0 && button < int64(len(k)) {
		b := k[button]
		return b, b.Type == attach.TypeButton && b.Disabled != "Y"
	}
	if menu := m.Extra.MenuItems(); item >= 0 && item < int64(len(menu)) {
		it := menu[item]
		return attach.Button{Type: attach.TypeButton, BotID: it.BotID, Text: it.Text, Do: it.Do}, it.Disabled != "Y"
	}
	return attach.Button{}, false
}

func (h pages) say(ctx context.Context, r *web.Request, chatID int64, text string) (web.Result, error) {
	m, err := h.im.Send(ctx, im.NewMessage{ChatID: chatID, AuthorID: r.Viewer.ID, Text: text, UUID: r.FormValue("uuid"), Platform: platform(r)})
	if err != nil {
		return nil, words(err)
	}
	return h.messageJSON(ctx, r, m)
}

// mark changes a member's own marks: what is pin, mute, unread or hide.
func (h pages) mark(ctx context.Context, r *web.Request) (web.Result, error) {
	set := map[string]func(context.Context, int64, int64, bool) error{
		"pin": h.im.Pin, "mute": h.im.Mute, "unread": h.im.MarkUnread, "hide": h.im.Hide,
	}[r.FormValue("what")]
	if set == nil {
		return nil, fault.New(fault.Invalid, "UNKNOWN_MARK", "There is no such mark.")
	}
	if err := set(ctx, r.Viewer.ID, r.Int("chat", 0), r.FormValue("on") == "1"); err != nil {
		return nil, hide(err)
	}
	return web.Redirect{To: dialogURL(r.FormValue("dialog"))}, nil
}

func (h pages) leave(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("chat", 0)
	if err := h.im.Leave(ctx, r.Viewer.ID, id); err != nil {
		return nil, hide(err)
	}
	return web.Redirect{To: "/online/", Toast: "You left the chat"}, nil
}

// ids reads the numbers of a form's values name.
func ids(r *web.Request, name string) []int64 {
	var out []int64
	for _, v := range r.Form[name] {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}
