package placement

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

const columns = "id, app_id, code, user_id, handler, title, description, group_name, options, langs, created_by, created_at"

// row is a row of the result of a query.
type row interface{ Scan(dest ...any) error }

func scanHandler(r row) (Handler, error) {
	var (
		h              Handler
		options, langs string
		created        int64
	)
	err := r.Scan(&h.ID, &h.AppID, &h.Code, &h.UserID, &h.URL, &h.Title, &h.Description, &h.Group, &options, &langs, &h.By, &created)
	if err != nil {
		return h, err
	}
	h.Bound = db.Time(created)
	if err := json.Unmarshal([]byte(langs), &h.Langs); err != nil {
		return h, fmt.Errorf("languages of handler %d: %w", h.ID, err)
	}
	if err := h.Option.value.UnmarshalJSON([]byte(options)); err != nil {
		return h, fmt.Errorf("options of handler %d: %w", h.ID, err)
	}
	return h, nil
}

func queryTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Handler, err error) {
	rows, err := tx.Query(ctx, "SELECT "+columns+" FROM placement "+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		h, err := scanHandler(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// insertTx stores h. It reports whether the handler was new.
func insertTx(ctx context.Context, tx *db.Tx, h Handler) (bool, error) {
	langs, err := json.Marshal(h.Langs)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO placement (app_id, code, user_id, handler, title, description, group_name, options, langs,
		created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		h.AppID, h.Code, h.UserID, h.URL, h.Title, h.Description, h.Group, string(phpform.AppendJSON(nil, h.Option.Value())),
		string(langs), h.By, db.Micro(h.Bound))
	return n > 0, err
}
