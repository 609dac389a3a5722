package im

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// joining is users becoming members of a chat.
type joining struct {
	chatID      int64
	actor       int64 // who adds them; 0: the portal itself
	ids         []int64
	users       map[int64]user.User // holds all of ids
	hideHistory bool
	managers    []int64 // those of ids who become managers
}

// joinTx adds members, tells the bots among them, and after the commit the open pages. Who is a member already stays as they
// are.
func (s *Service) joinTx(ctx context.Context, tx *db.Tx, j joining) (*state, error) {
	if err := touchTx(ctx, tx, j.chatID); err != nil {
		return nil, err
	}
	var added []int64
	for chunk := range slices.Chunk(j.ids, 100) {
		ids, err := s.insertMembers(ctx, tx, j, chunk)
		if err != nil {
			return nil, err
		}
		added = append(added, ids...)
	}
	m := j.moved(added)
	if m.extranet {
		if err := tx.Later(ctx, "UPDATE chat SET extranet = 1 WHERE id = ?", j.chatID); err != nil {
			return nil, fmt.Errorf("mark chat: %w", err)
		}
	}
	st, err := s.movedTx(ctx, tx, j.chatID, m)
	if err != nil {
		return nil, err
	}
	if len(added) == 0 {
		return st, nil
	}
	slices.Sort(added)
	tx.AfterCommit(func() { s.publishMembers(st.members, LiveMembers{ChatID: j.chatID, Added: added}) })
	return st, s.tellJoined(ctx, tx, st, j, added)
}

// moved says what of those who join is remembered of a chat.
func (j joining) moved(added []int64) moved {
	m := moved{added: added}
	for _, id := range added {
		m.extranet = m.extranet || j.users[id].Kind == user.Extranet
		if j.users[id].Kind == user.Bot {
			m.bots = append(m.bots, id)
		}
		if slices.Contains(j.managers, id) {
			m.managers = append(m.managers, id)
		}
	}
	return m
}

func (s *Service) tellJoined(ctx context.Context, tx *db.Tx, st *state, j joining, added []int64) error {
	if s.listener == nil {
		return nil
	}
	everybody := s.follows()
	for _, id := range added {
		e := JoinEvent{Chat: st.chat, UserID: id, MemberIDs: st.members, ActorID: j.actor, History: !j.hideHistory}
		if j.users[id].Kind == user.Bot {
			e.BotID = id
		} else if !everybody {
			continue
		}
		if err := s.listener.ChatJoinedTx(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// insertMembers adds ids in one statement and returns those that were no members before. What was written before they joined
// counts as read. Where the transaction knows who is in the chat nobody waits for the statement.
func (s *Service) insertMembers(ctx context.Context, tx *db.Tx, j joining, ids []int64) (added []int64, err error) {
	q := `INSERT INTO chat_member (chat_id, user_id, bot, joined, history_from, read_seq, read_message_id, manager)
		SELECT c.id, v.column1, v.column2, CAST(? AS BIGINT), CAST(? AS BIGINT) * c.last_message_id, c.last_seq, c.last_message_id, v.column3
		FROM chat c CROSS JOIN (VALUES ` +
		strings.TrimSuffix(strings.Repeat("(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)), ", len(ids)), ", ") +
		`) AS v WHERE c.id = ? ON CONFLICT (chat_id, user_id) DO NOTHING`
	args := []any{db.Micro(s.clock.Now()), db.Bit(j.hideHistory)}
	for _, id := range ids {
		args = append(args, id, db.Bit(j.users[id].Kind == user.Bot), db.Bit(slices.Contains(j.managers, id)))
	}
	args = append(args, j.chatID)
	if before := known(tx, j.chatID); before != nil {
		if err := tx.Later(ctx, q, args...); err != nil {
			return nil, fmt.Errorf("insert members: %w", err)
		}
		return without(ids, before.members), nil
	}
	rows, err := tx.Query(ctx, q+" RETURNING user_id", args...)
	if err != nil {
		return nil, fmt.Errorf("insert members: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("insert members: %w", err)
		}
		added = append(added, id)
	}
	return added, rows.Err()
}

// AddMembers adds users to a group as its member actor. With hideHistory they see only what is written from then on. It
// returns ErrAccess, ErrNoUser, ErrNoChat.
func (s *Service) AddMembers(ctx context.Context, actor, chatID int64, ids []int64, hideHistory bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, err := s.groupTx(ctx, tx, chatID, actor)
		if err != nil {
			return err
		}
		if st.chat.General() || !st.allows(actor, st.chat.CanAdd) {
			return ErrAccess // the general chat's members come and go with the company's employees
		}
		fresh := without(ids, st.members)
		if len(fresh) == 0 {
			return nil
		}
		users, err := s.activeTx(ctx, tx, append([]int64{actor}, fresh...))
		if err != nil {
			return err
		}
		j := joining{chatID: chatID, actor: actor, ids: fresh, users: users, hideHistory: hideHistory}
		if _, err := s.joinTx(ctx, tx, j); err != nil {
			return err
		}
		if err := s.tellMembers(ctx, tx, MembersEvent{Chat: st.chat, Added: fresh, ActorID: actor}); err != nil {
			return err
		}
		text := mention(users[actor]) + " invited " + invited(fresh, users) + " to the chat"
		return s.noteTx(ctx, tx, chatID, st, text, CodeJoin)
	})
}

// maxInvited is how many people the line names that says who was invited.
const maxInvited = 20

// invited names people, and counts those beyond maxInvited.
func invited(ids []int64, users map[int64]user.User) string {
	names := make([]string, 0, maxInvited)
	for _, id := range ids[:min(len(ids), maxInvited)] {
		names = append(names, mention(users[id]))
	}
	text := strings.Join(names, ", ")
	if more := len(ids) - len(names); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// groupTx returns a group of which actor is a member. It returns ErrAccess, also for a private chat, and ErrNoChat.
func (s *Service) groupTx(ctx context.Context, tx *db.Tx, chatID, actor int64) (*state, error) {
	st, err := s.loadState(ctx, tx, chatID)
	if err != nil {
		return nil, err
	}
	if st.chat.Type == Private || !st.has(actor) {
		return nil, ErrAccess
	}
	return st, nil
}

// without returns the ids of list that are not in known, each once.
func without(list, known []int64) []int64 {
	var out []int64
	seen := make(map[int64]struct{}, len(list)+len(known))
	for _, id := range known {
		seen[id] = struct{}{}
	}
	for _, id := range list {
		if _, met := seen[id]; !met {
			seen[id] = struct{}{}
			out = append(out, id)
		}
	}
	return out
}

// activeTx returns the users; ErrNoUser where one does not exist or has left.
func (s *Service) activeTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error) {
	users, err := s.users.ManyTx(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if u, ok := users[id]; !ok || !u.Active {
			return nil, ErrNoUser
		}
	}
	return users, nil
}

// mention writes a user's name so that it leads to them.
func mention(u user.User) string {
	return "[USER=" + strconv.FormatInt(u.ID, 10) + " REPLACE]" + plainName(u.DisplayName()) + "[/USER]"
}

// plainName keeps a name from being read as BB code.
func plainName(name string) string { return strings.NewReplacer("[", "(", "]", ")").Replace(name) }

// noteTx writes a line of the portal itself that counts as nobody's unread message. st is the chat as the transaction has it; nil: as
// it was before it.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, chatID int64, st *state, text, code string) error {
	_, err := s.sendTx(ctx, tx, NewMessage{ChatID: chatID, Text: text, System: true, Silent: true, Code: code}, st)
	return err
}
