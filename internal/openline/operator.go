package openline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// takeTx gives a conversation to an operator who answers.
func (s *Service) takeTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, operator int64) error {
	before := v.OperatorID
	if err := v.move(MoveTake); err != nil {
		return err
	}
	now := s.now()
	v.OperatorID, v.tried = operator, nil
	if v.Taken.IsZero() {
		v.Taken = now
	}
	v.Closed, v.Reason = time.Time{}, ""
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	if before != 0 && before != operator {
		asked = append(asked, before)
	}
	if err := s.setOffersTx(ctx, tx, *v, nil); err != nil {
		return err
	}
	if err := s.dropQueueTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.swapTx(ctx, tx, l, v, operator, asked); err != nil {
		return err
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.movedTx(ctx, tx, l, *v); err != nil {
		return err
	}
	tx.AfterCommit(s.hurry) // those who were asked besides may be free
	return s.stepTx(ctx, tx, v.ID, Step{Kind: StepTaken, ActorID: operator, UserID: operator})
}

// swapTx makes an operator the one in the chat, in the place of those who were asked and of the bot.
func (s *Service) swapTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, operator int64, out []int64) error {
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return err
	}
	if v.BotID != 0 && !l.Bot.Stays {
		out = append(out, v.BotID)
		v.BotID = 0
	}
	out = slices.DeleteFunc(out, func(id int64) bool { return id == operator || !has(members, id) })
	if len(out) > 0 {
		if err := s.chats.DropMembersTx(ctx, tx, v.ChatID, out); err != nil {
			return err
		}
	}
	if !has(members, operator) {
		if err := s.chats.JoinTx(ctx, tx, v.ChatID, operator, []int64{operator}); err != nil {
			return err
		}
	}
	return s.chats.SetOwnerTx(ctx, tx, v.ChatID, operator)
}

// inChat runs a change of the conversation of a chat that is open.
func (s *Service) inChat(ctx context.Context, chatID int64, change func(tx *db.Tx, l line.Line, v *Session) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.LastTx(ctx, tx, chatID); err != nil { // before a chat is locked that is none of ours
			return err
		}
		if err := s.chats.LockTx(ctx, tx, chatID); err != nil {
			return err
		}
		v, err := s.LastTx(ctx, tx, chatID)
		if err != nil {
			return err
		}
		l, err := s.lineOfTx(ctx, tx, v)
		if err != nil {
			return err
		}
		return change(tx, l, &v)
	})
}

// Answer gives the conversation of a chat to an operator who takes it. Who may is for the caller to check. Faults: ErrNoSession,
// ErrTaken where somebody else was quicker, ErrOver.
func (s *Service) Answer(ctx context.Context, operator, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		switch {
		case v.State == StateActive && v.OperatorID == operator:
			return nil
		case v.State == StateActive:
			return ErrTaken
		case !v.State.Open():
			return ErrOver
		}
		return s.takeTx(ctx, tx, l, v, operator)
	})
}

// Skip passes a conversation that an operator has to the next one. Faults: ErrNoSession, ErrNotYours, ErrOver.
func (s *Service) Skip(ctx context.Context, operator, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		asked, err := offeredTx(ctx, tx, v.ID)
		switch {
		case err != nil:
			return err
		case !v.State.Open() || v.State == StateClosing:
			return ErrOver
		case v.State == StateActive && v.OperatorID == operator:
			asked = []int64{operator}
		case v.State == StateOffered && has(asked, operator):
			asked = slices.DeleteFunc(asked, func(id int64) bool { return id != operator })
		default:
			return ErrNotYours
		}
		return s.skipTx(ctx, tx, l, v, operator, asked)
	})
}

func (s *Service) skipTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, operator int64, from []int64) error {
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	if rest := slices.DeleteFunc(asked, func(id int64) bool { return id == operator }); len(rest) > 0 {
		if err := s.setOffersTx(ctx, tx, *v, rest); err != nil {
			return err
		}
		v.tried = append(v.tried, operator)
		if err := saveSession(ctx, tx, v); err != nil {
			return err
		}
		if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepSkipped, ActorID: operator, UserID: operator}); err != nil {
			return err
		}
		return s.chats.DropMembersTx(ctx, tx, v.ChatID, []int64{operator})
	}
	if err := s.dropTimerTx(ctx, tx, v.ID, timerAutoClose); err != nil {
		return err
	}
	return s.passOnTx(ctx, tx, l, v, from, Step{Kind: StepSkipped, ActorID: operator, UserID: operator})
}

// Target is whom a conversation is given to: exactly one of the fields is set.
type Target struct {
	UserID int64
	LineID int64
}

// Transfer gives a conversation to somebody else, or to the queue of a line. Faults: ErrNoSession, ErrOver, ErrOperator for who does not
// exist, has left, cannot answer, or is the one who has it, and for a line that is not active.
func (s *Service) Transfer(ctx context.Context, actor, chatID int64, to Target) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		return s.transferTx(ctx, tx, l, v, actor, to)
	})
}

func (s *Service) transferTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, actor int64, to Target) error {
	if !v.State.Open() || v.State == StateClosing {
		return ErrOver
	}
	if to.LineID != 0 {
		return s.toLineTx(ctx, tx, v, actor, to.LineID)
	}
	return s.toUserTx(ctx, tx, l, v, actor, to.UserID)
}

// toUserTx asks one person to take a conversation.
func (s *Service) toUserTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, actor, userID int64) error {
	users, err := s.users.ManyTx(ctx, tx, []int64{userID})
	if err != nil {
		return fmt.Errorf("read operator: %w", err)
	}
	u, ok := users[userID]
	if ok && u.Kind == user.Bot && u.Active {
		return s.operatorToBotTx(ctx, tx, v, actor, u)
	}
	if !ok || !u.Active || !u.CanSignIn() || v.OperatorID == userID && v.State == StateActive {
		return ErrOperator
	}
	before, err := s.holdersTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	v.tried = nil
	if v.WaitingSince.IsZero() && v.Answered.IsZero() { // whatever a bot said: a person has not
		v.WaitingSince = s.now()
	}
	if err := s.dropQueueTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.dropTimerTx(ctx, tx, v.ID, timerAutoClose); err != nil {
		return err
	}
	why := Step{Kind: StepMoved, ActorID: actor, UserID: userID}
	if err := s.offerTx(ctx, tx, l, v, []int64{userID}, why); err != nil {
		return err
	}
	if err := s.queueTimersTx(ctx, tx, l, v); err != nil { // they may not answer either
		return err
	}
	if err := s.noteTx(ctx, tx, *v, "The conversation was passed to "+u.DisplayName()+".", true); err != nil {
		return err
	}
	return s.outTx(ctx, tx, *v, before, userID)
}

// operatorToBotTx lets a bot lead a conversation that people had.
func (s *Service) operatorToBotTx(ctx context.Context, tx *db.Tx, v *Session, actor int64, bot user.User) error {
	before, err := s.holdersTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	if v.BotID != 0 {
		before = append(before, v.BotID)
	}
	done, err := s.toBotTx(ctx, tx, v, bot.ID, actor)
	if err != nil {
		return err
	}
	if !done {
		return ErrOperator
	}
	if err := s.dropAllTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.setOffersTx(ctx, tx, *v, nil); err != nil {
		return err
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	l, err := s.lineOfTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	if err := s.botTimerTx(ctx, tx, l, *v); err != nil {
		return err
	}
	if err := s.outTx(ctx, tx, *v, before, bot.ID); err != nil {
		return err
	}
	return s.movedTx(ctx, tx, l, *v)
}

// holdersTx returns who has a conversation: who answers, or is asked.
func (s *Service) holdersTx(ctx context.Context, tx *db.Tx, v Session) ([]int64, error) {
	ids, err := offeredTx(ctx, tx, v.ID)
	if v.OperatorID != 0 && !has(ids, v.OperatorID) {
		ids = append(ids, v.OperatorID)
	}
	return ids, err
}

// outTx takes who had a conversation out of its chat.
func (s *Service) outTx(ctx context.Context, tx *db.Tx, v Session, ids []int64, keep int64) error {
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return id == keep || !has(members, id) })
	if len(ids) == 0 {
		return nil
	}
	tx.AfterCommit(s.hurry)
	return s.chats.DropMembersTx(ctx, tx, v.ChatID, ids)
}

// toLineTx puts a conversation into the queue of a line.
func (s *Service) toLineTx(ctx context.Context, tx *db.Tx, v *Session, actor, lineID int64) error {
	l, err := s.lines.GetTx(ctx, tx, lineID)
	if err != nil || !l.Active {
		return ErrOperator.Because(err)
	}
	before, err := s.holdersTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	v.LineID, v.Priority, v.Queued = l.ID, int64(l.Priority), time.Time{}
	if err := s.dropQueueTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.requeueTx(ctx, tx, l, v, Step{Kind: StepMoved, ActorID: actor, Detail: Detail{LineID: l.ID}}); err != nil {
		return err
	}
	now, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	before = slices.DeleteFunc(before, func(id int64) bool { return has(now, id) })
	if err := s.tellOffHoursTx(ctx, tx, l, v); err != nil {
		return err
	}
	return s.outTx(ctx, tx, *v, before, 0)
}

// Join lets somebody take part in a conversation beside who has it. Faults: ErrNoSession, ErrOver.
func (s *Service) Join(ctx context.Context, userID, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, _ line.Line, v *Session) error {
		if !v.State.Open() {
			return ErrOver
		}
		members, _, err := s.chats.MembersTx(ctx, tx, chatID)
		if err != nil || has(members, userID) {
			return err
		}
		if err := s.chats.JoinTx(ctx, tx, chatID, userID, []int64{userID}); err != nil {
			return err
		}
		users, err := s.users.ManyTx(ctx, tx, []int64{userID})
		if err != nil {
			return err
		}
		return s.noteTx(ctx, tx, *v, users[userID].DisplayName()+" joined the conversation.", false)
	})
}

// Intercept gives a conversation that somebody else has to who asks for it. Faults: ErrNoSession, ErrOver, ErrOperator where they have it
// already.
func (s *Service) Intercept(ctx context.Context, userID, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		switch {
		case !v.State.Open():
			return ErrOver
		case v.State == StateActive && v.OperatorID == userID:
			return ErrOperator
		}
		return s.takeTx(ctx, tx, l, v, userID)
	})
}

// Start begins a new conversation in a chat, for an operator; the one before it is closed. Faults: ErrNoSession, ErrSpam.
func (s *Service) Start(ctx context.Context, operator, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		_, err := s.startTx(ctx, tx, l, v, operator)
		return err
	})
}

func (s *Service) startTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, operator int64) (Session, error) {
	if v.State == StateSpam {
		return *v, ErrSpam
	}
	if v.State.Open() {
		if err := s.closeTx(ctx, tx, v, operator, ByNew); err != nil {
			return *v, err
		}
	}
	return s.againTx(ctx, tx, l, *v, operator)
}

// StartFrom is Start with a message of the chat, which is repeated in the new conversation for the operator. Faults: as of Start, and
// ErrNoAccess for a message of another chat.
func (s *Service) StartFrom(ctx context.Context, operator, chatID, messageID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		m, err := s.chats.TextTx(ctx, tx, messageID)
		if err != nil {
			return err
		}
		if m.ChatID != chatID {
			return ErrNoAccess
		}
		next, err := s.startTx(ctx, tx, l, v, operator)
		if err != nil {
			return err
		}
		_, err = s.chats.SendTx(quietly(ctx), tx, NewMessage{
			ChatID: chatID, Text: "About message #" + strconv.FormatInt(messageID, 10) + ":\n" + m.Text, Files: m.Files, Inner: true,
		})
		if err != nil {
			return err
		}
		return s.dataTx(ctx, tx, next)
	})
}

// SetSilent says whether what operators write in a conversation is kept from the client. Fault: ErrNoSession.
func (s *Service) SetSilent(ctx context.Context, chatID int64, on bool) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, _ line.Line, v *Session) error {
		v.Silent = on
		if err := saveSession(ctx, tx, v); err != nil {
			return err
		}
		return s.dataTx(ctx, tx, *v)
	})
}
