package userrest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// The documented faults of user.add and user.update.
var (
	errAccess       = fault.New(fault.Invalid, "ERROR_CORE", "access_denied")
	errWrongEmail   = fault.Argument("", "wrong_email")
	errEmailTaken   = fault.Argument("", "A user with this email already exists")
	errNoPlace      = fault.Argument("", "no_extranet_field")
	errNoGroupGiven = fault.New(fault.Invalid, "ERROR_GROUPID", "Group code not specified")
	errWrongGroup   = fault.New(fault.Invalid, "ERROR_NO_GROUP", "Group is specified incorrectly")
)

// addParams are the parameters of user.add besides the fields of the profile, which have the names of user.fields.
type addParams struct {
	Email       string        `b24:"EMAIL,needed"`
	Extranet    bool          `b24:"EXTRANET"`
	Groups      phpform.Value `b24:"SONET_GROUP_ID"`
	Departments phpform.Value `b24:"UF_DEPARTMENT"`
	All         phpform.Value `b24:"*"`
}

// add creates a person who cannot sign in until they have a password.
func (h handlers) add(ctx context.Context, c *rest.Call, p addParams) (int64, error) {
	if !c.May(access.ManagePeople) {
		return 0, errAccess
	}
	if strings.TrimSpace(p.Email) == "" {
		return 0, errWrongEmail
	}
	if p.Extranet {
		if p.Groups.Empty() {
			return 0, errNoGroupGiven
		}
		return 0, errWrongGroup // outsiders belong to a workgroup, and there is none that they could belong to
	}
	if p.Departments.Empty() {
		return 0, errNoPlace
	}
	change, err := readProfile(p.All)
	if err != nil {
		return 0, err
	}
	n := newUser(change)
	if n.Custom, err = h.readCustom(ctx, p.All); err != nil {
		return 0, valueFault(err)
	}
	u, err := h.users.CreateAs(ctx, actor(c), n)
	if err != nil {
		return 0, addFault(err)
	}
	return u.ID, nil
}

// addFault words a fault of Create as user.add does.
func addFault(err error) error {
	f := fault.Of(err)
	switch {
	case errors.Is(err, user.ErrBeyond):
		return errAccess
	case errors.Is(err, user.ErrEmailBusy), errors.Is(err, user.ErrLoginBusy):
		return errEmailTaken
	case f.Field == "email" || f.Field == "login":
		return errWrongEmail
	}
	return coreFault(err)
}

// newUser returns who is created with a profile; they sign in with their address.
func newUser(c user.Change) user.NewUser {
	return user.NewUser{
		Email: *c.Email, FirstName: value(c.FirstName), LastName: value(c.LastName), SecondName: value(c.SecondName),
		Position: value(c.Position), Gender: value(c.Gender), Birthday: value(c.Birthday), WWW: value(c.WWW),
		Mobile: value(c.Mobile), WorkPhone: value(c.WorkPhone), InnerPhone: value(c.InnerPhone), City: value(c.City),
		TimeZone: value(c.TimeZone), DepartmentIDs: value(c.DepartmentIDs), Details: c.Details, Avatar: value(c.Avatar),
	}
}

func value[T any](p *T) T {
	var none T
	if p == nil {
		return none
	}
	return *p
}

// updateParams are the parameters of user.update besides the fields of the profile.
type updateParams struct {
	ID     int64         `b24:"ID,needed"`
	Active *bool         `b24:"ACTIVE"`
	All    phpform.Value `b24:"*"`
}

func (h handlers) update(ctx context.Context, c *rest.Call, p updateParams) (bool, error) {
	if !c.May(access.ManagePeople) {
		return false, errAccess
	}
	u, err := h.users.Get(ctx, p.ID)
	if errors.Is(err, user.ErrNotFound) || err == nil && (u.Kind == user.Bot || u.Kind == user.Visitor || u.Admin && !c.Admin) {
		return false, errAccess // whoever changes an administrator's address could become one
	}
	if err != nil {
		return false, err
	}
	change, err := readProfile(p.All)
	if err != nil {
		return false, err
	}
	if change.Custom, err = h.readCustom(ctx, p.All); err != nil {
		return false, valueFault(err)
	}
	change.Active = p.Active
	if change.Email != nil && *change.Email == "" && u.Email != "" {
		return false, coreFault(errWrongEmail)
	}
	_, err = h.users.ChangeAs(ctx, actor(c), p.ID, change)
	if errors.Is(err, user.ErrBeyond) {
		return false, errAccess
	}
	return err == nil, coreFaultOrNil(err)
}

// actor returns who calls, as those who decide see them.
func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access} }

// texts returns the texts of a change by their names on the wire.
func texts(c *user.Change) map[string]**string {
	return map[string]**string{
		"EMAIL": &c.Email, "NAME": &c.FirstName, "LAST_NAME": &c.LastName, "SECOND_NAME": &c.SecondName,
		"WORK_POSITION": &c.Position, "PERSONAL_GENDER": &c.Gender, "PERSONAL_BIRTHDAY": &c.Birthday, "PERSONAL_WWW": &c.WWW,
		"PERSONAL_MOBILE": &c.Mobile, "WORK_PHONE": &c.WorkPhone, "UF_PHONE_INNER": &c.InnerPhone, "PERSONAL_CITY": &c.City,
		"TIME_ZONE": &c.TimeZone,
	}
}

// profileFields declares the fields that readProfile takes.
func profileFields(m *rest.Method) {
	own := texts(&user.Change{})
	for _, f := range userFields {
		if own[f.name] != nil || isDetail(f.name) || f.name == "PERSONAL_PHOTO" || f.name == "UF_DEPARTMENT" {
			known := func(p rest.Param) bool { return p.Name == f.name }
			if !slices.ContainsFunc(m.Params, known) {
				rest.Reads(f.name)(m)
			}
		}
	}
}

// readProfile reads the fields of a profile. A text that is sent empty is emptied. Names that are no fields do not count.
func readProfile(tree phpform.Value) (user.Change, error) {
	c := user.Change{Details: user.Details{}}
	own := texts(&c)
	for _, e := range tree.Entries() {
		name := strings.ToUpper(e.Key)
		var err error
		switch {
		case name == "UF_DEPARTMENT":
			err = readDepartments(&c, e)
		case name == "PERSONAL_PHOTO":
			err = readPhoto(&c, e.Value)
		case name == "WORK_LOGO" && !e.Value.Empty():
			err = fault.Argument("WORK_LOGO", "Argument 'WORK_LOGO' cannot be stored on this portal")
		case own[name] != nil || isDetail(name):
			err = readText(&c, own[name], name, e.Value)
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// isDetail reports whether name is a field that is kept among the Details.
func isDetail(name string) bool {
	for _, f := range userFields {
		if f.name == name {
			return f.value == nil || name == "UF_EMPLOYMENT_DATE"
		}
	}
	return false
}

func readText(c *user.Change, own **string, name string, v phpform.Value) error {
	if v.IsArray() {
		return fault.Argument(name, "Argument '"+name+"' must be a string")
	}
	text := strings.TrimSpace(v.Text())
	if own != nil {
		*own = &text
		return nil
	}
	c.Details[fieldOf(name)] = text
	return nil
}

func readDepartments(c *user.Change, e phpform.Entry) error {
	ids := []int64{}
	if e.Value.IsArray() {
		var err error
		if ids, err = numbers(e); err != nil {
			return err
		}
	} else if n, ok := e.Value.Int(); ok {
		ids = append(ids, n)
	} else if e.Value.Text() != "" {
		return fault.Argument(e.Key, "Argument '"+e.Key+"' must be a list of integers")
	}
	c.DepartmentIDs = &ids
	return nil
}

// readPhoto reads a picture. Something empty removes it.
func readPhoto(c *user.Change, v phpform.Value) error {
	name, picture, err := rest.File(v)
	c.Avatar = &[]byte{}
	if err == nil && name == "" && len(picture) == 0 {
		return nil
	}
	if err != nil || len(picture) == 0 {
		return fault.Argument("PERSONAL_PHOTO", "Argument 'PERSONAL_PHOTO' must be a file name and its content in Base64")
	}
	if err := user.CheckAvatar(picture); err != nil {
		return coreFault(err)
	}
	*c.Avatar = picture
	return nil
}

// AddedData returns the data of ONUSERADD (api-reference/common/events/on-user-add.md). u has its Details.
func AddedData(u user.User) phpform.Value {
	ids := make([]phpform.Value, len(u.DepartmentIDs))
	for i, id := range u.DepartmentIDs {
		ids[i] = phpform.IntOf(id)
	}
	var b phpform.Builder
	b.Set("ID", phpform.IntOf(u.ID)).Set("ACTIVE", phpform.StringOf(phpform.YesNo(u.Active))).
		Set("EMAIL", phpform.StringOf(u.Email)).Set("NAME", phpform.StringOf(u.FirstName)).
		Set("LAST_NAME", phpform.StringOf(u.LastName)).Set("PERSONAL_GENDER", phpform.StringOf(u.Gender)).
		Set("PERSONAL_BIRTHDAY", phpform.StringOf(u.Birthday)).Set("UF_DEPARTMENT", phpform.ListOf(ids...)).
		Set("DATE_REGISTER", phpform.StringOf(u.Registered.Format(isoTime))).
		Set("WORK_POSITION", phpform.StringOf(u.Position)).
		Set("UF_EMPLOYMENT_DATE", phpform.StringOf(u.Details[user.FieldEmploymentDate]))
	return b.Value()
}
