package user_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestMemoryFollowsEveryChange(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		s, ctx := user.New(d, clock.System{}), t.Context()
		u, err := s.Create(ctx, user.NewUser{Login: "ann", FirstName: "Ann", LastName: "Lee", Position: "Sales"})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // read, then remembered
			if got, err := s.Get(ctx, u.ID); err != nil || !got.Active || got.Position != "Sales" {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if _, err := s.Update(ctx, u.ID, user.Change{Active: new(false), Position: new("Finance")}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, u.ID); err != nil || got.Active || got.Position != "Finance" {
			t.Errorf("after a change: %+v, %v", got, err)
		}
		if _, err := s.Get(ctx, 99); err != user.ErrNotFound { //nolint:errorlint // the fault itself
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestMemoryFollowsAnotherProcess(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{user.Schema()}, func(t *testing.T, here, there *db.DB) {
		s, other, ctx := user.New(here, clock.System{}), user.New(there, clock.System{}), t.Context()
		noticed := make(chan struct{}, 100)
		here.Watch(func() { noticed <- struct{}{} })
		u, err := s.Create(ctx, user.NewUser{Login: "ann", FirstName: "Ann"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Update(ctx, u.ID, user.Change{Active: new(false)}); err != nil {
			t.Fatal(err)
		}
		for got, err := s.Get(ctx, u.ID); got.Active; got, err = s.Get(ctx, u.ID) {
			if err != nil {
				t.Fatal(err)
			}
			<-noticed
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
