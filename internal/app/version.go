package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// The events of an application's own life.
const (
	installed   = "ONAPPINSTALL"
	updated     = "ONAPPUPDATE"
	uninstalled = "ONAPPUNINSTALL"
)

// EventNames returns the events that are about applications themselves. Two of them never happen on a portal of one's own,
// where nothing is sold and no method waits for a confirmation; applications that are sold bind them when they are
// installed, and must be able to.
// Page: api-reference/common/events/index.md.
func EventNames() []string {
	return []string{installed, updated, uninstalled, "ONAPPPAYMENT", "ONAPPMETHODCONFIRM"}
}

// raiseTx sends ONAPPUPDATE, with tokens of userID, to the handlers that are bound to it, when the version of an application
// went up. The handlers stay bound: an application of the portal itself has no installer for each version.
// Page: api-reference/common/events/on-app-update.md.
func (s *Service) raiseTx(ctx context.Context, tx *db.Tx, a App, before, userID int64) error {
	if a.Version == before || !a.ReceivesEvents() {
		return nil
	}
	urls, err := s.events.HandlersTx(ctx, tx, a.ID, updated)
	if err != nil {
		return fmt.Errorf("handlers of %s: %w", updated, err)
	}
	if userID == 0 { // the command line
		userID = a.OwnerID
	}
	return s.sendTx(ctx, tx, urls, Delivery{
		AppID: a.ID, Name: updated, UserID: userID,
		Data: phpform.ArrayOf(
			phpform.Entry{Key: "VERSION", Value: phpform.StringOf(strconv.FormatInt(a.Version, 10))},
			phpform.Entry{Key: "PREVIOUS_VERSION", Value: phpform.StringOf(strconv.FormatInt(before, 10))},
			phpform.Entry{Key: "LANGUAGE_ID", Value: phpform.StringOf(s.cfg.Language)},
		),
	})
}

// maxVersion is the highest version of an application.
const maxVersion = 1_000_000_000

// newVersion returns the version that an application gets by a form: never a lower one than it has.
func newVersion(has int64, f Form) (int64, error) {
	switch {
	case f.Version == 0:
		return has, nil
	case f.Version < has:
		return 0, invalid("version", fmt.Sprintf("The version only goes up. It is %d.", has))
	}
	return f.Version, nil
}
