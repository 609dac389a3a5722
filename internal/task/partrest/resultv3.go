package partrest

import (
	"context"
	"errors"
	"time"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/user"
)

// resultFields are the fields of a result that callers may not fill.
var resultFields = []string{"id", "authorId", "author", "createdAt", "updatedAt", "status", "fileIds", "rights"}

func resultFaultV3(err error, field string) error {
	switch {
	case errors.Is(err, task.ErrNotFound):
		return dto.Invalid("taskId", "Task not found")
	case errors.Is(err, result.ErrNoComment):
		return dto.Invalid("messageId", "Message is not from task chat")
	case errors.Is(err, result.ErrDenied), errors.Is(err, result.ErrNotFound):
		return errDeniedV3
	case errors.Is(err, result.ErrText), errors.Is(err, result.ErrExists):
		return dto.Invalid(field, fault.Of(err).Text)
	}
	return err
}

type fieldsParams struct {
	Fields phpform.Value `b24:"fields,needed"`
}

func (h handlers) resultAdd(ctx context.Context, c *rest.Call, p fieldsParams) (out rest.Item[dto.Object], err error) {
	fields, err := fieldsV3(p.Fields, "ResultDto", resultFields, "taskId", "text", "messageId")
	if err != nil {
		return out, err
	}
	id, err := intV3(fields, "taskId")
	if err != nil {
		return out, err
	}
	if id <= 0 {
		return out, dto.Invalid("taskId", "Task id must be positive")
	}
	text, err := textV3(fields, "text")
	if err != nil {
		return out, err
	}
	r, err := h.Results.Add(ctx, actor(c), id, text)
	if err != nil {
		return out, resultFaultV3(err, "text")
	}
	out.Item, err = h.resultItem(ctx, c, r)
	return out, err
}

func (h handlers) resultFromMessage(ctx context.Context, c *rest.Call, p fieldsParams) (out rest.Item[dto.Object], err error) {
	fields, err := fieldsV3(p.Fields, "ResultDto", resultFields, "messageId")
	if err != nil {
		return out, err
	}
	id, err := intV3(fields, "messageId")
	if err != nil {
		return out, err
	}
	r, err := h.Results.AddFromComment(ctx, actor(c), id)
	if err != nil {
		return out, resultFaultV3(err, "messageId")
	}
	out.Item, err = h.resultItem(ctx, c, r)
	return out, err
}

type resultUpdateParams struct {
	ID     phpform.Value `b24:"id,needed"`
	Fields phpform.Value `b24:"fields,needed"`
	Tree   phpform.Value `b24:"*"`
}

// oneV3 returns the number of the object that a method changes.
func oneV3(id, tree phpform.Value) (int64, error) {
	_, filtered := tree.Get("filter")
	switch {
	case id.IsNull() && !filtered:
		return 0, dto.Invalid("", "At least one of the required fields must be filled: `id`, `filter`")
	case id.IsNull():
		return 0, dto.Missing("id")
	case filtered:
		return 0, dto.Invalid("", "Only one of the values must be provided: `id`, `filter`")
	}
	n, ok := id.Int()
	if !ok || id.IsArray() {
		return 0, dto.Mistyped("id", "int")
	}
	return n, nil
}

func (h handlers) resultUpdate(ctx context.Context, c *rest.Call, p resultUpdateParams) (out rest.Item[dto.Object], err error) {
	id, err := oneV3(p.ID, p.Tree)
	if err != nil {
		return out, err
	}
	fields, err := fieldsV3(p.Fields, "ResultDto", append([]string{"taskId", "messageId"}, resultFields...), "text")
	if err != nil {
		return out, err
	}
	text, err := textV3(fields, "text")
	if err != nil {
		return out, err
	}
	r, err := h.Results.Update(ctx, actor(c), id, text)
	if err != nil {
		return out, resultFaultV3(err, "text")
	}
	out.Item, err = h.resultItem(ctx, c, r)
	return out, err
}

type resultDeleteParams struct {
	ID   phpform.Value `b24:"id,needed"`
	Tree phpform.Value `b24:"*"`
}

func (h handlers) resultDelete(ctx context.Context, c *rest.Call, p resultDeleteParams) (out rest.Done, err error) {
	id, err := oneV3(p.ID, p.Tree)
	if err != nil {
		return out, err
	}
	if err := h.Results.Delete(ctx, actor(c), id); err != nil {
		return out, resultFaultV3(err, "id")
	}
	out.Result = true
	return out, nil
}

type resultListParams struct {
	Select     phpform.Value `b24:"select"`
	Filter     phpform.Value `b24:"filter,needed"`
	Order      phpform.Value `b24:"order"`
	Pagination phpform.Value `b24:"pagination"`
}

func (h handlers) resultList(ctx context.Context, c *rest.Call, p resultListParams) (out rest.Items[dto.Object], err error) {
	q, sel, err := p.query()
	if err != nil {
		return out, err
	}
	list, err := h.Results.List(ctx, actor(c), q)
	if errors.Is(err, task.ErrNotFound) {
		return out, errDeniedV3
	}
	if err != nil {
		return out, resultFaultV3(err, "filter")
	}
	out.Items, err = h.resultObjects(ctx, c, sel, list)
	return out, err
}

func (p *resultListParams) query() (q result.Query, sel dto.Selection, err error) {
	if p.Filter.IsNull() || !p.Filter.IsArray() && p.Filter.Text() == "" {
		return q, nil, dto.Invalid("filter", "The field value cannot be empty")
	}
	if sel, err = result.Entity.Select(p.Select); err != nil {
		return q, nil, err
	}
	if q.Filter, err = result.Entity.Filter(p.Filter); err != nil {
		return q, nil, err
	}
	for _, f := range q.Filter.Group {
		if f.Field != nil && f.Field.Name == "taskId" && f.Op == dto.Equal && len(f.Values) == 1 {
			q.TaskID, _ = f.Values[0].(int64)
		}
	}
	if q.TaskID == 0 {
		return q, nil, fault.New(fault.Invalid, "BITRIX_REST_V3_EXCEPTION_VALIDATION_REQUESTFILTERVALIDATIONEXCEPTION",
			"A filter for the required field `taskId` must be specified").At("filter.taskId")
	}
	if q.Orders, err = result.Entity.Order(p.Order); err != nil {
		return q, nil, err
	}
	q.Page, err = dto.ReadPagination(p.Pagination)
	return q, sel, err
}

// resultItem writes a result whole.
func (h handlers) resultItem(ctx context.Context, c *rest.Call, r result.Result) (dto.Object, error) {
	sel, err := result.Entity.Select(phpform.NullValue())
	if err != nil {
		return nil, err
	}
	list, err := h.resultObjects(ctx, c, sel, []result.Result{r})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (h handlers) resultObjects(ctx context.Context, c *rest.Call, sel dto.Selection, list []result.Result) ([]dto.Object, error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	var people map[int64]user.User
	if sel.Has("author") {
		var ids []int64
		for _, r := range list {
			ids = append(ids, r.AuthorID)
		}
		if people, err = h.Users.Many(ctx, ids); err != nil {
			return nil, err
		}
	}
	out := make([]dto.Object, len(list))
	for i, r := range list {
		out[i] = sel.Object(func(s dto.Selected) any { return h.resultValue(c, s, r, people[r.AuthorID], zone) })
	}
	return out, nil
}

func (h handlers) resultValue(c *rest.Call, s dto.Selected, r result.Result, author user.User, zone *time.Location) any {
	switch s.Field.Name {
	case "id":
		return r.ID
	case "taskId":
		return r.TaskID
	case "text":
		return r.Text
	case "authorId":
		return r.AuthorID
	case "createdAt":
		return moment(r.Created, zone)
	case "updatedAt":
		return momentOrNull(r.Updated, zone)
	case "status":
		return r.Status
	case "fileIds":
		return append([]int64{}, r.Files...)
	case "messageId":
		if r.MessageID == 0 {
			return nil
		}
		return r.MessageID
	case "author":
		return sub(s, result.Author).Object(func(f dto.Selected) any { return h.authorValue(f.Field.Name, author) })
	default: // rights: the author's are all
		return sub(s, result.RightsEntity).Object(func(dto.Selected) any { return r.AuthorID == c.UserID })
	}
}

// sub is what is selected of a related object; all where nothing is said.
func sub(s dto.Selected, e *dto.Entity) dto.Selection {
	if len(s.Sub) > 0 {
		return s.Sub
	}
	sel, _ := e.Select(phpform.NullValue())
	return sel
}

func momentOrNull(t time.Time, zone *time.Location) any {
	if t.IsZero() {
		return nil
	}
	return moment(t, zone)
}

func (h handlers) authorValue(name string, u user.User) any {
	switch name {
	case "id":
		return u.ID
	case "name":
		return u.DisplayName()
	case "image":
		if path := u.AvatarPath(); path != "" {
			return h.URL(path)
		}
		return ""
	case "gender":
		return u.Gender
	default:
		return u.Email
	}
}
