package placement

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// lockTx keeps others from changing the handlers of an application at the same time, since some are counted.
func lockTx(ctx context.Context, tx *db.Tx, appID int64) error {
	return tx.Lock(ctx, "placement:"+strconv.FormatInt(appID, 10))
}

// changedTx makes what is remembered be read again once the transaction is durable.
func (s *Service) changedTx(tx *db.Tx) { tx.OnCommit(func() { s.generation.Add(1) }) }

// Bind binds a handler of an application to a place, on behalf of actor, who must be an administrator. canUse says which
// scopes the application has. Until the application is installed, the handler shows to nobody.
// Faults: ACCESS_DENIED, ERROR_PLACEMENT_NOT_FOUND, ERROR_WRONG_HANDLER_URL, ERROR_UNSUPPORTED_PROTOCOL, ERROR_ARGUMENT,
// ERROR_PLACEMENT_USER_MODE, ERROR_PLACEMENT_MAX_COUNT, EMPTY_ERROR_HANDLER_URL, INVALID_ERROR_CONTEXT,
// INVALID_ERROR_EXTRANET, INVALID_ERROR_ROLE, ERROR_CORE when it is bound already.
// Page: api-reference/widgets/placement-bind.md.
func (s *Service) Bind(ctx context.Context, actor user.Ref, b Binding, canUse func(scope string) bool) error {
	if !actor.Admin {
		return errAdmin
	}
	p, ok := Find(b.Code)
	if !ok || p.Method != byPlacement && p.Method != byConnector || !canUse(p.Scope) {
		return ErrUnknown
	}
	h, err := b.check(s.lang, p)
	if err != nil {
		return err
	}
	if h.UserID != 0 {
		if known, err := s.users.Exists(ctx, h.UserID); err != nil || !known {
			return orArgument(err, "USER_ID", "There is no such user")
		}
	}
	h.By, h.Bound = actor.ID, s.clock.Now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx, h.AppID); err != nil {
			return err
		}
		if err := roomTx(ctx, tx, p, h); err != nil {
			return err
		}
		fresh, err := insertTx(ctx, tx, h)
		if err != nil {
			return fmt.Errorf("insert handler: %w", err)
		}
		if !fresh {
			return errBound
		}
		s.changedTx(tx)
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Type: "PLACEMENT_BIND", Module: "placement", Item: h.Code, UserID: actor.ID,
			Description: fmt.Sprintf("Application %d bound %s to %s.", h.AppID, h.URL, h.Code),
		})
	})
}

// orArgument returns err, or the fault of an argument.
func orArgument(err error, name, text string) error {
	if err != nil {
		return err
	}
	return fault.Argument(name, text)
}

// roomTx fails where the application has as many handlers as it may, in the place or at all.
func roomTx(ctx context.Context, tx *db.Tx, p Place, h Handler) error {
	var all, here int64
	err := tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN code = ? AND user_id = ? THEN 1 ELSE 0 END), 0)
		FROM placement WHERE app_id = ?`, h.Code, h.UserID, h.AppID).Scan(&all, &here)
	if err != nil {
		return fmt.Errorf("count handlers: %w", err)
	}
	if all >= MaxHandlers || p.Single && here > 0 {
		return errMaxCount
	}
	return nil
}

// Unbind removes handlers of an application from a place, on behalf of actor, who must be an administrator: all of them
// where url is empty, those of one person where userID is not nil. It returns how many it removed. Fault: ACCESS_DENIED.
func (s *Service) Unbind(ctx context.Context, actor user.Ref, appID int64, code, url string, userID *int64) (count int64, err error) {
	if !actor.Admin {
		return 0, errAdmin
	}
	code = strings.ToUpper(strings.TrimSpace(code))
	query, args := "DELETE FROM placement WHERE app_id = ? AND code = ?", []any{appID, code}
	if url != "" {
		query, args = query+" AND handler = ?", append(args, url)
	}
	if userID != nil {
		query, args = query+" AND user_id = ?", append(args, *userID)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if count, err = tx.Exec(ctx, query, args...); err != nil || count == 0 {
			return err
		}
		s.changedTx(tx)
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Type: "PLACEMENT_UNBIND", Module: "placement", Item: code, UserID: actor.ID,
			Description: fmt.Sprintf("Application %d removed handlers from %s: %d.", appID, code, count),
		})
	})
	return count, err
}

// OfApp returns the handlers of an application in the order in which they were bound, for an administrator.
// Fault: ACCESS_DENIED.
func (s *Service) OfApp(ctx context.Context, actor user.Ref, appID int64) (out []Handler, err error) {
	if !actor.Admin {
		return nil, errAdmin
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = queryTx(ctx, tx, "WHERE app_id = ? ORDER BY id", appID)
		return err
	})
	return out, err
}

// RemoveAppTx removes what an application bound when it is removed itself.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	s.changedTx(tx)
	if _, err := tx.Exec(ctx, "DELETE FROM placement_slow WHERE handler_id IN (SELECT id FROM placement WHERE app_id = ?)", appID); err != nil {
		return fmt.Errorf("remove counts: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM placement WHERE app_id = ?", appID); err != nil {
		return fmt.Errorf("remove handlers: %w", err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM placement_field_type WHERE app_id = ?", appID); err != nil {
		return fmt.Errorf("remove field types: %w", err)
	}
	return nil
}
