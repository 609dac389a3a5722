package userweb

import (
	"context"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Sessions lets the shell sign people in and out.
type Sessions struct{ users *user.Service }

var _ web.Rotator = Sessions{}

var _ web.Sessions = Sessions{}

// NewSessions returns the sessions of s for web.Config.
func NewSessions(s *user.Service) Sessions { return Sessions{s} }

// SignIn checks a login and password and opens a session.
func (s Sessions) SignIn(ctx context.Context, login, password, userAgent, remoteAddr string) (string, error) {
	return s.users.SignIn(ctx, login, password, userAgent, remoteAddr)
}

// Lookup returns whose session token is.
func (s Sessions) Lookup(ctx context.Context, token string) (web.Viewer, error) {
	f, err := s.users.Find(ctx, token)
	if err != nil {
		return web.Viewer{}, err
	}
	v := Viewer(f.User)
	v.Session, v.Renew, v.Replaced = f.Key, f.Renew, f.Replaced
	v.Access, err = s.users.AccessOf(ctx, f.User)
	return v, err
}

// SignOut ends the session of token.
func (s Sessions) SignOut(ctx context.Context, token string) error {
	return s.users.SignOut(ctx, token)
}

// Rotate gives the session of token another token.
func (s Sessions) Rotate(ctx context.Context, token string) (string, error) {
	return s.users.Rotate(ctx, token)
}

// SetTheme stores the person's theme.
func (s Sessions) SetTheme(ctx context.Context, userID int64, theme string) error {
	return s.users.SetTheme(ctx, userID, theme)
}

// Viewer returns u as the shell sees who looks at a page.
func Viewer(u user.User) web.Viewer {
	return web.Viewer{
		ID: u.ID, Name: u.DisplayName(), FirstName: u.FirstName, Initials: u.Initials(), Color: u.Color,
		AvatarURL: thumb(u), Position: u.Position, Admin: u.Admin, Theme: u.Theme, Language: u.Language,
		TimeZone: zone(u.TimeZone), Clock12: u.Clock12,
	}
}

// thumb returns the address of a small copy of the picture: no avatar of the pages is larger than half of it.
func thumb(u user.User) string {
	if u.AvatarHash == "" {
		return ""
	}
	return u.AvatarPath() + "?size=150"
}

var zones sync.Map // name → *time.Location; there are some 600

// zone returns the time zone called name, nil for an unknown one.
func zone(name string) *time.Location {
	if name == "" {
		return nil
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, z)
	return z
}
