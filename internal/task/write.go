package task

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// crmBinding is how a record of the CRM is written: lead, deal, contact, company, quote, invoice, or one of a type of its own.
var crmBinding = regexp.MustCompile(`^(L|D|C|CO|Q|SI|T[0-9a-f]{1,8})_[1-9][0-9]{0,17}$`)

// What is wrong with a task, where others have words of their own for it.
const (
	TextNoTitle = "A task needs a title."
	TextNobody  = "Choose who is responsible."
	TextPlanned = "The planned end is before the planned start."
	TextTooLong = "The planned end is too far away."
	TextSelf    = "A task cannot belong to itself."
	TextNoTask  = "There is no task" // and its number
	TextLoop    = "A task cannot be a part of its own subtask."
)

// maxPlan is how long a task can be planned to take: as many seconds as 32 bits hold.
const maxPlan = (1<<31 - 1) * time.Second

const (
	maxTitle       = 250       // characters
	maxDescription = 64 * 1024 // bytes
	maxPeople      = 100       // in one role
	maxTags        = 50
)

// Create stores t for actor. ID, GUID, the creator (where empty: actor) and the dates of changes are set here; a Created
// that is given is kept, for data that comes from elsewhere, as is a Status (where empty: Pending). The fault Invalid
// names what is missing or wrong.
func (s *Service) Create(ctx context.Context, actor user.Ref, t Task) (created Task, err error) {
	s.complete(actor, &t)
	if err := t.validate(); err != nil {
		return Task{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		created = t
		return s.createTx(ctx, tx, actor, &created)
	})
	return created, err
}

// CreateTx is Create as part of a transaction.
func (s *Service) CreateTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Task) (Task, error) {
	s.complete(actor, &t)
	if err := t.validate(); err != nil {
		return Task{}, err
	}
	err := s.createTx(ctx, tx, actor, &t)
	return t, err
}

// createTx stores a task that is complete and valid.
func (s *Service) createTx(ctx context.Context, tx *db.Tx, actor user.Ref, t *Task) error {
	if err := s.checkPeople(ctx, tx, *t, t.Members()); err != nil {
		return err
	}
	if err := s.checkRelated(ctx, tx, actor, *t); err != nil {
		return err
	}
	if err := insert(ctx, tx, t); err != nil {
		return fmt.Errorf("insert task: %w", err)
	}
	if err := s.addedTx(ctx, tx, *t); err != nil {
		return err
	}
	if err := seeTx(ctx, tx, t.ID, t.CreatedBy, t.Created); err != nil {
		return fmt.Errorf("see task: %w", err)
	}
	if err := writeNotes(ctx, tx, actor, t.ID, t.Created, []Note{{Field: NoteNew}}); err != nil {
		return err
	}
	if len(t.NewFiles) > 0 && s.files != nil {
		if err := s.files.SetFilesTx(ctx, tx, actor, *t, t.NewFiles); err != nil {
			return err
		}
	}
	if err := s.familyTx(ctx, tx, actor, Task{}, *t); err != nil {
		return err
	}
	if err := s.noticesTx(ctx, tx, actor, Task{}, *t); err != nil {
		return err
	}
	return s.tellTx(ctx, tx, actor, added, t.ID, t.Members())
}

// complete fills in what a new task has by itself.
func (s *Service) complete(actor user.Ref, t *Task) {
	now := s.clock.Now().UTC()
	t.Title = strings.TrimSpace(t.Title)
	if t.CreatedBy == 0 {
		t.CreatedBy = actor.ID
	}
	if t.Created.IsZero() {
		t.Created = now
	}
	if t.Status == 0 {
		t.Status = Pending
	}
	if t.DurationType == "" {
		t.DurationType = "days"
	}
	t.GUID = newGUID()
	t.Changed, t.Activity, t.StatusChanged = t.Created, t.Created, t.Created
	t.ChangedBy, t.StatusChangedBy = t.CreatedBy, t.CreatedBy
	if t.Status.Closed() {
		if t.Closed.IsZero() {
			t.Closed = now
		}
		t.ClosedBy = t.ResponsibleID
		t.Changed, t.StatusChanged, t.Activity = t.Closed, t.Closed, t.Closed
		t.ChangedBy, t.StatusChangedBy = t.ClosedBy, t.ClosedBy
	}
	t.normalize()
}

// normalize sorts the lists and drops what is in them twice.
func (t *Task) normalize() {
	unique := func(ids []int64) []int64 {
		ids = slices.Clone(ids)
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	t.CRM = slices.Compact(slices.Sorted(slices.Values(t.CRM)))
	t.Accomplices, t.Auditors, t.DependsOn = unique(t.Accomplices), unique(t.Auditors), unique(t.DependsOn)
	var tags []string
	for _, tag := range t.Tags {
		tag = strings.TrimSpace(tag)
		same := func(other string) bool { return strings.ToLower(other) == strings.ToLower(tag) } //nolint:staticcheck // as the column tag_lower has it
		if tag != "" && !slices.ContainsFunc(tags, same) {
			tags = append(tags, tag)
		}
	}
	t.Tags = tags
}

func (t *Task) validate() error {
	switch {
	case t.Title == "":
		return invalid("title", TextNoTitle)
	case utf8.RuneCountInString(t.Title) > maxTitle:
		return invalid("title", fmt.Sprintf("The title can have %d characters at most.", maxTitle))
	case len(t.Description) > maxDescription:
		return invalid("description", "The description is too long.")
	case t.ResponsibleID <= 0:
		return invalid("responsible", TextNobody)
	case t.Priority < Low || t.Priority > High:
		return invalid("priority", "The priority is 0, 1 or 2.")
	case t.Status < New || t.Status > Declined:
		return invalid("status", "The status is a number from 1 to 7.")
	case t.Mark != "" && t.Mark != "P" && t.Mark != "N":
		return invalid("mark", "The rating is P, N or empty.")
	case !t.StartPlan.IsZero() && !t.EndPlan.IsZero() && t.EndPlan.Before(t.StartPlan):
		return invalid("end", TextPlanned)
	case !t.StartPlan.IsZero() && !t.EndPlan.IsZero() && t.EndPlan.Sub(t.StartPlan) > maxPlan, t.DurationPlan > int64(maxPlan/time.Second):
		return invalid("end", TextTooLong)
	case t.TimeEstimate < 0 || t.DurationPlan < 0:
		return invalid("estimate", "A duration cannot be negative.")
	case !slices.Contains([]string{"secs", "mins", "hours", "days", "weeks", "months", "years"}, t.DurationType):
		return invalid("duration", "There is no such unit of time.")
	case len(t.Accomplices) > maxPeople || len(t.Auditors) > maxPeople || len(t.DependsOn) > maxPeople:
		return invalid("people", fmt.Sprintf("A list can have %d entries at most.", maxPeople))
	case slices.ContainsFunc(t.CRM, func(b string) bool { return !crmBinding.MatchString(b) }) || len(t.CRM) > maxPeople:
		return invalid("crm", "A record of the CRM is written as D_10: its kind and its number.")
	case len(t.Tags) > maxTags:
		return invalid("tags", fmt.Sprintf("A task can have %d tags at most.", maxTags))
	case t.ID != 0 && (t.ParentID == t.ID || slices.Contains(t.DependsOn, t.ID)):
		return invalid("parent", TextSelf)
	}
	return nil
}

func invalid(field, text string) error {
	return fault.New(fault.Invalid, "TASK_INVALID", text).At(field)
}

// checkPeople returns a fault when one of ids, who have roles in t, is nobody. It is at the field of the role.
func (s *Service) checkPeople(ctx context.Context, tx *db.Tx, t Task, ids []int64) error {
	known, err := s.users.ManyTx(ctx, tx, ids)
	if err != nil {
		return fmt.Errorf("look up people: %w", err)
	}
	for _, id := range ids {
		if _, ok := known[id]; ok {
			continue
		}
		field := "people"
		switch id {
		case t.ResponsibleID:
			field = "responsible"
		case t.CreatedBy:
			field = "creator"
		}
		return invalid(field, fmt.Sprintf("There is no user %d.", id))
	}
	return nil
}

// checkRelated returns a fault when the parent or a task that t depends on is none that actor sees.
func (s *Service) checkRelated(ctx context.Context, tx *db.Tx, actor user.Ref, t Task) error {
	ids := slices.Clone(t.DependsOn)
	if t.ParentID != 0 {
		ids = append(ids, t.ParentID)
	}
	for _, id := range ids {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			if fault.KindOf(err) == fault.NotFound {
				return invalid("parent", fmt.Sprintf("%s %d.", TextNoTask, id))
			}
			return err
		}
	}
	return nil
}

func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("{%x-%x-%x-%x-%x}", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func insert(ctx context.Context, tx *db.Tx, t *Task) (err error) {
	t.ID, err = tx.Insert(ctx, `INSERT INTO task (parent_id, title, title_lower, description, mark, priority, status, responsible_id,
		created_by, group_id, stage_id, deadline, date_start, start_date_plan, end_date_plan, duration_plan, duration_type,
		time_estimate, allow_change_deadline, allow_time_tracking, task_control, add_in_report, match_work_time, xml_id, guid,
		deadline_by_parts, complete_by_parts, result_required, allow_change_plan, forked_by_template_id, chat_id,
		created_date, changed_date, status_changed_date, closed_date, activity_date, changed_by, status_changed_by, closed_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.columns()...)
	if err != nil {
		return err
	}
	return insertLists(ctx, tx, t)
}

// columns are the values of the statements that write a whole task.
func (t *Task) columns() []any {
	return []any{
		t.ParentID, t.Title, strings.ToLower(t.Title), t.Description, t.Mark, int64(t.Priority), int64(t.Status), t.ResponsibleID,
		t.CreatedBy, t.GroupID, t.StageID, db.Micro(t.Deadline), db.Micro(t.Started), db.Micro(t.StartPlan), db.Micro(t.EndPlan),
		t.DurationPlan, t.DurationType, int64(t.TimeEstimate / time.Second), db.Bit(t.AllowChangeDeadline), db.Bit(t.AllowTimeTracking),
		db.Bit(t.TaskControl), db.Bit(t.AddInReport), db.Bit(t.MatchWorkTime), t.XMLID, t.GUID,
		db.Bit(t.DeadlineByParts), db.Bit(t.CompleteByParts), db.Bit(t.ResultRequired), db.Bit(t.AllowChangePlan), t.TemplateID, t.ChatID,
		db.Micro(t.Created), db.Micro(t.Changed), db.Micro(t.StatusChanged), db.Micro(t.Closed), db.Micro(t.Activity),
		t.ChangedBy, t.StatusChangedBy, t.ClosedBy,
	}
}

func update(ctx context.Context, tx *db.Tx, t *Task) error {
	_, err := tx.Exec(ctx, `UPDATE task SET parent_id = ?, title = ?, title_lower = ?, description = ?, mark = ?, priority = ?,
		status = ?, responsible_id = ?, created_by = ?, group_id = ?, stage_id = ?, deadline = ?, date_start = ?, start_date_plan = ?,
		end_date_plan = ?, duration_plan = ?, duration_type = ?, time_estimate = ?, allow_change_deadline = ?,
		allow_time_tracking = ?, task_control = ?, add_in_report = ?, match_work_time = ?, xml_id = ?, guid = ?,
		deadline_by_parts = ?, complete_by_parts = ?, result_required = ?, allow_change_plan = ?, forked_by_template_id = ?, chat_id = ?, version = version + 1, created_date = ?,
		changed_date = ?, status_changed_date = ?, closed_date = ?, activity_date = ?, changed_by = ?, status_changed_by = ?,
		closed_by = ? WHERE id = ?`, append(t.columns(), t.ID)...)
	return err
}

// insertLists writes the roles, the tags and what the task depends on.
func insertLists(ctx context.Context, tx *db.Tx, t *Task) error {
	var members []any
	role := func(name string, ids ...int64) {
		for _, id := range ids {
			members = append(members, t.ID, id, name)
		}
	}
	role("R", t.ResponsibleID)
	role("O", t.CreatedBy)
	role("A", t.Accomplices...)
	role("U", t.Auditors...)
	if err := insertRows(ctx, tx, "INSERT INTO task_member (task_id, user_id, role) VALUES ", 3, members); err != nil {
		return err
	}
	var tags, labels, depends, crm []any
	for _, tag := range t.Tags {
		tags, labels = append(tags, t.ID, tag, strings.ToLower(tag)), append(labels, tag, strings.ToLower(tag))
	}
	for _, binding := range t.CRM {
		crm = append(crm, t.ID, binding)
	}
	if err := insertRows(ctx, tx, "INSERT INTO task_crm (task_id, binding) VALUES ", 2, crm); err != nil {
		return err
	}
	if err := insertLabels(ctx, tx, labels); err != nil {
		return err
	}
	if err := insertRows(ctx, tx, "INSERT INTO task_tag (task_id, tag, tag_lower) VALUES ", 3, tags); err != nil {
		return err
	}
	for _, id := range t.DependsOn {
		depends = append(depends, t.ID, id)
	}
	return insertRows(ctx, tx, "INSERT INTO task_dependence (task_id, depends_on_id) VALUES ", 2, depends)
}

// insertLabels makes tags known under a number.
func insertLabels(ctx context.Context, tx *db.Tx, labels []any) error {
	if len(labels) == 0 {
		return nil
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(labels)/2), ", ")
	_, err := tx.Exec(ctx, "INSERT INTO task_label (tag, tag_lower) VALUES "+rows+" ON CONFLICT (tag_lower) DO NOTHING", labels...)
	return err
}

// insertRows writes several rows of width columns in one statement.
func insertRows(ctx context.Context, tx *db.Tx, sql string, width int, values []any) error {
	if len(values) == 0 {
		return nil
	}
	row := "(" + db.Marks(width) + "), "
	_, err := tx.Exec(ctx, sql+strings.TrimSuffix(strings.Repeat(row, len(values)/width), ", "), values...)
	return err
}

// replaceLists writes the lists of t in the place of what is stored.
func replaceLists(ctx context.Context, tx *db.Tx, t *Task) error {
	if err := deleteLists(ctx, tx, t.ID); err != nil {
		return err
	}
	return insertLists(ctx, tx, t)
}

func deleteLists(ctx context.Context, tx *db.Tx, id int64) error {
	for _, sql := range []string{
		"DELETE FROM task_member WHERE task_id = ?",
		"DELETE FROM task_tag WHERE task_id = ?",
		"DELETE FROM task_dependence WHERE task_id = ?",
		"DELETE FROM task_crm WHERE task_id = ?",
	} {
		if _, err := tx.Exec(ctx, sql, id); err != nil {
			return err
		}
	}
	return nil
}
