// Package dto declares the objects of REST 3.0 and reads the language in which they are asked for: select, filter, order,
// pagination and cursor (api-reference/rest-v3.md). A filter becomes parameterised SQL over the columns that the entity
// declares; nothing that a client wrote ever becomes part of a statement.
//
// An area declares an Entity, parses what came and runs its own statement:
//
//	where, args := filter.SQL()
//	rows, err := tx.Query(ctx, "SELECT … FROM audit_entry WHERE "+where+orders.SQL()+" LIMIT ? OFFSET ?", append(args, page.Limit, page.Offset)...)
package dto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Type is the type of a field's values.
type Type uint8

// The types.
const (
	Int     Type = iota + 1 // int64
	Float                   // float64
	String                  // string
	Bool                    // kept as 0 and 1
	Time                    // kept in microseconds since 1970, see db.Micro; ISO 8601 on the wire
	List                    // several values; it cannot be filtered or sorted by
	Related                 // another object, whose fields are selected with a dot
)

// wire is what *.field.list calls the type.
func (t Type) wire() string {
	return [...]string{Int: "int", Float: "float", String: "string", Bool: "bool", Time: "object", List: "array", Related: "object"}[t]
}

// Field is a field of an entity.
type Field struct {
	Name        string // on the wire
	Type        Type
	Title       string // for people; empty is Name
	Description string
	// Column is the SQL expression that the field is filtered and sorted by; empty where it can be neither.
	Column      string
	Filterable  bool
	Sortable    bool
	Editable    bool    // by *.update
	Multiple    bool    // holds a list
	ElementType string  // of a list
	Related     *Entity // of the type Related
}

// Entity is a kind of objects.
type Entity struct {
	Name   string // as errors call it, e.g. "EventLogDto"
	Fields []Field
	// Default are the fields that are answered where select is absent; nil is all of them.
	Default []string
	// StrictSelect refuses unknown fields in select; otherwise they are left out of the answer, as the page says.
	StrictSelect bool
}

// Check returns what is wrong with the declaration of e, so that a mistake is found at start.
func (e *Entity) Check() error {
	seen := map[string]bool{}
	for _, f := range e.Fields {
		switch {
		case f.Name == "" || f.Type == 0 || seen[f.Name]:
			return fmt.Errorf("entity %s: field %q has no name, no type or comes twice", e.Name, f.Name)
		case (f.Filterable || f.Sortable) && (f.Column == "" || f.Type >= List):
			return fmt.Errorf("entity %s: field %q cannot be filtered or sorted by", e.Name, f.Name)
		case (f.Type == Related) != (f.Related != nil):
			return fmt.Errorf("entity %s: field %q: a related entity and the type Related belong together", e.Name, f.Name)
		}
		seen[f.Name] = true
	}
	for _, name := range e.Default {
		if !seen[name] {
			return fmt.Errorf("entity %s: the default field %q is not declared", e.Name, name)
		}
	}
	return nil
}

// Field returns the field called name, nil where there is none. Names are matched exactly.
func (e *Entity) Field(name string) *Field {
	i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &e.Fields[i]
}

// need is Field with a fault for an unknown name.
func (e *Entity) need(name string) (*Field, error) {
	if f := e.Field(name); f != nil {
		return f, nil
	}
	return nil, unknownField(name, e.Name)
}

// Object is an answered object: the selected fields in their order.
type Object []Member

// Member is a field of an Object with its value.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.Name); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
		b.WriteByte(':')
		if err := e.Encode(m.Value); err != nil {
			return nil, fmt.Errorf("field %s: %w", m.Name, err)
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
