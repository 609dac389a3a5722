// Package taskrest is the REST methods of tasks.
package taskrest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells in which time zone a caller lives.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
}

// Register adds the methods to r.
func Register(r *rest.Registry, s *task.Service, users Users) {
	h := handlers{s, users}
	r.Add(rest.M("task.item.list", "task", rest.Everyone, "Lists tasks that the caller may see.", h.list,
		rest.Doc("api-reference/tasks/deprecated/task-item/task-item-list.md")))
}

type handlers struct {
	tasks *task.Service
	users Users
}

// listParams are the parameters of task.item.list. They are positional: a list [ORDER, FILTER, PARAMS, SELECT] means the
// same as the names.
type listParams struct {
	Order  *phpform.Value `b24:"ORDER"`
	Filter *phpform.Value `b24:"FILTER"`
	Params *phpform.Value `b24:"PARAMS"`
	Select *phpform.Value `b24:"SELECT"`
	Start  *phpform.Value `b24:"start"`
	Tree   phpform.Value  `b24:"*"`
}

// position fills in what came without a name.
func (p *listParams) position() {
	for i, target := range []**phpform.Value{&p.Order, &p.Filter, &p.Params, &p.Select} {
		if v, ok := p.Tree.Get(string(rune('0' + i))); ok && *target == nil && !v.IsNull() {
			*target = &v
		}
	}
}

func (h handlers) list(ctx context.Context, c *rest.Call, p listParams) (rest.Page[json.RawMessage], error) {
	var page rest.Page[json.RawMessage]
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return page, err
	}
	q, err := p.query(zone)
	if err != nil {
		return page, err
	}
	found, err := h.tasks.List(ctx, user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access}, q)
	if err != nil {
		return page, err
	}
	page.Total = found.Total
	if next := q.Offset + int64(len(found.Rows)); next < found.Total && len(found.Rows) > 0 {
		page.Next = next
	}
	for _, row := range found.Rows {
		page.Items = append(page.Items, appendRow(nil, found.Fields, row, zone))
	}
	return page, nil
}

// zone is the caller's time zone; UTC where none or an unknown one is set.
func (h handlers) zone(ctx context.Context, id int64) (*time.Location, error) {
	u, err := h.users.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("time zone of the caller: %w", err)
	}
	zone, err := time.LoadLocation(u.TimeZone)
	if err != nil {
		return time.UTC, nil //nolint:nilerr // a name that this machine does not know
	}
	return zone, nil
}

// query turns the parameters into a query. As the page says, a filter counts only where the sorting is there too, be it
// empty: positional callers who leave it out ask for everything.
func (p *listParams) query(zone *time.Location) (q task.Query, err error) {
	p.position()
	if q.Order, err = parseOrder(value(p.Order)); err != nil {
		return q, err
	}
	if q.Filter, err = parseFilter(value(p.Filter), zone); err != nil {
		return q, err
	}
	if p.Order == nil {
		q.Filter = nil
	}
	if q.Select, err = parseSelect(value(p.Select)); err != nil {
		return q, err
	}
	q.Limit = task.MaxPage
	if start, ok := value(p.Start).Int(); ok && start > 0 {
		q.Offset = start
	}
	return q, paginate(&q, value(p.Params))
}

func value(v *phpform.Value) phpform.Value {
	if v == nil {
		return phpform.Value{}
	}
	return *v
}
