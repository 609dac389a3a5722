// Package userfieldweb turns the fields that are added to records into lines of a card and inputs of a form, and a form back
// into values. The pages of the records hold the template: a loop over Input.
package userfieldweb

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web/ui"
)

// Env is what values are shown with.
type Env struct {
	Language string
	Zone     *time.Location        // of who looks
	Clock12  bool                  // they see times on a 12-hour clock
	Person   func(id int64) Person // nil shows numbers
	// Own returns the frame for a field of a type that an application made, with its values: to edit them, or to show them.
	// It is false where there is none; nil has none.
	Own func(f userfield.Field, values []string, edit bool) (Frame, bool)
	// Files are the files and uploads that values name, by the values; see With.
	Files map[string]File
}

// Person is how a user is shown.
type Person struct {
	Name  string
	Login string // what is typed to mean them
	URL   string
}

func (e Env) person(value string) Person {
	id, _ := strconv.ParseInt(value, 10, 64)
	if e.Person != nil {
		if p := e.Person(id); p.Name != "" {
			return p
		}
	}
	return Person{Name: "User " + value, Login: value}
}

// Fact is a line of a card.
type Fact struct {
	Label string
	Items []Item
	Frame *Frame // shows the values instead; nil for types of the portal
}

// Item is a value as people read it. URL is where it leads; empty for nowhere.
type Item struct {
	Text, URL string
	File      *File // nil: it is none
}

// Facts returns the fields that have values.
func Facts(fields []userfield.Field, values userfield.Values, env Env) []Fact {
	var out []Fact
	for _, f := range fields {
		if len(values[f.Name]) == 0 {
			continue
		}
		fact := Fact{Label: f.Title(env.Language), Frame: env.frame(f, values[f.Name], false)}
		for _, v := range values[f.Name] {
			fact.Items = append(fact.Items, item(f, v, env))
		}
		out = append(out, fact)
	}
	return out
}

// frame returns the frame for a field of a type that an application made; nil where there is none.
func (e Env) frame(f userfield.Field, values []string, edit bool) *Frame {
	if !f.Type.IsOwn() || e.Own == nil {
		return nil
	}
	if frame, ok := e.Own(f, values, edit); ok {
		return &frame
	}
	return nil
}

func item(f userfield.Field, v string, env Env) Item {
	switch f.Type {
	case userfield.Boolean:
		return Item{Text: map[string]string{"1": "Yes", "0": "No"}[v]}
	case userfield.Date:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return Item{Text: t.Format("2 January 2006")}
		}
	case userfield.DateTime:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return Item{Text: t.In(env.zone()).Format(ui.Layout("2 January 2006, 15:04", env.Clock12))}
		}
	case userfield.Choice:
		return Item{Text: f.ChoiceTitle(v)}
	case userfield.Money:
		return Item{Text: strings.Replace(v, "|", " ", 1)}
	case userfield.Address:
		text, _, _ := strings.Cut(v, "|") // the coordinates are for maps
		return Item{Text: text}
	case userfield.Employee:
		p := env.person(v)
		return Item{Text: p.Name, URL: p.URL}
	case userfield.URL:
		return Item{Text: v, URL: followable(v)}
	case userfield.File:
		shown := env.file(v)
		return Item{Text: shown.Name, URL: shown.URL, File: &shown}
	}
	return Item{Text: v}
}

func (e Env) zone() *time.Location {
	if e.Zone == nil {
		return time.UTC
	}
	return e.Zone
}

// followable returns text as an address that a browser may follow; "" when it is none.
func followable(text string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// local is a time as browsers write it.
const local = "2006-01-02T15:04"

// written returns a value as it is typed into an input.
func written(f userfield.Field, v string, env Env) string {
	switch f.Type {
	case userfield.DateTime:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.In(env.zone()).Format(local)
		}
	case userfield.Money:
		return strings.Replace(v, "|", " ", 1)
	case userfield.Employee:
		return env.person(v).Login
	}
	return v
}

// Parse returns what a form says of fields. find returns the number of the user whom a text means; its error is shown at
// the field, as are those of values that are none of the field's type: then the errors are not nil, by the names of fields.
func Parse(form url.Values, fields []userfield.Field, env Env, find func(text string) (int64, error)) (userfield.Values, map[string]string) {
	out, errs := userfield.Values{}, map[string]string{}
	for _, f := range fields {
		typed := form[f.Name]
		if f.Type == userfield.File {
			out[f.Name] = parseFiles(f, typed, form[f.Name+removeSuffix])
			continue
		}
		if f.Multiple && f.Type != userfield.Choice && !longText(f) {
			typed = strings.FieldsFunc(strings.Join(typed, "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
		}
		values := []string{}
		for _, text := range typed {
			v, err := read(f, text, env, find)
			if err != nil {
				errs[f.Name] = fault.Of(err).Text
			}
			values = append(values, v)
		}
		if f.Type == userfield.Boolean && !f.Multiple && len(values) == 0 {
			values = []string{"0"} // a switch that is off sends nothing
		}
		out[f.Name] = values
	}
	if len(errs) == 0 {
		return out, nil
	}
	return out, errs
}

func read(f userfield.Field, text string, env Env, find func(string) (int64, error)) (string, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return "", nil
	}
	switch f.Type {
	case userfield.DateTime:
		if t, err := time.ParseInLocation(local, trimmed, env.zone()); err == nil {
			return t.UTC().Format(time.RFC3339), nil
		}
	case userfield.Money:
		return strings.Replace(trimmed, " ", "|", 1), nil
	case userfield.Employee:
		id, err := find(trimmed)
		if err != nil {
			return trimmed, err // what was typed comes back
		}
		return strconv.FormatInt(id, 10), nil
	}
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}
