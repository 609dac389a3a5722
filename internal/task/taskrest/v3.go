package taskrest

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/link"
)

// registerV3 adds the methods of REST 3.0.
func (h handlers) registerV3(r *rest.Registry) {
	const scopes = "tasks"
	m := func(page string, o ...rest.Option) []rest.Option {
		return append(o, rest.V3(), rest.Doc(pages+page+".md"))
	}
	r.Add(
		rest.M("tasks.task.add", scopes, rest.Everyone, "Creates a task.", h.addV3,
			m("tasks-task-add-rest-v3", rest.Changes(), rest.Of(taskEntity), rest.Reads("fields.title*", "fields.creatorId*", "fields.responsibleId*"))...),
		rest.M("tasks.task.update", scopes, rest.Everyone, "Changes a task.", h.updateV3, m("tasks-task-update-rest-v3", rest.Changes())...),
		rest.M("tasks.task.delete", scopes, rest.Everyone, "Removes a task for ever.", h.deleteV3, m("tasks-task-delete-rest-v3", rest.Changes())...),
		rest.M("tasks.task.get", scopes, rest.Everyone, "Answers a task.", h.getV3, m("tasks-task-get-rest-v3", rest.Of(taskEntity))...),
		rest.M("tasks.task.list", scopes, rest.Everyone, "Lists tasks that the caller may see.", h.listV3, m("tasks-task-list-rest-v3", rest.Of(taskEntity))...),
		rest.M("tasks.task.access.get", scopes, rest.Everyone, "Tells what the caller may do with a task.", h.accessV3, m("tasks-task-access-get")...),
		rest.M("tasks.task.field.list", scopes, rest.Everyone, "Describes the fields of tasks.", describeV3(taskEntity), m("tasks-task-field-list", rest.Of(dto.FieldEntity))...),
		rest.M("tasks.task.field.get", scopes, rest.Everyone, "Describes a field of tasks.", describeFieldV3(taskEntity), m("tasks-task-field-get", rest.Of(dto.FieldEntity))...),
		rest.M("tasks.task.access.field.list", scopes, rest.Everyone, "Describes the fields of what may be done with a task.", describeV3(accessEntity),
			m("tasks-task-access-field-list", rest.Of(dto.FieldEntity))...),
		rest.M("tasks.task.access.field.get", scopes, rest.Everyone, "Describes a field of what may be done with a task.", describeFieldV3(accessEntity),
			m("tasks-task-access-field-get", rest.Of(dto.FieldEntity))...),
	)
}

var errDeniedV3 = fault.New(fault.Denied, dto.CodeDenied, "Access denied")

// describeParamsV3 are the parameters of *.field.list.
type describeParamsV3 struct {
	Select phpform.Value `b24:"select"`
}

func describeV3(e *dto.Entity) func(context.Context, *rest.Call, describeParamsV3) (rest.Items[dto.Object], error) {
	return func(_ context.Context, _ *rest.Call, p describeParamsV3) (out rest.Items[dto.Object], err error) {
		s, err := dto.FieldEntity.Select(p.Select)
		out.Items = e.Describe(s)
		return out, err
	}
}

// describeFieldParamsV3 are the parameters of *.field.get.
type describeFieldParamsV3 struct {
	Name   string        `b24:"name,required"`
	Select phpform.Value `b24:"select"`
}

func describeFieldV3(e *dto.Entity) func(context.Context, *rest.Call, describeFieldParamsV3) (rest.Item[dto.Object], error) {
	return func(_ context.Context, _ *rest.Call, p describeFieldParamsV3) (out rest.Item[dto.Object], err error) {
		s, err := dto.FieldEntity.Select(p.Select)
		if err != nil {
			return out, err
		}
		out.Item, err = e.DescribeField(p.Name, s)
		return out, err
	}
}

// addParamsV3 are the parameters of tasks.task.add.
type addParamsV3 struct {
	Fields phpform.Value `b24:"fields,required"`
}

func (h handlers) addV3(ctx context.Context, c *rest.Call, p addParamsV3) (out rest.Item[dto.Object], err error) {
	ch, err := h.readV3(ctx, c, p.Fields, true)
	if err != nil {
		return out, err
	}
	t := task.Task{Priority: task.Medium, Added: map[string][]string{}}
	ch.Fill(&t)
	if !task.MayCreate(actor(c), t) {
		return out, errDeniedV3
	}
	created, err := h.tasks.Create(ctx, actor(c), t)
	if err != nil {
		return out, invalidV3(err, false)
	}
	out.Item, err = h.oneV3(ctx, c, created.ID, phpform.Value{})
	return out, err
}

// invalidV3 words what is wrong with the fields of a task as REST 3.0 does.
func invalidV3(err error, update bool) error {
	f := fault.Of(err)
	switch f.Code {
	case task.ErrNotFound.Code, task.ErrDenied.Code:
		return errDeniedV3
	case "FIELD_VALUE_WRONG", "FIELD_VALUE_REQUIRED", task.ErrResult.Code:
		return dto.Invalid(f.Field, f.Text)
	case link.ErrCycle.Code:
		return dto.Invalid("dependsOn", f.Text)
	case "TASK_INVALID":
		return dto.Invalid(cmp.Or(wrongFieldsV3[f.Field], f.Field), wrongTextV3(f, update))
	}
	return err
}

// wrongFieldsV3 are the fields at which faults of tasks are, where REST 3.0 calls them otherwise.
var wrongFieldsV3 = map[string]string{
	"responsible": "responsibleId", "creator": "creatorId", "parent": "parentId", "end": "endPlan", "estimate": "estimatedTime", "duration": "durationType",
	"people": "accomplices", "crm": "crmItemIds",
}

// wrongTextV3 words a fault as the pages of add and update do.
func wrongTextV3(f *fault.Fault, update bool) string {
	word := func(onAdd, onUpdate string) string {
		if update {
			return onUpdate
		}
		return onAdd
	}
	switch {
	case f.Text == task.TextSelf:
		return "Cannot bind a node to itself"
	case f.Text == task.TextPlanned:
		return word("The end date specified in the planning is earlier than the start date", "The specified end date is earlier than the start date in the planning")
	case f.Text == task.TextTooLong:
		return word("The planning duration specified is too long", "The specified duration of the task is too long")
	case f.Field == "responsible":
		return word(`User specified in the "Executor" field not found`, `The user specified in the "Responsible" field was not found`)
	case f.Field == "parent" && strings.HasPrefix(f.Text, task.TextNoTask):
		return word(`Task specified in the "Parent Task" field not found`, `The task specified in the "Parent Task" field was not found`)
	}
	return f.Text
}

// updateParamsV3 are the parameters of tasks.task.update.
type updateParamsV3 struct {
	ID     int64         `b24:"id,required"`
	Fields phpform.Value `b24:"fields,required"`
}

func (h handlers) updateV3(ctx context.Context, c *rest.Call, p updateParamsV3) (out rest.Done, err error) {
	ch, err := h.readV3(ctx, c, p.Fields, false)
	if err != nil {
		return out, err
	}
	if _, err := h.tasks.Update(ctx, actor(c), p.ID, ch); err != nil {
		return out, invalidV3(err, true)
	}
	return rest.Done{Result: true}, nil
}

// idParamsV3 are the parameters of the methods that have the number of a task.
type idParamsV3 struct {
	ID int64 `b24:"id,required"`
}

func (h handlers) deleteV3(ctx context.Context, c *rest.Call, p idParamsV3) (out rest.Done, err error) {
	if err := h.tasks.Delete(ctx, actor(c), p.ID); err != nil {
		return out, invalidV3(err, true)
	}
	return rest.Done{Result: true}, nil
}

// getParamsV3 are the parameters of tasks.task.get.
type getParamsV3 struct {
	ID     int64         `b24:"id,required"`
	Select phpform.Value `b24:"select"`
}

func (h handlers) getV3(ctx context.Context, c *rest.Call, p getParamsV3) (out rest.Item[dto.Object], err error) {
	out.Item, err = h.oneV3(ctx, c, p.ID, p.Select)
	return out, err
}

func (h handlers) oneV3(ctx context.Context, c *rest.Call, id int64, chosen phpform.Value) (dto.Object, error) {
	s, err := taskEntity.Select(chosen)
	if err != nil {
		return nil, err
	}
	if _, err := h.tasks.Get(ctx, actor(c), id); err != nil {
		if gone(err) {
			return nil, fault.Newf(fault.Invalid, dto.CodeNotFound, "Record with ID = `%d` not found", id)
		}
		return nil, err
	}
	objects, err := h.objectsV3(ctx, c, s, []int64{id})
	if err != nil {
		return nil, err
	}
	return objects[0], nil
}

// listParamsV3 are the parameters of tasks.task.list.
type listParamsV3 struct {
	Select     phpform.Value `b24:"select"`
	Filter     phpform.Value `b24:"filter"`
	Order      phpform.Value `b24:"order"`
	Pagination phpform.Value `b24:"pagination"`
}

func (h handlers) listV3(ctx context.Context, c *rest.Call, p listParamsV3) (out rest.Items[dto.Object], err error) {
	if p.Select.IsNull() || p.Select.IsArray() && p.Select.Len() == 0 {
		p.Select = phpform.ListOf(phpform.StringOf("id"))
	}
	s, err := taskEntity.Select(p.Select)
	if err != nil {
		return out, err
	}
	filter, err := taskEntity.Filter(p.Filter)
	if err != nil {
		return out, err
	}
	orders, err := taskEntity.Order(p.Order)
	if err != nil {
		return out, err
	}
	pg, err := dto.ReadPagination(p.Pagination)
	if err != nil {
		return out, err
	}
	e := h.tasks.Records().Entity()
	q := record.Query{NoTotal: true, Limit: int(pg.Limit), Offset: pg.Offset}
	q.Scope.Text, q.Scope.Args = filter.SQL()
	for _, o := range orders {
		q.Order = append(q.Order, record.Order{Field: e.Field(sortedV3[o.Field.Name]), Desc: o.Desc})
	}
	if len(q.Order) == 0 {
		q.Order = []record.Order{{Field: e.Field("ID")}}
	}
	found, err := h.tasks.List(ctx, actor(c), q)
	if err != nil {
		return out, err
	}
	out.Items, err = h.objectsV3(ctx, c, s, found.IDs)
	return out, err
}

func (h handlers) accessV3(ctx context.Context, c *rest.Call, p idParamsV3) (dto.Object, error) {
	t, err := h.tasks.Get(ctx, actor(c), p.ID)
	if err != nil {
		if gone(err) {
			return nil, errDeniedV3
		}
		return nil, err
	}
	states, err := h.statesV3(ctx, c, []int64{p.ID})
	if err != nil {
		return nil, err
	}
	return rightsV3(c, t, states[p.ID]), nil
}

// isoV3 is a moment in the caller's zone; nil where there is none.
func isoV3(t time.Time, zone *time.Location) any {
	if t.IsZero() {
		return nil
	}
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}

func linkOf(userID, id int64) string {
	return "/company/personal/user/" + strconv.FormatInt(userID, 10) + "/tasks/task/view/" + strconv.FormatInt(id, 10) + "/"
}
