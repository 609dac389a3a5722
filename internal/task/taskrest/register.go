package taskrest

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Users tells who people are, and in which time zone a caller lives.
type Users interface {
	Get(ctx context.Context, id int64) (user.User, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Register adds the methods to r.
func Register(r *rest.Registry, s *task.Service, users Users) {
	h := handlers{s, users}
	r.Add(rest.M("task.item.list", "task", rest.Everyone, "Lists tasks that the caller may see.", h.list,
		rest.Doc("api-reference/tasks/deprecated/task-item/task-item-list.md")))
}

type handlers struct {
	tasks *task.Service
	users Users
}

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
