package taskrest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/user"
)

// userEntity is a person beside a task (api-reference/tasks/fields-rest-v3.md#user).
var userEntity = &dto.Entity{Name: "UserDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int}, {Name: "name", Type: dto.String}, {Name: "gender", Type: dto.String}, {Name: "email", Type: dto.String},
}}

// parentEntity is the task above a task.
var parentEntity = &dto.Entity{Name: "TaskDto", Fields: []dto.Field{{Name: "id", Type: dto.Int}, {Name: "title", Type: dto.String}}}

// chatEntity is the chat of a task.
var chatEntity = &dto.Entity{Name: "ChatDto", Fields: []dto.Field{{Name: "id", Type: dto.Int}, {Name: "entityId", Type: dto.Int}, {Name: "entityType", Type: dto.String}}}

// sortedV3 are the fields by which lists are sorted, with those that they are here.
var sortedV3 = map[string]string{
	"id": "ID", "title": "TITLE", "creatorId": "CREATED_BY", "created": "CREATED_DATE", "responsibleId": "RESPONSIBLE_ID", "deadline": "DEADLINE",
	"startPlan": "START_DATE_PLAN", "endPlan": "END_DATE_PLAN", "groupId": "GROUP_ID", "priority": "PRIORITY", "status": "REAL_STATUS", "started": "DATE_START",
	"estimatedTime": "TIME_ESTIMATE", "changed": "CHANGED_DATE", "closed": "CLOSED_DATE", "activity": "ACTIVITY_DATE", "mark": "MARK",
	"allowsChangeDeadline": "ALLOW_CHANGE_DEADLINE", "allowsTimeTracking": "ALLOW_TIME_TRACKING",
}

// writableV3 are the fields that clients set, with those that readFields knows.
var writableV3 = map[string]string{
	"title": "TITLE", "description": "DESCRIPTION", "creatorId": "CREATED_BY", "responsibleId": "RESPONSIBLE_ID", "deadline": "DEADLINE", "needsControl": "TASK_CONTROL",
	"startPlan": "START_DATE_PLAN", "endPlan": "END_DATE_PLAN", "groupId": "GROUP_ID", "stageId": "STAGE_ID", "priority": "PRIORITY", "status": "STATUS",
	"accomplices": "ACCOMPLICES", "auditors": "AUDITORS", "parentId": "PARENT_ID", "plannedDuration": "DURATION_PLAN", "durationType": "DURATION_TYPE",
	"estimatedTime": "TIME_ESTIMATE", "xmlId": "XML_ID", "mark": "MARK", "allowsChangeDeadline": "ALLOW_CHANGE_DEADLINE", "allowsTimeTracking": "ALLOW_TIME_TRACKING",
	"matchesWorkTime": "MATCH_WORK_TIME", "addInReport": "ADD_IN_REPORT", "crmItemIds": "UF_CRM_TASK", "dependsOn": "DEPENDS_ON",
	"requireResult": "3", "matchesSubTasksTime": "1", "autocompleteSubTasks": "2",
}

// taskEntity is a task in REST 3.0 (api-reference/tasks/fields-rest-v3.md).
var taskEntity = func() *dto.Entity {
	e := &dto.Entity{Name: "TaskDto"}
	add := func(t dto.Type, names ...string) {
		for _, n := range names {
			f := dto.Field{Name: n, Type: t, Editable: writableV3[n] != "" && n != "creatorId", Filterable: n == "id", Sortable: sortedV3[n] != "", Multiple: t == dto.List}
			if f.Sortable {
				f.Column = "t.id" // lists are sorted by sortedV3; only id is filtered by
			}
			e.Fields = append(e.Fields, f)
		}
	}
	related := func(entity *dto.Entity, names ...string) {
		for _, n := range names {
			e.Fields = append(e.Fields, dto.Field{Name: n, Type: dto.Related, Related: entity})
		}
	}
	add(dto.Int, "id")
	add(dto.String, "title", "description")
	add(dto.Int, "creatorId")
	related(userEntity, "creator")
	add(dto.Time, "created")
	add(dto.Int, "responsibleId")
	related(userEntity, "responsible")
	add(dto.Time, "deadline")
	add(dto.Bool, "needsControl")
	add(dto.Time, "startPlan", "endPlan")
	add(dto.List, "checklist")
	add(dto.Int, "groupId", "stageId")
	add(dto.String, "priority", "status")
	add(dto.Time, "statusChanged")
	add(dto.List, "accomplices", "auditors")
	add(dto.Int, "parentId")
	related(parentEntity, "parent")
	add(dto.Bool, "containsChecklist", "containsSubTasks", "containsRelatedTasks", "containsResults")
	add(dto.Int, "numberOfReminders", "chatId")
	related(chatEntity, "chat")
	add(dto.Int, "plannedDuration", "actualDuration")
	add(dto.String, "durationType")
	add(dto.Time, "started")
	add(dto.Int, "estimatedTime")
	add(dto.Bool, "replicate")
	add(dto.Time, "changed")
	add(dto.Int, "changedById")
	related(userEntity, "changedBy")
	add(dto.Int, "statusChangedById")
	related(userEntity, "statusChangedBy")
	add(dto.Int, "closedById")
	related(userEntity, "closedBy")
	add(dto.Time, "closed", "activity")
	add(dto.String, "guid", "xmlId")
	add(dto.Int, "outlookVersion")
	add(dto.String, "mark")
	add(dto.Bool, "allowsChangeDeadline", "allowsTimeTracking", "matchesWorkTime", "addInReport", "isMultitask")
	add(dto.String, "siteId", "link")
	add(dto.List, "rights", "crmItemIds")
	add(dto.Bool, "requireResult", "matchesSubTasksTime", "autocompleteSubTasks")
	add(dto.List, "inFavorite", "inPin", "inMute", "dependsOn")
	return e
}()

// The names of priorities, statuses and ratings in REST 3.0.
var (
	prioritiesV3 = map[task.Priority]string{task.Low: "low", task.Medium: "average", task.High: "high"}
	statusesV3   = map[task.Status]string{
		task.New: "pending", task.Pending: "pending", task.InProgress: "in_progress", task.Awaiting: "supposedly_completed", task.Completed: "completed",
		task.Deferred: "deferred", task.Declined: "declined",
	}
	marksV3 = map[string]string{"": "none", "P": "positive", "N": "negative"}
)

// readV3 reads the fields of a task.
func (h handlers) readV3(ctx context.Context, c *rest.Call, fields phpform.Value, isNew bool) (task.Change, error) {
	if !fields.IsArray() {
		return task.Change{}, dto.Mistyped("fields", "object")
	}
	b := &phpform.Builder{}
	extra := &phpform.Builder{}
	for _, e := range fields.Entries() {
		f := taskEntity.Field(e.Key)
		name := writableV3[e.Key]
		switch {
		case f == nil:
			return task.Change{}, fault.New(fault.Invalid, dto.CodeUnknownField, "Unknown field `"+shorten(e.Key)+"` for entity `TaskDto`")
		case name == "" || e.Key == "creatorId" && !isNew:
			return task.Change{}, dto.Invalid(e.Key, "In DTO `TaskDto`, the `"+e.Key+"` field requires the `Editable` attribute for such a request")
		case len(name) == 1:
			extra.Append(phpform.ArrayOf(phpform.Entry{Key: "CODE", Value: phpform.StringOf(name)}, phpform.Entry{Key: "VALUE", Value: e.Value}))
			continue
		}
		value, ok := valueV3(e.Key, e.Value)
		if !ok {
			return task.Change{}, dto.Mistyped(e.Key, typeV3(f))
		}
		b.Set(name, value)
	}
	if extra.Len() > 0 {
		b.Set("SE_PARAMETER", extra.Value())
	}
	if isNew {
		for _, n := range []string{"title", "creatorId", "responsibleId"} {
			if v, ok := fields.Get(n); !ok || record.Nothing(v) {
				return task.Change{}, dto.Missing(n)
			}
		}
	}
	return h.changeV3(ctx, c, b.Value())
}

// changeV3 reads fields that were translated; each is read alone, so that the fault names it.
func (h handlers) changeV3(ctx context.Context, c *rest.Call, fields phpform.Value) (task.Change, error) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return task.Change{}, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return task.Change{}, err
	}
	r := fieldReader{view: view, zone: zone}
	for _, e := range fields.Entries() {
		if r.field(e.Key, e.Value) {
			continue
		}
		for name, here := range writableV3 {
			if here == e.Key {
				return r.out, dto.Mistyped(name, typeV3(taskEntity.Field(name)))
			}
		}
		return r.out, dto.Mistyped("fields", "object")
	}
	return r.out, nil
}

func typeV3(f *dto.Field) string {
	return map[dto.Type]string{dto.Int: "int", dto.String: "string", dto.Bool: "bool", dto.Time: "datetime", dto.List: "array"}[f.Type]
}

// valueV3 turns the names of priorities, statuses and ratings into what they are here.
func valueV3(name string, v phpform.Value) (phpform.Value, bool) {
	text := strings.ToLower(v.Text())
	switch name {
	case "priority":
		for p, n := range prioritiesV3 {
			if n == text {
				return phpform.IntOf(int64(p)), true
			}
		}
		return v, false
	case "status":
		for _, s := range []task.Status{task.Pending, task.InProgress, task.Awaiting, task.Completed, task.Deferred, task.Declined} {
			if statusesV3[s] == text {
				return phpform.IntOf(int64(s)), true
			}
		}
		return v, false
	case "mark":
		for m, n := range marksV3 {
			if n == text || strings.EqualFold(m, v.Text()) {
				return phpform.StringOf(m), true
			}
		}
		return v, false
	}
	return v, true
}

// objectsV3 returns tasks in the order of ids with what was selected of them: a statement for each kind of what is needed, however
// many tasks there are.
func (h handlers) objectsV3(ctx context.Context, c *rest.Call, s dto.Selection, ids []int64) ([]dto.Object, error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	tasks, err := h.tasks.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	w := &writerV3{call: c, zone: zone}
	if w.people, w.parents, err = h.besideV3(ctx, s, tasks); err != nil {
		return nil, err
	}
	if w.reminders, err = h.tasks.ReminderCounts(ctx, c.UserID, ids); err != nil {
		return nil, err
	}
	if h.Checklists != nil && (s.Has("checklist") || s.Has("containsChecklist")) {
		if w.items, err = h.Checklists.IDs(ctx, ids); err != nil {
			return nil, err
		}
	}
	if h.Results != nil && s.Has("containsResults") {
		if w.results, err = h.Results.States(ctx, ids); err != nil {
			return nil, err
		}
	}
	if w.rows, err = h.tasks.Rows(ctx, actor(c), ids, ownV3(h.tasks)); err != nil {
		return nil, err
	}
	out := make([]dto.Object, 0, len(ids))
	for i, id := range ids {
		t, ok := tasks[id]
		if !ok {
			continue // it was removed between the statements
		}
		out = append(out, s.Object(func(sel dto.Selected) any { return w.value(sel, t, w.rows[i]) }))
	}
	return out, nil
}

// ownV3 are the fields that belong to the caller, or are not in task.Task.
func ownV3(s *task.Service) []*record.Field {
	e := s.Records().Entity()
	var out []*record.Field
	for _, n := range []string{"FAVORITE", "IS_PINNED", "IS_MUTED", "MULTITASK", "OUTLOOK_VERSION", "TIME_SPENT_IN_LOGS", "REPLICATE", "SITE_ID"} {
		out = append(out, e.Field(n))
	}
	return out
}

// besideV3 reads the people and parents of tasks where they are selected.
func (h handlers) besideV3(ctx context.Context, s dto.Selection, tasks map[int64]task.Task) (people map[int64]user.User, parents map[int64]task.Task, err error) {
	var ids, above []int64
	for _, t := range tasks {
		ids = append(ids, t.CreatedBy, t.ResponsibleID, t.ChangedBy, t.StatusChangedBy, t.ClosedBy)
		if t.ParentID != 0 {
			above = append(above, t.ParentID)
		}
	}
	if slices.ContainsFunc(s, func(sel dto.Selected) bool { return sel.Field.Related == userEntity }) {
		if people, err = h.users.Many(ctx, ids); err != nil {
			return nil, nil, err
		}
	}
	if s.Has("parent") {
		parents, err = h.tasks.Many(ctx, above)
	}
	return people, parents, err
}

// writerV3 writes tasks.
type writerV3 struct {
	call      *rest.Call
	zone      *time.Location
	people    map[int64]user.User
	parents   map[int64]task.Task
	reminders map[int64]int64
	items     map[int64][]int64 // of checklists
	results   map[int64]result.State
	rows      [][]any
}

// value returns a selected field; row holds the fields of ownV3.
func (w *writerV3) value(sel dto.Selected, t task.Task, row []any) any {
	number := func(i int) int64 { n, _ := row[i].(int64); return n }
	mine := func(i int) []int64 {
		if number(i) == 0 {
			return []int64{}
		}
		return []int64{w.call.UserID}
	}
	switch sel.Field.Name {
	case "inFavorite":
		return mine(0)
	case "inPin":
		return mine(1)
	case "inMute":
		return mine(2)
	case "containsSubTasks", "isMultitask":
		return number(3) != 0
	case "outlookVersion":
		return number(4)
	case "actualDuration":
		return number(5) / 60
	case "replicate":
		return number(6) != 0
	case "siteId":
		return row[7]
	case "numberOfReminders":
		return w.reminders[t.ID]
	case "checklist":
		return known(w.items[t.ID])
	case "containsChecklist":
		return len(w.items[t.ID]) > 0
	case "containsResults":
		return w.results[t.ID].Any
	case "rights":
		return rightsV3(w.call, t)
	case "link":
		return linkOf(w.call.UserID, t.ID)
	}
	if sel.Field.Related != nil {
		return w.related(sel, t)
	}
	if at, ok := momentsV3(t)[sel.Field.Name]; ok {
		return isoV3(at, w.zone)
	}
	return plainV3(sel.Field.Name, t)
}

func momentsV3(t task.Task) map[string]time.Time {
	return map[string]time.Time{
		"created": t.Created, "deadline": t.Deadline, "startPlan": t.StartPlan, "endPlan": t.EndPlan, "statusChanged": t.StatusChanged, "started": t.Started,
		"changed": t.Changed, "closed": t.Closed, "activity": t.Activity,
	}
}

// plainV3 returns a field that is in the task as it is.
func plainV3(name string, t task.Task) any {
	some := func(n int64) any {
		if n == 0 {
			return nil
		}
		return n
	}
	switch name {
	case "parentId":
		return some(t.ParentID)
	case "chatId":
		return some(t.ChatID)
	case "closedById":
		return some(t.ClosedBy)
	case "xmlId":
		if t.XMLID == "" {
			return nil
		}
		return t.XMLID
	}
	return map[string]any{
		"id": t.ID, "title": t.Title, "description": t.Description, "creatorId": t.CreatedBy, "responsibleId": t.ResponsibleID, "needsControl": t.TaskControl,
		"groupId": t.GroupID, "stageId": t.StageID, "priority": prioritiesV3[t.Priority], "status": statusesV3[t.Status], "accomplices": known(t.Accomplices),
		"auditors": known(t.Auditors), "containsRelatedTasks": len(t.DependsOn) > 0, "plannedDuration": t.DurationPlan, "durationType": t.DurationType,
		"estimatedTime": int64(t.TimeEstimate / time.Second), "changedById": t.ChangedBy, "statusChangedById": t.StatusChangedBy, "guid": t.GUID, "mark": marksV3[t.Mark],
		"allowsChangeDeadline": t.AllowChangeDeadline, "allowsTimeTracking": t.AllowTimeTracking, "matchesWorkTime": t.MatchWorkTime, "addInReport": t.AddInReport,
		"crmItemIds": known(t.CRM), "requireResult": t.ResultRequired, "matchesSubTasksTime": t.DeadlineByParts, "autocompleteSubTasks": t.CompleteByParts,
		"dependsOn": known(t.DependsOn),
	}[name]
}

// known is a list that is never null.
func known[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// related returns a related object; nil where there is none.
func (w *writerV3) related(sel dto.Selected, t task.Task) any {
	switch sel.Field.Name {
	case "parent":
		p, ok := w.parents[t.ParentID]
		if !ok {
			return nil
		}
		return sel.Sub.Object(func(s dto.Selected) any { return map[string]any{"id": p.ID, "title": p.Title}[s.Field.Name] })
	case "chat":
		if t.ChatID == 0 {
			return nil
		}
		return sel.Sub.Object(func(s dto.Selected) any {
			return map[string]any{"id": t.ChatID, "entityId": t.ID, "entityType": "TASKS"}[s.Field.Name]
		})
	}
	u, ok := w.people[map[string]int64{
		"creator": t.CreatedBy, "responsible": t.ResponsibleID, "changedBy": t.ChangedBy, "statusChangedBy": t.StatusChangedBy, "closedBy": t.ClosedBy,
	}[sel.Field.Name]]
	if !ok {
		return nil
	}
	return sel.Sub.Object(func(s dto.Selected) any {
		return map[string]any{"id": u.ID, "name": u.DisplayName(), "gender": u.Gender, "email": u.Email}[s.Field.Name]
	})
}
