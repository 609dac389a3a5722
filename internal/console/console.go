// Package console keeps what developers look for when something does not work: every REST call with its parameters and
// its answer, without the secrets in them.
//
// Calls are written behind: a call waits in memory for a moment and is stored together with others, so that the log costs
// little. What was noted is stored within a quarter of a second; where the database falls behind, calls are counted as missed
// instead of kept, so that no caller waits and memory stays bounded. Old calls are forgotten by age and by number.
package console

import (
	"context"
	"embed"
	"log/slog"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the log of requests.
func Schema() db.Schema {
	s := db.EmbeddedSchema("console", schemaFiles)
	s.Derived, s.Rebuild = []string{"console_word", "console_word_new"}, rebuildWords
	return s
}

// Settings say what is logged and how long it is kept.
type Settings struct {
	On    bool  `json:"on"`    // whether calls are logged
	Days  int64 `json:"days"`  // calls older than this are forgotten
	Calls int64 `json:"calls"` // of more calls than this the oldest are forgotten
}

// The bounds of the settings.
const (
	MaxDays  = 366
	MinCalls = 100
	MaxCalls = 5_000_000
)

// SettingsKey is where the settings are kept.
var SettingsKey = setting.Key[Settings]{
	Name: "console.log", Default: Settings{On: true, Days: 14, Calls: 200_000}, Check: Settings.check,
}

func (s Settings) check() error {
	if s.Days < 1 || s.Days > MaxDays {
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "Keep calls for 1 to %d days.", MaxDays).At("days")
	}
	if s.Calls < MinCalls || s.Calls > MaxCalls {
		return fault.Newf(fault.Invalid, "INVALID_FIELD", "Keep %d to %d calls.", MinCalls, MaxCalls).At("calls")
	}
	return nil
}

// Config is what a Service needs.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Settings *setting.Store
	Audit    *audit.Service
	Log      *slog.Logger // nil is slog.Default()
}

// Service keeps the log of requests. It is safe for use by several goroutines.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	settings *setting.Store
	audit    *audit.Service
	log      *slog.Logger

	queue queue
	count counter
	// sweeping is held by who forgets old calls.
	sweeping sync.Mutex
	waiting  int64 // about how many calls wait to be indexed; of the goroutine that writes

	watchMu  sync.Mutex
	watchers []func()

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns the log of requests in c.DB. Nothing is kept before Start; the caller must Close it.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Service{db: c.DB, clock: c.Clock, settings: c.Settings, audit: c.Audit, log: c.Log}
	s.queue.init()
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins to store what is noted and to forget what is old.
func (s *Service) Start() {
	s.queue.start()
	s.wg.Go(s.write)
	s.wg.Go(s.sweep)
	s.db.Watch(s.tell)
}

// Close stores what was noted and stops. Nothing may be noted afterwards.
func (s *Service) Close() {
	s.queue.close()
	s.cancel()
	s.wg.Wait()
}

// OnChange calls f, which must be quick, soon after calls were stored, by this process or another.
func (s *Service) OnChange(f func()) {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watchers = append(s.watchers, f)
}

func (s *Service) tell() {
	s.watchMu.Lock()
	watchers := s.watchers
	s.watchMu.Unlock()
	for _, f := range watchers {
		f()
	}
}

// Settings returns what is logged and how long it is kept.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	return setting.Load(ctx, s.settings, SettingsKey)
}

// SaveSettings changes what is logged. Fault: INVALID_FIELD.
func (s *Service) SaveSettings(ctx context.Context, v Settings) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := setting.SaveTx(ctx, tx, s.settings, SettingsKey, v); err != nil {
			return err
		}
		what := "Calls of the REST API are logged"
		if !v.On {
			what = "Calls of the REST API are not logged any more"
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Severity: audit.Notice, Type: "CONSOLE_SETTINGS", Module: "console", Description: what,
		})
	})
}

// timeOf returns when a call with this id was answered.
func timeOf(id int64) time.Time { return db.Time(id >> tagBits) }

// idAt returns the smallest id of a call at t or later.
func idAt(t time.Time) int64 { return db.Micro(t) << tagBits }

// IDSpan returns by how much the ids of calls grow in d.
func IDSpan(d time.Duration) int64 { return d.Microseconds() << tagBits }
