package user

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

const (
	maxText   = 255  // characters of a name, a phone number, …
	maxDetail = 4000 // characters of one of the Details
)

// now returns the time to the second: REST shows no more, and what is shown must be found again by a filter.
func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Second) }

func invalid(field, text string) error {
	return fault.New(fault.Invalid, "INVALID_"+strings.ToUpper(field), text).At(field)
}

// validate cleans u and checks what can be checked without the database.
func (u *User) validate() error {
	for _, f := range u.named() {
		*f.text = strings.TrimSpace(clean(*f.text))
		if utf8.RuneCountInString(*f.text) > maxText {
			return invalid(f.name, "This is longer than "+strconv.Itoa(maxText)+" characters.")
		}
	}
	if u.Login == "" {
		return invalid("login", "Enter a login.")
	}
	if strings.ContainsAny(u.Login, " \t\r\n<>\"") {
		return invalid("login", "A login has no spaces, quotes or angle brackets.")
	}
	if err := u.validateKind(); err != nil {
		return err
	}
	if u.Gender = strings.ToUpper(u.Gender); u.Gender != "" && u.Gender != "M" && u.Gender != "F" {
		return invalid("gender", "The gender is M, F or empty.")
	}
	if err := u.validateDates(); err != nil {
		return err
	}
	u.DepartmentIDs = unique(u.DepartmentIDs)
	return u.validateDetails()
}

type namedText struct {
	name string
	text *string
}

func (u *User) named() []namedText {
	return []namedText{
		{"login", &u.Login},
		{"email", &u.Email},
		{"first_name", &u.FirstName},
		{"last_name", &u.LastName},
		{"second_name", &u.SecondName},
		{"position", &u.Position},
		{"gender", &u.Gender},
		{"birthday", &u.Birthday},
		{"www", &u.WWW},
		{"mobile", &u.Mobile},
		{"work_phone", &u.WorkPhone},
		{"inner_phone", &u.InnerPhone},
		{"city", &u.City},
		{"time_zone", &u.TimeZone},
		{"language", &u.Language},
		{"color", &u.ColorCode},
	}
}

func (u *User) validateKind() error {
	switch u.Kind {
	case Employee, Extranet, Email, Visitor, Bot:
	default:
		return invalid("kind", "There is no such kind of user.")
	}
	if u.Admin && u.Kind != Employee {
		return invalid("admin", "Only an employee can be an administrator.")
	}
	if u.Email == "" || u.Kind == Bot {
		return nil
	}
	if a, err := mail.ParseAddress(u.Email); err != nil || a.Address != u.Email {
		return invalid("email", "This is not an e-mail address.")
	}
	return nil
}

func (u *User) validateDates() error {
	if u.Birthday != "" {
		t, ok := ParseTime(u.Birthday)
		if !ok {
			return invalid("birthday", "Write the date as 1990-12-31.")
		}
		u.Birthday = t.Format(time.DateOnly)
	}
	if u.TimeZone == "" {
		return nil
	}
	if _, err := time.LoadLocation(u.TimeZone); err != nil || u.TimeZone == "Local" {
		return invalid("time_zone", "There is no such time zone.")
	}
	return nil
}

func (u *User) validateDetails() error {
	for f, v := range u.Details {
		if !details[f] {
			return invalid(string(f), "There is no such field.")
		}
		v = strings.TrimSpace(clean(v))
		if utf8.RuneCountInString(v) > maxDetail {
			return invalid(string(f), "This is longer than "+strconv.Itoa(maxDetail)+" characters.")
		}
		if f == FieldEmploymentDate && v != "" {
			t, ok := ParseTime(v)
			if !ok {
				return invalid(string(f), "Write the date as 2026-12-31.")
			}
			v = t.Format(time.DateOnly)
		}
		u.Details[f] = v
	}
	return nil
}

// unique returns the positive ids, each once, in their order.
func unique(ids []int64) []int64 {
	var out []int64
	for _, id := range ids {
		if id > 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
