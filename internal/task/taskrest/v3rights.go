package taskrest

import (
	"context"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/result"
)

// statesV3 returns what there is of results of tasks, for the caller.
func (h handlers) statesV3(ctx context.Context, c *rest.Call, ids []int64) (map[int64]result.State, error) {
	if h.Results == nil {
		return nil, nil
	}
	return h.Results.States(ctx, c.UserID, ids)
}

// rightsV3 is what the caller, who sees t, may do with it; of its results there is what st says.
func rightsV3(c *rest.Call, t task.Task, st result.State) dto.Object {
	out := make(dto.Object, 0, len(rightNames))
	for _, r := range rightNames {
		may := r.always || r.action != "" && task.May(actor(c), t, r.action) || r.result != nil && r.result(t, st)
		out = append(out, dto.Member{Name: r.name, Value: may})
	}
	return out
}

// Who wrote a result may change and remove it; everybody who sees the task may read it.
func ownResult(_ task.Task, st result.State) bool { return st.Mine }
func anyResult(_ task.Task, st result.State) bool { return st.Any }

// resultDone reports whether the task could be completed, as far as results go.
func resultDone(t task.Task, st result.State) bool { return !t.ResultRequired || st.Open }

// rightNames are the rights of REST 3.0 in the order of api-reference/tasks/tasks-task-access-get.md. Everybody who sees a task may
// watch it, mute it, copy it and be reminded of it.
var rightNames = []struct {
	name   string
	action task.Action
	always bool
	result func(t task.Task, st result.State) bool // instead of an action
}{
	{"read", "", true, nil},
	{"watch", "", true, nil},
	{"mute", "", true, nil},
	{"createSubtask", task.ActCreate, false, nil},
	{"createResult", task.ActElapsed, false, nil},
	{"edit", task.ActEdit, false, nil},
	{"remove", task.ActRemove, false, nil},
	{"complete", task.ActComplete, false, nil},
	{"approve", task.ActApprove, false, nil},
	{"disapprove", task.ActDisapprove, false, nil},
	{"start", task.ActStart, false, nil},
	{"take", "", false, nil},
	{"delegate", task.ActDelegate, false, nil},
	{"defer", task.ActDefer, false, nil},
	{"renew", task.ActRenew, false, nil},
	{"deadline", task.ActDeadline, false, nil},
	{"datePlan", task.ActPlan, false, nil},
	{"changeDirector", task.ActOriginator, false, nil},
	{"changeResponsible", task.ActEdit, false, nil},
	{"changeAccomplices", task.ActEdit, false, nil},
	{"pause", task.ActPause, false, nil},
	{"timeTracking", task.ActTimer, false, nil},
	{"mark", task.ActRate, false, nil},
	{"changeStatus", task.ActElapsed, false, nil},
	{"reminder", "", true, nil},
	{"addAuditors", task.ActEdit, false, nil},
	{"elapsedTime", task.ActElapsed, false, nil},
	{"favorite", "", true, nil},
	{"checklistAdd", task.ActChecklist, false, nil},
	{"checklistEdit", task.ActChecklist, false, nil},
	{"checklistSave", task.ActChecklist, false, nil},
	{"checklistToggle", task.ActChecklist, false, nil},
	{"automate", task.ActEdit, false, nil},
	{"resultEdit", "", false, ownResult},
	{"completeResult", "", false, resultDone},
	{"removeResult", "", false, ownResult},
	{"resultRead", "", false, anyResult},
	{"admin", task.ActEdit, false, nil},
	{"copy", "", true, nil},
	{"saveAsTemplate", "", true, nil},
	{"attachFile", task.ActElapsed, false, nil},
	{"detachFile", task.ActEdit, false, nil},
	{"detachParent", task.ActEdit, false, nil},
	{"createGanttDependence", task.ActEdit, false, nil},
	{"sort", "", false, nil},
}

// accessEntity is what may be done with a task.
var accessEntity = func() *dto.Entity {
	e := &dto.Entity{Name: "AccessDto", Fields: []dto.Field{{Name: "id", Type: dto.Int, Column: "t.id", Filterable: true, Sortable: true, Title: "ID"}}}
	for _, r := range rightNames {
		e.Fields = append(e.Fields, dto.Field{Name: r.name, Type: dto.Bool})
	}
	return e
}()
