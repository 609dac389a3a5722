package template_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

// monday is in Berlin, where anna lives, half past eleven.
var (
	monday         = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	anna, ben, eve = user.Ref{ID: 1}, user.Ref{ID: 2}, user.Ref{ID: 5}
)

type world struct{}

func (world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if id <= 9 {
			out[id] = user.User{ID: id, Active: true, TimeZone: "Europe/Berlin"}
		}
	}
	return out, nil
}
func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

type bench struct {
	*template.Service
	clock *clock.Manual
	tasks *task.Service
	lists *checklist.Service
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	schemas := []db.Schema{record.Schema(), task.Schema(), checklist.Schema(), template.Schema()}
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := &bench{clock: clock.NewManual(monday)}
		b.tasks = task.NewService(task.Config{DB: d, Clock: b.clock, Users: world{}, Events: world{}, Live: world{}})
		b.lists = checklist.NewService(checklist.Config{DB: d, Clock: b.clock, Kind: checklist.OfTask, Owners: checklist.TasksOf(b.tasks)})
		b.Service = template.NewService(template.Config{DB: d, Clock: b.clock, Tasks: b.tasks, Users: world{}, Checklists: b.lists})
		test(t, b)
	})
}

// every is a schedule with all intervals 1.
func every(p template.Period) template.Schedule {
	return template.Schedule{
		Period: p, Till: template.Endless, Minute: 9 * 60, EveryDay: 1, EveryWeek: 1, EveryMonth: 1, Day: 1, Weekday: 1, Month: 1, Start: monday,
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit func(s *template.Schedule)
		p    template.Period
		want string
	}{
		"every day":        {func(*template.Schedule) {}, template.Daily, "2026-11-24 09:00, 2026-11-25 09:00"},
		"every third day":  {func(s *template.Schedule) { s.EveryDay = 3 }, template.Daily, "2026-11-26 09:00, 2026-11-29 09:00"},
		"workdays":         {func(s *template.Schedule) { s.WorkdaysOnly, s.Start = true, monday.AddDate(0, 0, 4) }, template.Daily, "2026-11-30 09:00, 2026-12-01 09:00"},
		"second workday":   {func(s *template.Schedule) { s.WorkdaysOnly, s.EveryDay = true, 4 }, template.Daily, "2026-11-27 09:00, 2026-12-03 09:00"},
		"Tuesday, Friday":  {func(s *template.Schedule) { s.WeekDays = []int{2, 5} }, template.Weekly, "2026-11-24 09:00, 2026-11-27 09:00"},
		"every other week": {func(s *template.Schedule) { s.WeekDays, s.EveryWeek = []int{1}, 2 }, template.Weekly, "2026-12-07 09:00, 2026-12-21 09:00"},
		"the 31st":         {func(s *template.Schedule) { s.Day = 31 }, template.Monthly, "2026-11-30 09:00, 2026-12-31 09:00"},
		"last Friday":      {func(s *template.Schedule) { s.ByWeekday, s.Week, s.Weekday = true, 4, 5 }, template.Monthly, "2026-11-27 09:00, 2026-12-25 09:00"},
		"second Monday":    {func(s *template.Schedule) { s.ByWeekday, s.Week, s.EveryMonth = true, 1, 3 }, template.Monthly, "2027-02-08 09:00, 2027-05-10 09:00"},
		"29 February":      {func(s *template.Schedule) { s.Day, s.Month = 29, 2 }, template.Yearly, "2027-02-28 09:00, 2028-02-29 09:00"},
		"until":            {func(s *template.Schedule) { s.Till, s.End = template.Date, monday.AddDate(0, 0, 1) }, template.Daily, "2026-11-24 09:00, never"},
		"summer time":      {func(s *template.Schedule) { s.Start = time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC) }, template.Daily, "2027-03-28 09:00, 2027-03-29 09:00"},
	} {
		s := every(c.p)
		c.edit(&s)
		first := s.Next(monday, 0, berlin)
		got := write(first, berlin) + ", " + write(s.Next(first, 1, berlin), berlin)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	s := every(template.Daily)
	if s.Till, s.Times = template.Times, 2; !s.Next(monday, 2, berlin).IsZero() {
		t.Error("a third of two runs")
	}
}

func write(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

func TestTasksAreMadeOfTemplates(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx, day := t.Context(), 24*time.Hour
		x, err := b.Add(ctx, anna, template.Template{
			Title: "Weekly report", CreatedBy: 1, Responsibles: []int64{2, 3}, Multitask: true, Auditors: []int64{4}, DeadlineAfter: &day, TaskControl: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		zero := int64(0)
		root, err := b.Checklists().Add(ctx, anna, x.ID, checklist.New{Title: "Steps", ParentID: &zero})
		if err != nil {
			t.Fatal(err)
		}
		member := []checklist.Member{{UserID: 6, Role: checklist.Accomplice}}
		if _, err := b.Checklists().Add(ctx, anna, x.ID, checklist.New{Title: "Collect", ParentID: &root.ID, Members: member, Complete: true}); err != nil {
			t.Fatal(err)
		}
		made, err := b.Use(ctx, ben, x.ID)
		if err != nil || len(made) != 2 {
			t.Fatal(made, err)
		}
		got, err := b.tasks.Get(ctx, user.Ref{ID: 3}, made[1].ID)
		if err != nil || got.CreatedBy != ben.ID || !got.Deadline.Equal(monday.Add(day)) || !slices.Equal(got.Accomplices, []int64{6}) || !got.TaskControl {
			t.Errorf("%+v %v", got, err)
		}
		trees, _, err := b.lists.Trees(ctx, ben, made[0].ID)
		if err != nil || len(trees) != 1 || trees[0].Title != "Steps" || trees[0].Total != 1 || trees[0].Done != 0 {
			t.Errorf("%+v %v", trees, err)
		}
		if _, err := b.Use(ctx, eve, x.ID); !errors.Is(err, template.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if err := b.Delete(ctx, ben, x.ID); !errors.Is(err, template.ErrDenied) {
			t.Errorf("%v", err)
		}
		if err := b.Delete(ctx, anna, x.ID); err != nil {
			t.Error(err)
		}
	})
}

// TestTemplatesBelowMakeSubtasks uses a template with two below it, of which the first waits for the second.
func TestTemplatesBelowMakeSubtasks(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx, day := t.Context(), 24*time.Hour
		add := func(x template.Template) int64 {
			t.Helper()
			x.CreatedBy = anna.ID
			x, err := b.Add(ctx, anna, x)
			if err != nil {
				t.Fatal(err)
			}
			return x.ID
		}
		fair := add(template.Template{Title: "Fair", Responsibles: []int64{2, 3}, Multitask: true, ParentID: 0})
		stand := add(template.Template{Title: "Stand", Responsibles: []int64{4}, BaseID: fair})
		van := add(template.Template{Title: "Van", Responsibles: []int64{5, 6}, Multitask: true, BaseID: fair, DeadlineAfter: &day})
		lamps := add(template.Template{Title: "Lamps", Responsibles: []int64{4}, BaseID: stand, DependsOn: []int64{van}})
		if err := b.Update(ctx, anna, stand, func(x *template.Template) error { x.DependsOn = []int64{van, fair, 99}; return nil }); err != nil {
			t.Fatal(err)
		}
		made, err := b.Use(ctx, anna, fair)
		if err != nil {
			t.Fatal(err)
		}
		type about struct {
			title   string
			who, up int64
			waits   []int64
		}
		var got []about
		for _, x := range made {
			got = append(got, about{x.Title, x.ResponsibleID, x.ParentID, x.DependsOn})
		}
		want := []about{
			{"Fair", 2, 0, nil},
			{"Van", 5, 1, nil},
			{"Van", 6, 1, nil},
			{"Stand", 4, 1, []int64{2, 3}},
			{"Lamps", 4, 4, []int64{2, 3}},
			{"Fair", 3, 0, nil},
			{"Van", 5, 6, nil},
			{"Van", 6, 6, nil},
			{"Stand", 4, 6, []int64{7, 8}},
			{"Lamps", 4, 9, []int64{7, 8}},
		}
		same := func(a, b about) bool {
			return a.title == b.title && a.who == b.who && a.up == b.up && slices.Equal(a.waits, b.waits)
		}
		if !slices.EqualFunc(got, want, same) || !made[1].Deadline.Equal(monday.Add(day)) {
			t.Errorf("made %+v\nwant %+v", got, want)
		}

		for name, base := range map[string]int64{"itself": fair, "what is below it": lamps} {
			err := b.Update(ctx, anna, fair, func(x *template.Template) error { x.BaseID = base; return nil })
			if !errors.Is(err, template.ErrCircle) {
				t.Errorf("below %s: %v", name, err)
			}
		}
		before := len(b.all(t))
		for i := range int64(40) { // each twice
			add(template.Template{Title: "Poster", Responsibles: []int64{2 + i%3}, BaseID: fair})
		}
		if _, err := b.Use(ctx, anna, fair); err != nil {
			t.Error(err)
		}
		for range 10 {
			add(template.Template{Title: "Poster", Responsibles: []int64{2}, BaseID: fair})
		}
		before = len(b.all(t)) - before
		if _, err := b.Use(ctx, anna, fair); !errors.Is(err, template.ErrMany) || before != 90 || len(b.all(t)) != 100 {
			t.Errorf("%v, %d tasks of the use before, %d in all: a use that makes too many makes none", err, before, len(b.all(t)))
		}
	})
}

func TestARunHappensOnce(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		s := every(template.Daily)
		s.Till, s.Times, s.DeadlineOffset = template.Times, 2, time.Hour
		x, err := b.Add(ctx, anna, template.Template{Title: "Water the plants", CreatedBy: 1, Responsibles: []int64{2}, Replicate: true, Schedule: &s})
		if err != nil {
			t.Fatal(err)
		}
		tuesday := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
		if next, err := b.RunDue(ctx); err != nil || !next.Equal(tuesday) {
			t.Errorf("%s %v", next, err)
		}
		b.clock.Advance(5 * 24 * time.Hour) // nobody ran meanwhile
		for range 2 {
			if _, err := b.RunDue(ctx); err != nil {
				t.Fatal(err)
			}
		}
		list := b.all(t)
		if len(list) != 1 || !list[0].Deadline.Equal(tuesday.Add(time.Hour)) || list[0].Title != "Water the plants" {
			t.Fatalf("%+v", list)
		}
		b.clock.Advance(24 * time.Hour)
		if next, err := b.RunDue(ctx); err != nil || !next.IsZero() {
			t.Errorf("%s %v", next, err)
		}
		if x, err = b.Get(ctx, ben, x.ID); err != nil || x.Count != 2 || len(b.all(t)) != 2 {
			t.Errorf("%+v %v", x, err)
		}
	})
}

// all are the tasks of the portal.
func (b *bench) all(t *testing.T) (out []task.Task) {
	t.Helper()
	for id := int64(1); ; id++ {
		x, err := b.tasks.Get(t.Context(), user.Ref{Admin: true}, id)
		if err != nil {
			return out
		}
		out = append(out, x)
	}
}

func TestTemplatesAreChecked(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		good := template.Template{Title: "x", CreatedBy: 1, Responsibles: []int64{2}}
		for name, c := range map[string]struct {
			edit func(x *template.Template)
			want error
		}{
			"no title":         {func(x *template.Template) { x.Title = " " }, template.ErrInvalid},
			"nobody":           {func(x *template.Template) { x.Responsibles = []int64{77} }, template.ErrInvalid},
			"for somebody":     {func(x *template.Template) { x.CreatedBy = 2 }, template.ErrDenied},
			"no schedule":      {func(x *template.Template) { x.Replicate = true }, template.ErrInvalid},
			"no such template": {func(x *template.Template) { x.BaseID = 99 }, template.ErrInvalid},
			"endless interval": {func(x *template.Template) {
				s := every(template.Daily)
				s.EveryDay = 0
				x.Replicate, x.Schedule = true, &s
			}, template.ErrInvalid},
			"fine": {func(*template.Template) {}, nil},
		} {
			x := good
			c.edit(&x)
			if _, err := b.Add(t.Context(), anna, x); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
