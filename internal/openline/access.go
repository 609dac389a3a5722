package openline

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// Scope says which conversations somebody may see.
type Scope struct {
	UserID int64
	Lines  []int64    // whose queues they see: those in which they answer, and more by their rights
	Reach  line.Reach // whose conversations they see besides
}

// Sees reports whether a conversation is within the scope: one's own, one that one is asked to take, those that nobody has taken in one's
// lines, and those of others by one's rights.
func (sc Scope) Sees(v Session, asked []int64) bool {
	return v.OperatorID == sc.UserID || has(asked, sc.UserID) || sc.Leads(v) || v.Untaken() && has(sc.Lines, v.LineID)
}

// Leads reports whether a conversation is within the scope by one's rights alone.
func (sc Scope) Leads(v Session) bool {
	if v.OperatorID == 0 {
		return sc.Reach.All
	}
	return v.OperatorID != sc.UserID && sc.Reach.Has(v.OperatorID)
}

// Supervises reports whether the scope reaches beyond one's own conversations.
func (sc Scope) Supervises() bool { return sc.Reach.All || len(sc.Reach.UserIDs) > 1 }

// Untaken reports whether no person has the conversation yet.
func (v Session) Untaken() bool {
	return v.State == StateBot || v.State == StateWaiting || v.State == StateOffered
}

// ScopeTx returns which conversations actor may see: those of the lines in which they answer, and what their roles allow.
func (s *Service) ScopeTx(ctx context.Context, tx *db.Tx, actor user.Ref) (sc Scope, err error) {
	sc = Scope{UserID: actor.ID}
	if sc.Reach, err = s.lines.HistoryTx(ctx, tx, actor); err != nil {
		return sc, fmt.Errorf("read rights: %w", err)
	}
	if !sc.Reach.All {
		sc.Lines, err = s.lines.LinesOfTx(ctx, tx, actor.ID)
		return sc, err
	}
	all, err := s.lines.AllTx(ctx, tx)
	for _, l := range all {
		sc.Lines = append(sc.Lines, l.ID)
	}
	return sc, err
}

// Scope is ScopeTx outside a transaction.
func (s *Service) Scope(ctx context.Context, actor user.Ref) (sc Scope, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		sc, err = s.ScopeTx(ctx, tx, actor)
		return err
	})
	return sc, err
}
