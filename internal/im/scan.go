package im

import (
	"encoding/json"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

const chatColumns = `c.id, c.type, c.title, c.owner_id, c.entity_type, c.entity_id, c.color, c.user_a, c.user_b, c.can_post,
	c.can_manage, c.description, c.avatar, c.can_add, c.can_remove, c.can_dress, c.text_field, c.extranet, c.created, c.member_count, c.last_message_id, c.last_seq, c.last_at,
	c.entity_data_1, c.entity_data_2, c.entity_data_3`

// chatRow holds the columns of chatColumns while they are scanned.
type chatRow struct {
	Chat

	textField, extranet, created, lastAt int64
}

func (r *chatRow) dest() []any {
	return []any{
		&r.ID, &r.Type, &r.Title, &r.OwnerID, &r.EntityType, &r.EntityID, &r.ColorCode, &r.UserA, &r.UserB, &r.CanPost,
		&r.CanManage, &r.Description, &r.Avatar, &r.CanAdd, &r.CanRemove, &r.CanDress, &r.textField, &r.extranet, &r.created, &r.MemberCount, &r.LastMessageID, &r.LastSeq, &r.lastAt,
		&r.EntityData[0], &r.EntityData[1], &r.EntityData[2],
	}
}

func (r *chatRow) chat() Chat {
	c := r.Chat
	c.TextField = r.textField != 0
	c.Extranet, c.Created, c.LastAt = r.extranet != 0, db.Time(r.created), db.Time(r.lastAt)
	return c
}

// The bits of message.flags.
const (
	flagSystem = 1 << iota
	flagSilent
	flagNoPreview
	flagNamed   // its uuid was given by the sender
	flagFiles   // it carries files
	flagLinks   // it has a link in its text
	flagReacted // it has, or had, reactions
	flagPinned
	flagInner    // it is not for those outside the company
	flagUnlinked // its author took the card of its link away
)

// contentFlags are those that follow from what a message says.
const contentFlags = flagSystem | flagSilent | flagNoPreview | flagFiles | flagLinks | flagInner | flagUnlinked

const messageColumns = `m.id, m.chat_id, m.seq, m.author_id, m.sender_id, m.created, m.text, m.extra, m.uuid, m.reply_id, m.flags,
	m.edited, m.deleted`

// messageRow holds the columns of messageColumns while they are scanned.
type messageRow struct {
	Message

	extra                           string
	created, edited, deleted, flags int64
}

func (r *messageRow) dest() []any {
	return []any{
		&r.ID, &r.ChatID, &r.Seq, &r.AuthorID, &r.SenderID, &r.created, &r.Text, &r.extra, &r.UUID, &r.ReplyID, &r.flags,
		&r.edited, &r.deleted,
	}
}

func (r *messageRow) message() (Message, error) {
	m := r.Message
	m.Date, m.Edited, m.Deleted = db.Time(r.created), db.Time(r.edited), db.Time(r.deleted)
	m.System = r.flags&flagSystem != 0
	m.Silent = r.flags&flagSilent != 0
	m.NoPreview = r.flags&flagNoPreview != 0
	m.Inner = r.flags&flagInner != 0
	m.Unlinked = r.flags&flagUnlinked != 0
	m.Pinned = r.flags&flagPinned != 0
	m.flags = r.flags
	if r.extra == "" {
		return m, nil
	}
	return m, json.Unmarshal([]byte(r.extra), &m.Extra)
}

// flagsOf returns the contentFlags of a message.
func flagsOf(m Message) int64 {
	var f int64
	if m.System {
		f |= flagSystem
	}
	if m.Silent {
		f |= flagSilent
	}
	if m.NoPreview {
		f |= flagNoPreview
	}
	if m.Inner {
		f |= flagInner
	}
	if m.Unlinked {
		f |= flagUnlinked
	}
	if len(m.Extra.Files) > 0 {
		f |= flagFiles
	}
	if hasLink(m.Text) {
		f |= flagLinks
	}
	return f
}

// storable makes a text that both databases take: valid UTF-8 without NUL.
func storable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// hasLink reports whether a text has something to follow.
func hasLink(text string) bool {
	return strings.Contains(text, "://") || len(text) > 4 && strings.Contains(strings.ToLower(text), "[url")
}
