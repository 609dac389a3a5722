package portal

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// taskNotices tells people what concerns them in their tasks. The notifications are made after the tasks.
type taskNotices struct{ p *Portal }

var (
	_ task.Notices = taskNotices{}
	_ task.Part    = taskNotices{}
)

// The events of notifications of tasks.
const (
	noticeReminder = "reminder"
	noticeAssigned = "task_assigned"
	noticeUpdate   = "task_update"
)

// noticeTag is the tag of what is said of a task in one way.
func noticeTag(event string, id int64) string {
	return "TASKS|" + event + "|" + strconv.FormatInt(id, 10)
}

// TaskChangedTx does nothing: what was said of a task before stays true.
func (taskNotices) TaskChangedTx(context.Context, *db.Tx, user.Ref, task.Task, task.Task) error {
	return nil
}

// TaskDeletedTx takes back what was said of a task that is gone: it would lead nowhere.
func (n taskNotices) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	for _, event := range []string{noticeReminder, noticeAssigned, noticeUpdate} {
		if err := n.p.Notify.DeleteTaggedTx(ctx, tx, noticeTag(event, t.ID)); err != nil {
			return err
		}
	}
	return nil
}

// DeadlineTx tells people that a deadline has passed.
func (n taskNotices) DeadlineTx(ctx context.Context, tx *db.Tx, t task.Task, to []int64) error {
	for _, id := range to {
		if err := n.tell(ctx, tx, notify.Notice{UserID: id, Event: noticeReminder, Title: "Overdue", Text: "The deadline has passed: " + t.Title}, t); err != nil {
			return err
		}
	}
	return nil
}

// RemindTx reminds somebody.
func (n taskNotices) RemindTx(ctx context.Context, tx *db.Tx, t task.Task, userID int64) error {
	return n.tell(ctx, tx, notify.Notice{UserID: userID, Event: noticeReminder, Title: "Reminder", Text: t.Title}, t)
}

// AssignedTx tells somebody that they are responsible now.
func (n taskNotices) AssignedTx(ctx context.Context, tx *db.Tx, actorID int64, t task.Task) error {
	return n.tell(ctx, tx, notify.Notice{UserID: t.ResponsibleID, AuthorID: actorID, Event: noticeAssigned, Title: "New task", Text: t.Title}, t)
}

// StatusTx tells people how far a task is.
func (n taskNotices) StatusTx(ctx context.Context, tx *db.Tx, actorID int64, t task.Task, to []int64) error {
	words := map[task.Status]string{
		task.Pending: "The task waits again: ", task.InProgress: "Work has begun: ", task.Awaiting: "Waits for you to accept it: ", task.Completed: "Completed: ",
		task.Deferred: "Put off: ", task.Declined: "Declined: ",
	}
	for _, id := range to {
		notice := notify.Notice{UserID: id, AuthorID: actorID, Event: noticeUpdate, Title: "Task", Text: words[t.Status] + t.Title}
		if err := n.tell(ctx, tx, notice, t); err != nil {
			return err
		}
	}
	return nil
}

// tell tells one person, in the place of what was said of the same task in the same way.
func (n taskNotices) tell(ctx context.Context, tx *db.Tx, x notify.Notice, t task.Task) error {
	id := strconv.FormatInt(t.ID, 10)
	x.Module, x.Ref, x.Tag = "tasks", t.ID, noticeTag(x.Event, t.ID)
	x.URL = "/company/personal/user/" + strconv.FormatInt(x.UserID, 10) + "/tasks/task/view/" + id + "/"
	_, err := n.p.Notify.TellTx(ctx, tx, x)
	if errors.Is(err, notify.ErrNoUser) {
		return nil // who is gone needs not be told, and must not keep others from it
	}
	return err
}
