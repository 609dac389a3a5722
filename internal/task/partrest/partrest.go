// Package partrest is the REST methods of what belongs to tasks: checklists, comments, time records, stages, results,
// templates and links. The older families (task.checklistitem.*, task.commentitem.*, task.elapseditem.*) count their parameters
// and fail with ERROR_CORE, whatever went wrong; what did is in the text.
package partrest

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/link"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells who people are; *user.Service does.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Config is what the methods work with. All of it is required.
type Config struct {
	Users      Users
	Checklists *checklist.Service // of tasks
	Comments   *comment.Service
	Elapsed    *elapsed.Service
	Files      Files
	Links      *link.Service
	Results    *result.Service
	Stages     *stage.Service
	TaskFiles  *taskfile.Service
	Tasks      *task.Service
	Templates  *template.Service
	// URL returns the address of a path of the portal.
	URL func(path string) string
}

// Register adds the methods to r.
func Register(r *rest.Registry, c Config) {
	h := handlers{c}
	h.registerChecklist(r)
	h.registerComment(r)
	h.registerElapsed(r)
	h.registerFile(r)
	h.registerItemFile(r)
	h.registerHistory(r)
	h.registerLink(r)
	h.registerResult(r)
	h.registerStage(r)
	h.registerTemplate(r)
}

type handlers struct{ Config }

// actor is who calls.
func actor(c *rest.Call) user.Ref { return user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access} }

// zone is the caller's time zone; UTC where none or an unknown one is set.
func (h handlers) zone(ctx context.Context, id int64) (*time.Location, error) {
	u, err := h.Users.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("time zone of the caller: %w", err)
	}
	zone, err := time.LoadLocation(u.TimeZone)
	if err != nil {
		return time.UTC, nil //nolint:nilerr // a name that this machine does not know
	}
	return zone, nil
}

// idText is an id as a text, as the older families write them.
func idText(id int64) phpform.Value { return phpform.StringOf(phpform.IntOf(id).Text()) }

func yesNo(b bool) phpform.Value { return phpform.StringOf(phpform.YesNo(b)) }

// object builds an object of named values in their order.
type object struct{ b phpform.Builder }

func (o *object) set(name string, v phpform.Value) *object {
	o.b.Set(name, v)
	return o
}

func (o *object) str(name, v string) *object { return o.set(name, phpform.StringOf(v)) }

func (o *object) value() phpform.Value { return o.b.Value() }
