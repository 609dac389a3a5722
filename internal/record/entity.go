package record

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// Type says what a field holds: how its values are read, compared and written.
type Type uint8

// The types. Columns are NOT NULL, unless the field is Nullable: "none" is 0 or an empty text.
const (
	Int    Type = iota + 1 // int64
	Ref                    // int64, the id of something else; 0 is none
	Text                   // string
	Choice                 // string, one of Values where there are some; "" is none
	Bool                   // int64, 0 or 1
	Double                 // float64
	Money                  // int64, ten-thousandths of the currency's unit, so that sums are exact
	Date                   // int64, microseconds since 1970 at midnight UTC; 0 is none
	Moment                 // int64, microseconds since 1970; 0 is none
	IDs                    // []int64, from a table of their own
	Texts                  // []string, from a table of their own
	Multi                  // []MultiValue: phones, addresses of e-mail, sites
	custom                 // []string, a field that was added, see package userfield
)

// Field declares a field. Its SQL is written over the alias t of the entity's table and those of its joins; in it :now and
// :viewer stand for the time, in microseconds, and the person who asks.
type Field struct {
	Name  string // in capitals, "ASSIGNED_BY_ID"; assignedById follows from it
	Camel string // the other spelling, where it does not follow from Name
	Alias []string
	Type  Type
	Wire  string // what descriptions call the type; empty: as is usual for Type
	Title string

	// Column is an SQL expression. A writable field is a plain column, "t.title".
	Column string
	// Match is what is compared and sorted where that is not Column: a copy in lower case, with which texts are compared without
	// regard to case. When the field is written, so is Match.
	Match string
	List  *List // of IDs and Texts
	// Where is the condition of a field that only can be filtered by.
	Where func(env Env, c Filter) (sql string, args []any)

	Required  bool // must not be empty
	ReadOnly  bool // not taken from clients
	Immutable bool // taken for new records only
	Nullable  bool // Column may be NULL, which is none
	NoFilter  bool
	NoSort    bool
	Hidden    bool // can be filtered by, but not selected
	Extra     bool // selected by name only, not with "*"

	Default any               // of new records, as the database keeps it; nil is the type's zero
	Values  []Value           // of a Choice or an Int: all that it may be
	MaxLen  int               // characters of a text; 0 is 64,000 bytes
	Check   func(v any) error // a rule of the field's own; its fault is shown as it is
	About   []phpform.Entry   // what descriptions say beside the usual
	Scale   int               // digits behind the point of Money and Double on the wire; 0 is 2 for Money, all for Double
	added   *userfield.Field  // of the type custom
}

// Value is one of the values of a field.
type Value struct {
	Value string
	Title string
}

// List is a table that holds the several values of a field.
type List struct {
	Table string
	Owner string // the column with the id of the record
	Value string // the column with the value
	Match string // what is compared, where that is not Value: a copy in lower case
	Order string // the column by which the values are sorted; empty is Value
	// Fixed are columns with the same text in all rows of the field, {"role", "A"}. They are written by programmers only.
	Fixed [][2]string
}

// Join is a table beside that of the entity. It is joined where an expression mentions its alias.
type Join struct {
	Alias string // "v", mentioned as "v.viewed_date"
	SQL   string // "LEFT JOIN task_view v ON v.task_id = t.id AND v.user_id = :viewer"
	// Whole is the join for lists that nothing narrows, where another order of the tables is better: those sorted by a column of the
	// joined one. Empty is SQL.
	Whole string
}

// Entity declares a kind of records.
type Entity struct {
	Name   string // "CRM_DEAL": the entity of added fields, of multiple values and of the total
	Table  string // its key is the column id
	Joins  []Join
	Fields []Field
	// Pattern makes a filter without a prefix a pattern for texts that have a Match: "%" and "_" stand for anything.
	Pattern bool
	// NewestFirst sorts what is equal, and all without an order, by descending id; otherwise equals run as the order does.
	NewestFirst bool
	// Default are the fields of a select that is empty; nil is "*" and "UF_*".
	Default []string

	byName map[string]*Field
}

// Env is what expressions know beside the record.
type Env struct {
	Now    time.Time
	Viewer int64
	Scope  SQL // that of the query
}

// Prepare completes the declaration and returns what is wrong with it, so that a mistake is found at start.
func (e *Entity) Prepare() error {
	e.byName = make(map[string]*Field, 3*len(e.Fields))
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Camel == "" {
			f.Camel = Camel(f.Name)
		}
		if err := f.complete(); err != nil {
			return fmt.Errorf("entity %s: field %s: %w", e.Name, f.Name, err)
		}
		for _, name := range append([]string{f.Name, f.Camel}, f.Alias...) {
			key := strings.ToLower(name)
			if other := e.byName[key]; other != nil && other != f {
				return fmt.Errorf("entity %s: two fields are called %s", e.Name, name)
			}
			e.byName[key] = f
		}
	}
	for _, name := range e.Default {
		if e.byName[strings.ToLower(name)] == nil && !strings.HasSuffix(name, "*") {
			return fmt.Errorf("entity %s: the default field %s is not declared", e.Name, name)
		}
	}
	return nil
}

// complete checks a declaration; fields that cannot be compared are neither filtered nor sorted by.
func (f *Field) complete() error {
	plain := f.Type >= Int && f.Type <= Moment
	switch {
	case f.Name == "" || f.Type == 0 || f.Type == custom:
		return fmt.Errorf("type %d", f.Type)
	case f.Where != nil:
		f.Hidden, f.NoSort, f.ReadOnly = true, true, true
	case f.Type == Multi:
		f.NoSort = true
	case plain && f.Column == "":
		return errors.New("no column")
	case !plain && f.List == nil:
		return errors.New("no list")
	}
	if f.List != nil {
		f.NoSort = true
		if f.List.Order == "" {
			f.List.Order = f.List.Value
		}
	}
	if f.writable() == "" && f.List == nil && f.Type != Multi {
		f.ReadOnly = true
	}
	return nil
}

// writable returns the name of the column that the field is; empty for an expression.
func (f *Field) writable() string {
	name, ok := strings.CutPrefix(f.Column, "t.")
	if !ok || strings.ContainsAny(name, " ().,/") {
		return ""
	}
	return name
}

// Field returns the field that has the name in one of its spellings, in any case; nil where there is none.
func (e *Entity) Field(name string) *Field { return e.byName[strings.ToLower(name)] }

// Where returns the condition that the field called name compares with values as op says. It panics where there is no such
// field, or it cannot be compared so: it is for filters that programmers write.
func (e *Entity) Where(name string, op Op, values ...any) Filter {
	f := e.Field(name)
	if f == nil || !f.May(op) {
		panic("record: no filter " + name)
	}
	return Filter{Field: f, Op: op, Values: values}
}

// isText reports whether the field is compared with texts.
func (f *Field) isText() bool { return f.Type == Text || f.Type == Choice || f.Type == Texts }

// isTime reports whether the field is compared with times.
func (f *Field) isTime() bool { return f.Type == Date || f.Type == Moment }

// isColumn reports whether the value is read with the record itself.
func (f *Field) isColumn() bool { return f.Type >= Int && f.Type <= Moment }

// Added returns the field of package userfield that f is; nil where it is a declared one.
func (f *Field) Added() *userfield.Field { return f.added }

// May reports whether the field can be filtered by with op.
func (f *Field) May(op Op) bool {
	switch {
	case f.NoFilter:
		return false
	case f.Where != nil:
		return op == Default || op == Equal
	case f.Type == custom || f.Type == Multi:
		return op != Between || f.Type == custom
	case op == Contains || op == Like:
		return f.isText()
	}
	return true
}

// View is an entity with the fields that were added to its records.
type View struct {
	*Entity
	added  []*Field
	byName map[string]*Field
}

// NewView returns the view of e with added fields, which are not changed afterwards.
func NewView(e *Entity, added []userfield.Field) *View {
	v := &View{Entity: e, byName: make(map[string]*Field, 2*len(added))}
	for i := range added {
		u := &added[i]
		f := &Field{
			Name: u.Name, Camel: Camel(u.Name), Type: custom, Title: u.Title("en"), Required: u.Mandatory, NoSort: u.Multiple, added: u,
		}
		v.added = append(v.added, f)
		for _, name := range []string{f.Name, f.Camel} {
			if key := strings.ToLower(name); e.byName[key] == nil {
				v.byName[key] = f
			}
		}
	}
	return v
}

// Field returns the declared or added field that is called name, in any spelling and case; nil where there is none.
func (v *View) Field(name string) *Field {
	if f := v.Entity.Field(name); f != nil {
		return f
	}
	return v.byName[strings.ToLower(name)]
}

// All returns the fields that can be selected, the declared ones first.
func (v *View) All() []*Field {
	out := make([]*Field, 0, len(v.Fields)+len(v.added))
	for i := range v.Fields {
		if f := &v.Fields[i]; !f.Hidden {
			out = append(out, f)
		}
	}
	return append(out, v.added...)
}

// pick returns the fields for which want holds, each once, in the order of All.
func (v *View) pick(want func(*Field) bool) []*Field {
	return slices.DeleteFunc(v.All(), func(f *Field) bool { return !want(f) })
}
