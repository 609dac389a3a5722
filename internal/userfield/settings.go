package userfield

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// settings returns what a type keeps of given, complete with its defaults, in the order in which it is documented. What a
// type does not know is not kept. Pages: api-reference/user/userfields/user-userfield-add.md,
// api-reference/tasks/user-field/task-item-user-field-get.md.
func (t Type) settings(given phpform.Value) (phpform.Value, error) {
	if !given.Empty() && !given.IsArray() {
		return given, badSetting("SETTINGS", "an object")
	}
	r := settingReader{given: given}
	switch t {
	case Integer:
		r.whole("SIZE", UsualWidth, 1, maxWidth)
		r.bounds(t)
		r.set("DEFAULT_VALUE", r.typed(t))
	case Double:
		r.whole("PRECISION", 2, 0, 12)
		r.whole("SIZE", UsualWidth, 1, maxWidth)
		r.bounds(t)
		r.set("DEFAULT_VALUE", r.typed(t))
	case Boolean:
		r.set("DEFAULT_VALUE", phpform.IntOf(r.yes("DEFAULT_VALUE")))
		r.word("DISPLAY", "CHECKBOX", "CHECKBOX", "RADIO", "DROPDOWN")
	case Date, DateTime:
		r.set("DEFAULT_VALUE", r.moment(t))
	case Choice:
		r.word("DISPLAY", "LIST", "LIST", "UI", "CHECKBOX", "DIALOG")
		r.whole("LIST_HEIGHT", 1, 1, 100)
		r.set("CAPTION_NO_VALUE", phpform.StringOf(r.text("CAPTION_NO_VALUE")))
		r.word("SHOW_NO_VALUE", "Y", "Y", "N")
	case String:
		r.whole("SIZE", UsualWidth, 1, maxWidth)
		r.whole("ROWS", 1, 1, 100)
		r.pattern()
		r.whole("MIN_LENGTH", 0, 0, maxText)
		r.whole("MAX_LENGTH", 0, 0, maxText)
		r.set("DEFAULT_VALUE", r.words())
	case Employee, File:
	case Money:
		r.set("DEFAULT_VALUE", r.typed(t))
	default:
		r.set("DEFAULT_VALUE", phpform.StringOf(r.text("DEFAULT_VALUE")))
	}
	return r.out.Value(), r.err
}

func badSetting(name, want string) error {
	return fault.New(fault.Invalid, "ERROR_CORE", "SETTINGS: "+name+" must be "+want)
}

// settingReader reads settings. The first that cannot be taken is its err.
type settingReader struct {
	given phpform.Value
	out   phpform.Builder
	err   error
}

func (r *settingReader) fail(name, want string) {
	if r.err == nil {
		r.err = badSetting(name, want)
	}
}

func (r *settingReader) set(name string, v phpform.Value) { r.out.Set(name, v) }

// soFar returns the settings that were read, which stay there.
func (r *settingReader) soFar() phpform.Value {
	v := r.out.Value()
	for _, e := range v.Entries() {
		r.out.Set(e.Key, e.Value)
	}
	return v
}

func (r *settingReader) text(name string) string {
	v, _ := r.given.GetFold(name)
	if v.IsArray() && v.Len() > 0 || len(v.Text()) > maxSetting {
		r.fail(name, "a text of up to "+strconv.Itoa(maxSetting)+" bytes")
	}
	return v.Text()
}

// typed returns a default value in the form of the type; an empty text where there is none.
func (r *settingReader) typed(t Type) phpform.Value {
	raw := strings.TrimSpace(r.text("DEFAULT_VALUE"))
	if raw == "" {
		return phpform.StringOf("")
	}
	f := Field{Type: t, Settings: r.soFar()}
	canonical, err := f.canonical(raw)
	switch {
	case err != nil:
		r.fail("DEFAULT_VALUE", "a value of the type "+string(t))
	case f.limit(canonical) != nil:
		r.fail("DEFAULT_VALUE", "a value that the field takes")
	}
	return phpform.StringOf(canonical)
}

func (r *settingReader) yes(name string) int64 {
	raw := r.text(name)
	if n, err := strconv.ParseInt(raw, 10, 64); err == nil && n >= 1 || phpform.StringOf(raw).Truthy() {
		return 1
	}
	return 0
}

func (r *settingReader) whole(name string, usual, least, most int64) {
	v, ok := r.given.GetFold(name)
	n := usual
	if ok && v.Text() != "" {
		if n, ok = v.Int(); !ok || n < least || n > most {
			r.fail(name, "a whole number from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10))
		}
	}
	r.set(name, phpform.IntOf(n))
}

func (r *settingReader) word(name, usual string, words ...string) {
	w := strings.ToUpper(strings.TrimSpace(r.text(name)))
	if w == "" {
		w = usual
	}
	if !slices.Contains(words, w) {
		r.fail(name, "one of "+strings.Join(words, ", "))
	}
	r.set(name, phpform.StringOf(w))
}

// moment reads the default of a date: none, the time of the record, or a fixed one.
func (r *settingReader) moment(t Type) phpform.Value {
	given, _ := r.given.GetFold("DEFAULT_VALUE")
	kind, value := "NONE", ""
	if given.IsArray() {
		k, _ := given.GetFold("TYPE")
		v, _ := given.GetFold("VALUE")
		kind, value = strings.ToUpper(k.Text()), v.Text()
	}
	switch kind {
	case "", "NONE":
		kind, value = "NONE", ""
	case "NOW":
		value = ""
	case "FIXED":
		var err error
		if value, err = (Field{Type: t}).canonical(value); err != nil || value == "" {
			r.fail("DEFAULT_VALUE", "an object with TYPE and a VALUE that is a date")
		}
	default:
		r.fail("DEFAULT_VALUE", "an object with TYPE NONE, NOW or FIXED")
	}
	return phpform.ArrayOf(phpform.Entry{Key: "VALUE", Value: phpform.StringOf(value)}, phpform.Entry{Key: "TYPE", Value: phpform.StringOf(kind)})
}

// Defaults returns the values of a new record in a field that nothing was said of.
func (f Field) Defaults(now time.Time) []string {
	if f.Type == Choice {
		var out []string
		for _, o := range f.Choices {
			if o.Default && (f.Multiple || out == nil) {
				out = append(out, strconv.FormatInt(o.ID, 10))
			}
		}
		return out
	}
	v, _ := f.Settings.Get("DEFAULT_VALUE")
	text := v.Text()
	if v.IsArray() {
		kind, _ := v.Get("TYPE")
		value, _ := v.Get("VALUE")
		text = value.Text()
		switch {
		case kind.Text() == "NOW" && f.Type == Date:
			text = now.UTC().Format(time.DateOnly)
		case kind.Text() == "NOW":
			text = now.UTC().Format(time.RFC3339)
		}
	}
	if text == "" {
		return nil
	}
	return []string{text}
}
