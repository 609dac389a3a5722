package task

import (
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
)

// EntityName is the entity of the fields that are added to tasks, UF_….
const EntityName = "TASKS_TASK"

// statusSQL is the status that callers see: a task of the caller that is overdue is -1, one that they have not opened yet
// is -2, one that is due within a day is -3 (api-reference/tasks/tasks-task-list.md).
const statusSQL = `CASE
	WHEN t.deadline > 0 AND t.deadline < :now AND t.status NOT IN (4, 5) AND (t.status <> 7 OR t.responsible_id <> :viewer) THEN -1
	WHEN t.status IN (1, 2) AND t.created_by <> :viewer AND COALESCE(v.viewed_date, 0) = 0 THEN -2
	WHEN t.deadline > 0 AND t.deadline < :now + 86400000000 AND t.status NOT IN (4, 5) THEN -3
	ELSE t.status END`

// OnlyRoot is the filter that leaves out subtasks, except those of parents that the caller does not see.
const OnlyRoot = "ONLY_ROOT_TASKS"

// The people by whose last names lists are sorted.
const creatorName, responsibleName = "creator_name", "responsible_name"

var (
	byCreator     = user.LastNameSQL(creatorName, "t.created_by")
	byResponsible = user.LastNameSQL(responsibleName, "t.responsible_id")
)

// newEntity declares the fields of a task in the order in which answers hold them
// (api-reference/tasks/fields.md, api-reference/tasks/deprecated/task-item/task-item-list.md).
func newEntity() *record.Entity {
	e := &record.Entity{
		Name: EntityName, Table: "task", Pattern: true, NewestFirst: true,
		Joins: []record.Join{
			{Alias: "v", SQL: "LEFT JOIN task_view v ON v.task_id = t.id AND v.user_id = :viewer"},
			{Alias: creatorName, SQL: byCreator.Join, Whole: byCreator.Whole},
			{Alias: responsibleName, SQL: byResponsible.Join, Whole: byResponsible.Whole},
		},
		Fields: slices.Concat(ownFields(), viewFields(), listFields()),
	}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.List == nil && f.Where == nil && !f.Extra && !f.Hidden {
			e.Default = append(e.Default, f.Name)
		}
	}
	return e
}

// ownFields are those of the task's row.
func ownFields() []record.Field {
	const (
		number, ref, text, choice, moment, flag = record.Int, record.Ref, record.Text, record.Choice, record.Moment, record.Bool
	)
	both, sorts, filters, none := [2]bool{true, true}, [2]bool{false, true}, [2]bool{true, false}, [2]bool{}
	field := func(name string, t record.Type, column string, use [2]bool) record.Field {
		return record.Field{Name: name, Type: t, Column: column, NoFilter: !use[0], NoSort: !use[1]}
	}
	title := field("TITLE", text, "t.title", both)
	title.Match = "t.title_lower"
	return []record.Field{
		field("ID", number, "t.id", both),
		field("PARENT_ID", ref, "t.parent_id", both),
		title,
		field("DESCRIPTION", text, "t.description", none),
		field("DESCRIPTION_IN_BBCODE", flag, "t.description_in_bbcode", none),
		field("MARK", choice, "t.mark", both),
		field("PRIORITY", number, "t.priority", both),
		field("STATUS", number, statusSQL, both),
		field("REAL_STATUS", number, "t.status", both),
		field("MULTITASK", flag, "CASE WHEN EXISTS (SELECT 1 FROM task c WHERE c.parent_id = t.id) THEN 1 ELSE 0 END", none),
		field("NOT_VIEWED", flag, "CASE WHEN t.status IN (1, 2) AND t.created_by <> :viewer AND COALESCE(v.viewed_date, 0) = 0 THEN 1 ELSE 0 END", none),
		field("REPLICATE", flag, "t.replicate", none),
		field("GROUP_ID", number, "t.group_id", both),
		field("STAGE_ID", number, "t.stage_id", filters),
		field("FLOW_ID", number, "t.flow_id", none),
		field("RESPONSIBLE_ID", number, "t.responsible_id", both),
		field("CREATED_BY", number, "t.created_by", both),
		field("CREATED_DATE", moment, "t.created_date", both),
		field("CHANGED_BY", number, "t.changed_by", none),
		field("CHANGED_DATE", moment, "t.changed_date", both),
		field("STATUS_CHANGED_BY", number, "t.status_changed_by", filters),
		field("STATUS_CHANGED_DATE", moment, "t.status_changed_date", none),
		field("CLOSED_BY", number, "t.closed_by", none),
		field("CLOSED_DATE", moment, "t.closed_date", both),
		field("ACTIVITY_DATE", moment, "t.activity_date", sorts),
		field("DATE_START", moment, "t.date_start", both),
		field("DEADLINE", moment, "t.deadline", both),
		field("START_DATE_PLAN", moment, "t.start_date_plan", sorts),
		field("END_DATE_PLAN", moment, "t.end_date_plan", sorts),
		field("DURATION_PLAN", ref, "t.duration_plan", none),
		field("DURATION_FACT", ref, "t.time_spent_in_logs / 60", none),
		field("DURATION_TYPE", text, "t.duration_type", none),
		field("GUID", text, "t.guid", none),
		field("XML_ID", choice, "t.xml_id", filters),
		field("COMMENTS_COUNT", number, "t.comments_count", none),
		field("SERVICE_COMMENTS_COUNT", number, "t.service_comments_count", none),
		field("ALLOW_CHANGE_DEADLINE", flag, "t.allow_change_deadline", sorts),
		field("ALLOW_TIME_TRACKING", flag, "t.allow_time_tracking", sorts),
		field("TASK_CONTROL", flag, "t.task_control", none),
		field("ADD_IN_REPORT", flag, "t.add_in_report", filters),
		field("MATCH_WORK_TIME", flag, "t.match_work_time", sorts),
		field("FORKED_BY_TEMPLATE_ID", ref, "t.forked_by_template_id", none),
		field("TIME_ESTIMATE", number, "t.time_estimate", sorts),
		field("TIME_SPENT_IN_LOGS", ref, "t.time_spent_in_logs", sorts),
		field("FORUM_ID", ref, "t.forum_id", none),
		field("FORUM_TOPIC_ID", ref, "t.forum_topic_id", filters),
		field("SITE_ID", text, "t.site_id", filters),
		field("SUBORDINATE", flag, "CASE WHEN t.parent_id > 0 THEN 1 ELSE 0 END", none),
	}
}

// nothing is a column of what tasks do not have: no constant, by which databases would sort as by the place of a column.
const nothing = "(t.id - t.id)"

// viewFields are what the person who looks has made of the task, and what the newer methods show.
func viewFields() []record.Field {
	return []record.Field{
		{Name: "FAVORITE", Type: record.Bool, Column: "COALESCE(v.favorite, 0)"},
		{Name: "VIEWED_DATE", Type: record.Moment, Column: "COALESCE(v.viewed_date, 0)", NoFilter: true, NoSort: true},
		{Name: "STATUS_COMPLETE", Type: record.Bool, Column: "CASE WHEN t.status IN (4, 5) THEN 1 ELSE 0 END", NoFilter: true, Hidden: true},
		{Name: "CREATED_BY_LAST_NAME", Type: record.Text, Column: byCreator.Expr, NoFilter: true, Hidden: true},
		{Name: "RESPONSIBLE_LAST_NAME", Type: record.Text, Column: byResponsible.Expr, NoFilter: true, Hidden: true},
		// No task is in a sprint or a backlog, has a place by hand or is pinned in a group: filters and orders of them find all alike.
		{Name: "SPRINT_ID", Type: record.Ref, Column: nothing, NoSort: true, Hidden: true},
		{Name: "BACKLOG_ID", Type: record.Ref, Column: nothing, NoSort: true, Hidden: true},
		{Name: "SORTING", Type: record.Ref, Column: nothing, NoFilter: true, Hidden: true},
		{Name: "IS_PINNED_IN_GROUP", Type: record.Bool, Column: nothing, NoFilter: true, Hidden: true},
		{Name: "OUTLOOK_VERSION", Type: record.Int, Column: "t.version", NoFilter: true, NoSort: true, Extra: true},
		{Name: "CHAT_ID", Type: record.Ref, Column: "t.chat_id", NoFilter: true, NoSort: true, Extra: true},
		{Name: "IS_MUTED", Type: record.Bool, Column: "COALESCE(v.muted, 0)", NoFilter: true, NoSort: true, Extra: true},
		{Name: "IS_PINNED", Type: record.Bool, Column: "COALESCE(v.pinned, 0)", NoFilter: true, Extra: true},
		{Name: "RESULT_REQUIRED", Type: record.Bool, Column: "t.result_required", NoFilter: true, NoSort: true, Extra: true, Hidden: true},
		{Name: "NEW_COMMENTS_COUNT", Type: record.Int, Column: "COALESCE(v.new_comments, 0)", NoFilter: true, NoSort: true, Extra: true},
	}
}

// listFields are in tables of their own. The singular names only filter.
func listFields() []record.Field {
	people := func(role string) *record.List {
		return &record.List{Table: "task_member", Owner: "task_id", Value: "user_id", Fixed: [][2]string{{"role", role}}}
	}
	tags := &record.List{Table: "task_tag", Owner: "task_id", Value: "tag", Match: "tag_lower", Order: "tag_lower"}
	return []record.Field{
		{Name: "ACCOMPLICES", Type: record.IDs, List: people("A"), NoFilter: true, Extra: true},
		{Name: "AUDITORS", Type: record.IDs, List: people("U"), NoFilter: true, Extra: true},
		{Name: "TAGS", Type: record.Texts, List: tags, NoFilter: true, Extra: true},
		{Name: "DEPENDS_ON", Type: record.IDs, List: &record.List{Table: "task_dependence", Owner: "task_id", Value: "depends_on_id"}, Extra: true},
		{Name: "UF_CRM_TASK", Type: record.Texts, List: &record.List{Table: "task_crm", Owner: "task_id", Value: "binding"}, Extra: true},
		{Name: "ACCOMPLICE", Type: record.IDs, List: people("A"), Hidden: true},
		{Name: "AUDITOR", Type: record.IDs, List: people("U"), Hidden: true},
		{Name: "TAG", Type: record.Texts, List: tags, Hidden: true},
		{Name: "OVERDUED", Type: record.Bool, Where: overdued},
		{Name: OnlyRoot, Type: record.Bool, Where: onlyRoot},
		{Name: subordinateTasks, Type: record.Bool, Where: ofPeople("t.id IN (SELECT task_id FROM task_member WHERE user_id IN ")},
		{Name: department, Type: record.Int, Where: ofPeople("(t.responsible_id IN ")},
	}
}

// onlyRoot is the condition of tasks that are below none that the person sees.
func onlyRoot(env record.Env, c record.Filter) (string, []any) {
	if len(c.Values) != 1 || (c.Values[0] == any(int64(1))) == c.Not {
		return "1 = 1", nil
	}
	seen := env.Scope
	if seen.Text == "" {
		seen.Text = "1 = 1"
	}
	return "(t.parent_id = 0 OR t.parent_id NOT IN (SELECT t.id FROM task t WHERE " + seen.Text + "))", seen.Args
}

// overdued is the condition of tasks that are, or were when they were completed, overdue.
func overdued(env record.Env, c record.Filter) (string, []any) {
	if len(c.Values) != 1 {
		return "1 = 1", nil
	}
	const sql = "(t.deadline > 0 AND t.deadline < CASE WHEN t.closed_date > 0 THEN t.closed_date ELSE ? END)"
	if (c.Values[0] == any(int64(1))) == c.Not {
		return "NOT " + sql, []any{db.Micro(env.Now)}
	}
	return sql, []any{db.Micro(env.Now)}
}
