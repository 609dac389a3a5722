package im

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

const (
	maxDescription = 2_000 // characters; a longer one is cut
	maxEditDays    = 3_650
)

// Rules are what the administrators decide about the messages of a portal.
type Rules struct {
	// EditMinutes is how long who sent a message may change or remove it; 0 is for ever.
	EditMinutes int64 `json:"edit_minutes"`
	// LinkPreviews lets the portal ask linked sites what a card shows of them; without it no site is asked, and no card shown.
	LinkPreviews bool `json:"link_previews"`
}

// RulesKey is the setting.
var RulesKey = setting.Key[Rules]{Name: "im.rules", Default: Rules{EditMinutes: 3 * 24 * 60, LinkPreviews: true}, Check: func(r Rules) error {
	if r.EditMinutes < 0 || r.EditMinutes > maxEditDays*24*60 {
		return errEditTime
	}
	return nil
}}

// mayStillEdit reports whether a message is young enough to be changed by who sent it.
func (r Rules) mayStillEdit(sent, now time.Time) bool {
	return r.EditMinutes == 0 || now.Sub(sent) <= time.Duration(r.EditMinutes)*time.Minute
}

// currentRules returns the rules that hold.
func (s *Service) currentRules(ctx context.Context) (Rules, error) {
	if s.rules == nil {
		return RulesKey.Default, nil
	}
	return s.rules(ctx)
}

// ChatChange says what of a group to change; nil leaves it as it is.
type ChatChange struct {
	Title       *string
	Description *string
	ColorCode   *string // one of the names of api-reference/chats/chat-update/im-chat-update-color.md
	CanPost     *Right
	CanManage   *Right
	CanAdd      *Right
	CanRemove   *Right
	CanDress    *Right
}

// UpdateChat changes a group on behalf of a member: what it looks like as its CanDress says, who may do what only as its owner.
// The general chat belongs to the administrators. It returns ErrAccess, ErrNoChat, ErrTitle, ErrColor, and ErrParams for an
// unknown right.
func (s *Service) UpdateChat(ctx context.Context, actor, chatID int64, ch ChatChange) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, users, err := s.governed(ctx, tx, actor, chatID)
		if err != nil {
			return err
		}
		if ch.dresses() && !st.allows(actor, st.chat.CanDress) || ch.rules() && !st.allows(actor, RightOwner) {
			return ErrAccess
		}
		sets, args, err := ch.sets()
		if err != nil || len(sets) == 0 {
			return err
		}
		if err := s.changeChat(ctx, tx, chatID, strings.Join(sets, ", "), args...); err != nil {
			return err
		}
		if err := s.auditRules(ctx, tx, st, ch); err != nil {
			return err
		}
		if ch.Title == nil || cleanTitle(*ch.Title) == st.chat.Title {
			return nil
		}
		return s.noteTx(ctx, tx, chatID, nil, mention(users[actor])+" renamed the chat to "+plainName(cleanTitle(*ch.Title)), CodeRename)
	})
}

// auditRules records what an administrator decided of the general chat.
func (s *Service) auditRules(ctx context.Context, tx *db.Tx, st *state, ch ChatChange) error {
	if s.audit == nil || !st.chat.General() {
		return nil
	}
	text := "Changed the general chat."
	if ch.CanPost != nil {
		text = "Changed who writes in the general chat, from " + string(st.chat.CanPost) + " to " + string(*ch.CanPost) + "."
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Security, Type: "CHAT_CHANGED", Module: "im", Item: strconv.FormatInt(st.chat.ID, 10), Description: text,
	})
}

func (ch ChatChange) dresses() bool {
	return ch.Title != nil || ch.Description != nil || ch.ColorCode != nil
}

func (ch ChatChange) rules() bool {
	return ch.CanPost != nil || ch.CanManage != nil || ch.CanAdd != nil || ch.CanRemove != nil || ch.CanDress != nil
}

// sets returns the assignments of the change, and their values.
func (ch ChatChange) sets() (sets []string, args []any, err error) {
	set := func(column string, value any) { sets, args = append(sets, column+" = ?"), append(args, value) }
	if ch.Title != nil {
		title := cleanTitle(*ch.Title)
		if title == "" {
			return nil, nil, ErrTitle
		}
		set("title", title)
		set("folded", strings.ToLower(title))
	}
	if ch.Description != nil {
		set("description", cleanDescription(*ch.Description))
	}
	if ch.ColorCode != nil {
		code := strings.ToUpper(strings.TrimSpace(*ch.ColorCode))
		if !slices.Contains(colorCodes[:], code) {
			return nil, nil, ErrColor
		}
		set("color", code)
	}
	for _, r := range []struct {
		column string
		right  *Right
	}{
		{"can_post", ch.CanPost}, {"can_manage", ch.CanManage}, {"can_add", ch.CanAdd}, {"can_remove", ch.CanRemove}, {"can_dress", ch.CanDress},
	} {
		if r.right == nil {
			continue
		}
		if !r.right.Valid() {
			return nil, nil, ErrParams
		}
		set(r.column, string(*r.right))
	}
	return sets, args, nil
}

// governed returns a group of which actor is a member. In the general chat the administrators are its owners, and nobody else says
// what it looks like, though it is open.
func (s *Service) governed(ctx context.Context, tx *db.Tx, actor, chatID int64) (*state, map[int64]user.User, error) {
	st, err := s.groupTx(ctx, tx, chatID, actor)
	if err != nil {
		return nil, nil, err
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{actor})
	if err != nil {
		return nil, nil, err
	}
	if st.chat.General() { // in this copy alone
		st.chat.CanDress = RightOwner
		if users[actor].Admin {
			st.chat.OwnerID = actor
		}
	}
	return st, users, nil
}

// changeChat changes columns of a chat and tells its members.
func (s *Service) changeChat(ctx context.Context, tx *db.Tx, chatID int64, sets string, args ...any) error {
	if err := touchTx(ctx, tx, chatID); err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE chat SET "+sets+" WHERE id = ?", append(args, chatID)...); err != nil {
		return fmt.Errorf("change chat: %w", err)
	}
	st, err := s.changedTx(ctx, tx, chatID)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.live.Publish(st.members, LiveChat, LiveMembers{ChatID: chatID}) })
	return nil
}

// SetOwner makes another member the owner of a group on behalf of its owner. It returns ErrOwner where actor is not the owner or
// the other no member, ErrAccess in the general chat and where actor is no member, and ErrNoChat.
func (s *Service) SetOwner(ctx context.Context, actor, chatID, userID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, err := s.groupTx(ctx, tx, chatID, actor)
		switch {
		case err != nil:
			return err
		case st.chat.General():
			return ErrAccess
		case st.chat.OwnerID != actor || !st.has(userID):
			return ErrOwner
		case userID == actor:
			return nil
		}
		return s.changeChat(ctx, tx, chatID, "owner_id = ?", userID)
	})
}

// SetManager makes members managers of a group, or takes that from them, on behalf of its owner. It returns ErrManager where
// actor is not the owner or one of the others no member, ErrAccess where actor is no member, and ErrNoChat.
func (s *Service) SetManager(ctx context.Context, actor, chatID int64, userIDs []int64, on bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, err := s.groupTx(ctx, tx, chatID, actor)
		if err != nil {
			return err
		}
		if st.chat.OwnerID != actor || len(without(userIDs, st.members)) > 0 {
			return ErrManager
		}
		const q = "UPDATE chat_member SET manager = ? WHERE chat_id = ? AND user_id = ?"
		for _, id := range userIDs {
			if err := tx.Later(ctx, q, db.Bit(on), chatID, id); err != nil {
				return fmt.Errorf("set manager: %w", err)
			}
		}
		return s.changeChat(ctx, tx, chatID, "version = version")
	})
}

// Managers returns the owner of a chat and its managers, by their ids. It returns ErrNoChat.
func (s *Service) Managers(ctx context.Context, chatID int64) ([]int64, error) {
	st, err := s.state(ctx, chatID)
	if err != nil {
		return nil, err
	}
	ids := append([]int64{}, st.managers...) // a list also where there are none
	if st.chat.OwnerID != 0 {
		ids = append(ids, st.chat.OwnerID)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// MembersOf returns those of ids who are in a chat, in their order.
func (s *Service) MembersOf(ctx context.Context, chatID int64, ids []int64) ([]int64, error) {
	st, err := s.state(ctx, chatID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !st.has(id) }), nil
}

// Role is what a person is in a chat: "OWNER", "MANAGER", "MEMBER" or "NONE".
func (s *Service) Role(ctx context.Context, userID, chatID int64) (string, error) {
	st, err := s.state(ctx, chatID)
	switch {
	case err != nil:
		return "", err
	case st.chat.OwnerID == userID:
		return "OWNER", nil
	case slices.Contains(st.managers, userID):
		return "MANAGER", nil
	case st.has(userID):
		return "MEMBER", nil
	}
	return "NONE", nil
}

// SetTextField opens or locks the composer of a chat for people: bots and the portal go on writing. It asks nobody's leave: its
// caller does. It returns ErrNoChat.
func (s *Service) SetTextField(ctx context.Context, chatID int64, open bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.changeChat(ctx, tx, chatID, "text_field = ?", db.Bit(open))
	})
}

// avatarSide is the largest side of a chat's picture as it is kept, in pixels.
const avatarSide = 300

// SetAvatar gives a group a picture on behalf of a member; an empty one removes it. It returns ErrAccess, ErrNoChat and the faults
// of a user's picture: AVATAR_SIZE, AVATAR_DIMENSIONS, AVATAR_TYPE.
func (s *Service) SetAvatar(ctx context.Context, actor, chatID int64, picture []byte) error {
	a, hash, err := s.thumbnail(ctx, picture)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, users, err := s.governed(ctx, tx, actor, chatID)
		if err != nil {
			return err
		}
		if !st.allows(actor, st.chat.CanDress) {
			return ErrAccess
		}
		if err := s.storeAvatar(ctx, tx, chatID, hash, a); err != nil {
			return err
		}
		if hash == "" || hash == st.chat.Avatar {
			return nil
		}
		return s.noteTx(ctx, tx, chatID, nil, mention(users[actor])+" changed the picture of the chat", CodeAvatar)
	})
}

func (s *Service) storeAvatar(ctx context.Context, tx *db.Tx, chatID int64, hash string, a user.Avatar) error {
	if err := tx.Later(ctx, "DELETE FROM chat_avatar WHERE chat_id = ?", chatID); err != nil {
		return fmt.Errorf("remove picture: %w", err)
	}
	if hash != "" {
		const add = "INSERT INTO chat_avatar (chat_id, hash, type, data) VALUES (?, ?, ?, ?)"
		if err := tx.Later(ctx, add, chatID, hash, a.Type, a.Data); err != nil {
			return fmt.Errorf("store picture: %w", err)
		}
	}
	return s.changeChat(ctx, tx, chatID, "avatar = ?", hash)
}

// Avatar returns the picture of a chat under the hash of its address. It returns user.ErrNoAvatar.
func (s *Service) Avatar(ctx context.Context, chatID int64, hash string) (a user.Avatar, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT type, data FROM chat_avatar WHERE chat_id = ? AND hash = ?"
		err := tx.QueryRow(ctx, q, chatID, storable(hash)).Scan(&a.Type, &a.Data)
		if errors.Is(err, db.ErrNoRows) {
			return user.ErrNoAvatar
		}
		return wrap("read picture", err)
	})
	return a, err
}

func cleanTitle(title string) string {
	runes := []rune(strings.TrimSpace(storable(title)))
	return string(runes[:min(len(runes), maxTitle)])
}

func cleanDescription(text string) string {
	runes := []rune(strings.TrimSpace(storable(text)))
	return string(runes[:min(len(runes), maxDescription)])
}
