package event

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Outcome says what became of a delivery in the end.
type Outcome struct {
	Delivery int64
	Event    string
	Sent     bool   // the handler took it; else it was put aside
	Status   int    // of the last answer; 0 when there was none
	Answer   string // the beginning of it, or why there was none
}

// SetOutcomes calls f, in the transaction that records the attempts, with the deliveries that were taken or put aside. It must be
// called before the first event.
func (s *Service) SetOutcomes(f func(ctx context.Context, tx *db.Tx, all []Outcome) error) {
	s.outcomes = f
}

func (s *Service) tellOutcomesTx(ctx context.Context, tx *db.Tx, results []result) error {
	if s.outcomes == nil {
		return nil
	}
	var all []Outcome
	for _, r := range results {
		if r.state != Pending {
			all = append(all, Outcome{Delivery: r.delivery, Event: r.name, Sent: r.state == Sent, Status: r.status, Answer: r.brief()})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return s.outcomes(ctx, tx, all)
}

// RetryTx puts deliveries back that were put aside, and lets those go on that wait after a failure. It is for areas, which have asked
// whether somebody may; see Retry. It returns how many of ids are on their way now.
func (s *Service) RetryTx(ctx context.Context, tx *db.Tx, ids []int64) (n int, err error) {
	for _, id := range ids {
		var lane int64
		var state State
		err := tx.QueryRow(ctx, "SELECT lane_id, state FROM event_delivery WHERE id = ?", id).Scan(&lane, &state)
		switch {
		case errors.Is(err, db.ErrNoRows) || err == nil && state == Sent:
			continue
		case err != nil:
			return n, fmt.Errorf("look for delivery: %w", err)
		}
		if err := tx.Later(ctx, "UPDATE event_delivery SET state = 0, tries = 0 WHERE id = ?", id); err != nil {
			return n, fmt.Errorf("put delivery back: %w", err)
		}
		if err := s.hurryTx(ctx, tx, lane); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
