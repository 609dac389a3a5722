package imrest

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
)

// online is the status of who chose none.
const online = "online"

// errStatus is answered where a status is none of those of the page.
var errStatus = fault.New(fault.Invalid, "STATUS_ERROR", "Status is not available")

// statusGet answers the status that the caller chose.
func (h handlers) statusGet(ctx context.Context, c *rest.Call, _ rest.None) (string, error) {
	all, err := h.cfg.Presence.Statuses(ctx, []int64{c.UserID})
	if st, ok := all[c.UserID]; ok {
		return st.Chosen, err
	}
	return online, err
}

// statusSetParams are the parameters of im.user.status.set.
type statusSetParams struct {
	Status string `b24:"STATUS,needed"`
}

func (h handlers) statusSet(ctx context.Context, c *rest.Call, p statusSetParams) (bool, error) {
	if !slices.Contains([]string{online, "dnd", "away", "break"}, p.Status) {
		return false, errStatus
	}
	err := h.cfg.Presence.SetStatus(ctx, c.UserID, p.Status)
	return err == nil, err
}

// idleStartParams are the parameters of im.user.status.idle.start.
type idleStartParams struct {
	Ago *int64 `b24:"AGO"`
}

const (
	idleAgo = 10      // minutes
	maxAgo  = 525_600 // minutes
)

// idleStart says that the caller left the computer some minutes ago.
func (h handlers) idleStart(ctx context.Context, c *rest.Call, p idleStartParams) (bool, error) {
	ago := int64(idleAgo)
	if p.Ago != nil {
		ago = min(max(*p.Ago, 1), maxAgo)
	}
	err := h.cfg.Presence.SetIdle(ctx, c.UserID, c.Start.Add(-time.Duration(ago)*time.Minute))
	return err == nil, err
}

// idleEnd says that the caller is back.
func (h handlers) idleEnd(ctx context.Context, c *rest.Call, _ rest.None) (bool, error) {
	err := h.cfg.Presence.SetIdle(ctx, c.UserID, time.Time{})
	return err == nil, err
}
