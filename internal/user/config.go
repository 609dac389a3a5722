package user

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	// Rules are how people sign in to this portal, asked for whenever they matter; nil: DefaultRules.
	Rules func(ctx context.Context) (Rules, error)
	// Audit keeps the log of changes; nil: nobody does.
	Audit Audit
	// Fields keeps the fields that are added to the profiles of people; nil: there are none.
	Fields *userfield.Service
	// Events hears of people; nil: nobody does.
	Events Events
	// OnJoinTx are called when an employee was created or taken back, in the same transaction.
	OnJoinTx []func(ctx context.Context, tx *db.Tx, userID int64) error
	// OnLeaveTx are called when a person was dismissed, in the same transaction.
	OnLeaveTx []func(ctx context.Context, tx *db.Tx, userID int64) error
}

// Rules are how long sessions live and what a password must be like.
type Rules struct {
	Idle        time.Duration // a session ends when it was not used for so long
	Absolute    time.Duration // and so long after the sign-in, however much it is used
	MinPassword int           // characters of a new password
}

// DefaultRules are those of a portal that has none of its own.
var DefaultRules = Rules{Idle: 30 * 24 * time.Hour, Absolute: 90 * 24 * time.Hour, MinPassword: MinPassword}

// Events tells applications what happens to people.
type Events interface {
	// UserAddedTx records that a person signed in for the first time: only then do they belong to the portal
	// (api-reference/common/events/on-user-add.md). Their Details are loaded.
	UserAddedTx(ctx context.Context, tx *db.Tx, u User) error
}

// NewService returns the service of a portal.
func NewService(c Config) *Service {
	if c.Rules == nil {
		c.Rules = func(context.Context) (Rules, error) { return DefaultRules, nil }
	}
	s := &Service{
		rules: c.Rules,
		db:    c.DB, clock: c.Clock, audit: c.Audit, custom: c.Fields, events: c.Events, onJoin: c.OnJoinTx, onLeave: c.OnLeaveTx,
		hashing: make(chan struct{}, maxHashing), drawing: make(chan struct{}, 1),
	}
	c.DB.Watch(func() {
		s.memory.forgetAll()
		s.granting.Add(1)
	})
	return s
}

// cameOrWentTx calls the hooks where a change made a person belong to the company, or not any more.
func (s *Service) cameOrWentTx(ctx context.Context, tx *db.Tx, before, after User) error {
	var hooks []func(context.Context, *db.Tx, int64) error
	switch {
	case after.Kind == Employee && after.Active && !before.Active:
		hooks = s.onJoin
	case after.Kind != Bot && before.Active && !after.Active:
		hooks = s.onLeave
	}
	for _, hook := range hooks {
		if err := hook(ctx, tx, after.ID); err != nil {
			return err
		}
	}
	return nil
}

// addedTx tells the applications that the user id signed in for the first time.
func (s *Service) addedTx(ctx context.Context, tx *db.Tx, id int64) error {
	if s.events == nil {
		return nil
	}
	users, err := s.profilesTx(ctx, tx, []int64{id})
	if err != nil {
		return err
	}
	return s.events.UserAddedTx(ctx, tx, users[id])
}
