package portal_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/portal"
)

// TestAMailboxThatLostItsAccess is told of to administrators alone, with a link to its page, until somebody allows access again.
func TestAMailboxThatLostItsAccess(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		a := newWires(t).portal(t, "north", database("north"))
		tell := portal.MailNotices(a.Portal)
		write := func(f func(tx *db.Tx) error) {
			t.Helper()
			a.must(a.DB.Write(t.Context(), f))
		}
		told := func(userID int64) []notify.Notification {
			t.Helper()
			all, err := a.Notify.List(t.Context(), userID, notify.Query{})
			a.must(err)
			return all
		}
		write(func(tx *db.Tx) error {
			return tell.RefusedTx(t.Context(), tx, mailbox.Account{ID: 7, Settings: mailbox.Settings{Address: "support@acme.example"}}, "Example Mail does not let the portal in any more.")
		})
		got := told(a.admin.ID)
		if len(got) != 1 || got[0].Title != "No access to support@acme.example" || got[0].URL != "/contact_center/mail/7/" ||
			got[0].Text != "Example Mail does not let the portal in any more. Mails wait until you allow access again." {
			t.Errorf("the administrator is told %+v", got)
		}
		if got := told(a.ben.ID); len(got) != 0 {
			t.Errorf("who cannot mend it is told %+v", got)
		}
		write(func(tx *db.Tx) error { return tell.AllowedTx(t.Context(), tx, 7) })
		if got := told(a.admin.ID); len(got) != 0 {
			t.Errorf("once access is allowed: %+v", got)
		}
	})
}
