package dto

import (
	"math"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// The sizes of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 1000 // a larger limit is taken for this one
)

// Order is a field to sort by.
type Order struct {
	Field *Field
	Desc  bool
}

// Orders is by what a list is sorted, the first field first.
type Orders []Order

// Order reads order, an object {field: "ASC" or "DESC"}. Faults: CodeUnknownField, and CodeOrder for another direction or
// a field that cannot be sorted by.
func (e *Entity) Order(v phpform.Value) (Orders, error) {
	if v.IsNull() || v.IsArray() && v.Len() == 0 {
		return nil, nil
	}
	if !v.IsArray() || v.IsList() {
		return nil, badOrder(v)
	}
	out := make(Orders, 0, v.Len())
	for _, entry := range v.Entries() {
		f, err := e.need(entry.Key)
		if err != nil {
			return nil, err
		}
		desc, ok := direction(entry.Value)
		if !ok || !f.Sortable {
			return nil, badOrder(phpform.ArrayOf(entry))
		}
		out = append(out, Order{f, desc})
	}
	return out, nil
}

func direction(v phpform.Value) (desc, ok bool) {
	switch strings.ToUpper(v.Text()) {
	case "ASC":
		return false, true
	case "DESC":
		return true, true
	}
	return false, false
}

// SQL returns " ORDER BY …" with the column last at the end, ascending, so that the order is always the same one.
func (o Orders) SQL(last string) string {
	var b strings.Builder
	b.WriteString(" ORDER BY ")
	for _, by := range o {
		b.WriteString(by.Field.Column)
		if by.Desc {
			b.WriteString(" DESC")
		}
		if by.Field.Column == last {
			return b.String() // what follows can change nothing
		}
		b.WriteString(", ")
	}
	b.WriteString(last)
	return b.String()
}

// Pagination is a part of a list.
type Pagination struct {
	Limit, Offset int64
}

// ReadPagination reads pagination: {"page", "limit", "offset"}. Pages count from 1, and 0 is the first one too; a page
// comes before an offset. Fault: CodePagination for what is no number, negative, or a limit of 0.
func ReadPagination(v phpform.Value) (Pagination, error) {
	p := Pagination{Limit: DefaultLimit}
	if v.IsNull() || v.IsArray() && v.Len() == 0 {
		return p, nil
	}
	if !v.IsArray() {
		return p, badPage("pagination", v)
	}
	page := int64(0)
	for _, n := range [...]struct {
		name string
		dst  *int64
	}{{"page", &page}, {"limit", &p.Limit}, {"offset", &p.Offset}} {
		if err := readCount(v, n.name, n.dst); err != nil {
			return p, err
		}
	}
	if p.Limit == 0 {
		limit, _ := v.Get("limit")
		return p, badPage("limit", limit)
	}
	p.Limit = min(p.Limit, MaxLimit)
	if page > 1 && page-1 > math.MaxInt64/p.Limit {
		given, _ := v.Get("page")
		return p, badPage("page", given)
	}
	if page > 0 {
		p.Offset = (page - 1) * p.Limit
	}
	return p, nil
}

// readCount reads a number that is not negative into dst, which keeps its value where there is none.
func readCount(v phpform.Value, name string, dst *int64) error {
	given, ok := v.Get(name)
	if !ok || given.IsNull() {
		return nil
	}
	n, ok := given.Int()
	if !ok || n < 0 {
		return badPage(name, given)
	}
	*dst = n
	return nil
}

// Cursor is a point in a list from which on it is read, see main.eventlog.tail.
type Cursor struct {
	Filter Filter // what lies behind the point
	Orders Orders
	Limit  int64
}

// Cursor reads cursor: {"field": "id", "value": 0, "order": "ASC", "limit": 50}, these being the defaults. filter must not
// use the cursor's field: CodeFilter. Other faults: CodeUnknownField, CodeOrder, CodePagination, CodeValidation for a
// value of another type.
func (e *Entity) Cursor(v phpform.Value, filter Filter) (Cursor, error) {
	c := Cursor{Limit: DefaultLimit}
	if !v.IsArray() && !v.IsNull() {
		return c, badPage("cursor", v)
	}
	name := "id"
	if given, ok := v.Get("field"); ok && !given.IsNull() {
		name = given.Text()
	}
	field, err := e.need(name)
	if err != nil {
		return c, err
	}
	if filter.Uses(name) {
		return c, badFilter("Cursor field " + name + " cannot be used at filter.")
	}
	order := Order{Field: field}
	if given, ok := v.Get("order"); ok && !given.IsNull() {
		if order.Desc, ok = direction(given); !ok {
			return c, badOrder(phpform.ArrayOf(phpform.Entry{Key: name, Value: given}))
		}
	}
	if !field.Sortable || !field.Filterable {
		return c, badOrder(phpform.ArrayOf(phpform.Entry{Key: name, Value: phpform.StringOf("ASC")}))
	}
	if err := readCount(v, "limit", &c.Limit); err != nil {
		return c, err
	}
	if c.Limit == 0 {
		given, _ := v.Get("limit")
		return c, badPage("limit", given)
	}
	c.Limit, c.Orders = min(c.Limit, MaxLimit), Orders{order}
	c.Filter, err = order.behind(v)
	return c, err
}

// behind returns the condition for what lies behind the value of a cursor.
func (o Order) behind(cursor phpform.Value) (Filter, error) {
	f := Filter{Field: o.Field, Op: Greater}
	if o.Desc {
		f.Op = Less
	}
	value, ok := cursor.Get("value")
	if !ok || value.IsNull() || value.Kind() != phpform.Bool && value.Text() == "0" {
		switch o.Field.Type {
		case String:
			f.Values = []any{""}
		case Float:
			f.Values = []any{float64(0)}
		default:
			f.Values = []any{int64(0)}
		}
		return f, nil
	}
	return f, f.take(value)
}
