package taskrest

import (
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
)

// described is what tasks.task.getFields says of a field.
type described struct {
	name, title, kind string
	fallback          any // nil: the field has no default; a pointer to nothing: it is null
	values            [][2]string
}

// null is a default that is null.
type null struct{}

var yesNo = [][2]string{{"Y", "Yes"}, {"N", "No"}}

// descriptions are the fields in the order of api-reference/tasks/tasks-task-get-fields.md.
var descriptions = []described{
	{"ID", "ID", "integer", nil, nil},
	{"PARENT_ID", "Parent task", "integer", 0, nil},
	{"TITLE", "Title", "string", nil, nil},
	{"DESCRIPTION", "Description", "string", nil, nil},
	{"MARK", "Rating", "enum", null{}, [][2]string{{"N", "Negative"}, {"P", "Positive"}}},
	{"PRIORITY", "Priority", "enum", 1, [][2]string{{"2", "High"}, {"1", "Medium"}, {"0", "Low"}}},
	{"STATUS", "Status", "enum", 2, [][2]string{{"2", "Pending"}, {"3", "In progress"}, {"4", "Awaiting review"}, {"5", "Completed"}, {"6", "Deferred"}}},
	{"MULTITASK", "Has subtasks", "enum", "N", yesNo},
	{"NOT_VIEWED", "", "enum", "N", yesNo},
	{"REPLICATE", "Recurring", "enum", "N", yesNo},
	{"GROUP_ID", "Project", "integer", 0, nil},
	{"STAGE_ID", "Stage", "integer", 0, nil},
	{"SPRINT_ID", "Sprint", "integer", 0, nil},
	{"BACKLOG_ID", "Backlog", "integer", 0, nil},
	{"CREATED_BY", "Creator", "integer", nil, nil},
	{"CREATED_DATE", "", "datetime", nil, nil},
	{"RESPONSIBLE_ID", "Responsible person", "integer", nil, nil},
	{"ACCOMPLICES", "", "array", nil, nil},
	{"AUDITORS", "", "array", nil, nil},
	{"CHANGED_BY", "Changed by", "integer", nil, nil},
	{"CHANGED_DATE", "Changed on", "datetime", nil, nil},
	{"STATUS_CHANGED_BY", "Status changed by", "integer", nil, nil},
	{"STATUS_CHANGED_DATE", "Status changed on", "datetime", nil, nil},
	{"CLOSED_BY", "Closed by", "integer", null{}, nil},
	{"CLOSED_DATE", "Closed on", "datetime", null{}, nil},
	{"ACTIVITY_DATE", "", "datetime", null{}, nil},
	{"DATE_START", "Started on", "datetime", null{}, nil},
	{"DEADLINE", "Deadline", "datetime", null{}, nil},
	{"START_DATE_PLAN", "Planned start", "datetime", null{}, nil},
	{"END_DATE_PLAN", "Planned end", "datetime", null{}, nil},
	{"GUID", "GUID", "string", null{}, nil},
	{"XML_ID", "XML_ID", "string", null{}, nil},
	{"COMMENTS_COUNT", "Comments", "integer", 0, nil},
	{"SERVICE_COMMENTS_COUNT", "", "integer", 0, nil},
	{"NEW_COMMENTS_COUNT", "", "integer", 0, nil},
	{"ALLOW_CHANGE_DEADLINE", "", "enum", "N", yesNo},
	{"ALLOW_TIME_TRACKING", "", "enum", "N", yesNo},
	{"TASK_CONTROL", "Accept the work", "enum", "N", yesNo},
	{"ADD_IN_REPORT", "Add to the report", "enum", "N", yesNo},
	{"FORKED_BY_TEMPLATE_ID", "Made from a template", "enum", "N", yesNo},
	{"TIME_ESTIMATE", "Estimated time", "integer", nil, nil},
	{"TIME_SPENT_IN_LOGS", "Time spent", "integer", nil, nil},
	{"MATCH_WORK_TIME", "Skip days off", "integer", nil, nil},
	{"FORUM_TOPIC_ID", "FORUM_TOPIC_ID", "integer", nil, nil},
	{"FORUM_ID", "FORUM_ID", "integer", nil, nil},
	{"SITE_ID", "SITE_ID", "string", nil, nil},
	{"SUBORDINATE", "Subtask", "enum", null{}, yesNo},
	{"FAVORITE", "", "enum", null{}, yesNo},
	{"EXCHANGE_MODIFIED", "EXCHANGE_MODIFIED", "datetime", null{}, nil},
	{"EXCHANGE_ID", "EXCHANGE_ID", "integer", null{}, nil},
	{"OUTLOOK_VERSION", "OUTLOOK_VERSION", "integer", null{}, nil},
	{"VIEWED_DATE", "Looked at", "datetime", nil, nil},
	{"SORTING", "Place", "double", nil, nil},
	{"DURATION_PLAN", "Planned duration", "integer", nil, nil},
	{"DURATION_FACT", "Actual duration", "integer", nil, nil},
	{"CHECKLIST", "", "array", nil, nil},
	{"DURATION_TYPE", "DURATION_TYPE", "enum", "days", nil},
	{"IS_MUTED", "", "enum", "N", yesNo},
	{"IS_PINNED", "", "enum", "N", yesNo},
	{"IS_PINNED_IN_GROUP", "", "enum", "N", yesNo},
	{"FLOW_ID", "Flow", "integer", 0, nil},
	{"UF_CRM_TASK", "Records of the CRM", "crm", nil, nil},
	{"UF_TASK_WEBDAV_FILES", "Files", "disk_file", nil, nil},
	{"UF_MAIL_MESSAGE", "", "mail_message", nil, nil},
}

// durationTypes are the units of planned durations.
var durationTypes = []string{"secs", "mins", "hours", "days", "weeks", "months", "years"}

// describeFields answers the fields with those that were added.
func describeFields(view *record.View) phpform.Value {
	b := &phpform.Builder{}
	for _, d := range descriptions {
		b.Set(d.name, d.value())
	}
	for _, f := range view.All() {
		if u := f.Added(); u != nil {
			b.Set(f.Name, (&phpform.Builder{}).Set("title", phpform.StringOf(u.Title("en"))).Set("type", phpform.StringOf(string(u.Type))).Value())
		}
	}
	return b.Value()
}

func (d described) value() phpform.Value {
	b := &phpform.Builder{}
	title := phpform.NullValue()
	if d.title != "" {
		title = phpform.StringOf(d.title)
	}
	b.Set("title", title).Set("type", phpform.StringOf(d.kind))
	switch d.name {
	case "ID":
		b.Set("primary", phpform.BoolOf(true))
	case "TITLE", "CREATED_BY", "RESPONSIBLE_ID":
		b.Set("required", phpform.BoolOf(true))
	case "DURATION_TYPE":
		units := &phpform.Builder{}
		for _, t := range durationTypes {
			units.Append(phpform.StringOf(t))
		}
		b.Set("values", units.Value())
	}
	if len(d.values) > 0 {
		values := make([]phpform.Entry, len(d.values))
		for i, v := range d.values {
			values[i] = phpform.Entry{Key: v[0], Value: phpform.StringOf(v[1])}
		}
		b.Set("values", phpform.ArrayOf(values...))
	}
	switch v := d.fallback.(type) {
	case null:
		b.Set("default", phpform.NullValue())
	case int:
		b.Set("default", phpform.IntOf(int64(v)))
	case string:
		b.Set("default", phpform.StringOf(v))
	}
	return b.Value()
}
