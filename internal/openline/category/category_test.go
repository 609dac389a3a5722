package category_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/user"
)

// TestCategories adds, renames and deletes categories.
func TestCategories(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{audit.Schema(), category.Schema()}, func(t *testing.T, d *db.DB) {
		ctx, boss := t.Context(), user.Ref{ID: 1, Access: access.ManageLines}
		var gone []int64
		s := category.New(category.Config{
			DB: d, Audit: audit.New(d, clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))),
			OnDeleteTx: []func(context.Context, *db.Tx, int64) error{func(_ context.Context, tx *db.Tx, id int64) error {
				tx.AfterCommit(func() { gone = append(gone, id) })
				return nil
			}},
		})
		code := func(what string, err error, want string) {
			t.Helper()
			if err == nil || fault.Of(err).Code != want {
				t.Errorf("%s: got %v, want %s", what, err, want)
			}
		}
		save := func(id int64, name string) int64 {
			t.Helper()
			c, err := s.Save(ctx, boss, category.Category{ID: id, Name: name})
			if err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		shipping, bills := save(0, " Shipping "), save(0, "Bills")
		for what, name := range map[string]string{"nothing": " ", "a long name": strings.Repeat("ä", 101), "a zero byte": "a\x00"} {
			_, err := s.Save(ctx, boss, category.Category{Name: name})
			code(what, err, "INVALID_CATEGORY")
		}
		_, err := s.Save(ctx, boss, category.Category{Name: "SHIPPING"})
		code("a name that is taken", err, "CATEGORY_BUSY")
		_, err = s.Save(ctx, user.Ref{ID: 2}, category.Category{Name: "Mine"})
		code("who may not", err, "ACCESS_DENIED")
		_, err = s.Save(ctx, boss, category.Category{ID: 99, Name: "Nothing"})
		code("what is not there", err, "CATEGORY_NOT_FOUND")
		save(shipping, "Delivery")
		code("who may not delete", s.Delete(ctx, user.Ref{ID: 2}, bills), "ACCESS_DENIED")
		if err := s.Delete(ctx, boss, bills); err != nil {
			t.Fatal(err)
		}
		code("twice", s.Delete(ctx, boss, bills), "CATEGORY_NOT_FOUND")
		again := save(0, "Bills")
		all, err := s.List(ctx)
		if got := fmt.Sprint(all); err != nil || got != fmt.Sprintf("[{%d Bills true} {%d Bills false} {%d Delivery false}]", bills, again, shipping) {
			t.Errorf("the list is %s, %v", got, err)
		}
		if fmt.Sprint(gone) != fmt.Sprintf("[%d]", bills) {
			t.Errorf("told of %v", gone)
		}
		for id, want := range map[int64]string{shipping: "Delivery", bills: "", 99: ""} {
			err := d.Read(ctx, func(tx *db.Tx) error {
				name, err := s.NameTx(ctx, tx, id)
				if name != want {
					t.Errorf("%d is called %q, want %q", id, name, want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}
