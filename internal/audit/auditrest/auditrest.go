// Package auditrest holds the REST methods of the audit log: main.eventlog.*.
package auditrest

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

type methods struct{ log *audit.Service }

// Register adds the methods of the audit log.
func Register(r *rest.Registry, log *audit.Service) {
	h := methods{log}
	const folder = "api-reference/event-log/main-eventlog-"
	const access = rest.Everyone | rest.AdminOnly
	r.Add(
		rest.M("main.eventlog.list", "main", access, "Lists entries of the audit log.", h.list,
			rest.Doc(folder+"list.md"), rest.V3(), rest.Of(audit.Entity)),
		rest.M("main.eventlog.get", "main", access, "Answers an entry of the audit log.", h.get,
			rest.Doc(folder+"get.md"), rest.V3(), rest.Of(audit.Entity)),
		rest.M("main.eventlog.tail", "main", access, "Lists the entries of the audit log behind a point.", h.tail,
			rest.Doc(folder+"tail.md"), rest.V3(), rest.Of(audit.Entity)),
		rest.M("main.eventlog.field.list", "main", access, "Describes the fields of an entry.", h.fieldList,
			rest.Doc(folder+"field-list.md"), rest.V3(), rest.Of(dto.FieldEntity)),
		rest.M("main.eventlog.field.get", "main", access, "Describes a field of an entry.", h.fieldGet,
			rest.Doc(folder+"field-get.md"), rest.V3(), rest.Of(dto.FieldEntity)),
	)
}

type listParams struct {
	Select     phpform.Value `b24:"select"`
	Filter     phpform.Value `b24:"filter"`
	Order      phpform.Value `b24:"order"`
	Pagination phpform.Value `b24:"pagination"`
}

// chosen reads which fields of which entries are asked for.
func chosen(selected, filtered phpform.Value) (sel dto.Selection, filter dto.Filter, err error) {
	if sel, err = audit.Entity.Select(selected); err == nil {
		filter, err = audit.Entity.Filter(filtered)
	}
	return sel, filter, err
}

func (h methods) list(ctx context.Context, _ *rest.Call, p listParams) (out rest.Items[dto.Object], err error) {
	sel, filter, err := chosen(p.Select, p.Filter)
	if err != nil {
		return out, err
	}
	orders, err := audit.Entity.Order(p.Order)
	if err != nil {
		return out, err
	}
	page, err := dto.ReadPagination(p.Pagination)
	if err != nil {
		return out, err
	}
	rows, err := h.log.List(ctx, filter, orders, page)
	return items(sel, rows), err
}

type getParams struct {
	ID     int64         `b24:"id,required"`
	Select phpform.Value `b24:"select"`
}

func (h methods) get(ctx context.Context, _ *rest.Call, p getParams) (out rest.Item[dto.Object], err error) {
	sel, err := audit.Entity.Select(p.Select)
	if err != nil {
		return out, err
	}
	row, err := h.log.Get(ctx, p.ID)
	out.Item = object(sel, row)
	return out, err
}

type tailParams struct {
	Select phpform.Value `b24:"select"`
	Filter phpform.Value `b24:"filter"`
	Cursor phpform.Value `b24:"cursor"`
}

func (h methods) tail(ctx context.Context, _ *rest.Call, p tailParams) (out rest.Items[dto.Object], err error) {
	sel, filter, err := chosen(p.Select, p.Filter)
	if err != nil {
		return out, err
	}
	cursor, err := audit.Entity.Cursor(p.Cursor, filter)
	if err != nil {
		return out, err
	}
	rows, err := h.log.Tail(ctx, filter, cursor)
	return items(sel, rows), err
}

type fieldListParams struct {
	Select phpform.Value `b24:"select"`
}

func (h methods) fieldList(_ context.Context, _ *rest.Call, p fieldListParams) (out rest.Items[dto.Object], err error) {
	sel, err := dto.FieldEntity.Select(p.Select)
	if err != nil {
		return out, err
	}
	out.Items = audit.Entity.Describe(sel)
	return out, nil
}

type fieldGetParams struct {
	Name   string        `b24:"name,required"`
	Select phpform.Value `b24:"select"`
}

func (h methods) fieldGet(_ context.Context, _ *rest.Call, p fieldGetParams) (out rest.Item[dto.Object], err error) {
	sel, err := dto.FieldEntity.Select(p.Select)
	if err != nil {
		return out, err
	}
	out.Item, err = audit.Entity.DescribeField(p.Name, sel)
	return out, err
}

func items(sel dto.Selection, rows []audit.Row) rest.Items[dto.Object] {
	out := make([]dto.Object, len(rows))
	for i, r := range rows {
		out[i] = object(sel, r)
	}
	return rest.Items[dto.Object]{Items: out}
}

// atom is ISO 8601 with the offset in digits.
const atom = "2006-01-02T15:04:05-07:00"

func object(sel dto.Selection, r audit.Row) dto.Object {
	return sel.Object(func(s dto.Selected) any { return value(s.Field.Name, r) })
}

func value(name string, r audit.Row) any {
	switch name {
	case "id":
		return r.ID
	case "timestampX":
		return r.At.In(time.UTC).Format(atom)
	case "severity":
		return r.Severity
	case "auditTypeId":
		return r.Type
	case "moduleId":
		return r.Module
	case "itemId":
		return r.Item
	case "remoteAddr":
		return r.Addr
	case "userAgent":
		return r.Agent
	case "requestUri":
		return r.URI
	case "siteId":
		return "s1" // a portal is one site
	case "userId":
		return r.UserID
	case "guestId":
		return 0 // guests are not counted
	default:
		return r.Description
	}
}
