package record_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
)

// Deep pages hold the same records whichever places are remembered, from both ends, and also after a change.
func TestDeepPages(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		x := newBench(d)
		const size = 23_000
		fill(t, d, x.Store, size)
		r := x.reader(t, strict)
		for _, c := range []struct{ order, sql, filter, where string }{
			{`{"ID":"ASC"}`, "id", `{}`, "1 = 1"},
			{`{"ASSIGNED_BY_ID":"DESC"}`, "assigned_by_id DESC, id DESC", `{}`, "1 = 1"},
			{`{"OPPORTUNITY":"ASC"}`, "opportunity, id", `{">ID":1000}`, "id > 1000"},
		} {
			all := func() (ids []int64) {
				t.Helper()
				err := d.Read(t.Context(), func(tx *db.Tx) error {
					rows, err := tx.Query(t.Context(), "SELECT id FROM deal WHERE "+c.where+" ORDER BY "+c.sql)
					if err != nil {
						return err
					}
					defer func() { _ = rows.Close() }()
					for rows.Next() {
						var id int64
						if err := rows.Scan(&id); err != nil {
							return err
						}
						ids = append(ids, id)
					}
					return rows.Err()
				})
				if err != nil {
					t.Fatal(err)
				}
				return ids
			}
			want := all()
			q := record.Query{}
			q.Filter, _ = r.Filter(tree(t, c.filter))
			q.Order, _ = r.Order(tree(t, c.order))
			q.Fields, _ = r.Select(tree(t, `["ID"]`))
			check := func(start int64) {
				t.Helper()
				q.Start(start)
				page, err := x.List(t.Context(), q)
				end := min(start+50, int64(len(want)))
				if err != nil || !slices.Equal(page.IDs, want[start:end]) || page.Total != int64(len(want)) {
					t.Errorf("%s from %d: %d records, total %d, %v", strings.TrimSpace(c.order), start, len(page.IDs), page.Total, err)
				}
			}
			for _, start := range []int64{11_000, 11_050, 5_000, 4_999, 9_950, 10_003, 12_000, 13_000, 16_990, 17_040, int64(len(want)) - 70, int64(len(want)) - 20, 0} {
				check(start)
			}
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Exec(t.Context(), "DELETE FROM deal WHERE id = ?", want[100]); err != nil {
					return err
				}
				return x.CountedTx(t.Context(), tx, -1)
			})
			if err != nil {
				t.Fatal(err)
			}
			want = all()
			check(10_003)
		}
	})
}
