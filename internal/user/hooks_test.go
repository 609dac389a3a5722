package user_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestHooksHearWhoComesAndGoes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		var heard []string
		errHook := errors.New("the hook fails")
		note := func(what string) []func(context.Context, *db.Tx, int64) error {
			return []func(context.Context, *db.Tx, int64) error{func(ctx context.Context, tx *db.Tx, id int64) error {
				var login string
				if err := tx.QueryRow(ctx, "SELECT login FROM portal_user WHERE id = ?", id).Scan(&login); err != nil {
					return err
				}
				if login == "broken" {
					return errHook
				}
				tx.AfterCommit(func() { heard = append(heard, what+" "+login) })
				return nil
			}}
		}
		ctx := t.Context()
		s := user.NewService(user.Config{DB: d, Clock: clock.NewManual(noon), OnJoinTx: note("came"), OnLeaveTx: note("left")})
		for _, n := range []user.NewUser{{Login: "anna", Admin: true}, {Login: "ben"}, {Login: "out", Kind: user.Extranet}} {
			if _, err := s.Create(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []user.Change{{City: new("Kiel")}, {Active: new(false)}, {Active: new(false)}, {Active: new(true)}} {
			if _, err := s.Update(ctx, 2, c); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Update(ctx, 1, user.Change{Active: new(false)}); !errors.Is(err, user.ErrLastAdmin) {
			t.Errorf("the last administrator leaves: %v", err)
		}
		if want := []string{"came anna", "came ben", "left ben", "came ben"}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		if _, err := s.Create(ctx, user.NewUser{Login: "broken"}); !errors.Is(err, errHook) {
			t.Errorf("a failing hook gives %v", err)
		}
		if _, err := s.ByLogin(ctx, "broken"); !errors.Is(err, user.ErrNotFound) {
			t.Errorf("a person is kept whose hook failed: %v", err)
		}
	})
}
