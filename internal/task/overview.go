package task

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// View is one of the lists of a person's tasks.
type View string

// The views.
const (
	ViewAll     View = "all"     // every task in which the person has a role
	ViewMine    View = "mine"    // what the person is responsible for and has not done
	ViewOverdue View = "overdue" // the person's tasks whose deadline has passed
	ViewDone    View = "done"    // the person's tasks that are completed
)

// Sort is an order of such a list.
type Sort string

// The orders.
const (
	SortDeadline Sort = "deadline" // what is due first comes first, then what has no deadline, then what is done
	SortChanged  Sort = "changed"  // the last changed first
	SortCreated  Sort = "created"  // the newest first
	SortTitle    Sort = "title"
	SortPriority Sort = "priority" // the most important first, what is done last
)

// Overview says which of a person's tasks to list.
type Overview struct {
	OwnerID int64
	View    View
	Narrow  Narrow
	Sort    Sort
	After   string // the Next of the page before; empty is the first page
	Limit   int
}

// OverviewPage is a page of a person's tasks, without their lists of people and tags.
type OverviewPage struct {
	Tasks []Task
	Next  string // empty on the last page
}

// Counts are how many tasks a person has in each view.
type Counts struct{ All, Mine, Overdue, Done int64 }

const (
	doneSQL    = "CASE WHEN t.status IN (4, 5) THEN 1 ELSE 0 END"
	overdueSQL = "t.deadline > 0 AND t.deadline < :now AND t.status NOT IN (4, 5)"
	// doneKey is doneSQL as a key of a page: of the type that a cursor's numbers have.
	doneKey = "CAST(" + doneSQL + " AS BIGINT)"
	endless = "CASE WHEN t.deadline = 0 THEN 9223372036854775807 ELSE t.deadline END"
)

// sorting is an order of which every level runs the same way, so that a page goes on from a key.
type sorting struct {
	desc bool
	keys []string
}

var sortings = map[Sort]sorting{
	SortDeadline: {keys: []string{doneKey, endless, "t.id"}},
	SortPriority: {keys: []string{doneKey, "2 - t.priority", endless, "t.id"}},
	SortTitle:    {keys: []string{"t.title_lower", "t.id"}},
	SortChanged:  {desc: true, keys: []string{"t.changed_date", "t.id"}},
	SortCreated:  {desc: true, keys: []string{"t.created_date", "t.id"}},
}

// Valid reports whether there is such an order.
func (s Sort) Valid() bool { _, ok := sortings[s]; return ok }

// Valid reports whether there is such a view.
func (v View) Valid() bool { return v == ViewAll || v == ViewMine || v == ViewOverdue || v == ViewDone }

var errCursor = fault.New(fault.Invalid, "BAD_CURSOR", "This page of the list is not there any more.")

// Overview returns a page of the tasks of o.OwnerID that actor sees too. The fault Invalid is for an After that no page
// gave out.
func (s *Service) Overview(ctx context.Context, actor user.Ref, o Overview) (page OverviewPage, err error) {
	order, ok := sortings[o.Sort]
	if !ok || !o.View.Valid() || o.Limit <= 0 {
		return page, fmt.Errorf("overview: no view %q in order %q of %d", o.View, o.Sort, o.Limit)
	}
	b, err := s.owned(ctx, actor, o.OwnerID, "")
	if err != nil {
		return page, err
	}
	b.add(o.View.condition())
	b.narrow(o.Narrow)
	if o.After != "" {
		key, err := order.cursor(o.After)
		if err != nil {
			return page, err
		}
		b.after(order, key)
	}
	b.sortBy(order)
	b.add(" LIMIT ?", int64(o.Limit)+1)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		page.Tasks, err = query(ctx, tx, b.sql.String(), b.args...)
		if err != nil {
			return fmt.Errorf("list tasks: %w", err)
		}
		if len(page.Tasks) > o.Limit {
			page.Tasks = page.Tasks[:o.Limit]
			page.Next, err = order.next(ctx, tx, page.Tasks[o.Limit-1].ID)
		}
		return err
	})
	return page, err
}

// Counts counts the tasks of ownerID that actor sees too.
func (s *Service) Counts(ctx context.Context, actor user.Ref, ownerID int64) (c Counts, err error) {
	b, err := s.owned(ctx, actor, ownerID, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN t.responsible_id = :owner AND t.status NOT IN (4, 5) THEN 1 ELSE 0 END), 0)"+
		", COALESCE(SUM(CASE WHEN "+overdueSQL+" THEN 1 ELSE 0 END), 0), COALESCE(SUM("+doneSQL+"), 0) FROM task t ")
	if err != nil {
		return c, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, b.sql.String(), b.args...).Scan(&c.All, &c.Mine, &c.Overdue, &c.Done)
	})
	if err != nil {
		return c, fmt.Errorf("count tasks: %w", err)
	}
	return c, nil
}

// owned begins a statement with the condition that the task is one of the owner's, and of those that actor sees.
func (s *Service) owned(ctx context.Context, actor user.Ref, ownerID int64, begin string) (*builder, error) {
	b := &builder{viewer: actor, owner: ownerID, now: s.clock.Now()}
	b.add(begin + "WHERE t.id IN (SELECT task_id FROM task_member WHERE user_id = :owner)")
	if actor.ID == ownerID {
		return b, nil
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		seen, err := s.SeenTx(ctx, tx, actor, "t.id")
		if err == nil && seen.Text != "" {
			b.add(" AND "+seen.Text, seen.Args...)
		}
		return err
	})
	return b, err
}

func (v View) condition() string {
	switch v {
	case ViewMine:
		return " AND t.responsible_id = :owner AND t.status NOT IN (4, 5)"
	case ViewOverdue:
		return " AND " + overdueSQL
	case ViewDone:
		return " AND t.status IN (4, 5)"
	default:
		return ""
	}
}

// after appends the condition that a task comes behind key.
func (b *builder) after(order sorting, key []any) {
	sign := " > "
	if order.desc {
		sign = " < "
	}
	b.add(" AND (" + strings.Join(order.keys, ", ") + ")" + sign)
	b.in(key)
}

func (b *builder) sortBy(order sorting) {
	b.add(" ORDER BY " + strings.Join(order.keys, direction(order.desc)+", ") + direction(order.desc))
}

// next returns where the page after the task id begins.
func (o sorting) next(ctx context.Context, tx *db.Tx, id int64) (string, error) {
	key := make([]any, len(o.keys))
	for i := range key {
		key[i] = o.target(i)
	}
	sql := "SELECT " + strings.Join(o.keys, ", ") + " FROM task t WHERE t.id = ?"
	if err := tx.QueryRow(ctx, sql, id).Scan(key...); err != nil {
		return "", fmt.Errorf("read key of task %d: %w", id, err)
	}
	text, err := json.Marshal(key)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// target is a variable for the key of level i.
func (o sorting) target(i int) any {
	if o.keys[i] == "t.title_lower" {
		return new(string)
	}
	return new(int64)
}

// cursor reads what next wrote.
func (o sorting) cursor(text string) ([]any, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, errCursor.Because(err)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != len(o.keys) {
		return nil, errCursor.Because(err)
	}
	key := make([]any, len(parts))
	for i, p := range parts {
		target := o.target(i)
		if err := json.Unmarshal(p, target); err != nil {
			return nil, errCursor.Because(err)
		}
		switch v := target.(type) {
		case *string:
			if strings.ContainsRune(*v, 0) {
				return nil, errCursor
			}
			key[i] = *v
		case *int64:
			key[i] = *v
		}
	}
	return key, nil
}
