package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/setting"
)

var schemas = []db.Schema{audit.Schema(), setting.Schema()}

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

// fill records an entry a day: 1 to n, of the types A and B in turn, by the users 0, 1 and 2 in turn.
func fill(ctx context.Context, t *testing.T, s *audit.Service, clk *clock.Manual, n int) {
	t.Helper()
	for i := range n {
		e := audit.Entry{Type: []string{"A", "B"}[i%2], Module: "test", UserID: int64(i % 3), Description: fmt.Sprintf("Entry 100%%_%d", i+1)}
		if err := s.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
		clk.Advance(24 * time.Hour)
	}
}

func TestSearchFindsAndPages(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		s := audit.New(d, clk)
		ctx := t.Context()
		fill(ctx, t, s, clk, 7)
		nobody := int64(0)
		for name, c := range map[string]struct {
			query audit.Query
			want  []int64
		}{
			"everything": {audit.Query{}, []int64{7, 6, 5, 4, 3, 2, 1}},
			"type":       {audit.Query{Type: "B"}, []int64{6, 4, 2}},
			"nobody":     {audit.Query{UserID: &nobody}, []int64{7, 4, 1}},
			"days":       {audit.Query{From: start.AddDate(0, 0, 2), To: start.AddDate(0, 0, 4)}, []int64{4, 3}},
			"text":       {audit.Query{Text: "ENTRY 100%_3"}, []int64{3}},
			"all of it":  {audit.Query{Type: "A", UserID: &nobody, Text: "entry", Module: "test", Severity: audit.Info}, []int64{7, 1}},
			"none":       {audit.Query{Text: "100x"}, nil},
		} {
			rows, more, err := s.Search(ctx, c.query)
			if got := idsOf(rows); err != nil || more || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v %t %v, want %v", name, got, more, err, c.want)
			}
		}
		var walked []int64
		q := audit.Query{Limit: 3}
		for pages := 1; ; pages++ {
			rows, more, err := s.Search(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			walked = append(walked, idsOf(rows)...)
			if !more {
				if pages != 3 {
					t.Errorf("%d pages, want 3", pages)
				}
				break
			}
			last := rows[len(rows)-1]
			q.After = audit.Mark{At: last.At, ID: last.ID}
		}
		if !slices.Equal(walked, []int64{7, 6, 5, 4, 3, 2, 1}) {
			t.Errorf("the pages hold %v", walked)
		}
		types, err := s.Types(ctx)
		if err != nil || !slices.Equal(types, []string{"A", "B"}) {
			t.Errorf("types: %v, %v", types, err)
		}
		users, err := s.Users(ctx)
		if err != nil || !slices.Equal(users, []int64{0, 1, 2}) {
			t.Errorf("users: %v, %v", users, err)
		}
	})
}

func idsOf(rows []audit.Row) (out []int64) {
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// TestEveryFieldCanBeFilteredAndSortedBy keeps the declaration and the database together.
func TestEveryFieldCanBeFilteredAndSortedBy(t *testing.T) {
	t.Parallel()
	if err := audit.Entity.Check(); err != nil {
		t.Fatal(err)
	}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		s := audit.New(d, clk)
		ctx := t.Context()
		fill(ctx, t, s, clk, 2)
		for _, f := range audit.Entity.Fields {
			value := map[dto.Type]string{dto.Int: "9223372036854775807", dto.String: `"x"`, dto.Time: `"2026-01-01"`}[f.Type]
			filter, err := audit.Entity.Filter(jsonOf(t, `[["`+f.Name+`","!=",`+value+`]]`))
			if err != nil {
				t.Fatal(err)
			}
			orders, err := audit.Entity.Order(jsonOf(t, `{"`+f.Name+`":"DESC","id":"ASC"}`))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := s.List(ctx, filter, orders, dto.Pagination{Limit: 5})
			if err != nil || len(rows) != 2 {
				t.Errorf("%s: %d rows, %v", f.Name, len(rows), err)
			}
		}
	})
}

func jsonOf(t *testing.T, text string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOldEntriesAreDeletedWhereTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(start)
		s, settings := audit.New(d, clk), setting.New(d, clk)
		ctx := t.Context()
		fill(ctx, t, s, clk, 40)
		if n, err := s.Sweep(ctx, settings); n != 0 || err != nil {
			t.Errorf("by default %d entries were deleted, %v", n, err)
		}
		for _, days := range []int64{-1, 1, 29, 4000} {
			if err := s.SetRetention(ctx, settings, audit.Retention{Days: days}); fault.Of(err).Field != "days" {
				t.Errorf("%d days: %v", days, err)
			}
		}
		if err := s.SetRetention(ctx, settings, audit.Retention{Days: 30}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Sweep(ctx, settings); n != 10 || err != nil {
			t.Errorf("%d entries were deleted, %v; want 10", n, err)
		}
		rows, _, err := s.Search(ctx, audit.Query{Limit: 100})
		if err != nil || len(rows) != 31 || rows[0].Type != "SETTING_CHANGED" || rows[30].ID != 11 {
			t.Errorf("%d entries are left, %v; want 30 and that of the setting: %+v", len(rows), err, rows[0])
		}
	})
}

// TestTheLogIsSweptEveryHour runs the work in the background on a clock of its own.
func TestTheLogIsSweptEveryHour(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas...)
	clk := clock.NewManual(start)
	s, settings := audit.New(d, clk), setting.New(d, clk)
	fill(t.Context(), t, s, clk, 3)
	if err := s.SetRetention(t.Context(), settings, audit.Retention{Days: 30}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Keep(ctx, settings, slog.New(slog.DiscardHandler)) }()
	waits := func() {
		for clk.Timers() == 0 {
			runtime.Gosched()
		}
	}
	waits()
	clk.Advance(40 * 24 * time.Hour)
	waits()
	rows, _, err := s.Search(t.Context(), audit.Query{})
	if err != nil || len(rows) != 0 {
		t.Errorf("%d entries are left, %v", len(rows), err)
	}
	cancel()
	<-done
}
