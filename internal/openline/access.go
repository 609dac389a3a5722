package openline

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// AccessTx returns nil where actor may see a conversation and take part in it: who has it, the members of its chat, the operators of its
// line, who manages lines or added this one, and who may read the conversations of its operator. Otherwise it returns ErrNoAccess.
func (s *Service) AccessTx(ctx context.Context, tx *db.Tx, actor user.Ref, v Session) error {
	if actor.ID == 0 {
		return ErrNoAccess
	}
	if actor.May(access.ManageLines) || v.OperatorID == actor.ID {
		return nil
	}
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil || has(members, actor.ID) {
		return err
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err == nil {
		operators, err := s.lines.OperatorsTx(ctx, tx, l)
		if err != nil || has(operators, actor.ID) || line.MayManage(actor, l) {
			return err
		}
	}
	reach, err := s.lines.HistoryTx(ctx, tx, actor)
	if err != nil {
		return fmt.Errorf("read rights: %w", err)
	}
	if !reach.Has(v.OperatorID) {
		return ErrNoAccess
	}
	return nil
}

// Access is AccessTx outside a transaction.
func (s *Service) Access(ctx context.Context, actor user.Ref, v Session) error {
	return s.db.Read(ctx, func(tx *db.Tx) error { return s.AccessTx(ctx, tx, actor, v) })
}

// MayRateTx reports whether actor may rate how an operator led a conversation: who manages its line, and who may read the
// conversations of its operator and is not that operator.
func (s *Service) MayRateTx(ctx context.Context, tx *db.Tx, actor user.Ref, v Session) (bool, error) {
	if actor.May(access.ManageLines) {
		return true, nil
	}
	if actor.ID == 0 || actor.ID == v.OperatorID {
		return false, nil
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return false, err
	}
	if err == nil && line.MayManage(actor, l) {
		return true, nil
	}
	reach, err := s.lines.HistoryTx(ctx, tx, actor)
	if err != nil {
		return false, fmt.Errorf("read rights: %w", err)
	}
	return reach.Has(v.OperatorID), nil
}

// MayRate is MayRateTx outside a transaction.
func (s *Service) MayRate(ctx context.Context, actor user.Ref, v Session) (yes bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		yes, err = s.MayRateTx(ctx, tx, actor, v)
		return err
	})
	return yes, err
}
