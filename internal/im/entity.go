package im

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// EntityListener is told, inside the transaction, of what people write in the chats of one kind of entities, e.g. those of tasks.
// What it returns as an error undoes the change. System messages are not told.
type EntityListener interface {
	EntityMessageTx(ctx context.Context, tx *db.Tx, e EntityMessage) error
}

// EntityMembers is an EntityListener that is also told who comes into the chats of its entities and who leaves, as people and bots
// decided: not of what the entity itself did through JoinTx and SetMembersTx.
type EntityMembers interface {
	EntityMembersTx(ctx context.Context, tx *db.Tx, e MembersEvent) error
}

// MembersEvent is a change of who is in the chat of an entity.
type MembersEvent struct {
	Chat           Chat
	Added, Removed []int64
	ActorID        int64 // who did it; 0: they left the company
}

// tellMembers passes on that the members of an entity's chat changed.
func (s *Service) tellMembers(ctx context.Context, tx *db.Tx, e MembersEvent) error {
	l, ok := s.entities[e.Chat.EntityType].(EntityMembers)
	if !ok {
		return nil
	}
	return l.EntityMembersTx(ctx, tx, e)
}

// EntityReader is an EntityListener that is also told, inside the transaction, how far somebody has read in the chats of its entities.
type EntityReader interface {
	EntityReadTx(ctx context.Context, tx *db.Tx, e ReadEvent) error
}

// EntityOpener is an EntityListener that makes the chats of its entities when they are needed, and knows which they are.
type EntityOpener interface {
	// EntityChat returns the chat of an entity, and makes it where a user has a part in it; 0: there is none.
	EntityChat(ctx context.Context, userID int64, entityID string) (int64, error)
}

// ReadEvent is that somebody moved their reading mark in the chat of an entity.
type ReadEvent struct {
	ChatID   int64
	EntityID string
	UserID   int64
	UpTo     int64 // the last message that they have read
	Back     bool  // they made messages unread again
}

// tellRead passes on how far somebody has read.
func (s *Service) tellRead(ctx context.Context, tx *db.Tx, entityType string, e ReadEvent) error {
	l, ok := s.entities[entityType].(EntityReader)
	if !ok {
		return nil
	}
	return l.EntityReadTx(ctx, tx, e)
}

// tellAllRead passes on that somebody has read chats to their ends.
func (s *Service) tellAllRead(ctx context.Context, tx *db.Tx, userID int64, chats []int64) error {
	for chunk := range slices.Chunk(chats, 500) {
		args := db.Args(chunk)
		rows, err := tx.Query(ctx, "SELECT id, entity_type, entity_id, last_message_id FROM chat WHERE entity_type <> '' AND id IN ("+db.Marks(len(args))+")", args...)
		if err != nil {
			return wrap("read chats", err)
		}
		defer func() { _ = rows.Close() }()
		var types []string
		var events []ReadEvent
		for rows.Next() {
			e, kind := ReadEvent{UserID: userID}, ""
			if err := rows.Scan(&e.ChatID, &kind, &e.EntityID, &e.UpTo); err != nil {
				return wrap("read chats", err)
			}
			types, events = append(types, kind), append(events, e)
		}
		if err := rows.Err(); err != nil {
			return wrap("read chats", err)
		}
		for i, e := range events {
			if err := s.tellRead(ctx, tx, types[i], e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Happened is what became of a message.
type Happened uint8

// What can become of a message.
const (
	Written Happened = iota + 1
	Rewritten
	Removed
)

// EntityMessage is a message of the chat of an entity.
type EntityMessage struct {
	Happened  Happened
	Chat      Chat
	Message   Message // a removed one without its content
	Mentioned []int64 // the users that the text mentions
	ActorID   int64   // who did it
}

// SetEntityListener names who is told of the chats whose EntityType is entityType. It must be called before the service is used.
func (s *Service) SetEntityListener(entityType string, l EntityListener) {
	if s.entities == nil {
		s.entities = map[string]EntityListener{}
	}
	s.entities[entityType] = l
}

func (s *Service) tellEntity(ctx context.Context, tx *db.Tx, h Happened, d sent, actor int64) error {
	l := s.entities[d.state.chat.EntityType]
	if l == nil || d.message.System {
		return nil
	}
	return l.EntityMessageTx(ctx, tx, EntityMessage{h, d.state.chat, d.message, d.mentions.ids, actor})
}

// SetMembersTx makes users members of a group and takes others out of it, on behalf of the entity that the chat belongs to:
// nothing is written in the chat about it. Those who do not exist or are not active are passed over. It returns ErrNoChat.
func (s *Service) SetMembersTx(ctx context.Context, tx *db.Tx, chatID int64, add, remove []int64) error {
	users, err := s.users.ManyTx(ctx, tx, add)
	if err != nil {
		return fmt.Errorf("look up members: %w", err)
	}
	add = slices.DeleteFunc(without(add, nil), func(id int64) bool { u, ok := users[id]; return !ok || !u.Active })
	if len(add) > 0 {
		if _, err := s.joinTx(ctx, tx, joining{chatID: chatID, ids: add, users: users}); err != nil {
			return err
		}
	}
	return s.dropMembersTx(ctx, tx, chatID, remove)
}

// JoinTx makes users members of a group on behalf of actor, and bots among them hear that they have joined; nothing is written in the
// chat about it. It returns ErrNoUser and ErrNoChat.
func (s *Service) JoinTx(ctx context.Context, tx *db.Tx, chatID, actor int64, ids []int64) error {
	users, err := s.activeTx(ctx, tx, ids)
	if err != nil {
		return err
	}
	_, err = s.joinTx(ctx, tx, joining{chatID: chatID, actor: actor, ids: without(ids, nil), users: users})
	return err
}

// MembersTx returns who is in a chat, and which of them are bots, each in the order of their ids. It returns ErrNoChat.
func (s *Service) MembersTx(ctx context.Context, tx *db.Tx, chatID int64) (members, bots []int64, err error) {
	st, err := s.loadState(ctx, tx, chatID)
	if err != nil {
		return nil, nil, err
	}
	return st.members, st.bots, nil
}

// SetOwnerTx gives a group to one of its members, or with 0 to nobody, on behalf of the entity that it belongs to. It returns ErrNoChat.
func (s *Service) SetOwnerTx(ctx context.Context, tx *db.Tx, chatID, userID int64) error {
	return s.entityChangeTx(ctx, tx, chatID, func(c *Chat) { c.OwnerID = userID }, "owner_id = ?", userID)
}

// SetEntityDataTx stores what the entity keeps with its chat. It returns ErrNoChat.
func (s *Service) SetEntityDataTx(ctx context.Context, tx *db.Tx, chatID int64, data [3]string) error {
	for i := range data {
		data[i] = storable(data[i])
	}
	return s.entityChangeTx(ctx, tx, chatID, func(c *Chat) { c.EntityData = data }, "entity_data_1 = ?, entity_data_2 = ?, entity_data_3 = ?",
		data[0], data[1], data[2])
}

// entityChangeTx changes columns of a chat, and does the same to what the transaction knows of it already.
func (s *Service) entityChangeTx(ctx context.Context, tx *db.Tx, chatID int64, change func(*Chat), sets string, args ...any) error {
	if err := tx.Later(ctx, "UPDATE chat SET version = version + 1, "+sets+" WHERE id = ?", append(args, chatID)...); err != nil {
		return fmt.Errorf("change chat of entity: %w", err)
	}
	if before := known(tx, chatID); before != nil {
		st := *before
		st.version++
		change(&st.chat)
		s.know(tx, &st)
		return nil
	}
	st, err := s.loadState(ctx, tx, chatID)
	if err != nil {
		return err
	}
	s.know(tx, st)
	return nil
}

func (s *Service) dropMembersTx(ctx context.Context, tx *db.Tx, chatID int64, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := touchTx(ctx, tx, chatID); err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.Later(ctx, "DELETE FROM chat_member WHERE chat_id = ? AND user_id = ?", chatID, id); err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		if err := tx.Later(ctx, passOwner+" AND id = ?", id, chatID); err != nil {
			return fmt.Errorf("pass chat on: %w", err)
		}
	}
	st, err := s.movedTx(ctx, tx, chatID, moved{removed: ids})
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.publishMembers(slices.Concat(st.members, ids), LiveMembers{ChatID: chatID, Removed: ids})
	})
	return nil
}

// RetitleTx gives a group the title of the entity that it belongs to. It returns ErrTitle and ErrNoChat.
func (s *Service) RetitleTx(ctx context.Context, tx *db.Tx, chatID int64, title string) error {
	t := []rune(strings.TrimSpace(storable(title)))
	if len(t) == 0 {
		return ErrTitle
	}
	title = string(t[:min(len(t), maxTitle)])
	if err := touchTx(ctx, tx, chatID); err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE chat SET title = ?, folded = ? WHERE id = ?", title, strings.ToLower(title), chatID); err != nil {
		return fmt.Errorf("rename chat: %w", err)
	}
	_, err := s.changedTx(ctx, tx, chatID)
	return err
}

// DropTx removes the chat of an entity that is gone, with its messages.
func (s *Service) DropTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	return s.dropTx(ctx, tx, chatID)
}

// RewriteTx changes a message on behalf of actor, who may do it by the rules of the entity that the chat belongs to, however old
// it is. Files, where given, are all that it carries from then on. It returns ErrNoMessage, ErrMessageEmpty, ErrFile.
func (s *Service) RewriteTx(ctx context.Context, tx *db.Tx, actor, messageID int64, text string, files *[]int64) error {
	return s.ReworkTx(ctx, tx, actor, messageID, Change{Text: &text}, files)
}

// ReworkTx is RewriteTx for more than the text. It returns ErrNoMessage, ErrMessageEmpty, ErrFile.
func (s *Service) ReworkTx(ctx context.Context, tx *db.Tx, actor, messageID int64, ch Change, files *[]int64) error {
	d, err := s.anyTx(ctx, tx, messageID)
	if err != nil {
		return err
	}
	text, cards := d.message.Text, len(d.message.Extra.Attach) > 0
	if ch.Text != nil {
		text = cleanText(*ch.Text)
		ch.Text = &text
	}
	if ch.Attach != nil {
		stamped := ch.Attach.Stamp(s.clock.Now())
		ch.Attach, cards = &stamped, len(stamped) > 0
	}
	if files != nil {
		m := d.message
		m.Extra.Files = without(m.Extra.Files, *files)
		if err := s.releaseTx(ctx, tx, m); err != nil {
			return err
		}
		d.message.Extra.Files = without(*files, nil)
		m = d.message
		m.SenderID = actor
		if err := s.attachTx(ctx, tx, m); err != nil {
			return err
		}
	}
	if text == "" && len(d.message.Extra.Files) == 0 && !cards {
		return ErrMessageEmpty
	}
	return s.rewriteTx(ctx, tx, actor, d, ch)
}

// RemoveTx removes a message on behalf of actor, who may do it by the rules of the entity that the chat belongs to. It returns
// ErrNoMessage.
func (s *Service) RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error {
	d, err := s.anyTx(ctx, tx, messageID)
	if err != nil {
		return err
	}
	return s.deleteTx(ctx, tx, actor, d, false)
}

// anyTx returns a message that is there, with its chat, whoever asks.
func (s *Service) anyTx(ctx context.Context, tx *db.Tx, messageID int64) (sent, error) {
	m, err := messageTx(ctx, tx, messageID)
	if err != nil {
		return sent{}, err
	}
	if !m.Deleted.IsZero() {
		return sent{}, ErrNoMessage
	}
	st, err := s.loadState(ctx, tx, m.ChatID)
	return sent{message: m, state: st}, err
}

// TextsTx returns those of the messages ids that are there, whoever asks.
func (s *Service) TextsTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Message, error) {
	out := make(map[int64]Message, len(ids))
	for chunk := range slices.Chunk(ids, 500) {
		args := db.Args(chunk)
		rows, err := tx.Query(ctx, "SELECT "+messageColumns+" FROM message m WHERE m.deleted = 0 AND m.id IN ("+
			db.Marks(len(chunk))+")", args...)
		if err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var row messageRow
			if err := rows.Scan(row.dest()...); err != nil {
				return nil, fmt.Errorf("read messages: %w", err)
			}
			m, err := row.message()
			if err != nil {
				return nil, err
			}
			out[m.ID] = m
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
	}
	return out, nil
}

// LockTx keeps others from changing a chat until the transaction ends, as sending does. Where there is none there is nothing to keep.
func (s *Service) LockTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	if err := tx.Own(lockedChat(chatID)); err != nil {
		return err
	}
	if tx.Dialect() == db.SQLite {
		return nil // writes run one after another
	}
	if err := tx.Later(ctx, "SELECT 1 FROM chat WHERE id = ? FOR NO KEY UPDATE", chatID); err != nil {
		return fmt.Errorf("lock chat: %w", err)
	}
	return nil
}

// NoteTx reads at once chats that the transaction has locked, so that what it does in each of them need not ask.
func (s *Service) NoteTx(ctx context.Context, tx *db.Tx, chatIDs []int64) error {
	ids := slices.DeleteFunc(slices.Clone(chatIDs), func(id int64) bool { return known(tx, id) != nil })
	if len(ids) == 0 {
		return nil
	}
	states, err := loadChats(ctx, tx, ids)
	if err != nil {
		return err
	}
	var unread []*state
	for _, st := range states {
		if !st.takeMembers(s.remembered(st.chat.ID)) {
			unread = append(unread, st)
		}
	}
	if err := readMembers(ctx, tx, unread); err != nil {
		return err
	}
	for _, st := range states {
		tx.Note(knownIn(st.chat.ID), st)
	}
	return nil
}
