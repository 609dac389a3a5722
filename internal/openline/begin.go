package openline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

func has(ids []int64, id int64) bool { return slices.Contains(ids, id) }

// lineOfTx returns the line that a conversation is in. Of one that was deleted it returns what is enough to end the conversation.
func (s *Service) lineOfTx(ctx context.Context, tx *db.Tx, v Session) (line.Line, error) {
	return s.lines.GetTx(ctx, tx, v.LineID)
}

// moveTx puts a conversation into its next state. ErrWrongState where the move cannot happen.
func (v *Session) move(m Move) error {
	to, ok := v.State.After(m)
	if !ok {
		return ErrWrongState
	}
	v.State = to
	return nil
}

// beginTx begins a conversation. operator is who begins it, from inside; 0: the client.
func (s *Service) beginTx(ctx context.Context, tx *db.Tx, l line.Line, r room, operator int64) (Session, error) {
	now := s.now()
	var after int64
	if !r.fresh {
		var err error
		if after, err = s.chats.LastTx(ctx, tx, r.chatID); err != nil {
			return Session{}, err
		}
	}
	v := Session{
		AfterID: after, LineID: l.ID, ChatID: r.chatID, Channel: r.address, State: StateWaiting, ParentID: r.sessionID, Priority: int64(l.Priority), Created: now,
	}
	if l.Categories {
		v.CategoryID = l.CategoryID
	}
	if err := insertSession(ctx, tx, &v); err != nil {
		return v, err
	}
	if err := s.emptyRoomTx(ctx, tx, v, operator); err != nil {
		return v, err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepBegan, ActorID: operator, Detail: Detail{LineID: l.ID}}); err != nil {
		return v, err
	}
	if err := s.channel.StartedTx(ctx, tx, v); err != nil {
		return v, fmt.Errorf("tell channel of session: %w", err)
	}
	if operator != 0 {
		return v, s.takeTx(ctx, tx, l, &v, operator)
	}
	return v, s.leadTx(ctx, tx, l, &v)
}

// emptyRoomTx takes out of the chat who was there for the conversation before.
func (s *Service) emptyRoomTx(ctx context.Context, tx *db.Tx, v Session, keep int64) error {
	if v.ParentID == 0 {
		return nil
	}
	return s.leaveOnlyTx(ctx, tx, v, keep)
}

// leaveOnlyTx takes everybody out of the chat but the clients and those of keep.
func (s *Service) leaveOnlyTx(ctx context.Context, tx *db.Tx, v Session, keep ...int64) error {
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return err
	}
	outside, err := clientsOf(ctx, tx, v.ChatID, members)
	if err != nil {
		return err
	}
	out := slices.DeleteFunc(slices.Clone(members), func(id int64) bool { return has(keep, id) || has(outside, id) })
	if len(out) == 0 {
		return nil
	}
	return s.chats.DropMembersTx(ctx, tx, v.ChatID, out)
}

// clientsOf returns those of a chat's members who are clients.
func clientsOf(ctx context.Context, tx *db.Tx, chatID int64, members []int64) (out []int64, err error) {
	if len(members) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, "SELECT user_id FROM openline_client WHERE user_id IN ("+db.Marks(len(members))+")", db.Args(members)...)
	if err != nil {
		return nil, fmt.Errorf("look for clients of chat %d: %w", chatID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for clients of chat %d: %w", chatID, err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// leadTx gives a new conversation to the bot that answers first, or to the queue.
func (s *Service) leadTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if l.Bot.Enabled && l.Bot.ID != 0 && (l.Bot.Always || v.ParentID == 0) {
		done, err := s.toBotTx(ctx, tx, v, l.Bot.ID, v.Channel.VisitorID)
		if err != nil {
			return err
		}
		if done {
			if err := s.botTimerTx(ctx, tx, l, *v); err != nil {
				return err
			}
			if err := saveSession(ctx, tx, v); err != nil {
				return err
			}
			return s.movedTx(ctx, tx, l, *v)
		}
	}
	return s.enqueueTx(ctx, tx, l, v, Step{Kind: StepQueued})
}

// toBotTx lets a bot lead a conversation. It reports false for one that may not: it was removed, or is for other chats.
func (s *Service) toBotTx(ctx context.Context, tx *db.Tx, v *Session, botID, actor int64) (bool, error) {
	if ok, err := s.bots.SpeaksInLinesTx(ctx, tx, botID); err != nil || !ok {
		return false, err
	}
	if err := v.move(MoveBot); err != nil {
		return false, err
	}
	v.BotID, v.OperatorID = botID, 0
	if err := s.dataTx(ctx, tx, *v); err != nil { // the bot hears with its coming which conversation it leads
		return false, err
	}
	if err := s.chats.JoinTx(ctx, tx, v.ChatID, actor, []int64{botID}); err != nil {
		return false, err
	}
	return true, s.stepTx(ctx, tx, v.ID, Step{Kind: StepBot, UserID: botID})
}

// enqueueTx puts a conversation into the queue of its line and asks an operator, where one can be asked. The step says why.
func (s *Service) enqueueTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why Step) error {
	if err := v.move(MoveQueue); err != nil {
		return err
	}
	now := s.now()
	if v.Queued.IsZero() {
		v.Queued = now
	}
	if v.WaitingSince.IsZero() && v.Answered.IsZero() { // whatever a bot said: a person has not
		v.WaitingSince = now
	}
	v.OperatorID, v.tried = 0, nil
	if err := s.stepTx(ctx, tx, v.ID, why); err != nil {
		return err
	}
	if err := s.queueTimersTx(ctx, tx, l, v); err != nil {
		return err
	}
	if zone := s.zone(ctx); !l.OpenAt(now, zone) {
		opens, _ := l.NextOpening(now, zone)
		return s.afterHoursTx(ctx, tx, l, v, opens)
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	return s.assignTx(ctx, tx, l, v)
}

func (s *Service) queueTimersTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	now := s.now()
	if l.NoAnswerTime > 0 && l.NoAnswer.Rule != line.RuleNone && v.told&toldNoAnswer == 0 && v.Answered.IsZero() {
		if err := s.setTimerTx(ctx, tx, v.ID, timerNoAnswer, now.Add(l.NoAnswerTime)); err != nil {
			return err
		}
	}
	if l.FirstAnswer.Time > 0 && v.Answered.IsZero() {
		return s.setTimerTx(ctx, tx, v.ID, timerFirstAnswer, now.Add(l.FirstAnswer.Time))
	}
	return nil
}

// afterHoursTx lets a conversation wait until people work again.
func (s *Service) afterHoursTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, opens time.Time) error {
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepOffHours, Detail: Detail{Until: opens}}); err != nil {
		return err
	}
	if !opens.IsZero() {
		if err := s.setTimerTx(ctx, tx, v.ID, timerOpening, opens); err != nil {
			return err
		}
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	return s.movedTx(ctx, tx, l, *v)
}

// greetTx tells a client what the line says at the beginning: after their own message. The consent comes with the first conversation.
func (s *Service) greetTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if l.Agreement && v.ParentID == 0 && v.Channel.Connector != widget {
		if err := s.askConsentTx(ctx, tx, l, *v); err != nil {
			return err
		}
	}
	if l.Welcome && l.WelcomeText != "" && (l.WelcomeEachSession || v.ParentID == 0) {
		if err := s.sayTx(ctx, tx, *v, l.WelcomeText, false); err != nil {
			return err
		}
	}
	return s.tellOffHoursTx(ctx, tx, l, v)
}

// askConsentTx tells a client what they agree to by writing.
func (s *Service) askConsentTx(ctx context.Context, tx *db.Tx, l line.Line, v Session) error {
	text := l.AgreementText
	if l.AgreementID != 0 && s.agreements != nil {
		said, err := s.agreements.SaidTx(ctx, tx, l.AgreementID)
		if err != nil {
			return fmt.Errorf("agreement of line %d: %w", l.ID, err)
		}
		if said != "" {
			text = said
		}
	}
	if text == "" {
		return nil
	}
	return s.sayTx(ctx, tx, v, text, false)
}

// tellOffHoursTx tells a client who is in the queue that nobody works now, once in a conversation.
func (s *Service) tellOffHoursTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	waits := v.State == StateWaiting || v.State == StateOffered
	if !waits || v.told&toldOffHours != 0 || l.OpenAt(s.now(), s.zone(ctx)) {
		return nil
	}
	v.told |= toldOffHours
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	return s.scenarioTx(ctx, tx, l, v, l.WorkTime.Rule)
}

// scenarioTx does what a line wants to be done at some point: nothing, where its rule is none.
func (s *Service) scenarioTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, c line.Scenario) error {
	if c.Rule != line.RuleText {
		return nil
	}
	if c.Text != "" {
		if err := s.sayTx(ctx, tx, *v, c.Text, false); err != nil {
			return err
		}
	}
	if c.BotID == 0 || v.State == StateBot || v.State == StateActive {
		return nil
	}
	return s.fromQueueToBotTx(ctx, tx, l, v, c.BotID)
}

// fromQueueToBotTx lets a bot lead a conversation that waits in the queue. Nobody is asked for it any more.
func (s *Service) fromQueueToBotTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, bot int64) error {
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	done, err := s.toBotTx(ctx, tx, v, bot, v.Channel.VisitorID)
	if err != nil || !done {
		return err
	}
	if err := s.dropQueueTimersTx(ctx, tx, v.ID); err != nil {
		return err
	}
	if err := s.botTimerTx(ctx, tx, l, *v); err != nil {
		return err
	}
	if err := s.setOffersTx(ctx, tx, *v, nil); err != nil {
		return err
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.outTx(ctx, tx, *v, asked, bot); err != nil {
		return err
	}
	return s.movedTx(ctx, tx, l, *v)
}

// botTimerTx sets when a bot has to hand over.
func (s *Service) botTimerTx(ctx context.Context, tx *db.Tx, l line.Line, v Session) error {
	if l.Bot.Time <= 0 {
		return nil
	}
	return s.setTimerTx(ctx, tx, v.ID, timerBot, s.now().Add(l.Bot.Time))
}

// sayTx tells a client something in the name of the line.
func (s *Service) sayTx(ctx context.Context, tx *db.Tx, v Session, text string, vote bool) error {
	id, err := s.chats.SendTx(quietly(ctx), tx, NewMessage{ChatID: v.ChatID, Text: text, Silent: true})
	if err != nil {
		return err
	}
	return s.channel.SendTx(ctx, tx, Outgoing{
		Channel: v.Channel, ChatID: v.ChatID, MessageID: id, SessionID: v.ID, Text: text, Vote: vote, Date: s.now(),
	})
}

// noteTx writes a line into the chat that the client does not see.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, v Session, text string, loud bool) error {
	_, err := s.chats.SendTx(quietly(ctx), tx, NewMessage{ChatID: v.ChatID, Text: text, Inner: true, Silent: !loud})
	return err
}

// chatOf returns the chat with a client, or the one that several share.
func chatOf(ctx context.Context, tx *db.Tx, connector string, lineID int64, chatID, clientID string) (id int64, err error) {
	q := "SELECT chat_id FROM openline_chat WHERE connector = ? AND line_id = ? AND external_id = ? AND "
	args := []any{connector, lineID, chatID}
	if clientID == "" {
		q += "grouped = 1"
	} else {
		q += "grouped = 0 AND visitor_id = (SELECT user_id FROM openline_identity WHERE connector = ? AND external_id = ?)"
		args = append(args, connector, clientID)
	}
	err = tx.QueryRow(ctx, q, args...).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoSession
	}
	if err != nil {
		return 0, fmt.Errorf("find chat of client: %w", err)
	}
	return id, nil
}

// hintTx tells who has a conversation, and who looks at all of them, that it changed.
func (s *Service) hintTx(tx *db.Tx, v Session) {
	if s.live == nil {
		return
	}
	var ids []int64
	if v.OperatorID != 0 {
		ids = []int64{v.OperatorID}
	}
	tx.AfterCommit(func() { s.live.Publish(s.andWatchers(ids), LiveSession, v.hint()) })
}

func (v Session) hint() Hint {
	return Hint{SessionID: v.ID, LineID: v.LineID, ChatID: v.ChatID, State: v.State}
}

// movedTx tells everybody in the line that a conversation is in another state, and keeps what REST shows of it with its chat.
func (s *Service) movedTx(ctx context.Context, tx *db.Tx, l line.Line, v Session) error {
	if s.live != nil {
		ids, err := s.lines.OperatorsTx(ctx, tx, l)
		if err != nil {
			return err
		}
		if v.OperatorID != 0 && !has(ids, v.OperatorID) {
			ids = append(ids, v.OperatorID)
		}
		tx.AfterCommit(func() { s.live.Publish(s.andWatchers(ids), LiveSession, v.hint()) })
	}
	if err := s.countTx(ctx, tx, v); err != nil {
		return err
	}
	return s.dataTx(ctx, tx, v)
}

// dataTx keeps what REST shows of a conversation with its chat.
func (s *Service) dataTx(ctx context.Context, tx *db.Tx, v Session) error {
	yes := func(b bool) string {
		if b {
			return "Y"
		}
		return "N"
	}
	wait := v.State == StateWaiting || v.State == StateOffered
	pinned, err := pinnedTx(ctx, tx, v.ID, v.OperatorID)
	if err != nil {
		return err
	}
	id := strconv.FormatInt(v.ID, 10)
	first := "N|NONE|0|" + yes(pinned) + "|" + yes(wait) + "|" + id + "|" + strconv.FormatInt(v.Created.Unix(), 10) + "|0|0|0"
	return s.chats.SetDataTx(ctx, tx, v.ChatID, [3]string{first, "LEAD|0|COMPANY|0|CONTACT|0|DEAL|0", yes(v.Silent)})
}
