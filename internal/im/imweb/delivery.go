package imweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// DeliveryState is what has become of a message for a client.
type DeliveryState string

// The states of messages for clients.
const (
	DeliveryWaits    DeliveryState = "waiting"   // to be taken by the channel
	DeliverySent     DeliveryState = "sent"      // the channel took it
	DeliveryArrived  DeliveryState = "delivered" // the client has it
	DeliveryRead     DeliveryState = "read"      // the client has seen it
	DeliveryNotGiven DeliveryState = "failed"    // the channel did not take it
)

// Delivery is what has become of a message for a client.
type Delivery struct {
	State DeliveryState
	Why   string // it failed, in words
}

// Deliveries follows messages on their way to clients through channels.
type Deliveries interface {
	// States returns what became of those of the messages that went out through channels.
	States(ctx context.Context, messageIDs []int64) (map[int64]Delivery, error)
	// Retry sends a message again that failed. The caller checks who may ask for it. Its faults are for people to read.
	Retry(ctx context.Context, messageID int64) error
}

var errNotOut = fault.New(fault.NotFound, "NOT_OUT", "The message did not go out to a client.")

// delivery is what a row shows of a Delivery.
type delivery struct {
	Delivery

	Retry bool // the viewer may send it again
}

// Failed reports whether the message has to be sent again.
func (d delivery) Failed() bool { return d.State == DeliveryNotGiven }

// Says names the state.
func (d delivery) Says() string {
	switch d.State {
	case DeliveryWaits:
		return "Waiting to be sent"
	case DeliverySent:
		return "Sent"
	case DeliveryArrived:
		return "Delivered"
	case DeliveryRead:
		return "Read by the client"
	}
	return "Not delivered"
}

// Icon is the state's.
func (d delivery) Icon() string {
	switch d.State {
	case DeliveryWaits:
		return "clock"
	case DeliverySent:
		return "check"
	case DeliveryArrived, DeliveryRead:
		return "check-double"
	}
	return "warning"
}

// version changes whenever what is shown of the delivery does.
func (d delivery) version() string {
	return " " + string(d.State) + strconv.FormatBool(d.Retry) + strconv.Itoa(len(d.Why))
}

// insideOnly reports whether a chat is known to have no client in it.
func insideOnly(c im.Chat) bool { return c.ID != 0 && c.Type != im.Lines }

// setDeliveries says of the rows of one chat that went out to a client what became of them.
func (p *people) setDeliveries(ctx context.Context, rows []row, chatID int64) error {
	if p.h.deliveries == nil || p.inside || len(rows) == 0 {
		return nil
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	states, err := p.h.deliveries.States(ctx, ids)
	if err != nil || len(states) == 0 {
		return err
	}
	rights, err := p.h.im.Rights(ctx, p.r.Viewer.ID, chatID, p.r.Viewer.Admin)
	if err != nil {
		return err
	}
	for i := range rows {
		st, ok := states[rows[i].ID]
		if !ok || rows[i].Deleted {
			continue
		}
		d := delivery{Delivery: st}
		d.Retry = d.Failed() && rights.Post
		rows[i].Out = &d
		rows[i].Version += d.version()
	}
	return nil
}

// retry sends a message again that did not reach its client, for somebody who may write there.
func (h pages) retry(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	if h.deliveries == nil {
		return nil, errNotOut
	}
	m, c, err := h.im.Message(ctx, r.Viewer.ID, id)
	if err == nil && !m.Deleted.IsZero() {
		err = im.ErrNoMessage
	}
	if err == nil {
		err = h.mayWrite(ctx, r, c.ID)
	}
	if err == nil {
		err = h.deliveries.Retry(ctx, id)
	}
	if err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}

func (h pages) mayWrite(ctx context.Context, r *web.Request, chatID int64) error {
	rights, err := h.im.Rights(ctx, r.Viewer.ID, chatID, r.Viewer.Admin)
	if err == nil && !rights.Post {
		err = im.ErrAccess
	}
	return err
}
