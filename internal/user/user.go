package user

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
)

// Ref is who acts: what an area needs to know of the caller to decide what they may do.
type Ref struct {
	ID     int64
	Admin  bool
	Access access.Set // from roles; an administrator needs none
}

// May reports whether who acts has the permissions p. Administrators have all.
func (r Ref) May(p access.Set) bool { return r.Admin || r.Access.Has(p) }

// Kind says what sort of user somebody is.
type Kind string

// The kinds of users.
const (
	Employee Kind = "employee" // belongs to the company
	Extranet Kind = "extranet" // an outsider with an account
	Email    Kind = "email"    // an outsider who is known by mail only and cannot sign in
	Visitor  Kind = "visitor"  // a client of an open channel; cannot sign in
	Bot      Kind = "bot"      // acts for an application; cannot sign in
)

// SignsInBy is how accounts of the kind sign in, as the messenger's methods name it in external_auth_id.
// Page: api-reference/chats/users/im-user-get.md.
func (k Kind) SignsInBy() string {
	switch k {
	case Bot:
		return "bot"
	case Visitor:
		return "imconnector"
	case Email:
		return "email"
	case Employee, Extranet:
	}
	return "default"
}

// onlineFor is how long after the last sign of life a user still counts as online.
const onlineFor = 5 * time.Minute

// User is a person or a bot.
type User struct {
	ID      int64
	Kind    Kind
	Active  bool // false: dismissed, or a removed bot
	Admin   bool
	Login   string
	Email   string
	Theme   string // "system", "light" or "dark"; empty is system
	Clock12 bool   // times are shown as "2:05 pm" instead of "14:05"
	Details Details

	FirstName, LastName, SecondName string
	Position                        string
	Gender                          string // "M", "F" or ""
	Birthday                        string // "2006-01-02" or ""
	WWW                             string
	Mobile, WorkPhone, InnerPhone   string
	City                            string
	TimeZone                        string // an IANA name, or ""
	Language                        string // BCP 47, or ""
	Color                           string // "#rrggbb", behind the initials
	ColorCode                       string // the name of Color, e.g. "AZURE"
	AvatarHash                      string // empty without a picture

	DepartmentIDs []int64 // the main one first

	LastLogin    time.Time // zero: never
	LastActivity time.Time // exact to a minute; zero: never
	Registered   time.Time
	Updated      time.Time // when the profile changed last
}

// Details are the seldom used texts of a profile by the name of their Field. They are loaded by Service.Profiles and by
// List with Query.Details, not by Get and Many.
type Details map[Field]string

// ErrNotFound is returned for a user who does not exist.
var ErrNotFound = fault.New(fault.NotFound, "USER_NOT_FOUND", "User not found")

// Ref returns u as an actor, without what their roles allow: see Service.RefOf.
func (u User) Ref() Ref { return Ref{ID: u.ID, Admin: u.Admin} }

// DisplayName returns the first and last name, or what else names the user best.
func (u User) DisplayName() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	if u.Login != "" && u.Kind != Bot {
		return u.Login
	}
	if u.Email != "" {
		return u.Email
	}
	return "User " + strconv.FormatInt(u.ID, 10)
}

// Initials returns one or two capital letters for a user without a picture.
func (u User) Initials() string {
	words := strings.FieldsFunc(u.DisplayName(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 {
		return "?"
	}
	s := initial(words[0])
	if len(words) > 1 {
		s += initial(words[len(words)-1])
	}
	return s
}

func initial(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r))
}

// AvatarPath returns the path of the picture on the portal, "/avatar/<id>/<hash>", or "" without a picture. What is at a
// path never changes. "?size=150", 300 or 1000 gives a copy that fits into a square of that many pixels.
func (u User) AvatarPath() string {
	if u.AvatarHash == "" {
		return ""
	}
	return "/avatar/" + strconv.FormatInt(u.ID, 10) + "/" + u.AvatarHash
}

// ProfilePath returns the path of the user's card on the portal.
func (u User) ProfilePath() string {
	return "/company/personal/user/" + strconv.FormatInt(u.ID, 10) + "/"
}

// Online reports whether the user gave a sign of life in the five minutes before now.
func (u User) Online(now time.Time) bool {
	return !u.LastActivity.IsZero() && now.Sub(u.LastActivity) < onlineFor
}

// CanSignIn reports whether the user may have a session.
func (u User) CanSignIn() bool { return u.Active && (u.Kind == Employee || u.Kind == Extranet) }
