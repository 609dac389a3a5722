package portal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/mailbox/mailboxweb"
	"github.com/portico-hq/portico/internal/notify"
)

// mailNotices tell those who manage channels of mailboxes that a provider has shut.
type mailNotices struct{ p *Portal }

var _ mailbox.Notices = mailNotices{}

func shutTag(account int64) string {
	return "LINES|" + eventShut + "|" + strconv.FormatInt(account, 10)
}

// RefusedTx tells that mails are neither read nor sent.
func (n mailNotices) RefusedTx(ctx context.Context, tx *db.Tx, a mailbox.Account, why string) error {
	to, err := n.p.Users.WhoMayTx(ctx, tx, access.ManageConnectors, managersTold)
	if err != nil {
		return err
	}
	for _, id := range to {
		_, err := n.p.Notify.TellTx(ctx, tx, notify.Notice{
			UserID: id, Module: moduleLines, Event: eventShut, Title: "No access to " + a.Address, Text: why + " Mails wait until you allow access again.",
			URL: mailboxweb.PageURL(a.ID), Tag: shutTag(a.ID), Ref: a.ID,
		})
		if err != nil && !errors.Is(err, notify.ErrNoUser) {
			return fmt.Errorf("tell of a mailbox: %w", err)
		}
	}
	return nil
}

// AllowedTx takes back what was told of it.
func (n mailNotices) AllowedTx(ctx context.Context, tx *db.Tx, account int64) error {
	return n.p.Notify.DeleteTaggedTx(ctx, tx, shutTag(account))
}
