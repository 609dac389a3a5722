package openline

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Finish ends a conversation for its operator: the client is thanked and asked how it was, as the line wants. Faults: ErrNoSession,
// ErrNotYours, ErrOver.
func (s *Service) Finish(ctx context.Context, operator, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if v.State.Open() && v.OperatorID != operator {
			return ErrNotYours
		}
		return s.finishTx(ctx, tx, l, v, operator, ByOperator)
	})
}

// FinishAny is Finish for who may end the conversations of others, which is for the caller to check.
func (s *Service) FinishAny(ctx context.Context, actor, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		return s.finishTx(ctx, tx, l, v, actor, ByOperator)
	})
}

// finishTx ends a conversation as far as those inside are concerned. It is over at once where nothing is to come from the client.
func (s *Service) finishTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, actor int64, why Reason) error {
	if !v.State.Open() || v.State == StateClosing {
		return ErrOver
	}
	if err := v.move(MoveFinish); err != nil {
		return err
	}
	v.Reason = why
	if err := s.dropAllTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.withdrawTx(ctx, tx, *v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepFinished, ActorID: actor, Detail: Detail{Text: string(why)}}); err != nil {
		return err
	}
	if err := s.partingTx(ctx, tx, l, v, why); err != nil {
		return err
	}
	wait := l.FullClose
	if v.VoteAsked && v.Vote == VoteNone {
		wait = max(wait, l.Vote.TimeLimit)
	}
	if wait <= 0 && (!v.VoteAsked || v.Vote != VoteNone) {
		return s.closeTx(ctx, tx, v, actor, why)
	}
	if wait <= 0 {
		wait = voteWait
	}
	if err := s.setTimerTx(ctx, tx, v.ID, timerFullClose, s.now().Add(wait)); err != nil {
		return err
	}
	tx.AfterCommit(s.hurry)
	if err := s.seeOffTx(ctx, tx, l, v, why); err != nil {
		return err
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	return s.movedTx(ctx, tx, l, *v)
}

// withdrawTx ends the asking for a conversation that is over. Of several who were asked nobody had it: they leave the chat.
func (s *Service) withdrawTx(ctx context.Context, tx *db.Tx, v Session) error {
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil || len(asked) == 0 {
		return err
	}
	if err := s.setOffersTx(ctx, tx, v, nil); err != nil {
		return err
	}
	if v.OperatorID != 0 {
		return nil
	}
	return s.outTx(ctx, tx, v, asked, 0)
}

// partingTx says good-bye to the client and asks how it was.
func (s *Service) partingTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why Reason) error {
	c := farewell(l, why)
	c.BotID = 0 // seeOffTx brings it in, once there is time for it
	if err := s.scenarioTx(ctx, tx, l, v, c); err != nil {
		return err
	}
	if l.Vote.Enabled && v.Vote == VoteNone && !v.VoteAsked && v.ClientCount > 0 {
		return s.askVoteTx(ctx, tx, l, v)
	}
	return nil
}

// farewell is what a line wants at the end of a conversation.
func farewell(l line.Line, why Reason) line.Scenario {
	if why == BySilence {
		return l.AutoClose
	}
	return l.Close
}

// seeOffTx brings in the bot that takes part in the end of a conversation, until it is over: where an operator finished it, or the client
// was silent, and not what a bot ended itself.
func (s *Service) seeOffTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why Reason) error {
	c := farewell(l, why)
	if c.Rule != line.RuleText || c.BotID == 0 || why != ByOperator && why != BySilence {
		return nil
	}
	if ok, err := s.bots.SpeaksInLinesTx(ctx, tx, c.BotID); err != nil || !ok {
		return err
	}
	if v.BotID != 0 && v.BotID != c.BotID {
		if err := s.botOutTx(ctx, tx, *v, v.BotID); err != nil {
			return err
		}
	}
	v.BotID, v.told = c.BotID, v.told|toldBot
	if err := s.dataTx(ctx, tx, *v); err != nil { // as for any bot that comes to lead
		return err
	}
	if err := s.chats.JoinTx(ctx, tx, v.ChatID, v.Channel.VisitorID, []int64{c.BotID}); err != nil {
		return err
	}
	return s.stepTx(ctx, tx, v.ID, Step{Kind: StepBot, UserID: c.BotID})
}

// heardByBotTx leaves what a client wrote to the bot that takes part in the end, which has some more time then. It reports false where none
// does, and for 0: that reaches a person, with any bot.
func (s *Service) heardByBotTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, word string) (bool, error) {
	if v.State != StateClosing || !v.Led() {
		return false, nil
	}
	now, err := s.SessionTx(ctx, tx, v.ID)
	switch {
	case err != nil:
		return false, err
	case !now.Led(): // it has answered already, and did not stay
		*v = now
		return now.State != StateClosing, nil
	case word == "0":
		v.WantsPerson = true
		return false, nil
	}
	v.WaitingSince, v.BotCount = time.Time{}, now.BotCount
	if l.FullClose > 0 {
		if err := s.setTimerTx(ctx, tx, v.ID, timerFullClose, s.now().Add(l.FullClose)); err != nil {
			return false, err
		}
	}
	s.hintTx(tx, *v)
	return true, saveSession(ctx, tx, v)
}

// closeTx ends a conversation for good.
func (s *Service) closeTx(ctx context.Context, tx *db.Tx, v *Session, actor int64, why Reason) error {
	if err := v.move(MoveClose); err != nil {
		return err
	}
	return s.overTx(ctx, tx, v, Step{Kind: StepClosed, ActorID: actor, Detail: Detail{Text: string(why)}}, why)
}

// overTx leaves nothing of a conversation that goes on.
func (s *Service) overTx(ctx context.Context, tx *db.Tx, v *Session, step Step, why Reason) error {
	v.Closed, v.Reason = s.now(), why
	if err := s.dropAllTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.withdrawTx(ctx, tx, *v); err != nil {
		return err
	}
	tx.Note(pinsOf(v.ID), nil)
	if err := tx.Later(ctx, "DELETE FROM openline_pin WHERE session_id = ?", v.ID); err != nil {
		return fmt.Errorf("forget pins: %w", err)
	}
	_, bots, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return err
	}
	if len(bots) > 0 {
		if err := s.chats.DropMembersTx(ctx, tx, v.ChatID, bots); err != nil {
			return err
		}
	}
	v.BotID = 0
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, step); err != nil {
		return err
	}
	l, err := s.lineOfTx(ctx, tx, *v)
	switch {
	case fault.KindOf(err) == fault.NotFound: // it is deleted: nobody looks at its queue
		if err = s.countTx(ctx, tx, *v); err == nil {
			err = s.dataTx(ctx, tx, *v)
		}
	case err == nil:
		err = s.movedTx(ctx, tx, l, *v)
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(s.hurry)
	if err := s.channel.FinishedTx(ctx, tx, *v); err != nil {
		return fmt.Errorf("tell channel of session: %w", err)
	}
	return nil
}

// Spam ends a conversation and does not hear the client any more. Faults: ErrNoSession, ErrOver.
func (s *Service) Spam(ctx context.Context, actor, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, _ line.Line, v *Session) error {
		if err := v.move(MoveSpam); err != nil {
			return ErrOver
		}
		if err := s.setBlockedTx(ctx, tx, v.Channel.VisitorID, true); err != nil {
			return err
		}
		return s.overTx(ctx, tx, v, Step{Kind: StepSpam, ActorID: actor}, BySpam)
	})
}

// reopenTx takes up a conversation again that a client goes on with: with who had it, as long as they are there.
func (s *Service) reopenTx(ctx context.Context, tx *db.Tx, v *Session) error {
	l, err := s.lineOfTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	if err := s.dropAllTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepReopened, UserID: v.OperatorID}); err != nil {
		return err
	}
	if v.BotID != 0 && !l.Bot.Stays {
		bot := v.BotID
		v.BotID = 0
		if err := s.botOutTx(ctx, tx, *v, bot); err != nil {
			return err
		}
	}
	v.told &^= toldBot
	if v.OperatorID != 0 {
		users, err := s.users.ManyTx(ctx, tx, []int64{v.OperatorID})
		if err != nil {
			return fmt.Errorf("read operator: %w", err)
		}
		if users[v.OperatorID].Active {
			return s.takeTx(ctx, tx, l, v, v.OperatorID)
		}
	}
	v.Closed, v.Reason = time.Time{}, ""
	return s.enqueueTx(ctx, tx, l, v, Step{Kind: StepQueued})
}

// ClientLeftTx ends what goes on with a client to whom nothing gets any more: at once, for nobody hears a good-bye. Where nothing goes on
// nothing happens. Fault: ErrNoSession.
func (s *Service) ClientLeftTx(ctx context.Context, tx *db.Tx, a Address) error {
	v, err := s.OfClientTx(ctx, tx, a)
	if err != nil || !v.State.Open() {
		return err
	}
	if err := s.noteTx(ctx, tx, v, "The client has left the line: answers do not reach them any more.", false); err != nil {
		return err
	}
	return s.closeTx(ctx, tx, &v, 0, ByClient)
}

// CloseLineTx ends the conversations of a line that is deleted.
func (s *Service) CloseLineTx(ctx context.Context, tx *db.Tx, lineID, actor int64) error {
	open, err := querySessions(ctx, tx, "WHERE s.line_id = ? AND s.state IN ('bot', 'waiting', 'offered', 'active', 'closing') ORDER BY s.id", lineID)
	if err != nil {
		return err
	}
	for i := range open {
		if err := s.closeTx(ctx, tx, &open[i], actor, ByLine); err != nil {
			return err
		}
	}
	return nil
}
