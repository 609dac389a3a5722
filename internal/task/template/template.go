// Package template keeps patterns of tasks: what a task will have, and when tasks are made of it by themselves. A run is a row with
// its time, so it survives restarts and happens once; what came while no program ran happens once, not once for each time.
// Pages: api-reference/tasks/template/.
package template

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
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
	DependsOn                           []int64  `json:",omitempty"` // templates
	GroupID, StageID, ParentID          int64    // ParentID is a task
	BaseID                              int64    `json:"-"` // the template above; 0: none
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
}

// The faults of templates.
var (
	ErrNotFound = fault.New(fault.NotFound, "TEMPLATE_NOT_FOUND", "There is no such template, or it is not shared with you.")
	ErrDenied   = fault.New(fault.Denied, "TEMPLATE_DENIED", "You may not do this with the template.")
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

// Config is what a Service needs. All of it is required.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Tasks Tasks
	Users Users
	// Checklists are those of tasks, into which those of templates are copied.
	Checklists *checklist.Service
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
	s.lists = checklist.NewService(checklist.Config{DB: c.DB, Clock: c.Clock, Kind: checklist.OfTemplate, Owners: owners{s}})
	return s
}

// Checklists returns those of templates.
func (s *Service) Checklists() *checklist.Service { return s.lists }

func (t Template) sees(actor user.Ref) bool {
	return t.edits(actor) || slices.Contains(t.Responsibles, actor.ID) || slices.Contains(t.Accomplices, actor.ID) || slices.Contains(t.Auditors, actor.ID)
}

func (t Template) edits(actor user.Ref) bool { return actor.Admin || actor.ID == t.CreatedBy }

func (t *Template) clean() error {
	t.Title = strings.TrimSpace(t.Title)
	possible := func(d *time.Duration) bool { return d == nil || *d >= 0 && *d <= maxAfter }
	switch {
	case t.Title == "", utf8.RuneCountInString(t.Title) > MaxTitle, len(t.Description) > MaxDescription,
		len(t.Responsibles) == 0, t.CreatedBy <= 0, t.Priority < task.Low || t.Priority > task.High,
		!possible(t.DeadlineAfter) || !possible(t.StartAfter) || !possible(t.EndAfter),
		len(t.Responsibles) > MaxPeople || len(t.Accomplices) > MaxPeople || len(t.Auditors) > MaxPeople || len(t.DependsOn) > MaxPeople,
		t.Replicate && (t.Schedule == nil || !t.Schedule.valid()):
		return ErrInvalid
	}
	return nil
}

// Add stores a template. Only administrators make templates in the name of others. Faults: ErrDenied, ErrInvalid.
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
		return nil
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
	if t.BaseID != 0 {
		if _, err := readTx(ctx, tx, t.BaseID); err != nil {
			return "", ErrInvalid
		}
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

func zoneOf(u user.User) *time.Location {
	if zone, err := time.LoadLocation(u.TimeZone); err == nil {
		return zone
	}
	return time.UTC
}

// Get returns a template that actor sees: its people and administrators do. ErrNotFound.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (t Template, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = seenTx(ctx, tx, actor, id)
		return err
	})
	return t, err
}

func seenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Template, error) {
	t, err := readTx(ctx, tx, id)
	if err == nil && !t.sees(actor) {
		return Template{}, ErrNotFound
	}
	return t, err
}

func readTx(ctx context.Context, tx *db.Tx, id int64) (Template, error) {
	list, err := query(ctx, tx, "id = ?", id)
	if err != nil {
		return Template{}, err
	}
	if len(list) == 0 {
		return Template{}, ErrNotFound
	}
	return list[0], nil
}

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Template, error) {
	rows, err := tx.Query(ctx, "SELECT id, base_id, next_run, doc FROM task_template WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Template
	for rows.Next() {
		var t Template
		var id, base, next int64
		var doc string
		if err := rows.Scan(&id, &base, &next, &doc); err != nil {
			return nil, fmt.Errorf("read templates: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &t); err != nil {
			return nil, fmt.Errorf("decode template %d: %w", id, err)
		}
		t.ID, t.BaseID, t.Next = id, base, db.Time(next)
		out = append(out, t)
	}
	return out, rows.Err()
}

// List returns the templates that actor made or is responsible for, administrators all, the newest first, at most limit after the
// first offset.
func (s *Service) List(ctx context.Context, actor user.Ref, offset, limit int64) (out []Template, err error) {
	where, args := "(created_by = ? OR responsible_id = ?)", []any{actor.ID, actor.ID}
	if actor.Admin {
		where, args = "1 = 1", nil
	}
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = query(ctx, tx, where+" ORDER BY id DESC LIMIT ? OFFSET ?", append(args, limit, offset)...)
		return err
	})
	return out, err
}

// Children returns how many templates are directly below one.
func (s *Service) Children(ctx context.Context, id int64) (n int64, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_template WHERE base_id = ?", id).Scan(&n)
	})
	return n, err
}

// Update changes a template as edit says: its creator may, and administrators. Faults: ErrNotFound, ErrDenied, ErrInvalid.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, edit func(t *Template) error) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.mineTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		creator := t.CreatedBy
		if err := edit(&t); err != nil {
			return err
		}
		if t.CreatedBy != creator && !actor.Admin {
			return ErrDenied
		}
		if err := t.clean(); err != nil {
			return err
		}
		return s.storeTx(ctx, tx, &t)
	})
}

func (s *Service) storeTx(ctx context.Context, tx *db.Tx, t *Template) error {
	doc, err := s.readyTx(ctx, tx, t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE task_template SET created_by = ?, responsible_id = ?, base_id = ?, next_run = ?, doc = ? WHERE id = ?",
		t.CreatedBy, t.Responsibles[0], t.BaseID, db.Micro(t.Next), doc, t.ID)
	if err != nil {
		return fmt.Errorf("update template: %w", err)
	}
	return nil
}

// mineTx returns a template that actor may change, locked.
func (s *Service) mineTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Template, error) {
	if err := lockTx(ctx, tx, id); err != nil {
		return Template{}, err
	}
	t, err := seenTx(ctx, tx, actor, id)
	if err == nil && !t.edits(actor) {
		err = ErrDenied
	}
	return t, err
}

func lockTx(ctx context.Context, tx *db.Tx, id int64) error {
	return tx.Lock(ctx, fmt.Sprintf("task template %d", id))
}

// Delete removes a template with its checklists; those below it move up. Faults: ErrNotFound, ErrDenied.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.mineTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := s.lists.EraseTx(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE task_template SET base_id = ? WHERE base_id = ?", t.BaseID, id); err != nil {
			return fmt.Errorf("move templates up: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_template WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete template: %w", err)
		}
		return nil
	})
}

// owners are templates as what checklists belong to.
type owners struct{ s *Service }

func (o owners) OpenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, lock bool) (checklist.Rights, error) {
	if lock {
		if err := lockTx(ctx, tx, id); err != nil {
			return checklist.Rights{}, err
		}
	}
	t, err := seenTx(ctx, tx, actor, id)
	if err != nil {
		return checklist.Rights{}, err
	}
	return checklist.Rights{Edit: t.edits(actor), Toggle: t.edits(actor)}, nil
}

func (owners) ChangedTx(context.Context, *db.Tx, user.Ref, int64, ...task.Note) error { return nil }

// ShareTx lets the people of an item see the template, as they will see the tasks.
func (o owners) ShareTx(ctx context.Context, tx *db.Tx, _ user.Ref, id int64, accomplices, auditors []int64) error {
	t, err := readTx(ctx, tx, id)
	if err != nil {
		return err
	}
	add := func(to *[]int64, ids []int64) {
		for _, id := range ids {
			if !slices.Contains(*to, id) {
				*to = append(*to, id)
			}
		}
	}
	add(&t.Accomplices, accomplices)
	add(&t.Auditors, auditors)
	if err := t.clean(); err != nil {
		return err
	}
	return o.s.storeTx(ctx, tx, &t)
}

// Use makes tasks of a template that actor sees, one for each of its responsible people, with its checklists. Faults: ErrNotFound,
// and those of tasks.
func (s *Service) Use(ctx context.Context, actor user.Ref, id int64) (made []task.Task, err error) {
	err = s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := seenTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		t.CreatedBy = actor.ID
		made, err = s.makeTx(ctx, tx, actor, t, s.c.Clock.Now().UTC(), 0)
		return err
	})
	return made, err
}

// makeTx makes the tasks of a template at a moment. A deadline that is not 0 counts instead of the template's.
func (s *Service) makeTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Template, at time.Time, deadline time.Duration) (made []task.Task, err error) {
	items, err := s.lists.AllTx(ctx, tx, t.ID)
	if err != nil {
		return nil, err
	}
	who := t.Responsibles
	if !t.Multitask {
		who = who[:1]
	}
	for _, id := range who {
		x, err := s.c.Tasks.CreateTx(ctx, tx, actor, t.task(id, at, deadline))
		if err != nil {
			return nil, err
		}
		if err := s.c.Checklists.CopyTx(ctx, tx, actor, x.ID, items); err != nil {
			return nil, err
		}
		made = append(made, x)
	}
	return made, nil
}

// task is what the template makes for a responsible person.
func (t Template) task(responsible int64, at time.Time, deadline time.Duration) task.Task {
	x := task.Task{
		Title: t.Title, Description: t.Description, Priority: t.Priority, CreatedBy: t.CreatedBy, ResponsibleID: responsible,
		Accomplices: slices.Clone(t.Accomplices), Auditors: slices.Clone(t.Auditors), Tags: t.Tags, GroupID: t.GroupID, StageID: t.StageID,
		ParentID: t.ParentID, TaskControl: t.TaskControl, AddInReport: t.AddInReport, AllowChangeDeadline: t.AllowChangeDeadline,
		AllowTimeTracking: t.AllowTimeTracking, MatchWorkTime: t.MatchWorkTime, XMLID: t.XMLID, CRM: t.CRM,
	}
	set := func(to *time.Time, after *time.Duration) {
		if after != nil {
			*to = at.Add(*after)
		}
	}
	set(&x.Deadline, t.DeadlineAfter)
	set(&x.StartPlan, t.StartAfter)
	set(&x.EndPlan, t.EndAfter)
	if deadline > 0 {
		x.Deadline = at.Add(deadline)
	}
	return x
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// poll is how often runs are looked for that another process set.
const poll = time.Minute

// Run makes the tasks of schedules at their times until ctx ends. Several processes may run; a run happens once.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	for {
		next, err := s.RunDue(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := poll
		if err != nil {
			failed(err)
		} else if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.c.Clock.Now()), 0))
		}
		timer := s.c.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C():
		case <-s.wake:
			timer.Stop()
		}
	}
}

// RunDue makes the tasks of every schedule whose time has come, each once, and returns when the next one comes; zero: never. A
// schedule whose tasks cannot be made goes on with its next time; why is returned.
func (s *Service) RunDue(ctx context.Context) (next time.Time, err error) {
	var problems error
	for {
		var more bool
		err := s.c.DB.Write(ctx, func(tx *db.Tx) error {
			next, more, err = s.runTx(ctx, tx)
			return err
		})
		if f, ok := errors.AsType[*runError](err); ok {
			problems = errors.Join(problems, f)
			if err = s.skip(ctx, f.id); err == nil {
				continue
			}
		}
		if err != nil || !more {
			return next, errors.Join(problems, err)
		}
	}
}

// runError is why the tasks of a template could not be made.
type runError struct {
	id    int64
	cause error
}

func (f *runError) Error() string { return fmt.Sprintf("repeat template %d: %v", f.id, f.cause) }
func (f *runError) Unwrap() error { return f.cause }

// runTx makes the tasks of the schedule that is due first.
func (s *Service) runTx(ctx context.Context, tx *db.Tx) (next time.Time, more bool, err error) {
	if err := tx.Lock(ctx, "task template runs"); err != nil {
		return next, false, err
	}
	list, err := query(ctx, tx, "next_run > 0 ORDER BY next_run, id LIMIT 1")
	if err != nil || len(list) == 0 {
		return next, false, err
	}
	t, now := list[0], s.c.Clock.Now()
	if t.Next.After(now) {
		return t.Next, false, nil
	}
	if _, err := s.makeTx(ctx, tx, user.Ref{ID: t.CreatedBy}, t, t.Next, t.Schedule.DeadlineOffset); err != nil {
		if fault.KindOf(err) != fault.Internal {
			err = &runError{t.ID, err}
		}
		return next, false, err
	}
	t.Count++
	return next, true, s.storeTx(ctx, tx, &t)
}

// skip leaves out a run that failed.
func (s *Service) skip(ctx context.Context, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := readTx(ctx, tx, id)
		if err != nil {
			return err
		}
		users, err := s.c.Users.ManyTx(ctx, tx, []int64{t.CreatedBy})
		if err != nil {
			return err
		}
		next := t.Schedule.Next(s.c.Clock.Now(), t.Count, zoneOf(users[t.CreatedBy]))
		_, err = tx.Exec(ctx, "UPDATE task_template SET next_run = ? WHERE id = ?", db.Micro(next), id)
		return err
	})
}
