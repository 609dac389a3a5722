package portal

import (
	"context"
	"errors"
)

// LeaveToOriginal makes a portal that has the data of another one keep away from those whom that one serves: what waits to be delivered is
// forgotten, mailboxes and bots of Telegram are disconnected, and outgoing mail is off. Applications stay, as their handlers are the same.
func (p *Portal) LeaveToOriginal(ctx context.Context) error {
	return errors.Join(
		p.Events.DropPending(ctx), p.Telegram.Leave(ctx), p.Mailboxes.Leave(ctx), p.Mail.Leave(ctx), p.Network.Leave(ctx),
	)
}
