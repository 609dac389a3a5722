package im

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// TextFinder is a Files that knows what documents say.
type TextFinder interface {
	// MessagesWithTextTx returns messages with an id between after and before that carry a document in which all words of text are: the
	// newest first, or the oldest. whole is false where there are more of them.
	MessagesWithTextTx(ctx context.Context, tx *db.Tx, text string, after, before int64, oldest bool) (ids []int64, whole bool, err error)
}

// withDocuments adds to a page of a search the messages that are found by what the files they carry say.
func (g *searching) withDocuments(ctx context.Context, tx *db.Tx, f Found) (Found, error) {
	if !g.Files || g.Text == "" || g.texts == nil || g.EntityType != "" {
		return f, nil
	}
	after, before := g.bounds()
	if f.More && g.Oldest { // what lies behind this page is for the next one
		before = min(before, f.Next+1)
	} else if f.More {
		after = max(after, f.Next-1)
	}
	ids, whole, err := g.texts.MessagesWithTextTx(ctx, tx, g.Text, after, before, g.Oldest)
	if err != nil || len(ids) == 0 {
		return f, err
	}
	found, err := g.seen(ctx, tx, ids)
	if err != nil {
		return f, err
	}
	if !whole {
		f.More, f.Next = true, ids[len(ids)-1]
	}
	return g.merge(f, found), nil
}

// seen returns those of the messages ids that the viewer may see and that the search is for.
func (g *searching) seen(ctx context.Context, tx *db.Tx, ids []int64) (out []Message, err error) {
	for chunk := range slices.Chunk(ids, 500) {
		q := "SELECT " + messageColumns + " FROM message m JOIN chat_member b ON b.chat_id = m.chat_id WHERE m.id IN (" + db.Marks(len(chunk)) +
			") AND b.user_id = ? AND m.id > b.history_from AND m.deleted = 0"
		args := append(db.Args(chunk), g.viewer)
		for _, c := range []struct {
			on   bool
			text string
			arg  any
		}{
			{g.ChatID != 0, "m.chat_id = ?", g.ChatID},
			{g.AuthorID != 0, "m.author_id = ?", g.AuthorID},
			{!g.From.IsZero(), "m.created >= ?", db.Micro(g.From)},
			{!g.Until.IsZero(), "m.created < ?", db.Micro(g.Until)},
		} {
			if c.on {
				q, args = q+" AND "+c.text, append(args, c.arg)
			}
		}
		list, err := queryMessages(ctx, tx, q, args...)
		if err != nil {
			return nil, fmt.Errorf("read messages with documents: %w", err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// merge puts found among the messages of a page, which stays as long as it may be. Where there is more, Next is where this page ends.
func (g *searching) merge(f Found, found []Message) Found {
	all := slices.Concat(f.Messages, found)
	slices.SortFunc(all, func(a, b Message) int {
		if g.Oldest {
			return cmp.Compare(a.ID, b.ID)
		}
		return cmp.Compare(b.ID, a.ID)
	})
	all = slices.CompactFunc(all, func(a, b Message) bool { return a.ID == b.ID })
	if f.More {
		all = slices.DeleteFunc(all, func(m Message) bool { return g.Oldest && m.ID > f.Next || !g.Oldest && m.ID < f.Next })
	}
	if len(all) > g.limit {
		all = all[:g.limit]
		f.More, f.Next = true, all[g.limit-1].ID
	}
	f.Messages = all
	return f
}
