package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// MaxPage is how many notifications a page has at most.
const MaxPage = 50

// After is where a page of the list begins: behind a notification of a stage. Its zero value is the beginning.
type After struct {
	Stage, ID int64
}

// Query says which notifications are listed.
type Query struct {
	After      After
	Limit      int64 // 0 is MaxPage
	UnreadOnly bool
}

// List returns the notifications of a person: those that wait for a decision, then the others, the newest first.
func (s *Service) List(ctx context.Context, userID int64, q Query) (out []Notification, err error) {
	limit := pageSize(q.Limit)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		for _, stage := range []int64{StageConfirm, StageOther} {
			if q.After.Stage > stage || int64(len(out)) >= limit {
				continue
			}
			where, args := "user_id = ? AND stage = ?", []any{userID, stage}
			if q.After.Stage == stage {
				where, args = where+" AND id < ?", append(args, q.After.ID)
			}
			if q.UnreadOnly {
				where += " AND read_at = 0"
			}
			found, err := selectTx(ctx, tx, where, limit-int64(len(out)), args...)
			if err != nil {
				return err
			}
			out = append(out, found...)
		}
		return nil
	})
	return out, err
}

func pageSize(limit int64) int64 {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// selectTx reads notifications, the newest first.
func selectTx(ctx context.Context, tx *db.Tx, where string, limit int64, args ...any) (out []Notification, err error) {
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM notification WHERE "+where+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		n, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// Totals are the numbers of a person's notifications.
type Totals struct {
	ChatID        int64 // the chat that they stand in on the wire; 0: there never was any
	Total, Unread int64
}

// Totals returns how many notifications a person has.
func (s *Service) Totals(ctx context.Context, userID int64) (t Totals, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err := s.personTx(ctx, tx, userID)
		if err != nil {
			return err
		}
		t = Totals{ChatID: p.chatID}
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM notification WHERE user_id = ?", userID).Scan(&t.Total); err != nil {
			return err
		}
		t.Unread, err = unreadTx(ctx, tx, userID)
		return err
	})
	return t, err
}

// Search says which notifications are looked for. Its zero value is all.
type Search struct {
	Text     string   // part of the text or the title, in any case
	Kinds    []string // MODULE or MODULE|EVENT, any of them
	From, To time.Time
	Authors  []int64
	Tag      string // a tag or an additional tag
	Before   int64  // only older ones than this; 0 is the beginning
	Limit    int64
}

// Search returns the notifications of a person that q describes, the newest first, and on the first page how many there are.
func (s *Service) Search(ctx context.Context, userID int64, q Search) (out []Notification, total int64, err error) {
	where, args := q.sql(userID)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if q.Before == 0 {
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM notification WHERE "+where, args...).Scan(&total); err != nil {
				return fmt.Errorf("count notifications: %w", err)
			}
		}
		page, pageArgs := where, args
		if q.Before != 0 {
			page, pageArgs = where+" AND id < ?", slices.Concat(args, []any{q.Before})
		}
		out, err = selectTx(ctx, tx, page, pageSize(q.Limit), pageArgs...)
		return err
	})
	return out, total, err
}

func (q Search) sql(userID int64) (string, []any) {
	where, args := []string{"user_id = ?"}, []any{userID}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.Text != "" {
		add(`folded LIKE ? ESCAPE '\'`, "%"+db.Like(strings.ToLower(q.Text))+"%")
	}
	if len(q.Kinds) > 0 {
		marks := db.Marks(len(q.Kinds))
		add("(module IN ("+marks+") OR module || '|' || event IN ("+marks+"))", slices.Concat(db.Args(q.Kinds), db.Args(q.Kinds))...)
	}
	if !q.From.IsZero() {
		add("created >= ?", db.Micro(q.From))
	}
	if !q.To.IsZero() {
		add("created < ?", db.Micro(q.To))
	}
	if len(q.Authors) > 0 {
		add("author_id IN ("+db.Marks(len(q.Authors))+")", db.Args(q.Authors)...)
	}
	if q.Tag != "" {
		add("(tag = ? OR sub_tag = ?)", q.Tag, q.Tag)
	}
	return strings.Join(where, " AND "), args
}

// Get returns a notification of a person. Fault: NOTIFICATION_NOT_FOUND.
func (s *Service) Get(ctx context.Context, userID, id int64) (n Notification, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err = ofTx(ctx, tx, userID, id)
		return err
	})
	return n, err
}
