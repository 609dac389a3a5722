package saved_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/task/saved"
)

func TestFiltersAreOnesOwn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{saved.Schema()}, func(t *testing.T, d *db.DB) {
		s, ctx := saved.New(d), t.Context()
		for _, c := range []struct {
			name, query string
			want        error
		}{
			{" Fire ", "due=overdue", nil},
			{"", "q=x", saved.ErrName},
			{strings.Repeat("ä", 61), "q=x", saved.ErrName},
			{"Long", "q=" + strings.Repeat("x", 2000), saved.ErrName},
			{"nul\x00", "q=x", saved.ErrName},
			{"Fire", "due=today", nil}, // in the place of the first
		} {
			if err := s.Save(ctx, 1, c.name, c.query); !errors.Is(err, c.want) {
				t.Errorf("%q: %v, want %v", c.name, err, c.want)
			}
		}
		mine, err := s.Filters(ctx, 1)
		if err != nil || len(mine) != 1 || mine[0].Name != "Fire" || mine[0].Query != "due=today" {
			t.Fatalf("%+v, %v", mine, err)
		}
		if err := s.Remove(ctx, 2, mine[0].ID); !errors.Is(err, saved.ErrNone) {
			t.Errorf("somebody else removes it: %v", err)
		}
		if err := s.Remove(ctx, 1, mine[0].ID); err != nil {
			t.Error(err)
		}
		for i := range saved.MaxFilters {
			if err := s.Save(ctx, 1, strconv.Itoa(i), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Save(ctx, 1, "one more", ""); !errors.Is(err, saved.ErrMany) {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestLookIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{saved.Schema()}, func(t *testing.T, d *db.DB) {
		s, ctx := saved.New(d), t.Context()
		for _, want := range []saved.Look{{}, {Columns: []string{"tags", "number"}}, {Columns: []string{}}} {
			if want.Columns != nil {
				if err := s.SetLook(ctx, 7, want); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.Look(ctx, 7)
			if err != nil || !slices.Equal(got.Columns, want.Columns) || (got.Columns == nil) != (want.Columns == nil) {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		}
	})
}
