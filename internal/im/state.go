package im

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// maxStates bounds the chats that are kept in memory; beyond it all are dropped and the busy ones come back at once.
const maxStates = 20_000

// state is what is remembered of a chat: its settings and who is in it, not its counters. It is never changed in place.
//
// A chat's version grows with every change of these. Sending gets it back from the statement that counts the message, so
// that a message never goes by an old state, whichever process made the change.
type state struct {
	chat     Chat
	version  int64
	members  []int64 // in order
	bots     []int64
	managers []int64 // without the owner
}

func (st *state) has(userID int64) bool {
	_, found := slices.BinarySearch(st.members, userID)
	return found
}

// allows reports whether a member may do what right says who may.
func (st *state) allows(userID int64, right Right) bool {
	owner := st.chat.OwnerID == userID
	switch right {
	case RightNone:
		return false
	case RightOwner:
		return owner
	case RightManager:
		return owner || slices.Contains(st.managers, userID)
	}
	return st.has(userID)
}

// mayPost reports whether a member's message is allowed; author 0 is the portal itself.
func (st *state) mayPost(userID int64) bool {
	if userID == 0 {
		return true
	}
	return st.has(userID) && st.allows(userID, st.chat.CanPost) && (st.chat.TextField || slices.Contains(st.bots, userID))
}

// state returns what is known of a chat; ErrNoChat when there is none.
func (s *Service) state(ctx context.Context, chatID int64) (*state, error) {
	if v, ok := s.states.Load(chatID); ok {
		return v.(*state), nil
	}
	return s.reload(ctx, chatID)
}

// reload reads a chat's state anew.
func (s *Service) reload(ctx context.Context, chatID int64) (*state, error) {
	var st *state
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		st, err = s.loadState(ctx, tx, chatID)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.keep(st)
	return st, nil
}

// stateTx is state inside a transaction, which may have made the chat itself: what it reads is not kept.
func (s *Service) stateTx(ctx context.Context, tx *db.Tx, chatID int64) (*state, error) {
	if st := known(tx, chatID); st != nil {
		return st, nil
	}
	if v, ok := s.states.Load(chatID); ok {
		return v.(*state), nil
	}
	return s.loadState(ctx, tx, chatID)
}

// loadState reads a chat as it is in the transaction. Its members are read where they are not remembered as of the same version.
func (s *Service) loadState(ctx context.Context, tx *db.Tx, chatID int64) (*state, error) {
	st, err := loadChat(ctx, tx, chatID)
	if err != nil {
		return nil, err
	}
	if st.takeMembers(known(tx, chatID)) || st.takeMembers(s.remembered(chatID)) {
		return st, nil
	}
	return st, readMembers(ctx, tx, []*state{st})
}

// takeMembers takes the members of a state of the same version; false where k is none.
func (st *state) takeMembers(k *state) bool {
	if k == nil || k.version != st.version {
		return false
	}
	st.members, st.bots, st.managers = k.members, k.bots, k.managers
	return true
}

// Known returns what is remembered of a chat without asking the database, with the bots in it; false where nothing is.
func (s *Service) Known(chatID int64) (c Chat, bots []int64, ok bool) {
	st := s.remembered(chatID)
	if st == nil {
		return c, nil, false
	}
	return st.chat, st.bots, true
}

// remembered returns the state of a chat that is kept; nil where there is none.
func (s *Service) remembered(chatID int64) *state {
	if v, ok := s.states.Load(chatID); ok {
		return v.(*state)
	}
	return nil
}

// loadChat reads a state without its members. It returns ErrNoChat.
func loadChat(ctx context.Context, tx *db.Tx, chatID int64) (*state, error) {
	states, err := loadChats(ctx, tx, []int64{chatID})
	if err != nil {
		return nil, err
	}
	if len(states) == 0 {
		return nil, ErrNoChat
	}
	return states[0], nil
}

// loadChats reads states without their members, of the chats that there are.
func loadChats(ctx context.Context, tx *db.Tx, chatIDs []int64) (out []*state, err error) {
	rows, err := tx.Query(ctx, "SELECT "+chatColumns+", c.version FROM chat c WHERE c.id IN ("+db.Marks(len(chatIDs))+")", db.Args(chatIDs)...)
	if err != nil {
		return nil, fmt.Errorf("read chat: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row chatRow
		st := &state{}
		if err := rows.Scan(append(row.dest(), &st.version)...); err != nil {
			return nil, fmt.Errorf("read chat: %w", err)
		}
		st.chat = row.chat()
		out = append(out, st)
	}
	return out, rows.Err()
}

// readMembers reads who is in the chats of states.
func readMembers(ctx context.Context, tx *db.Tx, states []*state) error {
	if len(states) == 0 {
		return nil
	}
	of := make(map[int64]*state, len(states))
	ids := make([]int64, 0, len(states))
	for _, st := range states {
		of[st.chat.ID] = st
		ids = append(ids, st.chat.ID)
	}
	rows, err := tx.Query(ctx, "SELECT chat_id, user_id, bot, manager FROM chat_member WHERE chat_id IN ("+db.Marks(len(ids))+") ORDER BY chat_id, user_id", db.Args(ids)...)
	if err != nil {
		return fmt.Errorf("read members: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var chatID, id, bot, manager int64
		if err := rows.Scan(&chatID, &id, &bot, &manager); err != nil {
			return fmt.Errorf("read members: %w", err)
		}
		st := of[chatID]
		st.members = append(st.members, id)
		if bot != 0 {
			st.bots = append(st.bots, id)
		}
		if manager != 0 {
			st.managers = append(st.managers, id)
		}
	}
	return rows.Err()
}

// keep remembers st unless something newer is known.
func (s *Service) keep(st *state) {
	for {
		old, found := s.states.LoadOrStore(st.chat.ID, st)
		if !found {
			if s.count.Add(1) > maxStates {
				s.forgetAll()
			}
			return
		}
		if old.(*state).version >= st.version || s.states.CompareAndSwap(st.chat.ID, old, st) {
			return
		}
	}
}

func (s *Service) forgetAll() {
	s.private.Clear()
	s.states.Clear()
	s.count.Store(0)
}

// lockedChat is what a write owns that has locked the row of a chat: the lock keeps others out, but not those that take turns with it.
type lockedChat int64

// touchTx begins a change of a chat's members or settings: it locks the chat's row, ahead of its members' as sending does, and
// counts up its version. What ends the change finds out whether there is one.
func touchTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	if err := tx.Own(lockedChat(chatID)); err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE chat SET version = version + 1 WHERE id = ?", chatID); err != nil {
		return fmt.Errorf("touch chat: %w", err)
	}
	return nil
}

// changedTx ends such a change: it counts the members anew and passes the new state on once it is durable.
func (s *Service) changedTx(ctx context.Context, tx *db.Tx, chatID int64) (*state, error) {
	const count = "UPDATE chat SET member_count = (SELECT COUNT(*) FROM chat_member WHERE chat_id = chat.id) WHERE id = ?"
	if err := tx.Later(ctx, count, chatID); err != nil {
		return nil, fmt.Errorf("count members: %w", err)
	}
	st, err := s.loadState(ctx, tx, chatID)
	if err != nil {
		return nil, err
	}
	s.know(tx, st)
	return st, nil
}

// moved is who came into a chat, or left it.
type moved struct {
	added, bots, managers, removed []int64

	extranet bool // one of those who came is from outside the company
}

// movedTx ends a change of a chat's members alone, which began with touchTx. Where the state before it is known the members are
// neither counted nor read: somebody's coming costs the same in a chat of ten thousand.
func (s *Service) movedTx(ctx context.Context, tx *db.Tx, chatID int64, m moved) (*state, error) {
	before := known(tx, chatID)
	if before != nil && !slices.Contains(m.removed, before.chat.OwnerID) { // the owner's leaving passes the chat on
		st := *before
		st.version++
		st.chat.Extranet = st.chat.Extranet || m.extranet
		return &st, s.moveTx(ctx, tx, before, &st, m)
	}
	st, err := loadChat(ctx, tx, chatID)
	if err != nil {
		return nil, err
	}
	if before == nil {
		before = s.remembered(chatID)
	}
	if before == nil || before.version+1 != st.version {
		if err := readMembers(ctx, tx, []*state{st}); err != nil {
			return nil, err
		}
		return st, s.countTx(ctx, tx, st)
	}
	return st, s.moveTx(ctx, tx, before, st, m)
}

// moveTx gives a state the members of the one before it, but for who came and who left.
func (s *Service) moveTx(ctx context.Context, tx *db.Tx, before, st *state, m moved) error {
	st.members = moveIDs(before.members, m.added, m.removed)
	st.bots = moveIDs(before.bots, m.bots, m.removed)
	st.managers = moveIDs(before.managers, m.managers, m.removed)
	return s.countTx(ctx, tx, st)
}

// countTx counts the members of a state, and passes it on once it is durable.
func (s *Service) countTx(ctx context.Context, tx *db.Tx, st *state) error {
	st.chat.MemberCount = int64(len(st.members))
	if err := tx.Later(ctx, "UPDATE chat SET member_count = ? WHERE id = ?", st.chat.MemberCount, st.chat.ID); err != nil {
		return fmt.Errorf("count members: %w", err)
	}
	s.know(tx, st)
	return nil
}

// knownIn is under what a transaction keeps the state of a chat that it has changed itself: nobody else can until it ends.
type knownIn int64

// know keeps a state for the rest of the transaction, and remembers it once it is durable.
func (s *Service) know(tx *db.Tx, st *state) {
	tx.Note(knownIn(st.chat.ID), st)
	tx.OnCommit(func() { s.keep(st) })
}

// known returns the state of a chat that the transaction has changed; nil: it has not.
func known(tx *db.Tx, chatID int64) *state {
	st, _ := tx.Noted(knownIn(chatID)).(*state)
	return st
}

// moveIDs returns a sorted list with ids added and removed, in a new list.
func moveIDs(ids, added, removed []int64) []int64 {
	if len(added) == 0 && len(removed) == 0 {
		return ids
	}
	out := make([]int64, 0, len(ids)+len(added))
	out = append(append(out, ids...), added...)
	slices.Sort(out)
	out = slices.Compact(out)
	for _, id := range removed {
		if i, found := slices.BinarySearch(out, id); found {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out
}
