package task

// Type says what a field holds, how its values are compared and how they are written.
type Type uint8

// The types of fields.
const (
	Integer  Type = iota + 1 // a number
	Optional                 // a number of which 0 means none
	Text                     // a text
	Choice                   // a text of which "" means none
	Moment                   // microseconds since 1970, 0 is none
	YesNo                    // 0 or 1
	IDs                      // a list of numbers from a table of their own
	Texts                    // a list of texts from a table of their own
)

// Field declares one field: its name on the wire, where it is stored, and what may be done with it.
type Field struct {
	Name string
	Type Type

	// column is an SQL expression over t (task) and v (the caller's row of task_view). :now and :viewer stand for the time
	// and the caller. Lists have list instead.
	column string
	// match is the expression to filter and sort by where it differs from column: a lower-cased copy, so that values are
	// lower-cased too.
	match string
	// list gives the lists of several tasks: a SELECT of task_id and one value, up to the list of tasks.
	list, listOrder string
	// related makes the field filter by another table: a SELECT of task_id up to the comparison, which is about relatedBy.
	related, relatedBy string

	Filter, Sort bool
	Hidden       bool // can be filtered by, but not selected
}

// Folded reports whether the field is compared without regard to case.
func (f *Field) Folded() bool { return f.match != "" }

// statusSQL is the status that callers see: a task of the caller that is overdue is -1, one that they have not opened yet
// is -2 (api-reference/tasks/deprecated/task-item/task-item-list.md).
const statusSQL = `CASE
	WHEN t.deadline > 0 AND t.deadline < :now AND t.status NOT IN (4, 5) AND (t.status <> 7 OR t.responsible_id <> :viewer) THEN -1
	WHEN t.status IN (1, 2) AND t.created_by <> :viewer AND COALESCE(v.viewed_date, 0) = 0 THEN -2
	ELSE t.status END`

// Fields are the fields of a task in the order in which answers hold them
// (api-reference/tasks/fields.md, api-reference/tasks/deprecated/task-item/task-item-list.md).
var Fields = []Field{
	{Name: "ID", Type: Integer, column: "t.id", Filter: true, Sort: true},
	{Name: "PARENT_ID", Type: Optional, column: "t.parent_id", Filter: true, Sort: true},
	{Name: "TITLE", Type: Text, column: "t.title", match: "t.title_lower", Filter: true, Sort: true},
	{Name: "DESCRIPTION", Type: Text, column: "t.description"},
	{Name: "DESCRIPTION_IN_BBCODE", Type: YesNo, column: "t.description_in_bbcode"},
	{Name: "MARK", Type: Choice, column: "t.mark", Filter: true, Sort: true},
	{Name: "PRIORITY", Type: Integer, column: "t.priority", Filter: true, Sort: true},
	{Name: "STATUS", Type: Integer, column: statusSQL, Filter: true, Sort: true},
	{Name: "REAL_STATUS", Type: Integer, column: "t.status", Filter: true, Sort: true},
	{Name: "MULTITASK", Type: YesNo, column: "CASE WHEN EXISTS (SELECT 1 FROM task c WHERE c.parent_id = t.id) THEN 1 ELSE 0 END"},
	{Name: "NOT_VIEWED", Type: YesNo, column: "CASE WHEN t.status IN (1, 2) AND t.created_by <> :viewer AND COALESCE(v.viewed_date, 0) = 0 THEN 1 ELSE 0 END"},
	{Name: "REPLICATE", Type: YesNo, column: "t.replicate"},
	{Name: "GROUP_ID", Type: Integer, column: "t.group_id", Filter: true, Sort: true},
	{Name: "STAGE_ID", Type: Integer, column: "t.stage_id"},
	{Name: "FLOW_ID", Type: Integer, column: "t.flow_id"},
	{Name: "RESPONSIBLE_ID", Type: Integer, column: "t.responsible_id", Filter: true, Sort: true},
	{Name: "CREATED_BY", Type: Integer, column: "t.created_by", Filter: true, Sort: true},
	{Name: "CREATED_DATE", Type: Moment, column: "t.created_date", Filter: true, Sort: true},
	{Name: "CHANGED_BY", Type: Integer, column: "t.changed_by"},
	{Name: "CHANGED_DATE", Type: Moment, column: "t.changed_date", Filter: true, Sort: true},
	{Name: "STATUS_CHANGED_BY", Type: Integer, column: "t.status_changed_by", Filter: true},
	{Name: "STATUS_CHANGED_DATE", Type: Moment, column: "t.status_changed_date"},
	{Name: "CLOSED_BY", Type: Integer, column: "t.closed_by"},
	{Name: "CLOSED_DATE", Type: Moment, column: "t.closed_date", Filter: true, Sort: true},
	{Name: "ACTIVITY_DATE", Type: Moment, column: "t.activity_date", Sort: true},
	{Name: "DATE_START", Type: Moment, column: "t.date_start", Filter: true, Sort: true},
	{Name: "DEADLINE", Type: Moment, column: "t.deadline", Filter: true, Sort: true},
	{Name: "START_DATE_PLAN", Type: Moment, column: "t.start_date_plan", Sort: true},
	{Name: "END_DATE_PLAN", Type: Moment, column: "t.end_date_plan", Sort: true},
	{Name: "DURATION_PLAN", Type: Optional, column: "t.duration_plan"},
	{Name: "DURATION_FACT", Type: Optional, column: "t.time_spent_in_logs / 60"},
	{Name: "DURATION_TYPE", Type: Text, column: "t.duration_type"},
	{Name: "GUID", Type: Text, column: "t.guid"},
	{Name: "XML_ID", Type: Choice, column: "t.xml_id"},
	{Name: "COMMENTS_COUNT", Type: Integer, column: "t.comments_count"},
	{Name: "SERVICE_COMMENTS_COUNT", Type: Integer, column: "t.service_comments_count"},
	{Name: "ALLOW_CHANGE_DEADLINE", Type: YesNo, column: "t.allow_change_deadline", Sort: true},
	{Name: "ALLOW_TIME_TRACKING", Type: YesNo, column: "t.allow_time_tracking", Sort: true},
	{Name: "TASK_CONTROL", Type: YesNo, column: "t.task_control"},
	{Name: "ADD_IN_REPORT", Type: YesNo, column: "t.add_in_report", Filter: true},
	{Name: "MATCH_WORK_TIME", Type: YesNo, column: "t.match_work_time", Sort: true},
	{Name: "FORKED_BY_TEMPLATE_ID", Type: Optional, column: "t.forked_by_template_id"},
	{Name: "TIME_ESTIMATE", Type: Integer, column: "t.time_estimate", Sort: true},
	{Name: "TIME_SPENT_IN_LOGS", Type: Optional, column: "t.time_spent_in_logs", Sort: true},
	{Name: "FORUM_ID", Type: Optional, column: "t.forum_id"},
	{Name: "FORUM_TOPIC_ID", Type: Optional, column: "t.forum_topic_id", Filter: true},
	{Name: "SITE_ID", Type: Text, column: "t.site_id", Filter: true},
	{Name: "SUBORDINATE", Type: YesNo, column: "CASE WHEN t.parent_id > 0 THEN 1 ELSE 0 END"},
	{Name: "FAVORITE", Type: YesNo, column: "COALESCE(v.favorite, 0)", Sort: true},
	{Name: "VIEWED_DATE", Type: Moment, column: "COALESCE(v.viewed_date, 0)"},

	{
		Name: "ACCOMPLICES", Type: IDs,
		list: "SELECT task_id, user_id FROM task_member WHERE role = 'A' AND task_id IN ", listOrder: "user_id",
	},
	{
		Name: "AUDITORS", Type: IDs,
		list: "SELECT task_id, user_id FROM task_member WHERE role = 'U' AND task_id IN ", listOrder: "user_id",
	},
	{Name: "TAGS", Type: Texts, list: "SELECT task_id, tag FROM task_tag WHERE task_id IN ", listOrder: "tag_lower"},
	{
		Name: "DEPENDS_ON", Type: IDs, Filter: true,
		list: "SELECT task_id, depends_on_id FROM task_dependence WHERE task_id IN ", listOrder: "depends_on_id",
		related: "SELECT task_id FROM task_dependence WHERE ", relatedBy: "depends_on_id",
	},

	{
		Name: "ACCOMPLICE", Type: IDs, Filter: true, Hidden: true,
		related: "SELECT task_id FROM task_member WHERE role = 'A' AND ", relatedBy: "user_id",
	},
	{
		Name: "AUDITOR", Type: IDs, Filter: true, Hidden: true,
		related: "SELECT task_id FROM task_member WHERE role = 'U' AND ", relatedBy: "user_id",
	},
	{
		Name: "TAG", Type: Texts, match: "tag_lower", Filter: true, Hidden: true,
		related: "SELECT task_id FROM task_tag WHERE ", relatedBy: "tag_lower",
	},
	{Name: OnlyRoot, Type: YesNo, Filter: true, Hidden: true},
}

// OnlyRoot is the filter that leaves out subtasks, except those of parents that the caller does not see.
const OnlyRoot = "ONLY_ROOT_TASKS"

var fieldsByName = func() map[string]*Field {
	m := make(map[string]*Field, len(Fields))
	for i := range Fields {
		m[Fields[i].Name] = &Fields[i]
	}
	return m
}()

// FieldOf returns the field called name, in upper case; nil when there is none.
func FieldOf(name string) *Field { return fieldsByName[name] }

// isList reports whether the field's values are in a table of their own.
func (f *Field) isList() bool { return f.list != "" }

// isText reports whether the field is compared with texts.
func (f *Field) isText() bool { return f.Type == Text || f.Type == Choice || f.Type == Texts }
