package task_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkByLastName lists tasks of 1,000 people by the last names of those.
func BenchmarkByLastName(b *testing.B) {
	schemas := []db.Schema{user.Schema(), record.Schema(), task.Schema()}
	for name, open := range map[string]func(testing.TB, ...db.Schema) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) { byLastName(b, open(b, schemas...)) })
	}
}

func byLastName(b *testing.B, d *db.DB) {
	fill(b, d)
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		for i := int64(1); i <= 1000; i++ {
			_, err := tx.Exec(b.Context(), `INSERT INTO portal_user (id, kind, active, admin, login, login_folded, email, email_folded, first_name, last_name, second_name, position, gender,
					birthday, www, mobile, work_phone, inner_phone, city, time_zone, language, color_code, search, registered, updated)
					VALUES (?, 'employee', 1, 0, ?, ?, '', '', 'Ann', ?, '', '', '', '', '', '', '', '', '', '', '', '', '', 0, 0)`,
				i, strconv.FormatInt(i, 10), strconv.FormatInt(i, 10), fmt.Sprintf("Name%d", i*7919%500))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	s := newBench(d)
	e := s.Records().Entity()
	for name, q := range map[string]record.Query{
		"first": {}, "deep": {Offset: 150_000}, "descending": {Order: []record.Order{{Field: e.Field("RESPONSIBLE_LAST_NAME"), Desc: true}}},
	} {
		if q.Order == nil {
			q.Order = []record.Order{{Field: e.Field("RESPONSIBLE_LAST_NAME")}}
		}
		for as, who := range map[string]user.Ref{"all": root, "one": {ID: 7}} {
			if as == "one" && q.Offset > 0 {
				continue
			}
			b.Run(name+"_"+as, func(b *testing.B) {
				for b.Loop() {
					if l, err := s.List(b.Context(), who, q); err != nil || len(l.IDs) == 0 {
						b.Fatal(len(l.IDs), err)
					}
				}
			})
		}
	}
}
