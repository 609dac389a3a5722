package placement

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Text is how a handler is called in one language.
type Text struct {
	Title, Description, Group string
}

// Handler is what an application bound to a place.
type Handler struct {
	ID     int64
	AppID  int64
	Code   string // of the place
	UserID int64  // for whom; 0 for everybody
	URL    string
	Text           // in the language of the portal, or of whoever asked for the handlers
	Langs  []Lang  // in others, sorted
	Option Options // how it shows
	Bound  time.Time
	By     int64 // who bound it

	App App // whose it is; set by For and Open
}

// Lang is a Text with its language.
type Lang struct {
	Code string // as the application gave it, in lower case
	Text
}

// in returns h with its texts in a language, and the name of the application where nothing else names it.
func (h Handler) in(language string) Handler {
	if i := slices.IndexFunc(h.Langs, func(l Lang) bool { return l.Code == language }); i >= 0 {
		t := h.Langs[i].Text
		for _, f := range []struct{ to, from *string }{
			{&h.Title, &t.Title}, {&h.Description, &t.Description}, {&h.Group, &t.Group},
		} {
			if *f.from != "" {
				*f.to = *f.from
			}
		}
	}
	if h.Title == "" {
		h.Title = h.App.Name
	}
	return h
}

// The limits of handlers.
const (
	MaxHandlers = 500  // of an application
	maxURL      = 2000 // bytes
	maxTitle    = 255  // bytes
	maxText     = 2000 // bytes of a description
	maxLangs    = 50
)

// The faults of placement.bind and its like. Pages: api-reference/widgets/placement-bind.md, api-reference/widgets/index.md.
var (
	ErrUnknown  = fault.New(fault.Invalid, "ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
	errMaxCount = fault.New(fault.Conflict, "ERROR_PLACEMENT_MAX_COUNT", "The application has bound as many handlers to the placement as it may")
	errUserMode = fault.New(fault.Invalid, "ERROR_PLACEMENT_USER_MODE", "User mode is not available")
	errBound    = fault.New(fault.Conflict, "ERROR_CORE", "Unable to set placement handler: Handler already binded")
	errURL      = fault.New(fault.Invalid, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
	errProtocol = fault.New(fault.Invalid, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")
	errAdmin    = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied!")

	// ErrHandlerNotFound is returned for a handler that does not exist, or that the person does not see.
	ErrHandlerNotFound = fault.New(fault.NotFound, "HANDLER_NOT_FOUND", "The application no longer shows a page here.")
)

// checkURL takes http and https addresses with a host.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil, len(text) > maxURL, u.User != nil:
		return errURL
	case u.Scheme != "http" && u.Scheme != "https" && u.Host != "":
		return errProtocol
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errURL
	}
	return nil
}

// Binding is what placement.bind is asked for.
type Binding struct {
	AppID   int64
	Code    string
	UserID  int64 // 0: for everybody
	URL     string
	Text    Text
	Langs   phpform.Value // an object of languages with TITLE, DESCRIPTION and GROUP_NAME
	Options phpform.Value
}

// check returns the handler that b asks for.
func (b Binding) check(language string, p Place) (Handler, error) {
	if err := checkURL(b.URL); err != nil {
		return Handler{}, err
	}
	if b.UserID != 0 && !p.PerUser {
		return Handler{}, errUserMode
	}
	langs, err := readLangs(b.Langs)
	if err != nil {
		return Handler{}, err
	}
	if err := b.Text.check(""); err != nil {
		return Handler{}, err
	}
	options, err := p.keep(b.Options)
	if err != nil {
		return Handler{}, err
	}
	h := Handler{AppID: b.AppID, Code: p.Code, UserID: b.UserID, URL: b.URL, Text: b.Text, Langs: langs, Option: options}
	at, found := slices.BinarySearchFunc(langs, language, func(l Lang, code string) int { return strings.Compare(l.Code, code) })
	switch {
	case found && h.Text == (Text{}):
		h.Text = langs[at].Text
	case !found && h.Text != (Text{}):
		h.Langs = slices.Insert(langs, at, Lang{language, h.Text})
	}
	return h, nil
}

// check bounds the texts; at says where they are.
func (t Text) check(at string) error {
	for _, f := range []struct {
		name, value string
		most        int
	}{{"TITLE", t.Title, maxTitle}, {"DESCRIPTION", t.Description, maxText}, {"GROUP_NAME", t.Group, maxTitle}} {
		if len(f.value) > f.most || strings.ContainsRune(f.value, 0) {
			return fault.Argument(at+f.name, "Argument '"+at+f.name+"' must not be longer than "+strconv.Itoa(f.most)+" bytes")
		}
	}
	return nil
}

// readLangs reads LANG_ALL. It returns the languages sorted.
func readLangs(v phpform.Value) ([]Lang, error) {
	if v.Empty() {
		return nil, nil
	}
	if !v.IsArray() || v.Len() > maxLangs {
		return nil, fault.Argument("LANG_ALL", "Argument 'LANG_ALL' must be an object of up to "+strconv.Itoa(maxLangs)+" languages")
	}
	var out []Lang
	for _, e := range v.Entries() {
		code, at := strings.ToLower(e.Key), "LANG_ALL["+e.Key+"]"
		if !isLanguage(code) || !e.Value.IsArray() {
			return nil, fault.Argument(at, "Argument '"+at+"' must be a language with an object of its texts")
		}
		l := Lang{Code: code, Text: Text{member(e.Value, "TITLE"), member(e.Value, "DESCRIPTION"), member(e.Value, "GROUP_NAME")}}
		if err := l.check(at); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(o Lang) bool { return o.Code == code }) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b Lang) int { return strings.Compare(a.Code, b.Code) })
	return out, nil
}

func member(v phpform.Value, name string) string {
	m, _ := v.GetFold(name)
	return strings.TrimSpace(m.Text())
}

// isLanguage reports whether code is two letters, with a region or script after them.
func isLanguage(code string) bool {
	for i, r := range code {
		letter := r >= 'a' && r <= 'z'
		if i < 2 && !letter || !letter && r != '-' && r != '_' {
			return false
		}
	}
	return len(code) >= 2 && len(code) <= 10
}
