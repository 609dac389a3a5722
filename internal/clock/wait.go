package clock

import (
	"context"
	"time"
)

// Wait returns after d, or earlier when something comes from wake; nil never does. It reports false when ctx has ended.
func Wait(ctx context.Context, c Clock, d time.Duration, wake <-chan struct{}) bool {
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C():
	case <-wake:
	}
	return ctx.Err() == nil
}
