package taskweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// noteView is a line of a task's history.
type noteView struct {
	Who      person
	At       time.Time
	What     string
	From, To string // empty where the words say it all
}

// maxNotes is how many lines of the history the card shows.
const maxNotes = 60

// noteWords say what happened to the fields of a task.
var noteWords = map[string]string{
	"TITLE": "changed the title", "DESCRIPTION": "changed the description", "STATUS": "changed the status", "PRIORITY": "changed the priority",
	"MARK": "rated the task", "PARENT_ID": "moved it below another task", "GROUP_ID": "moved it into another group", task.NoteStage: "moved it to another stage",
	"CREATED_BY": "changed the creator", "RESPONSIBLE_ID": "gave it to somebody else", "ACCOMPLICES": "changed the participants",
	"AUDITORS": "changed the observers", "TAGS": "changed the tags", task.NoteDependsOn: "changed what it depends on", "DEADLINE": "moved the deadline",
	"START_DATE_PLAN": "changed the planned start", "END_DATE_PLAN": "changed the planned end", "DURATION_PLAN": "changed the planned duration",
	"TIME_ESTIMATE": "changed the estimate", "ADD_IN_REPORT": "changed whether it is in reports", "TASK_CONTROL": "changed who accepts the result",
	"ALLOW_TIME_TRACKING": "changed whether time is tracked", "ALLOW_CHANGE_DEADLINE": "changed who may move the deadline",
	task.NoteNew: "created the task", task.NoteRenew: "opened the task again", task.NoteComment: "wrote a comment", task.NoteFiles: "changed the files",
	task.NoteChecklistAdd: "added to the checklist", task.NoteChecklistName: "renamed in the checklist", task.NoteChecklistGone: "removed from the checklist",
	task.NoteChecklistDone: "ticked off", task.NoteChecklistAgain: "opened again", task.NoteTimeSpent: "wrote down time",
}

// history returns what happened to a task, the newest first.
func (h pages) history(ctx context.Context, r *web.Request, id int64) ([]noteView, error) {
	notes, err := h.tasks.History(ctx, actor(r.Viewer), id, task.HistoryQuery{Limit: maxNotes})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, n := range notes {
		ids = append(append(append(ids, n.UserID), numbersIn(n, n.From)...), numbersIn(n, n.To)...)
	}
	people, err := h.users.Many(ctx, ids)
	out := make([]noteView, len(notes))
	for i, n := range notes {
		what := noteWords[n.Field]
		if what == "" {
			what = "changed " + strings.ToLower(strings.ReplaceAll(n.Field, "_", " "))
		}
		out[i] = noteView{Who: personOf(people, n.UserID), At: n.Created, What: what, From: noteText(r, n.Field, n.From, people), To: noteText(r, n.Field, n.To, people)}
		if out[i].From == out[i].To {
			out[i].From = ""
		}
	}
	return out, err
}

// isPeople reports whether a note of the field holds the numbers of people.
func isPeople(field string) bool {
	switch field {
	case "CREATED_BY", "RESPONSIBLE_ID", "ACCOMPLICES", "AUDITORS":
		return true
	}
	return false
}

func numbersIn(n task.Note, text string) []int64 {
	if !isPeople(n.Field) {
		return nil
	}
	return readIDs(strings.Split(text, ","))
}

// noteText writes a value of a note for people; what is too long to be read there is nothing.
func noteText(r *web.Request, field, value string, people map[int64]user.User) string {
	if value == "" {
		return ""
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch field {
	case "DESCRIPTION", task.NoteNew, task.NoteRenew, task.NoteComment, "PARENT_ID", "GROUP_ID", task.NoteStage, task.NoteDependsOn:
		return ""
	case "CREATED_BY", "RESPONSIBLE_ID", "ACCOMPLICES", "AUDITORS":
		var names []string
		for _, id := range readIDs(strings.Split(value, ",")) {
			names = append(names, personOf(people, id).Name)
		}
		return strings.Join(names, ", ")
	case "STATUS":
		return statusOf(task.Status(n)).Text
	case "PRIORITY":
		return priorityNames[task.Priority(n)]
	case "MARK":
		return map[string]string{"P": "good", "N": "bad"}[value]
	case "DEADLINE", "START_DATE_PLAN", "END_DATE_PLAN":
		if err == nil {
			return r.Viewer.Format(time.Unix(n, 0), "2 Jan 2006, 15:04")
		}
	case "TIME_ESTIMATE", task.NoteTimeSpent:
		if err == nil {
			return hours(time.Duration(n) * time.Second)
		}
	case "ADD_IN_REPORT", "TASK_CONTROL", "ALLOW_TIME_TRACKING", "ALLOW_CHANGE_DEADLINE":
		return map[string]string{"Y": "yes", "N": "no"}[value]
	}
	return value
}
