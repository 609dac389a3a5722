// Package signin is how people prove who they are: a password or an identity provider, then, where it is asked for, a second
// factor. Sessions, passwords and the throttle of tries are package user's; this package decides when a session opens.
//
// What is proved so far is a step: a row under a token that the browser alone holds, good for ten minutes. Each step that is
// taken is looked at anew, so that a rule that changes meanwhile holds for the sign-ins under way.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("signin", schemaFiles) }

const (
	stepLife  = 10 * time.Minute // from the proof of who somebody is to their session
	draftLife = time.Hour        // of the secret of a second factor that is being set up
)

// The faults of signing in.
var (
	ErrStep      = fault.New(fault.Unauthorized, "SIGN_IN_OVER", "This took longer than 10 minutes. Sign in again.")
	ErrCode      = fault.New(fault.Invalid, "CODE_WRONG", "This code is wrong, was used already or is too old. Wait for the next one.").At("code")
	ErrRecovery  = fault.New(fault.Invalid, "RECOVERY_WRONG", "This is none of your recovery codes, or it was used already.").At("recovery")
	ErrKey       = fault.New(fault.Unavailable, "NO_SECRET_KEY", "The server lacks the key with which your second factor is kept. Use a recovery code, or ask an administrator.")
	ErrEnrolled  = fault.New(fault.Conflict, "FACTOR_EXISTS", "The second factor is set up already.")
	ErrNoFactor  = fault.New(fault.NotFound, "FACTOR_NOT_FOUND", "There is no second factor.")
	ErrRequired  = fault.New(fault.Conflict, "FACTOR_REQUIRED", "This portal asks for a second factor, so it cannot be turned off.")
	ErrNoDraft   = fault.New(fault.Conflict, "FACTOR_DRAFT", "The setting up took too long. Begin again with a new key.").At("code")
	ErrPasswords = fault.New(fault.Denied, "PASSWORD_OFF", "This portal does not take passwords. Sign in through the provider below.")
)

// Audit keeps the log.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Users    *user.Service
	Settings *setting.Store
	Audit    Audit     // nil: nobody keeps a log
	Box      *seal.Box // nil: the server has no key, so second factors and providers cannot be set up
	Provider Provider  // speaks to the identity provider; nil: there can be none
	// Portal returns the name of the portal, under which authenticator apps list it.
	Portal func() string
	Log    *slog.Logger // nil is slog.Default()
}

// Service decides when a session opens. It is safe for use by several goroutines.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	users    *user.Service
	settings *setting.Store
	audit    Audit
	box      *seal.Box
	provider Provider
	portal   func() string
	log      *slog.Logger
}

// New returns the service of a portal.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{
		db: c.DB, clock: c.Clock, users: c.Users, settings: c.Settings, audit: c.Audit, box: c.Box, provider: c.Provider,
		portal: c.Portal, log: c.Log,
	}
}

// Browser is what signs in.
type Browser struct {
	UserAgent string
	Address   string
	Device    string // the token of a device that was trusted earlier; may be empty
}

// Outcome is how far somebody got: Session is set, or Step where more is asked for.
type Outcome struct {
	Session string // the token of the new session
	Step    string // the token of what comes next
	Device  string // the token of a device that is trusted from now on
	// DeviceLife is how long that is.
	DeviceLife time.Duration
	// Recovery are the recovery codes of a second factor that was just set up, shown once.
	Recovery []string
}

// Password begins with a login and password. Faults: WRONG_PASSWORD, TOO_MANY_ATTEMPTS, PASSWORD_OFF.
func (s *Service) Password(ctx context.Context, login, password string, b Browser) (Outcome, error) {
	u, err := s.users.CheckPassword(ctx, login, password, b.Address)
	if err != nil {
		return Outcome{}, err
	}
	p, err := s.Policy(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if p.PasswordOff && p.BreakGlass != u.ID {
		return Outcome{}, ErrPasswords
	}
	return s.begin(ctx, u, user.ByPassword, b)
}

// begin goes on with u, who proved by method who they are.
func (s *Service) begin(ctx context.Context, u user.User, method string, b Browser) (Outcome, error) {
	passed, err := s.trusted(ctx, u.ID, b.Device)
	if err != nil {
		return Outcome{}, err
	}
	return s.goOn(ctx, progress{u, method, passed}, "", b)
}

// progress is what somebody has proved.
type progress struct {
	user   user.User
	method string
	passed bool // the second factor too, or the device is trusted
}

// Need is what is asked for next.
type Need string

// What may be asked for.
const (
	NeedNothing  Need = ""
	NeedCode     Need = "code"     // of the second factor
	NeedFactor   Need = "factor"   // a second factor is to be set up
	NeedPassword Need = "password" // a new password
)

func (s *Service) need(ctx context.Context, p progress) (Need, error) {
	policy, err := s.Policy(ctx)
	if err != nil {
		return "", err
	}
	if p.method == user.ByProvider {
		provider, err := s.ProviderSettings(ctx)
		if err != nil || !provider.SecondFactor {
			return NeedNothing, err // proving who they are is the provider's business
		}
	}
	has, err := s.HasFactor(ctx, p.user.ID)
	if err != nil {
		return "", err
	}
	switch {
	case has && !p.passed:
		return NeedCode, nil
	case !has && policy.requires(p.user):
		return NeedFactor, nil
	case p.method == user.ByProvider:
		return NeedNothing, nil
	}
	must, err := s.users.MustChange(ctx, p.user.ID)
	if err == nil && must {
		return NeedPassword, nil
	}
	return NeedNothing, err
}

// goOn opens the session where nothing more is needed, else the next step, in the place of that of token.
func (s *Service) goOn(ctx context.Context, p progress, token string, b Browser) (Outcome, error) {
	need, err := s.need(ctx, p)
	if err != nil {
		return Outcome{}, err
	}
	if need == NeedNothing {
		session, err := s.users.OpenSession(ctx, user.NewSession{
			UserID: p.user.ID, Method: p.method, UserAgent: b.UserAgent, Address: b.Address,
		})
		if err != nil {
			return Outcome{}, err
		}
		return Outcome{Session: session}, s.dropStep(ctx, token)
	}
	fresh := rand.Text()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		if _, err := tx.Exec(ctx, "DELETE FROM sign_in_step WHERE expires <= ? OR token = ?", db.Micro(now), hash(token)); err != nil {
			return fmt.Errorf("forget steps: %w", err)
		}
		_, err := tx.Exec(ctx, "INSERT INTO sign_in_step (token, user_id, method, passed, expires) VALUES (?, ?, ?, ?, ?)",
			hash(fresh), p.user.ID, p.method, db.Bit(p.passed), db.Micro(now.Add(stepLife)))
		if err != nil {
			return fmt.Errorf("store step: %w", err)
		}
		return nil
	})
	return Outcome{Step: fresh}, err
}

func (s *Service) dropStep(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM sign_in_step WHERE token = ?", hash(token)); err != nil {
			return fmt.Errorf("forget step: %w", err)
		}
		return nil
	})
}

// hash is how a token is stored: who reads the database cannot go on with it.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Step returns what is asked of whom. Fault: SIGN_IN_OVER.
func (s *Service) Step(ctx context.Context, token string) (Need, user.User, error) {
	p, err := s.progress(ctx, token)
	if err != nil {
		return "", user.User{}, err
	}
	need, err := s.need(ctx, p)
	return need, p.user, err
}

// progress returns what was proved under the token of a step.
func (s *Service) progress(ctx context.Context, token string) (p progress, err error) {
	if token == "" {
		return p, ErrStep
	}
	var id int64
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT user_id, method, passed FROM sign_in_step WHERE token = ? AND expires > ?", hash(token),
			db.Micro(s.clock.Now())).Scan(&id, &p.method, &p.passed)
	})
	if errors.Is(err, db.ErrNoRows) {
		return p, ErrStep
	}
	if err != nil {
		return p, fmt.Errorf("read step: %w", err)
	}
	if p.user, err = s.users.Get(ctx, id); err == nil && !p.user.CanSignIn() {
		err = ErrStep
	}
	return p, err
}

// at returns the progress of a step at which need is asked for. Where something else is, the step was taken elsewhere.
func (s *Service) at(ctx context.Context, token string, want Need) (progress, error) {
	p, err := s.progress(ctx, token)
	if err != nil {
		return p, err
	}
	need, err := s.need(ctx, p)
	if err == nil && need != want {
		err = ErrStep
	}
	return p, err
}

// Continue opens the session of a step at which nothing is asked for any more: the rules have changed meanwhile.
// Fault: SIGN_IN_OVER.
func (s *Service) Continue(ctx context.Context, token string, b Browser) (Outcome, error) {
	p, err := s.at(ctx, token, NeedNothing)
	if err != nil {
		return Outcome{}, err
	}
	return s.goOn(ctx, p, token, b)
}

// NewPassword sets the password that a step asks for. Faults: SIGN_IN_OVER, PASSWORD_SHORT, PASSWORD_LONG, PASSWORD_SAME,
// PASSWORD_LOGIN.
func (s *Service) NewPassword(ctx context.Context, token, password string, b Browser) (Outcome, error) {
	p, err := s.at(ctx, token, NeedPassword)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.users.ReplacePassword(ctx, p.user.ID, password); err != nil {
		return Outcome{}, err
	}
	return s.goOn(ctx, p, token, b)
}

// LeaveTx forgets the devices of the user id, and how far their sign-ins came: they were dismissed.
func (s *Service) LeaveTx(ctx context.Context, tx *db.Tx, id int64) error {
	for _, table := range []string{"trusted_device", "sign_in_step", "factor_draft"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE user_id = ?", id); err != nil {
			return fmt.Errorf("forget %s: %w", table, err)
		}
	}
	return nil
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, actor, id int64, text string) error {
	if s.audit == nil {
		return nil
	}
	item := ""
	if id != 0 {
		item = strconv.FormatInt(id, 10)
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Security, Type: kind, Module: "signin", Item: item, UserID: actor, Description: text,
	})
}
