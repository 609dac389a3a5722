package stat_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/stat"
)

// manySQL makes conversations of 200 operators in 3 lines and 2 channels, as many a day for a year.
const manySQL = `INSERT INTO openline_session (line_id, chat_id, visitor_id, connector, state, bot_id, operator_id, parent_id, priority, tried, created, queued,
		taken, answered, closed, reason, waiting_since, client_at, client_count, operator_count, bot_count, told, asked, vote, head_vote, head_comment, head_id,
		silent, wants_person)
	WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?), c (i, at) AS (SELECT i, ? + i * (31536000000000 / ?) FROM n)
	SELECT 1 + i % 3, i, i, CASE WHEN i % 2 = 0 THEN 'site' ELSE 'mail' END, 'closed', 0, 10 + (i * 7) % 200, 0, 0, '', at, at, at + (i % 97) * 1000000,
		at + (i % 97) * 2000000, at + 1800000000, 'operator', 0, at, 3, 3, 0, 0, 1, i % 3, i % 6, '', 0, 0, 0 FROM c`

const answersSQL = `INSERT INTO openline_answer (session_id, line_id, connector, operator_id, at, took, first, wanted)
	SELECT id, line_id, connector, operator_id, answered, answered - queued, 1, 60000000 FROM openline_session`

// BenchmarkReport measures the numbers of a page with a million conversations of a year behind it.
func BenchmarkReport(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...db.Schema) *db.DB{"SQLite": dbtest.SQLite, "PostgreSQL": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, schemas...)
			s := stat.New(stat.Config{DB: d, Clock: clock.NewManual(now())})
			err := d.Write(b.Context(), func(tx *db.Tx) error {
				const n = 1_000_000
				if _, err := tx.Exec(b.Context(), manySQL, int64(n), db.Micro(now().AddDate(-1, 0, 0)), int64(n)); err != nil {
					return err
				}
				_, err := tx.Exec(b.Context(), answersSQL)
				return err
			})
			if err == nil {
				err = s.Refresh(b.Context())
			}
			if err != nil {
				b.Fatal(err)
			}
			zone := time.FixedZone("", 3600)
			end := time.Date(2026, 11, 24, 0, 0, 0, 0, zone)
			for _, n := range []int{1, 7, 30, 365} {
				b.Run("days="+strconv.Itoa(n), func(b *testing.B) {
					for b.Loop() {
						if _, err := s.Report(b.Context(), stat.Filter{From: end.AddDate(0, 0, -n), To: end}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("own", func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Report(b.Context(), stat.Filter{From: end.AddDate(0, 0, -30), To: end, Within: []int64{17}}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
