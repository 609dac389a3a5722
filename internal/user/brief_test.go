package user_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestBriefFollowsEveryChange(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		s, ctx := user.New(d, clock.System{}), t.Context()
		u, err := s.Create(ctx, user.NewUser{Login: "ann", FirstName: "Ann", LastName: "Lee", Position: "Sales"})
		if err != nil {
			t.Fatal(err)
		}
		want := user.Brief{ID: u.ID, Kind: user.Employee, Active: true, Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Position: "Sales"}
		for range 2 { // read, then remembered
			if got, err := s.Brief(ctx, u.ID); err != nil || got != want {
				t.Errorf("brief %+v, %v; want %+v", got, err, want)
			}
		}
		if _, err := s.Update(ctx, u.ID, user.Change{Active: new(false), Position: new("Finance")}); err != nil {
			t.Fatal(err)
		}
		want.Active, want.Position = false, "Finance"
		if got, err := s.Brief(ctx, u.ID); err != nil || got != want {
			t.Errorf("after a change: brief %+v, %v; want %+v", got, err, want)
		}
		if _, err := s.Brief(ctx, 99); err != user.ErrNotFound { //nolint:errorlint // the fault itself
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestBriefInsideATransactionSeesItsOwnChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		s, ctx := user.New(d, clock.System{}), t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			id, err := s.AddBotTx(ctx, tx, user.BotProfile{FirstName: "Bot"})
			if err != nil {
				return err
			}
			b, err := s.BriefTx(ctx, tx, id)
			if err != nil || b.Name != "Bot" || b.Kind != user.Bot {
				t.Errorf("brief %+v, %v", b, err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
