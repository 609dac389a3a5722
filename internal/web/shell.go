package web

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed templates/*.tmpl *.js *.svg lib/*.js
var files embed.FS

// Config is what a shell needs.
type Config struct {
	PortalName string // shown on the sign-in page and in titles
	// Name returns what PortalName says where that may change; nil is PortalName.
	Name     func() string
	Sessions Sessions
	// SignIn takes a login and password where more than that may be asked for; nil is Sessions.SignIn.
	SignIn func(ctx context.Context, a SignInAttempt) (SignInOutcome, error)
	// StepURL is where a sign-in leads that asks for more.
	StepURL string
	// SignInWays returns what the sign-in page offers; nil: a login and a password.
	SignInWays func(ctx context.Context) (SignInWays, error)
	Live       Live // nil: no live stream, /live answers 404
	Clock      clock.Clock
	Log        *slog.Logger // nil is slog.Default()

	// Navigation returns the items of the rail for a viewer, in order. It runs for every page, so it should be cheap.
	Navigation func(ctx context.Context, v Viewer) ([]NavItem, error)
	// Home is where "/" leads; empty is the first navigation item.
	Home string

	// Bell returns what stands beside the search: the notifications of a viewer. It runs for every page; nil: there is none.
	Bell func(ctx context.Context, v Viewer) (Bell, error)

	// ProfileURL is where one changes one's own profile; empty: there is no such page.
	ProfileURL string

	// TrustProxy believes X-Forwarded-Proto and X-Forwarded-For: set it only behind a proxy that sets them.
	TrustProxy bool
	// Banner returns what every page says to v above its content, for as long as it is true; nil is nothing.
	Banner func(v Viewer) *Banner
	// Origins are further origins ("https://portal.example.com") that forms may come from, besides the request's host.
	Origins []string
	// SignInNote is a line under the sign-in form, for portals with demo data.
	SignInNote string
	// DevGallery serves the component gallery at /ui to everybody.
	DevGallery bool
}

// Banner is a warning on every page.
type Banner struct {
	Text string
	URL  string // where it can be changed
	Link string // what the link says
}

// Bell leads to the notifications. Its page opens in a slider.
type Bell struct {
	ID    string // the live event "counter" {"id", "count"} updates its counter
	Title string
	URL   string
	Count int // shown when > 0
}

// NavItem is an entry of the rail.
type NavItem struct {
	ID    string // Page.Section refers to it; the live event "counter" {"id", "count"} updates its counter
	Title string
	URL   string
	Icon  string // a name of the icon set
	// ImageURL is shown instead of the icon (installed apps); without both, the first letter of Title.
	ImageURL string
	Count    int // shown when > 0
	// CountURL is asked again for the counter, as {"id", "count"}, when one of the live events CountOn, separated by spaces, or "resync"
	// came; empty: nobody asks. A page with data-counts="<ID>" counts by itself. The event "recount" with the ID asks at once.
	CountURL, CountOn string
	App               bool // listed in the group of installed apps, below
}

// Shell serves every page of a portal except /rest/ and /oauth/. Register areas and routes first, then call Handler;
// registration panics on mistakes, since they are found at start.
type Shell struct {
	cfg      Config
	mux      *http.ServeMux
	csrf     *http.CrossOriginProtection
	log      *slog.Logger
	areas    map[string]*area
	pages    map[string]bool   // patterns of pages, which may be shown behind a slider
	access   map[string]Access // of every route, by its pattern
	search   []searchProvider
	commands []Command
	checked  bool

	widgets    WidgetFunc
	everywhere []string // modules of every page of a person who is signed in
}

// Everywhere has a module ("area/file.js") loaded by every page of a person who is signed in, and its default export called
// with the document's body: for what must stay true wherever they are, such as a counter in the rail.
func (s *Shell) Everywhere(module string) { s.everywhere = append(s.everywhere, module) }

// New returns a shell with the sign-in page, search, theme switch and live stream.
func New(cfg Config) *Shell {
	if cfg.Sessions == nil {
		panic("web: Config.Sessions is nil")
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Shell{
		cfg: cfg, mux: http.NewServeMux(), log: cfg.Log,
		csrf:  http.NewCrossOriginProtection(),
		areas: map[string]*area{}, pages: map[string]bool{}, access: map[string]Access{},
	}
	for _, o := range cfg.Origins {
		if err := s.csrf.AddTrustedOrigin(o); err != nil {
			panic("web: Config.Origins: " + err.Error())
		}
	}
	s.csrf.SetDenyHandler(http.HandlerFunc(s.refuseCrossOrigin))
	s.addUI()
	s.Area("web", files)
	s.routes()
	return s
}

// addUI registers the components: their modules, the icon sprite and one stylesheet of all their styles.
func (s *Shell) addUI() {
	a := newArea("ui", ui.Files, s.log)
	a.put("ui.css", ui.Stylesheet())
	a.seal()
	s.areas["ui"] = a
	sprite := &area{name: "icons", hash: ui.SpriteHash(), assets: map[string]*asset{}, log: s.log}
	sprite.put("icons.svg", ui.Sprite())
	s.areas["icons"] = sprite
}

func (s *Shell) routes() {
	s.mux.HandleFunc("GET /assets/{hash}/{area}/{file...}", s.serveAsset)
	icon := s.AssetURL("web/icon.svg")
	s.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { // for what has no head to name it in
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.Redirect(w, r, icon, http.StatusFound)
	})
	s.Page("/{$}", Public, s.home)
	s.Page("/login", Public, s.signInPage)
	s.Action("/login", Public, s.signIn)
	s.Action("/logout", Public, s.signOut)
	s.Action("/theme", SignedIn, s.setTheme)
	s.Fragment("/search", SignedIn, s.searchFragment)
	if s.cfg.Live != nil {
		s.Stream("/live", SignedIn, s.liveStream)
	}
	if s.cfg.DevGallery {
		s.addGallery()
	}
	s.Page("/", Public, s.notFound)
}

// Handler checks that what was registered fits together (every import of a module resolves) and returns the handler of
// the portal's pages.
func (s *Shell) Handler() http.Handler {
	if !s.checked {
		s.checkImports()
		s.checked = true
	}
	return s.guard(s.csrf.Handler(s.mux))
}

// name is what the portal is called.
func (s *Shell) name() string {
	if s.cfg.Name != nil {
		return s.cfg.Name()
	}
	return s.cfg.PortalName
}

// home leads to the first page of the portal.
func (s *Shell) home(ctx context.Context, r *Request) (Page, error) {
	if !r.Viewer.SignedIn() {
		return Page{Redirect: "/login"}, nil
	}
	if s.cfg.Home != "" {
		return Page{Redirect: s.cfg.Home}, nil
	}
	items, err := s.navigation(ctx, r.Viewer)
	if err != nil {
		return Page{}, err
	}
	if i := slices.IndexFunc(items, func(n NavItem) bool { return strings.HasPrefix(n.URL, "/") && n.URL != "/" }); i >= 0 {
		return Page{Redirect: items[i].URL}, nil
	}
	return Page{}, errNotFound
}

func (s *Shell) navigation(ctx context.Context, v Viewer) ([]NavItem, error) {
	if s.cfg.Navigation == nil || !v.SignedIn() {
		return nil, nil
	}
	return s.cfg.Navigation(ctx, v)
}
