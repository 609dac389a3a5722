package user

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// MaxInvited is how many people are invited at once.
const MaxInvited = 500

// ErrTooMany is returned where more than MaxInvited people were to be invited at once.
var ErrTooMany = fault.New(fault.TooLarge, "TOO_MANY_PEOPLE", "Invite at most "+strconv.Itoa(MaxInvited)+" people at once.").At("list")

// Invited is a person who was invited, with the link by which they join.
type Invited struct {
	User  User
	Token string // shown once
}

// InviteFaults are what is wrong with people who were to be invited, by their place in the list.
type InviteFaults map[int]*fault.Fault //nolint:errname // faults, as everywhere

// Error tells of the first.
func (f InviteFaults) Error() string {
	first := -1
	for i := range f {
		if first < 0 || i < first {
			first = i
		}
	}
	return "line " + strconv.Itoa(first+1) + ": " + f[first].Text
}

// Invite creates people for actor, who manages people, each with a link by which they join and, where roleID is not 0, a role.
// All of them or nobody: the error is InviteFaults where some cannot be.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, TOO_MANY_PEOPLE, and those of GiveRole.
func (s *Service) Invite(ctx context.Context, actor Ref, people []NewUser, roleID int64) ([]Invited, error) {
	if !actor.May(access.ManagePeople) {
		return nil, ErrMayNot
	}
	if len(people) > MaxInvited {
		return nil, ErrTooMany
	}
	for _, n := range people {
		if n.Admin && !actor.Admin {
			return nil, ErrBeyond
		}
		if err := s.mayPlace(ctx, actor, nil, n.DepartmentIDs); err != nil {
			return nil, err
		}
	}
	var out []Invited
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		out = nil
		wrong := InviteFaults{}
		for i, n := range people {
			u, err := s.createTx(ctx, tx, n.user(), "")
			if f := (*fault.Fault)(nil); errors.As(err, &f) && f.Kind != fault.Internal {
				wrong[i] = f
				continue
			}
			if err != nil {
				return err
			}
			made := Invited{u, rand.Text()}
			if err := s.storeLinkTx(ctx, tx, u, made.Token); err != nil {
				return err
			}
			if roleID != 0 {
				if err := s.giveRoleTx(ctx, tx, actor, roleID, u.ID, true); err != nil {
					return err
				}
			}
			out = append(out, made)
		}
		if len(wrong) > 0 {
			return wrong
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// LinkState is what became of somebody's link.
type LinkState struct {
	Created time.Time
	Expires time.Time
}

// Links returns the links of the users of ids that were not used yet, over or not. Who has none is missing.
func (s *Service) Links(ctx context.Context, ids []int64) (map[int64]LinkState, error) {
	out := map[int64]LinkState{}
	if len(ids) == 0 {
		return out, nil
	}
	list, args := in(db.Args(ids[:min(len(ids), maxIn)]))
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT user_id, created, expires FROM user_link WHERE user_id IN "+list, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, created, expires int64
			if err := rows.Scan(&id, &created, &expires); err != nil {
				return err
			}
			out[id] = LinkState{db.Time(created), db.Time(expires)}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return out, nil
}
