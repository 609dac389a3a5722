package im

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// Members returns who is in a chat, by their ids. It returns ErrAccess where the viewer is not, and ErrNoChat.
func (s *Service) Members(ctx context.Context, viewer, chatID int64) (out []Member, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, chatID); err != nil {
			return err
		}
		out, err = membersTx(ctx, tx, chatID)
		return err
	})
	return out, err
}

func membersTx(ctx context.Context, tx *db.Tx, chatID int64) ([]Member, error) {
	return queryMembers(ctx, tx, "SELECT "+memberColumns+" FROM chat_member b WHERE b.chat_id = ? ORDER BY b.user_id", chatID)
}

// queryMembers runs a query for memberColumns.
func queryMembers(ctx context.Context, tx *db.Tx, q string, args ...any) ([]Member, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Member
	for rows.Next() {
		var row memberRow
		if err := rows.Scan(row.dest()...); err != nil {
			return nil, fmt.Errorf("read members: %w", err)
		}
		out = append(out, row.member())
	}
	return out, rows.Err()
}

const memberColumns = "b.user_id, b.bot, b.joined, b.history_from, b.read_seq, b.read_message_id, b.gone, b.pinned, b.muted, b.marked, b.manager"

// memberRow holds the columns of memberColumns while they are scanned.
type memberRow struct {
	Member

	bot, joined, from, gone, pinned, muted, marked, manager int64
}

func (r *memberRow) dest() []any {
	return []any{
		&r.UserID, &r.bot, &r.joined, &r.from, &r.ReadSeq, &r.ReadMessageID, &r.gone, &r.pinned, &r.muted, &r.marked,
		&r.manager,
	}
}

func (r *memberRow) member() Member {
	m := r.Member
	m.Manager = r.manager != 0
	m.Bot, m.Pinned, m.Muted, m.Marked, m.Joined = r.bot != 0, r.pinned != 0, r.muted != 0, r.marked != 0, db.Time(r.joined)
	return m
}

type overseerKey struct{}

// Overseeing returns a context in which chats are read also by who is not in them, as if they had read everything,
// and from the beginning by who is. Who may is for the
// caller to check: it is for chats whose entity gives people access beside being a member.
func Overseeing(ctx context.Context) context.Context {
	return context.WithValue(ctx, overseerKey{}, true)
}

// memberTx returns a chat and the viewer's place in it. It returns ErrNoChat, and ErrAccess for who has none.
func memberTx(ctx context.Context, tx *db.Tx, viewer, chatID int64) (Chat, memberRow, error) {
	var c chatRow
	var m memberRow
	q := "SELECT " + chatColumns + ", " + memberColumns + " FROM chat c JOIN chat_member b ON b.chat_id = c.id AND b.user_id = ? WHERE c.id = ?"
	err := tx.QueryRow(ctx, q, viewer, chatID).Scan(append(c.dest(), m.dest()...)...)
	overseer := ctx.Value(overseerKey{}) != nil
	if err == nil {
		if overseer {
			m.from = 0
		}
		return c.chat(), m, nil
	}
	if !errors.Is(err, db.ErrNoRows) {
		return Chat{}, m, fmt.Errorf("read chat: %w", err)
	}
	err = tx.QueryRow(ctx, "SELECT "+chatColumns+" FROM chat c WHERE c.id = ?", chatID).Scan(c.dest()...)
	if errors.Is(err, db.ErrNoRows) {
		return Chat{}, m, ErrNoChat
	}
	if err != nil {
		return Chat{}, m, fmt.Errorf("read chat: %w", err)
	}
	if !overseer {
		return Chat{}, m, ErrAccess
	}
	chat := c.chat()
	m.Member = Member{UserID: viewer, ReadSeq: chat.LastSeq, ReadMessageID: chat.LastMessageID}
	return chat, m, nil
}

// MembersPage returns members of a chat by their ids, those past the one with the id after. With managers only the owner and the
// managers. It returns ErrAccess where the viewer is no member, and ErrNoChat.
func (s *Service) MembersPage(ctx context.Context, viewer, chatID, after, limit int64, managers bool) (out []Member, err error) {
	q := "SELECT " + memberColumns + " FROM chat_member b WHERE b.chat_id = ? AND b.user_id > ?"
	if managers {
		q += " AND (b.manager = 1 OR b.user_id = (SELECT owner_id FROM chat WHERE id = b.chat_id))"
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, chatID); err != nil {
			return err
		}
		out, err = queryMembers(ctx, tx, q+" ORDER BY b.user_id LIMIT ?", chatID, after, min(max(limit, 1), maxPage))
		return err
	})
	return out, err
}

// BotsOf returns the bots in a chat, by their ids. It asks nobody's leave: it is for those who look for what went wrong.
func (s *Service) BotsOf(ctx context.Context, chatID int64) (out []Member, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = queryMembers(ctx, tx, "SELECT "+memberColumns+" FROM chat_member b WHERE b.chat_id = ? AND b.bot = 1 ORDER BY b.user_id", chatID)
		return err
	})
	return out, err
}

// Hearer is a person in a chat to whom messages are told.
type Hearer struct {
	UserID int64
	Muted  bool
}

// HearersTx returns people in a chat by their ids, those past the one with the id after, at most limit: those of among, or with nil
// all. It asks nobody's leave: it is for those who tell them.
func (s *Service) HearersTx(ctx context.Context, tx *db.Tx, chatID int64, among []int64, after int64, limit int) (out []Hearer, err error) {
	q, args := "SELECT user_id, muted FROM chat_member WHERE chat_id = ? AND user_id > ? AND bot = 0", []any{chatID, after}
	if among != nil {
		if len(among) == 0 {
			return nil, nil
		}
		q += " AND user_id IN (" + db.Marks(len(among)) + ")"
		for _, id := range among {
			args = append(args, id)
		}
	}
	rows, err := tx.Query(ctx, q+" ORDER BY user_id LIMIT ?", append(args, int64(limit))...)
	if err != nil {
		return nil, fmt.Errorf("read hearers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var h Hearer
		var muted int64
		if err := rows.Scan(&h.UserID, &muted); err != nil {
			return nil, fmt.Errorf("read hearers: %w", err)
		}
		h.Muted = muted != 0
		out = append(out, h)
	}
	return out, rows.Err()
}

// IsMemberTx reports whether a user is in a chat; false for one that does not exist.
func (s *Service) IsMemberTx(ctx context.Context, tx *db.Tx, userID, chatID int64) (bool, error) {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM chat_member WHERE chat_id = ? AND user_id = ?", chatID, userID).Scan(&n); err != nil {
		return false, fmt.Errorf("look for member: %w", err)
	}
	return n > 0, nil
}

// AmongTx returns in which of the chats a user is.
func (s *Service) AmongTx(ctx context.Context, tx *db.Tx, userID int64, chatIDs []int64) (map[int64]bool, error) {
	return among(ctx, tx, userID, chatIDs)
}

func among(ctx context.Context, tx *db.Tx, userID int64, chatIDs []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(chatIDs))
	for chunk := range slices.Chunk(chatIDs, 500) {
		in, err := queryIDs(ctx, tx, "SELECT chat_id FROM chat_member WHERE user_id = ? AND chat_id IN ("+db.Marks(len(chunk))+")", append([]any{userID}, db.Args(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("look for member: %w", err)
		}
		for _, id := range in {
			out[id] = true
		}
	}
	return out, nil
}
