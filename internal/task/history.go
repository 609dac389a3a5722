package task

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// The kinds of notes that are no fields of a task (api-reference/tasks/tasks-task-history-list.md).
const (
	NoteNew            = "NEW"
	NoteRenew          = "RENEW"
	NoteComment        = "COMMENT"
	NoteFiles          = "FILES"
	NoteChecklistAdd   = "CHECKLIST_ITEM_CREATE"
	NoteChecklistName  = "CHECKLIST_ITEM_RENAME"
	NoteChecklistGone  = "CHECKLIST_ITEM_REMOVE"
	NoteChecklistDone  = "CHECKLIST_ITEM_CHECK"
	NoteChecklistAgain = "CHECKLIST_ITEM_UNCHECK"
	NoteTimeSpent      = "TIME_SPENT_IN_LOGS"
	NoteStage          = "STAGE_ID"
	NoteDependsOn      = "DEPENDS_ON"
)

const (
	maxNote     = 1000 // characters of one value of a note; a longer one is cut
	maxHistory  = 1000 // notes that History returns at most
	noteColumns = 6
)

// Note is an entry of a task's history: what a field was and became. Moments are seconds since 1970, lists are separated by
// commas; an empty text is nothing.
type Note struct {
	ID       int64
	TaskID   int64
	UserID   int64 // who did it
	Created  time.Time
	Field    string
	From, To string
}

// HistoryQuery says which notes of a task to read.
type HistoryQuery struct {
	Fields []string // the kinds; none is all
	Oldest bool     // the oldest first, else the newest
	By     string   // "field" or "user" sorts by that first; empty: by time alone
	Limit  int      // at most 1,000; 0 is that
}

// History returns what happened to the task id. ErrNotFound where actor does not see it.
func (s *Service) History(ctx context.Context, actor user.Ref, id int64, q HistoryQuery) (out []Note, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		out, err = readHistory(ctx, tx, id, q)
		return err
	})
	return out, err
}

// Known reports whether there is a task with the number id, whoever asks.
func (s *Service) Known(ctx context.Context, id int64) (known bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task WHERE id = ?", id).Scan(&n)
		known = n > 0
		return err
	})
	return known, err
}

func readHistory(ctx context.Context, tx *db.Tx, id int64, q HistoryQuery) ([]Note, error) {
	sql, args := "SELECT id, user_id, created, field, from_value, to_value FROM task_history WHERE task_id = ?", []any{id}
	if len(q.Fields) > 0 {
		sql += " AND field IN (" + db.Marks(len(q.Fields)) + ")"
		for _, f := range q.Fields {
			args = append(args, f)
		}
	}
	way := direction(!q.Oldest)
	sql += " ORDER BY " + map[string]string{"field": "field" + way + ", ", "user": "user_id" + way + ", "}[q.By] + "created" + way + ", id" + way
	if q.Limit <= 0 || q.Limit > maxHistory {
		q.Limit = maxHistory
	}
	rows, err := tx.Query(ctx, sql+" LIMIT ?", append(args, int64(q.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read history of task: %w", err)
	}
	defer rows.Close()
	var out []Note
	for rows.Next() {
		n := Note{TaskID: id}
		var created int64
		if err := rows.Scan(&n.ID, &n.UserID, &created, &n.Field, &n.From, &n.To); err != nil {
			return nil, fmt.Errorf("read history of task: %w", err)
		}
		n.Created = db.Time(created)
		out = append(out, n)
	}
	return out, rows.Err()
}

// writeNotes stores what actor did to the task id.
func writeNotes(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, now time.Time, notes []Note) error {
	values := make([]any, 0, len(notes)*noteColumns)
	for _, n := range notes {
		values = append(values, id, actor.ID, db.Micro(now), n.Field, cutNote(n.From), cutNote(n.To))
	}
	const add = "INSERT INTO task_history (task_id, user_id, created, field, from_value, to_value) VALUES "
	if err := insertRows(ctx, tx, add, noteColumns, values); err != nil {
		return fmt.Errorf("write history of task: %w", err)
	}
	return nil
}

func cutNote(s string) string {
	if len(s) <= maxNote || utf8.RuneCountInString(s) <= maxNote {
		return s
	}
	return string([]rune(s)[:maxNote])
}

// differences are the notes of a change.
func differences(before, after Task) (out []Note) {
	note := func(field, from, to string) {
		if from != to {
			out = append(out, Note{Field: field, From: from, To: to})
		}
	}
	number := func(field string, from, to int64) { note(field, noteNumber(from), noteNumber(to)) }
	moment := func(field string, from, to time.Time) { note(field, noteMoment(from), noteMoment(to)) }
	flag := func(field string, from, to bool) { note(field, phpform.YesNo(from), phpform.YesNo(to)) }
	note("TITLE", before.Title, after.Title)
	note("DESCRIPTION", before.Description, after.Description)
	note("STATUS", strconv.FormatInt(int64(before.Status), 10), strconv.FormatInt(int64(after.Status), 10))
	note("PRIORITY", strconv.FormatInt(int64(before.Priority), 10), strconv.FormatInt(int64(after.Priority), 10))
	note("MARK", before.Mark, after.Mark)
	number("PARENT_ID", before.ParentID, after.ParentID)
	number("GROUP_ID", before.GroupID, after.GroupID)
	number(NoteStage, before.StageID, after.StageID)
	number("CREATED_BY", before.CreatedBy, after.CreatedBy)
	number("RESPONSIBLE_ID", before.ResponsibleID, after.ResponsibleID)
	note("ACCOMPLICES", noteIDs(before.Accomplices), noteIDs(after.Accomplices))
	note("AUDITORS", noteIDs(before.Auditors), noteIDs(after.Auditors))
	note("TAGS", strings.Join(before.Tags, ","), strings.Join(after.Tags, ","))
	note(NoteDependsOn, noteIDs(before.DependsOn), noteIDs(after.DependsOn))
	moment("DEADLINE", before.Deadline, after.Deadline)
	moment("START_DATE_PLAN", before.StartPlan, after.StartPlan)
	moment("END_DATE_PLAN", before.EndPlan, after.EndPlan)
	number("DURATION_PLAN", before.DurationPlan, after.DurationPlan)
	number("TIME_ESTIMATE", int64(before.TimeEstimate/time.Second), int64(after.TimeEstimate/time.Second))
	flag("ADD_IN_REPORT", before.AddInReport, after.AddInReport)
	flag("TASK_CONTROL", before.TaskControl, after.TaskControl)
	flag("ALLOW_TIME_TRACKING", before.AllowTimeTracking, after.AllowTimeTracking)
	flag("ALLOW_CHANGE_DEADLINE", before.AllowChangeDeadline, after.AllowChangeDeadline)
	return out
}

func noteNumber(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func noteMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

func noteIDs(ids []int64) string {
	ids = slices.Sorted(slices.Values(ids))
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ",")
}
