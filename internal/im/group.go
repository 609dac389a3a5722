package im

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

const maxTitle = 255 // characters; a longer title is cut

// CreateGroup creates a group chat with its owner and members; bots among them hear that they have joined. It returns ErrTitle,
// ErrNoUser, ErrParams for a manager who is no member and for a second general chat, and the faults of a picture.
func (s *Service) CreateGroup(ctx context.Context, g NewGroup) (Chat, error) {
	return s.CreateGroupAnd(ctx, g, func(*db.Tx, Chat) error { return nil })
}

// CreateGroupAnd is CreateGroup with more that happens in the same transaction, or neither does.
func (s *Service) CreateGroupAnd(ctx context.Context, g NewGroup, more func(tx *db.Tx, c Chat) error) (c Chat, err error) {
	a, hash, err := s.thumbnail(ctx, g.Avatar)
	if err != nil {
		return Chat{}, err
	}
	g.Avatar = nil
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if c, err = s.CreateGroupTx(ctx, tx, g); err != nil {
			return err
		}
		if hash != "" {
			c.Avatar = hash
			if err := s.storeAvatar(ctx, tx, c.ID, hash, a); err != nil {
				return err
			}
		}
		return more(tx, c)
	})
	return c, err
}

// thumbnail makes the picture of a chat and its name; none of an empty one.
func (s *Service) thumbnail(ctx context.Context, picture []byte) (a user.Avatar, hash string, err error) {
	if len(picture) == 0 {
		return a, "", nil
	}
	if a, err = s.users.Thumbnail(ctx, picture, avatarSide); err != nil {
		return a, "", err
	}
	sum := sha256.Sum256(a.Data)
	return a, hex.EncodeToString(sum[:16]), nil
}

// CreateGroupTx is CreateGroup as part of a transaction, without a picture.
func (s *Service) CreateGroupTx(ctx context.Context, tx *db.Tx, g NewGroup) (Chat, error) {
	if g.Title = cleanTitle(g.Title); g.Title == "" {
		return Chat{}, ErrTitle
	}
	if len(without(g.ManagerIDs, append(g.MemberIDs, g.OwnerID))) > 0 || g.EntityType == EntityGeneral {
		return Chat{}, ErrParams
	}
	ids := without(append([]int64{g.OwnerID}, g.MemberIDs...), []int64{0})
	users, err := s.activeTx(ctx, tx, ids)
	if err != nil {
		return Chat{}, err
	}
	id, err := s.insertGroup(ctx, tx, g)
	if err != nil {
		return Chat{}, err
	}
	empty, err := loadChat(ctx, tx, id)
	if err != nil {
		return Chat{}, err
	}
	s.know(tx, empty)
	st, err := s.joinTx(ctx, tx, joining{chatID: id, actor: g.OwnerID, ids: ids, users: users, managers: g.ManagerIDs})
	if err != nil {
		return Chat{}, err
	}
	return st.chat, nil
}

func (s *Service) insertGroup(ctx context.Context, tx *db.Tx, g NewGroup) (int64, error) {
	now := db.Micro(s.clock.Now())
	const add = `INSERT INTO chat (type, title, folded, owner_id, entity_type, entity_id, color, user_a, user_b, can_post, can_manage,
		description, created, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)`
	usual := RightMember
	if g.Type.Channel() {
		usual = RightManager
	}
	id, err := tx.Insert(ctx, add, string(or(g.Type, Closed)), g.Title, strings.ToLower(g.Title), g.OwnerID, storable(g.EntityType),
		storable(g.EntityID), colorCode(g.ColorCode, g.Title), string(or(g.CanPost, usual)),
		string(or(g.CanManage, usual)), cleanDescription(g.Description), now, now)
	if err != nil {
		return 0, fmt.Errorf("insert chat: %w", err)
	}
	return id, nil
}

func or[T ~string](v, fallback T) T {
	if v == "" {
		return fallback
	}
	return v
}

// General returns the chat of all employees, and creates it the first time.
func (s *Service) General(ctx context.Context) (Chat, error) {
	id := s.general.Load()
	if id == 0 {
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			id, err = s.generalTx(ctx, tx)
			return err
		})
		if err != nil {
			return Chat{}, err
		}
	}
	st, err := s.state(ctx, id)
	if err != nil {
		return Chat{}, err
	}
	return st.chat, nil
}

// generalTx returns the id of the general chat, and creates it the first time.
func (s *Service) generalTx(ctx context.Context, tx *db.Tx) (int64, error) {
	if id := s.general.Load(); id != 0 {
		return id, nil
	}
	id, err := findGeneral(ctx, tx)
	if errors.Is(err, db.ErrNoRows) {
		if err := tx.Lock(ctx, "im general"); err != nil {
			return 0, err
		}
		if id, err = findGeneral(ctx, tx); errors.Is(err, db.ErrNoRows) {
			id, err = s.insertGroup(ctx, tx, NewGroup{Title: s.generalTitle, Type: Open, EntityType: EntityGeneral})
		}
	}
	if err != nil {
		return 0, fmt.Errorf("find general chat: %w", err)
	}
	tx.OnCommit(func() { s.general.Store(id) })
	return id, nil
}

func findGeneral(ctx context.Context, tx *db.Tx) (id int64, err error) {
	err = tx.QueryRow(ctx, "SELECT id FROM chat WHERE entity_type = 'GENERAL'").Scan(&id)
	return id, err
}

// JoinGeneralTx makes a user a member of the general chat, as every active employee is.
func (s *Service) JoinGeneralTx(ctx context.Context, tx *db.Tx, userID int64) error {
	id, err := s.generalTx(ctx, tx)
	if err != nil {
		return err
	}
	users, err := s.activeTx(ctx, tx, []int64{userID})
	if err != nil {
		return err
	}
	_, err = s.joinTx(ctx, tx, joining{chatID: id, ids: []int64{userID}, users: users})
	return err
}

// AnnounceTx writes a system message to the general chat.
func (s *Service) AnnounceTx(ctx context.Context, tx *db.Tx, text string) (Message, error) {
	id, err := s.generalTx(ctx, tx)
	if err != nil {
		return Message{}, err
	}
	return s.SendTx(ctx, tx, NewMessage{ChatID: id, Text: text, System: true})
}

// Get returns a chat with its counters. It returns ErrNoChat, and ErrAccess where the viewer is no member.
func (s *Service) Get(ctx context.Context, viewer, chatID int64) (c Chat, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, _, err = memberTx(ctx, tx, viewer, chatID)
		return err
	})
	return c, err
}

// Typing tells the others in a chat that a member writes. It returns ErrAccess and ErrNoChat.
func (s *Service) Typing(ctx context.Context, userID, chatID int64) error {
	return s.Acting(ctx, userID, chatID, "", 0)
}

// Acting is Typing in other words, which follow the name, e.g. "is thinking…", and for as long as said; 0 is the usual time.
func (s *Service) Acting(ctx context.Context, userID, chatID int64, words string, length time.Duration) error {
	st, err := s.state(ctx, chatID)
	if err != nil {
		return err
	}
	if !st.has(userID) {
		if st, err = s.reload(ctx, chatID); err != nil {
			return err
		}
	}
	if !st.has(userID) {
		return ErrAccess
	}
	users, err := s.users.Many(ctx, []int64{userID})
	if err != nil {
		return err
	}
	if !s.showsTyping(st, userID) {
		return nil
	}
	s.publishOthers(st.members, userID, LiveTyping, LiveTyper{
		ChatID: chatID, UserID: userID, Name: users[userID].DisplayName(), Words: words, For: length.Milliseconds(),
	})
	return nil
}
