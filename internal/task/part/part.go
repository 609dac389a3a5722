// Package part is what the parts of tasks (checklists, comments, time records, …) have in common: what they need of the tasks
// themselves, and lists that are filtered and sorted in SQL by declared columns.
package part

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Tasks are what parts belong to; *task.Service is one.
type Tasks interface {
	// SeenTx returns the condition that actor sees the task whose id is column; empty for those who see all.
	SeenTx(ctx context.Context, tx *db.Tx, actor user.Ref, column string) (record.SQL, error)
	// GetTx returns a task; task.ErrNotFound where it does not exist or actor does not see it.
	GetTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (task.Task, error)
	// AnyTx returns a task, whoever asks; task.ErrNotFound where it does not exist.
	AnyTx(ctx context.Context, tx *db.Tx, id int64) (task.Task, error)
	// LockTx keeps others from changing a task, and what belongs to it, until the transaction's end.
	LockTx(ctx context.Context, tx *db.Tx, id int64) error
	// NoteTx writes the history, moves the last activity and tells the open pages.
	NoteTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, notes ...task.Note) error
	// ChangeTx changes a task without asking for rights, and emits the change.
	ChangeTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, edit func(t *task.Task)) (task.Task, error)
	// SetSpentTx says how much time was spent on a task.
	SetSpentTx(ctx context.Context, tx *db.Tx, id int64, spent time.Duration) error
	// CommentedTx says that the task has a comment more, UncommentedTx that one is gone.
	CommentedTx(ctx context.Context, tx *db.Tx, id, author int64, service bool) error
	UncommentedTx(ctx context.Context, tx *db.Tx, id int64) error
	// CommentsReadTx says how many comments of a task a user has left to read, at most, or with back exactly.
	CommentsReadTx(ctx context.Context, tx *db.Tx, id, userID, n int64, back bool) error
	// LeaveStageTx takes the tasks of a stage of a group that is gone out of it.
	LeaveStageTx(ctx context.Context, tx *db.Tx, groupID, stageID int64) error
	// SetChatTx says in which chat a task is talked about.
	SetChatTx(ctx context.Context, tx *db.Tx, id, chatID int64) error
	// ShareTx gives people roles in a task, beside those they have.
	ShareTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, accomplices, auditors []int64) error
}

var _ Tasks = (*task.Service)(nil)

// Works reports whether actor is one of those who do the task or handed it out, or may edit it.
func Works(actor user.Ref, t task.Task) bool {
	return actor.ID == t.ResponsibleID || actor.ID == t.CreatedBy || slices.Contains(t.Accomplices, actor.ID) || task.RightsOf(actor, t).Edit
}

// Type is how a column's values are written on the wire.
type Type uint8

// The types.
const (
	Int    Type = iota + 1
	Text        // compared as it is
	Flag        // Y or N; kept as 0 and 1
	Moment      // kept in microseconds since 1970; 0 is none
)

// Column is a field that lists are filtered or sorted by.
type Column struct {
	SQL          string // an expression
	Type         Type
	Filter, Sort bool
}

// Columns are the columns of a list by their names on the wire.
type Columns map[string]Column

// Op is a comparison.
type Op uint8

// The comparisons. Equal fits one of several values.
const (
	Equal Op = iota
	Less
	LessEqual
	Greater
	GreaterEqual
)

// Condition compares a column with values, of which one has to fit; no value fits nothing. Values are int64, string or
// time.Time, a zero one being none.
type Condition struct {
	Name   string
	Op     Op
	Not    bool
	Values []any
}

// Order is one level of sorting.
type Order struct {
	Name string
	Desc bool
}

// Where returns the conditions as SQL to follow others: " AND (…) AND (…)". Conditions over columns that are not declared are
// left out; callers refuse them before.
func (c Columns) Where(conditions []Condition) (string, []any) {
	var b strings.Builder
	var args []any
	for _, cond := range conditions {
		col, ok := c[cond.Name]
		if !ok || !col.Filter {
			continue
		}
		b.WriteString(" AND ")
		if cond.Not {
			b.WriteString("NOT ")
		}
		b.WriteByte('(')
		switch {
		case len(cond.Values) == 0:
			b.WriteString("1 = 0")
		case cond.Op == Equal:
			b.WriteString(col.SQL + " IN (" + db.Marks(len(cond.Values)) + ")")
		default:
			sign := [...]string{Less: " < ?", LessEqual: " <= ?", Greater: " > ?", GreaterEqual: " >= ?"}[cond.Op]
			one := col.SQL + sign + " OR "
			b.WriteString(strings.TrimSuffix(strings.Repeat(one, len(cond.Values)), " OR "))
		}
		b.WriteByte(')')
		for _, v := range cond.Values {
			if t, ok := v.(time.Time); ok {
				v = db.Micro(t)
			}
			args = append(args, v)
		}
	}
	return b.String(), args
}

// OrderBy returns " ORDER BY …" that ends with last, which makes the order whole.
func (c Columns) OrderBy(orders []Order, last string) string {
	var b strings.Builder
	b.WriteString(" ORDER BY ")
	for _, o := range orders {
		if col, ok := c[o.Name]; ok && col.Sort {
			b.WriteString(col.SQL)
			if o.Desc {
				b.WriteString(" DESC")
			}
			b.WriteString(", ")
		}
	}
	b.WriteString(last)
	return b.String()
}

// Marks returns "(?, ?, …)" for n values, for IN.
func Marks(n int) string {
	return "(" + db.Marks(n) + ")"
}
