package signin

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/totp"
	"github.com/portico-hq/portico/internal/user"
)

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 16 letters and digits of a code: nobody guesses one, so a plain hash keeps it
)

// Factor is what is known of somebody's second factor.
type Factor struct {
	Since    time.Time // zero: there is none
	Recovery int64     // codes that are left
}

// HasFactor reports whether the user id has a second factor.
func (s *Service) HasFactor(ctx context.Context, id int64) (bool, error) {
	f, err := s.Factor(ctx, id)
	return !f.Since.IsZero(), err
}

// Factor returns what is known of the second factor of the user id.
func (s *Service) Factor(ctx context.Context, id int64) (f Factor, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var since int64
		err := tx.QueryRow(ctx, `SELECT f.confirmed, (SELECT COUNT(*) FROM recovery_code r WHERE r.user_id = f.user_id)
			FROM second_factor f WHERE f.user_id = ?`, id).Scan(&since, &f.Recovery)
		f.Since = db.Time(since)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return Factor{}, fmt.Errorf("read second factor: %w", err)
	}
	return f, nil
}

// Draft is a second factor that is being set up: the app is given the key, by a picture or by hand.
type Draft struct {
	Key string // Base32 in groups of four
	URI string // what the picture holds
}

func about(id int64) string { return "totp " + strconv.FormatInt(id, 10) }

// Draft returns the key of the second factor that u is setting up: for an hour the same one, so that the page can be loaded
// again. Faults: FACTOR_EXISTS, NO_SECRET_KEY.
func (s *Service) Draft(ctx context.Context, u user.User) (Draft, error) {
	has, err := s.HasFactor(ctx, u.ID)
	if err != nil {
		return Draft{}, err
	}
	if has {
		return Draft{}, ErrEnrolled
	}
	sealed, err := s.box.Seal(totp.NewSecret(), about(u.ID))
	if err != nil {
		return Draft{}, ErrKey.Because(err)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		_, err := tx.Exec(ctx, `INSERT INTO factor_draft (user_id, secret, expires) VALUES (?, ?, ?)
			ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, expires = excluded.expires WHERE factor_draft.expires <= ?`,
			u.ID, sealed, db.Micro(now.Add(draftLife)), db.Micro(now))
		if err != nil {
			return fmt.Errorf("store draft: %w", err)
		}
		return nil
	})
	if err != nil {
		return Draft{}, err
	}
	secret, err := s.draft(ctx, u.ID)
	if err != nil {
		return Draft{}, err
	}
	account := u.Email
	if account == "" {
		account = u.Login
	}
	return Draft{Key: totp.Text(secret), URI: totp.URI(secret, s.portal(), account)}, nil
}

// draft returns the secret of the draft of the user id.
func (s *Service) draft(ctx context.Context, id int64) ([]byte, error) {
	var sealed string
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT secret FROM factor_draft WHERE user_id = ? AND expires > ?", id, db.Micro(s.clock.Now())).Scan(&sealed)
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrNoDraft
	}
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	return s.open(ctx, sealed, id)
}

// open returns a secret that was sealed for the user id.
func (s *Service) open(ctx context.Context, sealed string, id int64) ([]byte, error) {
	secret, err := s.box.Open(sealed, about(id))
	if err != nil {
		s.log.ErrorContext(ctx, "open the secret of a second factor", "user", id, "error", err)
		return nil, ErrKey.Because(err)
	}
	return secret, nil
}

// Enrol sets up the second factor that Draft began, once the app shows its codes. It returns the recovery codes, which are
// shown once. The sessions of u get other tokens. Faults: FACTOR_EXISTS, FACTOR_DRAFT, CODE_WRONG, TOO_MANY_ATTEMPTS,
// NO_SECRET_KEY.
func (s *Service) Enrol(ctx context.Context, u user.User, code string) ([]string, error) {
	if err := s.users.CountCode(ctx, u.ID); err != nil {
		return nil, err
	}
	secret, err := s.draft(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	step, ok := totp.Check(secret, code, s.clock.Now(), 0)
	if !ok {
		return nil, ErrCode
	}
	codes := newRecovery()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// The draft becomes the factor only while it is still the one that the code is of.
		n, err := tx.Exec(ctx, `INSERT INTO second_factor (user_id, secret, confirmed, last_step)
			SELECT user_id, secret, ?, ? FROM factor_draft WHERE user_id = ? ON CONFLICT (user_id) DO NOTHING`,
			db.Micro(s.clock.Now()), step, u.ID)
		if err != nil {
			return fmt.Errorf("store second factor: %w", err)
		}
		if n == 0 {
			return ErrEnrolled
		}
		if _, err := tx.Exec(ctx, "DELETE FROM factor_draft WHERE user_id = ?", u.ID); err != nil {
			return fmt.Errorf("forget draft: %w", err)
		}
		if err := storeRecoveryTx(ctx, tx, u.ID, codes); err != nil {
			return err
		}
		if err := errors.Join(s.users.ForgetCodesTx(ctx, tx, u.ID), s.users.RenewTx(ctx, tx, u.ID)); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "SECOND_FACTOR_ADDED", u.ID, u.ID, u.DisplayName()+" set up a second factor.")
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// newRecovery returns recovery codes, "ABCD-EFGH-IJKL-MNOP".
func newRecovery() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryBytes)
		_, _ = rand.Read(raw) // never fails
		text := base32.StdEncoding.EncodeToString(raw)
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes
}

// plainCode returns a recovery code as it is hashed.
func plainCode(typed string) string { return strings.ToUpper(totp.Clean(strings.TrimSpace(typed))) }

func storeRecoveryTx(ctx context.Context, tx *db.Tx, id int64, codes []string) error {
	if _, err := tx.Exec(ctx, "DELETE FROM recovery_code WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("forget recovery codes: %w", err)
	}
	for _, c := range codes {
		if _, err := tx.Exec(ctx, "INSERT INTO recovery_code (user_id, hash) VALUES (?, ?)", id, hash(plainCode(c))); err != nil {
			return fmt.Errorf("store recovery code: %w", err)
		}
	}
	return nil
}

// NewRecovery gives u other recovery codes in the place of the old ones, against a code of the app.
// Faults: CODE_WRONG, TOO_MANY_ATTEMPTS, FACTOR_NOT_FOUND, NO_SECRET_KEY.
func (s *Service) NewRecovery(ctx context.Context, u user.User, code string) ([]string, error) {
	if err := s.checkCode(ctx, u.ID, code); err != nil {
		return nil, err
	}
	codes := newRecovery()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := storeRecoveryTx(ctx, tx, u.ID, codes); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "RECOVERY_CODES_RENEWED", u.ID, u.ID, u.DisplayName()+" got other recovery codes.")
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// checkCode counts a code of the user id, which must be one of the app that was not used before.
func (s *Service) checkCode(ctx context.Context, id int64, code string) error {
	if err := s.users.CountCode(ctx, id); err != nil {
		return err
	}
	var sealed string
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT secret FROM second_factor WHERE user_id = ?", id).Scan(&sealed)
	})
	if errors.Is(err, db.ErrNoRows) {
		return ErrNoFactor
	}
	if err != nil {
		return fmt.Errorf("read second factor: %w", err)
	}
	secret, err := s.open(ctx, sealed, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var last int64
		if err := tx.Lock(ctx, "second factor "+strconv.FormatInt(id, 10)); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "SELECT last_step FROM second_factor WHERE user_id = ?", id).Scan(&last); err != nil {
			return fmt.Errorf("read second factor: %w", err)
		}
		step, ok := totp.Check(secret, code, s.clock.Now(), last)
		if !ok {
			return ErrCode
		}
		if _, err := tx.Exec(ctx, "UPDATE second_factor SET last_step = ? WHERE user_id = ?", step, id); err != nil {
			return fmt.Errorf("use code: %w", err)
		}
		return s.users.ForgetCodesTx(ctx, tx, id)
	})
}

// useRecovery uses up a recovery code of the user id.
func (s *Service) useRecovery(ctx context.Context, u user.User, typed string) error {
	if err := s.users.CountCode(ctx, u.ID); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM recovery_code WHERE user_id = ? AND hash = ?", u.ID, hash(plainCode(typed)))
		if err != nil {
			return fmt.Errorf("use recovery code: %w", err)
		}
		if n == 0 {
			return ErrRecovery
		}
		if err := s.users.ForgetCodesTx(ctx, tx, u.ID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "RECOVERY_CODE_USED", u.ID, u.ID, u.DisplayName()+" used a recovery code.")
	})
}

// TurnOff removes the second factor of u, against a code of the app.
// Faults: FACTOR_REQUIRED, CODE_WRONG, TOO_MANY_ATTEMPTS, FACTOR_NOT_FOUND, NO_SECRET_KEY.
func (s *Service) TurnOff(ctx context.Context, u user.User, code string) error {
	p, err := s.Policy(ctx)
	if err != nil {
		return err
	}
	if p.requires(u) {
		return ErrRequired
	}
	if err := s.checkCode(ctx, u.ID, code); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := removeTx(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := s.users.RenewTx(ctx, tx, u.ID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "SECOND_FACTOR_REMOVED", u.ID, u.ID, u.DisplayName()+" turned the second factor off.")
	})
}

// Reset removes the second factor of the user id for actor, who manages them: the phone is lost. Their sessions end; where
// one is asked for they set up another at the next sign-in.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, USER_NOT_FOUND, FACTOR_NOT_FOUND.
func (s *Service) Reset(ctx context.Context, actor user.Ref, id int64) error {
	u, err := s.users.Managed(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.reset(ctx, u)
}

// ResetAny is Reset for who holds the database.
func (s *Service) ResetAny(ctx context.Context, id int64) error {
	return s.Reset(ctx, user.Ref{Admin: true, Access: access.Everything}, id)
}

func (s *Service) reset(ctx context.Context, u user.User) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM second_factor WHERE user_id = ?", u.ID).Scan(&n); err != nil {
			return fmt.Errorf("read second factor: %w", err)
		}
		if n == 0 {
			return ErrNoFactor
		}
		if err := errors.Join(removeTx(ctx, tx, u.ID), s.users.EndAllTx(ctx, tx, u.ID)); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "SECOND_FACTOR_RESET", 0, u.ID, "Reset the second factor of "+u.DisplayName()+".")
	})
}

// removeTx removes the second factor of the user id with what hangs on it.
func removeTx(ctx context.Context, tx *db.Tx, id int64) error {
	for _, table := range []string{"second_factor", "recovery_code", "factor_draft", "trusted_device", "sign_in_step"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE user_id = ?", id); err != nil {
			return fmt.Errorf("remove %s: %w", table, err)
		}
	}
	return nil
}

// numbers reads rows of one number.
func numbers(rows *sql.Rows) (ids []int64, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
