package openline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// Happened is what became of a message.
type Happened uint8

// What can become of a message.
const (
	Written Happened = iota + 1
	Rewritten
	Removed
)

// Message is what somebody did to a message in a chat of ours.
type Message struct {
	Happened Happened
	ChatID   int64
	ID       int64
	AuthorID int64
	Text     string
	Files    []int64
	Attach   attach.Attach
	Keyboard attach.Keyboard
	Inner    bool // it is not for the client
	Date     time.Time
}

// MessageTx hears what operators and bots write, change and remove, inside its transaction; what a client does comes through Receive, and
// is heard here only for those who read along.
// Faults: ErrBotSilent for a bot that has handed over, ErrSpam.
func (s *Service) MessageTx(ctx context.Context, tx *db.Tx, m Message) error {
	if m.Happened != Written {
		if err := s.tellReadersTx(ctx, tx, m); err != nil {
			return err
		}
	}
	if isByClient(ctx) || isQuiet(ctx) && m.Happened != Written {
		return nil
	}
	if err := tx.Alone(); err != nil {
		return err
	}
	v, err := s.LastTx(ctx, tx, m.ChatID)
	if errors.Is(err, ErrNoSession) {
		return nil // a chat that somebody called so
	}
	if err != nil {
		return err
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{m.AuthorID})
	if err != nil {
		return fmt.Errorf("read author: %w", err)
	}
	author := users[m.AuthorID]
	if author.Kind == user.Visitor {
		return nil
	}
	if m.Happened != Written {
		return s.changedTx(ctx, tx, v, m, author)
	}
	if author.Kind == user.Bot {
		return s.botWroteTx(ctx, tx, v, m, author)
	}
	return s.operatorWroteTx(ctx, tx, v, m, author)
}

// changedTx passes on that a message reads otherwise or is gone.
func (s *Service) changedTx(ctx context.Context, tx *db.Tx, v Session, m Message, author user.User) error {
	if m.Inner {
		return nil
	}
	out, err := s.outgoingTx(ctx, tx, v, m, author)
	if err != nil {
		return err
	}
	if m.Happened == Removed {
		return s.channel.RemoveTx(ctx, tx, out)
	}
	return s.channel.ChangeTx(ctx, tx, out)
}

// botWroteTx passes a bot's message on while the bot leads. Afterwards it may speak to the operators only.
func (s *Service) botWroteTx(ctx context.Context, tx *db.Tx, v Session, m Message, author user.User) error {
	if m.Inner {
		return nil
	}
	if v.State != StateBot && !v.ledBy(m.AuthorID) {
		return ErrBotSilent
	}
	v.BotCount++
	v.WaitingSince = time.Time{}
	if err := saveSession(ctx, tx, &v); err != nil {
		return err
	}
	return s.passTx(ctx, tx, v, m, author)
}

// passTx sends a message to the client.
func (s *Service) passTx(ctx context.Context, tx *db.Tx, v Session, m Message, author user.User) error {
	if isQuiet(ctx) {
		return nil
	}
	out, err := s.outgoingTx(ctx, tx, v, m, author)
	if err != nil {
		return err
	}
	return s.channel.SendTx(ctx, tx, out)
}

// outgoingTx describes a message as the client gets it.
func (s *Service) outgoingTx(ctx context.Context, tx *db.Tx, v Session, m Message, author user.User) (Outgoing, error) {
	out := Outgoing{
		Channel: v.Channel, ChatID: m.ChatID, MessageID: m.ID, SessionID: v.ID, AuthorID: m.AuthorID, Author: author.DisplayName(),
		Avatar: author.AvatarPath(), Text: m.Text, Files: m.Files, Attach: m.Attach, Keyboard: m.Keyboard, Date: m.Date,
	}
	if author.Kind == user.Bot {
		out.Bot = true
		return out, nil
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil {
		return out, err
	}
	out.show(l, m.AuthorID)
	return out, nil
}

// show lets the client see of an operator what the line wants to be seen.
func (out *Outgoing) show(l line.Line, userID int64) {
	shown := l.DefaultOperator
	switch l.OperatorData {
	case line.OperatorHide:
	case line.OperatorQueue:
		shown = l.Shown[userID]
		if shown.Name == "" {
			shown.Name = out.Author
		}
		if shown.Avatar = shown.Picture(l.ID); shown.Avatar == "" {
			shown.Avatar = out.Avatar
		}
	default:
		return
	}
	out.Author, out.Avatar = shown.Name, shown.Picture(l.ID)
}

// operatorWroteTx draws the consequences of what a person inside wrote: who writes first to a client who waits takes the conversation.
func (s *Service) operatorWroteTx(ctx context.Context, tx *db.Tx, v Session, m Message, author user.User) error {
	if m.Inner || v.Silent {
		return nil
	}
	if v.State == StateSpam {
		return ErrSpam
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil {
		return err
	}
	if v.State == StateClosed {
		if v, err = s.againTx(ctx, tx, l, v, author.ID); err != nil {
			return err
		}
	} else if v.State != StateActive {
		if err := s.takeTx(ctx, tx, l, &v, author.ID); err != nil {
			return err
		}
	}
	if err := s.answeredTx(ctx, tx, l, &v, author.ID); err != nil {
		return err
	}
	return s.passTx(ctx, tx, v, m, author)
}

// againTx begins another conversation in a chat, from inside.
func (s *Service) againTx(ctx context.Context, tx *db.Tx, l line.Line, last Session, operator int64) (Session, error) {
	r := room{chatID: last.ChatID, address: last.Channel, sessionID: last.ID}
	return s.beginTx(ctx, tx, l, r, operator)
}

// answeredTx notes that a person wrote to the client, and watches over what comes next.
func (s *Service) answeredTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, operator int64) error {
	now := s.now()
	if err := s.countAnswerTx(ctx, tx, l, *v, operator); err != nil {
		return err
	}
	v.OperatorCount++
	if v.Answered.IsZero() {
		v.Answered = now
		if err := s.countTx(ctx, tx, *v); err != nil {
			return err
		}
	}
	v.WaitingSince = time.Time{}
	for _, kind := range []timerKind{timerFirstAnswer, timerFurther, timerNoAnswer} {
		if err := s.dropTimerTx(ctx, tx, v.ID, kind); err != nil {
			return err
		}
	}
	if l.AutoCloseTime > 0 {
		if err := s.setTimerTx(ctx, tx, v.ID, timerAutoClose, now.Add(l.AutoCloseTime)); err != nil {
			return err
		}
	}
	s.hintTx(tx, *v)
	return saveSession(ctx, tx, v)
}

// furtherTx watches over the time of the answer to one more message of a client.
func (s *Service) furtherTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if l.FurtherAnswer.Time <= 0 || v.Answered.IsZero() {
		return nil
	}
	return s.startTimerTx(ctx, tx, v.ID, timerFurther, s.now().Add(l.FurtherAnswer.Time))
}

// Members is a change of who is in a chat of ours, as people and bots decided.
type Members struct {
	ChatID         int64
	Added, Removed []int64
	ActorID        int64 // 0: they left the company
}

// MembersTx hears who comes into a chat of ours and who leaves it. A conversation is not left alone: it goes back to the queue when who has
// it leaves, and to the next bot where one was brought in.
func (s *Service) MembersTx(ctx context.Context, tx *db.Tx, m Members) error {
	v, err := s.LastTx(ctx, tx, m.ChatID)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil || !v.State.Open() {
		return err
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil {
		return err
	}
	if v.State == StateBot {
		return s.botsMovedTx(ctx, tx, l, v, m)
	}
	if v.State == StateOffered && len(m.Removed) > 0 {
		return s.askedLeftTx(ctx, tx, l, v, m)
	}
	if v.State == StateClosing && v.Led() && slices.Contains(m.Removed, v.BotID) {
		v.BotID, v.told = 0, v.told&^toldBot
		return saveSession(ctx, tx, &v)
	}
	if v.State == StateActive && slices.Contains(m.Removed, v.OperatorID) { // what is finished already does not need them
		return s.requeueTx(ctx, tx, l, &v, Step{Kind: StepLeft, ActorID: m.ActorID, UserID: v.OperatorID})
	}
	return nil
}

// botsMovedTx lets the bot that was brought in last lead; where none is left people answer.
func (s *Service) botsMovedTx(ctx context.Context, tx *db.Tx, l line.Line, v Session, m Members) error {
	for _, id := range m.Added {
		ok, err := s.bots.SpeaksInLinesTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if ok {
			v.BotID = id
			if err := saveSession(ctx, tx, &v); err != nil {
				return err
			}
			return s.stepTx(ctx, tx, v.ID, Step{Kind: StepBot, ActorID: m.ActorID, UserID: id})
		}
	}
	if !slices.Contains(m.Removed, v.BotID) {
		return nil
	}
	return s.handOverTx(ctx, tx, l, &v, "The bot has left.")
}

// askedLeftTx asks others where all who were asked have left.
func (s *Service) askedLeftTx(ctx context.Context, tx *db.Tx, l line.Line, v Session, m Members) error {
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(asked), func(id int64) bool { return slices.Contains(m.Removed, id) })
	if len(rest) == len(asked) {
		return nil
	}
	if len(rest) > 0 {
		return s.setOffersTx(ctx, tx, v, rest)
	}
	return s.passOnTx(ctx, tx, l, &v, asked, Step{Kind: StepLeft, ActorID: m.ActorID, UserID: only(asked)})
}

// requeueTx puts a conversation that somebody had back into the queue.
func (s *Service) requeueTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why Step) error {
	if err := s.dropTimerTx(ctx, tx, v.ID, timerAutoClose); err != nil {
		return err
	}
	if err := s.setOffersTx(ctx, tx, *v, nil); err != nil {
		return err
	}
	if err := s.enqueueTx(ctx, tx, l, v, why); err != nil {
		return err
	}
	return s.noteTx(ctx, tx, *v, "The conversation is back in the queue.", false)
}
