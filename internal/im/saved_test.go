package im_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

func TestSavedSearches(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		names := func(user int64) string {
			all, err := b.SavedSearches(t.Context(), user)
			must(t, err)
			var out []string
			for _, s := range all {
				out = append(out, s.Name+"="+s.Query)
			}
			return strings.Join(out, " ")
		}
		must(t, b.SaveSearch(t.Context(), b.anna, " budget ", "q=budget"))
		must(t, b.SaveSearch(t.Context(), b.anna, "files", "files=on"))
		must(t, b.SaveSearch(t.Context(), b.boris, "his", "q=his"))
		must(t, b.SaveSearch(t.Context(), b.anna, "the budget", "q=budget"))
		if got := names(b.anna); got != "the budget=q=budget files=files=on" {
			t.Errorf("Anna keeps %q", got)
		}
		all, err := b.SavedSearches(t.Context(), b.anna)
		must(t, err)
		if err := b.ForgetSearch(t.Context(), b.boris, all[0].ID); !errors.Is(err, im.ErrNoSearch) {
			t.Errorf("a search of somebody else: %v", err)
		}
		must(t, b.ForgetSearch(t.Context(), b.anna, all[0].ID))
		if got := names(b.anna) + "|" + names(b.boris); got != "files=files=on|his=q=his" {
			t.Errorf("left are %q", got)
		}
		for _, bad := range [][2]string{{"", "q=x"}, {"x", ""}, {strings.Repeat("x", 121), "q=x"}, {"x", strings.Repeat("q", 2001)}, {"a\x00", "q=x"}} {
			if err := b.SaveSearch(t.Context(), b.anna, bad[0], bad[1]); !errors.Is(err, im.ErrSavedSearch) {
				t.Errorf("%.20q, %.20q: %v", bad[0], bad[1], err)
			}
		}
		for i := range im.MaxSavedSearches - 1 {
			must(t, b.SaveSearch(t.Context(), b.anna, "one", "q="+strconv.Itoa(i)))
		}
		if err := b.SaveSearch(t.Context(), b.anna, "one too many", "q=more"); !errors.Is(err, im.ErrManySearches) {
			t.Errorf("one too many: %v", err)
		}
	})
}
