package line

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// MayManage reports whether who acts may change and delete a line: who manages lines, and who added it.
func MayManage(actor user.Ref, l Line) bool {
	return actor.May(access.ManageLines) || actor.ID != 0 && actor.ID == l.CreatorID
}

// MayConnect reports whether who acts may connect channels to a line, and take them off: who manages connectors, and who may change
// the line.
func MayConnect(actor user.Ref, l Line) bool {
	return actor.May(access.ManageConnectors) || MayManage(actor, l)
}

// Reach says whose conversations somebody may see.
type Reach struct {
	All     bool
	UserIDs []int64 // the operators; who acts is always among them
}

// Has reports whether the conversations of an operator are within reach; 0 is what nobody has taken yet.
func (r Reach) Has(operatorID int64) bool {
	return r.All || slices.Contains(r.UserIDs, operatorID)
}

// HistoryTx returns whose conversations actor may read after they ended: their own, those of the people in their departments, or all.
func (s *Service) HistoryTx(ctx context.Context, tx *db.Tx, actor user.Ref) (Reach, error) {
	return s.reachTx(ctx, tx, actor, access.LineHistory, access.DepartmentLineHistory)
}

// StatisticsTx returns of whose conversations actor may see the numbers, as HistoryTx does.
func (s *Service) StatisticsTx(ctx context.Context, tx *db.Tx, actor user.Ref) (Reach, error) {
	return s.reachTx(ctx, tx, actor, access.LineStatistics, access.DepartmentLineStatistics)
}

// reachTx returns everybody for who has the permission all, and those in the departments that actor is in or heads, and below, for who
// has the permission some.
func (s *Service) reachTx(ctx context.Context, tx *db.Tx, actor user.Ref, all, some access.Set) (Reach, error) {
	if actor.May(all) {
		return Reach{All: true}, nil
	}
	r := Reach{UserIDs: []int64{actor.ID}}
	if !actor.May(some) {
		return r, nil
	}
	departments, err := s.people.DepartmentsTx(ctx, tx, actor.ID)
	if err != nil {
		return Reach{}, fmt.Errorf("departments of %d: %w", actor.ID, err)
	}
	for _, id := range departments {
		members, err := s.people.MembersTx(ctx, tx, id)
		if err != nil {
			return Reach{}, fmt.Errorf("people of department %d: %w", id, err)
		}
		for _, m := range members {
			if !r.Has(m) {
				r.UserIDs = append(r.UserIDs, m)
			}
		}
	}
	return r, nil
}

// mayAddTx fails where actor does not belong to the company; the portal itself may add lines.
func (s *Service) mayAddTx(ctx context.Context, tx *db.Tx, actor user.Ref) error {
	if actor.ID == 0 {
		return nil
	}
	known, err := s.people.ManyTx(ctx, tx, []int64{actor.ID})
	if err != nil {
		return err
	}
	if u, ok := known[actor.ID]; !ok || !u.Active || u.Kind != user.Employee {
		return ErrDenied
	}
	return nil
}

// Action is what somebody may do with a line, in the word of the wire.
type Action string

// The actions.
const (
	View   Action = "view"   // see it: who may change it, who answers in it, and who connects its channels
	Modify Action = "modify" // change it: see MayManage
)

// Within narrows q to the lines with which actor may do a.
func (s *Service) Within(ctx context.Context, q Query, actor user.Ref, a Action) (Query, error) {
	if actor.May(access.ManageLines) || a == View && actor.May(access.ManageConnectors) {
		return q, nil
	}
	only := &own{by: actor.ID}
	if a == View {
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			only.ids, err = s.LinesOfTx(ctx, tx, actor.ID)
			return err
		})
		if err != nil {
			return q, err
		}
	}
	q.own = only
	return q, nil
}

// own are the lines that somebody added, and some more.
type own struct {
	by  int64
	ids []int64
}
