package placement_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/placement"
)

func TestAWorkerThatIsSlowTooOftenIsRemovedAndItsApplicationTold(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		var told []placement.Removal
		s := placement.New(placement.Config{
			DB: d, Clock: clk, Users: everybody{}, Audit: audit.New(d, clk),
			Apps: apps{3: {ID: 3, Name: "Three", Scopes: []string{"placement"}}},
			OnRemovalTx: func(_ context.Context, tx *db.Tx, r placement.Removal) error {
				tx.AfterCommit(func() { told = append(told, r) })
				return nil
			},
		})
		bind(t, s, placement.Binding{AppID: 3, Code: placement.BackgroundWorker, URL: "http://h/w"}, `{"errorHandlerUrl":"http://h/e"}`, "")
		bound, err := s.OfApp(t.Context(), admin, 3)
		if err != nil || len(bound) != 1 {
			t.Fatal(bound, err)
		}
		viewer := placement.Viewer{UserID: 5}
		note := func(took time.Duration, want bool) {
			t.Helper()
			removed, err := s.NoteLoading(t.Context(), viewer, bound[0].ID, took)
			if err != nil || removed != want {
				t.Fatalf("removed %v, %v; want %v", removed, err, want)
			}
		}
		for range 20 {
			note(placement.SlowAfter, false) // quick enough
		}
		for range placement.SlowTimes {
			note(placement.SlowAfter+time.Millisecond, false)
		}
		clk.Advance(24 * time.Hour) // a new day
		for range placement.SlowTimes {
			note(6*time.Second, false)
		}
		note(6*time.Second, true)
		want := []placement.Removal{{
			AppID: 3, URL: "http://h/e", Code: "ERROR_PLACEMENT_LOADING_OVERTIME", Place: placement.BackgroundWorker, Handler: "http://h/w",
			Reason: "The handler took longer than 5 seconds to load more than 10 times today, the last time 6.0 seconds.",
		}}
		if !slices.Equal(told, want) {
			t.Errorf("told %+v, want %+v", told, want)
		}
		if got := titles(t, s, viewer, placement.Where{Code: placement.BackgroundWorker}); got != "" {
			t.Errorf("pages still hold %q", got)
		}
	})
}
