package taskrest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

// Users tells who people are, and in which time zone a caller lives.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	// RefOf returns a user as an actor, with what their roles allow.
	RefOf(ctx context.Context, u user.User) (user.Ref, error)
}

// Chats tells in which chats tasks are talked about.
type Chats interface {
	// ChatIDs returns the chats of tasks by the tasks, and makes those that are missing.
	ChatIDs(ctx context.Context, ids []int64) (map[int64]int64, error)
}

// Config is what the methods work with.
type Config struct {
	Tasks *task.Service
	Users Users
	// Checklists are shown with tasks; nil: tasks have none.
	Checklists *checklist.Service
	// Elapsed keeps the time spent on tasks; nil: nobody does.
	Elapsed *elapsed.Service
	// Results keeps the results of tasks; nil: there are none.
	Results *result.Service
	// Fields are those that are added to tasks; nil: there are none.
	Fields *userfield.Service
	// Files keeps the files of tasks; nil: they have none.
	Files *taskfile.Service
	// FieldFile returns the signed address of a file in a field that was added, for a caller; nil: tasks have no such fields.
	FieldFile func(userID, appID, fileID int64) string
	// Links, Stages and Templates are what tasks are connected with; nil: with nothing.
	Links     *link.Service
	Stages    *stage.Service
	Templates *template.Service
	// Placements returns for projects, 0 being none, whether applications show pages of theirs at tasks in them, for a user; nil: none do.
	Placements func(ctx context.Context, userID int64, projects []int64) (map[int64]bool, error)
	// Chats keeps the chats of tasks; nil: they have none.
	Chats Chats
	// URL returns the address of a path of the portal.
	URL func(path string) string
}

// Register adds the methods to r.
func Register(r *rest.Registry, c Config) {
	h := handlers{c.Tasks, c.Users, c}
	r.Add(rest.M("task.item.list", "task", rest.Everyone, "Lists tasks that the caller may see.", h.list,
		rest.Doc("api-reference/tasks/deprecated/task-item/task-item-list.md")))
	h.registerTask(r)
	h.registerActions(r)
	h.registerItems(r)
	h.registerFields(r)
	h.registerV3(r)
}

type handlers struct {
	tasks *task.Service
	users Users
	Config
}

// pages is the folder of the methods' pages.
const pages = "api-reference/tasks/"

// actor is the caller as areas know them.
func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access} }

// zone is the caller's time zone; UTC where none or an unknown one is set.
func (h handlers) zone(ctx context.Context, id int64) (*time.Location, error) {
	u, err := h.users.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("time zone of the caller: %w", err)
	}
	zone, err := time.LoadLocation(u.TimeZone)
	if err != nil {
		return time.UTC, nil //nolint:nilerr // a name that this machine does not know
	}
	return zone, nil
}

// nothing is the answer about a task that is not there for the caller.
var nothing = json.RawMessage("[]")
