package record_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
)

// many is how many records the benchmarks look at.
const many = 1_000_000

// fill stores deals of a thousand people.
func fill(b testing.TB, d *db.DB, s *record.Store, many int64) {
	b.Helper()
	series := `WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ?) `
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(b.Context(), `INSERT INTO deal (title, title_lower, opportunity, assigned_by_id, date_create) `+series+
			`SELECT 'deal ' || i, 'deal ' || i, (i * 7919) % 1000003 * 10000, i % 1000 + 1, i * 1000000 FROM n`, many)
		if err != nil {
			return err
		}
		return s.CountedTx(b.Context(), tx, many)
	})
	if err != nil {
		b.Fatal(err)
	}
	if d.Dialect() == db.Postgres {
		err := d.Write(b.Context(), func(tx *db.Tx) error { _, err := tx.Exec(b.Context(), "ANALYZE deal"); return err })
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMillion(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...db.Schema) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, schemas...)
			x := newBench(d)
			fill(b, d, x.Store, many)
			r := x.reader(b, strict)
			for _, c := range []struct {
				name, filter, order string
				start               int64
			}{
				{"first_page", `{}`, `{}`, 0},
				{"by_key", `{">ID":900000}`, `{"ID":"ASC"}`, -1},
				{"deep", `{}`, `{"ID":"ASC"}`, 500_000},
				{"deep_by_amount", `{}`, `{"OPPORTUNITY":"DESC"}`, 400_000},
				{"of_one", `{"ASSIGNED_BY_ID":7}`, `{"ID":"DESC"}`, 0},
				{"range", `{">=OPPORTUNITY":1000,"<OPPORTUNITY":1100}`, `{"OPPORTUNITY":"ASC"}`, 0},
			} {
				q := record.Query{}
				q.Filter, _ = r.Filter(tree(b, c.filter))
				q.Order, _ = r.Order(tree(b, c.order))
				q.Fields, _ = r.Select(tree(b, `["*"]`))
				q.Start(c.start)
				b.Run(c.name, func(b *testing.B) {
					for b.Loop() {
						page, err := x.List(b.Context(), q)
						if err != nil || len(page.Rows) == 0 {
							b.Fatal(len(page.Rows), err)
						}
					}
				})
			}
			for name, order := range map[string]string{"jumps": `{"ID":"ASC"}`, "jumps_by_amount": `{"OPPORTUNITY":"DESC"}`} {
				b.Run(name, func(b *testing.B) { // deep pages here and there: the first skips all before it, the others little
					q := record.Query{}
					q.Order, _ = r.Order(tree(b, order))
					q.Fields, _ = r.Select(tree(b, `["*"]`))
					for i := int64(0); b.Loop(); i++ {
						q.Start(499_950 - i*48_611%400_000)
						page, err := x.List(b.Context(), q)
						if err != nil || len(page.Rows) == 0 {
							b.Fatal(len(page.Rows), err)
						}
					}
				})
			}
			b.Run("walk", func(b *testing.B) { // page after page, each by the key of the one before
				q := record.Query{Offset: 500_000}
				q.Fields, _ = r.Select(tree(b, `["*"]`))
				for b.Loop() {
					page, err := x.List(b.Context(), q)
					if err != nil || page.Next == 0 {
						b.Fatal(page.Next, err)
					}
					q.Offset = page.Next
				}
			})
		})
	}
}
