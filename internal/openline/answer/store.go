package answer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

const columns = "id, owner_id, folder_id, keyword, text, author_id, changed_at"

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

func scan(row scanner) (a Answer, err error) {
	var changed int64
	err = row.Scan(&a.ID, &a.OwnerID, &a.FolderID, &a.Keyword, &a.Text, &a.AuthorID, &changed)
	a.Changed = db.Time(changed)
	return a, err
}

func answerTx(ctx context.Context, tx *db.Tx, id int64) (Answer, error) {
	a, err := scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM canned_answer WHERE id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	return a, nil
}

// sameTx returns the answer of the owner that has the text and the folder of a; one without an id where there is none.
func sameTx(ctx context.Context, tx *db.Tx, a Answer) (Answer, error) {
	found, err := scan(tx.QueryRow(ctx, "SELECT "+columns+" FROM canned_answer WHERE owner_id = ? AND folder_id = ? AND keyword = ? AND text = ?",
		a.OwnerID, a.FolderID, a.Keyword, a.Text))
	if errors.Is(err, db.ErrNoRows) {
		return Answer{}, nil
	}
	if err != nil {
		return Answer{}, fmt.Errorf("look for answer: %w", err)
	}
	return found, nil
}

func insertTx(ctx context.Context, tx *db.Tx, a Answer) (Answer, error) {
	id, err := tx.Insert(ctx, "INSERT INTO canned_answer (owner_id, folder_id, keyword, text, folded, author_id, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		a.OwnerID, a.FolderID, a.Keyword, a.Text, strings.ToLower(a.Text), a.AuthorID, db.Micro(a.Changed))
	if err != nil {
		return a, fmt.Errorf("insert answer: %w", err)
	}
	a.ID = id
	return a, nil
}

func updateTx(ctx context.Context, tx *db.Tx, a Answer) error {
	err := tx.Later(ctx, "UPDATE canned_answer SET folder_id = ?, keyword = ?, text = ?, folded = ?, author_id = ?, changed_at = ? WHERE id = ?",
		a.FolderID, a.Keyword, a.Text, strings.ToLower(a.Text), a.AuthorID, db.Micro(a.Changed), a.ID)
	if err != nil {
		return fmt.Errorf("update answer: %w", err)
	}
	return nil
}

func deleteTx(ctx context.Context, tx *db.Tx, table string, id int64) error {
	if err := tx.Later(ctx, "DELETE FROM "+table+" WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

func countTx(ctx context.Context, tx *db.Tx, table string, ownerID int64) (n int, err error) {
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+table+" WHERE owner_id = ?", ownerID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s: %w", table, err)
	}
	return n, nil
}

// where returns which answers q means.
func (q *Query) where() (string, []any) {
	text, args := q.owners()
	if q.Text != "" {
		text += ` AND (keyword LIKE ? ESCAPE '\' OR folded LIKE ? ESCAPE '\')`
		args = append(args, q.prefix(), "%"+q.prefix())
	}
	return text, args
}

// owners returns whose answers q means.
func (q *Query) owners() (string, []any) {
	if q.Own {
		return "owner_id = ?", []any{q.UserID}
	}
	shared, args := "owner_id = 0", []any{}
	if q.FolderID != 0 {
		shared, args = shared+" AND folder_id = ?", append(args, q.FolderID)
	}
	switch {
	case q.Folders != nil && len(q.Folders) == 0:
		shared += " AND 1 = 0"
	case q.Folders != nil:
		shared, args = shared+" AND folder_id IN ("+db.Marks(len(q.Folders))+")", append(args, db.Args(q.Folders)...)
	}
	if q.UserID == 0 {
		return "(" + shared + ")", args
	}
	return "(" + shared + " OR owner_id = ?)", append(args, q.UserID)
}

// prefix is the pattern of what begins with the text that is looked for.
func (q *Query) prefix() string {
	return db.Like(strings.ToLower(strings.TrimSpace(q.Text))) + "%"
}

func findTx(ctx context.Context, tx *db.Tx, q Query) (out []Answer, err error) {
	where, args := q.where()
	order := "CASE WHEN owner_id = 0 THEN 1 ELSE 0 END, CASE WHEN keyword = '' THEN 1 ELSE 0 END, keyword, id"
	if q.Text != "" {
		order, args = `CASE WHEN keyword LIKE ? ESCAPE '\' THEN 0 ELSE 1 END, `+order, append(args, q.prefix())
	}
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM canned_answer WHERE "+where+" ORDER BY "+order+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
	if err != nil {
		return nil, fmt.Errorf("find answers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("find answers: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
