package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
)

// planned is a scheduler whose backups a test counts.
type planned struct {
	*backup.Scheduler
	clock    *clock.Manual
	settings *setting.Store
	log      *audit.Service
	made     chan int // with how many are kept
	fail     atomic.Bool
}

func plan(t *testing.T, d *db.DB) *planned {
	t.Helper()
	p := &planned{clock: clock.NewManual(made), made: make(chan int, 10)}
	p.settings, p.log = setting.New(d, p.clock), audit.New(d, p.clock)
	p.Scheduler = backup.NewScheduler(backup.SchedulerConfig{
		DB: d, Settings: p.settings, Audit: p.log, Clock: p.clock, Log: slog.New(slog.DiscardHandler),
		Save: func(_ context.Context, keep int) (backup.Made, error) {
			p.made <- keep
			if p.fail.Load() {
				return backup.Made{}, errors.New("no space left on device")
			}
			return backup.Made{Name: "scheduled.tar.gz"}, nil
		},
		List: func(context.Context) ([]backup.Made, error) { return nil, nil },
	})
	p.Start()
	t.Cleanup(p.Close)
	return p
}

func (p *planned) save(t *testing.T, s backup.Schedule) {
	t.Helper()
	if err := setting.Save(t.Context(), p.settings, backup.ScheduleKey, s); err != nil {
		t.Fatal(err)
	}
}

// status waits until the scheduler has noted what became of the last backup.
func (p *planned) status(t *testing.T, done func(backup.Status) bool) backup.Status {
	t.Helper()
	for {
		s, err := p.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if done(s) {
			return s
		}
	}
}

// waits lets the scheduler reach its timer.
func (p *planned) waits() {
	for p.clock.Timers() == 0 {
		runtime.Gosched()
	}
}

func TestScheduleMakesBackupsInTime(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{setting.Schema(), audit.Schema()}, func(t *testing.T, d *db.DB) {
		p := plan(t, d)
		if due, err := p.Due(t.Context()); err != nil || !due.IsZero() {
			t.Errorf("without a schedule one is due at %v, %v", due, err)
		}
		p.save(t, backup.Schedule{EveryHours: 6, Keep: 3})
		if keep := <-p.made; keep != 3 {
			t.Errorf("the first one, made at once, keeps %d, want 3", keep)
		}
		next := p.status(t, func(s backup.Status) bool { return s.Next.After(made) }).Next
		if want := made.Add(6 * time.Hour); !next.Equal(want) {
			t.Errorf("the next is at %v, want %v", next, want)
		}
		p.waits()
		p.clock.Advance(6*time.Hour - time.Second)
		select {
		case <-p.made:
			t.Error("a backup was made too early")
		default:
		}
		p.fail.Store(true)
		p.clock.Advance(time.Second)
		<-p.made
		s := p.status(t, func(s backup.Status) bool { return s.Failed != "" })
		if want := made.Add(7 * time.Hour); s.Failed != "no space left on device" || !s.Next.Equal(want) {
			t.Errorf("after a failure: %+v, want another attempt at %v", s, want)
		}
		p.fail.Store(false)
		p.waits()
		p.clock.Advance(time.Hour)
		<-p.made
		p.status(t, func(s backup.Status) bool { return s.Failed == "" })

		p.save(t, backup.Schedule{EveryHours: 0, Keep: 3})
		if err := p.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-p.made
		p.status(t, func(s backup.Status) bool { return !s.Asked && s.Next.IsZero() })
		p.expectLog(t, "BACKUP_CREATED", "BACKUP_CREATED", "BACKUP_FAILED", "BACKUP_CREATED")
	})
}

// expectLog waits for entries of these types, the newest first.
func (p *planned) expectLog(t *testing.T, want ...string) {
	t.Helper()
	for got := []string{}; len(got) < len(want); {
		rows, _, err := p.log.Search(t.Context(), audit.Query{})
		if err != nil {
			t.Fatal(err)
		}
		got = got[:0]
		for _, r := range rows {
			got = append(got, r.Type)
		}
		if len(got) >= len(want) && strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("the audit log has %v, want %v", got, want)
		}
	}
}

// TestOneOfSeveralServersMakesTheBackup shows that two servers on one database make one backup.
func TestOneOfSeveralServersMakesTheBackup(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{setting.Schema(), audit.Schema()}, func(t *testing.T, here, there *db.DB) {
		a, b := plan(t, here), plan(t, there)
		a.save(t, backup.Schedule{EveryHours: 1, Keep: 1})
		for len(a.made)+len(b.made) == 0 {
			runtime.Gosched()
		}
		a.status(t, func(s backup.Status) bool { return s.Next.After(made) })
		b.status(t, func(s backup.Status) bool { return s.EveryHours == 1 && s.Next.After(made) })
		a.Close()
		b.Close()
		if n := len(a.made) + len(b.made); n != 1 {
			t.Errorf("%d backups were made, want 1", n)
		}
	})
}

func TestScheduleThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, s := range []backup.Schedule{{EveryHours: -1, Keep: 1}, {EveryHours: 10000, Keep: 1}, {EveryHours: 1}, {EveryHours: 1, Keep: 1000}} {
		if backup.ScheduleKey.Check(s) == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}
