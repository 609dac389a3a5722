package signin

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// endWithoutFactorTx ends the sessions of those whom p asks for a second factor that they lack.
func (s *Service) endWithoutFactorTx(ctx context.Context, tx *db.Tx, p Policy) error {
	rows, err := tx.Query(ctx, "SELECT user_id FROM second_factor")
	if err != nil {
		return fmt.Errorf("find who has a second factor: %w", err)
	}
	ids, err := numbers(rows)
	if err != nil {
		return fmt.Errorf("find who has a second factor: %w", err)
	}
	has := make(map[int64]bool, len(ids))
	for _, id := range ids {
		has[id] = true
	}
	return s.users.EndWhereTx(ctx, tx, func(u user.User) bool { return p.requires(u) && !has[u.ID] })
}

// policyText tells what changed from one policy to another.
func policyText(before, after Policy) string {
	var parts []string
	add := func(changed bool, format string, args ...any) {
		if changed {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(before.SecondFactor != after.SecondFactor, "a second factor is asked of %s", after.SecondFactor)
	add(before.TrustDays != after.TrustDays, "devices are trusted for %d days", after.TrustDays)
	add(before.IdleHours != after.IdleHours, "unused sessions live for %d hours", after.IdleHours)
	add(before.AbsoluteHours != after.AbsoluteHours, "sessions live for %d hours at most", after.AbsoluteHours)
	add(before.MinPassword != after.MinPassword, "passwords have at least %d characters", after.MinPassword)
	add(before.PasswordOff != after.PasswordOff, "sign-in with passwords is %s", map[bool]string{true: "off", false: "on"}[after.PasswordOff])
	add(after.PasswordOff && before.BreakGlass != after.BreakGlass, "the user %d may still use theirs", after.BreakGlass)
	if parts == nil {
		return "Saved how people sign in, unchanged."
	}
	return "Changed how people sign in: " + strings.Join(parts, "; ") + "."
}
