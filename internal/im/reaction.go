package im

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// Like is the reaction that REST's im.message.like sets.
const Like = "like"

// reactions are the codes of the reactions that a message may get
// (api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/chat-message-reaction-add.md).
var reactions = [...]string{
	Like, "dislike", "faceWithTearsOfJoy", "redHeart", "neutralFace", "fire", "cry", "slightlySmilingFace", "winkingFace", "laugh",
	"kiss", "wonder", "slightlyFrowningFace", "loudlyCryingFace", "faceWithStuckOutTongue", "faceWithStuckOutTongueAndWinkingEye",
	"smilingFaceWithSunglasses", "confusedFace", "flushedFace", "thinkingFace", "angry", "smilingFaceWithHorns",
	"faceWithThermometer", "facepalm", "poo", "flexedBiceps", "clappingHands", "raisedHand", "smilingFaceWithHeartEyes",
	"smilingFaceWithHearts", "pleadingFace", "relievedFace", "foldedHands", "okHand", "signHorns", "loveYouGesture", "clownFace",
	"partyingFace", "questionMark", "exclamationMark", "lightBulb", "bomb", "sleepingSymbol", "crossMark", "whiteHeavyCheckMark",
	"eyes", "handshake", "hundredPoints",
}

// Reactions returns the codes of all reactions, the usual ones first.
func Reactions() []string { return reactions[:] }

// firstReactors is how many of those who reacted a message names.
const firstReactors = 20

// Reaction is one kind of reaction to a message.
type Reaction struct {
	Code    string
	Count   int64
	UserIDs []int64 // the first twenty who reacted so, and the viewer
	Mine    bool    // the viewer did
}

// ReactionEvent is a change of the reactions to a message.
type ReactionEvent struct {
	Chat      Chat
	Message   Message
	MemberIDs []int64 // of the chat; not to be changed
	BotIDs    []int64 // the bots in the chat, without who reacted
	ActorID   int64
	Code      string
	Set       bool // false: taken back
}

// ReactionListener is a Listener that is told of reactions too.
type ReactionListener interface {
	ReactionChangedTx(ctx context.Context, tx *db.Tx, e ReactionEvent) error
}

// React sets a member's reaction to a message, or takes it back, and reports whether that changed anything. It returns
// ErrReaction for an unknown code, and ErrNoMessage for a message that they may not see or that is removed.
func (s *Service) React(ctx context.Context, userID, messageID int64, code string, on bool) (changed bool, err error) {
	if !slices.Contains(reactions[:], code) {
		return false, ErrReaction
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := visibleTx(ctx, tx, userID, messageID)
		if err != nil {
			return err
		}
		if !m.Deleted.IsZero() {
			return ErrNoMessage
		}
		if changed, err = s.setReaction(ctx, tx, userID, messageID, code, on); err != nil || !changed {
			return err
		}
		return s.tellReaction(ctx, tx, m, ReactionEvent{ActorID: userID, Code: code, Set: on})
	})
	return changed, err
}

// Toggle sets a member's reaction to a message where it is not set, and else takes it back. It returns the faults of React.
func (s *Service) Toggle(ctx context.Context, userID, messageID int64, code string) (changed bool, err error) {
	var set int64
	const q = "SELECT COUNT(*) FROM message_reaction WHERE message_id = ? AND user_id = ? AND code = ?"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return wrap("read reaction", tx.QueryRow(ctx, q, messageID, userID, code).Scan(&set))
	})
	if err != nil {
		return false, err
	}
	return s.React(ctx, userID, messageID, code, set == 0)
}

func (s *Service) setReaction(ctx context.Context, tx *db.Tx, userID, messageID int64, code string, on bool) (bool, error) {
	if !on {
		n, err := tx.Exec(ctx, "DELETE FROM message_reaction WHERE message_id = ? AND user_id = ? AND code = ?", messageID, userID, code)
		return n > 0, wrap("remove reaction", err)
	}
	const add = `INSERT INTO message_reaction (message_id, user_id, code, created) VALUES (?, ?, ?, ?)
		ON CONFLICT (message_id, user_id, code) DO NOTHING`
	n, err := tx.Exec(ctx, add, messageID, userID, code, db.Micro(s.clock.Now()))
	if err != nil || n == 0 {
		return false, wrap("add reaction", err)
	}
	return true, setFlag(ctx, tx, messageID, flagReacted)
}

func (s *Service) tellReaction(ctx context.Context, tx *db.Tx, m Message, e ReactionEvent) error {
	st, err := s.stateTx(ctx, tx, m.ChatID)
	if err != nil {
		return err
	}
	hint := LiveReaction{ChatID: m.ChatID, MessageID: m.ID, AuthorID: m.AuthorID, UserID: e.ActorID, Code: e.Code, Set: e.Set}
	tx.AfterCommit(func() { s.live.Publish(st.members, LiveReacted, hint) })
	l, listens := s.listener.(ReactionListener)
	if !listens {
		return nil
	}
	e.Chat, e.Message, e.MemberIDs = st.chat, m, st.members
	e.BotIDs = without(st.bots, []int64{e.ActorID})
	if len(e.BotIDs) == 0 && !s.follows() {
		return nil
	}
	return l.ReactionChangedTx(ctx, tx, e)
}

// Reactors returns who reacted to a message with code, the first of them first, past offset of them. It returns
// ErrNoMessage.
func (s *Service) Reactors(ctx context.Context, viewer, messageID int64, code string, offset, limit int64) (ids []int64, err error) {
	const q = "SELECT user_id FROM message_reaction WHERE message_id = ? AND code = ? ORDER BY created, user_id LIMIT ? OFFSET ?"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := visibleTx(ctx, tx, viewer, messageID); err != nil {
			return err
		}
		ids, err = queryIDs(ctx, tx, q, messageID, code, min(max(limit, 1), maxPage), max(offset, 0))
		return wrap("read reactions", err)
	})
	return ids, err
}

// maxReacted bounds whom ReactedBy names for one message.
const maxReacted = 500

// ReactedBy returns who reacted to messages in whatever way, those who did first before the others, 500 for a message at most.
func (s *Service) ReactedBy(ctx context.Context, messages []Message) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	var ids []int64
	for _, m := range messages {
		if m.flags&flagReacted != 0 {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	q := `SELECT message_id, user_id FROM (SELECT message_id, user_id, MIN(created) AS since,
			ROW_NUMBER() OVER (PARTITION BY message_id ORDER BY MIN(created), user_id) AS place
		FROM message_reaction WHERE message_id IN (` + db.Marks(len(ids)) + `) GROUP BY message_id, user_id) r
		WHERE place <= ? ORDER BY message_id, place`
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, q, append(db.Args(ids), int64(maxReacted))...)
		if err != nil {
			return wrap("read reactions", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var messageID, userID int64
			if err := rows.Scan(&messageID, &userID); err != nil {
				return wrap("read reactions", err)
			}
			out[messageID] = append(out[messageID], userID)
		}
		return rows.Err()
	})
	return out, err
}

// fillReactions reads the reactions of those messages that have any.
func fillReactions(ctx context.Context, tx *db.Tx, viewer int64, messages []Message) error {
	at := map[int64]*Message{}
	args := []any{viewer}
	for i := range messages {
		if m := &messages[i]; m.flags&flagReacted != 0 {
			at[m.ID] = m
			args = append(args, m.ID)
		}
	}
	if len(at) == 0 {
		return nil
	}
	q := `SELECT message_id, code, user_id, n, mine FROM (SELECT message_id, code, user_id, created,
			COUNT(*) OVER (PARTITION BY message_id, code) AS n, MIN(created) OVER (PARTITION BY message_id, code) AS since,
			ROW_NUMBER() OVER (PARTITION BY message_id, code ORDER BY created, user_id) AS place,
			CASE WHEN user_id = ? THEN 1 ELSE 0 END AS mine
		FROM message_reaction WHERE message_id IN (` + db.Marks(len(at)) + `)) r
		WHERE place <= ? OR mine = 1 ORDER BY message_id, since, code, place`
	rows, err := tx.Query(ctx, q, append(args, int64(firstReactors))...)
	if err != nil {
		return fmt.Errorf("read reactions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, userID, mine int64
		var r Reaction
		if err := rows.Scan(&id, &r.Code, &userID, &r.Count, &mine); err != nil {
			return fmt.Errorf("read reactions: %w", err)
		}
		at[id].addReactor(r, userID, mine == 1)
	}
	return rows.Err()
}

func (m *Message) addReactor(r Reaction, userID int64, mine bool) {
	if n := len(m.Reactions); n == 0 || m.Reactions[n-1].Code != r.Code {
		m.Reactions = append(m.Reactions, r)
	}
	last := &m.Reactions[len(m.Reactions)-1]
	last.UserIDs = append(last.UserIDs, userID)
	last.Mine = last.Mine || mine
}

// visibleTx returns a message that a viewer may see; ErrNoMessage for any other.
func visibleTx(ctx context.Context, tx *db.Tx, viewer, messageID int64) (Message, error) {
	m, err := messageTx(ctx, tx, messageID)
	if err != nil {
		return Message{}, err
	}
	_, row, err := memberTx(ctx, tx, viewer, m.ChatID)
	switch {
	case errors.Is(err, ErrAccess), errors.Is(err, ErrNoChat), err == nil && m.ID <= row.from:
		return Message{}, ErrNoMessage
	case err != nil:
		return Message{}, err
	}
	m.Unread = m.Seq > row.ReadSeq && m.SenderID != viewer
	return m, nil
}

// setFlag sets a bit of a message that another statement may be changing too.
func setFlag(ctx context.Context, tx *db.Tx, messageID, flag int64) error {
	err := tx.Later(ctx, "UPDATE message SET flags = flags | ? WHERE id = ?", flag, messageID)
	return wrap("mark message", err)
}

// wrap says what was tried where it failed.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
