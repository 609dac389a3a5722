package imweb

import (
	"bytes"
	"context"
	"io"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

var errPicture = fault.New(fault.Invalid, "AVATAR_SIZE", "The picture could not be read. Take a smaller one.").At("picture")

// settingsView is the form of what a group is like and who may do what in it.
type settingsView struct {
	Talk        talk
	Title       string
	Description string
	Color       string
	Colors      []colorChoice
	Rules       []ruleView // for its owner
	Errors      map[string]string
}

// colorChoice is a colour that a group may have.
type colorChoice struct {
	Code, Hex, Name string
	Chosen          bool
}

// ruleView is a right in a group, and who has it.
type ruleView struct {
	Name, Title string
	Value       string
	Options     []ui.Option
}

var rightOptions = []ui.Option{
	{Value: string(im.RightMember), Title: "Every member"},
	{Value: string(im.RightManager), Title: "Owner and managers"},
	{Value: string(im.RightOwner), Title: "The owner"},
	{Value: string(im.RightNone), Title: "Nobody"},
}

func rules(c im.Chat) []ruleView {
	return []ruleView{
		{"can_post", "Who writes", string(c.CanPost), rightOptions},
		{"can_manage", "Who pins messages", string(c.CanManage), rightOptions},
		{"can_add", "Who adds members", string(c.CanAdd), rightOptions},
		{"can_remove", "Who removes members", string(c.CanRemove), rightOptions},
		{"can_dress", "Who changes the name and the picture", string(c.CanDress), rightOptions},
	}
}

// group returns the group of a request with what the viewer may do in it.
func (h pages) group(ctx context.Context, r *web.Request) (im.Chat, talk, *people, error) {
	c, err := h.im.Get(ctx, r.Viewer.ID, r.Int("chat", 0))
	if err != nil || c.Type == im.Private {
		return c, talk{}, nil, errNoDialog.Because(err)
	}
	p := h.people(ctx, r)
	t := h.face(p, c)
	return c, t, p, p.failed
}

// settingsForm shows /online/settings?chat=.
func (h pages) settingsForm(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.settingsPage(ctx, r, nil)
}

func (h pages) settingsPage(ctx context.Context, r *web.Request, errs map[string]string) (web.Page, error) {
	c, t, _, err := h.group(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	if !t.Rights.Dress && !t.Rights.Own {
		return web.Page{}, errNoPost
	}
	v := settingsView{Talk: t, Title: c.Title, Description: c.Description, Color: c.ColorCode, Errors: errs}
	if errs != nil {
		v.Title, v.Description, v.Color = r.FormValue("title"), r.FormValue("description"), r.FormValue("color")
	}
	for _, code := range im.Colors() {
		v.Colors = append(v.Colors, colorChoice{code, user.ColorOf(code), strings.ToLower(strings.ReplaceAll(code, "_", " ")), code == v.Color})
	}
	if t.Rights.Own {
		v.Rules = rules(c)
	}
	page := web.Page{
		Title: "Settings of the chat", Section: "messenger", Template: "im/settings", Body: v, Layout: web.Narrow, Slider: true,
		Behind: t.URL(), Styles: []string{"im/im.css"},
	}
	if errs != nil {
		page.Status = 422
	}
	return page, nil
}

// saveSettings changes what the form of a group says, and its picture where one was chosen.
func (h pages) saveSettings(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("chat", 0)
	err := h.im.UpdateChat(ctx, r.Viewer.ID, id, chatChange(r))
	if err == nil {
		err = h.savePicture(ctx, r, id)
	}
	if err != nil {
		err = settingFault(err)
		if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
			page, failed := h.settingsPage(ctx, r, errs)
			return page, failed
		}
		return nil, hide403(err)
	}
	return web.Redirect{To: dialogURL("chat" + r.FormValue("chat")), Toast: "Chat saved"}, nil
}

// chatChange reads what the form holds; what it does not hold stays.
func chatChange(r *web.Request) (ch im.ChatChange) {
	text := func(name string) *string {
		if !r.Form.Has(name) {
			return nil
		}
		s := strings.TrimSpace(r.FormValue(name))
		return &s
	}
	right := func(name string) *im.Right {
		if !r.Form.Has(name) {
			return nil
		}
		v := im.Right(r.FormValue(name))
		return &v
	}
	ch.Title, ch.Description, ch.ColorCode = text("title"), text("description"), text("color")
	ch.CanPost, ch.CanManage, ch.CanAdd = right("can_post"), right("can_manage"), right("can_add")
	ch.CanRemove, ch.CanDress = right("can_remove"), right("can_dress")
	return ch
}

func (h pages) savePicture(ctx context.Context, r *web.Request, chatID int64) error {
	if r.Checked("no_picture") {
		return h.im.SetAvatar(ctx, r.Viewer.ID, chatID, nil)
	}
	f, head, err := r.FormFile("picture")
	if err != nil || head.Size == 0 {
		return nil //nolint:nilerr // no picture was chosen
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, user.MaxAvatar+1)); err != nil {
		return errPicture.Because(err)
	}
	return h.im.SetAvatar(ctx, r.Viewer.ID, chatID, b.Bytes())
}

// settingFault says at which field something is wrong.
func settingFault(err error) error {
	f := fault.Of(err)
	switch f.Code {
	case im.ErrTitle.Code:
		return fault.New(fault.Invalid, f.Code, "Give the chat a name.").At("title").Because(err)
	case im.ErrColor.Code:
		return f.At("color").Because(err)
	}
	if strings.HasPrefix(f.Code, "AVATAR_") {
		return f.At("picture").Because(err)
	}
	return words(err)
}

// hide403 says that somebody may not change a chat, in other words than that they may not write.
func hide403(err error) error {
	if fault.KindOf(err) == fault.Denied {
		return fault.New(fault.Denied, "NO_SETTINGS", "You may not change this chat.").Because(err)
	}
	return err
}

// avatar serves the picture of a chat, for ever: its address names its bytes. It needs no session, since applications are given
// the address.
func (h pages) avatar(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	a, err := h.im.Avatar(ctx, id, r.PathValue("hash"))
	if err != nil {
		return nil, err
	}
	return web.File{Content: bytes.NewReader(a.Data), Name: "chat", Type: a.Type, Inline: true, Forever: true}, nil
}
