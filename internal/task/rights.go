package task

import (
	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/user"
)

// Action is something that a person does with a task, by its name in api-reference/tasks/fields.md#action.
type Action string

// The actions.
const (
	ActAccept        Action = "ACCEPT"  // outdated: nobody may
	ActDecline       Action = "DECLINE" // outdated: nobody may
	ActComplete      Action = "COMPLETE"
	ActApprove       Action = "APPROVE"
	ActDisapprove    Action = "DISAPPROVE"
	ActStart         Action = "START"
	ActPause         Action = "PAUSE"
	ActDelegate      Action = "DELEGATE"
	ActRemove        Action = "REMOVE"
	ActEdit          Action = "EDIT"
	ActDefer         Action = "DEFER"
	ActRenew         Action = "RENEW"
	ActCreate        Action = "CREATE"
	ActDeadline      Action = "CHANGE_DEADLINE"
	ActChecklistItem Action = "CHECKLIST_ADD_ITEMS"
	ActRate          Action = "RATE"
	ActTake          Action = "TAKE" // outdated: nobody may
	ActOriginator    Action = "EDIT.ORIGINATOR"
	ActReorder       Action = "CHECKLIST.REORDER"
	ActElapsed       Action = "ELAPSEDTIME.ADD"
	ActTimer         Action = "DAYPLAN.TIMER.TOGGLE"
	ActPlan          Action = "EDIT.PLAN"
	ActChecklist     Action = "CHECKLIST.ADD"
)

// May reports whether actor, who sees t, may do act with it.
//
// The creator, and who may change all tasks, edit, remove, rate and accept it. They and those who do it (the responsible person
// and the participants) move it through its statuses, keep its checklists and note time. The responsible person hands it on, and
// moves its deadline and its planned dates where the task allows it. Observers, and heads of departments, look.
func May(actor user.Ref, t Task, act Action) bool {
	owner := actor.May(access.AllTasks) || actor.ID == t.CreatedBy
	works := owner || t.works(actor.ID)
	open := !t.Status.Closed()
	switch act {
	case ActEdit, ActRemove, ActRate:
		return owner
	case ActApprove, ActDisapprove:
		return owner && t.Status == Awaiting
	case ActComplete:
		return works && open
	case ActStart:
		return works && (t.Status == New || t.Status == Pending)
	case ActPause:
		return works && t.Status == InProgress
	case ActDefer:
		return works && (t.Status == New || t.Status == Pending)
	case ActRenew:
		return works && (!open || t.Status == Deferred || t.Status == Declined)
	case ActDelegate:
		return open && (owner || actor.ID == t.ResponsibleID)
	case ActDeadline:
		return owner || actor.ID == t.ResponsibleID && t.AllowChangeDeadline
	case ActPlan:
		return owner || actor.ID == t.ResponsibleID && t.AllowChangePlan
	case ActTimer:
		return works && open && t.AllowTimeTracking
	case ActCreate, ActChecklistItem, ActReorder, ActElapsed, ActChecklist:
		return works
	}
	return false
}

// MayCreate reports whether actor may hand out t: for somebody else only to themselves, unless they may change all tasks.
func MayCreate(actor user.Ref, t Task) bool {
	return t.CreatedBy == 0 || t.CreatedBy == actor.ID || t.ResponsibleID == actor.ID || actor.May(access.AllTasks)
}

// Rights say what somebody may do with a task that they see, as the pages show it.
type Rights struct {
	Edit, Delete     bool
	MoveDeadline     bool
	Start, Pause     bool
	Defer, Delegate  bool
	Complete, Resume bool
	Accept           bool // Complete accepts a result that waits for it, Disapprove returns it
}

// RightsOf returns what actor may do with t.
func RightsOf(actor user.Ref, t Task) Rights {
	may := func(a Action) bool { return May(actor, t, a) }
	return Rights{
		Edit: may(ActEdit), Delete: may(ActRemove), MoveDeadline: may(ActDeadline), Start: may(ActStart), Pause: may(ActPause), Defer: may(ActDefer),
		Delegate: may(ActDelegate), Complete: may(ActComplete) || may(ActApprove), Resume: may(ActRenew), Accept: may(ActApprove),
	}
}
