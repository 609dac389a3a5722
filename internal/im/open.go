package im

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Join makes an employee a member of an open group or channel. It returns ErrNoChat, and ErrAccess for any other chat, for who is
// no employee, and in the general chat.
func (s *Service) Join(ctx context.Context, userID, chatID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, err := s.loadState(ctx, tx, chatID)
		if err != nil {
			return err
		}
		if st.has(userID) {
			return nil
		}
		users, err := s.activeTx(ctx, tx, []int64{userID})
		if err != nil {
			return err
		}
		if !st.chat.Type.open() || st.chat.General() || users[userID].Kind != user.Employee {
			return ErrAccess
		}
		j := joining{chatID: chatID, actor: userID, ids: []int64{userID}, users: users}
		if st, err = s.joinTx(ctx, tx, j); err != nil {
			return err
		}
		if st.chat.Type.Channel() {
			return nil // its readers come and go without a word
		}
		return s.noteTx(ctx, tx, chatID, st, mention(users[userID])+" joined the chat", CodeJoin)
	})
}

// FindOpen returns open groups and channels whose title contains text, in any case, of which a viewer is no member, those with the
// latest message first. To who is no employee there are none.
func (s *Service) FindOpen(ctx context.Context, viewer int64, text string, offset, limit int64) (out []Chat, err error) {
	users, err := s.users.Many(ctx, []int64{viewer})
	if err != nil || users[viewer].Kind != user.Employee {
		return nil, err
	}
	const q = "SELECT " + chatColumns + ` FROM chat c WHERE c.type IN ('O', 'J') AND c.entity_type <> 'GENERAL'
		AND c.folded LIKE ? ESCAPE '\' AND NOT EXISTS (SELECT 1 FROM chat_member b WHERE b.chat_id = c.id AND b.user_id = ?)
		ORDER BY c.last_at DESC, c.id DESC LIMIT ? OFFSET ?`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = queryChats(ctx, tx, q, likePattern(text), viewer, min(max(limit, 1), maxPage), max(offset, 0))
		return wrap("find open chats", err)
	})
	return out, err
}

// likePattern finds a text anywhere, in any case.
func likePattern(text string) string {
	return "%" + db.Like(strings.ToLower(strings.TrimSpace(storable(text)))) + "%"
}

// queryChats runs a query for chatColumns.
func queryChats(ctx context.Context, tx *db.Tx, q string, args ...any) (out []Chat, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row chatRow
		if err := rows.Scan(row.dest()...); err != nil {
			return nil, err
		}
		out = append(out, row.chat())
	}
	return out, rows.Err()
}
