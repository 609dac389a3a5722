package openline

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Numbers counts what happens in conversations.
type Numbers interface {
	// AnsweredTx is told of each answer that a client waited for.
	AnsweredTx(ctx context.Context, tx *db.Tx, a Answered) error
	// ChangedTx is told when something of a conversation changed that is counted.
	ChangedTx(ctx context.Context, tx *db.Tx, s Session) error
}

// Answered is an answer of a person to a client who waited for it.
type Answered struct {
	Session    Session
	OperatorID int64
	At         time.Time
	Took       time.Duration // the first: from coming into the queue; a later one: from what the client wrote
	Wanted     time.Duration // in which the line wants the answer; 0: in none
	First      bool          // of the conversation
}

// countAnswerTx tells of an answer before it is noted in v. What an operator adds to an answer of theirs is none.
func (s *Service) countAnswerTx(ctx context.Context, tx *db.Tx, l line.Line, v Session, operator int64) error {
	if s.numbers == nil {
		return nil
	}
	a := Answered{Session: v, OperatorID: operator, At: s.now(), First: v.Answered.IsZero(), Wanted: l.FurtherAnswer.Time}
	since := v.WaitingSince
	if a.First {
		a.Wanted = l.FirstAnswer.Time
		if !v.Queued.IsZero() {
			since = v.Queued
		}
	}
	if since.IsZero() {
		return nil
	}
	a.Took = max(a.At.Sub(since), 0)
	return s.numbers.AnsweredTx(ctx, tx, a)
}

// countTx tells that something of a conversation changed that is counted.
func (s *Service) countTx(ctx context.Context, tx *db.Tx, v Session) error {
	if s.numbers == nil {
		return nil
	}
	return s.numbers.ChangedTx(ctx, tx, v)
}
