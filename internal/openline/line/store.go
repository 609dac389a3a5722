package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// stored are the fields that have a column, without the id.
var stored = func() (out []*Field) {
	for _, f := range Fields() {
		if f.Kind != Fixed && f.Name != "ID" {
			out = append(out, f)
		}
	}
	return out
}()

// columns are the columns of the fields, and what an insert and an update say of them.
var columns, marks, assignments = func() (string, string, string) {
	var names, sets []string
	for _, f := range stored {
		names = append(names, f.column())
		sets = append(sets, f.column()+" = ?")
	}
	return strings.Join(names, ", "), strings.Repeat(", ?", len(names))[2:], strings.Join(sets, ", ")
}()

// args are the values of the columns of l.
func (l *Line) args() []any {
	out := make([]any, 0, len(stored)+3)
	for _, f := range stored {
		out = append(out, f.load(l))
	}
	return out
}

// row is a line as it was read.
type row struct {
	Line

	stamp int64
}

func linesOf(rows []row) []Line {
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.Line
	}
	return out
}

// queryTx returns the lines that the end of the statement says, with their queues.
func queryTx(ctx context.Context, tx *db.Tx, end string, args ...any) ([]row, error) {
	lines, err := scanTx(ctx, tx, end, args)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	byID := make(map[int64]*Line, len(lines))
	for i := range lines {
		byID[lines[i].ID] = &lines[i].Line
	}
	if err := readQueuesTx(ctx, tx, byID); err != nil {
		return nil, fmt.Errorf("read queues: %w", err)
	}
	if err := readShownTx(ctx, tx, byID); err != nil {
		return nil, fmt.Errorf("read what clients see: %w", err)
	}
	return lines, nil
}

func scanTx(ctx context.Context, tx *db.Tx, end string, args []any) (out []row, err error) {
	rows, err := tx.Query(ctx, "SELECT id, stamp, "+columns+" FROM open_line "+end, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		dest := make([]any, 0, len(stored)+2)
		dest = append(dest, &r.ID, &r.stamp)
		for _, f := range stored {
			if f.isNumber() {
				dest = append(dest, new(int64))
			} else {
				dest = append(dest, new(string))
			}
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		for i, f := range stored {
			switch v := dest[i+2].(type) {
			case *int64:
				f.set(&r.Line, *v)
			case *string:
				f.set(&r.Line, *v)
			}
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func readQueuesTx(ctx context.Context, tx *db.Tx, lines map[int64]*Line) error {
	list, args := idList(sortedKeys(lines))
	rows, err := tx.Query(ctx, "SELECT line_id, id, kind, entity_id FROM open_line_queue WHERE line_id IN "+list+" ORDER BY line_id, sort", args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var e Entry
		if err := rows.Scan(&id, &e.RowID, &e.Kind, &e.ID); err != nil {
			return err
		}
		lines[id].Queue = append(lines[id].Queue, e)
	}
	return rows.Err()
}

func readShownTx(ctx context.Context, tx *db.Tx, lines map[int64]*Line) error {
	list, args := idList(sortedKeys(lines))
	rows, err := tx.Query(ctx, "SELECT line_id, user_id, shown FROM open_line_shown WHERE line_id IN "+list, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, userID int64
		var raw string
		if err := rows.Scan(&id, &userID, &raw); err != nil {
			return err
		}
		var shown Shown
		if err := json.Unmarshal([]byte(raw), &shown); err != nil {
			return err
		}
		if lines[id].Shown == nil {
			lines[id].Shown = map[int64]Shown{}
		}
		lines[id].Shown[userID] = shown
	}
	return rows.Err()
}

// stampOf is under what a transaction keeps the stamp of a line that it has looked at.
type stampOf int64

// stampTx returns the stamp of a line; see memory.
func stampTx(ctx context.Context, tx *db.Tx, id int64) (int64, error) {
	stamp, err := tx.Once(stampOf(id), func() (any, error) {
		var stamp int64
		err := tx.QueryRow(ctx, "SELECT stamp FROM open_line WHERE id = ? AND deleted_at = 0", id).Scan(&stamp)
		return stamp, err
	})
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("look at line: %w", err)
	}
	return stamp.(int64), nil
}

func insertTx(ctx context.Context, tx *db.Tx, l *Line) (err error) {
	l.ID, err = tx.Insert(ctx, "INSERT INTO open_line ("+columns+", stamp) VALUES ("+marks+", ?)", append(l.args(), rand.Int64())...) //nolint:gosec // no secret
	if err != nil {
		return fmt.Errorf("insert line: %w", err)
	}
	return writeQueueTx(ctx, tx, l, &Line{})
}

func updateTx(ctx context.Context, tx *db.Tx, l, before *Line) error {
	tx.Note(stampOf(l.ID), nil)
	err := tx.Later(ctx, "UPDATE open_line SET "+assignments+", stamp = ? WHERE id = ?", append(l.args(), rand.Int64(), l.ID)...) //nolint:gosec // no secret
	if err != nil {
		return fmt.Errorf("update line: %w", err)
	}
	return writeQueueTx(ctx, tx, l, before)
}

// writeQueueTx makes the stored queue that of l; places that stay keep their ids.
func writeQueueTx(ctx context.Context, tx *db.Tx, l, before *Line) error {
	if !slices.Equal(places(l.Queue), places(before.Queue)) {
		if err := storeQueueTx(ctx, tx, l, before); err != nil {
			return fmt.Errorf("store queue: %w", err)
		}
	}
	for _, id := range sortedKeys(before.Shown) {
		if _, ok := l.Shown[id]; !ok {
			if err := tx.Later(ctx, "DELETE FROM open_line_shown WHERE line_id = ? AND user_id = ?", l.ID, id); err != nil {
				return fmt.Errorf("forget what clients see: %w", err)
			}
		}
	}
	for _, id := range sortedKeys(l.Shown) {
		if l.Shown[id] == before.Shown[id] {
			continue
		}
		raw, _ := json.Marshal(l.Shown[id]) // texts and numbers alone
		err := tx.Later(ctx, `INSERT INTO open_line_shown (line_id, user_id, shown) VALUES (?, ?, ?)
			ON CONFLICT (line_id, user_id) DO UPDATE SET shown = excluded.shown`, l.ID, id, string(raw))
		if err != nil {
			return fmt.Errorf("store what clients see: %w", err)
		}
	}
	return nil
}

func storeQueueTx(ctx context.Context, tx *db.Tx, l, before *Line) error {
	kept := map[Entry]int64{}
	for _, e := range before.Queue {
		kept[place(e)] = e.RowID
	}
	for i := range l.Queue {
		e := &l.Queue[i]
		if id, ok := kept[place(*e)]; ok {
			e.RowID = id
			delete(kept, place(*e))
			if err := tx.Later(ctx, "UPDATE open_line_queue SET sort = ? WHERE id = ?", i, id); err != nil {
				return err
			}
			continue
		}
		var err error
		e.RowID, err = tx.Insert(ctx, "INSERT INTO open_line_queue (line_id, kind, entity_id, sort) VALUES (?, ?, ?, ?)", l.ID, string(e.Kind), e.ID, i)
		if err != nil {
			return err
		}
	}
	for _, e := range before.Queue {
		if id, gone := kept[place(e)]; gone {
			if err := tx.Later(ctx, "DELETE FROM open_line_queue WHERE id = ?", id); err != nil {
				return err
			}
		}
	}
	return nil
}

// place is an entry without the id of its row.
func place(e Entry) Entry { return Entry{Kind: e.Kind, ID: e.ID} }

func places(queue []Entry) []Entry {
	out := make([]Entry, len(queue))
	for i, e := range queue {
		out[i] = place(e)
	}
	return out
}

// deleteTx hides a line: its name is still wanted where old conversations are read.
func deleteTx(ctx context.Context, tx *db.Tx, id int64, now time.Time) error {
	tx.Note(stampOf(id), nil)
	if err := tx.Later(ctx, "UPDATE open_line SET deleted_at = ?, stamp = ? WHERE id = ?", db.Micro(now), rand.Int64(), id); err != nil { //nolint:gosec // no secret
		return fmt.Errorf("delete line: %w", err)
	}
	for _, table := range []string{"open_line_queue", "open_line_shown"} {
		if err := tx.Later(ctx, "DELETE FROM "+table+" WHERE line_id = ?", id); err != nil {
			return fmt.Errorf("delete %s: %w", table, err)
		}
	}
	return nil
}

// NamesTx returns the names of lines by their ids, of deleted ones too.
func (s *Service) NamesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	list, args := idList(ids)
	rows, err := tx.Query(ctx, "SELECT id, line_name FROM open_line WHERE id IN "+list, args...)
	if err != nil {
		return nil, fmt.Errorf("names of lines: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("names of lines: %w", err)
		}
		out[id] = name
	}
	return out, rows.Err()
}

// freeNameTx returns a name that no line has.
func freeNameTx(ctx context.Context, tx *db.Tx) (string, error) {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM open_line").Scan(&n); err != nil {
		return "", fmt.Errorf("name a line: %w", err)
	}
	return "Open channel " + strconv.FormatInt(n, 10), nil
}

// idList returns "(?, ?, …)" and the arguments.
func idList(ids []int64) (string, []any) {
	return "(" + db.Marks(len(ids)) + ")", db.Args(ids)
}
