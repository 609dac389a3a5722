package taskrest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

// objectFields are the fields of a task in the methods tasks.task.*, in the order of their answers; those that are not
// fields of the entity follow from others.
var objectFields = []string{
	"ID", "PARENT_ID", "TITLE", "DESCRIPTION", "MARK", "PRIORITY", "MULTITASK", "NOT_VIEWED", "REPLICATE", "STAGE_ID", "SPRINT_ID", "BACKLOG_ID", "CREATED_BY",
	"CREATED_DATE", "RESPONSIBLE_ID", "CHANGED_BY", "CHANGED_DATE", "STATUS_CHANGED_BY", "CLOSED_BY", "CLOSED_DATE", "ACTIVITY_DATE", "DATE_START", "DEADLINE",
	"START_DATE_PLAN", "END_DATE_PLAN", "GUID", "XML_ID", "COMMENTS_COUNT", "SERVICE_COMMENTS_COUNT", "ALLOW_CHANGE_DEADLINE", "ALLOW_TIME_TRACKING", "TASK_CONTROL",
	"ADD_IN_REPORT", "FORKED_BY_TEMPLATE_ID", "TIME_ESTIMATE", "TIME_SPENT_IN_LOGS", "MATCH_WORK_TIME", "FORUM_TOPIC_ID", "FORUM_ID", "SITE_ID", "SUBORDINATE",
	"EXCHANGE_MODIFIED", "EXCHANGE_ID", "OUTLOOK_VERSION", "VIEWED_DATE", "SORTING", "DURATION_FACT", "IS_MUTED", "IS_PINNED", "IS_PINNED_IN_GROUP", "FLOW_ID",
	"CHAT_ID", "DESCRIPTION_IN_BBCODE", "STATUS", "STATUS_CHANGED_DATE", "DURATION_PLAN", "DURATION_TYPE", "FAVORITE", "GROUP_ID", "AUDITORS", "ACCOMPLICES",
	"CHECKLIST", "NEW_COMMENTS_COUNT",
}

// absent are the fields of what this portal does not have: sprints, synchronization with other calendars, an order by hand.
var absent = map[string]string{
	"SPRINT_ID": "null", "BACKLOG_ID": "null", "EXCHANGE_MODIFIED": "null", "EXCHANGE_ID": "null", "SORTING": "null", "IS_PINNED_IN_GROUP": `"N"`,
	"UF_MAIL_MESSAGE": "null",
}

// onDemand are fields that answers hold only where they are asked for.
var onDemand = []string{"TAGS", "SUB_STATUS", "COUNTERS", "DEPENDS_ON", "UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"}

// systemFields come together: who asks for one gets all (api-reference/tasks/fields.md).
var systemFields = []string{"UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"}

// selection is what of tasks an answer holds.
type selection struct {
	names  []string // of objectFields and onDemand, and of fields that were added
	fields []*record.Field
	at     map[string]int // where a field of fields is, by name
}

// choose reads which fields a client wants; nothing, or "*", is all but the ones on demand. Unknown names are left out. The fields always
// come with any of them, and how a description is written with the description.
func choose(view *record.View, v phpform.Value, always ...string) selection {
	want := map[string]bool{}
	for _, name := range always {
		want[name] = true
	}
	all := record.Nothing(v)
	for _, e := range list(v) {
		name := strings.ToUpper(strings.TrimSpace(e.Text()))
		switch f := view.Field(e.Text()); {
		case name == "*":
			all = true
		case name == "SUBSTATUS":
			want["SUB_STATUS"] = true
		case slices.Contains(systemFields, name) || f != nil && slices.Contains(systemFields, f.Name):
			for _, s := range systemFields {
				want[s] = true
			}
		case f != nil:
			want[f.Name] = true
		default:
			want[name] = true
		}
	}
	want["DESCRIPTION_IN_BBCODE"] = want["DESCRIPTION_IN_BBCODE"] || want["DESCRIPTION"]
	s := selection{at: map[string]int{}}
	for _, name := range slices.Concat(objectFields, onDemand) {
		if want[name] || all && slices.Contains(objectFields, name) {
			s.names = append(s.names, name)
		}
	}
	for _, f := range view.All() {
		if f.Added() != nil && want[f.Name] {
			s.names = append(s.names, f.Name)
		}
	}
	s.columns(view)
	return s
}

// columns finds the fields of the entity that the names need.
func (s *selection) columns(view *record.View) {
	need := func(name string) {
		if f := object(view, name); f != nil {
			if _, there := s.at[name]; !there {
				s.at[name] = len(s.fields)
				s.fields = append(s.fields, f)
			}
		}
	}
	need("ID")
	for _, name := range s.names {
		need(name)
	}
}

// object returns the field of the entity that is shown under a name here: STATUS is the one that is stored, and SUB_STATUS that
// which depends on who looks. Numbers that say nothing are null.
func object(view *record.View, name string) *record.Field {
	source := map[string]string{"STATUS": "REAL_STATUS", "SUB_STATUS": "STATUS"}[name]
	if source == "" {
		source = name
	}
	f := view.Field(source)
	if f == nil {
		return nil
	}
	c := *f
	c.Name, c.Camel = name, record.Camel(name)
	switch name {
	case "FLOW_ID", "COMMENTS_COUNT", "SERVICE_COMMENTS_COUNT":
		c.Type = record.Ref
	}
	return &c
}

// has reports whether a field was chosen.
func (s *selection) has(name string) bool { return slices.Contains(s.names, name) }

// page is what the objects of one answer share.
type page struct {
	handlers
	ctx       context.Context
	actor     user.Ref
	zone      *time.Location
	selection selection
	tags      map[string]int64
	people    map[int64]user.User
	files     map[int64][]taskfile.Tie // by task
	file      func(dst []byte, id int64) []byte
}

// newPage reads what rows refer to: people in one statement, tags in another.
func (h handlers) newPage(ctx context.Context, c *rest.Call, zone *time.Location, s selection, rows [][]any) (*page, error) {
	p := &page{handlers: h, ctx: ctx, actor: actor(c), zone: zone, selection: s, file: h.fileWriter(c)}
	var ids []int64
	var names []string
	tasks := make([]int64, len(rows))
	for i, row := range rows {
		tasks[i] = row[s.at["ID"]].(int64)
	}
	if err := h.openChats(ctx, s.fields, tasks, rows); err != nil {
		return nil, err
	}
	if h.Files != nil && s.has("UF_TASK_WEBDAV_FILES") {
		files, err := h.Files.Of(ctx, tasks)
		if err != nil {
			return nil, err
		}
		p.files = files
	}
	for _, row := range rows {
		for _, name := range []string{"CREATED_BY", "RESPONSIBLE_ID", "ACCOMPLICES", "AUDITORS"} {
			if at, ok := s.at[name]; ok {
				switch v := row[at].(type) {
				case int64:
					ids = append(ids, v)
				case []int64:
					ids = append(ids, v...)
				}
			}
		}
		if at, ok := s.at["TAGS"]; ok {
			names = append(names, row[at].([]string)...)
		}
	}
	var err error
	if p.people, err = h.users.Many(ctx, ids); err != nil {
		return nil, err
	}
	p.tags, err = h.tasks.Labels(ctx, names)
	return p, err
}

// object is a JSON object that is written member by member.
type objectWriter struct{ buf []byte }

func (w *objectWriter) member(name string, value []byte) {
	if len(w.buf) == 0 {
		w.buf = append(w.buf, '{')
	} else {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(append(append(w.buf, '"'), name...), `":`...)
	w.buf = append(w.buf, value...)
}

func (w *objectWriter) value(name string, v any) {
	w.member(name, encode(v))
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte("null") // the values here are texts, numbers and flags
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (w *objectWriter) done() json.RawMessage {
	if len(w.buf) == 0 {
		return json.RawMessage("{}")
	}
	return append(w.buf, '}')
}

// members writes the fields of a row that are fields of the entity, or absent.
func (p *page) members(w *objectWriter, row []any) {
	style := record.Style{Camel: true, Zone: p.zone, File: p.file}
	for _, name := range p.selection.names {
		at, ok := p.selection.at[name]
		switch {
		case absent[name] != "":
			w.member(record.Camel(name), []byte(absent[name]))
		case name == "CHECKLIST" || name == "NEW_COMMENTS_COUNT" || name == "COUNTERS":
			// written with what does not depend on the row alone
		case name == "UF_TASK_WEBDAV_FILES":
			w.value("ufTaskWebdavFiles", tiesOf(p.files[row[p.selection.at["ID"]].(int64)]))
		case name == "TAGS":
			w.member("tags", p.labels(row[at].([]string)))
		case ok:
			w.buf = appendMember(w.buf, &style, p.selection.fields[at], row[at])
		}
	}
}

func appendMember(dst []byte, style *record.Style, f *record.Field, value any) []byte {
	if len(dst) == 0 {
		dst = append(dst, '{')
	} else {
		dst = append(dst, ',')
	}
	return style.AppendMembers(dst, []*record.Field{f}, []any{value})
}

// tiesOf writes the files of a task by the numbers of their ties; false where it has none.
func tiesOf(ties []taskfile.Tie) any {
	if len(ties) == 0 {
		return false
	}
	out := make([]int64, len(ties))
	for i, t := range ties {
		out[i] = t.ID
	}
	return out
}

// labels writes tags by their numbers.
func (p *page) labels(tags []string) []byte {
	if len(tags) == 0 {
		return nothing
	}
	var w objectWriter
	for _, tag := range tags {
		id := p.tags[strings.ToLower(tag)]
		w.value(strconv.FormatInt(id, 10), struct {
			ID    int64  `json:"id"`
			Title string `json:"title"`
		}{id, tag})
	}
	return w.done()
}

// person is how answers show somebody (api-reference/tasks/fields.md#user).
type person struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Link     string `json:"link"`
	Icon     string `json:"icon"`
	Position string `json:"workPosition"`
}

func (p *page) person(id int64) person {
	u := p.people[id]
	out := person{ID: strconv.FormatInt(id, 10), Link: "/company/personal/user/" + strconv.FormatInt(id, 10) + "/", Position: u.Position}
	if u.ID != 0 {
		out.Name = u.DisplayName()
	}
	if u.AvatarHash != "" && p.URL != nil {
		out.Icon = p.URL(u.AvatarPath())
	}
	return out
}

func (p *page) persons(ids []int64) []byte {
	if len(ids) == 0 {
		return nothing
	}
	var w objectWriter
	for _, id := range ids {
		w.value(strconv.FormatInt(id, 10), p.person(id))
	}
	return w.done()
}

// roles writes who the chosen people are.
func (p *page) roles(w *objectWriter, row []any) {
	w.member("group", nothing)
	for _, role := range []struct{ field, name string }{{"CREATED_BY", "creator"}, {"RESPONSIBLE_ID", "responsible"}} {
		if at, ok := p.selection.at[role.field]; ok {
			w.value(role.name, p.person(row[at].(int64)))
		}
	}
	for _, role := range []struct{ field, name string }{{"ACCOMPLICES", "accomplicesData"}, {"AUDITORS", "auditorsData"}} {
		if at, ok := p.selection.at[role.field]; ok {
			w.member(role.name, p.persons(row[at].([]int64)))
		}
	}
}

// actionNames are the actions in the order of answers.
var actionNames = []string{
	"ACCEPT", "DECLINE", "COMPLETE", "APPROVE", "DISAPPROVE", "START", "PAUSE", "DELEGATE", "REMOVE", "EDIT", "DEFER", "RENEW", "CREATE", "CHANGE_DEADLINE",
	"CHECKLIST_ADD_ITEMS", "ADD_FAVORITE", "DELETE_FAVORITE", "RATE", "TAKE", "EDIT.ORIGINATOR", "CHECKLIST.REORDER", "ELAPSEDTIME.ADD", "DAYPLAN.TIMER.TOGGLE",
	"EDIT.PLAN", "CHECKLIST.ADD", "FAVORITE.ADD", "FAVORITE.DELETE",
}

// allowed reports whether who may do the action with t, which they see; favorite says whether it is a favourite of theirs.
func allowed(who user.Ref, t task.Task, action string, favorite bool) bool {
	switch action {
	case "ADD_FAVORITE", "FAVORITE.ADD":
		return !favorite
	case "DELETE_FAVORITE", "FAVORITE.DELETE":
		return favorite
	}
	return task.May(who, t, task.Action(action))
}

// actions writes what the caller may do, in the spelling of the newer methods.
func actions(who user.Ref, t task.Task, favorite bool) []byte {
	var w objectWriter
	for _, name := range actionNames {
		spelled := strings.ToLower(name)
		if !strings.Contains(name, ".") {
			spelled = record.Camel(name)
		}
		w.value(spelled, allowed(who, t, name, favorite))
	}
	return w.done()
}
