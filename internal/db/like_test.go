package db_test

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// Texts of any length and with any characters can be looked for, in both databases.
func TestLike(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, nil, func(t *testing.T, d *db.DB) {
		for _, tc := range []struct {
			name, text, find string
			want             bool
		}{
			{"part", "The long way", "long", true},
			{"other", "The long way", "short", false},
			{"percent", "100 percent", "1%t", false},
			{"percent itself", "100 % sure", "0 % s", true},
			{"underscore", "abc", "a_c", false},
			{"backslash", `a\b`, `a\b`, true},
			{"longer than a pattern", "x", strings.Repeat("x", 70_000), false},
			{"all escapes", "x", strings.Repeat("%", 70_000), false},
			{"cut between characters", "x", strings.Repeat("é", 35_000) + "x", false},
			{"as long as a pattern", strings.Repeat("é", 35_000), strings.Repeat("é", 30_000), true},
		} {
			t.Run(tc.name, func(t *testing.T) {
				var found int
				err := d.Read(t.Context(), func(tx *db.Tx) error {
					return tx.QueryRow(t.Context(), `SELECT CASE WHEN CAST(? AS TEXT) LIKE ? ESCAPE '\' THEN 1 ELSE 0 END`, tc.text, "%"+db.Like(tc.find)+"%").Scan(&found)
				})
				if err != nil || (found == 1) != tc.want {
					t.Errorf("found = %d, %v, want %v", found, err, tc.want)
				}
			})
		}
	})
}
