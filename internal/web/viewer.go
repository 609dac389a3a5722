package web

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/web/ui"
)

// Viewer is the person who looks at a page. Its zero value is a person who is not signed in.
type Viewer struct {
	ID        int64
	Name      string // full name, as shown
	FirstName string
	Initials  string // at most two letters; taken from Name when empty
	Color     string // CSS colour behind the initials; taken from Name when empty
	AvatarURL string // empty: the initials are shown
	Position  string
	Admin     bool
	Access    access.Set     // what their roles allow; an administrator needs none
	Theme     string         // "system", "light" or "dark"; empty is system
	Language  string         // BCP 47, in which applications are to speak; empty is the portal's
	TimeZone  *time.Location // nil is UTC
	Clock12   bool           // times are "2:05 pm" instead of "14:05"

	// Session names the session, among those of the person. It does not open it.
	Session string
	// Renew has the next page give the browser another token for the session, by Rotator.
	Renew bool
	// Replaced says that the browser has another token for the session already, so that it must not get this one again.
	Replaced bool
}

// SignedIn reports whether v is a known person.
func (v Viewer) SignedIn() bool { return v.ID != 0 }

// May reports whether v has the permissions p. Administrators have all.
func (v Viewer) May(p access.Set) bool { return v.SignedIn() && (v.Admin || v.Access.Has(p)) }

// Zone returns the viewer's time zone, UTC where none is set.
func (v Viewer) Zone() *time.Location {
	if v.TimeZone == nil {
		return time.UTC
	}
	return v.TimeZone
}

// Sessions signs people in and out. Throttling of attempts is its job.
type Sessions interface {
	// SignIn checks a login and password and opens a session. A fault is shown in its own words, at the input that its
	// Field names ("login" or "password"), or above the form when it names none.
	SignIn(ctx context.Context, login, password, userAgent, remoteAddr string) (token string, err error)
	// Lookup returns whose session token is. The fault kind Unauthorized says that there is no such session any more.
	Lookup(ctx context.Context, token string) (Viewer, error)
	// SignOut ends the session of token.
	SignOut(ctx context.Context, token string) error
	// SetTheme stores the person's theme: "system", "light" or "dark".
	SetTheme(ctx context.Context, userID int64, theme string) error
}

// Format returns t in the viewer's zone, by a layout of package time in which a time of the day is written on a 24-hour clock:
// it is turned into that of a 12-hour one for who wants that.
func (v Viewer) Format(t time.Time, layout string) string {
	return t.In(v.Zone()).Format(ui.Layout(layout, v.Clock12))
}

// Rotator is what Sessions may be besides: it gives a session another token.
type Rotator interface {
	// Rotate returns the new token of the session of token, which goes on to work for the requests under way.
	Rotate(ctx context.Context, token string) (string, error)
}

// SignInAttempt is what somebody signs in with.
type SignInAttempt struct {
	Login, Password string
	UserAgent       string
	RemoteAddr      string
	Device          string // the token in the cookie DeviceCookie
}

// SignInOutcome is how far an attempt got: Token opens the session; or Step, kept in the cookie StepCookie, leads on.
type SignInOutcome struct {
	Token string
	Step  string
}

// SignInWays are the ways in that the sign-in page offers.
type SignInWays struct {
	Provider    string // "Sign in with <Provider>"; empty: there is none
	ProviderURL string
	NoPassword  bool // the form of login and password is folded away: it is for emergencies
}

// Live gives a person's open pages their events.
type Live interface {
	// Subscribe returns a channel of events for one open page of userID. Each event is what goes on the wire, made once
	// for everybody: "event: type\ndata: {…}\n\n". The channel is buffered by the implementation, which closes it when a
	// reader is too slow; the page then comes back and asks for all since what it has. cancel may be called more than
	// once and after the channel was closed.
	Subscribe(userID int64) (events <-chan []byte, cancel func())
}

// Access says who may use a route: one of the constants, or Needs. The zero value is the usual one.
type Access uint64

// The kinds of access.
const (
	SignedIn Access = 0       // a person who is signed in; others are sent to the sign-in page
	Admin    Access = 1 << 63 // an administrator; others get a 403
	Public   Access = 1 << 62 // everybody; Request.Viewer may be the zero value
)

// Needs lets those use a route who have the permissions p; others get a 403.
func Needs(p access.Set) Access { return Access(p) }
