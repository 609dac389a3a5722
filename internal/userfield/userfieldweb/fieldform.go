package userfieldweb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// kind is a type of fields as administrators choose it.
type kind struct {
	Type              userfield.Type
	Title, Text, Icon string
}

type typeTile struct {
	kind
	URL string
}

var kinds = []kind{
	{userfield.String, "Text", "A line, or several", "edit"},
	{userfield.Choice, "List", "One or some of the values that you give", "list"},
	{userfield.Boolean, "Yes or no", "A switch, two buttons or a list", "check-circle"},
	{userfield.Integer, "Whole number", "Counts and codes", "hash"},
	{userfield.Double, "Number", "With decimals, rounded as you say", "chart"},
	{userfield.Date, "Date", "A day", "calendar"},
	{userfield.DateTime, "Date and time", "A moment, in everybody's own time zone", "clock"},
	{userfield.Money, "Money", "An amount with its currency", "tag"},
	{userfield.URL, "Link", "An address in the web", "link"},
	{userfield.Address, "Address", "A place, with coordinates where they are known", "globe"},
	{userfield.Employee, "Person", "Somebody of the portal", "user"},
	{userfield.File, "File", "Pictures and documents that belong to the record", "paperclip"},
}

func typeOf(t userfield.Type) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.Type == t })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// typeTitle names a type; those of applications go by their own names.
func typeTitle(t userfield.Type) string {
	if k, ok := typeOf(t); ok {
		return k.Title
	}
	return string(t)
}

// fieldForm is what the form of a field shows.
type fieldForm struct {
	userfield.Field
	Set             Set
	Action, Back    string
	URL             string // of a field that is there
	Title           string
	TypeTitle, Code string
	Errors          map[string]string
	Settings        map[string]string // by their names
	Languages       []languageForm
	Lines           []choiceLine
}

type languageForm struct {
	Code, Title string
	Texts       []labelInput
	Filled      bool
}

type labelInput struct{ Name, Title, Value string }

// choiceLine is a value of a list; ID is 0 for one that is new.
type choiceLine struct {
	N       int
	ID      int64
	Value   string
	Sort    string
	Default bool
	Removed bool
}

// newLines is how many empty lines for values the form offers.
const newLines = 3

var labelTitles = map[userfield.Label]string{
	userfield.EditLabel: "Name", userfield.ListLabel: "Title of the column", userfield.FilterLabel: "Name of the filter",
	userfield.HelpMessage: "Help beside the field", userfield.ErrorMessage: "What is said when it is left empty",
}

func labelInputs(l userfield.Labels, language string) (out []labelInput) {
	for _, label := range []userfield.Label{userfield.EditLabel, userfield.ListLabel, userfield.FilterLabel, userfield.HelpMessage, userfield.ErrorMessage} {
		out = append(out, labelInput{labelName(label, language), labelTitles[label], l[label][language]})
	}
	return out
}

func labelName(label userfield.Label, language string) string {
	return "label." + string(label) + "." + language
}

func newForm(f userfield.Field, languages []ui.Option) fieldForm {
	v := fieldForm{Field: f, TypeTitle: typeTitle(f.Type), Title: f.Title("en"), Code: f.Name, Settings: map[string]string{}}
	for _, e := range f.Settings.Entries() {
		v.Settings[e.Key] = e.Value.Text()
		for _, inner := range e.Value.Entries() {
			v.Settings[e.Key+"."+inner.Key] = inner.Value.Text()
		}
	}
	for _, l := range languages {
		texts := labelInputs(f.Labels, l.Value)
		filled := slices.ContainsFunc(texts, func(i labelInput) bool { return i.Value != "" })
		v.Languages = append(v.Languages, languageForm{l.Value, l.Title, texts, filled})
	}
	for _, o := range f.Choices {
		v.Lines = append(v.Lines, choiceLine{ID: o.ID, Value: o.Value, Sort: strconv.FormatInt(o.Sort, 10), Default: o.Default})
	}
	for range newLines {
		v.Lines = append(v.Lines, choiceLine{})
	}
	for i := range v.Lines {
		v.Lines[i].N = i
	}
	return v
}

// Labels are the texts for all languages.
func (v fieldForm) Labels() []labelInput { return labelInputs(v.Field.Labels, "") }

// Held says what the field holds.
func (v fieldForm) Held() string {
	if v.Multiple {
		return v.TypeTitle + ", several values. Neither can be changed."
	}
	return v.TypeTitle + ", one value. Neither can be changed."
}

// IsChoice reports whether the field is a list.
func (v fieldForm) IsChoice() bool { return v.Type == userfield.Choice }

// Filters are the choices of the way in which lists are filtered.
func (fieldForm) Filters() []ui.Option {
	return []ui.Option{
		{Value: "N", Title: "Not at all"},
		{Value: "E", Title: "By a mask: * stands for anything"},
		{Value: "I", Title: "By the whole value"},
		{Value: "S", Title: "By a part of the value"},
	}
}

// Displays are the choices of how a list or a flag is shown.
func (v fieldForm) Displays() []ui.Option {
	if v.Type == userfield.Boolean {
		return []ui.Option{{Value: "CHECKBOX", Title: "A switch"}, {Value: "RADIO", Title: "Two buttons"}, {Value: "DROPDOWN", Title: "A list"}}
	}
	return []ui.Option{
		{Value: "LIST", Title: "A list"},
		{Value: "UI", Title: "A list that can be searched"},
		{Value: "CHECKBOX", Title: "Everything in sight"},
		{Value: "DIALOG", Title: "A window to choose from"},
	}
}

// Moments are the choices of the default of a date.
func (fieldForm) Moments() []ui.Option {
	return []ui.Option{{Value: "NONE", Title: "Empty"}, {Value: "NOW", Title: "When the record is made"}, {Value: "FIXED", Title: "A fixed one"}}
}

// asTyped keeps what of a refused form is not in the field.
func (v *fieldForm) asTyped(r *web.Request) {
	for name := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "setting."); ok {
			v.Settings[key] = r.PostForm.Get(name)
		}
	}
	v.Lines = choiceLines(r)
	if len(v.Lines) == 0 {
		v.Lines = newForm(v.Field, nil).Lines
	}
}

// readForm puts what a form says into f. It returns what is wrong, by the names of inputs; nil where nothing is.
func readForm(f *userfield.Field, r *web.Request, prefix string, languages []ui.Option) map[string]string {
	errs := map[string]string{}
	if f.ID == 0 {
		f.Name = nameOf(r.FormValue("code"), r.PostForm.Get(labelName(userfield.EditLabel, "")), prefix)
		f.Multiple = r.Checked("multiple")
		if f.Name == prefix {
			errs["code"] = "Give the field a code of letters A–Z and digits."
		}
	}
	f.Labels = readLabels(f.Labels, r, languages)
	if strings.TrimSpace(r.PostForm.Get(labelName(userfield.EditLabel, ""))) == "" {
		errs[labelName(userfield.EditLabel, "")] = "Give the field a name."
	}
	f.Mandatory, f.ShowInList, f.EditInList, f.Searchable = r.Checked("mandatory"), r.Checked("show_in_list"), r.Checked("edit_in_list"), r.Checked("searchable")
	f.ShowFilter, _ = userfield.FilterNamed(r.FormValue("show_filter"))
	f.XMLID = strings.TrimSpace(r.FormValue("xml_id"))
	f.Settings = readSettings(f.Type, r)
	if f.Type == userfield.Choice {
		readChoices(f, r, errs)
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// nameOf makes the name of a field of what was typed, or else of its title: "Badge no." is UF_USR_BADGE_NO.
func nameOf(code, title, prefix string) string {
	if strings.TrimSpace(code) == "" {
		code = title
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(strings.TrimSpace(code)) {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.TrimSuffix(b.String(), "_")
	if name = strings.TrimPrefix(strings.TrimPrefix(name, prefix), "UF_"); len(prefix)+len(name) > 50 {
		name = name[:50-len(prefix)]
	}
	return prefix + name
}

func readLabels(old userfield.Labels, r *web.Request, languages []ui.Option) userfield.Labels {
	out := userfield.Labels{}
	known := []string{""}
	for _, l := range languages {
		known = append(known, l.Value)
	}
	for _, label := range userfield.AllLabels {
		texts := map[string]string{}
		for language, text := range old[label] { // languages that the form does not show stay
			if !slices.Contains(known, language) {
				texts[language] = text
			}
		}
		for _, language := range known {
			if text := strings.TrimSpace(r.PostForm.Get(labelName(label, language))); text != "" {
				texts[language] = text
			}
		}
		if len(texts) > 0 {
			out[label] = texts
		}
	}
	return out
}

// settingNames are the settings of types that the form has inputs for.
var settingNames = []string{"ROWS", "PRECISION", "DISPLAY", "LIST_HEIGHT", "CAPTION_NO_VALUE", "SIZE", "REGEXP", "MIN_LENGTH", "MAX_LENGTH", "MIN_VALUE", "MAX_VALUE"}

func readSettings(t userfield.Type, r *web.Request) phpform.Value {
	var b phpform.Builder
	text := func(name string) string { return strings.TrimSpace(r.PostForm.Get("setting." + name)) }
	for _, name := range settingNames {
		if v := text(name); v != "" {
			b.Set(name, phpform.StringOf(v))
		}
	}
	switch t {
	case userfield.Choice:
		b.Set("SHOW_NO_VALUE", phpform.StringOf(phpform.YesNo(r.Checked("setting.SHOW_NO_VALUE"))))
	case userfield.Date, userfield.DateTime:
		b.Set("DEFAULT_VALUE", phpform.ArrayOf(
			phpform.Entry{Key: "TYPE", Value: phpform.StringOf(text("DEFAULT_VALUE.TYPE"))}, phpform.Entry{Key: "VALUE", Value: phpform.StringOf(text("DEFAULT_VALUE.VALUE"))},
		))
	case userfield.Boolean:
		b.Set("DEFAULT_VALUE", phpform.StringOf(map[bool]string{true: "1", false: "0"}[r.Checked("setting.DEFAULT_VALUE")]))
	case userfield.Money:
		b.Set("DEFAULT_VALUE", phpform.StringOf(strings.Replace(text("DEFAULT_VALUE"), " ", "|", 1)))
	default:
		b.Set("DEFAULT_VALUE", phpform.StringOf(text("DEFAULT_VALUE")))
	}
	return b.Value()
}

// choiceLines are the values of a list as a form has them.
func choiceLines(r *web.Request) (out []choiceLine) {
	const most = 1100 // more than a field may have
	for n := range most {
		at := "choice." + strconv.Itoa(n) + "."
		if !r.PostForm.Has(at + "value") {
			break
		}
		id, _ := strconv.ParseInt(r.PostForm.Get(at+"id"), 10, 64)
		out = append(out, choiceLine{
			N: n, ID: id, Value: strings.TrimSpace(r.PostForm.Get(at + "value")), Sort: strings.TrimSpace(r.PostForm.Get(at + "sort")),
			Default: r.Checked(at + "default"), Removed: r.Checked(at + "remove"),
		})
	}
	return out
}

func readChoices(f *userfield.Field, r *web.Request, errs map[string]string) {
	old := f.Choices
	f.Choices = nil
	last := int64(0)
	for _, l := range choiceLines(r) {
		if l.Removed || l.ID == 0 && l.Value == "" {
			continue
		}
		o := userfield.Option{}
		if i := slices.IndexFunc(old, func(o userfield.Option) bool { return o.ID == l.ID }); l.ID != 0 && i >= 0 {
			o = old[i]
		}
		o.Value, o.Default, o.Sort = l.Value, l.Default, last+100
		if l.Sort != "" {
			n, err := strconv.ParseInt(l.Sort, 10, 64)
			if err != nil || n < 0 {
				errs["choices"] = "The order of a value is a whole number."
			}
			o.Sort = n
		}
		if last = max(last, o.Sort); o.Value == "" {
			errs["choices"] = "A value needs a text. Tick Remove to take it away."
		}
		f.Choices = append(f.Choices, o)
	}
	if len(f.Choices) == 0 && len(errs) == 0 {
		errs["choices"] = "Give the list at least one value."
	}
}

// formErrors turns a fault of a field into texts at inputs; nil where it is none of what was typed.
func formErrors(err error) map[string]string {
	f := fault.Of(err)
	if err == nil || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return nil
	}
	if text, ok := strings.CutPrefix(f.Text, "SETTINGS: "); ok {
		if name, must, ok := strings.Cut(text, " must be "); ok {
			return map[string]string{"setting." + name: "Must be " + must + "."}
		}
	}
	if strings.HasSuffix(f.Text, "already exists") {
		return map[string]string{"code": "There is a field with this code already."}
	}
	return map[string]string{"": f.Text}
}
