package userfield

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Type says what the values of a field are.
type Type string

// The types, with the one form of their values.
const (
	String   Type = "string"
	Integer  Type = "integer"     // "-12"
	Double   Type = "double"      // "1.5", rounded to the field's precision
	Boolean  Type = "boolean"     // "1" or "0"
	Date     Type = "date"        // "2026-12-31"
	DateTime Type = "datetime"    // "2026-12-31T15:04:05Z", always UTC
	Choice   Type = "enumeration" // the id of a Choice of the field
	URL      Type = "url"
	Address  Type = "address"  // as maps have it, with coordinates behind a bar where they are known
	Money    Type = "money"    // "12.50|EUR"
	Employee Type = "employee" // the id of a user
	File     Type = "file"     // the number of a file that belongs to the record; see Files for what may be stored
)

// types are those that a field may have, besides those of applications.
var types = []Type{String, Integer, Double, Boolean, Date, DateTime, Choice, URL, Address, Money, Employee, File}

// ownPrefix begins the types that applications made.
const ownPrefix = "rest_"

// IsOwn reports whether an application made the type.
func (t Type) IsOwn() bool { return strings.HasPrefix(string(t), ownPrefix) }

// Field is a field of the records of an entity.
type Field struct {
	ID       int64
	Entity   string
	Name     string // "UF_USR_SKILLS"
	Type     Type
	XMLID    string
	Sort     int64
	Multiple bool // it has any number of values

	Mandatory  bool
	ShowFilter Filter // how lists are filtered by it
	ShowInList bool   // lists have a column of it
	EditInList bool   // people fill it in themselves; else it is for who manages the records
	Searchable bool   // a search finds the record by it

	Settings phpform.Value // what the type knows of, see settings.go
	Labels   Labels
	Choices  []Option // of a Choice
	Created  time.Time
}

// Filter says how lists are filtered by a field.
type Filter int64

// The ways in which a list is filtered. SHOW_FILTER is N, E, I or S on the wire; Y stands for E.
const (
	NoFilter Filter = iota
	ByMask          // E: "*" stands for anything; without one, a part of the text
	ByWhole         // I: the whole text
	ByPart          // S: a part of the text
)

// Option is one of the values of a Choice.
type Option struct {
	ID      int64
	Sort    int64
	Value   string
	Default bool
	XMLID   string
}

// Label names one of the texts of a field.
type Label string

// The texts of a field.
const (
	EditLabel    Label = "EDIT_FORM_LABEL"
	ListLabel    Label = "LIST_COLUMN_LABEL"
	FilterLabel  Label = "LIST_FILTER_LABEL"
	ErrorMessage Label = "ERROR_MESSAGE"
	HelpMessage  Label = "HELP_MESSAGE"
)

// AllLabels are the texts in the order in which they are documented.
var AllLabels = []Label{EditLabel, ListLabel, FilterLabel, ErrorMessage, HelpMessage}

// Labels are the texts of a field by language; "" is for all languages that have none of their own.
type Labels map[Label]map[string]string

// In returns a text in a language; "" where there is none.
func (l Labels) In(label Label, language string) string {
	if text := l[label][language]; text != "" {
		return text
	}
	if text := l[label][""]; text != "" {
		return text
	}
	return l[label]["en"]
}

// Title returns what the field is called in a form: its label, or its name.
func (f Field) Title(language string) string {
	if t := f.Labels.In(EditLabel, language); t != "" {
		return t
	}
	if t := f.Labels.In(ListLabel, language); t != "" {
		return t
	}
	return f.Name
}

// Help returns the text beside the field in a form; it may be empty.
func (f Field) Help(language string) string { return f.Labels.In(HelpMessage, language) }

// choice returns the option with an id; nil where there is none.
func (f Field) choice(id int64) *Option {
	if i := slices.IndexFunc(f.Choices, func(o Option) bool { return o.ID == id }); i >= 0 {
		return &f.Choices[i]
	}
	return nil
}

// The limits of fields.
const (
	MaxFields   = 1016  // of an entity, as documented
	maxName     = 50    // bytes
	maxChoices  = 1000  // of a field
	maxLabel    = 500   // bytes
	maxText     = 64000 // bytes of a value
	maxValues   = 500   // of a record in a field
	maxSetting  = 4000  // bytes of a default value
	defaultSort = 100
)

// The faults of fields. Pages: api-reference/user/userfields/.
var (
	ErrNotFound  = fault.New(fault.NotFound, "FIELD_NOT_FOUND", "There is no such field.")
	ErrMaxFields = fault.New(fault.Conflict, "ERROR_CORE", "Fail to create new user field: there may be "+strconv.Itoa(MaxFields))
	errType      = fault.New(fault.Invalid, "ERROR_CORE", "Invalid user type specified")
)

// exists returns the fault of a name that is taken.
func exists(f Field) error {
	return fault.New(fault.Conflict, "ERROR_CORE", "Field "+f.Name+" for "+f.Entity+" object already exists")
}

// check completes f and returns why it cannot be taken.
func (f *Field) check() error {
	known := func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' }
	if f.Name == "" || len(f.Name) > maxName || strings.ContainsFunc(f.Name, func(r rune) bool { return !known(r) }) {
		return fault.New(fault.Invalid, "ERROR_CORE", "FIELD_NAME must be made of A-Z, 0-9 and _, up to "+strconv.Itoa(maxName)+" characters")
	}
	if len(f.XMLID) > maxLabel || len(f.Choices) > maxChoices {
		return fault.New(fault.Invalid, "ERROR_CORE", "XML_ID may have "+strconv.Itoa(maxLabel)+" bytes and LIST "+strconv.Itoa(maxChoices)+" values")
	}
	for label, texts := range f.Labels {
		for language, text := range texts {
			if len(text) > maxLabel || len(language) > 10 {
				return fault.New(fault.Invalid, "ERROR_CORE", string(label)+" may have "+strconv.Itoa(maxLabel)+" bytes in each language")
			}
		}
	}
	for _, o := range f.Choices {
		if strings.TrimSpace(o.Value) == "" || len(o.Value) > maxLabel || len(o.XMLID) > maxLabel {
			return fault.New(fault.Invalid, "ERROR_CORE", "Every VALUE of LIST must have 1 to "+strconv.Itoa(maxLabel)+" bytes")
		}
	}
	if f.Type != Choice && len(f.Choices) > 0 {
		return fault.New(fault.Invalid, "ERROR_CORE", "LIST is for fields of the type enumeration")
	}
	var err error
	f.Settings, err = f.Type.settings(f.Settings)
	return err
}

// ChoiceTitle returns the text of a value of a Choice; the value where it is no option any more.
func (f Field) ChoiceTitle(value string) string {
	id, _ := strconv.ParseInt(value, 10, 64)
	if o := f.choice(id); o != nil {
		return o.Value
	}
	return value
}
