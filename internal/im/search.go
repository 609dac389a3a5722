package im

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const (
	// manyChats is with how many chats a search of all of them does not name each to the index.
	manyChats = 60
	// maxCandidates is how many messages a search looks at before it offers to go on.
	maxCandidates = 3_000
	// allowStep is how many messages are asked about at once whether the viewer may see them.
	allowStep = 200
)

// SearchQuery says which messages are looked for.
type SearchQuery struct {
	// Text is words that must all be there. A word finds also those that it begins with at least three letters; case and
	// accents make no difference. With Files they may also all be in a document that the message carries.
	Text     string
	ChatID   int64     // 0: all chats of the viewer
	AuthorID int64     // 0: whoever wrote them
	From     time.Time // sent then or later; zero: open
	Until    time.Time // sent before; zero: open
	Files    bool      // only those that carry files
	Links    bool      // only those with links
	Before   int64     // older than this message; 0: from the newest
	After    int64     // newer than this message, with Oldest
	Oldest   bool      // the oldest first
	Limit    int64     // 1–200; 50 when 0

	// EntityType, where it is set, has all chats of that kind looked through instead of the viewer's. Allow then says which of the
	// messages the viewer may see; one that it does not name they may not.
	EntityType string
	Allow      func(ctx context.Context, tx *db.Tx, found []Spot) (map[int64]bool, error)
}

// Spot is where a message was found.
type Spot struct {
	MessageID, ChatID int64
	Member            bool // the viewer is in the chat
}

// Found is a page of what a search found.
type Found struct {
	Messages []Message
	Chats    map[int64]Chat // those of the messages
	More     bool           // there is, or may be, more
	Next     int64          // where More: the Before, or with Oldest the After, of the next page
}

// SearchMessages finds messages that a viewer may see; whether they have read them is told of one chat alone. It returns ErrParams where nothing is looked for, and for one chat
// ErrAccess and ErrNoChat.
func (s *Service) SearchMessages(ctx context.Context, viewer int64, q SearchQuery) (f Found, err error) {
	if err := s.indexWaiting(ctx); err != nil {
		return Found{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f, err = s.searchTx(ctx, tx, viewer, q)
		return err
	})
	return f, err
}

// searching is a search on its way to the database.
type searching struct {
	SearchQuery

	viewer  int64
	terms   []term
	long    []string // words that are longer than the beginnings in the index
	readSeq int64    // how far the viewer has read the one chat
	from    int64    // messages up to this one are not the viewer's to see; in one chat only
	limit   int
	step    int        // messages that are read at once
	texts   TextFinder // nil: nobody knows what documents say
}

func (s *Service) searchTx(ctx context.Context, tx *db.Tx, viewer int64, q SearchQuery) (Found, error) {
	g := searching{SearchQuery: q, viewer: viewer, limit: History{Limit: q.Limit}.limit()}
	g.texts, _ = s.files.(TextFinder)
	if !g.setTerms() || q.EntityType != "" && (q.Allow == nil || q.ChatID != 0) {
		return Found{}, ErrParams
	}
	if g.step = g.limit + 1; q.EntityType != "" {
		g.step = max(g.step, allowStep)
	}
	if q.ChatID != 0 {
		_, m, err := memberTx(ctx, tx, viewer, q.ChatID)
		if err != nil {
			return Found{}, err
		}
		g.from, g.readSeq = m.from, m.ReadSeq
		g.terms = append(g.terms, term{any: []string{chatMark(q.ChatID)}})
	}
	f, err := g.run(ctx, tx)
	if err == nil {
		f, err = g.withDocuments(ctx, tx, f)
	}
	if err != nil {
		return Found{}, fmt.Errorf("search messages: %w", err)
	}
	for i := range f.Messages {
		m := &f.Messages[i]
		m.Unread = q.ChatID != 0 && m.Seq > g.readSeq && m.SenderID != viewer
	}
	if err := fillReactions(ctx, tx, viewer, f.Messages); err != nil {
		return Found{}, err
	}
	return f, f.readChats(ctx, tx)
}

// run looks at candidates until the page is full, there are no more, or they have been very many. Then the next page begins
// behind those.
func (g *searching) run(ctx context.Context, tx *db.Tx) (Found, error) {
	f, all, err := g.find(ctx, tx)
	if err != nil || all || g.ChatID != 0 || g.EntityType != "" {
		return f, err
	}
	if named, err := g.nameChats(ctx, tx); err != nil || !named {
		return f, err
	}
	f, _, err = g.find(ctx, tx)
	return f, err
}

// find reads a page, and reports whether it is whole.
func (g *searching) find(ctx context.Context, tx *db.Tx) (f Found, all bool, err error) {
	if tx.Dialect() == db.Postgres {
		return g.walk(ctx, tx)
	}
	if f, err = g.look(ctx, tx); err != nil || f.More {
		return f, true, err
	}
	n, last, err := g.reached(ctx, tx)
	if err != nil || n < maxCandidates {
		return f, true, err
	}
	f.More, f.Next = true, last
	return f, false, nil
}

// candidates is SQLite's query for the ids of messages that hold the words, of which there may be no more than a limit, with DIR for the
// direction: its index of words has the order of the ids.
const candidates = `SELECT rowid AS id FROM message_word WHERE message_word MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid DIR LIMIT ?`

func (g *searching) candidates(after, before int64) (q string, args []any) {
	return strings.ReplaceAll(candidates, "DIR", g.direction()), []any{expression(db.SQLite, g.terms), after, before, int64(maxCandidates)}
}

// bounds are the ids between which is looked, both exclusive.
func (g *searching) bounds() (after, before int64) {
	if g.Before > 0 {
		return max(g.After, g.from), g.Before
	}
	return max(g.After, g.from), 1<<63 - 1
}

func (g *searching) direction() string {
	if g.Oldest {
		return "ASC"
	}
	return "DESC"
}

// look reads a page from among candidates. Where the viewer may see few of them it ends with what it has after very many.
func (g *searching) look(ctx context.Context, tx *db.Tx) (f Found, err error) {
	after, before := g.bounds()
	for looked := 0; ; {
		q, args := g.candidates(after, before)
		page, err := g.page(ctx, tx, "("+q+") w CROSS JOIN message m", "m.id = w.id", args)
		if err != nil {
			return Found{}, err
		}
		n, last := len(page), int64(0)
		if n > 0 {
			last = page[n-1].ID
		}
		if full, err := g.add(ctx, tx, &f, page); err != nil || full || n < g.step {
			return f, err
		}
		if looked += n; g.EntityType != "" && looked >= maxCandidates {
			f.More, f.Next = true, last
			return f, nil
		}
		if g.Oldest {
			after = last
		} else {
			before = last
		}
	}
}

// add adds to what is found those of the messages that the viewer may see; true: the page is full.
func (g *searching) add(ctx context.Context, tx *db.Tx, f *Found, page []Message) (full bool, err error) {
	if page, err = g.allowed(ctx, tx, page); err != nil {
		return false, err
	}
	for _, m := range page {
		if !g.holds(m) {
			continue
		}
		if len(f.Messages) == g.limit {
			f.More, f.Next = true, f.Messages[g.limit-1].ID
			return true, nil
		}
		f.Messages = append(f.Messages, m)
	}
	return false, nil
}

// allowed returns those of the messages that the viewer may see.
func (g *searching) allowed(ctx context.Context, tx *db.Tx, page []Message) ([]Message, error) {
	if g.EntityType == "" || len(page) == 0 {
		return page, nil
	}
	chats := map[int64]struct{}{}
	for _, m := range page {
		chats[m.ChatID] = struct{}{}
	}
	in, err := among(ctx, tx, g.viewer, slices.Collect(maps.Keys(chats)))
	if err != nil {
		return nil, err
	}
	spots := make([]Spot, len(page))
	for i, m := range page {
		spots[i] = Spot{MessageID: m.ID, ChatID: m.ChatID, Member: in[m.ChatID]}
	}
	may, err := g.Allow(ctx, tx, spots)
	return slices.DeleteFunc(page, func(m Message) bool { return !may[m.ID] }), err
}

// page reads a step of messages, one more than a page at least, of those that the condition names in a table with messages as m.
func (g *searching) page(ctx context.Context, tx *db.Tx, from, where string, args []any) ([]Message, error) {
	q := "SELECT " + messageColumns + " FROM " + from + " CROSS JOIN "
	if g.EntityType != "" {
		q, args = q+"chat b WHERE "+where+" AND b.id = m.chat_id AND b.entity_type = ? AND m.deleted = 0", append(args, g.EntityType)
	} else {
		q += "chat_member b WHERE " + where + " AND b.chat_id = m.chat_id AND b.user_id = ? AND m.id > b.history_from AND m.deleted = 0"
		args = append(args, g.viewer)
	}
	if !g.From.IsZero() {
		q, args = q+" AND m.created >= ?", append(args, db.Micro(g.From))
	}
	if !g.Until.IsZero() {
		q, args = q+" AND m.created < ?", append(args, db.Micro(g.Until))
	}
	return queryMessages(ctx, tx, q+g.order(tx.Dialect())+" LIMIT ?", append(args, int64(g.step))...)
}

// order puts a page into order. SQLite goes through the candidates, which are in order, one after another (CROSS JOIN says so), and stops
// where the page is full; asked for the order it would look all of them up first, and sort.
func (g *searching) order(d db.Dialect) string {
	if d == db.SQLite {
		return ""
	}
	return " ORDER BY m.id " + g.direction()
}

// holds reports whether a message has the long words that the index knows the beginnings of. The names of files are left to
// the index.
func (g *searching) holds(m Message) bool {
	if len(g.long) == 0 || len(m.Extra.Files) > 0 {
		return true
	}
	words := wordsOf(m, nil)
	for _, w := range g.long {
		if !slices.ContainsFunc(words, func(s string) bool { return strings.HasPrefix(s, w) }) {
			return false
		}
	}
	return true
}

// reached returns how many candidates there are, up to their limit, and the last of them.
func (g *searching) reached(ctx context.Context, tx *db.Tx) (n, last int64, err error) {
	end := "MIN"
	if g.Oldest {
		end = "MAX"
	}
	q, args := g.candidates(g.bounds())
	err = tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE("+end+"(id), 0) FROM ("+q+") w", args...).Scan(&n, &last)
	return n, last, err
}

// readChats reads the chats of what was found.
func (f *Found) readChats(ctx context.Context, tx *db.Tx) error {
	f.Chats = map[int64]Chat{}
	var ids []any
	for _, m := range f.Messages {
		if _, known := f.Chats[m.ChatID]; !known {
			f.Chats[m.ChatID] = Chat{}
			ids = append(ids, m.ChatID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, "SELECT "+chatColumns+" FROM chat c WHERE c.id IN ("+db.Marks(len(ids))+")", ids...)
	if err != nil {
		return fmt.Errorf("read chats: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row chatRow
		if err := rows.Scan(row.dest()...); err != nil {
			return fmt.Errorf("read chats: %w", err)
		}
		f.Chats[row.ID] = row.chat()
	}
	return rows.Err()
}
