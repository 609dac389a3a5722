package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// pair names a private chat; the smaller id is first.
type pair struct{ a, b int64 }

func pairOf(a, b int64) pair { return pair{min(a, b), max(a, b)} }

// Resolve returns the chat that a dialog id names for a viewer: "7" the private chat with a person, "chat12" a chat. A private
// chat that does not exist yet has ID 0. It returns ErrParams for what is no dialog id, ErrNoUser, ErrNoChat, and ErrAccess
// where the viewer is no member.
func (s *Service) Resolve(ctx context.Context, dialogID string, viewer int64) (Chat, error) {
	id, err := s.ChatID(ctx, dialogID, viewer)
	if err != nil {
		return Chat{}, err
	}
	if id != 0 {
		return s.Get(ctx, viewer, id)
	}
	d, _ := ParseDialog(dialogID)
	p := pairOf(viewer, d.UserID)
	return Chat{Type: Private, UserA: p.a, UserB: p.b}, nil
}

// ChatID returns the number of the chat that a dialog id names for a viewer; 0 for a private chat that does not exist yet.
// Whether a chat exists and the viewer is a member is for the next call to find out. It returns ErrParams for what is no
// dialog id, ErrNoUser, and ErrNoChat.
func (s *Service) ChatID(ctx context.Context, dialogID string, viewer int64) (int64, error) {
	d, ok := ParseDialog(dialogID)
	switch {
	case !ok:
		return 0, ErrParams
	case d.ChatID != 0:
		return d.ChatID, nil
	case d.GroupID != 0:
		return 0, ErrNoChat // a workgroup's chat exists with the workgroup
	}
	id, err := s.privateID(ctx, pairOf(viewer, d.UserID))
	if err != nil || id != 0 {
		return id, err
	}
	return 0, s.checkPeer(ctx, viewer, d.UserID)
}

// OpenDialog is Resolve, but a private chat that does not exist is created. Only ID, Type and the settings of the chat are
// sure to be fresh, not its counters.
func (s *Service) OpenDialog(ctx context.Context, dialogID string, viewer int64) (Chat, error) {
	d, ok := ParseDialog(dialogID)
	switch {
	case !ok:
		return Chat{}, ErrParams
	case d.UserID != 0:
		return s.OpenPrivate(ctx, viewer, d.UserID)
	case d.GroupID != 0:
		return Chat{}, ErrNoChat
	}
	st, err := s.state(ctx, d.ChatID)
	if err != nil {
		return Chat{}, err
	}
	if !st.has(viewer) {
		if st, err = s.reload(ctx, d.ChatID); err != nil {
			return Chat{}, err
		}
		if !st.has(viewer) {
			return Chat{}, ErrAccess
		}
	}
	return st.chat, nil
}

// privateID returns the id of a private chat; 0 when there is none.
func (s *Service) privateID(ctx context.Context, p pair) (id int64, err error) {
	if v, ok := s.private.Load(p); ok {
		return v.(int64), nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		id, err = findPrivate(ctx, tx, p)
		return err
	})
	if err == nil && id != 0 {
		s.private.Store(p, id)
	}
	return id, err
}

func findPrivate(ctx context.Context, tx *db.Tx, p pair) (id int64, err error) {
	err = tx.QueryRow(ctx, "SELECT id FROM chat WHERE user_a = ? AND user_b = ? AND type = 'P'", p.a, p.b).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find private chat: %w", err)
	}
	return id, nil
}

// checkPeer makes sure that a private chat with a user may be opened. It returns ErrNoUser.
func (s *Service) checkPeer(ctx context.Context, viewer, id int64) error {
	users, err := s.users.Many(ctx, []int64{viewer, id})
	if err != nil {
		return err
	}
	if u, ok := users[id]; !ok || !u.Active {
		return ErrNoUser
	}
	return nil
}

// OpenPrivate returns the private chat of two users, or of one with themselves. The first to open it creates it; a bot in it
// then hears that it has joined. It returns ErrNoUser where b does not exist or has left.
func (s *Service) OpenPrivate(ctx context.Context, a, b int64) (Chat, error) {
	id, err := s.privateID(ctx, pairOf(a, b))
	if err != nil {
		return Chat{}, err
	}
	if id != 0 {
		st, err := s.state(ctx, id)
		if err != nil {
			return Chat{}, err
		}
		return st.chat, nil
	}
	var c Chat
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		c, err = s.OpenPrivateTx(ctx, tx, a, b)
		return err
	})
	return c, err
}

// OpenPrivateTx is OpenPrivate as part of a transaction.
func (s *Service) OpenPrivateTx(ctx context.Context, tx *db.Tx, a, b int64) (Chat, error) {
	p := pairOf(a, b)
	id, err := findPrivate(ctx, tx, p)
	if err != nil {
		return Chat{}, err
	}
	if id != 0 {
		st, err := s.stateTx(ctx, tx, id)
		if err != nil {
			return Chat{}, err
		}
		return st.chat, nil
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{p.a, p.b})
	if err != nil {
		return Chat{}, err
	}
	for _, id := range []int64{p.a, p.b} {
		if u, ok := users[id]; !ok || !u.Active {
			return Chat{}, ErrNoUser
		}
	}
	id, created, err := s.createPrivate(ctx, tx, p)
	if err != nil {
		return Chat{}, err
	}
	if !created { // somebody else was faster
		st, err := s.loadState(ctx, tx, id)
		if err != nil {
			return Chat{}, err
		}
		return st.chat, nil
	}
	st, err := s.joinTx(ctx, tx, joining{chatID: id, actor: a, users: users, ids: []int64{p.a, p.b}})
	if err != nil {
		return Chat{}, err
	}
	tx.OnCommit(func() { s.private.Store(p, id) })
	return st.chat, nil
}

func (s *Service) createPrivate(ctx context.Context, tx *db.Tx, p pair) (id int64, created bool, err error) {
	now := db.Micro(s.clock.Now())
	const add = `INSERT INTO chat (type, title, folded, owner_id, entity_type, entity_id, color, user_a, user_b, can_post, can_manage,
		created, last_at) VALUES ('P', '', '', 0, '', '', '', ?, ?, 'member', 'member', ?, ?)
		ON CONFLICT (user_a, user_b) WHERE type = 'P' DO NOTHING`
	n, err := tx.Exec(ctx, add, p.a, p.b, now, now)
	if err != nil {
		return 0, false, fmt.Errorf("create private chat: %w", err)
	}
	id, err = findPrivate(ctx, tx, p)
	return id, n == 1, err
}

// RemoveBotTx takes a removed bot out of every group and removes its private chats with all that was written there
// (api-reference/chat-bots/outdated/bots/imbot-unregister.md).
func (s *Service) RemoveBotTx(ctx context.Context, tx *db.Tx, botID int64) error {
	if err := s.LeaveAllTx(ctx, tx, botID); err != nil {
		return err
	}
	const private = `SELECT b.chat_id FROM chat_member b JOIN chat c ON c.id = b.chat_id WHERE b.user_id = ? AND c.type = 'P'
		ORDER BY b.chat_id`
	ids, err := queryIDs(ctx, tx, private, botID)
	if err != nil {
		return fmt.Errorf("read private chats: %w", err)
	}
	for _, id := range ids {
		if err := s.dropTx(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// dropTx removes a chat with its messages.
func (s *Service) dropTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	st, err := s.loadState(ctx, tx, chatID)
	if err != nil {
		return err
	}
	if err := forgetParts(ctx, tx, "IN (SELECT id FROM message WHERE chat_id = ?)", chatID); err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM chat_avatar WHERE chat_id = ?",
		"DELETE FROM message WHERE chat_id = ?", "DELETE FROM chat_member WHERE chat_id = ?", "DELETE FROM chat WHERE id = ?",
	} {
		if err := tx.Later(ctx, q, chatID); err != nil {
			return fmt.Errorf("remove chat: %w", err)
		}
	}
	tx.OnCommit(func() {
		s.private.Delete(pair{st.chat.UserA, st.chat.UserB})
		s.states.Delete(chatID)
	})
	tx.AfterCommit(func() {
		s.publishMembers(st.members, LiveMembers{ChatID: chatID, Removed: st.members})
	})
	return nil
}
