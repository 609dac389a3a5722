package openlinerest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// ContactCenterPath is where the pages of open channels begin.
const ContactCenterPath = "/contact_center/"

// People is what the methods ask of who works here; *user.Service is one.
type People interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// ConfigMethods is what the methods imopenlines.config.* need.
type ConfigMethods struct {
	Lines *line.Service
	Users People
	Clock clock.Clock
	// URL returns the address of the portal, without a slash at the end.
	URL func() string
	// Picture reports whether a file is a picture that a person may read; nil: none is.
	Picture func(ctx context.Context, userID, fileID int64) (bool, error)
}

// errConfigID is the fault of a number of a line that is missing or none.
var errConfigID = fault.New(fault.Invalid, "CONFIG_ID_EMPTY", "Config ID can't be empty")

// RegisterConfig adds imopenlines.config.* and imopenlines.revision.get.
func RegisterConfig(r *rest.Registry, m ConfigMethods) {
	h := configs{m}
	const scope, pages = "imopenlines", "api-reference/imopenlines/openlines/"
	r.Add(
		rest.M("imopenlines.config.add", scope, rest.Everyone, "Adds an open channel.", h.add,
			rest.Doc(pages+"imopenlines-config-add.md"), rest.Reads(addParams()...)),
		rest.M("imopenlines.config.update", scope, rest.Everyone, "Changes an open channel.", h.update,
			rest.Doc(pages+"imopenlines-config-update.md")),
		rest.M("imopenlines.config.get", scope, rest.Everyone, "Reads the settings of an open channel.", h.get,
			rest.Doc(pages+"imopenlines-config-get.md")),
		rest.M("imopenlines.config.list.get", scope, rest.Everyone, "Lists open channels.", h.list,
			rest.Doc(pages+"imopenlines-config-list-get.md"), rest.Reads(listParams...)),
		rest.M("imopenlines.config.delete", scope, rest.Everyone, "Deletes an open channel.", h.remove,
			rest.Doc(pages+"imopenlines-config-delete.md")),
		rest.M("imopenlines.config.path.get", scope, rest.Everyone, "Reads where the pages of open channels are.", h.path,
			rest.Doc(pages+"imopenlines-config-path-get.md")),
		rest.M("imopenlines.revision.get", scope, rest.Everyone, "Reads the revisions of the interface.", h.revision,
			rest.Doc(pages+"imopenlines-revision-get.md")),
	)
}

type configs struct{ ConfigMethods }

func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access} }

// addLine are the parameters of imopenlines.config.add.
type addLine struct {
	Params phpform.Value `b24:"PARAMS"`
}

// add answers the number of the new line.
func (h configs) add(ctx context.Context, c *rest.Call, p addLine) (int64, error) {
	if err := h.checkPictures(ctx, c, p.Params, &line.Line{}); err != nil {
		return 0, err
	}
	l, err := h.Lines.Add(ctx, actor(c), func(l *line.Line) error { return fill(l, p.Params) })
	return l.ID, err
}

// updateLine are the parameters of imopenlines.config.update.
type updateLine struct {
	ID     phpform.Value `b24:"CONFIG_ID,needed"`
	Params phpform.Value `b24:"PARAMS"`
}

// update answers false for a line that does not exist.
func (h configs) update(ctx context.Context, c *rest.Call, p updateLine) (bool, error) {
	id, err := configID(p.ID)
	if err != nil {
		return false, err
	}
	now, err := h.Lines.Get(ctx, id)
	if err != nil {
		return existing(err)
	}
	if err := h.checkPictures(ctx, c, p.Params, &now); err != nil {
		return false, err
	}
	_, _, err = h.Lines.Update(ctx, actor(c), id, func(l *line.Line) error { return fill(l, p.Params) })
	return existing(err)
}

// lineID are the parameters of imopenlines.config.delete.
type lineID struct {
	ID phpform.Value `b24:"CONFIG_ID,needed"`
}

// remove answers false for a line that does not exist.
func (h configs) remove(ctx context.Context, c *rest.Call, p lineID) (bool, error) {
	id, err := configID(p.ID)
	if err != nil {
		return false, err
	}
	return existing(h.Lines.Delete(ctx, actor(c), id))
}

// existing turns the fault of a line that does not exist into false.
func existing(err error) (bool, error) {
	if errors.Is(err, line.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// configID returns the number that a client sent.
func configID(v phpform.Value) (int64, error) {
	id, ok := v.Int()
	if v.IsArray() || !ok || id <= 0 {
		return 0, errConfigID
	}
	return id, nil
}

// getLine are the parameters of imopenlines.config.get. Without the first two all is told.
type getLine struct {
	ID      phpform.Value `b24:"CONFIG_ID,needed"`
	Queue   *bool         `b24:"WITH_QUEUE"`
	Offline *bool         `b24:"SHOW_OFFLINE"`
}

// get answers false for a line that does not exist.
func (h configs) get(ctx context.Context, _ *rest.Call, p getLine) (phpform.Value, error) {
	id, err := configID(p.ID)
	if err != nil {
		return phpform.Value{}, err
	}
	l, err := h.Lines.Get(ctx, id)
	if errors.Is(err, line.ErrNotFound) {
		return phpform.BoolOf(false), nil
	}
	if err != nil {
		return phpform.Value{}, err
	}
	b := &phpform.Builder{}
	for _, f := range line.Fields() {
		if !f.Own {
			b.Set(f.Name, h.shownAs(f, &l))
		}
	}
	if p.Queue == nil || *p.Queue {
		if err := h.addQueue(ctx, b, l, p.Offline == nil || *p.Offline); err != nil {
			return phpform.Value{}, err
		}
	}
	return b.Value(), nil
}

// addQueue adds who answers in l. Without offline only those who are there are told of.
func (h configs) addQueue(ctx context.Context, b *phpform.Builder, l line.Line, offline bool) error {
	operators, online, err := h.operators(ctx, l)
	if err != nil {
		return err
	}
	ids, full, users := &phpform.Builder{}, &phpform.Builder{}, &phpform.Builder{}
	for i, o := range operators {
		if !offline && !online[o.UserID] {
			continue
		}
		key := strconv.FormatInt(o.UserID, 10)
		ids.Append(phpform.StringOf(key))
		row := &phpform.Builder{}
		row.Set("ID", number(o.RowID)).Set("SORT", number(int64(i))).Set("USER_ID", number(o.UserID)).Set("DEPARTMENT_ID", number(o.DepartmentID))
		h.addShown(row, l, o.UserID, phpform.StringOf("0"))
		full.Set(key, row.Value())
		users.Set(key, h.addShown(&phpform.Builder{}, l, o.UserID, phpform.StringOf("0")).Value())
	}
	b.Set("QUEUE", ids.Value()).Set("QUEUE_FULL", full.Value()).Set("QUEUE_USERS_FIELDS", users.Value())
	b.Set("QUEUE_ONLINE", flag(len(online) > 0))
	return nil
}

// operators returns who answers in l, and who of them is there.
func (h configs) operators(ctx context.Context, l line.Line) ([]line.Operator, map[int64]bool, error) {
	operators, err := h.Lines.Queue(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int64, len(operators))
	for i, o := range operators {
		ids[i] = o.UserID
	}
	users, err := h.Users.Many(ctx, ids)
	online := map[int64]bool{}
	for id, u := range users {
		if u.Online(h.now()) {
			online[id] = true
		}
	}
	return operators, online, err
}

func (h configs) now() time.Time { return h.Clock.Now() }

// addShown adds what clients see of an operator. noAvatar is what stands for no file.
func (h configs) addShown(b *phpform.Builder, l line.Line, userID int64, noAvatar phpform.Value) *phpform.Builder {
	s := l.Shown[userID]
	if s.AvatarID != 0 {
		noAvatar = number(s.AvatarID)
	}
	return b.Set("USER_NAME", orNull(s.Name)).Set("USER_WORK_POSITION", orNull(s.Position)).
		Set("USER_AVATAR", orNull(h.picture(l, s))).Set("USER_AVATAR_ID", noAvatar)
}

// picture returns the address of a picture as it is reached from outside.
func (h configs) picture(l line.Line, s line.Shown) string {
	if p := s.Picture(l.ID); !strings.HasPrefix(p, "/") {
		return p
	}
	return h.URL() + s.Picture(l.ID)
}

// shownAs returns the value of a field as the pages write it.
func (h configs) shownAs(f *line.Field, l *line.Line) phpform.Value {
	switch f.Kind {
	case line.Moment:
		return phpform.EmptyObject() // a date in the form of the pages has nothing in it
	case line.Days, line.Dates:
		if values := f.List(l); len(values) > 0 {
			return texts(values)
		}
		return texts([]string{""})
	case line.Persons:
		if values := f.List(l); len(values) > 0 {
			return texts(values)
		}
		return phpform.NullValue()
	case line.Object:
		return h.operatorData(*l)
	}
	if f.Name == "XML_ID" {
		return orNull(l.XMLID)
	}
	return phpform.StringOf(f.Text(l))
}

// operatorData is DEFAULT_OPERATOR_DATA: empty where there is nothing to show.
func (h configs) operatorData(l line.Line) phpform.Value {
	b, s := &phpform.Builder{}, l.DefaultOperator
	if s == (line.Shown{}) {
		return b.Value()
	}
	return b.Set("NAME", phpform.StringOf(s.Name)).Set("AVATAR", phpform.StringOf(h.picture(l, s))).Set("AVATAR_ID", number(s.AvatarID)).Value()
}

// where is the answer of imopenlines.config.path.get.
type where struct {
	Server string `json:"SERVER_ADDRESS"`
	Path   string `json:"PUBLIC_PATH"`
}

func (h configs) path(context.Context, *rest.Call, rest.None) (where, error) {
	return where{h.URL(), ContactCenterPath}, nil
}

// revisions is the answer of imopenlines.revision.get.
type revisions struct {
	Rest   int64 `json:"rest"`
	Web    int64 `json:"web"`
	Mobile int64 `json:"mobile"`
}

func (configs) revision(context.Context, *rest.Call, rest.None) (revisions, error) {
	return revisions{2, 1, 1}, nil
}

func number(n int64) phpform.Value { return phpform.StringOf(strconv.FormatInt(n, 10)) }

func flag(b bool) phpform.Value {
	if b {
		return phpform.StringOf("Y")
	}
	return phpform.StringOf("N")
}

func orNull(text string) phpform.Value {
	if text == "" {
		return phpform.NullValue()
	}
	return phpform.StringOf(text)
}

func texts(values []string) phpform.Value {
	out := make([]phpform.Value, len(values))
	for i, v := range values {
		out[i] = phpform.StringOf(v)
	}
	return phpform.ListOf(out...)
}
