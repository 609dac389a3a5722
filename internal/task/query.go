package task

import (
	"fmt"
	"time"
)

// Op is a comparison.
type Op uint8

// The comparisons. Match is what a filter without a prefix means: a pattern for fields that are compared without regard
// to case, else equality.
const (
	Match Op = iota
	Equal
	Less
	LessEqual
	Greater
	GreaterEqual
	Contains
	Between
)

// Condition compares a field with values: one of them has to fit, for Between all two. Not turns the whole around.
type Condition struct {
	Field  string
	Op     Op
	Not    bool
	Values []Value
}

// Value is what a field is compared with: Text for texts, Int for numbers and 0 or 1, Time for moments (zero: none).
type Value struct {
	Text string
	Int  int64
	Time time.Time
}

// Nulls says where tasks without a value go in a sorted list.
type Nulls uint8

// The places of tasks without a value.
const (
	NullsLast Nulls = iota
	NullsFirst
)

// Order is one level of sorting.
type Order struct {
	Field string
	Desc  bool
	Nulls Nulls
}

// Query says which tasks to list and what of them.
type Query struct {
	Filter []Condition
	Order  []Order  // tasks that are equal by it, and all without it, come newest first
	Select []string // names of fields; none is every field that is no list
	Limit  int      // at most MaxPage; 0 is MaxPage
	Offset int64
}

// MaxPage is how many tasks one page of a list holds at most.
const MaxPage = 50

// check returns an internal error for names and comparisons that do not exist: the callers of List validate them, with
// FieldOf and MayFilter, since the fault's text is theirs.
func (q *Query) check() error {
	for _, c := range q.Filter {
		f := FieldOf(c.Field)
		if f == nil || !f.MayFilter(c.Op) {
			return fmt.Errorf("task list: no filter %q with comparison %d", c.Field, c.Op)
		}
		if c.Op == Between && len(c.Values) != 2 {
			return fmt.Errorf("task list: %d values to be between", len(c.Values))
		}
	}
	for _, o := range q.Order {
		if f := FieldOf(o.Field); f == nil || !f.Sort {
			return fmt.Errorf("task list: no order %q", o.Field)
		}
	}
	for _, name := range q.Select {
		if f := FieldOf(name); f == nil || f.Hidden {
			return fmt.Errorf("task list: no field %q", name)
		}
	}
	return nil
}

// MayFilter reports whether tasks can be filtered by the field with op.
func (f *Field) MayFilter(op Op) bool {
	switch {
	case !f.Filter:
		return false
	case op == Contains:
		return f.isText()
	case f.Name == OnlyRoot:
		return op == Match || op == Equal
	}
	return true
}
