// Package task is the tasks of a portal: what somebody has to do, until when, and who is concerned.
//
// A person sees a task when they have a role in it (responsible, creator, participant, observer) or are an administrator;
// or head a department of somebody who has; for everybody else it does not exist. What fields a task has on the wire, and which of
// them can be filtered and sorted by, is declared once for package record, in newEntity. What a task does (its statuses, roles
// and rights) is plain Go here.
package task

import (
	"context"
	"embed"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("task", schemaFiles) }

// Status is how far a task is. Being overdue or not yet seen is no status: it depends on the time and on who looks.
type Status int64

// The statuses, as api-reference/tasks/fields.md numbers them.
const (
	New        Status = 1
	Pending    Status = 2
	InProgress Status = 3
	Awaiting   Status = 4 // done, and the creator has still to accept it
	Completed  Status = 5
	Deferred   Status = 6
	Declined   Status = 7
)

// Closed reports whether nothing is left to do for the responsible person.
func (s Status) Closed() bool { return s == Awaiting || s == Completed }

// Priority says how much a task matters.
type Priority int64

// The priorities.
const (
	Low    Priority = 0
	Medium Priority = 1
	High   Priority = 2
)

// Task is one task. Times are UTC; the zero time is none.
type Task struct {
	ID          int64
	ParentID    int64 // 0: none
	Title       string
	Description string // BB code
	Mark        string // "P" good, "N" bad, "" not rated
	Priority    Priority
	Status      Status

	ResponsibleID int64
	CreatedBy     int64
	Accomplices   []int64 // participants
	Auditors      []int64 // observers
	Tags          []string
	DependsOn     []int64

	GroupID  int64
	StageID  int64
	Deadline time.Time
	Started  time.Time // when somebody began to work on it

	StartPlan, EndPlan  time.Time
	DurationPlan        int64  // in units of DurationType
	DurationType        string // secs, mins, hours, days, weeks, months, years
	TimeEstimate        time.Duration
	AllowChangeDeadline bool // the responsible person may move the deadline
	AllowChangePlan     bool // the responsible person may move the planned dates
	AllowTimeTracking   bool
	TaskControl         bool // the creator accepts the result before the task counts as completed
	AddInReport         bool
	MatchWorkTime       bool
	DeadlineByParts     bool // the deadline is that of the subtasks
	CompleteByParts     bool // it completes with its subtasks
	ResultRequired      bool // it cannot be completed without a result
	XMLID               string
	GUID                string
	ChatID              int64    // the chat in which it is talked about; 0: none yet
	TemplateID          int64    // the template of which it was made, which may be gone since; 0: none
	CRM                 []string // records of the CRM, "D_10"
	// Added are values of fields that were added, to be stored: those that are named. They are not read with the task.
	Added userfield.Values
	// NewFiles are the files of a task that is to be stored. They are not read with the task.
	NewFiles []FileRef

	Created, Changed, StatusChanged, Closed, Activity time.Time
	ChangedBy, StatusChangedBy, ClosedBy              int64
}

// Overdue reports whether the deadline has passed and there is still something to do.
func (t Task) Overdue(now time.Time) bool {
	return !t.Deadline.IsZero() && t.Deadline.Before(now) && !t.Status.Closed()
}

// Members returns everybody who has a role in the task, each once.
func (t Task) Members() []int64 {
	ids := append([]int64{t.ResponsibleID, t.CreatedBy}, t.Accomplices...)
	ids = append(ids, t.Auditors...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// works reports whether the user is one of those who do the task or handed it out.
func (t Task) works(id int64) bool {
	return id == t.ResponsibleID || id == t.CreatedBy || slices.Contains(t.Accomplices, id)
}

// The faults of the area.
var (
	ErrNotFound = fault.New(fault.NotFound, "TASK_NOT_FOUND", "There is no such task, or it is not shared with you.")
	ErrDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "You may not do this with the task.")
)

// Users tells who exists.
type Users interface {
	// ManyTx returns those of ids who exist.
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
}

// Events records what happened for the applications that listen.
type Events interface {
	EmitTx(ctx context.Context, tx *db.Tx, name string, userID int64, data phpform.Value) error
}

// Live tells the open pages of people that something changed.
type Live interface {
	Publish(userIDs []int64, event string, data any)
}

// Config is what the service needs. DB, Clock, Users, Events and Live are required.
type Config struct {
	DB     *db.DB
	Clock  clock.Clock
	Users  Users
	Events Events
	Live   Live
	// Added keeps the fields that were added to tasks; nil: there are none.
	Added *userfield.Service
	// Structure tells whose tasks managers see; nil: there are no managers.
	Structure Structure
	// Notices tells people of deadlines, reminders and what others did; nil: nobody is told.
	Notices Notices
}

// Service keeps the tasks of a portal. It is safe for use by several goroutines.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	users  Users
	events Events
	live   Live

	records   *record.Store
	added     *userfield.Service
	structure Structure
	notices   Notices
	results   Results
	files     Files
	wake      chan struct{}
	parts     []Part
}

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service {
	return &Service{
		db: c.DB, clock: c.Clock, users: c.Users, events: c.Events, live: c.Live, added: c.Added, structure: c.Structure, notices: c.Notices,
		records: record.New(record.Config{DB: c.DB, Clock: c.Clock, Entity: newEntity(), Added: c.Added}), wake: make(chan struct{}, 1),
	}
}
