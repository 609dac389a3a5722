// Package taskrest is the REST methods of tasks.
package taskrest

import (
	"context"
	"encoding/json"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
)

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
	view, err := h.tasks.View(ctx)
	if err != nil {
		return page, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return page, err
	}
	r := &record.Reader{View: view, Zone: zone, Faults: itemFaults("list"), Conditions: maxConditions, Values: maxValues}
	q, err := p.query(r)
	if err != nil {
		return page, err
	}
	found, err := h.tasks.List(ctx, actor(c), q)
	if err != nil {
		return page, err
	}
	if err := h.openChats(ctx, found.Fields, found.IDs, found.Rows); err != nil {
		return page, err
	}
	style := record.Style{Zone: zone, File: h.fileWriter(c)}
	page.Total, page.Next = found.Total, found.Next
	for _, row := range found.Rows {
		page.Items = append(page.Items, style.AppendObject(nil, found.Fields, row))
	}
	return page, nil
}

// query turns the parameters into a query. As the page says, a filter counts only where the sorting is there too, be it
// empty: positional callers who leave it out ask for everything.
func (p *listParams) query(r *record.Reader) (q record.Query, err error) {
	p.position()
	q.Limit = record.PageSize
	if q.Order, err = r.Order(value(p.Order)); err != nil {
		return q, err
	}
	if q.Filter, err = r.Filter(value(p.Filter)); err != nil {
		return q, err
	}
	if p.Order == nil {
		q.Filter = record.Filter{}
	}
	if q.Fields, err = r.Select(value(p.Select)); err != nil {
		return q, err
	}
	if everything(value(p.Select)) {
		q.Fields = selectable(r.View)
	}
	start, ok := value(p.Start).Int()
	if ok {
		q.Start(start)
	}
	return q, paginate(&q, value(p.Params))
}

// everything reports whether "*" is among the names.
func everything(v phpform.Value) bool {
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	for _, e := range v.Entries() {
		if e.Value.Text() == "*" {
			return true
		}
	}
	return false
}

// selectable are all fields of a task but those that were added.
func selectable(v *record.View) []*record.Field {
	var out []*record.Field
	for _, f := range v.All() {
		if f.Added() == nil {
			out = append(out, f)
		}
	}
	return out
}

func value(v *phpform.Value) phpform.Value {
	if v == nil {
		return phpform.Value{}
	}
	return *v
}
