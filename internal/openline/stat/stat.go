// Package stat counts what happens in open channels: how many conversations there are, how soon clients are answered, what operators
// have at once, and how clients and managers rate it.
//
// Conversations are counted by when they began, answers by when they were given. Days that are over are summed up once (Refresh), so
// that a page costs the same however many conversations stand behind it; what is not summed up yet is counted where it stands. A
// conversation that changes after its day was summed up has the day counted anew.
package stat

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area. They stand beside those of package openline.
func Schema() db.Schema { return db.EmbeddedSchema("openline_stat", schemaFiles) }

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Log   *slog.Logger // nil is slog.Default()
}

// Service counts. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
	log   *slog.Logger
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{db: c.DB, clock: c.Clock, log: c.Log}
}

var _ openline.Numbers = (*Service)(nil)

const (
	day  = 24 * time.Hour
	hour = time.Hour
)

// AnsweredTx keeps how long a client waited for an answer.
func (s *Service) AnsweredTx(ctx context.Context, tx *db.Tx, a openline.Answered) error {
	const q = `INSERT INTO openline_answer (session_id, line_id, connector, operator_id, at, took, first, wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	v := a.Session
	err := tx.Later(ctx, q, v.ID, v.LineID, v.Channel.Connector, a.OperatorID, db.Micro(a.At), a.Took.Microseconds(), db.Bit(a.First), a.Wanted.Microseconds())
	if err != nil {
		return fmt.Errorf("note answer: %w", err)
	}
	return nil
}

// ChangedTx has the day in which a conversation began counted anew, where it may have been summed up already.
func (s *Service) ChangedTx(ctx context.Context, tx *db.Tx, v openline.Session) error {
	began := v.Created.UTC().Truncate(day)
	if !began.Before(s.clock.Now().UTC().Truncate(day)) {
		return nil
	}
	if err := tx.Later(ctx, "INSERT INTO openline_stale (day) VALUES (?)", db.Micro(began)); err != nil {
		return fmt.Errorf("note change: %w", err)
	}
	return nil
}

// Filter says what is counted.
type Filter struct {
	From, To   time.Time // To is not among it
	LineID     int64     // 0: of all lines
	Connector  string    // empty: of all channels
	OperatorID int64     // 0: of all operators
	Within     []int64   // only of these operators; nil: of everybody, and what nobody has taken
}

// operators returns whose conversations are counted; nil: everybody's.
func (f Filter) operators() []int64 {
	if f.OperatorID == 0 {
		return f.Within
	}
	if f.Within == nil {
		return []int64{f.OperatorID}
	}
	for _, id := range f.Within {
		if id == f.OperatorID {
			return []int64{id}
		}
	}
	return []int64{}
}

// where returns the conditions of f besides the time, as "AND …", for a table whose columns line_id, connector and operator_id are called so.
func (f Filter) where() (string, []any) {
	var b strings.Builder
	var args []any
	if f.LineID != 0 {
		b.WriteString(" AND line_id = ?")
		args = append(args, f.LineID)
	}
	if f.Connector != "" {
		b.WriteString(" AND connector = ?")
		args = append(args, f.Connector)
	}
	ops := f.operators()
	switch {
	case ops == nil:
	case len(ops) == 0:
		b.WriteString(" AND 1 = 0")
	default:
		b.WriteString(" AND operator_id IN (" + db.Marks(len(ops)) + ")")
		for _, id := range ops {
			args = append(args, id)
		}
	}
	return b.String(), args
}
