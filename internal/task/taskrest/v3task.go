package taskrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
)

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
	"matchesWorkTime": "MATCH_WORK_TIME", "allowsChangeDatePlan": allowChangePlan, "addInReport": "ADD_IN_REPORT", "crmItemIds": "UF_CRM_TASK", "dependsOn": "DEPENDS_ON",
	"requireResult": "3", "matchesSubTasksTime": "1", "autocompleteSubTasks": "2",
}

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
	return map[dto.Type]string{dto.Int: "int", dto.String: "string", dto.Bool: "bool", dto.Time: "datetime", dto.List: "array", dto.Related: "array"}[f.Type]
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
