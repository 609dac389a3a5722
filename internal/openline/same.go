package openline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// A person who writes through several channels is a client in each. That they are the same is never concluded: somebody says so, and can
// take it back. Saying so moves nothing: each client keeps their identities in their channels, their chats and what was said; pages show them
// together.

// maxSame is how many clients can be one person.
const maxSame = 20

// Faults of saying that clients are the same person.
var (
	ErrSameSelf = fault.New(fault.Invalid, "CLIENT_SELF", "Choose another client.")
	ErrSame     = fault.New(fault.Conflict, "CLIENTS_SAME", "They are one person already.")
	ErrNotSame  = fault.New(fault.Conflict, "CLIENTS_APART", "They are not one person any more. Somebody has separated them.")
	ErrManySame = fault.New(fault.TooLarge, "CLIENTS_MANY", "At most 20 clients can be one person.")
	ErrNoClient = fault.New(fault.NotFound, "CLIENT_NOT_FOUND", "There is no such client.")
)

// Audit keeps the log of what people do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Identity is a name of a client in a channel.
type Identity struct {
	VisitorID  int64
	Connector  string
	ExternalID string
}

// Person returns the clients who are the same person as one, that one among them, in the order in which they first came.
func (s *Service) Person(ctx context.Context, visitorID int64) (ids []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids, err = personTx(ctx, tx, visitorID)
		return err
	})
	return ids, err
}

func personTx(ctx context.Context, tx *db.Tx, visitorID int64) (ids []int64, err error) {
	rows, err := tx.Query(ctx, `SELECT user_id FROM openline_same WHERE person_id = (SELECT person_id FROM openline_same WHERE user_id = ?)
		ORDER BY user_id`, visitorID)
	if err != nil {
		return nil, fmt.Errorf("read clients of person: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read clients of person: %w", err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		ids = []int64{visitorID}
	}
	return ids, rows.Err()
}

// Identities returns by which names the channels know clients, in the order of the channels.
func (s *Service) Identities(ctx context.Context, visitorIDs []int64) (out []Identity, err error) {
	if len(visitorIDs) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT user_id, connector, external_id FROM openline_identity WHERE user_id IN ("+db.Marks(len(visitorIDs))+
			") ORDER BY connector, external_id", db.Args(visitorIDs)...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var i Identity
			if err := rows.Scan(&i.VisitorID, &i.Connector, &i.ExternalID); err != nil {
				return err
			}
			out = append(out, i)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read identities of clients: %w", err)
	}
	return out, nil
}

// Merge says that two clients are the same person, and with them those who are already. Who may is for the caller to check. Faults:
// ErrSameSelf, ErrNoClient, ErrSame, ErrManySame.
func (s *Service) Merge(ctx context.Context, actor, one, other int64) error {
	if one == other {
		return ErrSameSelf
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "openline persons"); err != nil {
			return err
		}
		if err := areClientsTx(ctx, tx, one, other); err != nil {
			return err
		}
		a, err := personTx(ctx, tx, one)
		if err != nil {
			return err
		}
		if has(a, other) {
			return ErrSame
		}
		b, err := personTx(ctx, tx, other)
		if err != nil {
			return err
		}
		if len(a)+len(b) > maxSame {
			return ErrManySame
		}
		person := min(a[0], b[0])
		for _, id := range slices.Concat(a, b) { // who said it first of each stays
			const q = `INSERT INTO openline_same (user_id, person_id, by_id, at) VALUES (?, ?, ?, ?)
				ON CONFLICT (user_id) DO UPDATE SET person_id = excluded.person_id`
			if _, err := tx.Exec(ctx, q, id, person, actor, db.Micro(s.now())); err != nil {
				return fmt.Errorf("merge clients: %w", err)
			}
		}
		return s.notePersonTx(ctx, tx, actor, "CLIENTS_MERGED", one, other, "Said that the clients %s and %s are the same person.")
	})
}

func areClientsTx(ctx context.Context, tx *db.Tx, ids ...int64) error {
	var n int
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM openline_client WHERE user_id IN ("+db.Marks(len(ids))+")", db.Args(ids)...).Scan(&n)
	if err != nil {
		return fmt.Errorf("look for clients: %w", err)
	}
	if n != len(ids) {
		return ErrNoClient
	}
	return nil
}

// Separate takes back that a client is the same person as others: they stay one, this one is for itself. Who may is for the caller to check.
// Fault: ErrNotSame.
func (s *Service) Separate(ctx context.Context, actor, visitorID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "openline persons"); err != nil {
			return err
		}
		all, err := personTx(ctx, tx, visitorID)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(id int64) bool { return id == visitorID })
		if len(rest) == 0 {
			return ErrNotSame
		}
		gone := []int64{visitorID}
		if len(rest) == 1 {
			gone = append(gone, rest[0])
		}
		if _, err := tx.Exec(ctx, "DELETE FROM openline_same WHERE user_id IN ("+db.Marks(len(gone))+")", db.Args(gone)...); err != nil {
			return fmt.Errorf("separate clients: %w", err)
		}
		if len(rest) > 1 {
			args := append([]any{rest[0]}, db.Args(rest)...)
			if _, err := tx.Exec(ctx, "UPDATE openline_same SET person_id = ? WHERE user_id IN ("+db.Marks(len(rest))+")", args...); err != nil {
				return fmt.Errorf("separate clients: %w", err)
			}
		}
		return s.notePersonTx(ctx, tx, actor, "CLIENTS_SEPARATED", visitorID, rest[0], "Separated the client %s from %s.")
	})
}

// notePersonTx records what somebody said of two clients.
func (s *Service) notePersonTx(ctx context.Context, tx *db.Tx, actor int64, kind string, one, other int64, text string) error {
	if s.audit == nil {
		return nil
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{one, other})
	if err != nil {
		return fmt.Errorf("read clients: %w", err)
	}
	name := func(u user.User, id int64) string { return fmt.Sprintf("%s (%d)", u.DisplayName(), id) }
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Type: kind, Module: "openline", Item: strconv.FormatInt(one, 10), UserID: actor, Description: fmt.Sprintf(text, name(users[one], one), name(users[other], other)),
	})
}

// Seen returns of each client the newest conversation that is within a scope; those with none are not there.
func (s *Service) Seen(ctx context.Context, sc Scope, visitorIDs []int64) (out map[int64]Session, err error) {
	out = make(map[int64]Session, len(visitorIDs))
	if len(visitorIDs) == 0 {
		return out, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		within, args := sc.where()
		found, err := querySessions(ctx, tx, `WHERE s.id IN (SELECT MAX(s.id) FROM openline_session s WHERE s.visitor_id IN (`+db.Marks(len(visitorIDs))+`)
			AND `+within+" GROUP BY s.visitor_id)", append(db.Args(visitorIDs), args...)...)
		for _, v := range found {
			out[v.Channel.VisitorID] = v
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for conversations of clients: %w", err)
	}
	return out, nil
}

// where is the condition on a session s that it is within the scope: what Sees says.
func (sc Scope) where() (text string, args []any) {
	if sc.Reach.All {
		return "1 = 1", nil
	}
	people, args := in("s.operator_id", slices.DeleteFunc(append([]int64{sc.UserID}, sc.Reach.UserIDs...), func(id int64) bool { return id == 0 }))
	lines, more := in("s.line_id", sc.Lines)
	args = append(append(args, more...), sc.UserID)
	return "(" + people + " OR " + lines + ` AND s.state IN ('bot', 'waiting', 'offered')
		OR EXISTS (SELECT 1 FROM openline_offer f WHERE f.session_id = s.id AND f.user_id = ?))`, args
}

// minPhone is how many digits a number has by which clients are compared.
const minPhone = 6

// digits returns a telephone number as numbers are compared: without what people write between the digits, and without the zeros that stand for
// a plus. Empty: it is too short to say anything.
func digits(phone string) string {
	d := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
	if d = strings.TrimPrefix(d, "00"); len(d) < minPhone {
		return ""
	}
	return d
}

// WithPhone returns the newest clients with a telephone number, however it is written; at most limit.
func (s *Service) WithPhone(ctx context.Context, phone string, limit int) (ids []int64, err error) {
	d := digits(phone)
	if d == "" {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids = nil
		rows, err := tx.Query(ctx, "SELECT user_id FROM openline_client WHERE phone = ? AND phone <> '' ORDER BY user_id DESC LIMIT ?", d, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for clients by their number: %w", err)
	}
	return ids, nil
}
