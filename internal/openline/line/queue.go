package line

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// Operator is somebody who answers in a line.
type Operator struct {
	UserID       int64
	DepartmentID int64 // through which they are in the queue; 0: by themselves
	RowID        int64 // of the entry that brings them
}

// OperatorsTx returns who answers in l, in the order of their turn: the people of the queue and those in its departments and below,
// each once, where they are first; only active employees.
func (s *Service) OperatorsTx(ctx context.Context, tx *db.Tx, l Line) ([]int64, error) {
	operators, err := s.QueueTx(ctx, tx, l)
	if err != nil || len(operators) == 0 {
		return nil, err
	}
	out := make([]int64, len(operators))
	for i, o := range operators {
		out[i] = o.UserID
	}
	return out, nil
}

// Queue is QueueTx in a transaction of its own.
func (s *Service) Queue(ctx context.Context, l Line) (out []Operator, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = s.QueueTx(ctx, tx, l)
		return err
	})
	return out, err
}

// QueueTx is OperatorsTx with what brings each of them into the queue.
func (s *Service) QueueTx(ctx context.Context, tx *db.Tx, l Line) (out []Operator, err error) {
	active, err := s.activeTx(ctx, tx, l.Queue)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	add := func(o Operator) {
		if !seen[o.UserID] {
			seen[o.UserID] = true
			out = append(out, o)
		}
	}
	for _, e := range l.Queue {
		if e.Kind == EntryUser {
			if active[e.ID] {
				add(Operator{UserID: e.ID, RowID: e.RowID})
			}
			continue
		}
		members, err := s.people.MembersTx(ctx, tx, e.ID)
		if err != nil {
			return nil, fmt.Errorf("operators: %w", err)
		}
		for _, id := range members {
			add(Operator{UserID: id, DepartmentID: e.ID, RowID: e.RowID})
		}
	}
	return out, nil
}

// activeTx returns which people of a queue are active employees.
func (s *Service) activeTx(ctx context.Context, tx *db.Tx, queue []Entry) (map[int64]bool, error) {
	var ids []int64
	for _, e := range queue {
		if e.Kind == EntryUser {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	employed, err := s.people.EmployedTx(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("operators: %w", err)
	}
	active := make(map[int64]bool, len(employed))
	for _, id := range employed {
		active[id] = true
	}
	return active, nil
}

// IsOperatorTx reports whether somebody answers in l.
func (s *Service) IsOperatorTx(ctx context.Context, tx *db.Tx, l Line, userID int64) (bool, error) {
	operators, err := s.OperatorsTx(ctx, tx, l)
	return slices.Contains(operators, userID), err
}

// LinesOfTx returns the lines in which somebody answers, by themselves or through a department, in the order of their ids.
func (s *Service) LinesOfTx(ctx context.Context, tx *db.Tx, userID int64) (ids []int64, err error) {
	departments, err := s.people.DepartmentPathTx(ctx, tx, userID)
	if err != nil {
		return nil, fmt.Errorf("departments of %d: %w", userID, err)
	}
	text, args := "SELECT DISTINCT line_id FROM open_line_queue WHERE kind = 'user' AND entity_id = ?", []any{userID}
	if len(departments) > 0 {
		list, more := idList(departments)
		text, args = text+" OR kind = 'department' AND entity_id IN "+list, append(args, more...)
	}
	rows, err := tx.Query(ctx, text+" ORDER BY line_id", args...)
	if err != nil {
		return nil, fmt.Errorf("lines of %d: %w", userID, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("lines of %d: %w", userID, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
