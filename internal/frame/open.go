package frame

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// Default is the place of an application's own page.
const Default = "DEFAULT"

// MaxOptions bounds the JSON text of a page's options, in bytes.
const MaxOptions = 16 << 10

// optionLimits bound the options of a page; the text is bounded before.
var optionLimits = phpform.Limits{}

// Request says what to open.
type Request struct {
	AppID    int64
	Place    string // the code of a placement; empty is Default
	URL      string // the handler there; empty is the application's own page, or its installation page
	Options  string // what the place tells the handler: a JSON object, or empty
	From     string // path and query of the portal's page from which it is opened; may be empty
	Language string // of the person; empty is the portal's
}

// Opening is a page that is about to open.
type Opening struct {
	App     App
	SID     string // the session of this one opening, APP_SID
	Place   string
	Options phpform.Value // with the key URI
	Address string        // where the form goes, with its query
	Origin  string        // whose messages count, e.g. "https://app.example.com"
	Fields  []Field       // of the form; none for a page that is sandboxed
	// Sandboxed says that the page is a file of a static application, which lies on the portal and must not have its origin.
	Sandboxed bool
	Install   bool // it is the installation page
	First     bool // the person never used the application before
	Lang      string
	Tokens    Tokens
	At        Addresses
}

// Field is a field of the form that opens a page.
type Field struct{ Name, Value string }

// Name returns the name of the frame, by which the scripts of a page know the portal around it.
func (o Opening) Name() string { return o.At.Domain + "|" + protocol(o.At) + "|" + o.SID }

// Open prepares a page of an application for actor. Faults: APP_NOT_FOUND, APP_HAS_NO_PAGE, APP_NOT_INSTALLED, INVALID_OPTIONS,
// OPTIONS_TOO_LARGE.
func (s *Service) Open(ctx context.Context, actor user.Ref, r Request) (Opening, error) {
	a, err := s.May(ctx, actor, r.AppID)
	if err != nil {
		return Opening{}, err
	}
	o := Opening{App: a, Place: r.Place, Lang: r.Language, At: s.apps.Addresses(), SID: newSID()}
	if o.Options, err = readOptions(r.Options, r.From); err != nil {
		return Opening{}, err
	}
	if o.Place == "" {
		o.Place = Default
	}
	if o.Lang == "" {
		o.Lang = s.lang
	}
	handler := r.URL
	if handler == "" {
		handler, o.Install = a.page()
		switch {
		case !a.HasPage:
			return Opening{}, ErrNoPage
		case handler == "": // a static one, since the others must name their page
			return Opening{}, ErrNoSite
		}
	}
	if o.Tokens, err = s.tokens(ctx, actor, o); err != nil {
		return Opening{}, err
	}
	if o.First, err = s.first(ctx, a.ID, actor.ID); err != nil {
		return Opening{}, err
	}
	if err := o.setAddress(handler); err != nil {
		return Opening{}, err
	}
	if !o.Sandboxed {
		o.Fields = o.fields()
	}
	return o, nil
}

// May returns an application if actor may open its pages. Faults: APP_NOT_FOUND, APP_NOT_INSTALLED.
func (s *Service) May(ctx context.Context, actor user.Ref, appID int64) (App, error) {
	a, err := s.apps.App(ctx, appID)
	if err == nil && !a.Installed && !actor.Admin {
		err = ErrNotInstalled
	}
	return a, err
}

// page returns the address that opens now, and whether it is that of the installation.
func (a App) page() (address string, install bool) {
	if !a.Installed && a.InstallURL != "" {
		return a.InstallURL, true
	}
	return a.HandlerURL, !a.Installed
}

// tokens returns those of the page. An installation page keeps what it gets, so its tokens are its own.
func (s *Service) tokens(ctx context.Context, actor user.Ref, o Opening) (Tokens, error) {
	if o.Install {
		return s.apps.InstallTokens(ctx, o.App.ID, actor.ID)
	}
	return s.apps.PageTokens(ctx, o.App.ID, actor.ID, false)
}

// Renew returns new tokens for a page that is open. Faults: APP_NOT_FOUND, APP_NOT_INSTALLED.
func (s *Service) Renew(ctx context.Context, actor user.Ref, appID int64) (Tokens, error) {
	a, err := s.May(ctx, actor, appID)
	if err != nil {
		return Tokens{}, err
	}
	return s.apps.PageTokens(ctx, a.ID, actor.ID, true)
}

// FinishInstall notes that the installation page of an application is done. Faults: ACCESS_DENIED, APP_NOT_FOUND.
// Page: sdk/bx24-js-sdk/system-functions/bx24-install-finish.md.
func (s *Service) FinishInstall(ctx context.Context, actor user.Ref, appID int64) error {
	return s.apps.FinishInstall(ctx, actor, appID)
}

// Menu returns the applications whose pages actor may open, the oldest first.
func (s *Service) Menu(ctx context.Context, actor user.Ref) ([]App, error) {
	all, err := s.apps.WithPages(ctx)
	if err != nil || actor.Admin {
		return all, err
	}
	out := make([]App, 0, len(all))
	for _, a := range all {
		if a.Installed {
			out = append(out, a)
		}
	}
	return out, nil
}

// newSID returns a name for one opening: 32 hexadecimal digits, as the documentation shows it.
func newSID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func protocol(at Addresses) string {
	if at.Secure {
		return "1"
	}
	return "0"
}

// setAddress adds to the handler's address what the frame is told there. What it holds already stays.
func (o *Opening) setAddress(handler string) error {
	u, err := url.Parse(handler)
	if err != nil {
		return ErrNoPage.Because(err)
	}
	o.Origin = strings.ToLower(u.Scheme + "://" + hostOf(u))
	extra := "DOMAIN=" + url.QueryEscape(o.At.Domain) + "&PROTOCOL=" + protocol(o.At) + "&LANG=" + url.QueryEscape(o.Lang) + "&APP_SID=" + o.SID
	if u.RawQuery != "" {
		extra = "&" + extra
	}
	u.RawQuery += extra
	if o.Sandboxed = o.App.Static && strings.HasPrefix(u.Path, SitePath); o.Sandboxed {
		u.Scheme, u.Host, o.Origin = "", "", "null" // under whichever name the portal is open
	}
	o.Address = u.String()
	return nil
}

// hostOf returns a host as browsers name it in an origin: without the port that its scheme has anyway.
func hostOf(u *url.URL) string {
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}

// fields are the documented ones. Page: api-reference/widgets/index.md.
func (o Opening) fields() []Field {
	return []Field{
		{"AUTH_ID", o.Tokens.Access},
		{"AUTH_EXPIRES", strconv.FormatInt(int64(o.Tokens.ExpiresIn/time.Second), 10)},
		{"REFRESH_ID", o.Tokens.Refresh},
		{"SERVER_ENDPOINT", o.At.ServerEndpoint},
		{"APPLICATION_TOKEN", o.App.Token},
		{"APPLICATION_SCOPE", strings.Join(o.App.Scopes, ",")},
		{"member_id", o.Tokens.MemberID},
		{"status", o.App.Status},
		{"PLACEMENT", o.Place},
		{"PLACEMENT_OPTIONS", string(phpform.AppendJSON(nil, o.Options))},
	}
}

// readOptions returns the options of a page with the address that it is opened from, unless they name one themselves.
func readOptions(text, from string) (phpform.Value, error) {
	if len(text) > MaxOptions {
		return phpform.Value{}, errOptionsBig
	}
	v := phpform.ListOf()
	if text = strings.TrimSpace(text); text != "" {
		var err error
		if v, err = phpform.ParseJSON([]byte(text), optionLimits); err != nil || !v.IsArray() {
			return phpform.Value{}, errOptions.Because(err)
		}
	}
	if _, has := v.Get("URI"); has || from == "" {
		return v, nil
	}
	b := &phpform.Builder{}
	for _, e := range v.Entries() {
		b.Set(e.Key, e.Value)
	}
	return b.Set("URI", phpform.StringOf(from)).Value(), nil
}
