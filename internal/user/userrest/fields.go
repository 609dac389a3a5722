package userrest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// level is which scopes show a field.
type level uint8

const (
	full  level = 1 << iota // user
	basic                   // user_basic: with contact details
	brief                   // user_brief: without
	every = full | basic | brief
)

// field is one of a user's fields on the wire. The levels are those of api-reference/user/user-scope.md.
type field struct {
	name   string
	levels level
	title  string // as user.fields has it; without one it is not listed there
	value  func(v *view, u *user.User) (phpform.Value, bool)
}

// view is what the values depend on besides the user.
type view struct {
	publicURL func(string) string
	photoSize int64
	now       time.Time

	custom []userfield.Field // of those that were added, the ones to show
	values map[int64]userfield.Values
}

// userFields are in the order in which they are answered. A value that is false is left out; without a function the field is
// one of the Details, left out where it is empty.
var userFields = []field{
	{"ID", every, "ID", func(_ *view, u *user.User) (phpform.Value, bool) {
		return phpform.StringOf(strconv.FormatInt(u.ID, 10)), true
	}},
	{"XML_ID", every, "External code", nil},
	{"ACTIVE", every, "Activity", func(_ *view, u *user.User) (phpform.Value, bool) { return phpform.BoolOf(u.Active), true }},
	{"NAME", every, "First Name", text(func(u *user.User) string { return u.FirstName })},
	{"LAST_NAME", every, "Last Name", text(func(u *user.User) string { return u.LastName })},
	{"SECOND_NAME", every, "Middle Name", text(func(u *user.User) string { return u.SecondName })},
	{"TITLE", every, "User List", nil},
	{"EMAIL", full | basic, "E-Mail", text(func(u *user.User) string { return u.Email })},
	{"LAST_LOGIN", full, "Last Authorization", moment(func(u *user.User) time.Time { return u.LastLogin })},
	{"DATE_REGISTER", every, "Registration Date", moment(func(u *user.User) time.Time { return u.Registered.Truncate(24 * time.Hour) })},
	{"TIME_ZONE", every, "TIME_ZONE", text(func(u *user.User) string { return u.TimeZone })},
	{"IS_ONLINE", every, "IS_ONLINE", func(v *view, u *user.User) (phpform.Value, bool) {
		return phpform.StringOf(phpform.YesNo(u.Online(v.now))), true
	}},
	{"TIMESTAMP_X", every, "TIMESTAMP_X", moment(func(u *user.User) time.Time { return u.Updated })},
	{"LAST_ACTIVITY_DATE", every, "LAST_ACTIVITY_DATE", func(_ *view, u *user.User) (phpform.Value, bool) {
		if u.LastActivity.IsZero() {
			return phpform.NullValue(), true
		}
		return phpform.StringOf(u.LastActivity.Format(time.DateTime)), true
	}},
	{"PERSONAL_GENDER", every, "Gender", text(func(u *user.User) string { return u.Gender })},
	{"PERSONAL_PROFESSION", every, "Profession", nil},
	{"PERSONAL_WWW", full, "Homepage", text(func(u *user.User) string { return u.WWW })},
	{"PERSONAL_BIRTHDAY", every, "Date of Birth", day(func(u *user.User) string { return u.Birthday })},
	{"PERSONAL_PHOTO", every, "Photo", func(v *view, u *user.User) (phpform.Value, bool) {
		return phpform.StringOf(v.photo(u)), u.AvatarHash != ""
	}},
	{"PERSONAL_ICQ", full, "ICQ", nil},
	{"PERSONAL_PHONE", full | basic, "Personal Phone", nil},
	{"PERSONAL_FAX", full | basic, "Fax", nil},
	{"PERSONAL_MOBILE", full | basic, "Personal Mobile", text(func(u *user.User) string { return u.Mobile })},
	{"PERSONAL_PAGER", full | basic, "Pager", nil},
	{"PERSONAL_STREET", full | basic, "Residential Street", nil},
	{"PERSONAL_CITY", every, "Residential City", text(func(u *user.User) string { return u.City })},
	{"PERSONAL_STATE", every, "State / Region", nil},
	{"PERSONAL_ZIP", full | basic, "Zip Code", nil},
	{"PERSONAL_COUNTRY", every, "Country", nil},
	{"PERSONAL_MAILBOX", full | basic, "P.O. Box", nil},
	{"PERSONAL_NOTES", full | basic, "Additional Notes", nil},
	{"WORK_PHONE", full | basic, "Company Phone", text(func(u *user.User) string { return u.WorkPhone })},
	{"WORK_COMPANY", full | basic, "Company", nil},
	{"WORK_POSITION", every, "Job Title", text(func(u *user.User) string { return u.Position })},
	{"WORK_DEPARTMENT", full | basic, "Department", nil},
	{"WORK_WWW", full | basic, "Company Website", nil},
	{"WORK_FAX", full | basic, "WORK_FAX", nil},
	{"WORK_PAGER", full | basic, "WORK_PAGER", nil},
	{"WORK_STREET", full | basic, "WORK_STREET", nil},
	{"WORK_MAILBOX", full | basic, "WORK_MAILBOX", nil},
	{"WORK_CITY", every, "Work City", nil},
	{"WORK_STATE", every, "WORK_STATE", nil},
	{"WORK_ZIP", full | basic, "WORK_ZIP", nil},
	{"WORK_COUNTRY", every, "WORK_COUNTRY", nil},
	{"WORK_PROFILE", full | basic, "WORK_PROFILE", nil},
	{"WORK_LOGO", full | basic, "WORK_LOGO", func(*view, *user.User) (phpform.Value, bool) {
		return phpform.Value{}, false // shown where one was uploaded; there is no way to upload one yet
	}},
	{"WORK_NOTES", full | basic, "WORK_NOTES", nil},
	{"UF_SKYPE_LINK", full | basic, "Skype Chat Link", nil},
	{"UF_ZOOM", full | basic, "Zoom", nil},
	{"UF_EMPLOYMENT_DATE", every, "Hire Date", day(func(u *user.User) string { return u.Details[user.FieldEmploymentDate] })},
	{"UF_TIMEMAN", every, "Time Tracking", nil},
	{"UF_DEPARTMENT", every, "Units", func(_ *view, u *user.User) (phpform.Value, bool) {
		ids := make([]phpform.Value, len(u.DepartmentIDs))
		for i, id := range u.DepartmentIDs {
			ids[i] = phpform.IntOf(id)
		}
		return phpform.ListOf(ids...), true
	}},
	{"UF_INTERESTS", every, "Interests", nil},
	{"UF_SKILLS", every, "Skills", nil},
	{"UF_WEB_SITES", full | basic, "Other Websites", nil},
	{"UF_XING", full | basic, "Xing", nil},
	{"UF_LINKEDIN", full | basic, "LinkedIn", nil},
	{"UF_FACEBOOK", full | basic, "", nil}, // kept and answered, but not among the fields that user.fields documents
	{"UF_TWITTER", full | basic, "Twitter", nil},
	{"UF_SKYPE", full | basic, "Skype", nil},
	{"UF_DISTRICT", full | basic, "District", nil},
	{"UF_PHONE_INNER", every, "Extension", func(_ *view, u *user.User) (phpform.Value, bool) {
		return phpform.StringOf(u.InnerPhone), u.InnerPhone != ""
	}},
	{"USER_TYPE", full, "USER_TYPE", text(func(u *user.User) string { return string(u.Kind) })},
}

func text(get func(*user.User) string) func(*view, *user.User) (phpform.Value, bool) {
	return func(_ *view, u *user.User) (phpform.Value, bool) { return phpform.StringOf(get(u)), true }
}

// moment writes a time in ISO 8601; one that never was is empty.
func moment(get func(*user.User) time.Time) func(*view, *user.User) (phpform.Value, bool) {
	return func(_ *view, u *user.User) (phpform.Value, bool) {
		t := get(u)
		if t.IsZero() {
			return phpform.StringOf(""), true
		}
		return phpform.StringOf(t.Format(isoTime)), true
	}
}

// isoTime is ISO 8601 with the offset in digits: UTC is +00:00, never Z.
const isoTime = "2006-01-02T15:04:05-07:00"

// day writes a date as its midnight.
func day(get func(*user.User) string) func(*view, *user.User) (phpform.Value, bool) {
	return func(_ *view, u *user.User) (phpform.Value, bool) {
		if d := get(u); d != "" {
			return phpform.StringOf(d + "T00:00:00+00:00"), true
		}
		return phpform.StringOf(""), true
	}
}

// photo returns the absolute address of the picture, or of the copy asked for.
func (v *view) photo(u *user.User) string {
	if u.AvatarHash == "" {
		return ""
	}
	path := u.AvatarPath()
	if v.photoSize > 0 {
		path += "?size=" + strconv.FormatInt(v.photoSize, 10)
	}
	return v.publicURL(path)
}

// levelOf returns what the scopes of the caller open.
func levelOf(c *rest.Call) level {
	var l level
	for scope, opens := range map[string]level{"user": full, "user_basic": basic, "user_brief": brief} {
		if c.Has(scope) {
			l |= opens
		}
	}
	return l
}

// visible returns the fields that the caller's scopes show, reduced to selected where that names some: field names, "*"
// for all and "UF_*" for those that begin so.
func visible(c *rest.Call, selected []string) []field {
	l := levelOf(c)
	var out []field
	for _, f := range userFields {
		if f.levels&l != 0 && (len(selected) == 0 || isSelected(f.name, selected)) {
			out = append(out, f)
		}
	}
	return out
}

func isSelected(name string, selected []string) bool {
	return slices.ContainsFunc(selected, func(s string) bool {
		s = strings.ToUpper(s)
		return s == name || s == "*" || s == "UF_*" && strings.HasPrefix(name, "UF_")
	})
}

// write returns a user with fields.
func (v *view) write(u *user.User, fields []field) phpform.Value {
	entries := make([]phpform.Entry, 0, len(fields))
	for _, f := range fields {
		if f.value == nil {
			if d := u.Details[fieldOf(f.name)]; d != "" {
				entries = append(entries, phpform.Entry{Key: f.name, Value: phpform.StringOf(d)})
			}
			continue
		}
		if value, ok := f.value(v, u); ok {
			entries = append(entries, phpform.Entry{Key: f.name, Value: value})
		}
	}
	for _, f := range v.custom {
		entries = append(entries, phpform.Entry{Key: f.Name, Value: v.customValue(f, u.ID)})
	}
	return phpform.ArrayOf(entries...)
}

func (v *view) customValue(f userfield.Field, id int64) phpform.Value {
	if f.Type == userfield.File {
		return userfieldrest.WriteFiles(f, id, v.values[id][f.Name], fileOf(f.Name))
	}
	return userfieldrest.Write(f, v.values[id][f.Name])
}

// needDetails reports whether some of fields are not in a plain user.User.
func needDetails(fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.value == nil || f.name == "UF_EMPLOYMENT_DATE" })
}

// fieldOf returns the area's name of a field: its own are those of the wire in lower case.
func fieldOf(name string) user.Field { return user.Field(strings.ToLower(name)) }

// fields answers the names of the fields that the caller may see.
func (h handlers) fields(_ context.Context, c *rest.Call, _ rest.None) (phpform.Value, error) {
	var b phpform.Builder
	for _, f := range visible(c, nil) {
		if f.title != "" {
			b.Set(f.name, phpform.StringOf(f.title))
		}
	}
	return b.Value(), nil
}
