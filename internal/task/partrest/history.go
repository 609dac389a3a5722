package partrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

func (h handlers) registerHistory(r *rest.Registry) {
	r.Add(rest.M("tasks.task.history.list", "task", rest.Everyone, "Lists what happened to a task.", h.historyList,
		rest.Doc("api-reference/tasks/tasks-task-history-list.md")))
}

// errNoTaskID is the fault of a task that is left out.
var errNoTaskID = numbered("100", "CTaskItem All parameters in the constructor must have real class type")

type historyParams struct {
	TaskID *phpform.Value `b24:"taskId,needed"`
	Filter phpform.Value  `b24:"filter"`
	Order  phpform.Value  `b24:"order"`
}

func (h handlers) historyList(ctx context.Context, c *rest.Call, p historyParams) (out phpform.Value, err error) {
	if p.TaskID == nil || p.TaskID.IsNull() {
		return out, errNoTaskID
	}
	id, ok := p.TaskID.Int()
	if !ok || p.TaskID.IsArray() {
		return out, numbered("0", "wrong task id")
	}
	q, err := p.query()
	if err != nil {
		return out, err
	}
	notes, err := h.Tasks.History(ctx, actor(c), id, q)
	if errors.Is(err, task.ErrNotFound) {
		known, err := h.Tasks.Known(ctx, id)
		if err == nil && known {
			err = numbered("0", "Access denied.")
		}
		if err != nil {
			return out, err
		}
	} else if err != nil {
		return out, err
	}
	return h.historyRows(ctx, c, notes)
}

// query reads {"FIELD": "COMMENT"} and {"createdDate": "ASC"}.
func (p historyParams) query() (q task.HistoryQuery, err error) {
	for _, e := range p.Filter.Entries() {
		if !strings.EqualFold(e.Key, "FIELD") {
			return q, numbered("0", "The history is filtered by FIELD alone")
		}
		for _, v := range append(e.Value.Entries(), phpform.Entry{Value: e.Value}) {
			if !v.Value.IsArray() {
				q.Fields = append(q.Fields, strings.ToUpper(v.Value.Text()))
			}
		}
	}
	for _, e := range p.Order.Entries() {
		q.Oldest = strings.EqualFold(e.Value.Text(), "asc")
		switch strings.ToLower(e.Key) {
		case "createddate", "created_date", "id":
		case "field":
			q.By = "field"
		case "user", "userid", "user_id":
			q.By = "user"
		default:
			return q, numbered("0", "The history cannot be sorted by "+clip(e.Key))
		}
	}
	return q, nil
}

func (h handlers) historyRows(ctx context.Context, c *rest.Call, notes []task.Note) (out phpform.Value, err error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	ids := make([]int64, len(notes))
	for i, n := range notes {
		ids[i] = n.UserID
	}
	people, err := h.Users.Many(ctx, ids)
	if err != nil {
		return out, err
	}
	rows := make([]phpform.Value, len(notes))
	for i, n := range notes {
		from, to := noteValues(n)
		var o, value object
		o.set("id", phpform.IntOf(n.ID)).str("createdDate", moment(n.Created, zone)).str("field", n.Field)
		o.set("value", value.set("from", from).set("to", to).value())
		rows[i] = o.set("user", historyUser(n.UserID, people[n.UserID])).value()
	}
	var o object
	return o.set("list", phpform.ListOf(rows...)).value(), nil
}

func historyUser(id int64, u user.User) phpform.Value {
	var o object
	o.set("id", phpform.IntOf(id)).str("name", u.FirstName).str("lastName", u.LastName)
	return o.str("secondName", u.SecondName).str("login", u.Login).value()
}

// noteValues are what a field was and became; of what is new there is nothing before.
func noteValues(n task.Note) (from, to phpform.Value) {
	from, to = phpform.StringOf(n.From), phpform.StringOf(n.To)
	switch n.Field {
	case task.NoteNew:
		return phpform.NullValue(), phpform.NullValue()
	case task.NoteComment:
		from = phpform.NullValue()
	}
	return from, to
}
