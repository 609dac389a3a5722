package user

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// noteTx writes to the audit log; item is what it happened to. Who did it travels in ctx.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, item int64, text string) error {
	return s.noteAsTx(ctx, tx, audit.Entry{Severity: audit.Security, Type: kind, Item: strconv.FormatInt(item, 10), Description: text})
}

func (s *Service) noteAsTx(ctx context.Context, tx *db.Tx, e audit.Entry) error {
	if s.audit == nil {
		return nil
	}
	e.Module = "user"
	return s.audit.RecordTx(ctx, tx, e)
}

// noteRoleTx records what became of a role: a new one where before has no ID, a deleted one where after has none.
func (s *Service) noteRoleTx(ctx context.Context, tx *db.Tx, before, after Role) error {
	switch {
	case before.ID == 0:
		return s.noteTx(ctx, tx, "ROLE_ADDED", after.ID, "Added the role "+after.Name+", which allows: "+allowed(after.Access)+".")
	case after.ID == 0:
		return s.noteTx(ctx, tx, "ROLE_DELETED", before.ID, "Deleted the role "+before.Name+".")
	}
	return s.noteTx(ctx, tx, "ROLE_CHANGED", after.ID, "Changed the role "+after.Name+", which allowed: "+allowed(before.Access)+
		"; and now: "+allowed(after.Access)+".")
}

func allowed(set access.Set) string {
	if set == 0 {
		return "nothing"
	}
	return set.String()
}

// as tells that u is an administrator.
func as(u User) string {
	if u.Admin {
		return " as an administrator"
	}
	return ""
}

// noteUpdateTx records what became of a person. Who gains or loses the powers of an administrator gets other tokens.
func (s *Service) noteUpdateTx(ctx context.Context, tx *db.Tx, before, after User) error {
	if after.Kind == Bot || after.Kind == Visitor {
		return nil
	}
	name := after.DisplayName()
	kind, text := "USER_CHANGED", "Changed the profile of "+name+"."
	switch {
	case before.Active && !after.Active:
		kind, text = "USER_DISMISSED", "Dismissed "+name+"."
	case !before.Active && after.Active:
		kind, text = "USER_TAKEN_BACK", "Took "+name+" back."
	case before.Admin != after.Admin:
		kind, text = "USER_ADMIN_CHANGED", name+map[bool]string{true: " became an administrator.", false: " is no administrator any more."}[after.Admin]
	case before.Login != after.Login || before.Email != after.Email:
		kind, text = "USER_LOGIN_CHANGED", "Changed the login or e-mail address of "+name+"."
	}
	if before.Admin != after.Admin {
		if err := renewTx(ctx, tx, after.ID); err != nil {
			return err
		}
	}
	return s.noteTx(ctx, tx, kind, after.ID, text)
}
