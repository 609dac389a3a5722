package taskrest

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

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
	if err := h.openChatsV3(ctx, s, tasks); err != nil {
		return nil, err
	}
	w := &writerV3{call: c, zone: zone, url: h.URL, archives: h.Files != nil}
	for _, read := range []func(context.Context, *writerV3, dto.Selection, map[int64]task.Task, []int64) error{h.besideV3, h.belongingsV3, h.aroundV3} {
		if err := read(ctx, w, s, tasks, ids); err != nil {
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
	for _, n := range []string{"FAVORITE", "IS_PINNED", "IS_MUTED", "MULTITASK", "OUTLOOK_VERSION", "TIME_SPENT_IN_LOGS", "REPLICATE", "SITE_ID", "FORUM_TOPIC_ID"} {
		out = append(out, e.Field(n))
	}
	return out
}

// besideV3 reads the people of tasks, and the tasks above them that the caller sees.
func (h handlers) besideV3(ctx context.Context, w *writerV3, s dto.Selection, tasks map[int64]task.Task, _ []int64) (err error) {
	var ids []int64
	var above []any
	for _, t := range tasks {
		ids = append(ids, t.CreatedBy, t.ResponsibleID, t.ChangedBy, t.StatusChangedBy, t.ClosedBy)
		ids = append(append(ids, t.Accomplices...), t.Auditors...)
		if t.ParentID != 0 {
			above = append(above, t.ParentID)
		}
	}
	if slices.ContainsFunc(s, func(sel dto.Selected) bool { return sel.Field.Related == userEntity }) {
		if w.people, err = h.users.Many(ctx, ids); err != nil {
			return err
		}
	}
	if !s.Has("parent") || len(above) == 0 {
		return nil
	}
	e := h.tasks.Records().Entity()
	q := record.Query{Filter: e.Where("ID", record.Equal, above...), NoTotal: true, Limit: len(above), Order: []record.Order{{Field: e.Field("ID")}}}
	seen, err := h.tasks.List(ctx, actor(w.call), q)
	if err == nil {
		w.parents, err = h.tasks.Many(ctx, seen.IDs)
	}
	return err
}

// belongingsV3 reads what belongs to tasks.
func (h handlers) belongingsV3(ctx context.Context, w *writerV3, s dto.Selection, _ map[int64]task.Task, ids []int64) (err error) {
	if s.Has("numberOfReminders") {
		if w.reminders, err = h.tasks.ReminderCounts(ctx, w.call.UserID, ids); err != nil {
			return err
		}
	}
	if h.Checklists != nil && (s.Has("checklist") || s.Has("containsChecklist")) {
		if w.items, err = h.Checklists.IDs(ctx, ids); err != nil {
			return err
		}
	}
	if s.Has("containsResults") || s.Has("rights") {
		if w.results, err = h.statesV3(ctx, w.call, ids); err != nil {
			return err
		}
	}
	if h.Files != nil && s.Has("fileIds") {
		if w.files, err = h.Files.Of(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// aroundV3 reads what tasks are connected with.
func (h handlers) aroundV3(ctx context.Context, w *writerV3, s dto.Selection, tasks map[int64]task.Task, ids []int64) (err error) {
	if h.Links != nil && s.Has("containsGanttLinks") {
		if w.links, err = h.Links.Linked(ctx, ids); err != nil {
			return err
		}
	}
	var stages, templates, groups []int64
	for _, t := range tasks {
		stages, templates, groups = append(stages, t.StageID), append(templates, t.TemplateID), append(groups, t.GroupID)
	}
	if h.Stages != nil && s.Has("stage") {
		if w.stages, err = h.Stages.Many(ctx, stages); err != nil {
			return err
		}
	}
	if err := h.templatesV3(ctx, w, s, templates); err != nil {
		return err
	}
	if h.Elapsed != nil && s.Has("elapsedTime") {
		if w.elapsed, err = h.Elapsed.Latest(ctx, ids); err != nil {
			return err
		}
	}
	if h.Placements != nil && s.Has("containsPlacements") {
		w.places, err = h.Placements(ctx, w.call.UserID, groups)
	}
	return err
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
	files     map[int64][]taskfile.Tie
	links     map[int64]bool
	stages    map[int64]stage.Stage
	templates templatesV3
	elapsed   map[int64]elapsed.Record // the newest of each task
	places    map[int64]bool           // by project
	rows      [][]any
	url       func(path string) string
	archives  bool
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
	case "forumTopicId":
		return some(number(8))
	case "link":
		return linkOf(w.call.UserID, t.ID)
	}
	if sel.Field.Related != nil {
		return w.related(sel, t)
	}
	if v, ok := w.belonging(sel.Field.Name, t); ok {
		return v
	}
	return plainV3(sel.Field.Name, t, w)
}

// belonging returns a field that says what belongs to the task.
func (w *writerV3) belonging(name string, t task.Task) (any, bool) {
	switch name {
	case "numberOfReminders":
		return w.reminders[t.ID], true
	case "checklist":
		return known(w.items[t.ID]), true
	case "containsChecklist":
		return len(w.items[t.ID]) > 0, true
	case "containsResults":
		return w.results[t.ID].Any, true
	case "containsGanttLinks":
		return w.links[t.ID], true
	case "containsPlacements":
		return w.places[t.GroupID], true
	case "rights":
		return rightsV3(w.call, t, w.results[t.ID]), true
	case "fileIds":
		return filesV3(w.files[t.ID]), true
	case "archiveLink":
		if !w.archives {
			return nil, true
		}
		return linkOf(w.call.UserID, t.ID) + "files/archive/", true
	}
	return nil, false
}

// filesV3 are the numbers of the files of a task; nil where it has none.
func filesV3(ties []taskfile.Tie) any {
	if len(ties) == 0 {
		return nil
	}
	ids := make([]int64, len(ties))
	for i, t := range ties {
		ids[i] = t.FileID
	}
	return ids
}

// some is a number that says nothing when it is 0.
func some(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func momentsV3(t task.Task) map[string]time.Time {
	return map[string]time.Time{
		"created": t.Created, "deadline": t.Deadline, "startPlan": t.StartPlan, "endPlan": t.EndPlan, "statusChanged": t.StatusChanged, "started": t.Started,
		"changed": t.Changed, "closed": t.Closed, "activity": t.Activity,
	}
}

// plainV3 returns a field that is in the task as it is; nil for what no task here has.
func plainV3(name string, t task.Task, w *writerV3) any {
	if at, ok := momentsV3(t)[name]; ok {
		return isoV3(at, w.zone)
	}
	switch name {
	case "parentId":
		return some(t.ParentID)
	case "chatId":
		return some(t.ChatID)
	case "closedById":
		return some(t.ClosedBy)
	case "forkedByTemplateId":
		return some(t.TemplateID)
	case "link":
		return linkOf(w.call.UserID, t.ID)
	case "xmlId":
		if t.XMLID == "" {
			return nil
		}
		return t.XMLID
	}
	return map[string]any{
		"id": t.ID, "title": t.Title, "description": t.Description, "creatorId": t.CreatedBy, "responsibleId": t.ResponsibleID, "needsControl": t.TaskControl,
		"groupId": t.GroupID, "stageId": t.StageID, "priority": prioritiesV3[t.Priority], "status": statusesV3[t.Status],
		"containsRelatedTasks": len(t.DependsOn) > 0, "plannedDuration": t.DurationPlan, "durationType": t.DurationType,
		"estimatedTime": int64(t.TimeEstimate / time.Second), "changedById": t.ChangedBy, "statusChangedById": t.StatusChangedBy, "guid": t.GUID, "mark": marksV3[t.Mark],
		"allowsChangeDeadline": t.AllowChangeDeadline, "allowsTimeTracking": t.AllowTimeTracking, "matchesWorkTime": t.MatchWorkTime, "addInReport": t.AddInReport,
		"crmItemIds": known(t.CRM), "requireResult": t.ResultRequired, "matchesSubTasksTime": t.DeadlineByParts, "autocompleteSubTasks": t.CompleteByParts,
		"dependsOn": known(t.DependsOn), "allowsChangeDatePlan": t.AllowChangePlan,
		// No task here limits how often its deadline moves, is pinned in a project or was made by another way than the usual one.
		"requireDeadlineChangeReason": false, "inGroupPin": []int64{}, "scenarios": []string{"default"},
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
	case "accomplices":
		return w.group(sel.Sub, t.Accomplices)
	case "auditors":
		return w.group(sel.Sub, t.Auditors)
	case "parent":
		p, ok := w.parents[t.ParentID]
		if !ok {
			return nil
		}
		return sel.Sub.Object(func(s dto.Selected) any { return plainV3(s.Field.Name, p, w) })
	case "chat":
		if t.ChatID == 0 {
			return nil
		}
		return sel.Sub.Object(func(s dto.Selected) any {
			return map[string]any{"id": t.ChatID, "entityId": t.ID, "entityType": chatType}[s.Field.Name]
		})
	case "stage":
		st, ok := w.stages[t.StageID]
		if !ok {
			return nil
		}
		return sel.Sub.Object(func(s dto.Selected) any {
			return map[string]any{"id": st.ID, "title": st.Title, "color": st.Color}[s.Field.Name]
		})
	case "forkedByTemplate":
		return w.template(sel.Sub, t.TemplateID)
	case "elapsedTime":
		return w.record(sel.Sub, t.ID)
	}
	return w.person(sel, t)
}

// person returns somebody who has to do with the task; nil where there is nobody.
func (w *writerV3) person(sel dto.Selected, t task.Task) any {
	id := map[string]int64{
		"creator": t.CreatedBy, "responsible": t.ResponsibleID, "changedBy": t.ChangedBy, "statusChangedBy": t.StatusChangedBy, "closedBy": t.ClosedBy,
	}[sel.Field.Name]
	u, ok := w.people[id]
	if id == 0 || !ok {
		return nil
	}
	return w.user(sel.Sub, u)
}

// group returns several people who have to do with the task.
func (w *writerV3) group(sub dto.Selection, ids []int64) []dto.Object {
	out := []dto.Object{}
	for _, id := range ids {
		if u, ok := w.people[id]; ok {
			out = append(out, w.user(sub, u))
		}
	}
	return out
}

func (w *writerV3) user(sub dto.Selection, u user.User) dto.Object {
	return sub.Object(func(s dto.Selected) any {
		if s.Field.Name == "image" {
			if u.AvatarHash == "" || w.url == nil {
				return nil
			}
			return s.Sub.Object(func(dto.Selected) any { return w.url(u.AvatarPath()) })
		}
		return map[string]any{"id": u.ID, "name": u.DisplayName(), "gender": u.Gender, "email": u.Email, "externalAuthId": u.Kind.SignsInBy()}[s.Field.Name]
	})
}
