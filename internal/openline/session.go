package openline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Session is one conversation with a client, from their first message to its end. Conversations with the same client in the same
// channel follow each other in one chat.
type Session struct {
	ID         int64
	LineID     int64 // whose queue it is in: another one's after a transfer
	ChatID     int64 // of the portal
	Channel    Address
	State      State
	BotID      int64 // who leads it in StateBot, or led it and is still there
	OperatorID int64 // who was given it or answers; 0: nobody, or all were asked
	ParentID   int64 // the one before it in the chat; 0: none
	AfterID    int64 // the last message of the chat that is not of it; 0: it has all from the first
	Priority   int64
	Created    time.Time
	Queued     time.Time // when it came into the queue; zero: it did not
	Taken      time.Time // when an operator first took it; zero: nobody did
	Answered   time.Time // when an operator first wrote to the client; zero: nobody did
	Closed     time.Time // zero: it is open
	Reason     Reason    // why it ended
	// WaitingSince is when the client wrote what nobody has answered yet; zero: they do not wait.
	WaitingSince  time.Time
	ClientAt      time.Time // when the client wrote last
	ClientCount   int64     // messages of the client
	OperatorCount int64     // messages of people to the client
	BotCount      int64     // messages of bots to the client
	VoteAsked     bool
	Vote          Vote
	HeadVote      int64 // of a manager, 1–5; 0: none
	HeadComment   string
	HeadID        int64 // whose; 0: nobody's
	Silent        bool  // what operators write is not passed on
	WantsPerson   bool  // the client asked the bot for a person
	CategoryID    int64 // what it is about; 0: nobody has said

	tried []int64 // operators who had it in this round and did not take it
	told  int64   // bits of what the client has been told
}

// Vote is how a client rated a conversation.
type Vote int64

// The ratings.
const (
	VoteNone Vote = iota
	VoteLike
	VoteDislike
)

// Reason says why a conversation ended.
type Reason string

// The reasons.
const (
	ByOperator Reason = "operator"
	ByBot      Reason = "bot"
	BySilence  Reason = "silence" // the client did not write any more
	ByRating   Reason = "rating"
	BySpam     Reason = "spam"
	ByNew      Reason = "new"    // another one was begun
	ByLine     Reason = "line"   // the line was deleted
	ByClient   Reason = "client" // they have left: nothing reaches them any more
)

// What a client has been told, or given.
const (
	toldOffHours = 1 << iota
	toldNoAnswer
	toldBot // a bot takes part in the end; see Session.Led
)

// Led reports whether a bot leads the conversation: it may speak, and what the client writes is for it. It does so in StateBot, and where
// one was brought in for the end of a conversation that somebody finished.
func (s Session) Led() bool {
	return s.State == StateBot || s.State == StateClosing && s.BotID != 0 && s.told&toldBot != 0
}

// ledBy reports whether this bot does so.
func (s Session) ledBy(bot int64) bool { return s.Led() && s.BotID == bot }

const sessionColumns = `s.id, s.line_id, s.chat_id, s.visitor_id, s.connector, s.state, s.bot_id, s.operator_id, s.parent_id, s.priority, s.tried,
	s.created, s.queued, s.taken, s.answered, s.closed, s.reason, s.waiting_since, s.client_at, s.client_count, s.operator_count, s.bot_count,
	s.told, s.asked, s.vote, s.head_vote, s.head_comment, s.head_id, s.silent, s.wants_person, s.category_id, s.after_id,
	c.line_id, c.external_id, c.external_client`

const fromSession = " FROM openline_session s JOIN openline_chat c ON c.chat_id = s.chat_id "

type scanner interface{ Scan(dest ...any) error }

func scanSession(r scanner) (s Session, err error) {
	var tried string
	var created, queued, taken, answered, closed, waiting, clientAt, asked, silent, wants int64
	err = r.Scan(&s.ID, &s.LineID, &s.ChatID, &s.Channel.VisitorID, &s.Channel.Connector, &s.State, &s.BotID, &s.OperatorID, &s.ParentID, &s.Priority, &tried,
		&created, &queued, &taken, &answered, &closed, &s.Reason, &waiting, &clientAt, &s.ClientCount, &s.OperatorCount, &s.BotCount,
		&s.told, &asked, &s.Vote, &s.HeadVote, &s.HeadComment, &s.HeadID, &silent, &wants, &s.CategoryID, &s.AfterID,
		&s.Channel.LineID, &s.Channel.ChatID, &s.Channel.ClientID)
	if err != nil {
		return s, err
	}
	if tried != "" {
		if err := json.Unmarshal([]byte(tried), &s.tried); err != nil {
			return s, fmt.Errorf("operators of session %d: %w", s.ID, err)
		}
	}
	s.Created, s.Queued, s.Taken, s.Answered, s.Closed = db.Time(created), db.Time(queued), db.Time(taken), db.Time(answered), db.Time(closed)
	s.WaitingSince, s.ClientAt = db.Time(waiting), db.Time(clientAt)
	s.VoteAsked, s.Silent, s.WantsPerson = asked != 0, silent != 0, wants != 0
	return s, nil
}

func querySessions(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Session, err error) {
	rows, err := tx.Query(ctx, "SELECT "+sessionColumns+fromSession+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		s, err := scanSession(rows)
		if err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// SessionTx returns a conversation. Fault: ErrNoSession.
func (s *Service) SessionTx(ctx context.Context, tx *db.Tx, id int64) (Session, error) {
	return oneSession(ctx, tx, "WHERE s.id = ?", id)
}

// LastTx returns the newest conversation of a chat, open or not. Fault: ErrNoSession.
func (s *Service) LastTx(ctx context.Context, tx *db.Tx, chatID int64) (Session, error) {
	return oneSession(ctx, tx, "WHERE s.id = (SELECT session_id FROM openline_chat WHERE chat_id = ?)", chatID)
}

func oneSession(ctx context.Context, tx *db.Tx, where string, args ...any) (Session, error) {
	v, err := scanSession(tx.QueryRow(ctx, "SELECT "+sessionColumns+fromSession+where, args...))
	if errors.Is(err, db.ErrNoRows) {
		return v, ErrNoSession
	}
	if err != nil {
		return v, fmt.Errorf("read session: %w", err)
	}
	return v, nil
}

// Get is SessionTx outside a transaction.
func (s *Service) Get(ctx context.Context, id int64) (v Session, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err = s.SessionTx(ctx, tx, id)
		return err
	})
	return v, err
}

// Last is LastTx outside a transaction.
func (s *Service) Last(ctx context.Context, chatID int64) (v Session, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err = s.LastTx(ctx, tx, chatID)
		return err
	})
	return v, err
}

// stored are the columns that change, in the order of args.
const storedColumns = `line_id, state, bot_id, operator_id, priority, tried, queued, taken, answered, closed, reason, waiting_since, client_at,
	client_count, operator_count, bot_count, told, asked, vote, head_vote, head_comment, head_id, silent, wants_person, category_id`

func (s *Session) args() []any {
	tried := ""
	if len(s.tried) > 0 {
		b, _ := json.Marshal(s.tried) // numbers always encode
		tried = string(b)
	}
	return []any{
		s.LineID, string(s.State), s.BotID, s.OperatorID, s.Priority, tried, db.Micro(s.Queued), db.Micro(s.Taken), db.Micro(s.Answered), db.Micro(s.Closed),
		string(s.Reason), db.Micro(s.WaitingSince), db.Micro(s.ClientAt), s.ClientCount, s.OperatorCount, s.BotCount, s.told, db.Bit(s.VoteAsked),
		int64(s.Vote), s.HeadVote, s.HeadComment, s.HeadID, db.Bit(s.Silent), db.Bit(s.WantsPerson), s.CategoryID,
	}
}

func insertSession(ctx context.Context, tx *db.Tx, v *Session) (err error) {
	const q = "INSERT INTO openline_session (chat_id, visitor_id, connector, parent_id, after_id, created, " + storedColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	args := append([]any{v.ChatID, v.Channel.VisitorID, v.Channel.Connector, v.ParentID, v.AfterID, db.Micro(v.Created)}, v.args()...)
	if v.ID, err = tx.Insert(ctx, q, args...); err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	if err := tx.Later(ctx, "UPDATE openline_chat SET session_id = ? WHERE chat_id = ?", v.ID, v.ChatID); err != nil {
		return fmt.Errorf("note session: %w", err)
	}
	return nil
}

func saveSession(ctx context.Context, tx *db.Tx, v *Session) error {
	const q = "UPDATE openline_session SET (" + storedColumns + `) =
		(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?`
	if err := tx.Later(ctx, q, append(v.args(), v.ID)...); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}
