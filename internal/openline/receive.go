package openline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
)

// quietKey marks a context in which what is written is not passed on to the client: it came from their side. Its value is whether they
// wrote it themselves.
type quietKey struct{}

func quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, false) }

func byClient(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

func isQuiet(ctx context.Context) bool { return ctx.Value(quietKey{}) != nil }

func isByClient(ctx context.Context) bool { return ctx.Value(quietKey{}) == true }

// Receive is ReceiveTx in a transaction of its own.
func (s *Service) Receive(ctx context.Context, in Incoming) (r Received, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		r, err = s.ReceiveTx(ctx, tx, in)
		return err
	})
	return r, err
}

// ReceiveTx takes in a message of a client: it opens their chat and a conversation where there is none. Channels keep a message from
// being taken in twice. Faults: ErrNoLine, ErrClientID, ErrAuthor, and those of the messenger, e.g. for a message without a text and a file.
func (s *Service) ReceiveTx(ctx context.Context, tx *db.Tx, in Incoming) (Received, error) {
	l, err := s.lines.GetTx(ctx, tx, in.LineID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Received{}, err
	}
	if err != nil || !l.Active {
		return Received{}, ErrNoLine
	}
	who, err := s.clientTx(ctx, tx, in)
	if err != nil {
		return Received{}, err
	}
	r, err := s.roomTx(ctx, tx, l, in, who)
	if err != nil {
		return Received{}, err
	}
	out := Received{VisitorID: who.id, ChatID: r.chatID}
	if who.blocked {
		out.MessageID, err = s.chats.SendTx(byClient(ctx), tx, NewMessage{ChatID: r.chatID, AuthorID: who.id, Text: in.Text, Files: in.Files, Written: in.Written, Silent: true})
		return out, err
	}
	v, began, err := s.forClientTx(ctx, tx, l, r)
	if err != nil {
		return out, err
	}
	out.SessionID, out.Began = v.ID, began
	if in.AuthorID != 0 {
		if err := tx.Alone(); err != nil {
			return out, err
		}
		out.MessageID, err = s.onBehalfTx(ctx, tx, &v, in)
		return out, err
	}
	out.MessageID, err = s.chats.SendTx(byClient(ctx), tx, NewMessage{ChatID: r.chatID, AuthorID: who.id, Text: in.Text, Files: in.Files, Written: in.Written})
	if err != nil {
		return out, err
	}
	if began || v.State == StateBot { // a bot may have answered and handed over already
		if v, err = s.SessionTx(ctx, tx, v.ID); err != nil {
			return out, err
		}
	}
	return out, s.heardTx(ctx, tx, v, in, began)
}

// RoomTx returns the client of a message that is to come and the chat with them, and makes both where they are not there yet. No conversation
// is begun. Faults: ErrNoLine, ErrClientID.
func (s *Service) RoomTx(ctx context.Context, tx *db.Tx, in Incoming) (visitorID, chatID int64, err error) {
	l, err := s.lines.GetTx(ctx, tx, in.LineID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return 0, 0, err
	}
	if err != nil || !l.Active {
		return 0, 0, ErrNoLine
	}
	who, err := s.clientTx(ctx, tx, in)
	if err != nil {
		return 0, 0, err
	}
	r, err := s.roomTx(ctx, tx, l, in, who)
	return who.id, r.chatID, err
}

// forClientTx returns the conversation that a client's message belongs to: the open one, one that may be taken up again, or a new one.
func (s *Service) forClientTx(ctx context.Context, tx *db.Tx, l line.Line, r room) (v Session, began bool, err error) {
	if !r.fresh {
		v, err = s.LastTx(ctx, tx, r.chatID)
		if err != nil && !errors.Is(err, ErrNoSession) {
			return v, false, err
		}
		if r.sessionID = v.ID; v.plain() {
			return v, false, nil
		}
		if err := tx.Alone(); err != nil || v.State.Open() {
			return v, false, err
		}
		if v.State == StateClosed && v.Reason == BySilence && l.AutoExpire > 0 && s.now().Before(v.Closed.Add(l.AutoExpire)) {
			err = s.reopenTx(ctx, tx, &v)
			return v, false, err
		}
	}
	v, err = s.beginTx(ctx, tx, l, r, 0)
	return v, true, err
}

// plain reports whether what a client writes changes nothing but their own conversation: others may write meanwhile.
func (v Session) plain() bool {
	return !v.VoteAsked && (v.State == StateActive || v.State == StateWaiting || v.State == StateOffered)
}

// heardTx draws the consequences of what a client wrote.
func (s *Service) heardTx(ctx context.Context, tx *db.Tx, v Session, in Incoming, began bool) error {
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil {
		return err
	}
	now := s.now()
	v.ClientCount++
	v.ClientAt = now
	if v.WaitingSince.IsZero() {
		v.WaitingSince = now
	}
	if err := s.dropTimerTx(ctx, tx, v.ID, timerAutoClose); err != nil {
		return err
	}
	word := strings.TrimSpace(in.Text)
	if rated, err := s.takeVoteTx(ctx, tx, l, &v, word); err != nil || rated {
		return err
	}
	if taken, err := s.heardByBotTx(ctx, tx, l, &v, word); err != nil || taken {
		return err
	}
	switch {
	case v.State == StateBot && word == "0":
		v.WantsPerson = true
		if err := s.handOverTx(ctx, tx, l, &v, "The client asked for a person."); err != nil {
			return err
		}
	case v.State == StateClosing:
		if err := s.reopenTx(ctx, tx, &v); err != nil {
			return err
		}
	case v.State == StateActive:
		if err := s.furtherTx(ctx, tx, l, &v); err != nil {
			return err
		}
	}
	if err := saveSession(ctx, tx, &v); err != nil {
		return err
	}
	if began {
		if err := s.greetTx(ctx, tx, l, &v); err != nil {
			return err
		}
	}
	s.hintTx(tx, v)
	return nil
}

// onBehalfTx writes what an operator wrote in the channel itself, as a message of theirs.
func (s *Service) onBehalfTx(ctx context.Context, tx *db.Tx, v *Session, in Incoming) (int64, error) {
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return 0, err
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{in.AuthorID})
	if err != nil {
		return 0, fmt.Errorf("read operator: %w", err)
	}
	if u, ok := users[in.AuthorID]; !ok || !u.Active {
		return 0, ErrAuthor
	}
	if !has(members, in.AuthorID) {
		if err := s.chats.JoinTx(ctx, tx, v.ChatID, in.AuthorID, []int64{in.AuthorID}); err != nil {
			return 0, err
		}
	}
	return s.chats.SendTx(quietly(ctx), tx, NewMessage{ChatID: v.ChatID, AuthorID: in.AuthorID, Text: in.Text, Files: in.Files, Written: in.Written})
}

// ChangeIncomingTx changes a message of a client, as their channel says.
func (s *Service) ChangeIncomingTx(ctx context.Context, tx *db.Tx, r Rewriting) error {
	m, err := s.chats.TextTx(ctx, tx, r.MessageID)
	if err != nil {
		return err
	}
	return s.chats.RewriteTx(quietly(ctx), tx, m.AuthorID, r)
}

// ReviseTx is ChangeIncomingTx for a channel that says anew who the client is and what their chat is called, as in.Client, in.ChatName and
// in.ChatURL. It returns the client; 0 where they never wrote: nobody is added.
func (s *Service) ReviseTx(ctx context.Context, tx *db.Tx, in Incoming, r Rewriting) (visitorID int64, err error) {
	if visitorID, err = s.completeTx(ctx, tx, in); err != nil {
		return 0, err
	}
	return visitorID, s.ChangeIncomingTx(ctx, tx, r)
}

// RemoveIncomingTx removes a message of a client, as their channel says.
func (s *Service) RemoveIncomingTx(ctx context.Context, tx *db.Tx, messageID int64) error {
	m, err := s.chats.TextTx(ctx, tx, messageID)
	if err != nil {
		return err
	}
	return s.chats.RemoveTx(quietly(ctx), tx, m.AuthorID, messageID)
}

// RenameTx gives the chat with a client another title, as their channel says. ErrNoSession: there is none with them; userID is the
// client in the channel, and empty where a chat is shared.
func (s *Service) RenameTx(ctx context.Context, tx *db.Tx, connector string, lineID int64, chatID, clientID, title string) error {
	id, err := chatOf(ctx, tx, connector, lineID, chatID, clientID)
	if err != nil {
		return err
	}
	return s.chats.RetitleTx(ctx, tx, id, title)
}

// OpenTx opens the chat of a client without a message, and completes what is known of them: a channel whose clients send files has to put
// those somewhere. No conversation begins. Faults as of ReceiveTx.
func (s *Service) OpenTx(ctx context.Context, tx *db.Tx, in Incoming) (Received, error) {
	l, err := s.lines.GetTx(ctx, tx, in.LineID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Received{}, err
	}
	if err != nil || !l.Active {
		return Received{}, ErrNoLine
	}
	who, err := s.clientTx(ctx, tx, in)
	if err != nil {
		return Received{}, err
	}
	r, err := s.roomTx(ctx, tx, l, in, who)
	return Received{VisitorID: who.id, ChatID: r.chatID}, err
}
