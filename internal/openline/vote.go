package openline

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// voteWait is how long a rating is waited for where the line sets no limit.
const voteWait = 24 * time.Hour

// AskVote asks the client how it was before the conversation ends, where the line lets operators do so. Faults: ErrNoSession, ErrNotYours,
// ErrOver, ErrWrongState where the line does not, or they were asked already.
func (s *Service) AskVote(ctx context.Context, operator, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		switch {
		case v.State != StateActive:
			return ErrOver
		case v.OperatorID != operator:
			return ErrNotYours
		case !l.Vote.Enabled || !l.Vote.BeforeFinish || v.VoteAsked:
			return ErrWrongState
		}
		return s.askVoteTx(ctx, tx, l, v)
	})
}

func (s *Service) askVoteTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	v.VoteAsked = true
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if l.Vote.TimeLimit > 0 {
		if err := s.setTimerTx(ctx, tx, v.ID, timerVote, s.now().Add(l.Vote.TimeLimit)); err != nil {
			return err
		}
	}
	return s.sayTx(ctx, tx, *v, s.votesOf(l, *v).Ask, true)
}

func (s *Service) votesOf(l line.Line, v Session) line.VoteTexts {
	if v.Channel.Connector == widget {
		return l.Vote.Widget
	}
	return l.Vote.Message
}

// takeVoteTx takes a client's word as the rating that they were asked for. It reports false where it is none.
func (s *Service) takeVoteTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, word string) (bool, error) {
	if !v.VoteAsked || v.Vote != VoteNone || word != "1" && word != "0" {
		return false, nil
	}
	vote := VoteLike
	if word == "0" {
		vote = VoteDislike
	}
	v.WaitingSince = time.Time{}
	return true, s.ratedTx(ctx, tx, l, v, vote)
}

// ratedTx keeps a rating, thanks, and ends the conversation where the line wants that.
func (s *Service) ratedTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, vote Vote) error {
	v.Vote = vote
	if err := s.dropTimerTx(ctx, tx, v.ID, timerVote); err != nil {
		return err
	}
	texts := s.votesOf(l, *v)
	thanks, word := texts.Like, "1"
	if vote == VoteDislike {
		thanks, word = texts.Dislike, "0"
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.countTx(ctx, tx, *v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepRated, UserID: v.OperatorID, Detail: Detail{Text: word}}); err != nil {
		return err
	}
	if thanks != "" {
		if err := s.sayTx(ctx, tx, *v, thanks, false); err != nil {
			return err
		}
	}
	switch {
	case v.State == StateClosing && (l.Vote.CloseAtOnce || l.FullClose <= 0):
		return s.closeTx(ctx, tx, v, 0, ByRating)
	case v.State == StateActive && l.Vote.CloseAtOnce:
		return s.finishTx(ctx, tx, l, v, 0, ByRating)
	}
	s.hintTx(tx, *v)
	return nil
}

// Rate keeps the rating of a client who has buttons for it. Faults: ErrNoSession, ErrWrongState where they were not asked or have
// answered.
func (s *Service) Rate(ctx context.Context, sessionID int64, vote Vote) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := s.lockedTx(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		if !v.VoteAsked || v.Vote != VoteNone || vote != VoteLike && vote != VoteDislike {
			return ErrWrongState
		}
		l, err := s.lineOfTx(ctx, tx, v)
		if err != nil {
			return err
		}
		return s.ratedTx(ctx, tx, l, &v, vote)
	})
}

// HeadVote keeps what a manager thinks of a conversation: a rating of 1–5, a comment, or both. Who may is for the caller to check. Faults:
// ErrNoSession, ErrRating.
func (s *Service) HeadVote(ctx context.Context, actor, sessionID int64, rating *int64, comment *string) error {
	if rating != nil && (*rating < 1 || *rating > 5) {
		return ErrRating
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := s.lockedTx(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		if rating != nil {
			v.HeadVote = *rating
		}
		if comment != nil {
			v.HeadComment = *comment
		}
		v.HeadID = actor
		if err := saveSession(ctx, tx, &v); err != nil {
			return err
		}
		return s.countTx(ctx, tx, v)
	})
}
