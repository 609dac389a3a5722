package notify

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestTaggedNotificationsAreFoundByTheirIndex looks at how SQLite finds what takes the place of another notification: every notice with
// a tag asks. PostgreSQL sees the value itself when it plans.
func TestTaggedNotificationsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{Schema()}, func(t *testing.T, d *db.DB) {
		if d.Dialect() == db.Postgres {
			return
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { // a reader takes only what it knows to change nothing
			var id, parent, unused int64
			var plan string
			err := tx.QueryRow(t.Context(), "EXPLAIN QUERY PLAN DELETE FROM notification WHERE "+tagged, "TASKS|reminder|1").Scan(&id, &parent, &unused, &plan)
			if !strings.Contains(plan, "notification_tag") {
				t.Errorf("notifications with a tag are found by %s", plan)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
