package userfieldweb

import (
	"embed"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl
var templates embed.FS

var inputs = template.Must(template.New("input.tmpl").Funcs(ui.Funcs()).ParseFS(templates, "input.tmpl"))

// Kinds of inputs.
const (
	text    = "text"    // one line; Type is that of the input
	area    = "area"    // several lines
	several = "several" // any number of inputs as text or area
	list    = "list"    // a list of Options, Size lines high
	radios  = "radios"  // one of Options, all in sight
	checks  = "checks"  // any of Options, all in sight
	pick    = "pick"    // a list of Options that can be searched: folded together, or Size lines high
	dialog  = "dialog"  // the same in a window of its own
	toggle  = "toggle"  // yes or no
	upload  = "upload"  // Files, of which each can be taken away, and a place for others
	own     = "own"     // the application whose type it is shows it, in Frame; Value is carried beside it
)

// Frame is where an application shows a field of a type of its own.
type Frame struct {
	Src    string
	App    string
	Height int64  // pixels; 0 is the usual one
	Value  string // what is shown, as JSON
}

// Input is an input of a form. HTML returns it.
type Input struct {
	Kind, Type, Step         string
	Name, Label, Help, Error string
	Value                    string
	Values                   []string // those that are there, or chosen
	Rows                     int64    // of an area
	Size                     int64    // lines of a list
	Width                    int64    // of an input of one line, in characters; 0 is all the room there is
	Required, Multiple       bool
	People                   bool // it takes people
	Options                  []ui.Option
	Frame                    *Frame // of Own
	Files                    []Stored
}

// HTML returns the input with its label, what helps and what is wrong. The page has the module "ui/inputs/inputs.js".
func (i Input) HTML() (template.HTML, error) {
	var b strings.Builder
	err := inputs.Execute(&b, i)
	return template.HTML(b.String()), err //nolint:gosec // written by html/template
}

// Chosen reports whether a value is chosen; the empty one is where nothing is.
func (i Input) Chosen(value string) bool {
	if value == "" {
		return i.Value == ""
	}
	return slices.Contains(i.Values, value)
}

// ID is what the elements of the input are called by.
func (i Input) ID() string { return "f-" + i.Name }

// Box is the type of the inputs that choose among Options.
func (i Input) Box() string {
	if i.Multiple {
		return "checkbox"
	}
	return "radio"
}

// ChosenTitles are the texts of what is chosen.
func (i Input) ChosenTitles() string {
	var out []string
	for _, o := range i.Options {
		if i.Chosen(o.Value) {
			out = append(out, o.Title)
		}
	}
	return strings.Join(out, ", ")
}

// One is one of several inputs.
type One struct {
	In    Input
	Value string
}

// At returns the one of several inputs that has a value; the empty one is for another.
func (i Input) At(value string) One { return One{i, value} }

// Inputs returns an input for each field. errs are the texts to show at fields, by their names.
func Inputs(fields []userfield.Field, values userfield.Values, errs map[string]string, env Env) []Input {
	out := make([]Input, len(fields))
	for i, f := range fields {
		in := Input{
			Kind: text, Type: "text", Name: f.Name, Label: f.Title(env.Language), Help: f.Help(env.Language), Error: errs[f.Name],
			Required: f.Mandatory && f.Type != userfield.Boolean, Multiple: f.Multiple,
		}
		typed := make([]string, len(values[f.Name]))
		for k, v := range values[f.Name] {
			typed[k] = written(f, v, env)
		}
		in.Value, in.Values = strings.Join(typed, "\n"), typed
		out[i] = in.of(f)
		if f.Type == userfield.File {
			out[i] = in.files(values[f.Name], env)
		}
		if out[i].Frame = env.frame(f, values[f.Name], true); out[i].Frame != nil {
			out[i].Kind = own
		}
	}
	return out
}

// setting returns a setting of a field's type as text; "" where it has none.
func setting(f userfield.Field, name string) string {
	v, _ := f.Settings.Get(name)
	return v.Text()
}

func lines(f userfield.Field, name string) int64 {
	v, _ := f.Settings.Get(name)
	n, _ := v.Int()
	return max(1, n)
}

// width returns how wide the input of a field is; 0 is all the room there is.
func width(f userfield.Field) int64 {
	v, _ := f.Settings.Get("SIZE")
	n, _ := v.Int()
	if n == userfield.UsualWidth {
		return 0
	}
	return max(0, n)
}

// longText reports whether a value of f may have several lines.
func longText(f userfield.Field) bool { return f.Type == userfield.String && lines(f, "ROWS") > 1 }

// of makes the input fit the type of its field and how the field wants to be shown.
func (i Input) of(f userfield.Field) Input {
	i.People = f.Type == userfield.Employee
	switch f.Type {
	case userfield.Choice:
		return i.choice(f)
	case userfield.Boolean:
		return i.yesNo(f)
	case userfield.Integer:
		i.Type, i.Step, i.Width = "number", "1", width(f)
	case userfield.Double:
		i.Type, i.Step, i.Width = "number", "any", width(f)
	case userfield.Date:
		i.Type = "date"
	case userfield.DateTime:
		i.Type = "datetime-local"
	case userfield.URL:
		i.Type = "url"
	case userfield.Money:
		i.Help = strings.TrimSpace(i.Help + " The amount with its currency, as 12.50 EUR.")
	case userfield.String:
		i.Width = width(f)
		if i.Rows = lines(f, "ROWS"); i.Rows > 1 {
			i.Kind = area
		}
	}
	if f.Multiple {
		i.Kind = several
	}
	return i
}

// choice shows a list as DISPLAY, LIST_HEIGHT, CAPTION_NO_VALUE and SHOW_NO_VALUE say.
// Page: api-reference/user/userfields/user-userfield-add.md.
func (i Input) choice(f userfield.Field) Input {
	i.Size = lines(f, "LIST_HEIGHT")
	if !f.Multiple && setting(f, "SHOW_NO_VALUE") != "N" {
		caption := setting(f, "CAPTION_NO_VALUE")
		if caption == "" {
			caption = "None"
		}
		i.Options = []ui.Option{{Title: caption}}
	}
	for _, o := range f.Choices {
		i.Options = append(i.Options, ui.Option{Value: strconv.FormatInt(o.ID, 10), Title: o.Value})
	}
	switch setting(f, "DISPLAY") {
	case "CHECKBOX":
		i.Kind = map[bool]string{true: checks, false: radios}[f.Multiple]
	case "UI":
		i.Kind = pick
	case "DIALOG":
		i.Kind = dialog
	default:
		if i.Kind = list; f.Multiple && i.Size == 1 {
			i.Size = int64(min(6, max(2, len(i.Options)))) // a line that holds several is of no use
		}
	}
	return i
}

// yesNo shows a flag as DISPLAY says.
func (i Input) yesNo(f userfield.Field) Input {
	if f.Multiple {
		i.Kind, i.Help = several, strings.TrimSpace(i.Help+" Yes or no.")
		return i
	}
	i.Options = []ui.Option{{Value: "1", Title: "Yes"}, {Value: "0", Title: "No"}}
	if i.Value == "" {
		i.Value, i.Values = "0", []string{"0"}
	}
	switch setting(f, "DISPLAY") {
	case "RADIO":
		i.Kind = radios
	case "DROPDOWN":
		i.Kind, i.Size = list, 1
	default:
		i.Kind = toggle
	}
	return i
}

// Filters returns an input for each of fields by which a list is filtered, with what form says of them.
func Filters(fields []userfield.Field, form url.Values, errs map[string]string, env Env) []Input {
	var out []Input
	for _, f := range fields {
		if f.ShowFilter == userfield.NoFilter {
			continue
		}
		i := Input{Kind: text, Type: "text", Name: f.Name, Label: f.Labels.In(userfield.FilterLabel, env.Language), Error: errs[f.Name], Value: form.Get(f.Name), Size: 1}
		if i.Label == "" {
			i.Label = f.Title(env.Language)
		}
		i.Values = []string{i.Value}
		switch f.Type {
		case userfield.Choice:
			i.Kind, i.Options = list, []ui.Option{{Title: "Any"}}
			for _, o := range f.Choices {
				i.Options = append(i.Options, ui.Option{Value: strconv.FormatInt(o.ID, 10), Title: o.Value})
			}
		case userfield.Boolean:
			i.Kind, i.Options = list, []ui.Option{{Title: "Any"}, {Value: "1", Title: "Yes"}, {Value: "0", Title: "No"}}
		case userfield.Date, userfield.DateTime:
			i.Type = "date"
		case userfield.File:
			i.Help = "Its name."
		case userfield.Employee:
			i.People = true
		default:
			i.Help = map[userfield.Filter]string{
				userfield.ByMask: "* stands for anything.", userfield.ByWhole: "The whole value.", userfield.ByPart: "A part of it.",
			}[f.ShowFilter]
		}
		out = append(out, i)
	}
	return out
}

// Column is a column of a list for a field that was added.
type Column struct {
	Field userfield.Field
	Title string
}

// Columns returns the columns of a list: the fields that want one.
func Columns(fields []userfield.Field, language string) []Column {
	var out []Column
	for _, f := range fields {
		if !f.ShowInList {
			continue
		}
		title := f.Labels.In(userfield.ListLabel, language)
		if title == "" {
			title = f.Title(language)
		}
		out = append(out, Column{f, title})
	}
	return out
}

// Cells returns the values of a record for columns.
func Cells(columns []Column, values userfield.Values, env Env) []Fact {
	out := make([]Fact, len(columns))
	for i, c := range columns {
		out[i].Label = c.Title
		for _, v := range values[c.Field.Name] {
			out[i].Items = append(out[i].Items, item(c.Field, v, env))
		}
	}
	return out
}
