package db_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/db"
)

func TestLists(t *testing.T) {
	t.Parallel()
	for n, want := range []string{"", "?", "?, ?", "?, ?, ?"} {
		if got := db.Marks(n); got != want {
			t.Errorf("%d places: %q, want %q", n, got, want)
		}
	}
	if got := db.Args([]int64{3, 5}); !slices.Equal(got, []any{int64(3), int64(5)}) {
		t.Errorf("arguments %v", got)
	}
}
