package portal

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/metric"
)

// Observer counts what a portal does. Its methods must be quick.
type Observer interface {
	// Delivered tells of an attempt to deliver an event; outcome is "sent", "failed" or "dead".
	Delivered(outcome string, took time.Duration)
	// Committed tells of a transaction that a number of writes shared.
	Committed(writes int, took time.Duration)
}

// Depth returns how much waits to be delivered.
func (p *Portal) Depth(ctx context.Context) (metric.Depth, error) {
	d, err := p.Events.Depth(ctx)
	if err != nil {
		return metric.Depth{}, err
	}
	out := metric.Depth{Pending: d.Pending, Paused: d.Paused, Dead: d.Dead}
	if !d.Oldest.IsZero() {
		out.OldestAge = max(p.config.Clock.Now().Sub(d.Oldest), 0)
	}
	return out, nil
}
