package attach

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// The faults of a part, with the codes and texts that api-reference/chat-bots/outdated/messages/imbot-message-add.md lists.
var (
	ErrAttach           = fault.New(fault.Invalid, "ATTACH_ERROR", "Incorrect attach params")
	ErrAttachOversize   = fault.New(fault.TooLarge, "ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")
	ErrKeyboard         = fault.New(fault.Invalid, "KEYBOARD_ERROR", "Incorrect keyboard params")
	ErrKeyboardOversize = fault.New(fault.TooLarge, "KEYBOARD_OVERSIZE", "You have exceeded the maximum allowable size of keyboard")
	ErrMenu             = fault.New(fault.Invalid, "MENU_ERROR", "Incorrect menu params")
	ErrMenuOversize     = fault.New(fault.TooLarge, "MENU_OVERSIZE", "You have exceeded the maximum allowable size of menu")
)

// The largest normal form of a part, as JSON.
const (
	maxBytes = 30 << 10 // of a message, in bytes
	maxChars = 60_000   // of a notification and of the second version of the bots' methods, in characters
)

// maxText is the longest JSON text, in bytes, that is read at all: escapes and blanks may make it longer than what it says.
const maxText = 1 << 20

// maxPixels bounds every width and height.
const maxPixels = 10_000

// faults are the two faults of a kind of part.
type faults struct{ wrong, oversize *fault.Fault }

// tokens are the names of the colours that follow the theme.
var tokens = []string{"primary", "secondary", "alert", "base"}

// decode returns the array that v holds itself or as a JSON text. It returns an empty array for what means none: nothing,
// an empty value and the letter N.
func (f faults) decode(v phpform.Value) (phpform.Value, error) {
	if v.Empty() {
		return phpform.Value{}, nil
	}
	if v.IsArray() {
		return v, nil
	}
	text := strings.TrimSpace(v.Text())
	switch {
	case v.Kind() != phpform.String:
		return v, f.wrong.Because(errors.New("neither an array nor a text"))
	case text == "" || strings.EqualFold(text, "n"):
		return phpform.Value{}, nil
	case len(text) > maxText:
		return v, f.oversize
	}
	parsed, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil {
		if len(text) > maxBytes && fault.KindOf(err) == fault.TooLarge {
			return v, f.oversize.Because(err)
		}
		return v, f.wrong.Because(err)
	}
	if parsed.IsNull() {
		return phpform.Value{}, nil
	}
	if !parsed.IsArray() {
		return v, f.wrong.Because(errors.New("the JSON text holds no array"))
	}
	return parsed, nil
}

// fits returns oversize where the JSON of part is longer than maxBytes or, for a wide part, than maxChars.
func (f faults) fits(part any, wide bool) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(part); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	raw := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if !wide && len(raw) > maxBytes || wide && utf8.RuneCount(raw) > maxChars {
		return f.oversize
	}
	return nil
}

// rows returns the elements of v where its keys are numbers, whatever they count from; false where v is one thing.
func rows(v phpform.Value) ([]phpform.Value, bool) {
	if !v.IsArray() {
		return nil, false
	}
	list := make([]phpform.Value, 0, v.Len())
	for _, e := range v.Entries() {
		if strings.Trim(e.Key, "0123456789") != "" || e.Key == "" {
			return nil, false
		}
		list = append(list, e.Value)
	}
	return list, true
}

// oneOrMore returns the arrays in v, which is one of them or a list; false where it is neither or has none.
func oneOrMore(v phpform.Value) ([]phpform.Value, bool) {
	list, ok := rows(v)
	if !ok {
		list = []phpform.Value{v}
	}
	for _, e := range list {
		if !e.IsArray() {
			return nil, false
		}
	}
	return list, len(list) > 0
}

// fields reads the named values of an array and remembers the first that is wrong.
type fields struct {
	v   phpform.Value
	err error
}

func (f *fields) fail(key, what string) {
	if f.err == nil {
		f.err = fmt.Errorf("%s: %s", key, what)
	}
}

// text returns the scalar at key; "" where there is none.
func (f *fields) text(key string) string {
	v, ok := f.v.GetFold(key)
	if !ok {
		return ""
	}
	if v.IsArray() && v.Len() > 0 {
		f.fail(key, "no text")
		return ""
	}
	return v.Text()
}

// need is text for a value that must be there.
func (f *fields) need(key string) string {
	s := strings.TrimSpace(f.text(key))
	if s == "" {
		f.fail(key, "missing")
	}
	return s
}

// link returns the address at key; one that is not http, https or a path of the portal is wrong.
func (f *fields) link(key string) string {
	raw := strings.TrimSpace(f.text(key))
	if raw == "" {
		return ""
	}
	address, ok := bbcode.SafeHTTP(raw)
	if !ok {
		f.fail(key, "address refused")
	}
	return address
}

// needLink is link for an address that must be there.
func (f *fields) needLink(key string) string {
	f.need(key)
	return f.link(key)
}

// number returns the positive whole number at key, at most limit; 0 for anything else, which is how the documentation has
// a wrong size treated.
func (f *fields) number(key string, limit int64) int64 {
	v, _ := f.v.GetFold(key)
	n, ok := v.Int()
	if !ok {
		x, isFloat := v.Float()
		if !isFloat || x < 1 || x > float64(limit) {
			return 0
		}
		n = int64(x)
	}
	return min(max(n, 0), limit)
}

func (f *fields) pixels(key string) int { return int(f.number(key, maxPixels)) }

func (f *fields) id(key string) int64 { return f.number(key, 1<<53) }

// color returns the colour at key as #rgb or #rrggbb; "" for anything else, so that the default is used.
func (f *fields) color(key string) string {
	c, _ := bbcode.Color(f.text(key))
	return c
}

// choice returns the one of options that the text at key is, in any case; otherwise "", so that the default is used.
func (f *fields) choice(key string, options ...string) string {
	s := strings.TrimSpace(f.text(key))
	for _, o := range options {
		if strings.EqualFold(s, o) {
			return o
		}
	}
	return ""
}
