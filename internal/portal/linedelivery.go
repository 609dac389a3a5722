package portal

import (
	"context"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/im/imweb"
)

// lineDeliveries shows on pages what has become of messages for clients.
type lineDeliveries struct{ connectors *connector.Service }

var _ imweb.Deliveries = lineDeliveries{}

// shownState is how pages name the states of the connectors.
var shownState = map[connector.State]imweb.DeliveryState{
	connector.Waiting: imweb.DeliveryWaits, connector.Sent: imweb.DeliverySent, connector.Delivered: imweb.DeliveryArrived,
	connector.Read: imweb.DeliveryRead, connector.Failed: imweb.DeliveryNotGiven,
}

// States returns what became of messages that went out through connectors.
func (d lineDeliveries) States(ctx context.Context, messageIDs []int64) (map[int64]imweb.Delivery, error) {
	states, err := d.connectors.States(ctx, messageIDs)
	out := make(map[int64]imweb.Delivery, len(states))
	for id, st := range states {
		out[id] = imweb.Delivery{State: shownState[st.State], Why: st.Why}
	}
	return out, err
}

// Retry sends a message again.
func (d lineDeliveries) Retry(ctx context.Context, messageID int64) error {
	return d.connectors.Retry(ctx, messageID)
}
