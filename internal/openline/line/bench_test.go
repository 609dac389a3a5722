package line_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkMessage is what each message of a client asks for: its line, whether people answer now, and who.
func BenchmarkMessage(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...db.Schema) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, setting.Schema(), audit.Schema(), user.Schema(), line.Schema())
			clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
			users := user.New(d, clk)
			lines := line.New(line.Config{DB: d, Clock: clk, Users: users, Bots: openlinetest.Bots{}, Audit: audit.New(d, clk)})
			department, err := users.CreateDepartment(b.Context(), user.Department{Name: "Support"})
			if err != nil {
				b.Fatal(err)
			}
			for i := range 200 {
				if _, err := users.Create(b.Context(), user.NewUser{Email: strconv.Itoa(i) + "@x.org", DepartmentIDs: []int64{department.ID}}); err != nil {
					b.Fatal(err)
				}
			}
			l, err := lines.Add(b.Context(), user.Ref{}, func(l *line.Line) error {
				l.WorkTime.Enabled, l.Queue = true, []line.Entry{dept(department.ID)}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range []struct {
				name      string
				operators bool
			}{{"line", false}, {"line_and_200_operators", true}} {
				b.Run(c.name, func(b *testing.B) {
					err := d.Read(b.Context(), func(tx *db.Tx) error {
						for b.Loop() {
							got, err := lines.GetTx(b.Context(), tx, l.ID)
							if err != nil || !got.OpenAt(clk.Now(), time.UTC) {
								b.Fatal(err)
							}
							if !c.operators {
								continue
							}
							if all, err := lines.OperatorsTx(b.Context(), tx, got); err != nil || len(all) != 200 {
								b.Fatal(len(all), err)
							}
						}
						return nil
					})
					if err != nil {
						b.Error(err)
					}
				})
			}
		})
	}
}
