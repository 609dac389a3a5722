// Package template keeps patterns of tasks: what a task will have, and when tasks are made of it by themselves. A run is a row with
// its time, so it survives restarts and happens once; what came while no program ran happens once, not once for each time.
// Pages: api-reference/tasks/template/.
package template

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the templates.
func Schema() db.Schema { return db.EmbeddedSchema("task_template", schemaFiles) }

// The limits of a template.
const (
	MaxTitle       = 250       // characters
	MaxDescription = 64 * 1024 // bytes
	MaxPeople      = 100       // in one role
	maxAfter       = 10 * 366 * 24 * time.Hour
)

// Template is a pattern of tasks.
type Template struct {
	ID          int64 `json:"-"`
	Title       string
	Description string // BB code
	Priority    task.Priority
	CreatedBy   int64 // the creator of the tasks too
	// Responsibles are those who get a task each; the first is the responsible person of the template.
	Responsibles                        []int64
	Accomplices, Auditors               []int64
	Tags                                []string `json:",omitempty"`
	DependsOn                           []int64  `json:",omitempty"` // templates; the tasks of one use wait for each other so
	GroupID, StageID, ParentID          int64    // ParentID is a task
	BaseID                              int64    `json:"-"` // the template above, whose tasks have this one's below; 0: none
	XMLID                               string
	Multitask                           bool
	TaskControl, AddInReport            bool
	AllowChangeDeadline                 bool
	AllowTimeTracking, MatchWorkTime    bool
	DeadlineAfter, StartAfter, EndAfter *time.Duration // from the making of a task on; nil: none
	CRM                                 []string       `json:",omitempty"`
	Replicate                           bool
	Schedule                            *Schedule `json:",omitempty"`
	Count                               int64     // tasks made by the schedule
	Next                                time.Time `json:"-"` // of the schedule; zero: never
	// NewFiles are all the files that the template shall have from now on; nil: it keeps those that it has. They are not read with it.
	NewFiles *[]task.FileRef `json:"-"`
	more     []task.FileRef  // that it shall have besides
}

// The faults of templates.
var (
	ErrNotFound = fault.New(fault.NotFound, "TEMPLATE_NOT_FOUND", "There is no such template, or it is not shared with you.")
	ErrDenied   = fault.New(fault.Denied, "TEMPLATE_DENIED", "You may not do this with the template.")
	ErrMany     = fault.Newf(fault.TooLarge, "TEMPLATE_TASKS", "A template makes %d tasks at once at most.", MaxMade)
	ErrCircle   = fault.New(fault.Invalid, "TEMPLATE_CIRCLE", "A template cannot be below itself, over other templates neither.").At("base")
	ErrInvalid  = fault.New(fault.Invalid, "TEMPLATE_INVALID", "A template needs a title and people who exist; its times must be possible.")
)

// Tasks makes tasks; *task.Service does.
type Tasks interface {
	CreateTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task) (task.Task, error)
}

// Users tells who exists, and in which time zone they live.
type Users interface {
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
}

// Config is what a Service needs. All of it is required but Files and Attached.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Tasks Tasks
	Users Users
	// Checklists are those of tasks, into which those of templates are copied.
	Checklists *checklist.Service
	Files      checklist.Files // of the items; nil: they have none
	Attached   Files           // of the templates; nil: they have none
}

// Service keeps the templates of a portal. It is safe for use by several goroutines.
type Service struct {
	c     Config
	lists *checklist.Service // of templates
	wake  chan struct{}
}

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service {
	s := &Service{c: c, wake: make(chan struct{}, 1)}
	s.lists = checklist.NewService(checklist.Config{DB: c.DB, Clock: c.Clock, Kind: checklist.OfTemplate, Owners: owners{s}, Files: c.Files})
	return s
}

// Checklists returns those of templates.
func (s *Service) Checklists() *checklist.Service { return s.lists }

func (t Template) sees(actor user.Ref) bool {
	return t.edits(actor) || slices.Contains(t.Responsibles, actor.ID) || slices.Contains(t.Accomplices, actor.ID) || slices.Contains(t.Auditors, actor.ID)
}

func (t Template) edits(actor user.Ref) bool { return actor.Admin || actor.ID == t.CreatedBy }

// MayEdit reports whether actor may change and remove the template: its creator and administrators may.
func (t Template) MayEdit(actor user.Ref) bool { return t.edits(actor) }

func (t *Template) clean() error {
	t.Title = strings.TrimSpace(t.Title)
	possible := func(d *time.Duration) bool { return d == nil || *d >= 0 && *d <= maxAfter }
	switch {
	case t.Title == "", utf8.RuneCountInString(t.Title) > MaxTitle, len(t.Description) > MaxDescription,
		len(t.Responsibles) == 0, t.CreatedBy <= 0, t.Priority < task.Low || t.Priority > task.High,
		!possible(t.DeadlineAfter) || !possible(t.StartAfter) || !possible(t.EndAfter),
		len(t.Responsibles) > MaxPeople || len(t.Accomplices) > MaxPeople || len(t.Auditors) > MaxPeople || len(t.DependsOn) > MaxPeople,
		t.Replicate && (t.Schedule == nil || !t.Schedule.Valid()):
		return ErrInvalid
	}
	return nil
}

// Add stores a template. Only administrators make templates in the name of others. Faults: ErrDenied, ErrInvalid, ErrCircle, and those of
// Attach for its files.
func (s *Service) Add(ctx context.Context, actor user.Ref, t Template) (Template, error) {
	if t.CreatedBy != actor.ID && !actor.Admin {
		return t, ErrDenied
	}
	if err := t.clean(); err != nil {
		return t, err
	}
	err := s.c.DB.Write(ctx, func(tx *db.Tx) error {
		doc, err := s.readyTx(ctx, tx, &t)
		if err != nil {
			return err
		}
		t.ID, err = tx.Insert(ctx, "INSERT INTO task_template (created_by, responsible_id, base_id, next_run, doc) VALUES (?, ?, ?, ?, ?)",
			t.CreatedBy, t.Responsibles[0], t.BaseID, db.Micro(t.Next), doc)
		if err != nil {
			return fmt.Errorf("insert template: %w", err)
		}
		return s.filesTx(ctx, tx, actor, &t)
	})
	return t, err
}

// readyTx checks the people of t, works out its next run, and returns it as it is stored.
func (s *Service) readyTx(ctx context.Context, tx *db.Tx, t *Template) (string, error) {
	people := slices.Concat([]int64{t.CreatedBy}, t.Responsibles, t.Accomplices, t.Auditors)
	users, err := s.c.Users.ManyTx(ctx, tx, people)
	if err != nil {
		return "", fmt.Errorf("look up people: %w", err)
	}
	for _, id := range people {
		if _, ok := users[id]; !ok {
			return "", ErrInvalid
		}
	}
	if err := aboveTx(ctx, tx, *t); err != nil {
		return "", err
	}
	t.Next = time.Time{}
	if t.Replicate {
		t.Next = t.Schedule.Next(s.c.Clock.Now(), t.Count, zoneOf(users[t.CreatedBy]))
	}
	tx.AfterCommit(s.wakeUp)
	doc, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode template: %w", err)
	}
	return string(doc), nil
}

// aboveTx checks that the templates above t exist, and that it is none of them.
func aboveTx(ctx context.Context, tx *db.Tx, t Template) error {
	if t.BaseID == 0 {
		return nil
	}
	if err := tx.Lock(ctx, "task template bases"); err != nil { // two changes at once could close a circle
		return err
	}
	for id, steps := t.BaseID, 0; id != 0; steps++ {
		if id == t.ID || steps > MaxMade {
			return ErrCircle
		}
		above, err := readTx(ctx, tx, id)
		if err != nil {
			return ErrInvalid
		}
		id = above.BaseID
	}
	return nil
}

func zoneOf(u user.User) *time.Location {
	if zone, err := time.LoadLocation(u.TimeZone); err == nil {
		return zone
	}
	return time.UTC
}
