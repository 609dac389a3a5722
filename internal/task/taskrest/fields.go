package taskrest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// readOnly are fields that the portal sets itself; clients that send a task back as they got it may name them.
var readOnly = []string{
	"ID", "DESCRIPTION_IN_BBCODE", "MULTITASK", "NOT_VIEWED", "CREATED_DATE", "CHANGED_BY", "CHANGED_DATE", "STATUS_CHANGED_BY", "STATUS_CHANGED_DATE", "CLOSED_BY",
	"CLOSED_DATE", "ACTIVITY_DATE", "DATE_START", "DURATION_FACT", "GUID", "COMMENTS_COUNT", "SERVICE_COMMENTS_COUNT", "NEW_COMMENTS_COUNT", "FORKED_BY_TEMPLATE_ID",
	"TIME_SPENT_IN_LOGS", "FORUM_ID", "FORUM_TOPIC_ID", "SITE_ID", "SUBORDINATE", "FAVORITE", "VIEWED_DATE", "OUTLOOK_VERSION", "CHAT_ID", "IS_MUTED", "IS_PINNED",
	"IS_PINNED_IN_GROUP", "EXCHANGE_MODIFIED", "EXCHANGE_ID", "SORTING", "REAL_STATUS", "SUB_STATUS",
}

// allowChangePlan is a field of REST 3.0 alone: the older methods, whose names are in capitals, do not reach it.
const allowChangePlan = "allowsChangeDatePlan"

// fieldReader reads the fields of a task that a client sends.
type fieldReader struct {
	view  *record.View
	zone  *time.Location
	out   task.Change
	add   userfield.Values
	files map[*userfield.Field]phpform.Value // of the fields that hold some
}

// readFields reads the fields of a task, in capitals or in the newer spelling. A value that cannot be read, and a field that there
// is not, is a fault ERROR_CORE that names it. Files that it holds are received, once everything else can be read.
func readFields(ctx context.Context, uploads userfieldrest.Uploads, view *record.View, zone *time.Location, fields phpform.Value) (task.Change, error) {
	r := fieldReader{view: view, zone: zone, add: userfield.Values{}, files: map[*userfield.Field]phpform.Value{}}
	for _, e := range fields.Entries() {
		name := strings.ToUpper(e.Key)
		if f := view.Field(e.Key); f != nil {
			name = f.Name
		}
		if !r.field(name, e.Value) {
			return r.out, core("Wrong value of the field " + shorten(e.Key))
		}
	}
	for f, v := range r.files {
		values, err := userfieldrest.Receive(ctx, uploads, *f, v)
		if err != nil {
			return r.out, fieldFault(err, true)
		}
		r.add[f.Name] = values
	}
	if len(r.add) > 0 {
		r.out.Added = &r.add
	}
	return r.out, nil
}

// field reads one field; false where its value cannot be read or there is none.
func (r *fieldReader) field(name string, v phpform.Value) (ok bool) {
	c := &r.out
	switch name {
	case "TITLE":
		return text(&c.Title, v)
	case "DESCRIPTION":
		return text(&c.Description, v)
	case "XML_ID":
		return text(&c.XMLID, v)
	case "DURATION_TYPE":
		return text(&c.DurationType, v)
	case "MARK":
		return text(&c.Mark, v)
	case "PRIORITY":
		return number(&c.Priority, v)
	case "STATUS":
		return number(&c.Status, v)
	case "RESPONSIBLE_ID":
		return number(&c.ResponsibleID, v)
	case "CREATED_BY":
		return number(&c.CreatedBy, v)
	case "PARENT_ID":
		return number(&c.ParentID, v)
	case "GROUP_ID":
		return number(&c.GroupID, v)
	case "STAGE_ID":
		return number(&c.StageID, v)
	case "DURATION_PLAN":
		return number(&c.DurationPlan, v)
	case "TIME_ESTIMATE":
		var seconds *int64
		ok = number(&seconds, v) && *seconds >= 0 && *seconds < 1<<32
		if ok {
			d := time.Duration(*seconds) * time.Second
			c.TimeEstimate = &d
		}
		return ok
	}
	return r.other(name, v)
}

func (r *fieldReader) other(name string, v phpform.Value) bool {
	c := &r.out
	switch name {
	case "DEADLINE":
		return r.moment(&c.Deadline, v)
	case "START_DATE_PLAN":
		return r.moment(&c.StartPlan, v)
	case "END_DATE_PLAN":
		return r.moment(&c.EndPlan, v)
	case "ACCOMPLICES":
		return numbers(&c.Accomplices, v)
	case "AUDITORS":
		return numbers(&c.Auditors, v)
	case "DEPENDS_ON":
		return numbers(&c.DependsOn, v)
	case "TAGS":
		return tags(&c.Tags, v)
	case "UF_CRM_TASK":
		return texts(&c.CRM, v)
	case "ALLOW_CHANGE_DEADLINE":
		return flag(&c.AllowChangeDeadline, v)
	case "ALLOW_TIME_TRACKING":
		return flag(&c.AllowTimeTracking, v)
	case "TASK_CONTROL":
		return flag(&c.TaskControl, v)
	case "ADD_IN_REPORT":
		return flag(&c.AddInReport, v)
	case "MATCH_WORK_TIME":
		return flag(&c.MatchWorkTime, v)
	case "UF_TASK_WEBDAV_FILES":
		return attached(&c.Files, v)
	case allowChangePlan:
		return flag(&c.AllowChangePlan, v)
	case "SE_PARAMETER":
		return r.parameters(v)
	case "REPLICATE", "SPRINT_ID", "BACKLOG_ID", "FLOW_ID", "UF_MAIL_MESSAGE":
		return record.Nothing(v) || !v.IsArray() && slices.Contains([]string{"N", "0", "null", ""}, v.Text()) // nothing here has them
	}
	if f := r.view.Field(name); f != nil && f.Added() != nil {
		if f.Added().Type == userfield.File {
			r.files[f.Added()] = v
			return true
		}
		var values *[]string
		if !texts(&values, v) {
			return false
		}
		r.add[f.Name] = *values
		return true
	}
	return slices.Contains(readOnly, name)
}

// parameters reads SE_PARAMETER: a list of {"CODE": 1 to 3, "VALUE": "Y" or "N"}.
func (r *fieldReader) parameters(v phpform.Value) bool {
	if !v.IsArray() {
		return record.Nothing(v)
	}
	for _, e := range v.Entries() {
		code, _ := e.Value.GetFold("CODE")
		value, _ := e.Value.GetFold("VALUE")
		target := map[string]**bool{"1": &r.out.DeadlineByParts, "2": &r.out.CompleteByParts, "3": &r.out.ResultRequired}[code.Text()]
		if target == nil || !flag(target, value) {
			return false
		}
	}
	return true
}

// attached reads files: "n12" is the file 12 of a drive, "12" the tie 12 that the task has.
func attached(target **[]task.FileRef, v phpform.Value) bool {
	out := []task.FileRef{}
	for _, e := range list(v) {
		id, drive := strings.CutPrefix(strings.TrimSpace(e.Text()), "n")
		if id == "" || e.Kind() == phpform.Bool && !e.Truthy() {
			continue
		}
		n, ok := phpform.StringOf(id).Int()
		if !ok || n <= 0 || e.IsArray() {
			return false
		}
		if drive {
			out = append(out, task.FileRef{FileID: n})
		} else {
			out = append(out, task.FileRef{Tie: n})
		}
	}
	*target = &out
	return true
}

func text(target **string, v phpform.Value) bool {
	s := v.Text()
	if v.IsArray() || strings.ContainsRune(s, 0) {
		return false
	}
	*target = &s
	return true
}

// number reads a number; nothing is 0.
func number[T ~int64](target **T, v phpform.Value) bool {
	var n int64
	if !record.Nothing(v) && (v.Kind() != phpform.Bool || v.Truthy()) {
		var ok bool
		if n, ok = v.Int(); !ok || v.IsArray() {
			return false
		}
	}
	t := T(n)
	*target = &t
	return true
}

func flag(target **bool, v phpform.Value) bool {
	b := v.Truthy()
	if !b && !v.IsNull() && !slices.Contains([]string{"N", "n", "0", "false", ""}, v.Text()) || v.IsArray() {
		return false
	}
	*target = &b
	return true
}

func (r *fieldReader) moment(target **time.Time, v phpform.Value) bool {
	var t time.Time
	if !record.Nothing(v) && (v.Kind() != phpform.Bool || v.Truthy()) {
		var ok bool
		if t, ok = record.ReadTime(strings.TrimSpace(v.Text()), r.zone); !ok || v.IsArray() {
			return false
		}
		t = t.UTC()
	}
	*target = &t
	return true
}

func numbers(target **[]int64, v phpform.Value) bool {
	out := []int64{}
	for _, e := range list(v) {
		n, ok := e.Int()
		if !ok || e.IsArray() {
			return false
		}
		out = append(out, n)
	}
	*target = &out
	return true
}

func texts(target **[]string, v phpform.Value) bool {
	out := []string{}
	for _, e := range list(v) {
		if e.IsArray() || strings.ContainsRune(e.Text(), 0) {
			return false
		}
		if e.Kind() == phpform.Bool && !e.Truthy() {
			out = append(out, "0")
			continue
		}
		out = append(out, e.Text())
	}
	*target = &out
	return true
}

// tags reads a list of tags, or a text in which commas separate them.
func tags(target **[]string, v phpform.Value) bool {
	if !v.IsArray() {
		out := strings.Split(v.Text(), ",")
		*target = &out
		return !strings.ContainsRune(v.Text(), 0)
	}
	return texts(target, v)
}

// list returns the values of a list without those that are nothing; a scalar is a list of one.
func list(v phpform.Value) []phpform.Value {
	if record.Nothing(v) {
		return nil
	}
	if !v.IsArray() {
		return []phpform.Value{v}
	}
	var out []phpform.Value
	for _, e := range v.Entries() {
		if !record.Nothing(e.Value) {
			out = append(out, e.Value)
		}
	}
	return out
}
