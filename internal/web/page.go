package web

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/web/ui"
)

// Layout says how the page uses the room beside the rail.
type Layout uint8

// The layouts.
const (
	Full   Layout = iota // the whole width and height; the page scrolls its own panes
	Wide                 // scrolls as one, content up to 1200 px
	Narrow               // scrolls as one, content up to 720 px: forms, settings
	Bare                 // no rail and no top bar: sign-in
	Blank                // nothing but the page and its modules, for a document inside a frame of another page
)

// Page is the answer of a page function: what to show and how.
type Page struct {
	Title    string // in the top bar and the browser's tab
	Section  string // ID of the navigation item that is current
	Template string // "area/name"
	Body     any    // the template's dot

	Modules []string // "area/file.js": loaded, and their default export called with the root of the page
	Styles  []string // "area/file.css"

	Layout  Layout
	Tabs    []Tab
	Actions []Action // buttons of the top bar, the main one first
	Keys    []Key    // shown by "?"; a module or a data-key attribute does the work
	Back    string   // at small widths: where the arrow before the title leads, for panes that became pages

	// Slider says that this page opens over another one. Its address, when opened directly or reloaded, shows the page
	// Behind with the slider over it; links to it carry the attribute data-slider.
	//
	// With an empty Behind it stands by itself when opened directly, and only a reload brings it back over the page from
	// which it was opened.
	Slider bool
	Behind string // address of the page to show behind
	// WideSlider makes the slider as wide as the window allows (app frames, editors) instead of 880 px.
	WideSlider bool

	// Frames are origins ("https://app.example.com") whose pages this one shows in frames and posts forms to.
	Frames []string
	// Whole is the id of an element: browsers that can show nothing before it has arrived, so that a page that is laid out from
	// its end does not move while it comes in.
	Whole string
	// AnyImages lets the page show images from everywhere (messages with links to pictures), not only the portal's.
	AnyImages bool

	Status   int    // 0 is 200
	Redirect string // when set, the browser is sent there instead
}

// Tab is a tab in the top bar: a link to a page of the same section.
type Tab = ui.Tab

// Action is a button of the top bar: a link, or a form of one button when Post is set.
type Action struct {
	Title   string
	URL     string
	Icon    string
	Primary bool
	Slider  bool   // opens in a slider
	Post    bool   // sends a POST to URL
	Key     string // a key that clicks it, e.g. "n"
}

// Key is a line of the "?" dialog.
type Key struct {
	Keys string // as written on the keyboard, e.g. "J", "Ctrl Enter"; alternatives separated by " / "
	Does string
}

// Result is the answer of an action or a fragment: Redirect, JSON, HTML, Page, File, Download or NoContent.
type Result interface{ result() }

// Redirect sends the browser to an address of the portal. A request made by web/fetch.js gets {"redirect", "toast"}.
type Redirect struct {
	To    string
	Toast string // said on the next page
}

// JSON answers with Value.
type JSON struct {
	Value  any
	Status int // 0 is 200
}

// HTML answers with a template alone, without the shell.
type HTML struct {
	Template string // "area/name"
	Body     any
	Status   int // 0 is 200
}

// File answers with the bytes of Content, which is closed afterwards where it is an io.Closer. Ranges work.
type File struct {
	Content  io.ReadSeeker
	Name     string
	Type     string // media type; empty is application/octet-stream
	Modified time.Time
	// Tag names these bytes and no others, so that a browser that has them need not get them again, and one that has the
	// beginning gets the rest; empty: the time of Modified does that.
	Tag string
	// Inline lets the browser show it. Only pictures, sound, video and PDF are ever shown inline, the rest is downloaded
	// whatever this says: an uploaded page must not run with the portal's origin.
	Inline bool
	// Forever says that the address never names other bytes, so that the browser keeps them.
	Forever bool
}

// Download answers with a file that is made while it is sent. Write is called once; when it fails the transfer is cut off,
// so that half a file never passes for a whole one.
type Download struct {
	Name  string
	Type  string // media type
	Write func(w io.Writer) error
}

// Cell returns text as a cell of a table that is sent as CSV: one that begins as a formula does gets a quote before it, so that no spreadsheet
// takes what somebody else wrote for one.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// WithCookies is an answer that sets cookies too.
type WithCookies struct {
	Result  Result
	Cookies []*http.Cookie
}

// NoContent answers 204.
type NoContent struct{}

func (Page) result()      {}
func (Redirect) result()  {}
func (JSON) result()      {}
func (HTML) result()      {}
func (File) result()      {}
func (Download) result()  {}
func (NoContent) result() {}

func (WithCookies) result() {}
