package openline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// Tab is a part of the list of conversations.
type Tab string

// The parts.
const (
	TabMine    Tab = "mine"    // what the viewer has or is asked to take; who waits longest comes first
	TabWaiting Tab = "waiting" // what nobody has taken yet, in the lines of the scope; who waits longest comes first
	TabAll     Tab = "all"     // everything within reach, and what goes on in the lines of the scope; the newest first
)

// Valid reports whether there is such a part.
func (t Tab) Valid() bool { return t == TabMine || t == TabWaiting || t == TabAll }

// Cursor is a place in a list; its zero value is the beginning.
type Cursor struct {
	Rank int64 // 1 after the pinned ones
	At   int64 // the time that the list is sorted by, in the list's own measure
	ID   int64
}

// ListQuery says which conversations are listed.
type ListQuery struct {
	Scope

	Tab        Tab
	LineID     int64   // 0: any
	Connector  string  // empty: any
	OperatorID int64   // 0: any
	State      State   // empty: any
	CategoryID int64   // 0: any
	ClientIDs  []int64 // with ChatIDs: those of these clients or in these chats; both nil: any
	ChatIDs    []int64
	After      Cursor
	Limit      int // 0: 50
}

// Listed is a conversation of a list.
type Listed struct {
	Session

	Pinned bool // by the viewer
	// Closed says that the viewer may know of it and step in, but not read it from outside; see Standing.
	Closed bool
	Place  Cursor
}

// Waits returns since when the client waits for a person, and whether they do.
func (v Session) Waits() (time.Time, bool) {
	switch {
	case v.State == StateWaiting || v.State == StateOffered:
		if v.WaitingSince.IsZero() {
			return v.Queued, true // a bot answered, and it has handed over
		}
		return v.WaitingSince, true
	case v.State == StateActive && !v.WaitingSince.IsZero():
		return v.WaitingSince, true
	}
	return time.Time{}, false
}

const (
	listPage = 50
	// waitKey is the expression of the index for what nobody has taken.
	waitKey = "(CASE WHEN s.waiting_since > 0 THEN s.waiting_since ELSE s.queued END)"
	// mineKey sorts who waits before who does not, and these by when they wrote last.
	mineKey = "(CASE WHEN s.state IN ('waiting', 'offered') THEN " + waitKey +
		" WHEN s.state = 'active' AND s.waiting_since > 0 THEN s.waiting_since ELSE 4611686018427387904 - s.client_at END)"
	// manyOperators is with how many operators a list looks at all conversations instead of at each one's.
	manyOperators = 40
	// manyLines is with how many lines a list looks at what goes on in all of them at once.
	manyLines = 20
)

// List returns a page of conversations, and whether there are more.
func (s *Service) List(ctx context.Context, q ListQuery) (out []Listed, more bool, err error) {
	if q.Limit <= 0 {
		q.Limit = listPage
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if out, err = q.readTx(ctx, tx); err != nil {
			return err
		}
		return s.closeTo(ctx, tx, q.Scope, out)
	})
	if err != nil {
		return nil, false, fmt.Errorf("list conversations: %w", err)
	}
	if len(out) > q.Limit {
		return out[:q.Limit], true, nil
	}
	return out, false, nil
}

// closeTo marks those that the viewer may know of but not read: what colleagues have, and they do not take part in.
func (s *Service) closeTo(ctx context.Context, tx *db.Tx, sc Scope, all []Listed) error {
	var chats []int64
	for i := range all {
		if v := all[i].Session; !v.Untaken() && !sc.Sees(v, nil) {
			all[i].Closed = true
			chats = append(chats, v.ChatID)
		}
	}
	if len(chats) == 0 {
		return nil
	}
	inside, err := s.chats.AmongTx(ctx, tx, sc.UserID, chats)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Closed = all[i].Closed && !inside[all[i].ChatID]
	}
	return nil
}

// part is a piece of SQL with its arguments.
type part struct {
	text string
	args []any
}

func (p *part) and(text string, args ...any) {
	p.text += " AND " + text
	p.args = append(p.args, args...)
}

// in is "column IN (ids)", or what never holds.
func in(column string, ids []int64) (string, []any) {
	if len(ids) == 0 {
		return "1 = 0", nil
	}
	return column + " IN (" + db.Marks(len(ids)) + ")", db.Args(ids)
}

// statement is the list as SQL; empty where nothing can be in it.
func (q ListQuery) statement() (string, []any) {
	var sub part
	switch q.Tab {
	case TabMine:
		sub = q.mine()
	case TabWaiting:
		sub = q.waiting()
	default:
		sub = q.all()
	}
	if sub.text == "" {
		return "", nil
	}
	page := "SELECT id, rank, at FROM (" + sub.text + ") p " + q.order("")
	return "SELECT k.rank, k.at, " + sessionColumns + " FROM (" + page + " LIMIT ?) k JOIN openline_session s ON s.id = k.id JOIN openline_chat c ON c.chat_id = s.chat_id " +
		q.order("k."), append(sub.args, q.Limit+1)
}

func (q ListQuery) readTx(ctx context.Context, tx *db.Tx) ([]Listed, error) {
	text, args := q.statement()
	if text == "" {
		return nil, nil
	}
	rows, err := tx.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []Listed
	for rows.Next() {
		var l Listed
		l.Session, err = scanSession(placed{rows, &l.Place})
		if err != nil {
			return nil, err
		}
		l.Place.ID, l.Pinned = l.ID, q.Tab == TabMine && l.Place.Rank == 0
		out = append(out, l)
	}
	return out, rows.Err()
}

// placed reads the place of a conversation before its columns.
type placed struct {
	from scanner
	to   *Cursor
}

func (p placed) Scan(dest ...any) error {
	return p.from.Scan(append([]any{&p.to.Rank, &p.to.At}, dest...)...)
}

// order sorts a query for rank, at and id.
func (q ListQuery) order(prefix string) string {
	if q.Tab == TabAll {
		return "ORDER BY " + prefix + "id DESC"
	}
	return "ORDER BY " + prefix + "rank, " + prefix + "at, " + prefix + "id"
}

// filter adds what the viewer chose.
func (q ListQuery) filter(p *part) {
	if q.LineID != 0 {
		p.and("s.line_id = ?", q.LineID)
	}
	if q.Connector != "" {
		p.and("s.connector = ?", q.Connector)
	}
	if q.OperatorID != 0 {
		p.and("s.operator_id = ?", q.OperatorID)
	}
	if q.State != "" {
		p.and("s.state = ?", string(q.State))
	}
	if q.CategoryID != 0 {
		p.and("s.category_id = ? AND s.category_id > 0", q.CategoryID) // as the index says it
	}
	if q.ClientIDs == nil && q.ChatIDs == nil {
		return
	}
	clients, args := in("f.visitor_id", q.ClientIDs)
	chats, more := in("f.chat_id", q.ChatIDs)
	// One look into an index for each; joined by OR they have SQLite go through all conversations.
	p.and("s.id IN (SELECT f.id FROM openline_session f WHERE "+clients+" UNION SELECT f.id FROM openline_session f WHERE "+chats+")", append(args, more...)...)
}

// held are the ids of the conversations that somebody has or is asked to take; the arguments are who, four times. Each state is a look
// into the index of what goes on: with all of them at once SQLite goes through everything that they ever had.
const held = `SELECT o.id FROM openline_session o WHERE o.operator_id = ? AND o.state = 'offered' AND o.state IN ('offered', 'active', 'closing')
	UNION SELECT o.id FROM openline_session o WHERE o.operator_id = ? AND o.state = 'active' AND o.state IN ('offered', 'active', 'closing')
	UNION SELECT o.id FROM openline_session o WHERE o.operator_id = ? AND o.state = 'closing' AND o.state IN ('offered', 'active', 'closing')
	UNION SELECT f.session_id FROM openline_offer f WHERE f.user_id = ?`

// mine is what the viewer has and what they are asked to take.
func (q ListQuery) mine() part {
	const pinned = "(CASE WHEN EXISTS (SELECT 1 FROM openline_pin p WHERE p.session_id = s.id AND p.user_id = ?) THEN 0 ELSE 1 END)"
	me := q.UserID
	p := part{text: "SELECT s.id, " + pinned + " AS rank, " + mineKey + " AS at FROM openline_session s WHERE s.id IN (" + held + ")", args: []any{me, me, me, me, me}}
	q.filter(&p)
	p = part{text: "SELECT id, rank, at FROM (" + p.text + ") m WHERE 1 = 1", args: p.args}
	if q.After != (Cursor{}) {
		p.and("(rank, at, id) > (?, ?, ?)", q.After.Rank, q.After.At, q.After.ID)
	}
	p.text += " ORDER BY rank, at, id LIMIT ?"
	p.args = append(p.args, q.Limit+1)
	return p
}

// waiting is what nobody has taken, one look into the index for each line.
func (q ListQuery) waiting() part {
	lines := q.Lines
	if q.LineID != 0 {
		lines = nil
		if has(q.Lines, q.LineID) {
			lines = []int64{q.LineID}
		}
	}
	return q.each(lines, func(id int64) part {
		p := part{text: "SELECT s.id, 1 AS rank, " + waitKey + " AS at FROM openline_session s WHERE s.state IN ('waiting', 'offered') AND s.line_id = ?", args: []any{id}}
		q.filter(&p)
		if q.After != (Cursor{}) {
			p.and("("+waitKey+", s.id) > (?, ?)", q.After.At, q.After.ID)
		}
		p.text += " ORDER BY " + waitKey + ", s.id LIMIT ?"
		p.args = append(p.args, q.Limit+1)
		return p
	})
}

// all is what is within reach: one look into the index for each operator, or for all at once; and one for each line of what goes on there.
func (q ListQuery) all() part {
	one := func(condition string, args ...any) part {
		p := part{text: "SELECT s.id, 1 AS rank, s.id AS at FROM openline_session s WHERE " + condition, args: args}
		q.filter(&p)
		if q.After.ID != 0 {
			p.and("s.id < ?", q.After.ID)
		}
		p.text += " ORDER BY s.id DESC LIMIT ?"
		p.args = append(p.args, q.Limit+1)
		return p
	}
	switch {
	case q.Reach.All:
		return one("1 = 1")
	case len(q.Reach.UserIDs) > manyOperators:
		condition, args := in("+s.operator_id", q.Reach.UserIDs)
		return joined(one(condition, args...), q.goingOn(one))
	}
	return joined(q.each(q.Reach.UserIDs, func(id int64) part { return one("s.operator_id = ?", id) }), q.goingOn(one))
}

// goingOn is what goes on in the lines of the scope and is not within reach anyway.
func (q ListQuery) goingOn(one func(condition string, args ...any) part) part {
	const open = " AND s.state IN ('bot', 'waiting', 'offered', 'active', 'closing')" // as the index says it
	reached, args := in("+s.operator_id", q.Reach.UserIDs)
	beyond := open + " AND NOT (" + reached + ")"
	if len(q.Lines) > manyLines {
		lines, of := in("s.line_id", q.Lines)
		return one(lines+beyond, append(of, args...)...)
	}
	return q.each(q.Lines, func(id int64) (all part) {
		for _, state := range openStates { // in each of which the index has them in their order
			all = joined(all, one("s.line_id = ? AND s.state = ?"+beyond, append([]any{id, string(state)}, args...)...))
		}
		return all
	})
}

// joined puts two lists together, either of which may be empty.
func joined(a, b part) part {
	switch {
	case a.text == "":
		return b
	case b.text == "":
		return a
	}
	return part{"SELECT id, rank, at FROM (" + a.text + ") ja UNION ALL SELECT id, rank, at FROM (" + b.text + ") jb", slices.Concat(a.args, b.args)}
}

// each puts the pages of several lists together.
func (q ListQuery) each(ids []int64, list func(id int64) part) (out part) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		p := list(id)
		texts[i] = fmt.Sprintf("SELECT id, rank, at FROM (%s) u%d", p.text, i)
		out.args = append(out.args, p.args...)
	}
	out.text = strings.Join(texts, " UNION ALL ")
	return out
}

// Counts are the numbers of the list.
type Counts struct {
	Mine    int64 // conversations that the viewer has or is asked to take
	ForMe   int64 // those of them in which the client waits
	Waiting int64 // what nobody has taken, in the lines of the scope
}

// Counts returns how many conversations wait for somebody.
func (s *Service) Counts(ctx context.Context, sc Scope) (n Counts, err error) {
	const mine = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN s.state IN ('waiting', 'offered') OR s.state = 'active' AND s.waiting_since > 0 THEN 1 ELSE 0 END), 0)
		FROM openline_session s WHERE s.id IN (` + held + ")"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, mine, sc.UserID, sc.UserID, sc.UserID, sc.UserID).Scan(&n.Mine, &n.ForMe); err != nil {
			return err
		}
		if len(sc.Lines) == 0 {
			return nil
		}
		condition, args := in("line_id", sc.Lines)
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM openline_session WHERE state IN ('waiting', 'offered') AND "+condition, args...).Scan(&n.Waiting)
	})
	if err != nil {
		return n, fmt.Errorf("count conversations: %w", err)
	}
	return n, nil
}

// Offered returns who is asked to take conversations, by the conversation.
func (s *Service) Offered(ctx context.Context, sessionIDs []int64) (out map[int64][]int64, err error) {
	if len(sessionIDs) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = map[int64][]int64{}
		condition, args := in("session_id", sessionIDs)
		rows, err := tx.Query(ctx, "SELECT session_id, user_id FROM openline_offer WHERE "+condition+" ORDER BY session_id, user_id", args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, userID int64
			if err := rows.Scan(&id, &userID); err != nil {
				return err
			}
			out[id] = append(out[id], userID)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return out, nil
}

// Of returns the conversations with clients, the newest first; at most limit.
func (s *Service) Of(ctx context.Context, visitorIDs []int64, limit int) (out []Session, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		where, args := in("s.visitor_id", visitorIDs)
		out, err = querySessions(ctx, tx, "WHERE "+where+" ORDER BY s.id DESC LIMIT ?", append(args, limit)...)
		return err
	})
	return out, err
}

// Page returns the address of the page from which a client writes, and what their channel calls the chat; empty where it does not say.
func (s *Service) Page(ctx context.Context, chatID int64) (url, name string, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT url, name FROM openline_chat WHERE chat_id = ?", chatID).Scan(&url, &name)
	})
	if err != nil {
		return "", "", fmt.Errorf("read chat of client: %w", err)
	}
	return url, name, nil
}

// Unblock takes back that a client is spam: they are heard again, and the conversation is as one that ended. Faults: ErrNoSession,
// ErrWrongState where it is none of spam.
func (s *Service) Unblock(ctx context.Context, actor, chatID int64) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, l line.Line, v *Session) error {
		if v.State != StateSpam {
			return ErrWrongState
		}
		if err := v.move(MoveClose); err != nil {
			return err
		}
		v.Reason = ByOperator
		if err := s.setBlockedTx(ctx, tx, v.Channel.VisitorID, false); err != nil {
			return err
		}
		if err := saveSession(ctx, tx, v); err != nil {
			return err
		}
		if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepUnblocked, ActorID: actor}); err != nil {
			return err
		}
		return s.movedTx(ctx, tx, l, *v)
	})
}
