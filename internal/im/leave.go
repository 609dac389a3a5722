package im

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// Leave takes a member out of a group; the general chat cannot be left. When the owner leaves, the person who has been in it
// longest becomes the owner. It returns ErrAccess and ErrNoChat.
func (s *Service) Leave(ctx context.Context, userID, chatID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.removeTx(ctx, tx, userID, chatID, userID, "left the chat")
	})
}

// RemoveMember takes a member out of a group on behalf of who may. Managers do not remove each other or the owner. It returns ErrAccess and ErrNoChat.
func (s *Service) RemoveMember(ctx context.Context, actor, chatID, userID int64) error {
	if actor == userID {
		return s.Leave(ctx, userID, chatID)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.removeTx(ctx, tx, actor, chatID, userID, "")
	})
}

func (s *Service) removeTx(ctx context.Context, tx *db.Tx, actor, chatID, userID int64, said string) error {
	st, err := s.groupTx(ctx, tx, chatID, actor)
	if err != nil {
		return err
	}
	if st.chat.General() || !st.has(userID) || actor != userID && !st.mayRemove(actor, userID) {
		return ErrAccess
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{actor, userID})
	if err != nil {
		return err
	}
	text := mention(users[userID]) + " " + said
	if said == "" {
		text = mention(users[actor]) + " removed " + mention(users[userID]) + " from the chat"
	}
	if err := s.noteTx(ctx, tx, chatID, st, text, CodeLeave); err != nil {
		return err
	}
	if err := touchTx(ctx, tx, chatID); err != nil {
		return err
	}
	if err := tx.Later(ctx, "DELETE FROM chat_member WHERE chat_id = ? AND user_id = ?", chatID, userID); err != nil {
		return fmt.Errorf("remove member: %w", err)
	}
	if err := tx.Later(ctx, passOwner+" AND id = ?", userID, chatID); err != nil {
		return fmt.Errorf("pass chat on: %w", err)
	}
	if _, err := s.movedTx(ctx, tx, chatID, moved{removed: []int64{userID}}); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.live.Publish(st.members, LiveChat, LiveMembers{ChatID: chatID, Removed: []int64{userID}})
	})
	return s.tellMembers(ctx, tx, MembersEvent{Chat: st.chat, Removed: []int64{userID}, ActorID: actor})
}

// mayRemove reports whether one member may remove another.
func (st *state) mayRemove(actor, userID int64) bool {
	if st.chat.OwnerID == actor {
		return st.chat.CanRemove != RightNone
	}
	return st.allows(actor, st.chat.CanRemove) && st.chat.OwnerID != userID && !slices.Contains(st.managers, userID)
}

// passOwner makes the longest member the owner of chats whose owner has left.
const passOwner = `UPDATE chat SET owner_id = COALESCE((SELECT b.user_id FROM chat_member b WHERE b.chat_id = chat.id AND b.bot = 0
	ORDER BY b.joined, b.user_id LIMIT 1), 0) WHERE owner_id = ?`

// LeaveAllTx takes a dismissed user or a removed bot out of every group. Their private chats stay, as history.
func (s *Service) LeaveAllTx(ctx context.Context, tx *db.Tx, userID int64) error {
	const groups = `SELECT b.chat_id FROM chat_member b JOIN chat c ON c.id = b.chat_id WHERE b.user_id = ? AND c.type <> 'P'
		ORDER BY b.chat_id`
	ids, err := queryIDs(ctx, tx, groups, userID)
	if err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	for _, id := range ids {
		if err := touchTx(ctx, tx, id); err != nil {
			return err
		}
		if err := tx.Later(ctx, "DELETE FROM chat_member WHERE chat_id = ? AND user_id = ?", id, userID); err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		if err := tx.Later(ctx, passOwner+" AND id = ?", userID, id); err != nil {
			return fmt.Errorf("pass chat on: %w", err)
		}
		st, err := s.movedTx(ctx, tx, id, moved{removed: []int64{userID}})
		if err != nil {
			return err
		}
		tx.AfterCommit(func() {
			s.live.Publish(st.members, LiveChat, LiveMembers{ChatID: id, Removed: []int64{userID}})
		})
		if err := s.tellMembers(ctx, tx, MembersEvent{Chat: st.chat, Removed: []int64{userID}}); err != nil {
			return err
		}
	}
	return nil
}

func queryIDs(ctx context.Context, tx *db.Tx, q string, args ...any) (ids []int64, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
