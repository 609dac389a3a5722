package livechat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Phase is where a visitor's conversation stands, as they are told.
type Phase string

// The phases.
const (
	PhaseNone    Phase = "none"    // there was none yet
	PhaseWaiting Phase = "waiting" // in the queue
	PhaseTaken   Phase = "taken"   // somebody answers, or was asked to
	PhaseOver    Phase = "over"    // it is over; the next message begins another
)

// State is what a visitor is shown beside the messages.
type State struct {
	Phase    Phase   `json:"phase"`
	Position int64   `json:"position,omitempty"` // in the queue, from 1; MaxPosition: at least so far behind
	Bot      bool    `json:"bot,omitempty"`      // with PhaseTaken: a bot answers
	Form     bool    `json:"form,omitempty"`     // nobody answers now: the form is shown
	Vote     bool    `json:"vote,omitempty"`     // they are asked for a rating
	Voted    bool    `json:"voted,omitempty"`
	Read     int64   `json:"read,omitempty"`    // the last of their messages, by its number, that was read
	Consent  string  `json:"consent,omitempty"` // what they have to agree to: the text, or what agreeing to Terms means
	Terms    *Terms  `json:"terms,omitempty"`
	Profile  Profile `json:"profile"`
	Signed   bool    `json:"signed,omitempty"` // the site has proved who they are
	Drafts   bool    `json:"drafts,omitempty"` // operators see what they are typing
}

// MaxPosition is the last place in the queue that is counted.
const MaxPosition = 100

// Opening is what a visitor gets when they open the chat.
type Opening struct {
	State   State
	History History
	Version int64 // from which the stream goes on
	Known   bool  // the token is known: there is something to go on with
}

// Enter opens the chat for a visitor. Faults: ErrNoWidget, ErrToken, ErrTooMany.
func (s *Service) Enter(ctx context.Context, c Caller) (o Opening, err error) {
	if !s.limits.take(openRate, network(c.Address)) {
		return o, ErrTooMany
	}
	w, l, v, err := s.caller(ctx, c)
	if err != nil && !errors.Is(err, ErrNoVisitor) {
		return o, err
	}
	if o.Known = err == nil; o.Known {
		if err := s.touch(ctx, c.Token); err != nil {
			return o, err
		}
		err = s.DB.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT version FROM livechat_visitor WHERE id = ?", v.id).Scan(&o.Version)
		})
		if err != nil {
			return o, err
		}
		if o.History, err = s.before(ctx, v, 0); err != nil {
			return o, err
		}
	}
	o.State, err = s.state(ctx, w, l, v)
	return o, err
}

// state describes where a visitor's conversation stands.
func (s *Service) state(ctx context.Context, w Widget, l line.Line, v visitor) (st State, err error) {
	st = State{Phase: PhaseNone, Profile: v.profile, Signed: v.proved != "", Drafts: l.WatchTyping}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		want, err := s.wantedTx(ctx, tx, l)
		if err != nil {
			return err
		}
		if st.Consent, st.Terms = "", nil; want.key != v.consent {
			st.Consent, st.Terms = want.text, want.terms
		}
		if v.chatID == 0 {
			return nil
		}
		return s.talkTx(ctx, tx, v, &st)
	})
	if err != nil {
		return st, err
	}
	if st.Phase == PhaseNone || st.Phase == PhaseOver {
		if st.Form, err = s.closed(ctx, w, l); err != nil {
			return st, err
		}
	}
	if v.chatID == 0 {
		return st, nil
	}
	upTo, err := s.Messenger.ReadUpTo(ctx, v.chatID, v.userID)
	if err != nil {
		return st, err
	}
	return st, s.DB.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT COALESCE(MAX(number), 0) FROM livechat_message WHERE visitor_id = ? AND own = 1 AND message_id BETWEEN 1 AND ?"
		return tx.QueryRow(ctx, q, v.id, upTo).Scan(&st.Read)
	})
}

// talkTx describes the conversation itself.
func (s *Service) talkTx(ctx context.Context, tx *db.Tx, v visitor, st *State) error {
	c, err := s.Conversations.LastTx(ctx, tx, v.chatID)
	if errors.Is(err, openline.ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	asks := c.VoteAsked && c.State != openline.StateSpam
	st.Vote, st.Voted = asks && c.Vote == openline.VoteNone, asks && c.Vote != openline.VoteNone
	switch c.State {
	case openline.StateWaiting:
		st.Phase = PhaseWaiting
		st.Position, err = s.Conversations.PositionTx(ctx, tx, c, MaxPosition)
	case openline.StateClosed, openline.StateSpam:
		st.Phase = PhaseOver
	default:
		st.Phase, st.Bot = PhaseTaken, c.Led()
	}
	return err
}

// peopleFor is how long it is believed that somebody is there, or nobody.
const peopleFor = 5 * time.Second

// closed reports whether the form takes the place of the conversation.
func (s *Service) closed(ctx context.Context, w Widget, l line.Line) (bool, error) {
	if w.Offline == OfflineNever {
		return false, nil
	}
	now := s.now()
	if !l.OpenAt(now, s.Zone(ctx)) {
		return true, nil
	}
	if w.Offline != OfflineAbsent {
		return false, nil
	}
	if l.Bot.Enabled && l.Bot.ID != 0 {
		return false, nil // a bot answers, whoever is there
	}
	s.mu.Lock()
	known, ok := s.people[l.ID]
	s.mu.Unlock()
	if ok && now.Sub(known.at).Abs() < peopleFor {
		return !known.there, nil
	}
	there, err := s.somebody(ctx, l)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	s.people[l.ID] = peopleAt{there, now}
	s.mu.Unlock()
	return !there, nil
}

// somebody reports whether an operator of a line is there.
func (s *Service) somebody(ctx context.Context, l line.Line) (there bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ids, err := s.Lines.OperatorsTx(ctx, tx, l)
		if err != nil {
			return err
		}
		online, err := s.Presence.OnlineTx(ctx, tx, ids)
		there = false
		for _, on := range online {
			there = there || on
		}
		return err
	})
	return there, err
}

// Rate keeps a visitor's rating of their conversation. Faults: ErrNoWidget, ErrToken, ErrNoVisitor, ErrVote.
func (s *Service) Rate(ctx context.Context, c Caller, like bool) error {
	_, _, v, err := s.caller(ctx, c)
	if err != nil {
		return err
	}
	if !s.limits.take(visitorRate, v.name) {
		return ErrTooMany
	}
	var session openline.Session
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		session, err = s.Conversations.LastTx(ctx, tx, v.chatID)
		return err
	})
	if err == nil {
		vote := openline.VoteLike
		if !like {
			vote = openline.VoteDislike
		}
		err = s.Conversations.Rate(ctx, session.ID, vote)
	}
	if errors.Is(err, openline.ErrNoSession) || errors.Is(err, openline.ErrWrongState) {
		return ErrVote
	}
	if err == nil {
		s.wakes.wake(v.id)
	}
	return err
}

// Read notes that a visitor has seen the messages up to a number of theirs. Faults: ErrNoWidget, ErrToken, ErrNoVisitor.
func (s *Service) Read(ctx context.Context, c Caller, number int64) error {
	_, _, v, err := s.caller(ctx, c)
	if err != nil || v.chatID == 0 || !s.limits.take(readRate, v.name) {
		return err
	}
	var id int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		const seen = "UPDATE livechat_visitor SET read_number = CASE WHEN version < ? THEN version ELSE ? END, seen_at = ? WHERE id = ? AND read_number < ?"
		if _, err := tx.Exec(ctx, seen, number, number, db.Micro(s.now()), v.id, number); err != nil {
			return fmt.Errorf("note what a visitor has seen: %w", err)
		}
		const q = "SELECT COALESCE(MAX(message_id), 0) FROM livechat_message WHERE visitor_id = ? AND number <= ?"
		return tx.QueryRow(ctx, q, v.id, number).Scan(&id)
	})
	if err != nil || id == 0 {
		return err
	}
	return s.Messenger.Read(ctx, v.userID, v.chatID, id)
}

// maxDraft is how many characters of a draft operators see; with one more they see that it is the end.
const maxDraft = 1000

// Typing tells the operators that a visitor writes, and what, where the line lets them see that. Faults: ErrNoWidget, ErrToken, ErrNoVisitor.
func (s *Service) Typing(ctx context.Context, c Caller, draft string) error {
	_, l, v, err := s.caller(ctx, c)
	if err != nil || v.chatID == 0 || !s.limits.take(typingRate, v.name) {
		return err
	}
	if !l.WatchTyping {
		draft = ""
	}
	r := []rune(clean(draft))
	return s.Messenger.Typing(ctx, v.userID, v.chatID, string(r[max(0, len(r)-maxDraft-1):])) // what they write now is the end of it
}
