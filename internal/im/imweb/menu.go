package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// shownReaders are named in the menu of a message, where there is room for two lines.
const shownReaders = 4

// menuView is the foot of a message's menu: what applications add to it, and who has read the message.
type menuView struct {
	ID      int64
	Dialog  string
	Kind    string // of the chat, as applications name it
	Readers *readers
}

// readers is who has read a message of a group.
type readers struct {
	Read   []person
	More   int // readers beyond those in Read
	Count  int // all readers
	Others int // members who could have read it: everybody but the author and bots
}

// menuFragment answers /online/menu?id=; with read=1 it says who has read the message, which its author alone learns.
func (h pages) menuFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, r.Int("id", 0))
	if err != nil {
		return nil, words(err)
	}
	p := h.people(ctx, r)
	v := menuView{ID: m.ID, Dialog: c.DialogID(r.Viewer.ID), Kind: chatKind(c, c.Type == im.Private && p.get(c.Peer(r.Viewer.ID)).Bot)}
	if r.Checked("read") && m.AuthorID == r.Viewer.ID && c.Type != im.Private {
		if v.Readers, err = h.readers(ctx, p, m); err != nil {
			return nil, err
		}
	}
	return web.HTML{Template: "im/menu-foot", Body: v}, p.failed
}

func (h pages) readers(ctx context.Context, p *people, m im.Message) (*readers, error) {
	by, err := h.im.ReadBy(ctx, p.r.Viewer.ID, m, shownReaders)
	if err != nil {
		return nil, hide(err)
	}
	if err := p.load(by.First...); err != nil {
		return nil, err
	}
	v := readers{Count: int(by.Count), Others: int(by.Others), More: int(by.Count) - len(by.First)}
	for _, id := range by.First {
		v.Read = append(v.Read, p.get(id))
	}
	return &v, nil
}

// chatKind returns the kind of a chat by which applications choose where they show. A chat with a bot is none of them.
// Page: api-reference/widgets/im/textarea.md.
func chatKind(c im.Chat, withBot bool) string {
	switch {
	case c.Type == im.Lines || c.EntityType == "LINES":
		return "LINES"
	case c.EntityType == "CRM":
		return "CRM"
	case c.Type != im.Private:
		return "CHAT"
	case withBot:
		return "BOT"
	}
	return "USER"
}

// messageView is a message by itself, with forms for what can be done to it: where no script opens the menu.
type messageView struct {
	row    row
	Talk   talk
	Text   string // as it was written
	Error  string
	Change string // what was typed in place of Text, after a refusal
}

// Rows returns the message as the list of messages shows it.
func (v messageView) Rows() []row { return []row{v.row} }

// Choices returns the reactions that the page offers.
func (messageView) Choices() []choice { return choices(usual) }

// Row returns the message.
func (v messageView) Row() row { return v.row }

// Keeps reports whether a canned answer can be made of the message.
func (v messageView) Keeps() bool {
	return v.Talk.Answers && v.row.Own && !v.row.Deleted && !v.row.System && v.Text != ""
}

// messagePage shows /online/message/{id}.
func (h pages) messagePage(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.message(ctx, r, id, nil)
}

// message returns the page of a message; cause is why what was asked of it was refused.
func (h pages) message(ctx context.Context, r *web.Request, id int64, cause error) (web.Page, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, id)
	if err != nil {
		return web.Page{}, words(err)
	}
	p := h.people(ctx, r)
	rows, err := p.rows(ctx, []im.Message{m}, 0)
	if err != nil {
		return web.Page{}, err
	}
	v := messageView{row: rows[0], Text: m.Text}
	v.Talk = h.face(p, c)
	page := web.Page{
		Title: "Message", Section: "messenger", Template: "im/one", Body: &v, Layout: web.Narrow, AnyImages: true,
		Back: dialogURL(v.Talk.Dialog), Styles: Styles(),
	}
	if cause != nil {
		v.Error, page.Status = faultText(cause), 422
		if text := r.FormValue("text"); text != "" {
			v.Text = text
		}
	}
	return page, p.failed
}
