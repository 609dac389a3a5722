package imrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// messageUpdateParams are the parameters of im.message.update.
type messageUpdateParams struct {
	MessageID  string         `b24:"MESSAGE_ID,needed"`
	Message    *string        `b24:"MESSAGE"`
	Attach     *phpform.Value `b24:"ATTACH"`
	Keyboard   *phpform.Value `b24:"KEYBOARD"`
	Menu       *phpform.Value `b24:"MENU"`
	URLPreview *string        `b24:"URL_PREVIEW"`
	IsEdited   string         `b24:"IS_EDITED"`
}

// editFaults are what im.message.update documents; what is too large is answered with status 400.
var editFaults = map[*fault.Fault]*fault.Fault{
	im.ErrNoMessage:            im.ErrCannotEdit,
	attach.ErrMenu:             fault.New(fault.Invalid, "menu_ERROR", attach.ErrMenu.Text), // as the page spells it
	attach.ErrAttachOversize:   invalid(attach.ErrAttachOversize),
	attach.ErrKeyboardOversize: invalid(attach.ErrKeyboardOversize),
	attach.ErrMenuOversize:     invalid(attach.ErrMenuOversize),
}

// messageUpdate changes a message of the caller's.
func (h handlers) messageUpdate(ctx context.Context, c *rest.Call, p messageUpdateParams) (bool, error) {
	id, err := messageID(p.MessageID)
	if err != nil {
		return false, err
	}
	ch, err := p.change()
	if err == nil {
		err = h.im.Update(ctx, c.UserID, id, ch)
	}
	return err == nil, pick(err, editFaults)
}

func (p messageUpdateParams) change() (ch im.Change, err error) {
	marked, ok := flag(p.IsEdited, true)
	if !ok {
		return ch, fault.Argument("IS_EDITED", "Argument 'IS_EDITED' must be Y or N")
	}
	ch.Text, ch.Unmarked = p.Message, !marked
	if p.URLPreview != nil {
		preview, ok := flag(*p.URLPreview, true)
		if !ok {
			return ch, fault.Argument("URL_PREVIEW", "Argument 'URL_PREVIEW' must be Y or N")
		}
		ch.NoPreview = new(bool)
		*ch.NoPreview = !preview
	}
	if ch.Attach, err = part(p.Attach, attach.ParseAttach); err != nil {
		return ch, err
	}
	if ch.Keyboard, err = part(p.Keyboard, attach.ParseKeyboard); err != nil {
		return ch, err
	}
	ch.Menu, err = part(p.Menu, attach.ParseMenu)
	return ch, err
}

// part reads a part of a message that replaces what was there; "N" and nothing remove it.
func part[T any](v *phpform.Value, parse func(phpform.Value) (T, error)) (*T, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // the part stays
	}
	var none T
	if v.Empty() || strings.EqualFold(strings.TrimSpace(v.Text()), "N") {
		return &none, nil
	}
	out, err := parse(*v)
	return &out, err
}

// messageIDParams are the parameters of im.message.delete.
type messageIDParams struct {
	MessageID string `b24:"MESSAGE_ID,needed"`
}

// messageDelete removes a message of the caller's, or of a group that they manage.
func (h handlers) messageDelete(ctx context.Context, c *rest.Call, p messageIDParams) (bool, error) {
	id, err := messageID(p.MessageID)
	if err != nil {
		return false, err
	}
	err = h.im.Delete(ctx, c.UserID, id, false)
	return err == nil, err
}

// messageLikeParams are the parameters of im.message.like.
type messageLikeParams struct {
	MessageID string `b24:"MESSAGE_ID,needed"`
	Action    string `b24:"ACTION"`
}

var errUnchanged = fault.New(fault.Invalid, "WITHOUT_CHANGES", "Action completed without changes")

// messageLike sets the caller's Like, or takes it back. Of a message that they may not see it says what it says of none.
func (h handlers) messageLike(ctx context.Context, c *rest.Call, p messageLikeParams) (bool, error) {
	id, err := messageID(p.MessageID)
	if err != nil {
		return false, err
	}
	var changed bool
	switch strings.ToLower(strings.TrimSpace(p.Action)) {
	case "", "auto":
		changed, err = h.im.Toggle(ctx, c.UserID, id, im.Like)
	case "plus":
		changed, err = h.im.React(ctx, c.UserID, id, im.Like, true)
	case "minus":
		changed, err = h.im.React(ctx, c.UserID, id, im.Like, false)
	default:
		return false, fault.Argument("ACTION", "Argument 'ACTION' must be auto, plus or minus")
	}
	switch {
	case errors.Is(err, im.ErrNoMessage):
		return false, errMessageIDEmpty.Because(err)
	case err != nil:
		return false, err
	case !changed:
		return false, errUnchanged
	}
	return true, nil
}

// messageShareParams are the parameters of im.message.share.
type messageShareParams struct {
	MessageID string `b24:"MESSAGE_ID,needed"`
	DialogID  string `b24:"DIALOG_ID,needed"`
	Type      string `b24:"TYPE,needed"`
}

// shareTitle is how long the title of what is made of a message is at most, in characters.
const shareTitle = 100

// messageShare makes something of a message: a chat of the dialog's members that begins with it, or a task of the caller's. There
// is no feed and no calendar to make something in.
func (h handlers) messageShare(ctx context.Context, c *rest.Call, p messageShareParams) (bool, error) {
	id, err := messageID(p.MessageID)
	if err != nil {
		return false, err
	}
	chatID, err := h.chatOf(ctx, c.UserID, p.DialogID)
	if err != nil {
		return false, err
	}
	m, _, err := h.im.Message(ctx, c.UserID, id)
	switch {
	case errors.Is(err, im.ErrNoMessage):
		return false, errDialogAccess.Because(err)
	case err != nil:
		return false, err
	case m.ChatID != chatID || !m.Deleted.IsZero():
		return false, im.ErrParams
	}
	title := titleOf(m)
	switch strings.ToUpper(strings.TrimSpace(p.Type)) {
	case "CHAT":
		err = h.shareChat(ctx, c.UserID, m, title)
	case "TASK":
		if h.cfg.Tasks == nil {
			return false, im.ErrParams
		}
		err = h.cfg.Tasks.FromMessage(ctx, c.UserID, title, m)
	default:
		return false, im.ErrParams
	}
	return err == nil, err
}

// shareChat makes a chat of the members of a message's that begins with it.
func (h handlers) shareChat(ctx context.Context, actor int64, m im.Message, title string) error {
	members, err := h.im.MemberIDs(ctx, actor, m.ChatID)
	if err != nil {
		return err
	}
	g := im.NewGroup{OwnerID: actor, Title: title, MemberIDs: members}
	chat, err := h.im.CreateGroup(ctx, g)
	if err != nil {
		return err
	}
	_, err = h.im.Send(ctx, im.NewMessage{ChatID: chat.ID, AuthorID: actor, ForwardID: m.ID})
	return err
}

// titleOf is the beginning of a message, as a title.
func titleOf(m im.Message) string {
	text := plainLine(m)
	if text == "" {
		text = "A message"
	}
	if runes := []rune(text); len(runes) > shareTitle {
		text = string(runes[:shareTitle-1]) + "…"
	}
	return text
}
