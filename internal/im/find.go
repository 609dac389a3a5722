package im

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// FindEntity returns the chat of a viewer that belongs to something: that which an EntityOpener says is the entity's, or else the first of
// several. It returns ErrNoChat.
func (s *Service) FindEntity(ctx context.Context, viewer int64, entityType, entityID string) (id int64, err error) {
	const q = `SELECT c.id FROM chat c JOIN chat_member b ON b.chat_id = c.id AND b.user_id = ?
		WHERE c.entity_type = ? AND c.entity_id = ? AND c.entity_id <> '' ORDER BY c.id = ? DESC, c.id LIMIT 1`
	var own int64
	if l, ok := s.entities[entityType].(EntityOpener); ok {
		if own, err = l.EntityChat(ctx, viewer, entityID); err != nil {
			return 0, err
		}
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err := queryIDs(ctx, tx, q, viewer, storable(entityType), storable(entityID), own)
		if err == nil && len(ids) == 0 {
			return ErrNoChat
		}
		if len(ids) > 0 {
			id = ids[0]
		}
		return wrap("find chat", err)
	})
	return id, err
}

// ChatQuery says which of a viewer's chats to find.
type ChatQuery struct {
	Text          string
	WithMembers   []int64 // chats of these people are found too, whatever their title
	Lines         bool    // open channel conversations, else groups
	Offset, Limit int64
}

// FindChats returns the groups of a viewer whose title contains a text, or that have one of the members, the newest first, and how
// many there are in all.
func (s *Service) FindChats(ctx context.Context, viewer int64, q ChatQuery) (out []Chat, total int64, err error) {
	where, args := " FROM chat_member b JOIN chat c ON c.id = b.chat_id WHERE b.user_id = ? AND c.type NOT IN ('P', 'L')", []any{viewer}
	if q.Lines {
		where = " FROM chat_member b JOIN chat c ON c.id = b.chat_id WHERE b.user_id = ? AND c.type = 'L'"
	}
	title := `c.folded LIKE ? ESCAPE '\'`
	args = append(args, likePattern(q.Text))
	if len(q.WithMembers) > 0 {
		title = "(" + title + " OR EXISTS (SELECT 1 FROM chat_member o WHERE o.chat_id = c.id AND o.user_id IN (" + db.Marks(len(q.WithMembers)) + ")))"
		args = append(args, db.Args(q.WithMembers)...)
	}
	where += " AND " + title
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT COUNT(*)"+where, args...).Scan(&total); err != nil {
			return wrap("count chats", err)
		}
		page := slices.Concat(args, []any{min(max(q.Limit, 1), maxPage), max(q.Offset, 0)})
		out, err = queryChats(ctx, tx, "SELECT "+chatColumns+where+" ORDER BY c.id DESC LIMIT ? OFFSET ?", page...)
		return wrap("find chats", err)
	})
	return out, total, err
}

// Acquainted returns those of ids who share a group with a viewer, and the viewer.
func (s *Service) Acquainted(ctx context.Context, viewer int64, ids []int64) (out []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		for chunk := range slices.Chunk(ids, 500) {
			q := `SELECT DISTINCT o.user_id FROM chat_member o JOIN chat c ON c.id = o.chat_id AND c.type <> 'P'
				JOIN chat_member b ON b.chat_id = o.chat_id AND b.user_id = ? WHERE o.user_id IN (` + db.Marks(len(chunk)) + ")"
			found, err := queryIDs(ctx, tx, q, append([]any{viewer}, db.Args(chunk)...)...)
			if err != nil {
				return wrap("find acquaintances", err)
			}
			out = append(out, found...)
		}
		return nil
	})
	if slices.Contains(ids, viewer) && !slices.Contains(out, viewer) {
		out = append(out, viewer)
	}
	slices.Sort(out)
	return out, err
}

// Acquaintances returns everybody who shares a group with a viewer, and the viewer.
func (s *Service) Acquaintances(ctx context.Context, viewer int64) (ids []int64, err error) {
	const q = `SELECT DISTINCT o.user_id FROM chat_member b JOIN chat c ON c.id = b.chat_id AND c.type <> 'P'
		JOIN chat_member o ON o.chat_id = b.chat_id WHERE b.user_id = ?`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err = queryIDs(ctx, tx, q, viewer)
		return wrap("find acquaintances", err)
	})
	if !slices.Contains(ids, viewer) {
		ids = append(ids, viewer)
	}
	slices.Sort(ids)
	return ids, err
}
